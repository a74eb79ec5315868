"""The public bulletin of a day: new persons by district and in the city, with so many counts hidden that none of a few persons is told."""

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd
from sqlalchemy import select

from layers._errors import ViewError
from layers._times import day_number, day_start
from layers._view import View
from layers.decisions._silence import Silence, hear
from layers.decisions.disclosure import protect
from layers.decisions.rules import RuleSet, in_force
from layers.store import Store, releases, totals
from layers.store.asof import as_known
from layers.store.schema import district

MEASURES = {  # what is counted -> measure of the totals, statuses
    "cases": ("first", ("confirmed", "clinical")),
    "cured": ("ever", ("cured",)),
    "dead": ("ever", ("dead",)),
}
ELSEWHERE = "-"  # persons of the city who are placed in no district; never shown, but part of the total


@dataclass(frozen=True)
class Bulletin:
    """What may be made public of a day.

    tables  measure -> area ("" the city, else a district), first, last (the day), count; NaN where a count is not shown
    rule    the rule by which counts are hidden
    after   number of the newest release that it was held against
    """

    day: int
    tables: dict[str, pd.DataFrame]
    rule: RuleSet
    after: int

    @property
    def hidden(self) -> int:
        """How many counts are not shown."""
        return sum(int(table["count"].isna().sum()) for table in self.tables.values())


def bulletin(store: Store, view: View, told: Callable[[int, int], None] | None = None) -> Bulletin:
    """Return the bulletin of the view's day, for the whole city, against everything that was ever made public of it.

    told  measures done, of how many
    Raises ViewError for a view of a part of the city, for a bulletin tells of all its districts, and for a day that no delivery of
    cases covers to its end, for nobody told is not nobody; DisclosureError where no hiding
    helps, because earlier releases and this one would together tell a count of a few persons.
    """
    if view.area:
        raise ViewError(f"area {view.area}: a bulletin is of the whole city", f"{view.area}：公报须为全市")
    day, after = day_number(view.as_of), releases.last(store)
    _require_told(store, view, day)
    rule = in_force("public-release", day_start(day).date())
    codes = _districts(store, view)
    parts = {**{code: [code] for code in codes}, "": [*codes, ELSEWHERE]}
    tables = {}
    for done, (name, (measure, statuses)) in enumerate(MEASURES.items()):
        if told:
            told(done, len(MEASURES))
        truth = _truth(store, view, measure, statuses)
        tables[name] = protect(
            _of_day(truth, parts, day), releases.earlier(store, name), truth, parts, rule.params["k"]
        )
    if told:
        told(len(MEASURES), len(MEASURES))
    return Bulletin(day, tables, rule, after)


def _require_told(store: Store, view: View, day: int) -> None:
    silence = Silence(hear(store, view, ("cases",)), view, ("cases",))
    whole = silence.last_day("cases")
    if silence.never("cases") or whole < day:
        named, until = (day_start(one).date().isoformat() for one in (day, whole))
        reach = ("none came", "尚无报送") if silence.never("cases") else (f"they reach to {until}", f"报送只到{until}")
        raise ViewError(
            f"{named}: no delivery of cases covers the day to its end ({reach[0]}); a bulletin is of a whole day",
            f"{named}：病例报送尚未覆盖全天（{reach[1]}），不能公布",
        )


def _districts(store: Store, view: View) -> list[str]:
    """Every district that is known, and any that persons are counted in."""
    known = store.read(as_known(select(district.c.code), district, view))["code"]
    return sorted({str(code) for code in [*known, *store.read(totals.daily(view, "district"))["area"]] if code})


def _truth(store: Store, view: View, measure: str, statuses: tuple[str, ...]) -> pd.DataFrame:
    """Return area, day, count of every district and of those in none."""
    rows = store.read(totals.daily(view, "district", measure))
    rows = rows[rows["status"].isin(statuses)].assign(area=lambda found: found["area"].replace("", ELSEWHERE))
    return rows.groupby(["area", "day"])["n"].sum().rename("count").reset_index()


def _of_day(truth: pd.DataFrame, parts: dict[str, list[str]], day: int) -> pd.DataFrame:
    counts = truth[truth["day"] == day].set_index("area")["count"]
    rows = [(area, day, day, float(counts.reindex(members, fill_value=0).sum())) for area, members in parts.items()]
    return pd.DataFrame(rows, columns=["area", "first", "last", "count"])
