"""Give every case its compound, from its address, its point, or both; or say why it has none."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geo.address import without_tail
from geo.address_joint import Clue, PointAnswer, PointState, Verdict, join
from geo.address_judge import Judge
from geo.address_match import AddressAnswer, AddressMatcher
from geo.address_model import Lesson, judge_for
from geo.crs import distance_m, metres_a_degree
from geo.errors import GeoError
from geo.gazetteer import Gazetteer
from geo.geocode_model import rounding_m
from geo.point_index import PointIndex

MATCH_COLUMNS = [
    "case_id",
    "status",
    "compound_id",
    "method",
    "probability",
    "distance_m",
    "alternatives",
    "reason_zh",
    "reason_en",
]

SHARED_BY = 20  # so many records with different addresses on one coordinate: somebody filled it in
SHARED_PLACES = 5  # ... and meaning at least so many different compounds: one large compound is not a filled-in value
CENTRE_M = 30.0
FINE_M = 25.0  # a coordinate that may lie further off does not stand in a compound, unless the whole of its doubt does
UNCONFIRMED = 0.98  # how sure a stated frame is that no anchors confirm: an assumption, every file tested was as stated

Floats = NDArray[np.float64]


class CompoundMatcher:
    """Matches cases against the compounds of one gazetteer; build once, match many files."""

    def __init__(
        self,
        addresses: AddressMatcher,
        geometries: NDArray[np.object_] | None,
        centres: Sequence[tuple[float, float]] = (),
        index: PointIndex | None = None,
    ) -> None:
        self._addresses = addresses
        self._gazetteer = addresses.gazetteer
        self._geometries = geometries
        self._index = index or (PointIndex(geometries) if geometries is not None else None)
        self._drawn_as_point = shapely.get_type_id(geometries) == 0 if geometries is not None else np.empty(0, bool)
        self._centres = np.asarray(centres, dtype=float).reshape(-1, 2)

    @classmethod
    def build(
        cls,
        compounds: pd.DataFrame,
        *,
        judge: Judge | None = None,
        cache: Path | None = None,
        centres: Sequence[tuple[float, float]] = (),
        lessons: Sequence[Lesson] = (),
        index: PointIndex | None = None,
    ) -> "CompoundMatcher":
        """Build from a frame with the gazetteer's columns and, where known, `geometry` or `lon`, `lat` (WGS-84).

        A gazetteer of a city's size gets a judge fitted to it, which takes some ten seconds; with the folder `cache` it is
        fitted once for a content. `judge` overrides that. `centres` are points, as (lon, lat), that geocoders give when they
        know no better: centres of districts and of the city. `lessons` are reviewers' decisions, which the fit learns from.
        `index` is one over `geometries_of` that was made before.
        """
        gazetteer = Gazetteer.from_frame(_with_points(compounds))
        matcher = AddressMatcher(gazetteer, judge or judge_for(gazetteer, cache, lessons))
        return cls(matcher, geometries_of(compounds), centres, index)

    def placed_at(self, compounds: pd.DataFrame) -> "CompoundMatcher":
        """Return this matcher with the compounds at other positions: once their frame is known, nothing need be read again.

        compounds  the frame it was built from, `geometry` or `lon`, `lat` now in WGS-84
        """
        return CompoundMatcher(self._addresses, geometries_of(compounds), [(x, y) for x, y in self._centres])

    @property
    def judge(self) -> Judge:
        """Who tells sure matches of addresses from unsure ones, with its threshold."""
        return self._addresses.judge

    def read(self, cases: pd.DataFrame, progress: Callable[[int, int], None] | None = None) -> list[AddressAnswer]:
        """Return what the address of each case means by itself, in order; `address` and `district` as in `match`."""
        districts = [d or None for d in _texts(cases, "district")]
        return self._addresses.match(_texts(cases, "address"), districts, progress)

    def match(
        self,
        cases: pd.DataFrame,
        within_m: float = 100.0,
        progress: Callable[[int, int], None] | None = None,
        answers: list[AddressAnswer] | None = None,
        frame_sure: float = 1.0,
    ) -> pd.DataFrame:
        """Return one row a case, in input order, with MATCH_COLUMNS.

        cases       `case_id` and, where known, `address`, `lon`, `lat` (WGS-84 degrees), `district`, `precision_m`: how far
                    off the point may be by the source's own word; rounding to three decimals or fewer is seen without it
        answers     what `read` returned for these cases, when that was asked before
        frame_sure  how sure it is that the points were brought to WGS-84 from the right frame (see UNCONFIRMED)
        `compound_id` is empty unless the status is accepted. `distance_m` is the distance from the case's point to the best
        compound, also of rows that are not accepted; NaN without a point or without a candidate. `alternatives` lists at
        most five {"compound_id", "name", "score"}, best first. Raises GeoError when `case_id` is missing.
        """
        if "case_id" not in cases.columns:
            raise GeoError(
                f"cases: column 'case_id' is missing; found {list(cases.columns)}. Rename it or pass a profile"
            )
        texts, districts = _texts(cases, "address"), _texts(cases, "district")
        answers = self.read(cases, progress) if answers is None else answers
        lon, lat = _numbers(cases, "lon"), _numbers(cases, "lat")
        points = self._points(lon, lat, _precision(cases, lon, lat), texts, answers, within_m)
        reaches = self._reaches(lon, lat, points, answers)
        verdicts = [
            join(self._clue(text, district or None, answer, point, reach, within_m, frame_sure))
            for text, district, answer, point, reach in zip(texts, districts, answers, points, reaches, strict=True)
        ]
        ids = [str(case_id) for case_id in cases["case_id"]]
        rows = [self._row(i, v, p, r) for i, v, p, r in zip(ids, verdicts, points, reaches, strict=True)]
        return _typed(pd.DataFrame(rows, columns=MATCH_COLUMNS))

    def _points(
        self,
        lon: Floats,
        lat: Floats,
        precision: Floats,
        texts: list[str],
        answers: list[AddressAnswer],
        within_m: float,
    ) -> list[PointAnswer]:
        good = np.isfinite(lon) & np.isfinite(lat)
        points = [PointAnswer("none")] * len(lon)
        if self._index is None or not good.any():
            return points
        located = self._index.locate(lon[good], lat[good], within_m)
        imputed = _imputed(lon, lat, texts, answers, self._centres)
        for k, i in enumerate(np.flatnonzero(good)):
            if imputed[i]:
                points[i] = PointAnswer("imputed", imputed_by=imputed[i])
                continue
            position, rough = int(located.position[k]), float(precision[i])
            inside = bool(located.inside[k])
            if rough > FINE_M and not self._surely_at(position, lon[i], lat[i], rough):
                points[i] = PointAnswer("coarse", runner_up=position, precision_m=rough)
                continue
            state: PointState = "inside" if inside else ("near" if position >= 0 else "away")
            points[i] = PointAnswer(
                state,
                position,
                float(located.distance_m[k]),
                bool(located.ambiguous[k]),
                int(located.runner_up[k]),
                precision_m=rough,
            )
        return points

    def _surely_at(self, position: int, lon: float, lat: float, precision_m: float) -> bool:
        """Whether a coarse point belongs to a compound all the same: all it may stand for lies inside, or it is the compound's own."""
        if position < 0 or self._geometries is None:
            return False
        shape = self._geometries[position]
        if self._drawn_as_point[position]:
            return bool(distance_to(self._geometries[[position]], np.array([lon]), np.array([lat]))[0] < 1.0)
        if not shapely.intersects_xy(shape, lon, lat):
            return False
        edge = np.array([shapely.boundary(shape)], dtype=object)
        return bool(distance_to(edge, np.array([lon]), np.array([lat]))[0] >= precision_m)

    def _reaches(
        self, lon: Floats, lat: Floats, points: list[PointAnswer], answers: list[AddressAnswer]
    ) -> list[dict[int, float]]:
        """Return for each case how far its point is from every compound in question."""
        reaches: list[dict[int, float]] = [{} for _ in points]
        if self._geometries is None:
            return reaches
        wanted = [
            (i, position)
            for i, (point, answer) in enumerate(zip(points, answers, strict=True))
            if np.isfinite(lon[i]) and np.isfinite(lat[i])
            for position in {answer.position, point.position, point.runner_up, *(p for p, _ in answer.alternatives)}
            - {-1}
        ]
        if wanted:
            rows, positions = np.array(wanted).T
            metres = distance_to(self._geometries[positions], lon[rows], lat[rows])
            for (i, position), far in zip(wanted, metres, strict=True):
                if np.isfinite(far):
                    reaches[i][position] = float(far)
        return reaches

    def _clue(
        self,
        text: str,
        district: str | None,
        answer: AddressAnswer,
        point: PointAnswer,
        reach: dict[int, float],
        within_m: float,
        frame_sure: float,
    ) -> Clue:
        open_question = answer.status != "accepted" and point.position >= 0 and bool(text)
        says, contradicts = (
            self._addresses.stance(text, district, point.position) if open_question else (bool(text), False)
        )
        discs = frozenset(p for p in reach if self._drawn_as_point[p])
        return Clue(answer, point, reach, says, contradicts, within_m, frame_sure, discs)

    def _row(self, case_id: str, verdict: Verdict, point: PointAnswer, reach: dict[int, float]) -> tuple[Any, ...]:
        compounds = self._gazetteer.compounds
        alternatives = [
            {"compound_id": compounds[p].compound_id, "name": compounds[p].name, "score": round(score, 4)}
            for p, score in verdict.alternatives
        ]
        accepted = verdict.status == "accepted"
        return (
            case_id,
            verdict.status,
            compounds[verdict.position].compound_id if accepted else "",
            verdict.method,
            verdict.probability,
            reach.get(verdict.position, float("nan")),
            alternatives,
            verdict.reason_zh,
            verdict.reason_en,
        )


