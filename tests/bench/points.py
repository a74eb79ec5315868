"""Points to polygons, this index beside its peers: the same data, runs in turn, answers compared, one JSON line a figure.

python -m tests.bench.points [--small] [--rounds N] [--points N …] [--polygons N …]
"""

import argparse
import ctypes
import statistics
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from scipy.spatial import cKDTree

from geo.point_engine import Engine, is_compiler_installed
from geo.point_index import PointIndex
from tests.bench.peers import INSIDE, NEAREST, REACH_M

Say = Callable[..., None]
POINTS, POLYGONS = (100_000, 1_000_000, 10_000_000), (7_148, 100_000)
NEAREST_AT_MOST = 1_000_000  # points: the peer takes half a minute for these
NEW = 1_000  # points that arrive at an index that lies on disk
EAST, NORTH = 95_960.0, 110_870.0  # metres a degree in Wuhan
DIFFERENT = 1e-3  # share of the nearest that may differ: the peer's plane is another than ours


def city(count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return disjoint compounds of 20 to 60 corners, one in twenty with a court, one in 25 in two parts; centres, radii."""
    random = np.random.default_rng(count)
    side = 90_000 * (count / 7_148) ** 0.5
    middle = random.uniform(0.1, 0.9, (max(3, count // 400), 2)) * side
    centre = middle[random.integers(0, len(middle), int(count * 1.6))]
    centre = (centre + random.normal(0, 3_500, centre.shape)).clip(0, side)
    late = cKDTree(centre).query_pairs(200, output_type="ndarray").max(axis=1)
    centre = np.delete(centre, np.unique(late), axis=0)[:count]
    if len(centre) < count:
        raise RuntimeError(f"only {len(centre)} of {count} compounds found room")
    gap = cKDTree(centre).query(centre, k=2)[0][:, 1]
    radius = np.minimum(0.49 * gap, random.lognormal(np.log(190), 0.4, count))
    compounds = np.array([_compound(random, *one) for one in zip(centre, radius, strict=True)], dtype=object)
    return shapely.transform(compounds, _degrees), _degrees(centre), radius


def people(
    count: int, centre: np.ndarray, radius: np.ndarray, seed: tuple[int, ...] | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Return points: 92 of 100 in and around compounds, the others anywhere."""
    random = np.random.default_rng(seed or count)
    home = random.choice(len(centre), count, p=radius**2 / (radius**2).sum())
    turn, far = random.uniform(0, 2 * np.pi, count), radius[home] * np.abs(random.normal(0, 0.62, count))
    x = centre[home, 0] + far * np.cos(turn) / EAST
    y = centre[home, 1] + far * np.sin(turn) / NORTH
    stray = random.uniform(0, 1, count) < 0.08
    low, high = centre.min(axis=0), centre.max(axis=0)
    x[stray], y[stray] = random.uniform(low, high, (int(stray.sum()), 2)).T
    return x, y


def measure(
    say: Say, rounds: int, small: bool, points: tuple[int, ...] = POINTS, polygons: tuple[int, ...] = POLYGONS
) -> None:
    """Say what index and peers need, for each number of polygons and of points."""
    for name in [name for name, (_, there) in (INSIDE | NEAREST).items() if not there]:
        say("points.skipped", 0, "not installed", peer=name)
    for shapes in polygons[:1] if small else polygons:
        compounds, centre, radius = city(shapes)
        with tempfile.TemporaryDirectory() as folder:
            index = Path(folder) / "index"
            _own(say, compounds, index)
            for count in points[:1] if small else points:
                given = (index, compounds, *people(count, centre, radius))
                _compare(say, "points.inside", INSIDE, given, rounds)
                _compare(say, "points.inside_or_nearest", _nearest(count), given, rounds)


def watched(ask: Callable[[], Any]) -> tuple[Any, tuple[float, float, float]]:
    """Return the answer, and seconds, seconds of processors, and the most MB that were held besides those before."""
    ctypes.CDLL(None).malloc_trim(0)  # what others left behind would hide what is needed now
    Path("/proc/self/clear_refs").write_text("5")  # the peak starts anew
    before = _memory("VmRSS")
    wall, cpu = time.perf_counter(), time.process_time()
    answer = ask()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    return answer, (wall, cpu, _memory("VmHWM") - before)


def _nearest(count: int) -> dict[str, Any]:
    """The peers that can answer so many points in bearable time."""
    return {name: peer for name, peer in NEAREST.items() if count <= NEAREST_AT_MOST or name.startswith("ours")}


def _own(say: Say, compounds: np.ndarray, folder: Path) -> None:
    """Build, save and load the index, and ask the loaded one about few new points."""
    index, (_, _, peak) = watched(lambda: PointIndex(compounds, within_m=REACH_M))
    report = index.report()
    about = {"polygons": len(compounds)}
    say("points.build_peak", peak, "MB", **about)
    sizes = {"grid_mb": round(report.grid_bytes / 1e6, 1), "edges_mb": round(report.edge_bytes / 1e6, 1)}
    say("points.build", report.build_s, "s", **sizes, **about)
    say(
        "points.build_nearest",
        report.near_build_s,
        "s",
        mb=round(report.near_bytes / 1e6, 1),
        within_m=REACH_M,
        **about,
    )
    say("points.save", _seconds(lambda: index.save(folder)), "s", **about)
    say("points.load", statistics.median(_seconds(lambda: PointIndex.load(folder)) for _ in range(5)), "s", **about)
    x, y = shapely.get_coordinates(shapely.centroid(compounds[:NEW])).T
    engines: tuple[Engine, ...] = ("numpy", "numba") if is_compiler_installed() else ("numpy",)
    for engine in engines:
        loaded = PointIndex.load(folder, engine=engine)
        for within_m in (0.0, REACH_M):
            ask = partial(loaded.locate, x, y, within_m)
            ask()
            took = statistics.median(_seconds(ask) for _ in range(51))
            say("points.few_new", took * 1000, "ms", points=NEW, within_m=within_m, engine=engine, **about)


def _compare(say: Say, figure: str, peers: dict[str, Any], given: tuple[Any, ...], rounds: int) -> None:
    """Let the peers answer in turn, as often as there are rounds; compare the answers, say medians and ratios."""
    _, compounds, x, _ = given
    asks = {name: prepare(*given) for name, (prepare, there) in peers.items() if there}
    runs: dict[str, list[tuple[float, float, float]]] = {name: [] for name in asks}
    truth: np.ndarray | None = None
    differ = dict.fromkeys(asks, 0)
    for _ in range(rounds):
        for name, ask in asks.items():
            answer, run = watched(ask)
            runs[name].append(run)
            truth = answer if truth is None else truth
            differ[name] = max(differ[name], int((answer != truth).sum()))
    first = statistics.median(wall for wall, _, _ in runs[next(iter(asks))])
    for name, run in runs.items():
        wall, cpu, memory = (statistics.median(values) for values in zip(*run, strict=True))
        say(
            figure,
            len(x) / wall / 1e6,
            "M points/s",
            peer=name,
            points=len(x),
            polygons=len(compounds),
            ratio=round(first / wall, 1),
            cpu_ns=round(cpu / len(x) * 1e9, 1),
            extra_mb=round(memory),
            differ=differ[name],
        )
    allowed = 0 if figure == "points.inside" else DIFFERENT * len(x)
    if wrong := {name: count for name, count in differ.items() if count > allowed}:
        raise RuntimeError(f"{figure}: answers differ from the first peer's in {wrong} of {len(x)} points")


def _memory(name: str) -> float:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(name))


