"""Write the drill's files so that the same content always gives the same bytes: no clock, no machine, no order by chance."""

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import geopandas as gpd
import openpyxl
import pandas as pd
import pyogrio

from layers._books import book_bytes

# GDAL takes the time of a GeoPackage's last change from this option instead of the clock.
GPKG_CLOCK = {"OGR_CURRENT_DATE": "2020-01-20T00:00:00.000Z"}


@dataclass(frozen=True)
class Delivery:
    """One file as a provider sends it.

    datum    frame of its coordinates; None when it has none
    profile  file that renames its columns; None when it speaks the feed's own names, Chinese or English
    known_at when it reached headquarters, in Asia/Shanghai
    """

    feed: str
    path: Path
    datum: str | None
    profile: Path | None
    source: str
    known_at: datetime


def write_table(path: Path, rows: pd.DataFrame, encoding: str = "utf-8") -> Path:
    """Write CSV in `encoding`, or XLSX where the name says so; every value is written as text, missing ones blank."""
    texts = rows.astype(object).where(rows.notna(), "")
    if path.suffix == ".xlsx":
        _write_book(path, texts)
    else:
        texts.to_csv(path, index=False, encoding=encoding, lineterminator="\n")
    return path


def write_jsonl(path: Path, rows: pd.DataFrame) -> Path:
    """Write one JSON object a line, without the keys that have no value."""
    lines = [
        json.dumps({k: v for k, v in record.items() if v != "" and v is not None}, ensure_ascii=False)
        for record in rows.astype(object).to_dict("records")
    ]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def write_geojson(path: Path, shapes: gpd.GeoDataFrame) -> Path:
    """Write GeoJSON; the frame of the coordinates is what the sender states, so none is written into the file."""
    path.write_text(shapes.to_json(drop_id=True, ensure_ascii=False), encoding="utf-8")
    return path


def write_geopackage(path: Path, shapes: gpd.GeoDataFrame, layer: str) -> Path:
    """Write a GeoPackage, replacing one that is there."""
    path.unlink(missing_ok=True)
    before = {name: pyogrio.get_gdal_config_option(name) for name in GPKG_CLOCK}
    pyogrio.set_gdal_config_options(GPKG_CLOCK)
    try:
        pyogrio.write_dataframe(shapes, path, layer=layer, driver="GPKG")
    finally:
        pyogrio.set_gdal_config_options(before)
    return path


def _write_book(path: Path, rows: pd.DataFrame) -> None:
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("演练数据")
    for line in [list(rows.columns), *rows.itertuples(index=False)]:
        sheet.append([str(value) if value != "" else None for value in line])
    path.write_bytes(book_bytes(book))