def distance_to(geometries: NDArray[np.object_], lon: Floats, lat: Floats) -> Floats:
    """Return metres from each point to its geometry (0 inside), on a plane laid at the point; NaN for a missing geometry."""
    coordinates, owner = shapely.get_coordinates(geometries, return_index=True)
    east, north = metres_a_degree(lat)
    local = np.column_stack(
        [(coordinates[:, 0] - lon[owner]) * east[owner], (coordinates[:, 1] - lat[owner]) * north[owner]]
    )
    flat = shapely.set_coordinates(np.array(geometries, dtype=object, copy=True), local)
    return np.asarray(shapely.distance(flat, shapely.Point(0, 0)), dtype=float)


def _with_points(compounds: pd.DataFrame) -> pd.DataFrame:
    """Add `lon`, `lat` from the geometry where the frame has none: the gazetteer tells twins by their distance."""
    if "geometry" not in compounds.columns or {"lon", "lat"} <= set(compounds.columns):
        return compounds
    shapes = geometries_of(compounds)
    plain = pd.DataFrame(compounds).drop(columns="geometry")
    if shapes is None:
        return plain
    inner = shapely.point_on_surface(shapes)
    return plain.assign(lon=shapely.get_x(inner), lat=shapely.get_y(inner))


def geometries_of(compounds: pd.DataFrame) -> NDArray[np.object_] | None:
    """Return polygons or points, one a compound, None where a compound has none; None when no compound has any."""
    shapes = np.full(len(compounds), None, dtype=object)
    if {"lon", "lat"} <= set(compounds.columns):
        lon, lat = _numbers(compounds, "lon"), _numbers(compounds, "lat")
        good = np.isfinite(lon) & np.isfinite(lat)
        shapes[good] = shapely.points(lon[good], lat[good])
    if "geometry" in compounds.columns:
        drawn = np.array([g if g is not None and g == g else None for g in compounds["geometry"]], dtype=object)
        shapes = np.where(shapely.is_missing(drawn), shapes, drawn)
    empty = shapely.is_missing(shapes) | shapely.is_empty(shapes)
    shapes[empty] = None
    return None if empty.all() else shapes


