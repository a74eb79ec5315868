"""A store with years behind it: how long pages take with five million rows of cases, against half a million, in either database.

python -m tests.bench.millions --drill var/drill.db --folder DIR [--postgres URL] [--rows 500000 5000000]

The drill's cases are told again and again, each time 40 days earlier and all ended, in the same compounds: what a city has after
years, with as many ill today as before. A row of a case is one dated status (`person_status`), as a delivery tells it. Pages are
asked of a server process, as a browser asks them: those of now, which the server keeps, and those of a day that nobody asked for.
"""

import argparse
import http.client
import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pandas as pd
from sqlalchemy import func, select

from layers.intake.persons import PLACES, STEPS
from layers.store import Store, backups, courses, migrations, open_store, totals
from layers.store.closing import close_if_due
from layers.store.engine import engine_of
from layers.store.places import place
from layers.store.schema import FOREVER, batch, person, person_status, placement
from layers.store.writing import KEYS_A_QUERY, bulk, chunks, close_batch, open_batch, own_columns
from tests.bench.ui_load import asked
from tests.browser import free_port

Say = Callable[..., None]
DAY_MS = 86_400_000
APART = 40  # days between one telling and the next
PAGES = ("/", "/situation", "/lockdown", "/beds", "/staff", "/supplies")
DAYS_BACK = 9
PAUSE = 200  # ticks of a server's processor
SIZES = (500_000, 5_000_000)


def grown(store: Store, rows: int, say: Say) -> None:
    """Let a store of the drill have at least so many rows of cases."""
    cases = {table.name: _cases(store, table) for table in (person, placement, person_status)}
    told = int(store.read(select(func.count().label("n")).where(batch.c.source == "bench"))["n"].iloc[0])
    began, written = time.perf_counter(), 0
    while (have := _rows(store)) < rows:
        told += 1
        written += _tell_again(store, cases, told)
        say("millions.grown", have, "rows", seconds=round(time.perf_counter() - began, 1))
    seconds = time.perf_counter() - began
    if written:
        say("millions.write", written / seconds, "rows/s", engine=store.engine.dialect.name, rows=written)


def _cases(store: Store, table: Any) -> pd.DataFrame:
    return store.read(
        select(table).where(table.c.kind == "case", table.c.known_until == FOREVER, ~table.c.key.contains("~"))
    )


def _rows(store: Store) -> int:
    return int(store.read(select(func.count().label("n")).select_from(person_status))["n"].iloc[0])


def _tell_again(store: Store, cases: dict[str, pd.DataFrame], number: int) -> int:
    """Write every case once more, some weeks earlier and ended, in one batch with its totals; return how many statuses."""
    mark, back = f"~{number:03d}", number * APART * DAY_MS
    steps = _ended(cases["person_status"])
    frames = {
        "person": (person, cases["person"]),
        "placement": (placement, cases["placement"]),
        "person_status": (person_status, steps),
    }
    with store.writing() as connection:
        values = {
            "kind": "import",
            "feed": "cases",
            "source": "bench",
            "file": f"again{mark}",
            "sha256": mark,
            "settings": "",
        }
        opened = open_batch(connection, None, store.now(), values)
        for name, (table, rows) in frames.items():
            moved = _moved(rows, mark, back if name == "person_status" else 0)
            own = {"batch": opened.id, "known_from": opened.known_from, "known_until": FOREVER, "source": "bench"}
            columns = ["key", "row", "content", "happened_at", "reported_at", "heard_at", *own_columns(table)]
            bulk(connection, table, moved[columns].assign(**own))
        counted = [_moved(frame, mark, 0)[columns] for frame, columns in ((steps, STEPS), (cases["placement"], PLACES))]
        counted[0] = counted[0].assign(happened_at=counted[0]["happened_at"] - back)
        totals.write(opened, totals.increments(counted[0], counted[1].fillna("")))
        for some in chunks(counted[1]["subject"].tolist(), KEYS_A_QUERY):
            courses.tell(connection, some)
        close_if_due(opened)
        close_batch(opened, {"rows_read": len(steps), "rows_rejected": 0})
    return len(steps)


def _ended(steps: pd.DataFrame) -> pd.DataFrame:
    """The steps, and a cure three weeks after the last one for whoever is still ill."""
    known = steps[steps["dimension"] == "status"].sort_values("happened_at").drop_duplicates("subject", keep="last")
    ill = known[~known["value"].isin(("cured", "dead", "excluded"))]
    cured = ill.assign(
        value="cured", key="case:" + ill["subject"] + ":cured", happened_at=ill["happened_at"] + pd.Timedelta(days=21)
    )
    return pd.concat([steps, cured], ignore_index=True).drop_duplicates("key", keep="last")


def _moved(rows: pd.DataFrame, mark: str, back: int) -> pd.DataFrame:
    out = rows.assign(key=rows["key"] + mark, subject=rows["subject"] + mark)
    for name in ("happened_at", "reported_at", "heard_at", "onset_at", "exposed_at"):
        if name in out:
            out[name] = out[name].map(lambda at: None if pd.isna(at) else int(at.timestamp() * 1000)).astype(object)
    return out.assign(happened_at=out["happened_at"].astype("int64") - back) if back else out


