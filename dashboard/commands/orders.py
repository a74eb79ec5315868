"""Orders from the terminal: list and export them, show one with its evidence, and take its next step for a unit that has no screen."""

import argparse
import os
from pathlib import Path

from dashboard import export
from dashboard.access import Gate
from dashboard.commands._shared import add_store, add_view, require_facts, settings_of, store_of, view_of
from dashboard.desk import Desk
from dashboard.files import require_writable, whole
from dashboard.orders import STATE, WHICH, action_words, chosen, listing, span
from dashboard.settings import Settings
from dashboard.tables import TableStore
from layers.decisions import orders
from layers.intake import ordering
from layers.store import Store, journal
from layers.store.order_states import STEPS, OrderError

NAME = "orders"
HELP = "list, show and export orders; acknowledge, report, close, reopen or withdraw one (orders are given on the pages, beside their proposals)"
EXAMPLE = 'python -m dashboard orders list --state late && python -m dashboard orders report L-20200225-001 --text "three gates closed, one guarded"'
ABOUT = {
    "acknowledge": "the owner has it",
    "report": "the owner did it: --text says what was done, with what result",
    "close": "the giver found it done; impossible without a report",
    "reopen": "it is not done after all: --text says why",
    "withdraw": "it is no longer wanted: --text says why",
}


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of each action."""
    actions = parser.add_subparsers(metavar="ACTION", required=True, dest="action")
    listed = actions.add_parser("list", help="where orders stand, the late ones first")
    exported = actions.add_parser("export", help="write the list to a file")
    exported.add_argument("--out", required=True, type=Path, metavar="OUT.(csv|xlsx)")
    for one in (listed, exported):
        one.add_argument("--state", choices=(*WHICH, *STATE), default="open", help="default: those in progress")
        one.add_argument("--decision", metavar="KIND", help="lockdown, beds, staff or supplies")
        one.add_argument("--owner", metavar="UNIT")
    shown = actions.add_parser(
        "show", help="one order: its steps, its evidence, the deliveries behind it, what is known since"
    )
    shown.add_argument("number", metavar="NUMBER")
    for one in (listed, exported, shown):
        add_view(one)
    for name, about in ABOUT.items():
        step = actions.add_parser(name, help=about, description=about)
        step.add_argument("number", metavar="NUMBER")
        step.add_argument("--text", default="", metavar="TEXT", help="what is said with this step")
        step.add_argument("--by", default=os.environ.get("USER") or "command", metavar="NAME", help="who takes it")
    for one in actions.choices.values():
        add_store(one)


def run(args: argparse.Namespace) -> int:
    """Do one action."""
    if args.action == "export":
        require_writable(args.out, suffixes=[".csv", ".xlsx"])
    settings = settings_of(args)
    store = store_of(settings)
    if args.action in STEPS:
        return _step(store, args)
    return _show(settings, store, args) if args.action == "show" else _list(settings, store, args)


def _desk(settings: Settings, store: Store) -> Desk:
    return Desk(settings, store, Gate(settings), TableStore())


def _list(settings: Settings, store: Store, args: argparse.Namespace) -> int:
    desk, view = _desk(settings, store), view_of(args, store)
    every = orders.timed(desk.orders(desk.gate.visitor, view), max(store.now(), view.as_of))
    options = {"state": args.state, "decision": args.decision, "owner": args.owner}
    found = chosen(every, {name: text for name, text in options.items() if text})
    if args.action == "export":
        about = {
            "kind": "orders",
            "area": view.area,
            "as_of": view.as_of.isoformat(),
            "known_at": view.known_at.isoformat(),
        }
        content = export.table_bytes(listing(found, args.lang), args.out.suffix.lower().removeprefix("."), about)
        with whole(args.out) as unfinished:
            unfinished.write_bytes(content)
        journal.add(store, "command line", "export", args.out.name, {"orders": len(found)})
        print(f"{args.out}: {len(found):,} orders")
        return 0
    for row in found.itertuples():
        late = f"overdue {span(row.late_by, 'en')}" if row.is_late else f"due {row.deadline_at:%Y-%m-%d %H:%M}"
        print(
            f"{row.number}  {row.state} {span(row.in_state, 'en')}  {action_words(row.action, 'en')}: {row.name}  {row.owner}  {late}"
        )
    count = orders.figures(every)
    print(
        f"{len(found):,} shown; {count['open']:.0f} in progress, {count['late']:.0f} overdue, {count['overrides']:.0f} overrides of {len(every):,}"
    )
    return 0


def _show(settings: Settings, store: Store, args: argparse.Namespace) -> int:
    desk, view = _desk(settings, store), view_of(args, store)
    who = desk.gate.visitor
    order, steps = desk.order(who, view, args.number)
    if not order:
        raise OrderError(f"there is no order {args.number!r}; `orders list --state all` shows them")
    kept = order["frozen"]
    print(
        f"{order['number']}: {action_words(order['action'], args.lang)}, {order['name']}; owner {order['owner']}; {order['reason']}"
    )
    for row in steps.itertuples():
        said = row.remark if isinstance(row.remark, str) else row.feedback if row.state == "done" else ""
        print(f"  {row.known_from:%Y-%m-%d %H:%M}  {row.state}  by {row.acted_by}  {said}".rstrip())
    for reason in kept["proposal"]["reasons"]:
        print(f"  because [{reason['rule']}] {reason[args.lang]} {'; '.join(reason['evidence'])}".rstrip())
    for row in desk.rows_of(who, order, view).itertuples():
        print(
            f"  from batch {row.batch} {row.feed} {row.file or '-'}: {row.rows:,} rows, lines {row.first:.0f} to {row.last:.0f}"
        )
    for words in orders.since(kept, desk.proposal_now(who, order, view)):
        print(f"  since then: {words.said(args.lang)}")
    print(f"  inputs {order['inputs_hash']}")
    return 0


def _step(store: Store, args: argparse.Namespace) -> int:
    require_facts(store)
    least = orders.rule(store.now()).params["least"]
    batch = ordering.take(store, args.number, args.action, args.by, least, text=args.text)
    print(f"{args.number}: {STEPS[args.action].to} (batch {batch})")
    return 0
