"""Bring a file of cases and a file of compounds into one frame before they are matched, or say why their points do not count."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import shapely

from geo import datum, frames
from geo.datum_detect import FRAMES, SAME, Finding, better_fit, detect, detect_pair, plain
from geo.match import FINE_M
from geo.point_index import PointIndex
from layers._errors import FeedError
from layers.intake.datum_evidence import Witness
from layers.intake.datum_parts import AUTO, Decision, decide
from layers.intake.receipt import RowNote


@dataclass(frozen=True)
class Side:
    """One of the two files: its rows with `lon`, `lat` (and `geometry`, `_source`), in WGS-84 unless `stated` is AUTO."""

    file: str
    rows: pd.DataFrame
    stated: str | None
    column: str | None
    option: str

    @property
    def has_points(self) -> bool:
        """Whether any row has a position."""
        return "lon" in self.rows and bool(self.rows["lon"].notna().any())

    @property
    def unknown(self) -> bool:
        """Whether its frame is to be found out."""
        return self.stated == AUTO and self.has_points

    def states(self) -> str:
        """How a person states the frame, for a message."""
        return f"{self.option} {'|'.join(datum.DATUMS)}"


@dataclass
class Settled:
    """Both files in one frame, and what was found out on the way."""

    cases: pd.DataFrame
    compounds: pd.DataFrame
    cases_datum: str | None
    compounds_datum: str | None
    frame_sure: float = 1.0
    evidence: dict[str, Any] = field(default_factory=dict)
    notices: list[dict[str, str]] = field(default_factory=list)
    cases_warned: list[RowNote] = field(default_factory=list)
    compounds_warned: list[RowNote] = field(default_factory=list)


def settle(cases: Side, compounds: Side, named: list[int]) -> Settled:
    """Return both sides ready to match.

    named  for each case, the row of the compound that its address alone names for certain, -1 where it names none
    Stated frames are taken at their word unless the anchors refute them: then the cases come back without points. A frame to be
    found out that cannot be told raises FeedError.
    """
    settled = Settled(cases.rows, compounds.rows, _known(cases), _known(compounds))
    if not (cases.has_points and compounds.has_points):
        _leave_apart(cases, compounds, settled)
    elif cases.unknown and compounds.unknown:
        _find_both(cases, compounds, _anchors(cases, compounds, named), settled)
    elif cases.unknown:
        found = decide(_anchors(cases, compounds, named), cases.column, _of_cases, cases.file, cases.states())
        settled.cases = _taken(cases, found, settled, settled.cases_warned)
        settled.cases_datum = found.title
    elif compounds.unknown:
        asked = _compound_anchors(cases, compounds, named)
        found = decide(asked, compounds.column, _of_compounds, compounds.file, compounds.states())
        settled.compounds = _taken(compounds, found, settled, settled.compounds_warned)
        settled.compounds_datum = found.title
    else:
        _weigh(cases, compounds, named, settled)
    return settled


def _known(side: Side) -> str | None:
    return None if side.stated == AUTO else side.stated


def _leave_apart(cases: Side, compounds: Side, settled: Settled) -> None:
    """Where only one side has positions they meet nothing, so their frame need not be known."""
    for side, other in ((cases, compounds), (compounds, cases)):
        if side.unknown:
            settled.notices.append(
                {
                    "zh": f"{side.file}：{other.file} 没有坐标，只按地址匹配，坐标系无须判定",
                    "en": f"{side.file}: {other.file} has no positions, so all is matched by address and no datum is needed",
                }
            )
    settled.cases = _without_points(cases.rows) if cases.unknown else cases.rows


def _without_points(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.assign(lon=np.nan, lat=np.nan)


def _anchors(cases: Side, compounds: Side, named: list[int]) -> pd.DataFrame:
    """One row a position of a case: `lon`, `lat`, `at_lon`, `at_lat` of the compound it names (NaN: none), `source`."""
    case, place = _coordinates(cases), _place_of(compounds, named)
    rows = pd.DataFrame({"lon": case[:, 0], "lat": case[:, 1], "at_lon": place[:, 0], "at_lat": place[:, 1]})
    return rows.assign(source=_sources(cases))[rows["lon"].notna()].reset_index(drop=True)


def _compound_anchors(cases: Side, compounds: Side, named: list[int]) -> pd.DataFrame:
    """One row a position of a compound, once for each case that names it: as in _anchors, `source` that of the compound."""
    at = np.asarray(named, dtype=int)
    unnamed = np.setdiff1d(np.arange(len(compounds.rows)), at)
    rows = np.concatenate([at[at >= 0], unnamed])
    place = _coordinates(compounds)[rows]
    case = np.vstack([_coordinates(cases)[at >= 0], np.full((len(unnamed), 2), np.nan)])
    points = pd.DataFrame({"lon": case[:, 0], "lat": case[:, 1], "at_lon": place[:, 0], "at_lat": place[:, 1]})
    points["source"] = np.array(_sources(compounds), dtype=object)[rows]
    return points[points["at_lon"].notna()].reset_index(drop=True)


def _coordinates(side: Side) -> np.ndarray:
    return side.rows[["lon", "lat"]].to_numpy(float)


def _place_of(compounds: Side, named: list[int]) -> np.ndarray:
    return np.vstack([_coordinates(compounds), [np.nan, np.nan]])[np.asarray(named, dtype=int)]


def _sources(side: Side) -> list[str]:
    return side.rows["_source"].tolist() if "_source" in side.rows else [""] * len(side.rows)


def _of_cases(rows: pd.DataFrame) -> Finding:
    return detect(rows["lon"], rows["lat"], rows["at_lon"], rows["at_lat"])


def _of_compounds(rows: pd.DataFrame) -> Finding:
    return detect(rows["at_lon"], rows["at_lat"], rows["lon"], rows["lat"])


def _of_both(rows: pd.DataFrame) -> Finding:
    return detect_pair(rows["lon"], rows["lat"], rows["at_lon"], rows["at_lat"])


def _taken(side: Side, found: Decision, settled: Settled, warned: list[RowNote]) -> pd.DataFrame:
    """The rows of a side brought to WGS-84, with what was found in the report."""
    settled.evidence |= found.as_json()
    settled.notices += found.notices(side.file)
    return _to_wgs84(side, found, warned)


def _to_wgs84(side: Side, found: Decision, warned: list[RowNote]) -> pd.DataFrame:
    rows = side.rows.copy()
    of = found.of(_sources(side))
    for frame in dict.fromkeys(of):
        some = of == frame
        lon, lat = datum.to_wgs84(rows.loc[some, "lon"], rows.loc[some, "lat"], frame)
        rows.loc[some, "lon"], rows.loc[some, "lat"] = lon, lat
        if "geometry" in rows:
            shapes = datum.geometries_to_wgs84(rows.loc[some, "geometry"].to_numpy(object), frame)
            rows.loc[some, "geometry"] = pd.Series(shapes, index=rows.index[some], dtype=object)
    lost = rows["lon"].notna().to_numpy() & (frames.require_lonlat(rows["lon"], rows["lat"]) != "")
    warned += [
        RowNote(
            int(row),
            "lon,lat",
            f"{x},{y}",
            f"a position in {frame}",
            "坐标无法按该坐标系读取",
            "no place in this frame",
        )
        for row, x, y, frame in zip(
            rows["_row"][lost], side.rows["lon"][lost], side.rows["lat"][lost], of[lost], strict=True
        )
    ]
    rows.loc[lost, ["lon", "lat"]] = np.nan
    return rows


def _find_both(cases: Side, compounds: Side, anchors: pd.DataFrame, settled: Settled) -> None:
    """Find the pair of frames. Where both sides are in one, which it is cannot be told and need not: only distances count."""
    files = f"{cases.file} and {compounds.file}"
    found = decide(anchors, cases.column, _of_both, files, f"{cases.states()} or {compounds.states()}")
    settled.evidence |= found.as_json()
    settled.notices += found.notices(files)
    beside = {pair.partition("/")[2] for pair in found.frames.values() if pair != SAME}
    if not beside:
        settled.cases_datum = settled.compounds_datum = SAME
        settled.notices.append(
            {
                "zh": f"{cases.file} 与 {compounds.file} 坐标系相同；究竟是哪一种无法判定，匹配只看相对位置，不受影响",
                "en": f"{files} are in one datum; which one cannot be told, and a match, which compares distances, does not need it",
            }
        )
        return
    if len(beside) > 1:
        raise FeedError(
            f"{files}: the sources of the cases (column {cases.column!r}) put the compounds into different frames, "
            f"{', '.join(sorted(beside))}. State the compounds' frame with {compounds.states()}"
        )
    (frame,) = beside
    of_cases = {s: frame if pair == SAME else pair.partition("/")[0] for s, pair in found.frames.items()}
    in_cases = Decision(found.column, of_cases, found.whole, found.parts)
    settled.cases = _to_wgs84(cases, in_cases, settled.cases_warned)
    settled.compounds = _to_wgs84(compounds, Decision(None, {"": frame}, found.whole), settled.compounds_warned)
    settled.cases_datum, settled.compounds_datum = in_cases.title, frame


def _weigh(cases: Side, compounds: Side, named: list[int], settled: Settled) -> None:
    """Doubt stated frames where the anchors refute them: the points of the cases are then left aside."""
    witness = Witness(cases.stated)
    witness.anchors(*_coordinates(cases).T, *_place_of(compounds, named).T)
    settled.evidence = {"anchors": witness.finding.as_json(), "points_used": not witness.refuted}
    settled.frame_sure = witness.frame_sure
    if witness.refuted:
        zh, en = witness.doubt()
        said = (
            f"{zh}；或是 {compounds.file} 并非 {compounds.stated}",
            f"{en}; or {compounds.file} is not {compounds.stated}",
        )
        _leave_points(cases, said, settled)
    elif witness.finding.why == "few":
        _weigh_hits(cases, compounds, settled)


def _leave_points(cases: Side, said: tuple[str, str], settled: Settled) -> None:
    settled.cases = _without_points(cases.rows)
    settled.evidence["points_used"] = False
    settled.notices.append(
        {
            "zh": f"{said[0]}。坐标一律未用，只按地址匹配",
            "en": f"{said[1]}. No point was used: all is matched by address alone",
        }
    )


def _weigh_hits(cases: Side, compounds: Side, settled: Settled) -> None:
    """Where addresses say too little: doubt the frames when in others clearly more of the points stand at compounds."""
    lon, lat = _coordinates(cases).T
    raw = np.column_stack(datum.from_wgs84(lon, lat, plain(str(cases.stated))))
    x, y = np.unique(raw[np.isfinite(lon)].round(4), axis=0).T  # 1e-4 degrees are 10 m: one place counts once
    shapes = datum.geometries_from_wgs84(_shapes(compounds), plain(str(compounds.stated)))
    hits = {}
    for listed in FRAMES:
        index = PointIndex(datum.geometries_to_wgs84(shapes, listed))
        for frame in FRAMES:
            hits[f"{frame}/{listed}"] = index.locate(*datum.to_wgs84(x, y, frame), FINE_M).position
    stated = f"{plain(str(cases.stated))}/{plain(str(compounds.stated))}"
    counts = {pair: int((position >= 0).sum()) for pair, position in hits.items()}
    settled.evidence["hits"] = {"rows": len(x), "at_a_compound": counts}
    best = better_fit(hits[stated], hits)
    if best:
        said = (
            f"坐标系存疑：声明为 {cases.stated}（病例）与 {compounds.stated}（小区），{len(x)} 个点中 {counts[stated]} 个在小区内"
            f"或旁；若按 {best} 读取则为 {counts[best]} 个",
            f"datum in doubt: stated {cases.stated} (cases) and {compounds.stated} (compounds), {counts[stated]} of {len(x)} "
            f"points stand at a compound; read as {best} it would be {counts[best]}",
        )
        _leave_points(cases, said, settled)


def _shapes(compounds: Side) -> np.ndarray:
    lon, lat = _coordinates(compounds).T
    points = np.full(len(lon), None, dtype=object)
    placed = np.isfinite(lon)
    points[placed] = shapely.points(lon[placed], lat[placed])
    drawn = compounds.rows["geometry"].to_numpy(object) if "geometry" in compounds.rows else points
    return np.where(shapely.is_missing(drawn), points, drawn)
