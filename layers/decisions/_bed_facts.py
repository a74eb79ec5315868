"""What the bed decision looks at, read from the store for one view."""

from dataclasses import dataclass, field, fields
from typing import Any

import pandas as pd
from sqlalchemy import Select, select

from layers import hospitals as hospital_layer
from layers._times import day_number
from layers._view import View
from layers.decisions._inputs import as_date, blank, complete_day
from layers.decisions._silence import hear, no_deliveries
from layers.decisions.rules import in_force
from layers.store import Store, totals
from layers.store.asof import as_known
from layers.store.schema import district, total

FEEDS = ("beds", "cases", "contacts", "fever")  # the weightiest first


@dataclass(frozen=True)
class BedFacts:
    """Frames for one view; every one may be empty.

    hospitals  one row per site and kind reported: id, name, kind, district, capacity, lon, lat, bed_kind, open, used, free, planned
    states     area (district), status, severity, n: persons now
    daily      measure (now | ever), area (district), status, day, n: the last days
    districts  code, name, name_en, lon, lat
    feeds      feed, source, last: newest delivery of each source; without rows: nothing was ever delivered
    """

    hospitals: pd.DataFrame = field(
        default_factory=lambda: blank("id name kind district capacity lon lat bed_kind open used free planned")
    )
    states: pd.DataFrame = field(default_factory=lambda: blank("area status severity n"))
    daily: pd.DataFrame = field(default_factory=lambda: blank("measure area status day n"))
    districts: pd.DataFrame = field(default_factory=lambda: blank("code name name_en lon lat"))
    feeds: pd.DataFrame = field(default_factory=no_deliveries)

    def frames(self) -> dict[str, pd.DataFrame]:
        """Return the frames by name, for the digest of the inputs."""
        return {f.name: getattr(self, f.name) for f in fields(self)}


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
    return BedFacts(
        hospitals=sites[list(BedFacts().hospitals.columns)],
        states=store.read(totals.state(view, "district")),
        daily=pd.concat([rows for rows in daily if len(rows)] or [BedFacts().daily], ignore_index=True),
        districts=store.read(_districts(view)),
        feeds=hear(store, view, FEEDS),
    )


def _districts(view: View) -> Select[Any]:
    d = district.c
    query = as_known(select(d.code, d.name, d.name_en, d.lon, d.lat), district, view)
    return query.where(d.code == view.district) if view.district else query


def _since(query: Select[Any], day: int) -> Select[Any]:
    return query.where(total.c.event_day > day)
