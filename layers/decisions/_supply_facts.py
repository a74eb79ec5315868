"""What the supply decision looks at, read from the store for one view."""

from dataclasses import dataclass, field, fields

import pandas as pd
from sqlalchemy import or_, select

from layers._times import day_number, day_start, to_ms
from layers._view import View
from layers.decisions._inputs import Facts, as_date, blank, complete_day
from layers.decisions._silence import hear, no_deliveries
from layers.decisions.rules import in_force
from layers.store import Store
from layers.store.asof import as_known, known, newest
from layers.store.schema import hospital, stock, team

FEEDS = ("supplies",)


@dataclass(frozen=True)
class SupplyFacts(Facts):
    """Frames for one view; every one may be empty.

    stock    site, name, district, item, unit, quantity, daily_use, day (number of the day counted)
    feeds    feed, source, last: newest delivery of each source; without rows: nothing was ever delivered
    history  site, item, unit, day, quantity, daily_use: the counts of the last weeks, the newest among them
    staff    site, people: heads of the teams that work there
    places   site, lon, lat
    """

    stock: pd.DataFrame = field(default_factory=lambda: blank("site name district item unit quantity daily_use day"))
    feeds: pd.DataFrame = field(default_factory=no_deliveries)
    history: pd.DataFrame = field(default_factory=lambda: blank("site item unit day quantity daily_use"))
    staff: pd.DataFrame = field(default_factory=lambda: blank("site people"))
    places: pd.DataFrame = field(default_factory=lambda: blank("site lon lat"))

    def frames(self) -> dict[str, pd.DataFrame]:
        """Return the digests of the frames, worked out once, for the digest of the inputs."""
        return self.digested({f.name: getattr(self, f.name) for f in fields(self)})


def gather(store: Store, view: View) -> SupplyFacts:
    """Read the newest count of every site and item with those before it, and who works there; names of sites that are hospitals."""
    rows = store.read(newest(stock, view, by=("site", "item", "unit")))
    h = hospital.c
    sites = store.read(select(h.code, h.name, h.district, h.lon, h.lat).where(known(hospital, view)))
    sites = sites.drop_duplicates("code")
    rows = rows.merge(sites.drop(columns=["lon", "lat"]), left_on="site", right_on="code", how="left")
    rows = rows.assign(day=[day_number(moment) for moment in rows["happened_at"]])
    rows = rows.assign(
        unit=rows["unit"].fillna(""), name=rows["name"].fillna(rows["site"]), district=rows["district"].fillna("")
    )
    if view.district:
        rows = rows[rows["district"] == view.district]
    stocks = rows[list(SupplyFacts().stock.columns)].reset_index(drop=True)
    at = set(stocks["site"])
    places = sites.rename(columns={"code": "site"})[["site", "lon", "lat"]]
    return SupplyFacts(
        stocks,
        hear(store, view, FEEDS),
        _history(store, view, at),
        _staff(store, view, at),
        places[places["site"].isin(at)].reset_index(drop=True),
    )


def _history(store: Store, view: View, sites: set[str]) -> pd.DataFrame:
    last = complete_day(view)
    days = in_force("supply-reorder", as_date(last)).params["window_days"]
    c = stock.c
    asked = as_known(select(c.site, c.item, c.unit, c.quantity, c.daily_use, c.happened_at), stock, view)
    rows = store.read(asked.where(c.happened_at >= to_ms(day_start(last - days))).order_by(c.happened_at, c.id))
    rows = rows[rows["site"].isin(sites)]
    rows = rows.assign(unit=rows["unit"].fillna(""), day=[day_number(moment) for moment in rows["happened_at"]])
    newest_of_day = rows.drop_duplicates(["site", "item", "unit", "day"], keep="last")
    return newest_of_day[list(SupplyFacts().history.columns)].reset_index(drop=True)


def _staff(store: Store, view: View, sites: set[str]) -> pd.DataFrame:
    c = team.c
    present = as_known(select(c.hospital, c.people), team, view)
    rows = store.read(present.where(or_(c.leaves_at.is_(None), c.leaves_at > to_ms(view.as_of))))
    rows = rows[rows["hospital"].isin(sites)].assign(people=lambda r: pd.to_numeric(r["people"]))
    return rows.groupby("hospital")["people"].sum().rename_axis("site").reset_index()
