"""Print a briefing."""

import argparse
import sys
from pathlib import Path

from tqdm import tqdm

from dashboard.access import Gate
from dashboard.commands._shared import add_store, add_view, settings_of, store_of, view_of
from dashboard.commands._stopping import heed
from dashboard.desk import Desk
from dashboard.downloads import BRIEFED, print_briefing
from dashboard.files import require_writable
from dashboard.tables import TableStore
from dashboard.view import Here
from layers.store import journal

NAME = "brief"
HELP = "print a briefing map with key figures, proposals and sources, as PDF or PNG"
EXAMPLE = "python -m dashboard brief lockdown --as-of 2020-02-16 --out lockdown.pdf"


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("kind", choices=BRIEFED)
    parser.add_argument("--out", required=True, type=Path, metavar="OUT.(pdf|png)")
    add_view(parser)
    add_store(parser)


def run(args: argparse.Namespace) -> int:
    """Print the briefing with a progress bar."""
    require_writable(args.out, suffixes=(".pdf", ".png"))
    settings = settings_of(args)
    store = store_of(settings)
    view = view_of(args, store)
    gate = Gate(settings)
    bar = tqdm(
        total=1,
        file=sys.stderr,
        disable=not sys.stderr.isatty(),
        bar_format="{desc:30} |{bar:30}| {n_fmt}/{total_fmt}",
        leave=False,
    )

    def progress(done: int, total: int, zh: str, en: str) -> None:
        bar.total = total
        bar.set_description_str(f"{en} {zh}", refresh=False)
        heed()
        bar.update(done - bar.n)

    try:
        print_briefing(
            Desk(settings, store, gate, TableStore()),
            args.kind,
            Here("/", view, args.lang),
            args.out,
            gate.visitor,
            progress,
        )
    finally:
        bar.close()
    journal.add(
        store,
        "command line",
        "export",
        args.out.name,
        {"as_of": view.as_of.isoformat(), "known_at": view.known_at.isoformat()},
    )
    print(args.out)
    return 0
