"""A small city in sight: two districts, five compounds, and a way to deliver files to it."""

import atexit
import csv
import json
import shutil
import sqlite3
import tempfile
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
from sqlalchemy import Engine, func, select

from layers._times import parse_time
from layers.intake.feeds import feed_named
from layers.intake.profile import Profile
from layers.intake.receipt import Receipt
from layers.intake.run import run
from layers.store import Store, journal, open_store
from layers.store.schema import FACTS, FOREVER, metadata

# 0.01 degrees of longitude are 958 m here, of latitude 1,109 m.
WEST, SOUTH = 114.20, 30.50
DISTRICTS = {"420102": ("江岸区", "Jiang'an", 0), "420103": ("江汉区", "Jianghan", 5)}  # code -> name, pinyin, column
COMPOUNDS = (  # code, name, district, column, row of a grid of 0.01 degrees
    ("C1", "春风里", "江岸区", 0, 0),
    ("C2", "丹水池小区", "江岸区", 2, 0),
    ("C3", "教师公寓", "江岸区", 4, 0),
    ("C4", "长江花园一期", "江汉区", 6, 0),
    ("C5", "长江花园二期", "江汉区", 8, 0),
)
CASE = {"case_id": "1", "address": "江岸区春风里3栋2单元501", "status": "确诊", "status_at": "2020-02-03"}

SITES = [  # a hospital, and a hall that could become one
    {"hospital_id": "H1", "name": "一院", "kind": "定点", "district": "420102", "lon": 114.22, "lat": 30.51},
    {
        "hospital_id": "S1",
        "name": "会展中心",
        "kind": "备选",
        "district": "420102",
        "lon": 114.23,
        "lat": 30.51,
        "capacity": 50,
    },
]

RELEASED = {"contacts": ("contact_id", "解除观察"), "fever": ("fever_id", "排除")}


def square(column: float, row: float, size: float = 0.006) -> list[list[float]]:
    """Return a ring in WGS-84 degrees."""
    x, y = WEST + column * 0.01 + 0.002, SOUTH + row * 0.01 + 0.002
    return [[x, y], [x + size, y], [x + size, y + size], [x, y + size], [x, y]]


def geojson(path: Path, features: list[tuple[dict[str, Any], list[list[float]]]]) -> Path:
    """Write polygons with their properties."""
    rows = [
        {"type": "Feature", "properties": p, "geometry": {"type": "Polygon", "coordinates": [ring]}}
        for p, ring in features
    ]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": rows}, ensure_ascii=False), encoding="utf-8")
    return path


def table(path: Path, rows: list[dict[str, Any]], encoding: str = "utf-8") -> Path:
    """Write rows as CSV."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    with path.open("w", encoding=encoding, newline="") as file:
        out = csv.DictWriter(file, names, restval="")
        out.writeheader()
        out.writerows(rows)
    return path


def deliver(
    store: Store, feed: str, path: Path, known_at: str | None = None, profile: Profile | None = None, **options: Any
) -> Receipt:
    """Import a file."""
    return run(
        store, feed_named(feed), path, known_at=parse_time(known_at) if known_at else None, profile=profile, **options
    )


def cases(store: Store, folder: Path, known_at: str, *rows: dict[str, Any], **options: Any) -> Receipt:
    """Import cases; each row is CASE with changes."""
    path = table(folder / f"cases_{known_at.replace(':', '')}.csv", [CASE | row for row in rows])
    return deliver(store, "cases", path, known_at, **options)


def no_news(store: Store, folder: Path, day: str) -> None:
    """One evening's files of cases, contacts and fever patients, of which nobody is open."""
    cases(store, folder, f"{day}T18:00", {"status_at": "2020-01-25", "note": day})
    for feed, (key, state) in RELEASED.items():
        row = {key: day, "state": state, "state_at": "2020-01-25"}
        deliver(store, feed, table(folder / f"{feed}{day}.csv", [row]), f"{day}T18:30")


def believed(store: Store, name: str) -> pd.DataFrame:
    """Return the versions of a fact that are believed now."""
    return store.read(select(FACTS[name]).where(FACTS[name].c.known_until == FOREVER))


def found(store: Store, folder: Path) -> Store:
    """Deliver districts and compounds to an empty store, and return it.

    A process delivers them once and copies what that wrote afterwards: most tests begin here, few are about it.
    """
    is_server = store.engine.dialect.name == "postgresql"
    if is_server and _may_send(store.engine):
        _send(_founded(), store.engine)
    elif store.cache and not is_server:
        _copy(_founded(), str(store.engine.url.database))
    else:
        _deliver_places(store, folder)
        return store
    journal.seal_older(store)
    return store


@cache
def _founded() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="fangyi-city-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    path = folder / "store.db"
    store = open_store(f"sqlite:///{path}", "drill")
    _deliver_places(store, folder)
    store.close()
    return path


def _copy(source: Path, target: str) -> None:
    """Write the rows of one store into another that is empty and keeps its own identity."""
    with closing(sqlite3.connect(target)) as connection, connection:
        connection.execute("attach ? as source", (str(source),))
        tables = connection.execute("select name from source.sqlite_master where type = 'table'")
        for name in {name for (name,) in tables.fetchall()} - {"meta", "alembic_version"}:
            connection.execute(f'insert into "{name}" select * from source."{name}"')
        connection.execute("update journal set seq = null, sealed_by = null, seal = null")  # its own key seals them


def _may_send(target: Engine) -> bool:
    """Only a superuser writes rows without triggers and policies."""
    with target.connect() as connection:
        return bool(connection.exec_driver_sql("select rolsuper from pg_roles where rolname = current_user").scalar())


def _send(source: Path, target: Engine) -> None:
    """Do the same from SQLite's file to PostgreSQL; no trigger fires, for what they would write is among the rows."""
    made = open_store(f"sqlite:///{source}", "drill")
    with made.engine.connect() as taken, target.begin() as given:
        given.exec_driver_sql("set local session_replication_role = replica")
        for table in metadata.sorted_tables:
            rows = [dict(row) for row in taken.execute(select(table)).mappings()] if table.name != "meta" else []
            if not rows:
                continue
            if table.name == "journal":
                rows = [row | {"seq": None, "sealed_by": None, "seal": None} for row in rows]
            given.execute(table.insert(), rows)
            for column in table.primary_key:
                counter = given.scalar(select(func.pg_get_serial_sequence(table.name, column.name)))
                if counter:
                    given.execute(select(func.setval(counter, max(row[column.name] for row in rows))))
    made.close()


def _deliver_places(store: Store, folder: Path) -> None:
    districts = [
        ({"code": code, "name": name, "name_en": pinyin}, _block(column))
        for code, (name, pinyin, column) in DISTRICTS.items()
    ]
    deliver(store, "districts", geojson(folder / "districts.geojson", districts), "2020-01-01T08:00", datum="wgs84")
    rows = [
        (
            {
                "compound_id": code,
                "name": name,
                "district": area,
                "street": "一元街道",
                "households": 500,
                "buildings": 10,
            },
            square(column, row),
        )
        for code, name, area, column, row in COMPOUNDS
    ]
    deliver(store, "compounds", geojson(folder / "compounds.geojson", rows), "2020-01-01T08:10", datum="wgs84")


def _block(column: float) -> list[list[float]]:
    x, y = WEST + column * 0.01, SOUTH - 0.01
    return [[x, y], [x + 0.05, y], [x + 0.05, y + 0.04], [x, y + 0.04], [x, y]]
