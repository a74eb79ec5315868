"""Take rows out: a table of a view into a file, with a reason, a watermark and an entry in the journal."""

import argparse
import getpass
import math
import os
import sys
from pathlib import Path

from dashboard.access import Gate
from dashboard.commands._shared import add_store, add_view, rows_bar, settings_of, store_of, view_of
from dashboard.desk import Desk
from dashboard.files import require_writable, whole
from dashboard.roles import Person
from dashboard.row_files import FORMS, csv_parts, xlsx_parts
from dashboard.rows import TABLES, RowsError, Taking
from dashboard.settings import SettingsError
from dashboard.tables import TableStore
from dashboard.view import Here
from layers.store import accounts, factors, halfway, journal
from layers.store.accounts import Account
from layers.store.takings import SecondError

NAME = "export"
HELP = "write the rows of a table (cases, contacts, fever, compounds) of a view into a file, watermarked, for a stated reason"
EXAMPLE = 'python -m dashboard export cases --area 420102 --reason "line list for the district CDC" --out cases.csv'


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("table", choices=TABLES)
    parser.add_argument("--reason", required=True, metavar="TEXT", help="what the rows are for; kept in the journal")
    parser.add_argument("--out", required=True, type=Path, metavar="OUT.(csv|xlsx)")
    parser.add_argument("--by", default=os.environ.get("USER") or "command", metavar="NAME", help="who takes them")
    parser.add_argument(
        "--second",
        default="",
        metavar="NAME",
        help="the account that releases more rows than one person takes out alone (production); its password is asked for, and a code where it has a second factor",
    )
    add_view(parser)
    add_store(parser)


def run(args: argparse.Namespace) -> int:
    """Write the file with a progress bar; it appears whole or not at all."""
    require_writable(args.out, suffixes=[f".{form}" for form in FORMS])
    settings = settings_of(args)
    store = store_of(settings)
    gate = Gate(settings)
    here = Here("/rows", view_of(args, store), args.lang)
    form = args.out.suffix.lower().removeprefix(".")
    desk = Desk(settings, store, gate, TableStore())
    second = _second(desk, here, args) if args.second else ""
    taking = Taking(desk, gate.visitor, args.by, here, args.table, form, args.reason, second=second)
    try:
        rows = _write(taking, args.out)
    except SecondError as error:
        raise RowsError(f"{error}: name an account that releases them with --second NAME", error.said("zh")) from error
    print(f"{args.out}: {rows:,} rows, {taking.code}")
    return 0


def _second(desk: Desk, here: Here, args: argparse.Namespace) -> str:
    """The name of the account that releases the rows, after its password; who takes them is somebody else."""
    if desk.settings.is_drill:
        raise SettingsError("FANGYI_MODE is drill: nobody has an account, and no export needs a second person")
    found = accounts.checked(desk.store, args.second, _asked(f"password of {args.second}: "))
    if found is None:
        raise RowsError(
            f"--second {args.second}: the password is wrong, or there is no such account, or it is disabled"
        )
    if found.name == " ".join(args.by.split()):
        raise RowsError(f"--second {found.name}: takes the rows themselves; somebody else releases them")
    if not desk.gate.releases(desk.store, Person(found.name, found.role, found.area), here.view.area):
        raise RowsError(f"--second {found.name}: does not answer for the area of this export")
    _require_factor(desk, found)
    return found.name


def _require_factor(desk: Desk, who: Account) -> None:
    """Ask for a code where signing in would."""
    if factors.of(desk.store, who.id) is None:
        if desk.settings.demands(who.role):
            raise RowsError(f"--second {who.name}: needs a second factor and has none; sign in once to set it up")
        return
    code = _asked(f"one-time code of {who.name}: ")
    with desk.store.writing() as connection:
        mark = halfway.whose(connection, who)
        waits = halfway.tried(connection, mark)
        right = not waits and factors.accepted(connection, who, code)
        if right:
            halfway.forgive(connection, mark)
        elif not waits:
            journal.write(connection, "nobody", "sign-in-refused", who.name, {"error": "code", "by": "export"})
    if waits:
        raise RowsError(f"--second {who.name}: too many wrong codes; try again in {math.ceil(waits)} s")
    if not right:
        raise RowsError(f"--second {who.name}: the code is wrong or was used already")


def _asked(prompt: str) -> str:
    """What is typed unseen at a terminal, else one line of standard input."""
    return getpass.getpass(prompt) if sys.stdin.isatty() else sys.stdin.readline().rstrip("\r\n")


def _write(taking: Taking, out: Path) -> int:
    gone = [0]
    report, finish = rows_bar(out, taking.total)

    def told(rows: int) -> None:
        gone[0] = rows
        report(rows)

    try:
        with whole(out) as unfinished, unfinished.open("wb") as file:
            file.writelines((csv_parts if taking.form == "csv" else xlsx_parts)(taking, told))
    finally:
        finish()
    return gone[0]