def pages(address: str, store: Store) -> tuple[list[float], list[float]]:
    """Return the seconds of pages: of a day that nobody asked for before, each worked out anew; and of now, each from what is kept.

    Every page is asked for by the city and every district, in an order drawn by lot. Now is asked for twice, and the second time
    counts: that is what screens do all day, while the server works out what is new once and all of them share it.
    """
    line = http.client.HTTPConnection(address, timeout=900)
    districts = select(placement.c.district).distinct().where(placement.c.district.is_not(None))
    every = [(path, area) for path in PAGES for area in ("", *sorted(store.read(districts)["district"]))]
    random.Random(1).shuffle(every)
    past = store.latest() - pd.Timedelta(days=DAYS_BACK)
    fresh = [_asked(line, path, area, past) for path, area in every]
    for path, area in every:
        _asked(line, path, area)
    return fresh, [_asked(line, path, area) for path, area in every]


def _asked(line: http.client.HTTPConnection, path: str, area: str, as_of: pd.Timestamp | None = None) -> float:
    """Ask for a page as a browser does; return the seconds until all of it is there."""
    wanted = {"area": area} if area else {}
    search = urlencode(wanted | ({"as_of": f"{as_of:%Y-%m-%dT%H:%M}"} if as_of is not None else {}))
    body = asked(path, "")
    body["inputs"][1]["value"] = f"?{search}" if search else ""
    began = time.perf_counter()
    line.request("POST", "/_dash-update-component", json.dumps(body), {"Content-Type": "application/json"})
    answer = line.getresponse()
    answer.read()
    if answer.status != 200:
        raise RuntimeError(f"{path}?{search}: {answer.status}")
    return time.perf_counter() - began


def measure(say: Say, url: str, keys: Path, sizes: list[int]) -> None:
    """Grow a store step by step, and say at each size what its pages take."""
    for rows in sizes:
        with closing(open_store(url, "drill", must_exist=True, durable=False, keys=keys)) as store:
            grown(store, rows, say)
            have, engine = _rows(store), store.engine.dialect.name
            with served(url, keys) as address:
                fresh, kept = pages(address, store)
        told = {"engine": engine, "rows": have}
        for name, took in (("fresh", fresh), ("kept", kept)):
            numbers = {"median": round(statistics.median(took) * 1000), "most": round(max(took) * 1000)}
            say(f"millions.{name}", sorted(took)[int(len(took) * 0.95)] * 1000, "ms p95", **told, **numbers)


@contextmanager
def served(url: str, keys: Path) -> Iterator[str]:
    """Serve a store in a process of its own, and yield its address once it answers."""
    port = free_port()
    address, own = (
        f"127.0.0.1:{port}",
        os.environ | {"FANGYI_STORE": url, "FANGYI_MODE": "drill", "FANGYI_KEYS": str(keys)},
    )
    server = subprocess.Popen(
        [sys.executable, "-m", "dashboard", "serve", "--port", str(port)], env=own, stdout=subprocess.DEVNULL
    )
    try:
        while not _answers(address):
            if server.poll() is not None:
                raise RuntimeError(f"the server ended with {server.returncode}")
            time.sleep(0.2)
        _rested(server.pid)
        yield address
    finally:
        server.terminate()
        server.wait(60)


def _rested(pid: int) -> None:
    """Wait until a server has worked out what it works out ahead: two seconds in which it hardly ran."""
    ran = lambda: sum(map(int, Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]))  # noqa: E731
    before = -PAUSE
    while (now := ran()) - before > PAUSE // 10:
        before = now
        time.sleep(PAUSE / os.sysconf("SC_CLK_TCK"))


def _answers(address: str) -> bool:
    line = http.client.HTTPConnection(address, timeout=5)
    try:
        line.request("GET", "/healthz")
        return line.getresponse().status == 200
    except OSError:
        return False
    finally:
        line.close()


def sent(source: Store, url: str) -> None:
    """Write a store into a database on a server as it stands."""
    with source.snapshot() as connection, place(url, True) as target:
        migrations.make(target)
        backups._copy(connection, target, lambda *_: None)  # noqa: SLF001 # a restore, without proving every row twice
        backups._count_on(target)  # noqa: SLF001
    with engine_of(url, True, True).connect() as connection:
        connection.exec_driver_sql("ANALYZE")
        connection.commit()


def main() -> None:
    """Run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--drill", type=Path, default=Path("var/drill.db"))
    parser.add_argument("--folder", type=Path, required=True, help="some 10 GB are written here")
    parser.add_argument("--postgres", help="an empty database; else SQLite is measured")
    parser.add_argument("--rows", type=int, nargs="+", default=list(SIZES))
    args = parser.parse_args()
    say = lambda name, value, unit, **more: print(name, round(value, 1), unit, more, flush=True)  # noqa: E731
    keys = args.folder / "keys"
    shutil.copytree(args.drill.parent / "keys", keys, dirs_exist_ok=True)
    url = f"sqlite:///{args.folder / 'millions.db'}"
    if args.postgres:
        url = args.postgres
        with closing(open_store(f"sqlite:///{args.drill}", "drill", must_exist=True, keys=keys)) as source:
            sent(source, url)
    elif not (args.folder / "millions.db").exists():
        shutil.copy(args.drill, args.folder / "millions.db")
    measure(say, url, keys, args.rows)


if __name__ == "__main__":
    main()
