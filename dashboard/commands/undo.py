"""Take a delivery back."""

import argparse
import os
import sys

from tqdm import tqdm

from dashboard.commands._shared import add_store, require_facts, settings_of, store_of
from dashboard.commands._stopping import heed
from layers.intake.unbatch import Undone, undo
from layers.intake.unbatch_rows import WHY

NAME = "undo"
HELP = (
    "take a delivery back: what it brought goes, what it replaced is believed again; shows it, and with --apply does it"
)
EXAMPLE = "python -m dashboard undo 412 && python -m dashboard undo 412 --apply --by 王主任 --why 'wrong file'"
SHOWN = 10


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("batch", type=int, metavar="BATCH", help="number of the delivery, or of an undo that is undone")
    parser.add_argument("--by", default=os.environ.get("USER") or "command", metavar="NAME", help="who decides this")
    parser.add_argument("--why", default="", metavar="TEXT", help="kept with the undo")
    parser.add_argument("--apply", action="store_true", help="write it, in one batch; without it nothing is written")
    add_store(parser)


def run(args: argparse.Namespace) -> int:
    """Show or do it."""
    store = store_of(settings_of(args))
    require_facts(store)
    with tqdm(desc="undo", file=sys.stderr, disable=not sys.stderr.isatty(), leave=False) as bar:

        def report(done: int, of: int, _zh: str, en: str) -> None:
            heed()
            bar.set_description_str(en)
            bar.total = of
            bar.update(done - bar.n)

        found = undo(store, args.batch, args.by, apply=args.apply, why=args.why, progress=report)
    print("\n".join(lines(found)))
    return 0


def lines(found: Undone) -> list[str]:
    """Return what an undo did, or would do, for a terminal."""
    done = f"batch {found.batch}" if found.batch else "rehearsed, nothing written; --apply does it"
    out = [f"undo of batch {found.number}: {found.feed}, {found.file} of {found.source} ({done})"]
    out += [
        f"  {name}: {n['back']:,} as before ({n['reopened']:,} of them had been withdrawn), {n['gone']:,} no longer believed, {n['kept']:,} stay"
        for name, n in found.tables.items()
    ]
    out += [f"  {status}: {change:+,} persons" for status, change in found.counts.items()]
    out += [f"  matched again {name}: {n:,}" for name, n in found.matched.items()]
    if found.decisions:
        out.append(f"  ! decisions of reviewers that fall: {found.decisions:,}")
    if found.destroyed:
        out.append(f"  ! {found.destroyed:,} persons were destroyed when their time was over; they stay counted")
    for why, rows in found.kept.groupby("why"):
        names = ", ".join(f"{row.table} {row.key}" for row in rows.head(SHOWN).itertuples())
        out.append(f"  ! {len(rows):,} stay, {WHY[str(why)][1]}: {names}{' ...' if len(rows) > SHOWN else ''}")
    out += [
        f"  ! {row.what} {row.number} rests on it: {row.subject} {row.says} by {row.by}"
        for row in found.rests.itertuples()
    ]
    return out
