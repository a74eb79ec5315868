"""Copy the store into one file, while everybody goes on working."""

import argparse
import os
from contextlib import closing
from pathlib import Path

from dashboard.commands._copying import rows_told
from dashboard.commands._shared import add_store, settings_of, store_file, store_of
from dashboard.files import OutputError, require_writable, whole
from layers.store import Store, backups, journal

NAME = "backup"
HELP = "copy the store, SQLite or PostgreSQL, into one file while others work, check the copy row by row and seal its receipt"
EXAMPLE = "python -m dashboard backup --out fangyi-1127.backup"


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument(
        "--out", required=True, type=Path, metavar="FILE.backup", help="FILE.backup.json is its receipt"
    )
    parser.add_argument("--by", default=os.environ.get("USER") or "command", metavar="NAME", help="who takes it")
    add_store(parser)


def run(args: argparse.Namespace) -> int:
    """Write file and receipt; both appear whole or not at all, and a file that is there is never written over."""
    beside = args.out.with_name(args.out.name + backups.SIDECAR)
    settings = settings_of(args)
    file = store_file(settings)
    require_writable(args.out, suffixes=[".backup"], read=[file] if file else [])
    for path in (args.out, beside):
        if path.exists():
            raise OutputError(f"{path}: is there already; a backup is never written over, name another file")
    with closing(store_of(settings)) as store:
        receipt = _write(store, args.out, beside)
        said = {"sha256": receipt.sha256, "digest": receipt.digest, "rows": sum(receipt.tables.values())}
        journal.add(store, args.by, "backup", args.out.name, said)
    print(f"{args.out}: {said['rows']:,} rows, digest {receipt.digest}, journal to entry {receipt.seq:,}")
    print(f"{beside}: its receipt; keep both, and the folder of the keys somewhere else")
    return 0


def _write(store: Store, out: Path, beside: Path) -> backups.Receipt:
    with whole(out) as unfinished, rows_told() as step:
        try:
            receipt = backups.backup(store, unfinished, step)
            with whole(beside) as second:
                backups.write_receipt(receipt, second)
        finally:
            backups.remove_companions(unfinished)
    return receipt
