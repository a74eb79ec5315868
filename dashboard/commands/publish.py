"""Make the figures of a day public: new persons by district, so many of them hidden that no count of a few can be worked out."""

import argparse
import os
from pathlib import Path

from dashboard import public_file
from dashboard.access import district_titles
from dashboard.commands._shared import add_store, add_view, require_facts, settings_of, store_of, view_of
from dashboard.commands._stopping import heed
from dashboard.files import require_writable, whole
from layers._times import day_start
from layers.decisions.bulletin import bulletin
from layers.store import releases

NAME = "publish"
HELP = "write the public bulletin of a day (new cases, cured, dead by district) and enter it in the ledger of what was made public"
EXAMPLE = "python -m dashboard publish --as-of 2020-02-20 --known-at 2020-02-21 --out bulletin.csv"


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("--out", required=True, type=Path, metavar="OUT.csv")
    parser.add_argument(
        "--try", dest="rehearse", action="store_true", help="say what would be hidden; nothing is written"
    )
    parser.add_argument("--by", default=os.environ.get("USER") or "command", metavar="NAME", help="who makes it public")
    add_view(parser)
    add_store(parser)


def run(args: argparse.Namespace) -> int:
    """Write the file; it is entered in the ledger before it takes its name."""
    require_writable(args.out, suffixes=[".csv"])
    settings = settings_of(args)
    store = store_of(settings)
    require_facts(store)
    view = view_of(args, store)
    found = bulletin(store, view, told=lambda _done, _total: heed())
    day = day_start(found.day).date().isoformat()
    counts = sum(len(table) for table in found.tables.values())
    if args.rehearse:
        print(f"{day}: {counts} counts, {found.hidden} hidden; nothing was written")
        return 0
    with whole(args.out) as unfinished:
        public_file.write(unfinished, found, district_titles(store), args.lang)
        number = releases.keep(store, found.tables, args.by, view.known_at, after=found.after)
    print(f"{args.out}: {day}, {counts} counts, {found.hidden} hidden; release {number}")
    return 0
