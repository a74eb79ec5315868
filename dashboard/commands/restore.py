"""Put a backup in the place of the store."""

import argparse
import os
from contextlib import closing
from pathlib import Path

from dashboard.commands._copying import keys_of, rows_told
from dashboard.commands._shared import add_store, settings_of, store_of
from layers.store import backups, journal

NAME = "restore"
HELP = "check a backup and put it in the place of the store, in SQLite or PostgreSQL, in one step or not at all"
EXAMPLE = "python -m dashboard restore fangyi-1127.backup --replace"


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("--replace", action="store_true", help="replace what is there; stop the server first")
    parser.add_argument("--by", default=os.environ.get("USER") or "command", metavar="NAME", help="who puts it back")
    parser.add_argument("file", type=Path, metavar="FILE.backup", help="its receipt lies beside it")
    add_store(parser)


def run(args: argparse.Namespace) -> int:
    """Check, replace, and let the journal say which of its entries were lost with what came after the backup."""
    settings = settings_of(args)
    with rows_told() as step:
        receipt, lost = backups.restore(
            args.file, settings.store, keys_of(settings), settings.mode, step, may_replace=args.replace
        )
    said = {"sha256": receipt.sha256, "made_at": receipt.at, "entries_lost": lost}
    with closing(store_of(settings)) as store:
        journal.add(store, args.by, "restore", args.file.name, said)
    print(f"restored the state of {receipt.at}: {sum(receipt.tables.values()):,} rows, digest {receipt.digest}")
    print(f"the journal goes on after entry {receipt.seq:,}; {lost:,} later entries were lost; start the server again")
    return 0
