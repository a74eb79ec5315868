"""Accounts from the terminal: the first one is made here, and whoever forgot a password is helped here."""

import argparse
import getpass
import os
import sys
from contextlib import closing

from dashboard.access import place_of
from dashboard.commands._shared import add_store, settings_of, store_of
from dashboard.roles import ROLES, Person, require_fit
from dashboard.settings import SettingsError
from dashboard.text import say
from layers._errors import ViewError
from layers.store import Store, accounts, factors

NAME = "account"
HELP = "who may sign in (production only): add, disable, enable, set a password, second factor, list; every change stands in the journal"
EXAMPLE = "python -m dashboard account add --name duty-officer --role district --area 420102"
ABOUT = {
    "disable": "close an account; whoever is signed in with it is out at once",  # nosec B105 # a help text
    "enable": "open an account again",
    "password": "give it another password; whoever is signed in with it is out at once",
    "second-factor": "give it a second factor that counts at once, which signs it out; address for the authenticator and recovery codes are printed, once",
    "reset-factor": "take its second factor away; whoever is signed in with it is out at once",
}


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of each action."""
    actions = parser.add_subparsers(metavar="ACTION", required=True, dest="action")
    made = actions.add_parser(
        "add", help="make an account; its password is asked for, or read from a line of standard input"
    )
    made.add_argument("--name", required=True, help="stands in the journal; in any script")
    made.add_argument("--role", required=True, choices=ROLES)
    made.add_argument(
        "--area", default="", help="420102 a district, 420102/STREET, compound:CODE; all other roles: none"
    )
    for name, about in ABOUT.items():
        actions.add_parser(name, help=about, description=about).add_argument("--name", required=True)
    actions.add_parser("list", help="every account with its role, area and state")
    for one in actions.choices.values():
        one.add_argument("--by", default=os.environ.get("USER") or "command", metavar="NAME", help="who does it")
        add_store(one)


def run(args: argparse.Namespace) -> int:
    """Do one action."""
    settings = settings_of(args)
    if settings.is_drill:
        raise SettingsError("FANGYI_MODE is drill: nobody signs in; accounts are for production")
    with closing(store_of(settings, must_exist=args.action != "add")) as store:
        actions = {"add": _add, "password": _password, "second-factor": _factor, "reset-factor": _reset, "list": _list}
        actions.get(args.action, _switch)(store, args)
    return 0


def _add(store: Store, args: argparse.Namespace) -> None:
    person = Person(accounts.named(args.name), args.role, args.area)
    require_fit(person)
    if person.area and place_of(store, person.area) is None:
        raise ViewError(f"area {person.area!r} is not known to the store; import its districts and compounds first")
    accounts.add(store, args.by, person.name, person.role, person.area, _asked())
    print(f"{person.name}: {person.role} {person.area}".rstrip())


def _switch(store: Store, args: argparse.Namespace) -> None:
    accounts.set_disabled(store, args.by, args.name, args.action == "disable")
    print(f"{args.name}: {args.action}d")


def _password(store: Store, args: argparse.Namespace) -> None:
    accounts.set_password(store, args.by, args.name, _asked())
    print(f"{args.name}: the password is set; its sessions are over")


def _factor(store: Store, args: argparse.Namespace) -> None:
    secret, codes = factors.give(store, args.by, args.name)
    print(factors.address(secret, args.name, say("app.name", "zh")))
    print("recovery codes, each for one sign-in without the authenticator:")
    print("\n".join(f"  {one}" for one in codes))


def _reset(store: Store, args: argparse.Namespace) -> None:
    factors.reset(store, args.by, args.name)
    print(f"{args.name}: the second factor is reset; its sessions are over")


def _list(store: Store, args: argparse.Namespace) -> None:
    rows = accounts.every(store)
    for row in rows.itertuples():
        state = "disabled" if row.disabled else "enabled"
        key = "signed in by the provider" if row.vouched else f"password of {row.password_at:%Y-%m-%d}"
        more = "  second factor" if row.factor else ""
        print(f"{row.name}  {row.role} {row.area or '-'}  {state}  {key}{more}")
    print(
        f"{len(rows):,} accounts, {int(rows['disabled'].sum()):,} disabled, {int(rows['factor'].sum()):,} with a second factor"
    )


def _asked() -> str:
    """The new password: asked twice at a terminal, else one line of standard input. Never an argument: those are seen by everybody."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    first = getpass.getpass("password: ")
    if getpass.getpass("once more: ") != first:
        raise SettingsError("the two passwords differ; nothing was changed")
    return first
