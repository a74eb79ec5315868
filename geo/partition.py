"""One partition of cases, from a Parquet file to a Parquet file of answers with a receipt: what a worker does."""

import glob
import hashlib
import json
import os
import resource
import socket
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from geo import datum
from geo.city_kept import SHIFTED, City, OpenCity, opened
from geo.errors import GeoError
from geo.frames import LAT, LON, require_lonlat
from geo.match import MATCH_COLUMNS, SHARED_BY
from geo.match_points import ANSWERS, answer_points
from geo.point_located import Located

AT_ONCE = 250_000  # rows; coordinates that many addresses share are recognised within so many
LONGEST = 4_000  # characters of one text; longer ones are a broken file, not an address
LAYOUT = 1  # of answers and receipt: another one is matched again
COLUMNS = {  # ours -> also accepted
    "case_id": "病例编号",
    "address": "现住址",
    "district": "区",
    "lon": "经度",
    "lat": "纬度",
    "city": "城市",
}
Floats = NDArray[np.float64]


class PartitionError(GeoError):
    """A partition cannot be matched; the message names file and column."""


@dataclass(frozen=True, eq=False)
class Partition:
    """A file of cases: where its answers go, the frame of its points, the city it lies in (None: a column says so)."""

    source: Path
    answers: Path
    frame: str
    city: str | None
    columns: dict[str, str]  # ours -> the file's

    @property
    def receipt(self) -> Path:
        """Beside the answers."""
        return self.answers.with_suffix(".json")

    @property
    def has_addresses(self) -> bool:
        """True where rows may name an address."""
        return "address" in self.columns


@dataclass
class _Seen:
    """What a partition held."""

    rows: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    dropped: Counter[str] = field(default_factory=Counter)  # values that cannot be true, by reason
    strangers: Counter[str] = field(default_factory=Counter)  # rows of cities without compounds


def look(source: Path, answers: Path, frame: str | None) -> Partition:
    """Return the partition with what its footer and path say. PartitionError where it cannot be matched.

    frame  of its points; None: the entry `datum` of the file's metadata says so
    """
    try:
        schema = pq.read_schema(source)
    except (OSError, pa.ArrowInvalid) as error:
        raise PartitionError(f"{source}: cannot be read as Parquet ({_one_line(error)})") from error
    columns = {
        ours: name for ours, zh in COLUMNS.items() if (name := next((n for n in (ours, zh) if n in schema.names), ""))
    }
    has_points = {"lon", "lat"} <= columns.keys()
    lack = (
        "case_id (病例编号)"
        if "case_id" not in columns
        else ""
        if "address" in columns or has_points
        else "address or lon, lat"
    )
    if lack:
        raise PartitionError(f"{source}: column {lack} is missing; found {schema.names}")
    _require_types(source, schema, columns)
    stated = _frame(source, schema, frame, needed=has_points)
    return Partition(source, answers, stated, _city_of(source), columns)


def match_partition(part: Partition, cities: dict[str, City], within_m: float) -> dict[str, Any]:
    """Match a partition and return its receipt; `kept` is True where it was matched before, with the same of everything.

    cities  those that it may need, by name; "" stands for every city
    """
    started, worked = time.monotonic(), time.process_time()
    key = _key(part, cities, within_m)
    if (before := finished(part)) and before["key"] == key:
        return {**before, "kept": True}
    seen = _Seen()
    beside = f".{socket.gethostname()}-{os.getpid()}.part"
    unfinished = part.answers.with_name(part.answers.name + beside)
    part.answers.parent.mkdir(parents=True, exist_ok=True)
    sweep(part)
    part.receipt.unlink(missing_ok=True)
    try:
        with pq.ParquetWriter(unfinished, ANSWERS, compression="zstd") as out:
            for table in _batches(part):
                out.write_table(_answer(table, part, cities, within_m, seen))
        os.replace(unfinished, part.answers)
    finally:
        unfinished.unlink(missing_ok=True)
    receipt = {
        "key": key,
        "cases": str(part.source),
        "rows": seen.rows,
        "outcomes": dict(sorted(seen.outcomes.items())),
        "values_dropped": dict(sorted(seen.dropped.items())),
        "rows_of_cities_without_compounds": dict(sorted(seen.strangers.items())),
        "datum": part.frame,
        "within_m": within_m,
        "bytes": part.answers.stat().st_size,
        "seconds": round(time.monotonic() - started, 3),
        "processor_s": round(time.process_time() - worked, 3),
        "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        "worker": f"{socket.gethostname()}:{os.getpid()}",
    }
    _write_receipt(part.receipt, receipt, beside)
    return {**receipt, "kept": False}


