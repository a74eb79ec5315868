"""Which code answers a batch of points, numpy or compiled, and in how many parts at a time."""

import importlib
import importlib.util
import os
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Literal

from geo.errors import GeoError

Engine = Literal["auto", "numpy", "numba"]
ENGINES = ("auto", "numpy", "numba")
# From here on compiling, a second or two, pays even in a process that asks once.
LARGE = 1_000_000


def require_engine(engine: str) -> None:
    """Raise GeoError for an engine that is unknown or not installed."""
    if engine not in ENGINES:
        raise GeoError(f"engine is {engine!r}; wanted one of {', '.join(ENGINES)}")
    if engine == "numba" and not is_compiler_installed():
        raise GeoError("engine 'numba' is not installed; `make scale` installs it, 'auto' does without")


def is_compiler_installed() -> bool:
    """Return whether numba can be had."""
    return importlib.util.find_spec("numba") is not None


def kernel(subject: str, engine: Engine, points: int) -> Any:
    """Return the module that answers: geo.point_<subject>_numpy or _numba, which is also taken once it is at hand."""
    compiled = f"geo.point_{subject}_numba"
    wanted = engine == "numba" or (
        engine == "auto" and (compiled in sys.modules or (points >= LARGE and is_compiler_installed()))
    )
    return importlib.import_module(compiled if wanted else f"geo.point_{subject}_numpy")


def in_parts(points: int, at_once: int, work: Callable[[slice], None]) -> None:
    """Do the work on slices of the points, on all processors where there are several slices."""
    parts = [slice(low, min(low + at_once, points)) for low in range(0, points, at_once)]
    workers = min(len(parts), _processors())
    if workers < 2:
        for part in parts:
            work(part)
        return
    with ThreadPoolExecutor(workers) as pool:
        for _ in pool.map(work, parts):
            pass


def _processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
