"""The briefing as a GeoPackage: every table of the workbook, and compounds, districts and hospitals with their shapes in WGS-84.

Tables have names of ASCII letters that are the same in both languages (`compound`, `lockdown_proposals`, `footnote`); what they are
called in the language of the briefing is their identifier.
"""

import tempfile
from collections.abc import Mapping, Sequence
from datetime import UTC
from pathlib import Path
from threading import Event, Lock
from typing import Any

import geopandas as gpd
import pandas as pd
import pyogrio

from dashboard.briefing.atlas import NOTHING
from dashboard.briefing.blocks import ListBlock, MapBlock
from dashboard.briefing.content import Briefing
from dashboard.briefing.printing import Progress
from dashboard.briefing.workbook import fill
from dashboard.files import whole
from dashboard.text import both, is_unknown, say

WRITING = Lock()  # the library keeps its settings once for the whole process
NOW = "OGR_CURRENT_DATE"  # what the library writes as the time of the last change
OWN = ("fid", "geom")  # columns that the format makes
LAYERS: Mapping[str, tuple[str, str]] = {  # layer of the map -> table, and the words that name it
    "districts": ("district", "brief.gpkg.districts"),
    "compounds": ("compound", "brief.gpkg.compounds"),
    "hospitals": ("hospital", "brief.gpkg.hospitals"),
}
KEPT = (
    "code", "name", "name_en", "kind", "level", "district", "street", "community", "households", "population", "buildings", "control",
    "now_confirmed", "now_clinical", "now_suspected", "now_contact", "now_fever", "new14_counted", "ever_counted", "capacity", "beds_open",
    "beds_used", "action", "score", "footnote",
)  # fmt: skip


def write_gpkg(briefing: Briefing, out: Path, progress: Progress | None = None, cancel: Event | None = None) -> None:
    """Write the briefing as GeoPackage; equal briefings give equal bytes: the file's own times are the knowledge clock's.

    Raises Cancelled, and leaves no file, when `cancel` was set before a chapter.
    """
    told = progress or (lambda *_: None)
    with WRITING, tempfile.TemporaryDirectory() as folder:
        pyogrio.set_gdal_config_options({NOW: f"{briefing.known_at.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.000Z"})
        try:
            package = Package(Path(folder) / "briefing.gpkg")
            fill(package, briefing, told, cancel)
            for key, (table, words) in LAYERS.items():
                package.layer(table, say(words, briefing.lang), _shaped(briefing, key))
        finally:
            pyogrio.set_gdal_config_options({NOW: None})
        with whole(out) as unfinished:
            unfinished.write_bytes(package.path.read_bytes())
    chapters = len(briefing.sections) - 1
    told(chapters, chapters, *both("brief.printing.done"))


class Package:
    """A GeoPackage that grows table by table."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def sheet(self, name: str, heads: Sequence[str], rows: Sequence[Sequence[Any]], key: str) -> None:
        """Add a table without shapes; unknown is null, a column that is not all numbers is text."""
        columns = zip(_different(heads), zip(*rows, strict=True), strict=False)
        self._write(pd.DataFrame({head: _column(values) for head, values in columns}), key, name)

    def layer(self, table: str, name: str, frame: gpd.GeoDataFrame) -> None:
        """Add things with their shapes: areas, and under `table_point` those of which only a point is known."""
        kinds = frame.geom_type
        areas = frame[kinds.isin(["Polygon", "MultiPolygon"])]
        points = frame[(kinds == "Point") & ~frame.is_empty]
        if len(areas):
            self._write(areas, table, name, geometry_type="MultiPolygon", promote_to_multi=True)
        if len(points):
            self._write(points, f"{table}_point" if len(areas) else table, name, geometry_type="Point")

    def _write(self, frame: pd.DataFrame, table: str, name: str, **more: Any) -> None:
        if len(frame.columns):
            options = {"IDENTIFIER": f"{name} ({table})"}
            pyogrio.write_dataframe(frame, self.path, layer=table, driver="GPKG", layer_options=options, **more)


def _different(heads: Sequence[str]) -> list[str]:
    """Names of columns: none empty, none twice in any case, none that the format makes itself."""
    found: list[str] = []
    taken = set(OWN)
    for head in heads:
        name, at = head.strip() or "label", 2
        while name.lower() in taken:
            name, at = f"{head.strip() or 'label'} {at}", at + 1
        taken.add(name.lower())
        found.append(name)
    return found


def _column(values: Sequence[Any]) -> pd.Series:
    if all(is_unknown(one) or isinstance(one, int | float) for one in values):
        return pd.Series([None if is_unknown(one) else float(one) for one in values], dtype=float)
    return pd.Series([None if is_unknown(one) else str(one) for one in values], dtype=object)


def _shaped(briefing: Briefing, key: str) -> gpd.GeoDataFrame:
    """A layer's things with what is known of them, what is proposed for them, and the footnote of the map that shows it."""
    maps = [(section, block) for section in briefing.sections for block in section.of(MapBlock)]
    frame = maps[0][1].scene.frames.get(key, NOTHING) if maps else NOTHING
    frame = frame.rename(columns={"id": "code"})
    if key == "compounds":
        frame = _proposed(frame, briefing)
    kept = [name for name in KEPT if name in frame]
    texts = {name: frame[name].astype(object).where(frame[name].notna(), None) for name in kept if frame[name].dtype.kind not in "iuf"}  # fmt: skip
    return gpd.GeoDataFrame(frame[[*kept, "geometry"]].assign(**texts), geometry="geometry", crs=frame.crs)


def _proposed(frame: gpd.GeoDataFrame, briefing: Briefing) -> gpd.GeoDataFrame:
    for section in briefing.sections:
        if section.part == "lockdown":
            (block,), (shown,) = section.of(ListBlock), section.of(MapBlock)
            found = {p.subject: p for p in block.plan.proposals}
            mine = [found.get(code) for code in frame["code"]]
            scores = [None if one is None else one.figures.get("score") for one in mine]
            actions = [None if one is None else one.action for one in mine]
            return frame.assign(
                action=actions, score=pd.Series(scores, index=frame.index, dtype=float), footnote=shown.code
            )
    return frame
