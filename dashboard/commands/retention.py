"""Destroy personal data whose time is over."""

import argparse
import json
import sys
from contextlib import closing
from dataclasses import asdict
from pathlib import Path

from tqdm import tqdm

from dashboard.commands._shared import add_store, settings_of, store_of
from dashboard.commands._stopping import heed
from dashboard.files import require_writable, whole
from dashboard.settings import SettingsError
from layers.intake import retention
from layers.store import Store
from layers.store.destruction import fold

NAME = "retention"
HELP = "tell whose data is kept too long, destroy it with --apply and write a certificate; rotate the keys of personal data"
EXAMPLE = "python -m dashboard retention --apply --by 'data officer' --out destruction-1128.json"


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--apply", action="store_true", help="destroy rows and keys; nothing brings them back")
    what.add_argument(
        "--check", type=Path, metavar="CERTIFICATE.json", help="was this certificate sealed by this store?"
    )
    what.add_argument("--rotate", action="store_true", help="seal everything about persons under new keys")
    parser.add_argument("--destroy-old", action="store_true", help="with --rotate: older backups tell nothing any more")
    parser.add_argument(
        "--alone",
        action="store_true",
        help="no other store lives on this folder of keys, though a backup was put back with it",
    )
    parser.add_argument("--by", metavar="NAME", default="retention", help="who answers for it, as the journal will say")
    parser.add_argument("--out", type=Path, metavar="CERTIFICATE.json", help="write the certificate here")
    add_store(parser)


def run(args: argparse.Namespace) -> int:
    """Do one of these; exit code 1 where a certificate is not as it was sealed."""
    if args.destroy_old and not args.rotate:
        raise SettingsError("--destroy-old says what becomes of keys that --rotate replaces; say --rotate as well")
    require_writable(args.out, read=[args.check] if args.check else [])
    with closing(store_of(settings_of(args))) as store:
        if args.check:
            found = retention.checked(store, args.check)
            print(
                f"{args.check}: sealed by this store at {found.at}; {sum(found.persons.values()):,} persons destroyed by {found.by}"
            )
            return 0
        if args.rotate:
            with _bar(" keys") as bar:
                old = retention.rotate(store, args.by, _told(bar), destroy_old=args.destroy_old, alone=args.alone)
            print(
                f"{len(old)} keys replaced{', the old ones destroyed' if args.destroy_old else ''}; copy the folder of keys now"
            )
            return 0
        return _destroy(store, args) if args.apply else _tell(store)


def _tell(store: Store) -> int:
    for one in retention.number_due(store, store.now()):
        print(
            f"{one.feed:10} kept {one.kept.days} days: {one.number:,} persons of whom nothing was heard since {one.before:%Y-%m-%d}"
        )
    print("nothing was destroyed; --apply does it")
    return 0


def _destroy(store: Store, args: argparse.Namespace) -> int:
    with _bar(" persons") as bar:
        made = retention.carry_out(store, store.now(), args.by, _told(bar), alone=args.alone)
    told = json.dumps(asdict(made), ensure_ascii=False, indent=1)
    if args.out:
        with whole(args.out) as unfinished:
            unfinished.write_text(told + "\n", "utf-8")
    else:
        print(told)
    if not fold(store):
        print(
            "somebody reads the store, so pages as they were still lie in its log: stop the servers and run this again",
            file=sys.stderr,
        )
    rows = sum(made.rows.values())
    print(
        f"destroyed: {sum(made.persons.values()):,} persons, {rows:,} rows, {len(made.keys)} keys. Restart the servers, which remember what "
        "they read; make a backup now: those from before no longer tell what these keys sealed",
        file=sys.stderr,
    )
    return 0


def _bar(unit: str) -> "tqdm[None]":
    return tqdm(unit=unit, file=sys.stderr, disable=not sys.stderr.isatty(), leave=False)


def _told(bar: "tqdm[None]") -> retention.Step:
    def step(done: int, total: int) -> None:
        heed()
        bar.total = total
        bar.update(done - bar.n)

    return step
