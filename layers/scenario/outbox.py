"""The outbox: every file of the drill is written through it, named as a drill, the same bytes for the same rows."""

import csv
import io
import json
import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pyogrio
import shapely

from geo import datum as frames
from layers._times import SHANGHAI

STILL = "2020-01-20T00:00:00Z"  # stands where a file format wants the time it was written
ZIP_DATE = (2020, 1, 20, 0, 0, 0)


@dataclass(frozen=True)
class Delivery:
    """One file as a provider sends it. `profile` renames its columns and codes; `datum` is what the provider states."""

    feed: str
    path: Path
    datum: str | None
    profile: Path | None
    source: str
    known_at: datetime


@dataclass
class Outbox:
    """Writes the files of one provider after another into a folder, and remembers them."""

    folder: Path
    deliveries: list[Delivery] = field(default_factory=list)

    def send(
        self,
        feed: str,
        day: date,
        clock: str,
        name: str,
        rows: pd.DataFrame,
        *,
        source: str,
        datum: str | None = None,
        profile: Path | None = None,
        encoding: str = "utf-8-sig",
    ) -> None:
        """Write `rows` in the format that the end of `name` says, as drill_<name>; nothing is sent when there are none.

        Text, numbers and None only; NaN is left blank. `encoding` matters for CSV.
        """
        if rows.empty:
            return
        path = self.folder / f"drill_{name}"
        write = {".csv": _csv, ".xlsx": _xlsx, ".jsonl": _jsonl, ".geojson": _geojson, ".gpkg": _gpkg}[path.suffix]
        write(path, rows, encoding)
        known_at = datetime.combine(day, time.fromisoformat(clock), SHANGHAI)
        self.deliveries.append(Delivery(feed, path, datum, profile, source, known_at))

    def profile(self, name: str, text: str) -> Path:
        """Write a mapping profile beside the files and return its path."""
        path = self.folder / "profiles" / f"drill_{name}.toml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path


def shifted(rows: gpd.GeoDataFrame, datum: str) -> gpd.GeoDataFrame:
    """Return WGS-84 shapes in the numbers of another frame, as its owner would print them: six decimals."""

    def move(xy: np.ndarray) -> np.ndarray:
        return np.round(np.column_stack(frames.from_wgs84(xy[:, 0], xy[:, 1], datum)), 6)

    return rows.set_geometry(shapely.transform(rows.geometry.to_numpy(), move), crs="EPSG:4326")


def printed_points(lon: pd.Series, lat: pd.Series, datum: str, astray: pd.Series) -> tuple[list[str], list[str]]:
    """Return WGS-84 points as text in `datum`; those that went astray are turned round or zeroed here, as on paper."""
    x, y = frames.from_wgs84(lon.to_numpy(float), lat.to_numpy(float), datum)
    turned, zero = (astray == "swapped").to_numpy(), (astray == "zero").to_numpy()
    x, y = np.where(turned, y, x), np.where(turned, x, y)
    pairs = zip(np.where(zero, 0.0, x).tolist(), np.where(zero, 0.0, y).tolist(), strict=True)
    text = [("", "") if a != a else (f"{a:.6f}", f"{b:.6f}") for a, b in pairs]
    return [a for a, _ in text], [b for _, b in text]


def _csv(path: Path, rows: pd.DataFrame, encoding: str) -> None:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(rows.columns)
    writer.writerows(zip(*(_plain(rows[c]) for c in rows.columns), strict=True))
    path.write_bytes(text.getvalue().encode(encoding))


def _jsonl(path: Path, rows: pd.DataFrame, _encoding: str) -> None:
    columns = {c: _plain(rows[c]) for c in rows.columns}
    records = (dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True))
    lines = (json.dumps({k: v for k, v in r.items() if v != ""}, ensure_ascii=False) for r in records)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _xlsx(path: Path, rows: pd.DataFrame, _encoding: str) -> None:
    """A workbook whose inner clocks are stopped, so that the same rows give the same bytes."""
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("数据")
    sheet.append(list(rows.columns))
    for record in zip(*(_plain(rows[c]) for c in rows.columns), strict=True):
        sheet.append(record)
    made = io.BytesIO()
    book.save(made)
    with zipfile.ZipFile(made) as found, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as kept:
        for name in found.namelist():
            content = found.read(name)
            if name == "docProps/core.xml":
                content = re.sub(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", STILL.encode(), content)
            kept.writestr(zipfile.ZipInfo(name, ZIP_DATE), content, zipfile.ZIP_DEFLATED)


def _geojson(path: Path, rows: pd.DataFrame, _encoding: str) -> None:
    shapes = shapely.to_geojson(gpd.GeoDataFrame(rows).geometry.to_numpy())
    properties = rows.drop(columns="geometry")
    records = zip(*(properties[c].tolist() for c in properties.columns), strict=True)
    features: list[Mapping[str, Any]] = [
        {"type": "Feature", "properties": dict(zip(properties.columns, r, strict=True)), "geometry": json.loads(shape)}
        for r, shape in zip(records, shapes, strict=True)
    ]
    collection = {"type": "FeatureCollection", "features": features}
    path.write_text(json.dumps(collection, ensure_ascii=False), encoding="utf-8")


def _gpkg(path: Path, rows: pd.DataFrame, _encoding: str) -> None:
    before = pyogrio.get_gdal_config_option("OGR_CURRENT_DATE")
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": STILL})
    try:
        path.unlink(missing_ok=True)
        pyogrio.write_dataframe(gpd.GeoDataFrame(rows), path, driver="GPKG", layer="compounds")
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": before})


def _plain(values: pd.Series) -> list[Any]:
    """Values as a spreadsheet shows them: blanks for what is missing, no .0 behind whole numbers."""
    out = []
    for value in values.tolist():
        if value is None or value is pd.NA or value != value:
            out.append("")
        else:
            out.append(int(value) if isinstance(value, float) and value.is_integer() else value)
    return out
