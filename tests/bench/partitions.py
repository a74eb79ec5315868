"""Would partitions serve the large tables? The questions of the store, asked of plain and partitioned tables in PostgreSQL.

`python -m tests.bench.partitions` (`--rows`); one JSON line a layout and question, medians of `--rounds` in turn.
"""

import argparse
import json
import statistics
import time
from typing import Any

import psycopg

from tests import databases

DISTRICTS, STREETS, COMPOUNDS, MONTHS, KEYS = 13, 160, 7_148, 12, 5_000
FOREVER = 253_370_736_000_000
HASHED = 8
VERSION = (
    "id bigint GENERATED ALWAYS AS IDENTITY, key text, subject text, known_from bigint, known_until bigint, district text, "
    "street text, compound text"
)
INCREMENT = (
    "id bigint GENERATED ALWAYS AS IDENTITY, level text, area text, measure text, status text, severity text, event_day int, "
    "known_from bigint, n int"
)
# Layout of a table of versions -> how it is cut, its keys (each must hold what it is cut by), and its parts.
HASHES = [f"FOR VALUES WITH (MODULUS {HASHED}, REMAINDER {i})" for i in range(HASHED)]
BY_MONTH = [f"FOR VALUES FROM ({i}000000) TO ({i + 1}000000)" for i in range(MONTHS)]
LEVELS = ("city", "district", "street", "compound")
PLACED = {
    "plain": ("", "PRIMARY KEY (id), UNIQUE (key, known_from)", []),
    "hash of key": ("PARTITION BY HASH (key)", "PRIMARY KEY (id, key), UNIQUE (key, known_from)", HASHES),
    "month": ("PARTITION BY RANGE (known_from)", "PRIMARY KEY (id, known_from), UNIQUE (key, known_from)", BY_MONTH),
    "district": ("PARTITION BY LIST (district)", "PRIMARY KEY (id, district), UNIQUE (key, known_from, district)", [f"FOR VALUES IN ('4201{i:02}')" for i in range(DISTRICTS)]),
}  # fmt: skip
ADDED = {
    "plain": ("", "PRIMARY KEY (id)", []),
    "month": ("PARTITION BY RANGE (known_from)", "PRIMARY KEY (id, known_from)", BY_MONTH),
    "level": ("PARTITION BY LIST (level)", "PRIMARY KEY (id, level)", [f"FOR VALUES IN ('{one}')" for one in LEVELS]),
}
NOW = f"known_from <= 99000000 AND known_until > 99000000 AND known_until <= {FOREVER}"
ASKED = {
    "open versions of 5,000 keys": f"SELECT id FROM {{t}} WHERE key = ANY(%(keys)s) AND known_until = {FOREVER}",
    "one person": f"SELECT id FROM {{t}} WHERE subject = '77777' AND {NOW}",
    "a compound": f"SELECT count(*) FROM {{t}} WHERE compound = 'C77' AND {NOW}",
    "a district, by compound": f"SELECT compound, count(*) FROM {{t}} WHERE district = '420105' AND {NOW} GROUP BY 1",
    "the city, by district": f"SELECT district, count(*) FROM {{t}} WHERE {NOW} GROUP BY 1",
    "known in the sixth month": "SELECT count(*) FROM {t} WHERE known_from <= 5500000 AND known_until > 5500000",
    "new in the last month": "SELECT count(*) FROM {t} WHERE known_from > 11000000",
}
SUMMED = {
    "compounds of the city": "SELECT area, status, sum(n) FROM {t} WHERE level = 'compound' AND measure = 'now' AND event_day <= 400 AND known_from <= 99000000 GROUP BY 1, 2",
    "one compound": "SELECT sum(n) FROM {t} WHERE level = 'compound' AND measure = 'now' AND area = 'C77' AND event_day <= 400 AND known_from <= 99000000",
    "new in the last month": "SELECT area, n FROM {t} WHERE known_from > 11000000",
}