def finished(part: Partition) -> dict[str, Any] | None:
    """Return the receipt of a partition whose answers lie there whole."""
    try:
        receipt: dict[str, Any] = json.loads(part.receipt.read_text("utf-8"))
        return receipt if part.answers.stat().st_size == receipt["bytes"] else None
    except (FileNotFoundError, json.JSONDecodeError, KeyError):
        return None


def sweep(part: Partition) -> None:
    """Remove what a worker that was killed left of this partition."""
    for left in part.answers.parent.glob(f"{glob.escape(part.answers.stem)}.*.part"):
        left.unlink(missing_ok=True)


def _require_types(source: Path, schema: pa.Schema, columns: dict[str, str]) -> None:
    """Floats lose the digits of an id beyond the fifteenth; text in a column of coordinates is no number."""
    for ours, name in columns.items():
        kind = schema.field(name).type
        if ours in ("lon", "lat"):
            fits, wanted = pa.types.is_floating(kind) or pa.types.is_integer(kind), "numbers"
        else:
            fits, wanted = _is_text(kind) or (ours == "case_id" and pa.types.is_integer(kind)), "text"
        if not (fits or pa.types.is_null(kind)):
            more = " or whole numbers" if ours == "case_id" else ""
            raise PartitionError(f"{source}: column {name!r} holds {kind}; wanted {wanted}{more}")


def _is_text(kind: pa.DataType) -> bool:
    plain = kind.value_type if pa.types.is_dictionary(kind) else kind
    return bool(pa.types.is_string(plain) or pa.types.is_large_string(plain) or pa.types.is_string_view(plain))


def _frame(source: Path, schema: pa.Schema, stated: str | None, *, needed: bool) -> str:
    own = (schema.metadata or {}).get(b"datum", b"").decode()
    found = {datum.require_datum(text) for text in (stated, own) if text}
    if len(found) > 1:
        raise PartitionError(f"{source}: its metadata state the datum {own}, but {stated} was stated for all")
    if needed and not found:
        raise PartitionError(
            f"{source}: has coordinates but no datum was stated: state it with --cases-datum {'|'.join(datum.DATUMS)}, or in the "
            "file's metadata under 'datum'"
        )
    return found.pop() if found else "wgs84"


def _city_of(source: Path) -> str | None:
    """The city that a folder of the path names: …/city=武汉市/part-0.parquet."""
    named = [folder for folder in source.parent.parts if folder.startswith("city=")]
    return unquote(named[-1].removeprefix("city=")) if named else None


def _key(part: Partition, cities: dict[str, City], within_m: float) -> str:
    """A digest of everything that the answers depend on."""
    versions = sorted((city.name, city.version) for city in cities.values())
    digest = hashlib.sha256(repr((LAYOUT, versions, part.frame, part.city, part.columns, within_m)).encode())
    try:
        with part.source.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    except OSError as error:
        raise PartitionError(f"{part.source}: cannot be read ({_one_line(error)})") from error
    return digest.hexdigest()


def _batches(part: Partition) -> Iterator[pa.Table]:
    """Yield some rows at a time, columns under our names."""
    try:
        with pq.ParquetFile(part.source) as file:
            for batch in file.iter_batches(AT_ONCE, columns=list(part.columns.values())):
                table = pa.Table.from_batches([batch])
                yield pa.table({ours: table[name] for ours, name in part.columns.items()})
    except (OSError, pa.ArrowInvalid) as error:
        raise PartitionError(f"{part.source}: cannot be read to its end ({_one_line(error)})") from error


