"""One partition of cases, from a Parquet file to a Parquet file of answers with a receipt: what a worker does."""

import glob
import hashlib
import json
import os
import resource
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from geo import datum
from geo.city_kept import SHIFTED, City, OpenCity, opened
from geo.errors import GeoError
from geo.match import MATCH_COLUMNS, UNCONFIRMED
from geo.match_points import ANSWERS, answer_points
from geo.partition_rows import Cases, Seen
from geo.point_located import Located

AT_ONCE = 250_000  # rows; coordinates that many addresses share are recognised within so many
LAYOUT = 1  # of answers and receipt: another one is matched again
COLUMNS = {  # ours -> also accepted
    "case_id": "病例编号",
    "address": "现住址",
    "district": "区",
    "lon": "经度",
    "lat": "纬度",
    "precision_m": "坐标精度",
    "city": "城市",
}
NUMBERS = ("lon", "lat", "precision_m")


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
    seen = Seen()
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
        if ours in NUMBERS:
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


def _answer(table: pa.Table, part: Partition, cities: dict[str, City], within_m: float, seen: Seen) -> pa.Table:
    cases = Cases.of(table, part.frame, seen)
    parts, order = [], []
    for name, rows in cases.by_city(part.city):
        city = cities.get(name) or cities.get("")
        some = cases.rows(rows)
        if city is None:
            seen.strangers[name] += len(rows)
            parts.append(_strangers(some.ids, name))
        else:
            parts.append(_city_answers(some, opened(city, frame_of_shapes(part.frame), within_m), within_m, part.frame))
        order.append(rows)
    whole = pa.concat_tables(parts) if parts else ANSWERS.empty_table()
    seen.rows += len(whole)
    methods = pc.binary_join_element_wise(whole["status"], whole["method"], "/").value_counts()
    seen.outcomes.update({row["values"]: row["counts"] for row in methods.to_pylist()})
    return whole if len(order) < 2 else whole.take(pa.array(np.argsort(np.concatenate(order), kind="stable")))


def frame_of_shapes(frame: str) -> str:
    """Return the frame in which shapes are looked up for points of this one."""
    return frame if frame in SHIFTED else "wgs84"


def _city_answers(cases: Cases, city: OpenCity, within_m: float, frame: str) -> pa.Table:
    """Fine points alone are answered together; the matcher answers rows with an address, rows on a coordinate that many of
    those share, and coarse points."""
    worded = cases.worded()
    asked = worded | cases.coarse(frame)
    alone = np.flatnonzero(~asked)
    parts = []
    if len(alone):
        parts.append(_point_answers(cases.rows(alone), city, within_m))
    if asked.any():
        some = cases.rows(np.flatnonzero(asked))
        names = ("address", "district", "lon", "lat", "precision_m")
        rows = pd.DataFrame({"case_id": some.ids.to_numpy(zero_copy_only=False)} | {n: getattr(some, n) for n in names})
        matcher = city.matcher if worded.any() else city.point_matcher
        answers = matcher.match(rows, within_m, frame_sure=UNCONFIRMED)
        parts.append(pa.Table.from_pandas(answers[MATCH_COLUMNS], schema=ANSWERS, preserve_index=False))
    if len(parts) == 1:
        return parts[0].cast(ANSWERS)
    order = np.argsort(np.concatenate([alone, np.flatnonzero(asked)]), kind="stable")
    return pa.concat_tables(part.cast(ANSWERS) for part in parts).take(pa.array(order))


def _point_answers(cases: Cases, city: OpenCity, within_m: float) -> pa.Table:
    given = np.isfinite(cases.lon) & np.isfinite(cases.lat)
    if city.index is None:
        given = np.zeros(len(given), dtype=bool)
        nowhere = np.full(len(given), -1, dtype=np.int32)
        located = Located(nowhere, nowhere)
    else:
        located = city.index.locate(cases.lon, cases.lat, within_m)
    return answer_points(cases.ids, given, located, city.labels, within_m, UNCONFIRMED)


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
