"""Check a chunk of rows against its feed: types, codes, limits, positions, whole-row rules."""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely

from geo import boundaries, datum, frames
from layers.intake import apart
from layers.intake._feed import Check, Column, Feed
from layers.intake.chunks import rounded
from layers.intake.parsing import parse, wanted
from layers.intake.receipt import RowNote, shown
from layers.intake.telling import id_tells, is_identity, tells

OUTLINE = {  # what became of a shape, and the words for it
    "repaired": ("边界有误，已修复", "the outline was not valid and is repaired"),
    "emptied": ("边界没有面积，未采用", "the outline has no area and is not used"),
    "refused": ("边界过于复杂，未采用", "the outline is too complex and is not used"),
}
POSITION = {
    "swapped": ("经纬度疑似颠倒", "longitude and latitude look swapped"),
    "zero": ("坐标为零", "the position is zero"),
    "not finite": ("坐标不是有限数", "the position is not finite"),
    "out of range": ("坐标超出范围", "the position is out of range"),
    "metres": ("坐标疑似投影坐标（米）", "the position looks projected (metres)"),
    "half": ("经纬度只有一个", "only one of longitude and latitude is given"),
    "region": ("坐标在辖区之外", "the position lies outside the region"),
}

EPOCH = ("日期是1970-01-01或1900-01-01，多为空日期", "1 January 1970 or 1900 is what programs write for no date")
RELATED = "case_id"  # also where it says whom a contact was near
AS_GIVEN = "as given"  # whatever frame the file is in, degrees or metres
EPOCHS = tuple(
    f"{year}{month}" for year in ("1970", "1900") for month in ("-01-01", "-1-1", "/1/1", "/01/01", "0101", "年1月1日")
)
WANTED_OWN = "an id of the record's own: telephone and identity numbers have columns of their own"
WANTED_FREE = "no telephone and no identity number: they have columns of their own"
WANTED_DIGITS = "text: its file keeps only 15 digits of a number, so format the column as text"


@dataclass(frozen=True)
class Checked:
    """Rows that may go in (typed, positions in WGS-84, `_row` kept), and what was said about them and the others."""

    rows: pd.DataFrame
    rejected: list[RowNote]
    warned: list[RowNote]


