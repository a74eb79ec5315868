"""Match a file of cases to a file of compounds."""

import argparse
import csv
import json
import sys
from pathlib import Path

import pandas as pd
from tqdm import tqdm

from dashboard.commands._shared import settings_of
from layers.intake.feeds import feed_named
from layers.intake.match_files import CASES, match_files
from layers.intake.profile import load

NAME = "match"
HELP = "match cases to residential compounds, file to file, without a store"
EXAMPLE = "python -m dashboard match --cases cases.csv --compounds compounds.geojson --cases-datum gcj02 --compounds-datum bd09 --out matched.csv"


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument(
        "--cases", required=True, type=Path, metavar="CASES.csv", help="case_id, address and/or lon, lat"
    )
    parser.add_argument("--compounds", required=True, type=Path, metavar="COMPOUNDS.(csv|geojson|gpkg|jsonl)")
    parser.add_argument(
        "--cases-datum", metavar="D", help="wgs84, gcj02, bd09 or cgcs2000: needed where cases have coordinates"
    )
    parser.add_argument("--compounds-datum", metavar="D")
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


def run(args: argparse.Namespace) -> int:
    """Match, write, and say in a few lines what came of it."""
    bar = tqdm(total=1, desc="match", unit=" cases", file=sys.stderr, disable=not sys.stderr.isatty(), leave=False)

    def progress(done: int, total: int) -> None:
        bar.total = total
        bar.update(done - bar.n)

    try:
        answers, report = match_files(
            args.cases,
            args.compounds,
            cases_datum=args.cases_datum,
            compounds_datum=args.compounds_datum,
            cases_profile=load(args.map_cases, CASES) if args.map_cases else None,
            compounds_profile=load(args.map_compounds, feed_named("compounds")) if args.map_compounds else None,
            within_m=args.within_m,
            cache=settings_of(argparse.Namespace()).var / "cache",
            progress=progress,
        )
    finally:
        bar.close()
    write(answers, args.out)
    if args.report:
        args.report.write_text(json.dumps(report.as_json(), ensure_ascii=False, indent=1), encoding="utf-8")
    print(
        f"{args.out}: {report.cases:,} cases against {report.compounds:,} compounds: "
        + ", ".join(f"{name} {n:,}" for name, n in sorted(report.outcomes.items()))
    )
    for notice in report.notices:
        print(f"  ! {notice['en']}", file=sys.stderr)
    for name, notes in (
        ("cases", report.cases_rejected + report.cases_warned),
        ("compounds", report.compounds_rejected + report.compounds_warned),
    ):
        if notes:
            first = notes[0]
            print(
                f"  {name}: {len(notes):,} remarks, the first: row {first.row}, column {first.column}: found {first.found!r}, wanted {first.wanted}",
                file=sys.stderr,
            )
    return 0


def write(answers: pd.DataFrame, path: Path) -> None:
    """Write the answers as UTF-8 CSV without BOM; the file appears whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".part")
    with partial.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(answers.columns)
        for row in answers.itertuples(index=False):
            out.writerow([_cell(name, value) for name, value in zip(answers.columns, row, strict=True)])
    partial.replace(path)


def _cell(name: str, value: object) -> object:
    if name == "alternatives":
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, float):
        return "" if value != value else round(value, 4 if name == "probability" else 1)
    return value
