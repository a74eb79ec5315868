"""Give persons and zones their compound, with the gazetteer as the running transaction knows it."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
import pandas as pd
import shapely
from sqlalchemy import Connection, func, select

import geo.gazetteer
from geo.address import building_of
from geo.address_match import AddressAnswer
from geo.address_model import FittedJudge, Lesson, judge_for
from geo.match import CompoundMatcher
from layers.intake.gazetteer_care import care_now, cared
from layers.intake.lessons import latest, learned_at, lessons
from layers.intake.places import believed
from layers.store.schema import FOREVER, care, compound, district

GAZETTEER = (
    "code",
    "name",
    "aliases",
    "addresses",
    "areas",
    "district",
    "district_stated",
    "street",
    "community",
    "lon",
    "lat",
    "shape",
)
WITHIN_M = 100.0  # a point this far outside an outline may still be the compound's: gates and shop fronts are geocoded
_matchers: dict[tuple[str, int, int, int, int], "Gazetteer"] = {}
_spellings: dict[tuple[str, int, int, int], dict[str, frozenset[str]]] = {}
_lock = Lock()


class Gazetteer:
    """A matcher over the believed compounds, and where each of them lies."""

    def __init__(
        self,
        rows: pd.DataFrame,
        titles: Mapping[str, str],
        cache: Path | None = None,
        lessons: Sequence[Lesson] = (),
        before: pd.DataFrame | None = None,
        centres: Sequence[tuple[float, float]] = (),
    ) -> None:
        """Build from rows with columns of GAZETTEER.

        titles   code -> name of the districts
        lessons  what the judge learns from reviewers
        before   the rows for which the judge was fitted, where reviewers taught aliases since: it is kept, because it weighs
                 evidence and knows no names, and a fit takes longer than a delivery may
        centres  points that geocoders give when they know no better
        """
        self.areas = rows.set_index("code")[["district", "street"]].fillna("")
        self._at = rows[["lon", "lat"]].to_numpy(float)  # in the order of the matcher's positions
        frame, judge = _as_gazetteer(rows, titles), None
        if before is not None:
            fitted = judge_for(_plain(_as_gazetteer(before, titles)), cache, lessons)
            judge = fitted if isinstance(fitted, FittedJudge) else None
        self.matcher = CompoundMatcher.build(frame, judge=judge, cache=cache, centres=centres, lessons=lessons)
        self.size = len(rows)

    def read(self, persons: pd.DataFrame, progress: Callable[[int, int], None] | None = None) -> list[AddressAnswer]:
        """Return what the address of each person means by itself, in order."""
        return self.matcher.read(_as_cases(persons), progress)

    def place(
        self, persons: pd.DataFrame, read: list[AddressAnswer] | None = None, frame_sure: float = 1.0
    ) -> pd.DataFrame:
        """Return placement columns per person, in order.

        persons  subject, address, lon, lat (WGS-84), district_name, district_code (stated; "" unknown)
        read     what `read` returned for them, when that was asked before
        frame_sure  how sure it is that their points were brought to WGS-84 from the right frame
        """
        answers = self.matcher.match(_as_cases(persons), WITHIN_M, answers=read, frame_sure=frame_sure)
        found = answers["compound_id"].to_numpy(object)
        area = self.areas.reindex(found).fillna("")
        building = [building_of(a) or "" if a and c else "" for a, c in zip(persons["address"], found, strict=True)]
        placed = found != ""
        return pd.DataFrame(
            {
                "subject": persons["subject"].to_numpy(object),
                "status": answers["status"].to_numpy(object),
                "compound": found,
                "district": np.where(
                    placed & (area["district"] != "").to_numpy(), area["district"], persons["district_code"]
                ),
                "street": area["street"].to_numpy(object),
                "building": building,
                "method": answers["method"].to_numpy(object),
                "probability": answers["probability"].to_numpy(float),
                "distance_m": answers["distance_m"].to_numpy(float),
                "alternatives": answers["alternatives"].to_list(),
                "reason_zh": answers["reason_zh"].to_numpy(object),
                "reason_en": answers["reason_en"].to_numpy(object),
            },
            index=persons.index,
        )

    def reliability(self) -> dict[str, Any]:
        """Return what is known about the judge of addresses, as plain data for a receipt.

        compounds, threshold (accepted from this probability on); of a fitted judge also its version, lessons (decisions of
        reviewers it had), and curve: low and high end of a band of probability, held-out samples in it, share right.
        """
        judge = self.matcher.judge
        plain = {"compounds": self.size, "threshold": float(judge.threshold)}
        if not isinstance(judge, FittedJudge):
            return plain
        curve = [[p.low, p.high, p.count, round(p.right, 5)] for p in judge.curve]
        return plain | {"version": judge.version, "lessons": judge.lessons, "curve": curve}

    def anchors(self, read: list[AddressAnswer]) -> tuple[np.ndarray, np.ndarray]:
        """Return lon, lat of the compound that each address alone names for certain, NaN where it names none."""
        named = [answer.position if answer.status == "accepted" else -1 for answer in read]
        at = np.vstack([self._at, [np.nan, np.nan]])[named]
        return at[:, 0], at[:, 1]


def _as_cases(persons: pd.DataFrame) -> pd.DataFrame:
    return persons.rename(columns={"subject": "case_id", "district_name": "district"})


def _as_gazetteer(rows: pd.DataFrame, titles: Mapping[str, str]) -> pd.DataFrame:
    """The rows as `geo` takes them.

    Addresses name districts in words; a stated name that is no district (a development zone) says more than where it lies.
    """
    frame = rows.rename(columns={"code": "compound_id", "district": "district_code"})
    frame["district"] = [titles.get(code, code) for code in frame["district_stated"]]
    frame["geometry"] = shapely.from_wkb(frame["shape"].to_numpy(object))
    return frame.drop(columns=["shape", "district_stated", "district_code"])


def _plain(frame: pd.DataFrame) -> geo.gazetteer.Gazetteer:
    return geo.gazetteer.Gazetteer.from_frame(frame.drop(columns="geometry"))


def gazetteer(connection: Connection, identity: str, cache: Path | None, *, learn: bool = False) -> Gazetteer:
    """Return the gazetteer of a store (`identity`) as believed now, with what people changed; built once per state of both.

    cache  folder for what the matcher learns from a gazetteer
    learn  take in all that reviewers decided until now; otherwise what they had decided when the gazetteer last changed or
           everybody was rematched (`lessons.learned_at`), so that a delivery never waits for a fit
    """
    at = latest(connection) if learn else learned_at(connection)
    key = (identity, *_state(connection), at)
    with _lock:
        if key not in _matchers:
            for old in [k for k in _matchers if k[0] == identity]:
                del _matchers[old]
            taught_since = not care_now(connection).equals(care_now(connection, at))
            before = (
                cared(believed(connection, compound, *GAZETTEER), care_now(connection, at)) if taught_since else None
            )
            _matchers[key] = Gazetteer(
                compounds_now(connection),
                _titles(connection),
                cache,
                lessons(connection, at),
                before,
                _centres(connection),
            )
        return _matchers[key]


def compounds_now(connection: Connection) -> pd.DataFrame:
    """Return the compounds that stand, with what people changed about them: columns of GAZETTEER."""
    return cared(believed(connection, compound, *GAZETTEER), care_now(connection))


def spellings(connection: Connection, identity: str) -> dict[str, frozenset[str]]:
    """Return every normalised spelling of a name, also without phase or 小区, and the compounds that bear it."""
    key = (identity, *_state(connection))
    with _lock:
        if key not in _spellings:
            _spellings.clear()
            rows = compounds_now(connection).rename(columns={"code": "compound_id"})
            known = geo.gazetteer.Gazetteer.from_frame(rows[["compound_id", "name", "aliases"]])
            _spellings[key] = {
                text: frozenset(known.compounds[position].compound_id for position, _ in found)
                for text, found in known.forms.items()
            }
        return _spellings[key]


def _state(connection: Connection) -> tuple[int, int, int]:
    """What the gazetteer depends on: versions of compounds, and of what people changed."""
    state = connection.execute(
        select(func.max(compound.c.id), func.count()).where(compound.c.known_until == FOREVER)
    ).one()
    changed = connection.execute(select(func.max(care.c.id))).scalar()
    return state[0] or 0, state[1], changed or 0


def _titles(connection: Connection) -> dict[str, str]:
    rows = believed(connection, district, "code", "name")
    return dict(zip(rows["code"], rows["name"], strict=True))


def _centres(connection: Connection) -> list[tuple[float, float]]:
    """The centres of the districts and of the city, which geocoders give when they know no better."""
    shapes = shapely.from_wkb(believed(connection, district, "shape")["shape"].to_numpy(object))
    shapes = shapes[~shapely.is_missing(shapes)]
    if not len(shapes):
        return []
    inner = shapely.point_on_surface(shapes)
    middle = shapely.centroid([*shapes, shapely.GeometryCollection(list(shapes))])
    return [(float(p.x), float(p.y)) for p in [*inner, *middle]]