class Checker:
    """Checks the chunks of one delivery.

    stated  datum of the delivery's coordinates; None when it has none, AS_GIVEN to leave them in the frame of the file
    region  lon/lat box (west, south, east, north) outside which a position is dropped; None: no check
    veiled  columns of which nothing stays as it stands, whatever it says: an id that becomes a blind index
    """

    def __init__(
        self,
        feed: Feed,
        stated: str | None,
        region: tuple[float, float, float, float] | None,
        known_at: int,
        veiled: Collection[str] = (),
    ) -> None:
        self._feed, self._stated, self._region, self._known_at = feed, stated, region, known_at
        self._ids = {name for part in feed.parts for name in part.key} | {RELATED}
        self._open = {c.name for c in feed.columns if feed.placed and lies_open(c)} - set(veiled)

    def __call__(self, raw: pd.DataFrame) -> Checked:
        """Return what of `raw` (the feed's columns as text, and `_row`) may go in."""
        rows = pd.DataFrame({"_row": raw["_row"].astype(int)})
        rejected: list[RowNote] = []
        warned: list[RowNote] = []
        refused = pd.Series(False, index=raw.index)
        for column in self._feed.columns:
            typed, bad = parse(raw[column.name], column)
            missing = raw[column.name].isna() if column.required else pd.Series(False, index=raw.index)
            rejected += _notes(
                raw, missing & ~bad, column, _wanted_where_missing(column), "必填项缺失", "a required value is missing"
            )
            none = pd.Series(False, index=raw.index)
            lost = rounded(raw[column.name]) if column.type == "text" else none
            said = _notes(
                raw, lost, column, WANTED_DIGITS, "数字超过15位，后几位已失真", "digits of a long number are lost"
            )
            needed = column.required or column.identifies  # what nobody needs is dropped, and the row stays
            (rejected if needed else warned).extend(said)
            told = self._tells(raw[column.name], column)
            said = _notes(raw, told, column, *self._own(column), hidden=True)
            (rejected if needed else warned).extend(said)
            fatal = column.required or column.codes is not None
            empty = (_epochs(raw[column.name]) & bad) if column.type == "time" and bad.any() else none
            said = _notes(raw, empty, column, wanted_or_shape(column), *EPOCH)
            (rejected if column.required else warned).extend(said)
            bad_value = bad & ~lost & ~empty
            said = _notes(
                raw, bad_value, column, wanted_or_shape(column), "值不符合要求", "the value is not what is wanted"
            )
            (rejected if fatal else warned).extend(said)
            refused |= missing | ((lost | told) & needed) | (bad & fatal)
            rows[column.name] = typed.mask(lost | told, None) if (lost | told).any() else typed
        warned += self._positions(rows, raw)
        warned += self._shapes(rows, raw)
        rows["_known_at"] = float(self._known_at)
        for check in self._feed.checks:
            found = check.find(rows).fillna(False).astype(bool) & ~refused
            (rejected if check.fatal else warned).extend(self._broken(raw, found, check))
            refused |= found & check.fatal
        return Checked(rows[~refused].drop(columns="_known_at").reset_index(drop=True), rejected, warned)

    def _tells(self, values: pd.Series, column: Column) -> pd.Series:
        """Where a text that would lie open holds a telephone or identity number; an id that is one as it should be written becomes its index."""
        if column.name not in self._open:
            return pd.Series(False, index=values.index)
        if column.name in self._ids:
            return values.map(lambda v: isinstance(v, str) and id_tells(v) and not is_identity(v)).astype(bool)
        return values.map(lambda v: isinstance(v, str) and tells(v)).astype(bool)

    def _own(self, column: Column) -> tuple[str, str, str]:
        """What is wanted of a text that tells who somebody is, and why it is not taken."""
        if column.name in self._ids:
            return WANTED_OWN, "编号是电话或证件号码，不收", "the id is a telephone or identity number"
        return WANTED_FREE, "含电话或证件号码，未保存", "it holds a telephone or identity number and is not kept"

    def _broken(self, raw: pd.DataFrame, found: pd.Series, check: Check) -> list[RowNote]:
        hidden = self._hides(check.column)
        return [
            RowNote(
                int(raw["_row"][at]),
                check.column,
                shown(_brief(raw[check.column][at]), hidden),
                check.wanted,
                check.zh,
                check.en,
            )
            for at in raw.index[found]
        ]

    def _positions(self, rows: pd.DataFrame, raw: pd.DataFrame) -> list[RowNote]:
        """Bring positions to WGS-84; a position that cannot be true is dropped and named, the row stays."""
        if "lon" not in rows or rows[["lon", "lat"]].isna().all(axis=None):
            return []
        lon, lat = rows["lon"].to_numpy(float), rows["lat"].to_numpy(float)
        given = ~(np.isnan(lon) & np.isnan(lat))
        metres_allowed = str(self._stated).startswith(("cgcs2000", "epsg", AS_GIVEN))
        reason = np.where(given, frames.require_lonlat(lon, lat, "positions"), "").astype(object)
        reason[given & (np.isnan(lon) | np.isnan(lat))] = "half"
        if metres_allowed:
            reason[reason == "metres"] = ""
        good = given & (reason == "")
        lon, lat = np.where(good, lon, np.nan), np.where(good, lat, np.nan)
        if self._stated and self._stated != AS_GIVEN:
            lon, lat = datum.to_wgs84(lon, lat, self._stated)
        if self._region:
            reason[good & frames.outside_box(lon, lat, self._region)] = "region"
        keep = given & (reason == "")
        rows["lon"], rows["lat"] = np.where(keep, lon, np.nan), np.where(keep, lat, np.nan)
        found = [shown(f"{x or ''},{y or ''}", self._hides("lon")) for x, y in zip(raw["lon"], raw["lat"], strict=True)]
        return [
            RowNote(
                int(raw["_row"][at]), "lon,lat", found[at][:60], self._wanted_position(), *POSITION[str(reason[at])]
            )
            for at in np.flatnonzero(given & (reason != ""))
        ]

    def _hides(self, name: str) -> bool:
        column = next((c for c in self._feed.columns if c.name == name), None)
        return bool(column and column.personal and column.personal.hidden)

    def _wanted_position(self) -> str:
        return f"degrees in {self._stated or 'a stated datum'}" + (
            f" within {tuple(round(v, 2) for v in self._region)}" if self._region else ""
        )

    def _shapes(self, rows: pd.DataFrame, raw: pd.DataFrame) -> list[RowNote]:
        """Repair outlines, bring them to WGS-84 and give each row a point inside its own."""
        if "geometry" not in rows:
            return []
        shapes = np.array([g if isinstance(g, shapely.Geometry) else None for g in rows["geometry"]], dtype=object)
        areal = np.isin(shapely.get_type_id(shapes), (3, 6))
        given = shapes.copy()
        given[~areal] = None
        fixed, report = boundaries.repair(given, apart.repairer())
        shapes = np.where(areal, fixed, shapes)
        why = {at: f"that {reason}" for at, reason in zip(report.refused, report.reasons, strict=True)}
        notes = [
            RowNote(int(raw["_row"][at]), "geometry", f"outline {why.get(at, kind)}", "a valid polygon", *OUTLINE[kind])
            for kind, positions in report.positions().items()
            for at in positions
        ]
        if self._stated and self._stated != AS_GIVEN:
            shapes = datum.geometries_to_wgs84(shapes, self._stated)
        rows["geometry"] = pd.Series(shapes, index=rows.index, dtype=object)
        if "lon" in rows and areal.any():
            lon, lat = boundaries.label_points(shapes)
            rows["lon"], rows["lat"] = (
                np.where(np.isnan(lon), rows["lon"], lon),
                np.where(np.isnan(lat), rows["lat"], lat),
            )
        return notes


def lies_open(column: Column) -> bool:
    """Whether any text may stand in a column about persons, and is kept as it stands."""
    told = column.personal
    return column.type == "text" and not column.codes and told is not None and not told.hidden


def wanted_or_shape(column: Column) -> str:
    """Return what a value of the column must be, in words."""
    return "a shape" if column.type == "geometry" else "a list" if column.type == "list" else wanted(column)


def _wanted_where_missing(column: Column) -> str:
    """What to fill in: the form of the value, or of free text its meaning, since any text has the form."""
    return f"a value: {column.meaning if column.type == 'text' and not column.codes else wanted_or_shape(column)}"


def _notes(
    raw: pd.DataFrame, where: pd.Series, column: Column, needed: str, zh: str, en: str, *, hidden: bool = False
) -> list[RowNote]:
    if not where.any():
        return []
    values, hidden = raw[column.name], hidden or bool(column.personal and column.personal.hidden)
    return [
        RowNote(
            int(raw["_row"][at]),
            column.name,
            shown(_brief(values[at]), hidden, of_person=column.personal is not None),
            needed,
            f"{column.zh}：{zh}",
            en,
        )
        for at in raw.index[where]
    ]


def _epochs(values: pd.Series) -> pd.Series:
    return values.map(lambda v: isinstance(v, str) and v.startswith(EPOCHS)).astype(bool)


def _brief(value: object) -> object:
    return value.geom_type if isinstance(value, shapely.Geometry) else value
