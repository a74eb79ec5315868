"""Care for the gazetteer: find compounds listed twice, merge, split, rename them, teach aliases, and undo it."""

import argparse
import os
import sys
from pathlib import Path

import pandas as pd

from dashboard import export
from dashboard.commands._shared import add_store, settings_of, store_of
from dashboard.files import require_writable, whole
from layers._times import parse_time
from layers.intake import duplicates, gazetteer_changes
from layers.intake.gazetteer_changes import Change, Changed
from layers.store import Store

NAME = "compounds"
HELP = "care for the gazetteer: duplicates, merge, split, rename, alias, apart, list, undo; shows what moves, and --apply does it"
EXAMPLE = "python -m dashboard compounds duplicates --out pairs.csv && python -m dashboard compounds merge 420102-0007 --into 420102-0003 --apply"
ACTIONS = {
    "merge": ("one place listed twice: give CODE up for --into; names, addresses and persons go there", "--into"),
    "split": ("CODE became the compounds of --into; its persons wait until `rematch` tells the part", "--into"),
    "apart": ("CODE and --into are two places: the report leaves the pair out", "--into"),
    "rename": ("CODE is called --name now; the old name keeps working", "--name"),
    "alias": ("CODE is also written --name", "--name"),
}
SHOWN = 20


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of each action."""
    actions = parser.add_subparsers(metavar="ACTION", required=True, dest="action")
    found = actions.add_parser("duplicates", help="compounds that may be one place, and siblings that must stay apart")
    found.add_argument("--area", default="", metavar="CODE", help="pairs of one district")
    found.add_argument("--out", type=Path, metavar="CSV", help="write all pairs with their evidence")
    for name, (about, option) in ACTIONS.items():
        one = actions.add_parser(name, help=about, description=about)
        one.add_argument("code", metavar="CODE")
        many = {"nargs": "+"} if name == "split" else {}
        one.add_argument(option, required=True, metavar=option[2:].upper(), **many)
        one.add_argument("--on", metavar="DAY", help="the day it is dated; default: it always was so")
        _add_actor(one)
        found = one
    listed = actions.add_parser("list", help="what was changed, by whom, when and why")
    undo = actions.add_parser("undo", help="take back the change of a batch")
    undo.add_argument("batch", type=int, metavar="BATCH")
    _add_actor(undo)
    for one in actions.choices.values():
        add_store(one)
    listed.set_defaults(why="")


def _add_actor(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--by", default=os.environ.get("USER") or "command", metavar="NAME", help="who decides this")
    parser.add_argument("--why", default="", metavar="TEXT", help="kept with the change")
    parser.add_argument("--apply", action="store_true", help="write it, in one batch; without it nothing is written")


def run(args: argparse.Namespace) -> int:
    """Do one action."""
    if args.action == "duplicates":
        require_writable(args.out)
    store = store_of(settings_of(args))
    if args.action == "duplicates":
        return _duplicates(store, args)
    if args.action == "list":
        return _listed(store)
    if args.action == "undo":
        done = gazetteer_changes.undo(store, args.batch, args.by, apply=args.apply, why=args.why)
    else:
        done = gazetteer_changes.make(store, _change(args), args.by, apply=args.apply)
    return _told(done)


def _change(args: argparse.Namespace) -> Change:
    into = getattr(args, "into", ())
    others = tuple(into) if isinstance(into, list) else (into,) if into else ()
    on = parse_time(args.on) if args.on else None
    return Change(args.action, args.code, others, getattr(args, "name", ""), on, args.why)


def _duplicates(store: Store, args: argparse.Namespace) -> int:
    found = duplicates.report(store, args.area)
    if args.out:
        with whole(args.out) as unfinished:
            unfinished.write_bytes(export.csv_bytes(found))
    same = found[found["kind"] == "same"]
    for row in same.head(SHOWN).itertuples():
        print(f"{row.score:.2f}  {row.a} {row.a_name}  =  {row.b} {row.b_name}  ({row.zh})")
    print(f"{len(same):,} pairs may be one place; {len(found) - len(same):,} pairs of siblings must stay apart")
    return 0


def _listed(store: Store) -> int:
    rows = gazetteer_changes.all_changes(store)
    for row in rows.itertuples():
        what = f"{row.kind} {row.compound} {row.name or ''} {' '.join(row.others or [])}".strip()
        undone, why = "" if row.stands else " undone", row.why if isinstance(row.why, str) else ""
        print(
            f"batch {row.batch}  {row.known_from:%Y-%m-%d %H:%M}  {what}{undone}  by {row.decided_by}  {why}".rstrip()
        )
    print(f"{len(rows):,} entries")
    return 0


def _told(done: Changed) -> int:
    for row in _counts(done.moved).itertuples(index=False):
        print(f"{row.was_compound} -> {row.compound or row.status}: {row.n:,}")
    for fact in done.facts.itertuples(index=False):
        said = {"control": fact.says, "assessment": f"not in place: {fact.says or 'nothing'}"}[fact.table]
        then = {"control": fact.stands, "assessment": f"not in place: {fact.stands or 'nothing'}"}[fact.table]
        print(f"{fact.table} {fact.key} ({said}): {fact.was_compound} -> {fact.compound}, which then has: {then}")
    count = f"{len(done.moved):,} persons"
    if done.batch is None:
        print(f"{count} would move (nothing was written; --apply does it)")
        return 0
    print(f"{count} moved, batch {done.batch}; `rematch` shows who else would be placed otherwise now", file=sys.stdout)
    return 0


def _counts(moved: pd.DataFrame) -> pd.DataFrame:
    return moved.groupby(["was_compound", "compound", "status"]).size().rename("n").reset_index()