def _seconds(work: Callable[[], Any]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _compound(random: np.random.Generator, centre: np.ndarray, radius: float) -> Any:
    corners = int(random.integers(20, 61))
    turn = (np.arange(corners) + random.uniform(0.1, 0.9, corners)) / corners * 2 * np.pi
    ring = np.column_stack([np.cos(turn), np.sin(turn)]) * random.uniform(0.8, 1.0, (corners, 1)) * radius
    kind = random.uniform()
    if kind < 0.05:
        return shapely.Polygon(ring + centre, [ring[::-1] * 0.35 + centre])
    if kind < 0.09:
        half = corners // 2
        parts = [np.vstack([part.mean(axis=0) * 0.2, part[1:-1]]) + centre for part in (ring[:half], ring[half:])]
        return shapely.MultiPolygon([shapely.Polygon(part) for part in parts])
    return shapely.Polygon(ring + centre)


def _degrees(metres: np.ndarray) -> np.ndarray:
    return np.asarray([113.8, 30.2] + metres / [EAST, NORTH])


def main() -> None:
    """Measure the points alone."""
    from tests.bench.run import say

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--small", action="store_true", help="the smallest case of each")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--points", type=int, nargs="*", default=POINTS)
    parser.add_argument("--polygons", type=int, nargs="*", default=POLYGONS)
    args = parser.parse_args()
    measure(say, args.rounds, args.small, tuple(args.points), tuple(args.polygons))


if __name__ == "__main__":
    main()
