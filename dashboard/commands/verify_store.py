"""Does the store hold what it should, and is it sound?"""

import argparse
from contextlib import closing
from pathlib import Path

from dashboard.commands import verify_journal
from dashboard.commands._copying import keys_of, rows_told
from dashboard.commands._shared import add_store, settings_of, store_of
from layers._scratch import scratch
from layers.store import backups, journal, soundness

NAME = "verify-store"
HELP = "read every row of the store, or of a backup, and say its digest, whether the database is sound and the journal whole"
EXAMPLE = "python -m dashboard verify-store --backup fangyi-1127.backup"
UNSOUND = 1


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("--backup", type=Path, metavar="FILE.backup", help="check this backup; the store is not read")
    add_store(parser)


def run(args: argparse.Namespace) -> int:
    """Tell what was found; exit code 1 where anything is wrong with the store, 2 with a reason for a backup that is not as it was made."""
    settings = settings_of(args)
    if args.backup:
        with rows_told() as step, scratch() as folder:
            keys = keys_of(settings)
            receipt, _ = backups.checked(args.backup, keys, settings.mode)
            backups.unpacked(args.backup, receipt, keys, folder, step)
        print(
            f"{args.backup}: {sum(receipt.tables.values()):,} rows of {receipt.at}, digest {receipt.digest}, as it was made"
        )
        return 0
    with closing(store_of(settings)) as store, rows_told() as step:
        found = soundness.examine(store, step)
        verdict = journal.verify(store)
    print("\n".join([*lines(found), verify_journal.line(verdict)]))
    return 0 if found.sound and verdict.whole else UNSOUND


def lines(found: soundness.Found) -> list[str]:
    """Return what was found as lines for a terminal."""
    rows = [f"{name:<16}{one.rows:>12,}  {one.sum[:16]}" for name, one in sorted(found.tables.items()) if one.rows]
    wrong = [f"store DAMAGED: {what}" for what in found.wrong]
    return [
        *rows,
        f"digest {found.digest}",
        *(f"note: {what}" for what in found.notes),
        *(wrong or ["store sound: every row was read, every reference leads to one"]),
    ]
