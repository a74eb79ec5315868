"""Take a folder of real files through the door."""

import argparse
import json
from pathlib import Path

from dashboard.commands._shared import settings_of
from dashboard.files import require_writable
from layers.scenario.real import CITIES, RealReport, missing, run_city

NAME = "real"
HELP = "import a folder of real files into stores of their own and report what became of each"
EXAMPLE = "FANGYI_REAL_DATA=/srv/real-files python -m dashboard real"


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("--city", choices=sorted(CITIES), action="append", help="default: all")
    parser.add_argument("--out", type=Path, help="write the figures here (default: var/real.json)")


def run(args: argparse.Namespace) -> int:
    """Run every city that the folder holds."""
    require_writable(args.out)
    settings = settings_of(args)
    reports = []
    for city in args.city or list(CITIES):
        absent = missing(settings.real_data, city)
        if absent:
            print(
                f"skipped {city}: the folder of real files {settings.real_data} (FANGYI_REAL_DATA) lacks {', '.join(absent)}"
            )
            continue
        file = settings.var / f"real-{city}.db"
        for name in (file, Path(f"{file}-wal"), Path(f"{file}-shm")):
            name.unlink(missing_ok=True)
        reports.append(run_city(settings.real_data, city, f"sqlite:///{file}", say=print))
    for report in reports:
        print("\n".join(lines(report)))
    if reports:
        out = args.out or settings.var / "real.json"
        out.write_text(
            json.dumps([vars(report) for report in reports], ensure_ascii=False, indent=1, default=str),
            encoding="utf-8",
        )
        print(f"figures: {out}")
    return 0


def lines(report: RealReport) -> list[str]:
    """Return a report as a Markdown table with its remarks."""
    out = [
        "",
        f"### {report.city}",
        "| file | datum | rows | new | changed | unchanged | rejected | matched | again |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for row in report.rows:
        matched = ", ".join(f"{name} {n:,}" for name, n in row["matched"].items()) or "–"
        again = "CHANGED" if row["again_changed"] else "no change"
        out.append(
            f"| {row['file']} | {row['datum'] or '–'} | {row['rows']:,} | {row['new']:,} | {row['changed']:,} | {row['unchanged']:,} | {row['rejected']:,} | {matched} | {again} |"
        )
    for row in report.rows:
        out += [f"- {row['file']}: rejected {n:,} x {reason}" for reason, n in row["rejected_by_reason"].items()]
        out += [f"- {row['file']}: warned {n:,} x {reason}" for reason, n in row["warned_by_reason"].items()]
    for wrong in report.wrong:
        out.append(
            f"- {wrong['file']} read as {wrong['as']}: {'; '.join(wrong['notices']) or 'NOTHING SAID'} {json.dumps(wrong['evidence'])}"
        )
    for told in report.auto:
        verdict = told["told"] or "refused"
        out.append(f"- {told['file']} (stated {told['stated']}) with auto: {verdict}; {told['why']}")
    if report.against_polygons:
        out.append(
            f"- against the polygon that bears the address: {json.dumps(report.against_polygons, ensure_ascii=False)}"
        )
    return out
