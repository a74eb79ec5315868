"""A province on Dask: cities of invented compounds, points and addresses in partitions, matched by one worker and by several.

python -m tests.bench.province [--small] [--points N] [--addresses N] [--cities N] [--workers N …] [--folder F]
"""

import argparse
import shutil
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import shapely

from geo import city_kept, distributed
from layers.intake.profile import Profile
from layers.intake.province import partitions, read_compounds
from layers.scenario import addresses
from layers.scenario.city import City, make_city
from tests.bench.points import EAST, NORTH, people

ROOT = Path(__file__).resolve().parents[2]
POINTS, ADDRESSES, CITIES, COMPOUNDS = 50_000_000, 5_000_000, 20, 5_000
POINTS_A_PARTITION, ADDRESSES_A_PARTITION = 500_000, 25_000
SMALLER = 50  # times, with --small
APART = (1.5, 1.2)  # degrees between cities, which stand in rows of five
WITHIN_M = 100.0
Say = Callable[..., None]


def write(folder: Path, points: int, persons: int, cities: int) -> int:
    """Write compounds, points and addresses of all cities, unless they lie there already; return bytes. Always the same."""
    done = folder / "whole"
    if not done.is_file():
        shutil.rmtree(folder, ignore_errors=True)
        for number in range(cities):
            name, city = f"city={number + 1:02d}市", _moved(make_city(number + 1, COMPOUNDS), number)
            _write(_compounds(city), folder / "compounds" / name / "compounds.parquet")
            for part, count in _parts(points // cities, POINTS_A_PARTITION):
                _write(_points(city, count, (number, part)), folder / "points" / name / f"{part:03d}.parquet")
            for part, count in _parts(persons // cities, ADDRESSES_A_PARTITION):
                _write(_persons(city, count, (number, part)), folder / "addresses" / name / f"{part:03d}.parquet")
        done.touch()
    return sum(path.stat().st_size for path in folder.rglob("*.parquet"))


def measure(say: Say, folder: Path, points: int, persons: int, cities: int, workers: list[int]) -> None:
    """Say what the province costs with each number of workers; answers of a run are removed before the next."""
    started = time.perf_counter()
    size = write(folder, points, persons, cities)
    say("province.generate", time.perf_counter() - started, "s", mb=round(size / 1e6), points=points, addresses=persons)
    started = time.perf_counter()
    known = read_compounds([folder / "compounds"], None, Profile())
    shutil.rmtree(folder / "cache", ignore_errors=True)
    kept = [city_kept.keep(name, rows, folder / "cache") for name, rows in known.by_city.items()]
    say("province.read_compounds", time.perf_counter() - started, "s", compounds=known.count, cities=len(kept))
    for count in workers:
        with distributed.cluster(count) as client:
            _prepare(say, client, kept, count)
            for kind in ("points", "addresses"):
                _match(say, client, folder, kind, kept, count)


def _prepare(say: Say, client: Any, kept: list[city_kept.City], workers: int) -> None:
    """Indices and judges of all cities; the first number of workers makes them, the others find them made."""
    started = time.perf_counter()
    client.gather([client.submit(city_kept.prepare, city, "wgs84", WITHIN_M, True, pure=False) for city in kept])
    say("province.prepare", time.perf_counter() - started, "s", workers=workers, cities=len(kept))


def _match(say: Say, client: Any, folder: Path, kind: str, kept: list[city_kept.City], workers: int) -> None:
    out = folder / "answers" / kind
    shutil.rmtree(out, ignore_errors=True)
    parts, faults = partitions(str(folder / kind), out, None)
    started = time.perf_counter()
    summary = distributed.match_partitions(parts, kept, client, within_m=WITHIN_M)
    seconds = time.perf_counter() - started
    if faults or summary.faults:
        raise RuntimeError(f"partitions failed: {(faults + summary.faults)[:3]}")
    accepted = sum(n for name, n in summary.outcomes.items() if name.startswith("accepted"))
    say(
        f"province.{kind}",
        summary.rows / seconds,
        "rows/s",
        workers=workers,
        rows=summary.rows,
        seconds=round(seconds, 1),
        rows_a_processor_s=round(summary.rows / summary.processor_s),
        partitions=len(parts),
        accepted_share=round(accepted / summary.rows, 3),
        worker_peak_mb=max(summary.peak_mb.values()),
    )
    started = time.perf_counter()
    again = distributed.match_partitions(parts, kept, client, within_m=WITHIN_M)
    if again.kept != len(parts):
        raise RuntimeError(f"{len(parts) - again.kept} of {len(parts)} partitions were matched again")
    say(f"province.{kind}_rerun", time.perf_counter() - started, "s", workers=workers, partitions=len(parts))


def _moved(city: City, number: int) -> City:
    """The city somewhere else, so that no two lie on each other."""
    by = np.array([(number % 5) * APART[0], (number // 5) * APART[1]])
    shapes = shapely.transform(city.compounds.geometry.to_numpy(), lambda xy: xy + by)
    rows = city.compounds.set_geometry(shapes, crs="EPSG:4326")
    return replace(city, compounds=rows.assign(lon=rows["lon"] + by[0], lat=rows["lat"] + by[1]))


def _compounds(city: City) -> pd.DataFrame:
    columns = ["compound_id", "name", "aliases", "addresses", "areas", "district", "street", "community"]
    rows = pd.DataFrame(city.compounds[columns])
    return rows.assign(geometry=shapely.to_wkb(city.compounds.geometry.to_numpy()))


def _points(city: City, count: int, seed: tuple[int, int]) -> pd.DataFrame:
    shapes = city.compounds.geometry.to_numpy()
    radius = np.sqrt(shapely.area(shapes) * EAST * NORTH / np.pi)
    centre = shapely.get_coordinates(shapely.centroid(shapes))
    lon, lat = people(count, centre, radius, seed=(*seed, count))
    return pd.DataFrame({"case_id": np.arange(count), "lon": lon, "lat": lat})


def invented_persons(city: City, count: int, random: np.random.Generator) -> pd.DataFrame:
    """Return where so many persons live, as `layers.scenario.addresses` wants it."""
    weight = city.compounds["population"].to_numpy(float)
    return pd.DataFrame(
        {
            "compound": random.choice(len(weight), count, p=weight / weight.sum()),
            "building": random.integers(1, 40, count),
            "unit": random.integers(1, 5, count),
            "room": random.integers(1, 34, count) * 100 + random.integers(1, 7, count),
            "phone": [f"199{n:08d}" for n in random.integers(0, 10**8, count)],
            "id_number": [f"4201992020{n:08d}" for n in random.integers(0, 10**8, count)],
        }
    )


def _persons(city: City, count: int, seed: tuple[int, int]) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    written = addresses.write(random, city, invented_persons(city, count, random))
    return written[["address", "district"]].assign(case_id=np.arange(count))


def _parts(rows: int, at_most: int) -> list[tuple[int, int]]:
    """Number and rows of each partition."""
    return [(i, min(at_most, rows - at)) for i, at in enumerate(range(0, rows, at_most))]


def _write(rows: pd.DataFrame, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    table = pa.Table.from_pandas(rows, preserve_index=False)
    pq.write_table(table.replace_schema_metadata({"datum": "wgs84"}), path, compression="zstd")


def main() -> None:
    """Measure the province alone."""
    from tests.bench.run import say

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--small", action="store_true", help=f"a {SMALLER}th of points and addresses")
    parser.add_argument("--points", type=int)
    parser.add_argument("--addresses", type=int)
    parser.add_argument("--cities", type=int, default=CITIES)
    parser.add_argument("--workers", type=int, nargs="*", default=[1, 2])
    parser.add_argument("--folder", type=Path, help="for partitions and answers (default: below var/province)")
    args = parser.parse_args()
    share = SMALLER if args.small else 1
    points, persons = args.points or POINTS // share, args.addresses or ADDRESSES // share
    folder = args.folder or ROOT / "var" / "province" / f"{args.cities}-{points}-{persons}"
    measure(say, folder, points, persons, args.cities, args.workers)


if __name__ == "__main__":
    main()
