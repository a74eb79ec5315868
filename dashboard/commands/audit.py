"""Does anything in the journal call for a question that nobody answered?"""

import argparse
from contextlib import closing

from dashboard.commands._shared import add_store, settings_of, store_of
from layers.decisions.oversight import Finding, findings

NAME = "audit"
HELP = "list who viewed or took out much, or was locked out again and again, by the journal; ends with 1 while one of them stands unanswered"
EXAMPLE = "python -m dashboard audit --all"
OPEN = 1


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("--all", action="store_true", help="those too that the auditor answered")
    add_store(parser)


def run(args: argparse.Namespace) -> int:
    """Tell each finding in a line; exit code 1 while one stands unanswered."""
    with closing(store_of(settings_of(args))) as store:
        found = findings(store)
    waiting = [one for one in found if not one.is_answered]
    for one in found if args.all else waiting:
        print(line(one))
    print(f"{len(waiting):,} unanswered, {len(found) - len(waiting):,} answered")
    return OPEN if waiting else 0


def line(one: Finding) -> str:
    """Return a finding as a line for a terminal."""
    told = f"{one.id}  {one.who}  {one.topic} {one.value:,} within one {one.span} (bound {one.bound:,})"
    span = f"{one.begun_at:%Y-%m-%d %H:%M} to {one.ended_at:%Y-%m-%d %H:%M}"
    return f"{told}  {span}" + (f"  answered by {one.by}: {one.remark}" if one.is_answered else "")