def _answer(table: pa.Table, part: Partition, cities: dict[str, City], within_m: float, seen: _Seen) -> pa.Table:
    cases = _Cases.of(table, part, seen)
    parts, order = [], []
    for name, rows in cases.by_city(part.city):
        city = cities.get(name) or cities.get("")
        some = cases.rows(rows)
        if city is None:
            seen.strangers[name] += len(rows)
            parts.append(_strangers(some.ids, name))
        else:
            parts.append(_city_answers(some, opened(city, frame_of_shapes(part.frame), within_m), within_m))
        order.append(rows)
    whole = pa.concat_tables(parts) if parts else ANSWERS.empty_table()
    seen.rows += len(whole)
    methods = pc.binary_join_element_wise(whole["status"], whole["method"], "/").value_counts()
    seen.outcomes.update({row["values"]: row["counts"] for row in methods.to_pylist()})
    return whole if len(order) < 2 else whole.take(pa.array(np.argsort(np.concatenate(order), kind="stable")))


@dataclass(frozen=True)
class _Cases:
    """Rows of one batch, cleaned: blank text is "", a position that cannot be true is NaN."""

    ids: pa.Array
    address: NDArray[np.object_]
    district: NDArray[np.object_]
    city: NDArray[np.object_]
    lon: Floats
    lat: Floats

    @classmethod
    def of(cls, table: pa.Table, part: Partition, seen: _Seen) -> "_Cases":
        lon, lat = _positions(table, part.frame, seen)
        ids = pc.fill_null(_flat(table["case_id"]).cast(pa.string()), "")
        address, district, city = (_texts(table, name, seen) for name in ("address", "district", "city"))
        return cls(ids, address, district, city, lon, lat)

    def by_city(self, city: str | None) -> Iterator[tuple[str, NDArray[np.int64]]]:
        """Yield the rows of each city."""
        if city is not None:
            yield city, np.arange(len(self.ids))
            return
        for name in dict.fromkeys(self.city.tolist()):
            yield name, np.flatnonzero(self.city == name)

    def rows(self, at: NDArray[np.int64]) -> "_Cases":
        """Some of them."""
        if len(at) == len(self.ids):
            return self
        return _Cases(
            self.ids.take(pa.array(at)), self.address[at], self.district[at], self.city[at], self.lon[at], self.lat[at]
        )


def _flat(column: pa.ChunkedArray) -> pa.Array:
    return column.combine_chunks() if column.num_chunks != 1 else column.chunk(0)


def _texts(table: pa.Table, name: str, seen: _Seen) -> NDArray[np.object_]:
    if name not in table.column_names:
        return np.full(len(table), "", dtype=object)
    column = pc.fill_null(_flat(table[name]).cast(pa.string()), "")
    shorn = pc.replace_substring_regex(column, "[\u200b\u200c\u200d\ufeff\u2060]", "")
    texts = np.asarray(pc.utf8_trim_whitespace(shorn).to_numpy(zero_copy_only=False), dtype=object)
    endless = pc.greater(pc.utf8_length(shorn), LONGEST).to_numpy(zero_copy_only=False)
    if endless.any():
        texts[endless] = ""
        seen.dropped[f"{name} longer than {LONGEST} characters"] += int(endless.sum())
    return texts


