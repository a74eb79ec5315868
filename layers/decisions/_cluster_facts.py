"""What the search for clusters looks at, read from the store for one view."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import pandas as pd
from sqlalchemy import Select, select

from layers._errors import ViewError
from layers._view import View
from layers.decisions._inputs import as_date, blank, complete_day
from layers.decisions._silence import Silence, hear, no_deliveries
from layers.decisions.rules import RuleSet, in_force
from layers.store import Store, care, totals
from layers.store.asof import as_known, inside
from layers.store.schema import compound, total
from layers.store.totals import COUNTED

FEEDS = ("cases",)
TOPICS = ("cluster-scan", "case-definition")
NUMBERS = ("households", "population", "lon", "lat")


@dataclass(frozen=True)
class ClusterFacts:
    """Frames for one view.

    compounds  code, name, district, street, community, households, population, lon, lat; NaN where not known
    recent     area (a compound), day, n: persons first counted as a case, over the days of history
    last_day   last complete day that a delivery of cases covers
    new        persons first counted in the window in the whole area, wherever they live; None: not known
    feeds      feed, source, last: newest delivery of each source
    """

    compounds: pd.DataFrame = field(
        default_factory=lambda: blank("code name district street community households population lon lat")
    )
    recent: pd.DataFrame = field(default_factory=lambda: blank("area day n"))
    last_day: int = 0
    new: int | None = None
    feeds: pd.DataFrame = field(default_factory=no_deliveries)

    def frames(self) -> dict[str, pd.DataFrame]:
        """Return the frames by name, for the digest of the inputs."""
        window = pd.DataFrame({"last_day": [self.last_day], "new": [-1 if self.new is None else self.new]})
        return {"compounds": self.compounds, "recent": self.recent, "window": window, "feeds": self.feeds}


def held(view: View, rules: Iterable[RuleSet] | None = None) -> dict[str, RuleSet]:
    """Return the rules in force on the last complete day, by topic."""
    known = None if rules is None else tuple(rules)
    return {topic: in_force(topic, as_date(complete_day(view)), known) for topic in TOPICS}


def gather(store: Store, view: View, rules: Iterable[RuleSet] | None = None) -> ClusterFacts:
    """Read the facts of a city, a district or a street; a single compound has no clusters (ViewError)."""
    if view.level == "compound":
        raise ViewError(
            f"{view.area} is one compound; clusters are looked for in a street, a district or the city",
            f"{view.area}是单个小区；聚集性搜索的范围应为街道、区或全市",
        )
    in_use = held(view, rules)
    feeds = hear(store, view, FEEDS)
    last = Silence(feeds, view, FEEDS).last_day("cases")
    compounds = store.read(_compounds(view)).drop_duplicates("code")
    compounds = compounds.assign(**{name: pd.to_numeric(compounds[name]) for name in NUMBERS})
    settings, clinical = in_use["cluster-scan"].params, in_use["case-definition"].params["clinical_counts"]
    recent = store.read(_new(view, "compound", last - settings["history_days"], last, clinical))
    everywhere = store.read(_new(view, view.level, last - settings["days"], last, clinical))
    return ClusterFacts(
        compounds=compounds.reset_index(drop=True),
        recent=_summed(recent[recent["area"].isin(set(compounds["code"]))]),
        last_day=last,
        new=int(pd.to_numeric(everywhere["n"]).sum()),
        feeds=feeds,
    )


def _summed(rows: pd.DataFrame) -> pd.DataFrame:
    """Persons counted first as confirmed or first as clinical are both new cases."""
    rows = rows.assign(n=pd.to_numeric(rows["n"]), day=pd.to_numeric(rows["day"]))
    found = rows.groupby(["area", "day"], as_index=False)["n"].sum()
    return found[found["n"] > 0].reset_index(drop=True)  # corrections may leave a day with fewer than nobody


def _compounds(view: View) -> Select[Any]:
    c = compound.c
    where = (c.district, c.street, c.community)
    rows: Select[Any] = select(c.code, care.title(view), *where, c.households, c.population, c.lon, c.lat)
    rows = as_known(rows, compound, view).where(inside(compound, view), care.standing(view))
    return rows.order_by(c.code)


def _new(view: View, level: str, since: int, until: int, clinical: bool) -> Select[Any]:
    statuses = COUNTED if clinical else ("confirmed",)
    rows = totals.daily(view, level, "first" if clinical else "ever")
    return rows.where(total.c.event_day > since, total.c.event_day <= until, total.c.status.in_(statuses))
