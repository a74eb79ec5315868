"""Print briefings: one now, one into a folder, or one every day."""

import argparse
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from tqdm import tqdm

from dashboard.access import Gate
from dashboard.briefing import PARTS, SECRECY, SIZES, WRITERS, BriefingError, Choice
from dashboard.briefing.content import check
from dashboard.briefing.daily import Edition, parse_clock, print_now, serve_daily
from dashboard.briefing.issuing import issue
from dashboard.briefing.signing import SIDECAR
from dashboard.commands._shared import add_store, add_view, require_facts, settings_of, store_of, view_of
from dashboard.commands._stopping import heed
from dashboard.desk import Desk
from dashboard.files import OutputError, require_writable, whole
from dashboard.tables import TableStore
from dashboard.view import Here

NAME = "brief"
HELP = "print a briefing: summary, maps, proposals, a page a district, sources and lineage; now, or every day into a folder"
EXAMPLE = "python -m dashboard brief lockdown --as-of 2020-02-16 --out lockdown.pdf"


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"parts to print, default all: {', '.join(PARTS)}")
    way = parser.add_mutually_exclusive_group(required=True)
    way.add_argument("--out", type=Path, metavar="OUT.(" + "|".join(WRITERS) + ")", help="print into this file")
    way.add_argument(
        "--now", action="store_true", help="print into --folder, named by time and code, with its signature"
    )
    way.add_argument("--daily", metavar="HH:MM", help="stay, and print into --folder every day at this time (Shanghai)")
    parser.add_argument("--folder", type=Path, metavar="DIR", help="where --now and --daily print")
    parser.add_argument("--format", choices=tuple(WRITERS), default="pdf", help="of --now and --daily")
    parser.add_argument(
        "--districts", default="", metavar="CODES", help='districts that get a page: "all", or codes with commas'
    )
    parser.add_argument("--secrecy", choices=tuple(SECRECY), default="internal")
    parser.add_argument("--size", choices=SIZES, default="a4")
    add_view(parser)
    add_store(parser)


def run(args: argparse.Namespace) -> int:
    """Print with a progress bar."""
    choice = _choice(args)
    _check_places(args)
    at = parse_clock(args.daily) if args.daily else None
    settings = settings_of(args)
    store = store_of(settings)
    gate = Gate(settings)
    desk = Desk(settings, store, gate, TableStore())
    if args.out:
        _print_into(args, desk, choice, args.out)
        return 0
    require_facts(store)
    wanted = Edition(args.area, args.lang, choice, args.folder)
    if at is None:
        with _Bar() as bar:
            out = print_now(desk, gate.visitor, wanted, bar.progress)
        print(out)
        return 0
    serve_daily(desk, gate.visitor, wanted, at, _told, lambda: datetime.now(UTC), _nap)
    return 0


def _choice(args: argparse.Namespace) -> Choice:
    form = args.out.suffix.lower().removeprefix(".") if args.out else args.format
    districts = tuple(filter(None, args.districts.split(",")))
    choice = Choice(tuple(args.parts) or PARTS, districts, form, args.size, args.secrecy)
    check(choice, args.lang)
    return choice


def _check_places(args: argparse.Namespace) -> None:
    """What cannot be written is found before the work."""
    if args.out:
        require_writable(args.out, suffixes=tuple(f".{form}" for form in WRITERS))
        return
    if args.folder is None:
        raise BriefingError("--folder is missing; wanted the folder that --now and --daily print into")
    if not args.folder.is_dir():
        raise OutputError(f"{args.folder}: there is no such folder; make it first")
    if args.as_of or args.known_at:
        raise BriefingError(
            "--as-of and --known-at go with --out; --now and --daily print what is known when they print"
        )


def _print_into(args: argparse.Namespace, desk: Desk, choice: Choice, out: Path) -> None:
    view = view_of(args, desk.store)
    with _Bar() as bar:
        here = Here("/briefing", view, args.lang)
        issued = issue(desk, desk.gate.visitor, here, choice, out, actor="command line", progress=bar.progress)
    with whole(out.with_name(out.name + SIDECAR)) as unfinished:
        unfinished.write_bytes(issued.sidecar)
    print(f"{out}  {issued.row['code']}")


class _Bar:
    """A progress bar on the terminal; nobody watching, nothing drawn."""

    def __enter__(self) -> "_Bar":
        shape = "{desc:40.40} |{bar:30}| {n_fmt}/{total_fmt}"
        self.bar = tqdm(total=1, file=sys.stderr, disable=not sys.stderr.isatty(), bar_format=shape, leave=False)
        return self

    def __exit__(self, *_: object) -> None:
        self.bar.close()

    def progress(self, done: int, total: int, zh: str, en: str) -> None:
        self.bar.total = total
        self.bar.set_description_str(f"{en} {zh}", refresh=False)
        heed()
        self.bar.update(done - self.bar.n)


def _told(text: str) -> None:
    print(text, flush=True)


def _nap(seconds: float) -> None:
    heed()
    time.sleep(seconds)
