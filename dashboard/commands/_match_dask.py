"""The engine dask of the command `match`: partitions of a province, by many processes or machines."""

import argparse
import os
import sys
import time
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from tqdm import tqdm

from dashboard.commands._stopping import heed
from dashboard.files import OutputError
from dashboard.settings import from_environment
from geo import city_kept, distributed
from geo.errors import GeoError
from geo.partition import sweep
from layers.intake.feeds import feed_named
from layers.intake.profile import Profile, load
from layers.intake.province import Compounds, partitions, read_compounds

BAD_PARTITIONS = 1  # exit code


def add(parser: argparse.ArgumentParser) -> None:
    """Add the arguments that this engine knows."""
    parser.add_argument(
        "--engine",
        choices=("plain", "dask"),
        default="plain",
        help="dask: --cases is a folder, file or pattern of Parquet partitions, of cities that a column city (城市) or a folder "
        "city=… names; --compounds are files, also Parquet, that name the city in the same way; --out is a folder that gets "
        "answers and a receipt a partition. A rerun goes on where the last one ended. Needs `make scale`",
    )
    parser.add_argument(
        "--workers", type=int, metavar="N", help="processes of the engine dask (default: one a processor)"
    )
    parser.add_argument(
        "--scheduler",
        metavar="ADDRESS",
        help="a Dask scheduler instead, such as tcp://10.0.0.5:8786; its workers must have this program, and reach --cases, "
        "--out and FANGYI_VAR under the same paths",
    )


def without_dask(args: argparse.Namespace) -> Path:
    """Return the one file of compounds of the plain engine; refuse what only this engine knows."""
    if args.workers or args.scheduler:
        raise GeoError("--workers and --scheduler are for --engine dask")
    if len(args.compounds) != 1:
        raise GeoError(f"{len(args.compounds)} files of compounds; wanted one, or --engine dask")
    return Path(args.compounds[0])


def run(args: argparse.Namespace) -> int:
    """Match what was not matched yet, and say in a few lines what came of it."""
    _check(args)
    parts, faults = partitions(str(args.cases), args.out, args.cases_datum)
    profile = load(args.map_compounds, feed_named("compounds")) if args.map_compounds else Profile()
    compounds = read_compounds(args.compounds, args.compounds_datum, profile)
    _tell_compounds(compounds)
    cache = from_environment(mode="drill").var / "cache"  # no store is opened, so no secret is needed
    cities = [city_kept.keep(name, rows, cache) for name, rows in compounds.by_city.items()]
    started = time.monotonic()
    try:
        with _client(args) as client:
            summary = _matched(parts, cities, client, args.within_m)
    finally:
        for part in parts if not args.scheduler else ():  # whoever wrote them has ended
            sweep(part)
    summary.faults[:0] = faults
    _tell(summary, args.out, compounds, time.monotonic() - started)
    return BAD_PARTITIONS if summary.faults else 0


def _matched(parts: list[Any], cities: list[city_kept.City], client: Any, within_m: float) -> distributed.Summary:
    bar = tqdm(
        total=len(parts),
        desc="match",
        unit=" partitions",
        file=sys.stderr,
        disable=not sys.stderr.isatty(),
        leave=False,
    )

    def told(summary: distributed.Summary) -> None:
        bar.set_postfix_str(f"{summary.rows:,} rows", refresh=False)
        heed()
        bar.update(summary.matched + summary.kept + len(summary.faults) - bar.n)

    try:
        return distributed.match_partitions(parts, cities, client, within_m=within_m, told=told)
    finally:
        bar.close()


def _client(args: argparse.Namespace) -> AbstractContextManager[Any]:
    if args.scheduler:
        return distributed.connected(args.scheduler)
    return distributed.cluster(args.workers or len(os.sched_getaffinity(0)))


def _check(args: argparse.Namespace) -> None:
    """Refuse before the work what would fail after it."""
    distributed.require_dask()
    if args.scheduler and args.workers:
        raise GeoError("--workers starts processes here, --scheduler names others; wanted one of them")
    if args.workers is not None and args.workers < 1:
        raise GeoError(f"--workers {args.workers}; wanted 1 or more")
    for name in ("map_cases", "report"):
        if getattr(args, name):
            raise GeoError(
                f"--{name.replace('_', '-')} is not for the engine dask: "
                "partitions carry our column names, and each gets a receipt beside its answers"
            )
    for name in ("cases_datum", "compounds_datum"):
        if getattr(args, name) == "auto":
            raise GeoError(
                f"--{name.replace('_', '-')} auto is not for the engine dask; match one partition to find out"
            )
    if args.out.exists() and not args.out.is_dir():
        raise OutputError(f"{args.out}: is no folder; the engine dask writes a file a partition into one")


def _tell_compounds(compounds: Compounds) -> None:
    if compounds.rejected:
        print(
            f"  compounds: {len(compounds.rejected):,} rows left out, the first: {compounds.rejected[0]}",
            file=sys.stderr,
        )


def _tell(summary: distributed.Summary, out: Path, compounds: Compounds, seconds: float) -> None:
    print(
        f"{out}: {summary.matched:,} partitions matched, {summary.kept:,} kept from before, {len(summary.faults):,} failed: "
        f"{summary.rows:,} cases against {compounds.count:,} compounds of {len(compounds.by_city):,} cities in {seconds:,.0f} s: "
        + ", ".join(f"{name} {n:,}" for name, n in sorted(summary.outcomes.items()))
    )
    if summary.peak_mb:
        print(f"  {len(summary.peak_mb)} worker processes, at most {max(summary.peak_mb.values()):,} MB each")
    for what, counts in (("values dropped", summary.dropped), ("rows of cities without compounds", summary.strangers)):
        if counts:
            said = ", ".join(f"{name} {n:,}" for name, n in counts.most_common(20))
            print(f"  ! {what}: {said}", file=sys.stderr)
    for fault in summary.faults:
        print(f"  ! {fault}", file=sys.stderr)
    if summary.faults:
        print(f"error: {len(summary.faults)} partitions could not be matched; they are named above", file=sys.stderr)
