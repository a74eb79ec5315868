"""Match a file of cases to a file of compounds."""

import argparse
import csv
import json
import sys
from pathlib import Path

import pandas as pd
from tqdm import tqdm

from dashboard.commands import _match_dask
from dashboard.commands._stopping import heed
from dashboard.files import OutputError, require_writable, whole
from dashboard.settings import from_environment
from geo.errors import GeoError
from layers._errors import FeedError
from layers.intake.feeds import feed_named
from layers.intake.match_files import CASES, match_files
from layers.intake.profile import load, load_part

NAME = "match"
HELP = "match cases to residential compounds, file to file, without a store"
EXAMPLE = (
    "python -m dashboard match --cases cases.csv --compounds compounds.geojson --cases-datum gcj02 --compounds-datum bd09 "
    "--out matched.csv && python -m dashboard match --engine dask --cases province/ --compounds wuhan.gpkg huanggang.gpkg "
    "--cases-datum gcj02 --compounds-datum wgs84 --out matched/"
)


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument(
        "--cases",
        required=True,
        type=Path,
        metavar="CASES.csv",
        help="case_id, address and/or lon, lat; precision_m where the source says how far off its points may be",
    )
    parser.add_argument(
        "--compounds", required=True, type=Path, nargs="+", metavar="COMPOUNDS.(csv|geojson|gpkg|jsonl)"
    )
    parser.add_argument(
        "--cases-datum",
        metavar="D",
        help="wgs84, gcj02, bd09 or cgcs2000, needed where cases have coordinates; auto finds it out, source by source, from "
        "cases whose address alone names a compound, or refuses",
    )
    parser.add_argument(
        "--compounds-datum", metavar="D", help="likewise; both may be auto: then the pair is found out together"
    )
    parser.add_argument("--map-cases", type=Path, metavar="P", help="profile that renames the columns of the cases")
    parser.add_argument("--map-compounds", type=Path, metavar="P")
    parser.add_argument(
        "--within-m",
        type=float,
        default=100.0,
        metavar="M",
        help="how far outside an outline a point may lie (default 100)",
    )
    parser.add_argument("--out", required=True, type=Path, metavar="OUT.csv")
    parser.add_argument("--report", type=Path, metavar="OUT.json")
    _match_dask.add(parser)


def run(args: argparse.Namespace) -> int:
    """Match, write, and say in a few lines what came of it."""
    if not 0 <= args.within_m < float("inf"):
        raise GeoError(f"--within-m {args.within_m:g}; wanted metres, 0 or more")
    if args.engine == "dask":
        return _match_dask.run(args)
    args.compounds = _match_dask.without_dask(args)
    _check(args)
    bar = tqdm(total=1, desc="match", unit=" cases", file=sys.stderr, disable=not sys.stderr.isatty(), leave=False)

    def progress(done: int, total: int) -> None:
        bar.total = total
        heed()
        bar.update(done - bar.n)

    try:
        answers, report = match_files(
            args.cases,
            args.compounds,
            cases_datum=args.cases_datum,
            compounds_datum=args.compounds_datum,
            cases_profile=load_part(args.map_cases, CASES, feed_named("cases")) if args.map_cases else None,
            compounds_profile=load(args.map_compounds, feed_named("compounds")) if args.map_compounds else None,
            within_m=args.within_m,
            cache=from_environment(mode="drill").var / "cache",  # no store is opened, so no secret is needed
            progress=progress,
        )
    finally:
        bar.close()
    write(answers, args.out)
    if args.report:
        with whole(args.report) as unfinished:
            unfinished.write_text(json.dumps(report.as_json(), ensure_ascii=False, indent=1), encoding="utf-8")
    print(
        f"{args.out}: {report.cases:,} cases against {report.compounds:,} compounds: "
        + ", ".join(f"{name} {n:,}" for name, n in sorted(report.outcomes.items()))
    )
    for notice in report.notices:
        print(f"  ! {notice['en']}", file=sys.stderr)
    for name, notes in (
        (args.cases.name, report.cases_rejected + report.cases_warned),
        (args.compounds.name, report.compounds_rejected + report.compounds_warned),
    ):
        if notes:
            first = notes[0]
            print(
                f"  {name}: {len(notes):,} remarks, the first: row {first.row}"
                + (f", column {first.column}" if first.column else "")
                + f": found {first.found!r}, wanted {first.wanted}",
                file=sys.stderr,
            )
    return 0


def _check(args: argparse.Namespace) -> None:
    """Refuse before the work what would fail after it."""
    for path in (args.cases, args.compounds):
        if not path.is_file():
            raise FeedError(
                f"{path}: {'is no file; folders go with --engine dask' if path.exists() else 'no such file'}"
            )
    read = [path for path in (args.cases, args.compounds, args.map_cases, args.map_compounds) if path]
    require_writable(args.out, read=read)
    require_writable(args.report, read=read)
    if args.report and args.report.resolve() == args.out.resolve():
        raise OutputError(f"{args.report}: --out and --report name the same file")


def write(answers: pd.DataFrame, path: Path) -> None:
    """Write the answers as UTF-8 CSV without BOM; the file appears whole or not at all."""
    with whole(path) as unfinished, unfinished.open("w", encoding="utf-8", newline="") as file:
        plain = csv.writer(file, lineterminator="\n")
        quoted = csv.writer(file, lineterminator="\n", quoting=csv.QUOTE_ALL)
        plain.writerow(answers.columns)
        for row in answers.itertuples(index=False):
            cells = [_cell(name, value) for name, value in zip(answers.columns, row, strict=True)]
            # The writer quotes a line feed of its own accord, but not a carriage return, which ends a line as well.
            (quoted if any("\r" in str(cell) for cell in cells) else plain).writerow(cells)


def _cell(name: str, value: object) -> object:
    if name == "alternatives":
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, float):
        return "" if value != value else round(value, 4 if name == "probability" else 1)
    return value
