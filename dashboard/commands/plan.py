"""Write a plan to a file."""

import argparse
from pathlib import Path

from dashboard.access import Gate
from dashboard.commands._shared import add_store, add_view, settings_of, store_of, view_of
from dashboard.desk import Desk
from dashboard.export import FORMATS, write_plan
from dashboard.files import require_writable
from dashboard.tables import TableStore
from layers.decisions._catalog import PLANS
from layers.store import journal

NAME = "plan"
HELP = "write what is proposed (lockdown, situation, beds, staff, supplies) with reasons, rules and what would flip it"
EXAMPLE = "python -m dashboard plan lockdown --as-of 2020-02-16 --out lockdown.xlsx"


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("kind", choices=sorted(PLANS))
    parser.add_argument("--out", required=True, type=Path, metavar="OUT.(json|csv|xlsx)")
    add_view(parser)
    add_store(parser)


def run(args: argparse.Namespace) -> int:
    """Write the plan."""
    require_writable(args.out, suffixes=[f".{form}" for form in FORMATS])
    settings = settings_of(args)
    store = store_of(settings)
    view = view_of(args, store)
    gate = Gate(settings)
    found = Desk(settings, store, gate, TableStore()).plan(gate.visitor, args.kind, view)
    write_plan(found, args.out, args.lang)
    journal.add(
        store,
        "command line",
        "plan",
        args.kind,
        {"as_of": view.as_of.isoformat(), "known_at": view.known_at.isoformat(), "inputs_hash": found.inputs_hash},
    )
    print(f"{args.out}: {len(found.proposals):,} proposals, inputs {found.inputs_hash[:12]}")
    return 0
