"""What the bed decision looks at, read from the store for one view."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field, fields
from functools import cached_property
from hashlib import sha256
from typing import Any, TypeVar

import pandas as pd
from sqlalchemy import Select, select

from layers import hospitals as hospital_layer
from layers import staff as staff_layer
from layers._times import day_number
from layers._view import View
from layers.decisions._bed_patients import PATIENTS, patients_of
from layers.decisions._inputs import as_date, blank, complete_day
from layers.decisions._silence import hear, no_deliveries
from layers.decisions.rules import in_force
from layers.store import Store, care, totals
from layers.store.asof import as_known, inside, known, newest
from layers.store.schema import compound, district, stock, total

FEEDS = ("beds", "cases", "contacts", "fever")  # the weightiest first
LARGE = ("patients", "compounds")  # frames whose digest is worked out once: a what-if changes none of them
T = TypeVar("T")
COMPOUNDS = "code name district street community population lon lat"


@dataclass(frozen=True)
class BedFacts:
    """Frames for one view; every one may be empty.

    hospitals  one row per site and kind reported: id, name, kind, district, capacity, lon, lat, bed_kind, open, used, free, planned
    states     area (district), status, severity, n: persons now
    daily      measure (now | ever), area (district), status, day, n: the last days
    districts  code, name, name_en, lon, lat
    feeds      feed, source, last: newest delivery of each source; without rows: nothing was ever delivered
    new        day, n: persons first counted as a case on each day, in the whole area
    patients   one row per person now ill: compound, district, status, severity, age, since (day first reported as ill)
    compounds  code, name, district, street, community, population, lon, lat
    teams      hospital, skill, people: those present
    oxygen     site, item, quantity
    """

    hospitals: pd.DataFrame = field(
        default_factory=lambda: blank("id name kind district capacity lon lat bed_kind open used free planned")
    )
    states: pd.DataFrame = field(default_factory=lambda: blank("area status severity n"))
    daily: pd.DataFrame = field(default_factory=lambda: blank("measure area status day n"))
    districts: pd.DataFrame = field(default_factory=lambda: blank("code name name_en lon lat"))
    feeds: pd.DataFrame = field(default_factory=no_deliveries)
    new: pd.DataFrame = field(default_factory=lambda: blank("day n"))
    patients: pd.DataFrame = field(default_factory=lambda: blank(PATIENTS))
    compounds: pd.DataFrame = field(default_factory=lambda: blank(COMPOUNDS))
    teams: pd.DataFrame = field(default_factory=lambda: blank("hospital skill people"))
    oxygen: pd.DataFrame = field(default_factory=lambda: blank("site item quantity"))

    def frames(self) -> dict[str, pd.DataFrame]:
        """Return the frames by name, for the digest of the inputs; of large ones their own digest."""
        return {f.name: getattr(self, f.name) for f in fields(self) if f.name not in LARGE} | {"large": self._large}

    def once(self, key: Hashable, make: Callable[[], T]) -> T:
        """Return what `make` returned for this key before: for what is a pure function of these facts and the key."""
        kept: dict[Hashable, T] = self.__dict__.setdefault("_kept", {})
        if key not in kept:
            kept[key] = make()
        return kept[key]

    @cached_property
    def _large(self) -> pd.DataFrame:
        return pd.DataFrame([(name, _digest(getattr(self, name))) for name in LARGE], columns=["frame", "digest"])


def _digest(frame: pd.DataFrame) -> str:
    """Digest of the rows in any order."""
    rows = pd.util.hash_pandas_object(frame[sorted(frame.columns)], index=False)
    return sha256(rows.sort_values().to_numpy().tobytes()).hexdigest()


def gather(store: Store, view: View) -> BedFacts:
    """Read the facts of `view`; beds are counted by district, so a street or a compound shows its district or the city."""
    view = view.narrowed(view.district)
    window = in_force("projection", as_date(complete_day(view))).params["window_days"]
    since = day_number(view.as_of) - window - 1
    daily = [
        store.read(_since(totals.daily(view, "district", measure), since)).assign(measure=measure)
        for measure in ("now", "ever")
    ]
    sites = store.read(hospital_layer.query(view))
    teams = store.read(staff_layer.query(view))
    return BedFacts(
        hospitals=sites[list(BedFacts().hospitals.columns)],
        states=store.read(totals.state(view, "district")),
        daily=pd.concat([rows for rows in daily if len(rows)] or [BedFacts().daily], ignore_index=True),
        districts=store.read(_districts(view)),
        feeds=hear(store, view, FEEDS),
        new=_new(store, view),
        patients=patients_of(store, view),
        compounds=store.read(_compounds(view)),
        teams=teams.loc[teams["hospital"].fillna("") != "", ["hospital", "skill", "people"]].reset_index(drop=True),
        oxygen=store.read(_oxygen(view)),
    )


def _new(store: Store, view: View) -> pd.DataFrame:
    """New cases by day: the definition does not matter to a bed, so clinical diagnoses count on every day."""
    rows = store.read(totals.daily(view, view.level, "first"))
    rows = rows[rows["status"].isin(totals.COUNTED) & (rows["day"] <= complete_day(view))]
    return rows.groupby("day")["n"].sum().reset_index()


def _compounds(view: View) -> Select[Any]:
    c = compound.c
    query = select(c.code, c.name, c.district, c.street, c.community, c.population, c.lon, c.lat)
    return query.where(known(compound, view), care.standing(view), inside(compound, view)).order_by(c.code)


def _oxygen(view: View) -> Select[Any]:
    items = in_force("oxygen", as_date(complete_day(view))).params["items"]
    last = newest(stock, view, by=("site", "item")).subquery()
    return select(last.c.site, last.c.item, last.c.quantity).where(last.c.item.in_(items))


def _districts(view: View) -> Select[Any]:
    d = district.c
    query = as_known(select(d.code, d.name, d.name_en, d.lon, d.lat), district, view)
    return query.where(d.code == view.district) if view.district else query


def _since(query: Select[Any], day: int) -> Select[Any]:
    return query.where(total.c.event_day > day)
