"""Import files of one feed."""

import argparse
import json
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

from dashboard.commands._shared import add_store, is_empty, rows_bar, settings_of, store_file, store_of
from dashboard.files import require_writable, whole
from dashboard.settings import Settings, SettingsError
from layers._errors import FeedError
from layers._times import parse_time
from layers.intake.feeds import all_feeds, feed_named
from layers.intake.profile import Profile, load
from layers.intake.run import run as import_file
from layers.store import Store

NAME = "import"
HELP = "import files of one feed into the store: good rows go in, bad ones are listed in a receipt"
EXAMPLE = "python -m dashboard import cases cases_0212.csv --datum gcj02 --map profile.toml --receipt receipt.json"


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("feed", metavar="FEED", help=f"one of: {', '.join(all_feeds())}")
    parser.add_argument("files", metavar="FILE", nargs="+", type=Path)
    parser.add_argument(
        "--datum",
        help="frame of the coordinates: wgs84, gcj02, bd09, cgcs2000 (cgcs2000:114 or epsg:4547 for metres); auto finds it out, "
        "source by source, from places that the store knows, or refuses",
    )
    parser.add_argument("--map", metavar="PROFILE.toml", type=Path, help="renames foreign columns and codes")
    parser.add_argument(
        "--drop",
        metavar="COLUMN",
        action="append",
        default=[],
        help="leave a column behind that holds personal data and that the feed does not declare; else such a file is refused",
    )
    parser.add_argument(
        "--known-at",
        metavar="TIME",
        help="when the delivery was known; not before anything that the store knows already",
    )
    parser.add_argument("--source", help="who sent it (default: the feed's steward)")
    parser.add_argument("--dry-run", action="store_true", help="do everything, then undo it")
    parser.add_argument("--receipt", metavar="OUT.json", type=Path, help="write the receipts here")
    parser.add_argument("--lang", choices=("zh", "en"), default="en")
    add_store(parser)


def run(args: argparse.Namespace) -> int:
    """Import the files one after the other; each is one transaction."""
    feed = feed_named(args.feed)
    profile = load(args.map, feed) if args.map else Profile()
    profile = replace(profile, drop={**profile.drop, **dict.fromkeys(args.drop, "--drop")})
    for path in args.files:
        if not path.is_file():
            raise FeedError(f"{path}: {'is no file; name the files in it' if path.exists() else 'no such file'}")
    require_writable(args.receipt, read=[*args.files, *([args.map] if args.map else [])])
    with closing(_open(settings_of(args), args)) as store:
        receipts: list[dict[str, Any]] = []
        useless: list[str] = []
        for path in args.files:
            report, finish = rows_bar(path)
            try:
                receipt = import_file(
                    store,
                    feed,
                    path,
                    datum=args.datum,
                    profile=profile,
                    known_at=parse_time(args.known_at) if args.known_at else None,
                    source=args.source,
                    dry_run=args.dry_run,
                    progress=report,
                )
            finally:
                finish()
            receipts.append(receipt.as_json())
            print("\n".join(receipt.lines(args.lang)))
            if args.receipt:
                _write(args.receipt, receipts)
            if receipt.rows_read and receipt.rows_rejected == receipt.rows_read:
                useless.append(path.name)
        if useless:
            print(f"error: {', '.join(useless)}: not one row could go in; the reasons stand above", file=sys.stderr)
        return 1 if useless else 0


def _open(settings: Settings, args: argparse.Namespace) -> Store:
    """Open the store. A drill's clock stands at its newest delivery: in an empty one every row would lie in the future."""
    file = store_file(settings)
    new = file is not None and not file.exists()
    store = None if new and settings.is_drill and not args.known_at else store_of(settings, must_exist=False)
    if store is None or (settings.is_drill and not args.known_at and is_empty(store)):
        raise SettingsError(
            "this drill store is empty, so it does not know what time it is: for data of your own set FANGYI_MODE=production "
            "(and FANGYI_SECRET); for a drill state --known-at or build one with `python -m dashboard drill`"
        )
    return store


def _write(path: Path, receipts: list[dict[str, Any]]) -> None:
    with whole(path) as unfinished:
        content = receipts if len(receipts) > 1 else receipts[0]
        unfinished.write_text(json.dumps(content, ensure_ascii=False, indent=1), encoding="utf-8")
