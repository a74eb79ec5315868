"""Give persons and zones their compound, with the gazetteer as the running transaction knows it."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
import pandas as pd
import shapely
from sqlalchemy import Connection, func, select

import geo.gazetteer
from geo.address import building_of
from geo.address_judge import Judge
from geo.address_match import AddressAnswer
from geo.address_model import FittedJudge, judge_for
from geo.match import CompoundMatcher
from layers.intake.gazetteer_care import care_now, cared
from layers.intake.judges import judge_of
from layers.intake.lessons import latest, learned_at, lessons
from layers.intake.places import believed
from layers.store import Store
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
State = tuple[int, ...]
_matchers: dict[tuple[str, State, int], "Gazetteer"] = {}
_spellings: dict[tuple[str, State], dict[str, frozenset[str]]] = {}
_building: dict[tuple[str, State, int], Lock] = {}
_lock, _spelling = Lock(), Lock()  # _lock is never held while a matcher is built


class Gazetteer:
    """A matcher over the believed compounds, and where each of them lies."""

    def __init__(
        self,
        rows: pd.DataFrame,
        titles: Mapping[str, str],
        judge: Callable[[geo.gazetteer.Gazetteer], Judge] = judge_for,
        centres: Sequence[tuple[float, float]] = (),
    ) -> None:
        """Build from rows with columns of GAZETTEER.

        titles   code -> name of the districts
        judge    returns the judge of addresses for a gazetteer
        centres  points that geocoders give when they know no better
        """
        self.areas = rows.set_index("code")[["district", "street"]].fillna("")
        self._at = rows[["lon", "lat"]].to_numpy(float)  # in the order of the matcher's positions
        frame = _as_gazetteer(rows, titles)
        plain = geo.gazetteer.Gazetteer.from_frame(frame.drop(columns="geometry"))
        self.matcher = CompoundMatcher.build(frame, judge=judge(plain), centres=centres)
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


def gazetteer(connection: Connection, identity: str, cache: Path | None, *, learn: bool = False) -> Gazetteer:
    """Return the gazetteer of a store (`identity`) as believed now, with what people changed; built once per state of both.

    cache  folder for what the matcher learns from a gazetteer
    learn  fit the judge of addresses anew where need be, with all that reviewers decided until now; otherwise the store's
           last judge serves (`judges.judge_of`), so that a delivery, which keeps others from writing, waits for no fit
    """
    at = latest(connection) if learn else learned_at(connection)
    key = (identity, _state(connection), at)
    with _lock:
        if key in _matchers:
            return _matchers[key]
        own = _building.setdefault(key, Lock())
    with own:  # who asks for the same waits for the one that builds it, and nobody else does
        with _lock:
            found = _matchers.get(key)
        if found is None:
            found = _built(connection, identity, cache, at, learn)
            with _lock:
                for old in [k for k in _matchers if k[0] == identity]:
                    del _matchers[old]
                _matchers[key] = found
                _building.pop(key, None)
        return found


def ready(store: Store) -> None:
    """Build the store's gazetteer, and fit a judge where it has none, before somebody takes the writer: others can write meanwhile.

    Costs nothing once it is built; a first fit takes from ten seconds to minutes on a city, for example after a restore
    from a backup that holds no cache.
    """
    with store.snapshot() as connection:
        gazetteer(connection, store.identity, store.cache)


def unkept(connection: Connection, identity: str, cache: Path | None) -> Gazetteer:
    """Return the gazetteer as this transaction sees it, kept for nobody: what is rehearsed and rolled back may not serve others."""
    return _built(connection, identity, cache, learned_at(connection), False)


def _built(connection: Connection, identity: str, cache: Path | None, at: int, learn: bool) -> Gazetteer:
    taught = lessons(connection, at)
    judge = partial(judge_of, identity, cache=cache, lessons=taught, fit=learn)
    return Gazetteer(compounds_now(connection), _titles(connection), judge, _centres(connection))


def compounds_now(connection: Connection) -> pd.DataFrame:
    """Return the compounds that stand, with what people changed about them: columns of GAZETTEER."""
    return cared(believed(connection, compound, *GAZETTEER), care_now(connection))


def spellings(connection: Connection, identity: str) -> dict[str, frozenset[str]]:
    """Return every normalised spelling of a name, also without phase or 小区, and the compounds that bear it."""
    key = (identity, _state(connection))
    with _spelling:
        if key not in _spellings:
            _spellings.clear()
            rows = compounds_now(connection).rename(columns={"code": "compound_id"})
            known = geo.gazetteer.Gazetteer.from_frame(rows[["compound_id", "name", "aliases"]])
            _spellings[key] = {
                text: frozenset(known.compounds[position].compound_id for position, _ in found)
                for text, found in known.forms.items()
            }
        return _spellings[key]


def _state(connection: Connection) -> State:
    """What the gazetteer depends on: versions of compounds and of districts (names, centres), and of what people changed."""
    found: list[int] = []
    for table in (compound, district):
        newest = select(func.max(table.c.id), func.count()).where(table.c.known_until == FOREVER)
        found += [value or 0 for value in connection.execute(newest).one()]
    return *found, connection.execute(select(func.max(care.c.id))).scalar() or 0


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