def _precision(cases: pd.DataFrame, lon: Floats, lat: Floats) -> Floats:
    """How far off each point may be by the source's word or by its rounding, whichever is more; 0 where neither says anything."""
    stated = np.nan_to_num(_numbers(cases, "precision_m"), nan=0.0)
    return np.maximum(np.where(stated > 0, stated, 0.0), rounding_m(lon, lat))


def _imputed(lon: Floats, lat: Floats, texts: list[str], answers: list[AddressAnswer], centres: Floats) -> list[str]:
    """Say for each case whether its coordinate was filled in: '' (no), 'shared' or 'centre'."""
    by_place: defaultdict[tuple[float, float], list[int]] = defaultdict(list)
    for i in np.flatnonzero(np.isfinite(lon) & np.isfinite(lat)).tolist():
        by_place[(round(float(lon[i]), 6), round(float(lat[i]), 6))].append(i)
    found = [""] * len(lon)
    for (x, y), members in by_place.items():
        kind = "centre" if _is_centre(x, y, centres) else "shared" if _is_shared(members, texts, answers) else ""
        for i in members:
            found[i] = kind
    return found


def _is_centre(lon: float, lat: float, centres: Floats) -> bool:
    if not len(centres):
        return False
    return bool((distance_m(centres[:, 0], centres[:, 1], lon, lat) <= CENTRE_M).any())


def _is_shared(members: list[int], texts: list[str], answers: list[AddressAnswer]) -> bool:
    if len(members) < SHARED_BY:
        return False
    bodies = {without_tail(texts[i]) for i in members} - {""}
    places = {answers[i].position for i in members} - {-1}
    return len(bodies) >= SHARED_BY and len(places) >= SHARED_PLACES


def _texts(frame: pd.DataFrame, column: str) -> list[str]:
    if column not in frame.columns:
        return [""] * len(frame)
    return [value.strip() if isinstance(value, str) else "" for value in frame[column]]


def _numbers(frame: pd.DataFrame, column: str) -> Floats:
    if column not in frame.columns:
        return np.full(len(frame), np.nan)
    return pd.to_numeric(frame[column], errors="coerce").to_numpy(dtype=float, na_value=np.nan)


def _typed(answers: pd.DataFrame) -> pd.DataFrame:
    return answers.astype({"probability": float, "distance_m": float})
