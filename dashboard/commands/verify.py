"""Is this print ours, unchanged, and of which state?"""

import argparse
from pathlib import Path

from dashboard.access import Gate
from dashboard.briefing import BriefingError
from dashboard.briefing.clock import stamp_of
from dashboard.briefing.issuing import GENUINE, KNOWN, Verdict, key_of, print_again, verify_code, verify_file
from dashboard.briefing.signing import SIDECAR
from dashboard.commands._shared import add_store, settings_of, store_of
from dashboard.desk import Desk
from dashboard.tables import TableStore
from layers._times import parse_time

NAME = "verify"
HELP = "say whether a print is genuine, altered or unknown; when, by whom and of which state it was printed"
EXAMPLE = "python -m dashboard verify briefing.pdf --again"
NOT_GENUINE = 1


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument(
        "file", nargs="?", type=Path, metavar="FILE", help="a print in any format; FILE.sig beside it is read too"
    )
    what.add_argument("--code", metavar="FY-...", help="the code in the foot of a page of paper")
    what.add_argument(
        "--key", action="store_true", help="print the public key, for whoever checks signatures elsewhere"
    )
    parser.add_argument("--again", action="store_true", help="print the state again and compare the bytes")
    add_store(parser)


def run(args: argparse.Namespace) -> int:
    """Tell the verdict; exit code 1 unless it is genuine, or a code of ours, and, where asked, the same again."""
    if args.file is not None and not args.file.is_file():
        raise BriefingError(f"{args.file}: there is no such file; wanted a print")
    settings = settings_of(args)
    desk = Desk(settings, store_of(settings), Gate(settings), TableStore())
    if args.key:
        print(f"{key_of(desk).id}  {key_of(desk).public}")
        return 0
    verdict = verify_code(desk, args.code) if args.code else _of_file(desk, args.file)
    if args.again:
        verdict = print_again(desk, verdict)
    print("\n".join(lines(verdict)))
    return 0 if verdict.said in (GENUINE, KNOWN) and verdict.again is not False else NOT_GENUINE


def _of_file(desk: Desk, path: Path) -> Verdict:
    beside = path.with_name(path.name + SIDECAR)
    return verify_file(desk, path.read_bytes(), beside.read_bytes() if beside.is_file() else None)


def lines(verdict: Verdict) -> list[str]:
    """Return the verdict as lines for a terminal."""
    found = [f"{verdict.said}: {verdict.why[1]} {verdict.why[0]}"]
    if verdict.row:
        row, state = verdict.row, verdict.row["state"]
        as_of, known_at = (stamp_of(parse_time(state[name])) for name in ("as_of", "known_at"))
        found += [
            f"code      {row['code']} ({row['format']})",
            f"printed   {stamp_of(row['at'])} by {row['actor']}",
            f"state     {state['area'] or 'whole city'}, as of {as_of}, as known at {known_at}, {state['revision']}",
            f"parts     {', '.join(state['parts'])}; districts: {', '.join(state['districts']) or 'none'}; {state['lang']}",
            f"sha256    {row['sha256']}",
            f"key       {row['key_id']}",
            f"address   {state['told']['path']}",
        ]
    if verdict.again is not None:
        found.append("again     " + ("the same bytes" if verdict.again else "other bytes"))
    return found