def _positions(table: pa.Table, frame: str, seen: _Seen) -> tuple[Floats, Floats]:
    """Positions as they came; only those in metres are brought to degrees, because shapes cannot be looked up otherwise."""
    if not {"lon", "lat"} <= set(table.column_names):
        return np.full(len(table), np.nan), np.full(len(table), np.nan)
    x, y = (_flat(table[name]).cast(pa.float64()).to_numpy(zero_copy_only=False).copy() for name in ("lon", "lat"))
    inside = (x >= LON[0]) & (x <= LON[1]) & (y > LAT[0]) & (y <= LAT[1])
    doubtful = np.flatnonzero(~inside & ~(np.isnan(x) & np.isnan(y)))
    if len(doubtful):
        reason = require_lonlat(x[doubtful], y[doubtful])
        reason[np.isnan(x[doubtful]) | np.isnan(y[doubtful])] = "half"
        if frame.startswith(("cgcs2000", "epsg")):
            reason[reason == "metres"] = ""
        bad = reason != ""
        seen.dropped.update(reason[bad].tolist())
        x[doubtful[bad]] = y[doubtful[bad]] = np.nan
    return (x, y) if frame in ("wgs84", *SHIFTED) else datum.to_wgs84(x, y, frame)


def frame_of_shapes(frame: str) -> str:
    """Return the frame in which shapes are looked up for points of this one."""
    return frame if frame in SHIFTED else "wgs84"


def _city_answers(cases: _Cases, city: OpenCity, within_m: float) -> pa.Table:
    """Points alone are answered together; rows with an address, and those on a coordinate that many such rows share, by the matcher."""
    asked = _for_matcher(cases)
    alone = np.flatnonzero(~asked)
    parts = []
    if len(alone):
        parts.append(_point_answers(cases.rows(alone), city, within_m))
    if asked.any():
        some = cases.rows(np.flatnonzero(asked))
        frame = pd.DataFrame(
            {
                "case_id": some.ids.to_numpy(zero_copy_only=False),
                "address": some.address,
                "district": some.district,
                "lon": some.lon,
                "lat": some.lat,
            }
        )
        answers = city.matcher.match(frame, within_m)
        parts.append(pa.Table.from_pandas(answers[MATCH_COLUMNS], schema=ANSWERS, preserve_index=False))
    if len(parts) == 1:
        return parts[0].cast(ANSWERS)
    order = np.argsort(np.concatenate([alone, np.flatnonzero(asked)]), kind="stable")
    return pa.concat_tables(part.cast(ANSWERS) for part in parts).take(pa.array(order))


def _point_answers(cases: _Cases, city: OpenCity, within_m: float) -> pa.Table:
    given = np.isfinite(cases.lon) & np.isfinite(cases.lat)
    if city.index is None:
        nowhere = np.full(len(given), -1, dtype=np.int32)
        return answer_points(cases.ids, np.zeros(len(given), bool), Located(nowhere, nowhere), city.labels, within_m)
    return answer_points(cases.ids, given, city.index.locate(cases.lon, cases.lat, within_m), city.labels, within_m)


def _for_matcher(cases: _Cases) -> NDArray[np.bool_]:
    asked: NDArray[np.bool_] = cases.address != ""
    placed = asked & np.isfinite(cases.lon)
    if asked.all() or placed.sum() < SHARED_BY:
        return asked
    place = np.round(cases.lon, 6) + 1j * np.round(cases.lat, 6)
    shared, count = np.unique(place[placed], return_counts=True)
    return asked | np.isin(place, shared[count >= SHARED_BY])


def _strangers(ids: pa.Array, city: str) -> pa.Table:
    """Answers for a city of which no compound was given."""
    count = len(ids)
    same = {
        "status": "unmatched",
        "compound_id": "",
        "method": "none",
        "probability": 0.0,
        "distance_m": float("nan"),
        "alternatives": [],
        "reason_zh": f"没有给出城市“{city}”的小区",
        "reason_en": f"no compounds of the city {city!r} were given",
    }
    columns = {name: pa.array([value] * count, ANSWERS.field(name).type) for name, value in same.items()}
    return pa.table({"case_id": ids, **columns}, schema=ANSWERS)


def _write_receipt(path: Path, receipt: dict[str, Any], beside: str) -> None:
    unfinished = path.with_name(path.name + beside)
    unfinished.write_text(json.dumps(receipt, ensure_ascii=False, indent=1), "utf-8")
    os.replace(unfinished, path)


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:200]
