"""Import files of one feed."""

import argparse
import json
from pathlib import Path

from dashboard.commands._shared import add_store, rows_bar, settings_of, store_of
from layers._times import parse_time
from layers.intake.feeds import all_feeds, feed_named
from layers.intake.profile import load
from layers.intake.run import run as import_file

NAME = "import"
HELP = "import files of one feed into the store: good rows go in, bad ones are listed in a receipt"
EXAMPLE = "python -m dashboard import cases cases_0212.csv --datum gcj02 --map profile.toml --receipt receipt.json"


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("feed", metavar="FEED", help=f"one of: {', '.join(all_feeds())}")
    parser.add_argument("files", metavar="FILE", nargs="+", type=Path)
    parser.add_argument(
        "--datum", help="frame of the coordinates: wgs84, gcj02, bd09, cgcs2000 (cgcs2000:114 or epsg:4547 for metres)"
    )
    parser.add_argument("--map", metavar="PROFILE.toml", type=Path, help="renames foreign columns and codes")
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
    profile = load(args.map, feed) if args.map else None
    store = store_of(settings_of(args), must_exist=False)
    receipts = []
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
            args.receipt.write_text(
                json.dumps(receipts if len(receipts) > 1 else receipts[0], ensure_ascii=False, indent=1),
                encoding="utf-8",
            )
    return 0
