"""Rows that leave: seconds and peak memory of an export of 50 thousand and of 500 thousand cases, each by a command of its own.

python -m tests.bench.rows
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from sqlalchemy import Connection, Table, insert, select

from layers._times import parse_time, to_ms
from layers.store import Store, open_store
from layers.store.schema import FOREVER, batch, person, person_status, placement
from layers.store.writing import bulk
from tests import city

Say = Callable[..., None]
SIZES = (50_000, 500_000)
STEPS = (("suspected", "2020-02-01"), ("confirmed", "2020-02-04"), ("cured", "2020-02-20"))
PART = 10_000


def crowded(folder: Path, persons: int) -> Store:
    """Return a store of the small city with so many cases, three dated statuses each, written past the import."""
    folder.mkdir()
    store = city.found(open_store(f"sqlite:///{folder / 'rows.db'}", "drill", durable=False), folder)
    known = to_ms(parse_time("2020-02-21T18:00"))
    with store.writing() as connection:
        told = dict(connection.execute(select(batch)).mappings().first() or {}) | {"feed": "cases", "known_at": known}
        number = connection.execute(insert(batch).values({k: v for k, v in told.items() if k != "id"})).lastrowid
        for first in range(0, persons, PART):
            _part(connection, range(first, min(first + PART, persons)), number, known)
    return store


def _part(connection: Connection, numbers: range, number: int, known: int) -> None:
    for table, rows in ((person, _persons), (placement, _placements), (person_status, _statuses)):
        _write(connection, table, rows(numbers), number, known)


def _write(connection: Connection, table: Table, rows: Iterator[dict[str, Any]], number: int, known: int) -> None:
    own = {"batch": number, "source": "bench", "content": "", "reported_at": known, "heard_at": known, "known_from": known, "known_until": FOREVER}  # fmt: skip
    bulk(connection, table, pd.DataFrame([{"happened_at": 0, **own, **row} for row in rows]))


def _persons(numbers: range) -> Iterator[dict[str, Any]]:
    for n in numbers:
        yield {"key": f"case:W{n:07}", "kind": "case", "subject": f"W{n:07}", "address": f"江岸区春风里{n % 90}栋2单元", "age": n % 90,
               "sex": ("male", "female")[n % 2], "note": "与同事聚餐"}  # fmt: skip


def _placements(numbers: range) -> Iterator[dict[str, Any]]:
    for n in numbers:
        code, _, district, *_ = city.COMPOUNDS[n % len(city.COMPOUNDS)]
        yield {"key": f"case:W{n:07}", "kind": "case", "subject": f"W{n:07}", "status": "accepted", "compound": code, "method": "inside",
               "district": {"江岸区": "420102"}.get(district, "420103"), "street": "一元街道", "probability": 0.99}  # fmt: skip


def _statuses(numbers: range) -> Iterator[dict[str, Any]]:
    for n in numbers:
        for value, day in STEPS:
            yield {"key": f"case:W{n:07}:{value}", "kind": "case", "subject": f"W{n:07}", "dimension": "status", "value": value,
                   "happened_at": to_ms(parse_time(day))}  # fmt: skip


def exported(url: str, out: Path) -> tuple[float, float]:
    """Return the seconds that the command takes, and its peak memory in MB."""
    command = [
        sys.executable,
        "-m",
        "dashboard",
        "export",
        "cases",
        "--reason",
        "bench",
        "--out",
        str(out),
        "--store",
        url,
    ]
    begun = time.perf_counter()
    process = subprocess.Popen([*command, "--mode", "drill"], stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"the export ended with {process.returncode}")
    return time.perf_counter() - begun, used.ru_maxrss / 1024


def measure(say: Say, sizes: Sequence[int] = SIZES) -> None:
    """Say seconds, file size and peak memory for each size and format."""
    for persons in sizes:
        with tempfile.TemporaryDirectory() as folder:
            store = crowded(Path(folder) / "city", persons)
            store.close()
            for form in ("csv", "xlsx"):
                out = Path(folder) / f"out.{form}"
                seconds, peak = exported(str(store.engine.url), out)
                say(
                    f"rows.{form}",
                    peak,
                    "MB",
                    rows=persons,
                    seconds=round(seconds, 1),
                    megabytes=round(out.stat().st_size / 1e6, 1),
                )


if __name__ == "__main__":
    measure(lambda name, value, unit, **more: print(name, round(value, 1), unit, more, flush=True))
