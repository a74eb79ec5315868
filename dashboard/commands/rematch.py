"""Match all persons again after the gazetteer changed."""

import argparse
import sys
from pathlib import Path

from tqdm import tqdm

from dashboard import export
from dashboard.commands._shared import add_store, settings_of, store_of
from dashboard.commands._stopping import heed
from dashboard.files import require_writable, whole
from layers.intake.rematch import rematch

NAME = "rematch"
HELP = "match all persons against the gazetteer as it is now; shows what would move, and with --apply moves it"
EXAMPLE = "python -m dashboard rematch --out moved.csv && python -m dashboard rematch --apply"


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    add_store(parser)
    parser.add_argument("--apply", action="store_true", help="write the new matches and totals, in one batch")
    parser.add_argument("--out", type=Path, metavar="CSV", help="write who moves from where to where")


def run(args: argparse.Namespace) -> int:
    """Show or apply the differences."""
    require_writable(args.out)
    store = store_of(settings_of(args))
    with tqdm(desc="matching", unit=" persons", file=sys.stderr, disable=not sys.stderr.isatty(), leave=False) as bar:

        def report(done: int, total: int) -> None:
            bar.total = total
            heed()
            bar.update(done - bar.n)

        moved = rematch(store, apply=args.apply, progress=report)
    if args.out:
        with whole(args.out) as unfinished:
            unfinished.write_bytes(export.csv_bytes(moved.drop(columns="address")))
    steps = moved.groupby(["was_status", "status"]).size()
    for (was, status), count in steps.items():
        print(f"{was} -> {status}: {count:,}")
    done = "moved" if args.apply else "would move (nothing was written; --apply does it)"
    print(f"{len(moved):,} persons {done}")
    return 0
