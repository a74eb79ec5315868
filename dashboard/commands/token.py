"""Tokens from the terminal: which programs may write and read by the API."""

import argparse
import os
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta

from dashboard.access import place_of
from dashboard.commands._shared import add_store, settings_of, store_of
from dashboard.doors import OFFICE
from dashboard.roles import AREAS, Person, require_fit
from layers._errors import ViewError
from layers.intake.feeds import feed_named
from layers.store import Store, tokens
from layers.store.tokens import Token, TokenError

NAME = "token"
HELP = "which programs may use the API: add, list, disable; every change stands in the journal"
EXAMPLE = "python -m dashboard token add --name hospital-a --source 'Hospital A' --feeds beds,supplies --only hospital=H1 --only site=H1"
DAYS = 365


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of each action."""
    actions = parser.add_subparsers(metavar="ACTION", required=True, dest="action")
    made = actions.add_parser("add", help="make a token; it is printed once and never again")
    made.add_argument("--name", required=True, help="stands in the journal: 2 to 40 small letters, digits and hyphens")
    made.add_argument("--source", required=True, help="whose program it is; stands in each delivery that comes by it")
    made.add_argument("--feeds", default="", metavar="A,B", help="feeds that it may write; default none")
    made.add_argument(
        "--only",
        action="append",
        default=[],
        metavar="COLUMN=VALUE",
        help="records that it writes have this value in this column; may be repeated",
    )
    made.add_argument("--role", default="", choices=[role for role in AREAS if role in OFFICE], help="that it reads as")
    made.add_argument("--area", default="", help="420102 a district, 420102/STREET, compound:CODE; of the city none")
    made.add_argument("--orders", action="store_true", help="acknowledges and reports orders of its area")
    made.add_argument("--metrics", action="store_true", help="reads /metrics, and /readyz in full")
    made.add_argument("--per-minute", type=int, default=120, metavar="N", help="requests a minute (default 120)")
    made.add_argument(
        "--days", type=int, default=DAYS, help=f"until it is over (default {DAYS}, at most {tokens.LONGEST.days})"
    )
    closed = actions.add_parser("disable", help="close a token at once and for good")
    closed.add_argument("--name", required=True)
    actions.add_parser("list", help="every token with what it may do; never the token itself")
    for one in actions.choices.values():
        one.add_argument("--by", default=os.environ.get("USER") or "command", metavar="NAME", help="who does it")
        add_store(one)


def run(args: argparse.Namespace) -> int:
    """Do one action."""
    with closing(store_of(settings_of(args), must_exist=True)) as store:
        {"add": _add, "disable": _disable, "list": _list}[args.action](store, args)
    return 0


def _add(store: Store, args: argparse.Namespace) -> None:
    feeds = tuple(dict.fromkeys(name.strip() for name in args.feeds.split(",") if name.strip()))
    rights = tuple(name for name in tokens.RIGHTS if getattr(args, name))
    if args.role:
        require_fit(Person(args.name, args.role, args.area))
    if args.area and (not args.role or place_of(store, args.area) is None):
        raise ViewError(f"area {args.area!r} is not known to the store, or no role was stated for it")
    only = _only(args.only, feeds)
    if args.days > tokens.LONGEST.days:
        raise tokens.too_long(args.days)
    token = Token(0, args.name, args.source.strip(), feeds, only, args.role, args.area, rights, args.per_minute)
    if not token.source:
        raise TokenError("--source is empty; wanted whose program it is", "请写明来源单位")
    secret = tokens.add(store, args.by, token, datetime.now(UTC) + timedelta(days=max(args.days, 0)))
    print(secret)


def _only(stated: Sequence[str], feeds: Sequence[str]) -> dict[str, list[str]]:
    """Column -> values; every feed that is written must have one of the columns, or the limit would not bind there."""
    only: dict[str, list[str]] = {}
    for text in stated:
        column, equals, value = (part.strip() for part in text.partition("="))
        if not (column and equals and value):
            raise TokenError(f"--only {text!r}; wanted COLUMN=VALUE, such as hospital=H1")
        only.setdefault(column, []).append(value)
    columns = {name: {column.name for column in feed_named(name).columns} for name in feeds}
    unbound = [name for name, have in columns.items() if only and not have & only.keys()]
    unknown = sorted(only.keys() - set().union(*columns.values()))
    if unbound or unknown:
        raise TokenError(
            f"--only names {sorted(only)}; "
            + (f"no feed of this token has {unknown[0]!r}" if unknown else f"feed {unbound[0]} has none of them")
        )
    return only


def _disable(store: Store, args: argparse.Namespace) -> None:
    tokens.disable(store, args.by, args.name)
    print(f"{args.name}: disabled")


def _list(store: Store, args: argparse.Namespace) -> None:
    rows, now = tokens.every(store), datetime.now(UTC)
    for row in rows.itertuples():
        state = "disabled" if row.disabled else "over" if row.expires_at <= now else "open"
        only = "; ".join(f"{column}={'|'.join(values)}" for column, values in row.only.items())
        may = [f"writes {','.join(row.feeds)}" if row.feeds else "", f"only {only}" if only else ""]
        may += [f"reads as {row.role} {row.area}".rstrip() if row.role else "", *row.rights]
        print(f"{row.name}  {row.source}  {'  '.join(filter(None, may))}  until {row.expires_at:%Y-%m-%d}  {state}")
    print(f"{len(rows):,} tokens")