def placed(rows: int) -> str:
    """Versions: nine in ten are believed, months in turn."""
    return (
        f"SELECT 'case:' || i, i::text, i % {MONTHS} * 1000000 + i % 1000000, CASE WHEN i % 10 = 0 THEN i % {MONTHS} * 1000000 + 1000000 ELSE {FOREVER} END, "
        f"'4201' || lpad((i % {DISTRICTS})::text, 2, '0'), 's' || i % {STREETS}, 'C' || i % {COMPOUNDS} FROM generate_series(1, {rows}) i"
    )


def added(rows: int) -> str:
    """Increments of the four levels."""
    return (
        f"SELECT (ARRAY['city', 'district', 'street', 'compound'])[1 + i % 4], CASE i % 4 WHEN 3 THEN 'C' || i % {COMPOUNDS} ELSE 'a' || i % {STREETS} END, "
        f"(ARRAY['now', 'ever'])[1 + i / 4 % 2], (ARRAY['confirmed', 'cured', 'suspected'])[1 + i % 3], '', i % 365, "
        f"i % {MONTHS} * 1000000 + i % 1000000, 1 FROM generate_series(1, {rows}) i"
    )


def make(connection: Any, table: str, columns: str, layout: tuple[str, str, list[str]]) -> None:
    """Make a table of a layout, with the indexes of the store."""
    cut, keys, parts = layout
    connection.execute(f"CREATE TABLE {table} ({columns}, {keys}) {cut}")
    for number, part in enumerate(parts):
        connection.execute(f"CREATE TABLE {table}_{number} PARTITION OF {table} {part}")
    for index in (
        ("level, measure, area, status, event_day, known_from, severity, n",)
        if "level" in columns
        else ("subject", "compound")
    ):
        connection.execute(f"CREATE INDEX ON {table} ({index})")


def asked(connection: Any, statements: dict[str, str], tables: dict[str, str], rounds: int) -> None:
    """Ask every layout in turn and print the medians in milliseconds."""
    keys = [f"case:{i * 7}" for i in range(KEYS)]
    for name, statement in statements.items():
        took: dict[str, list[float]] = {layout: [] for layout in tables}
        for _ in range(rounds):
            for layout, table in tables.items():
                begun = time.perf_counter()
                connection.execute(statement.format(t=table), {"keys": keys}).fetchall()
                took[layout].append((time.perf_counter() - begun) * 1000)
        for layout, times in took.items():
            print(json.dumps({"asked": name, "layout": layout, "ms": round(statistics.median(times), 1)}), flush=True)


def main() -> None:
    """Fill each layout and ask."""
    said = argparse.ArgumentParser()
    said.add_argument("--rows", type=int, default=1_000_000)
    said.add_argument("--rounds", type=int, default=5)
    args = said.parse_args()
    found = databases.programs()
    if found is None:
        raise SystemExit("PostgreSQL is not installed")
    with databases.server(found) as address:
        url = databases.database(address, "partitions").replace("+psycopg", "")
        with psycopg.connect(url, autocommit=True) as connection:
            for columns, layouts, rows, statements, names in (
                (VERSION, PLACED, placed(args.rows), ASKED, "key, subject, known_from, known_until, district, street, compound"),
                (INCREMENT, ADDED, added(args.rows), SUMMED, "level, area, measure, status, severity, event_day, known_from, n"),
            ):  # fmt: skip
                tables = {
                    layout: f"t{'v' if layouts is PLACED else 'i'}_{number}" for number, layout in enumerate(layouts)
                }
                for layout, table in tables.items():
                    make(connection, table, columns, layouts[layout])
                    begun = time.perf_counter()
                    connection.execute(f"INSERT INTO {table} ({names}) {rows}")
                    took = time.perf_counter() - begun
                    print(
                        json.dumps({"asked": "rows/s in", "layout": layout, "rows": int(args.rows / took)}), flush=True
                    )
                connection.execute("VACUUM ANALYZE")
                asked(connection, statements, tables, args.rounds)


if __name__ == "__main__":
    main()
