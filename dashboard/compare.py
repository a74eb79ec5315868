"""Two areas or two days side by side: their figures, what differs, and what of the difference the house can explain. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pandas as pd

from dashboard.text import both, is_unknown
from layers._times import day_number
from layers._view import View
from layers.decisions._proposal import Plan, Words

PERSONS, COMPOUNDS, BEDS, STOCKS, SHARE = "persons", "compounds", "beds", "stocks", "per_100k"
# key -> title, unit; of `Desk.counts`
COUNTS: Mapping[str, tuple[str, str, str]] = {
    "ever_counted": (*both("compare.counts_ever_counted"), PERSONS),
    "new1_counted": (*both("compare.counts_new1_counted"), PERSONS),
    "new14_counted": (*both("compare.counts_new14_counted"), PERSONS),
    "now_confirmed": (*both("compare.counts_now_confirmed"), PERSONS),
    "now_clinical": (*both("compare.counts_now_clinical"), PERSONS),
    "now_suspected": (*both("compare.counts_now_suspected"), PERSONS),
    "now_contact": (*both("compare.counts_now_contact"), PERSONS),
    "ever_cured": (*both("compare.counts_ever_cured"), PERSONS),
    "ever_dead": (*both("compare.counts_ever_dead"), PERSONS),
}
# plan -> key of its summary -> title, unit
PLANNED: Mapping[str, Mapping[str, tuple[str, str, str]]] = {
    "lockdown": {
        "compounds": (*both("compare.compounds"), COMPOUNDS),
        "with_cases_14d": (*both("compare.compounds_cases_in"), COMPOUNDS),
        "seal": (*both("compare.seal"), COMPOUNDS),
        "seal_building": (*both("compare.buildings_seal"), COMPOUNDS),
        "no_epidemic": (*both("compare.no_epidemic_compounds"), COMPOUNDS),
    },
    "beds": {
        "shortage_critical": (*both("compare.beds_short_critical"), BEDS),
        "shortage_severe": (*both("compare.beds_short_severe"), BEDS),
        "shortage_light": (*both("compare.beds_short_mild"), BEDS),
        "shortage_7d_severe": (*both("compare.beds_short_in_7"), BEDS),
    },
    "supplies": {
        "below_target": (*both("compare.stocks_below_target"), STOCKS),
        "urgent": (*both("compare.stocks_under_day"), STOCKS),
        "unknown": (*both("compare.stocks_unknown_use"), STOCKS),
    },
}
UNITS: Mapping[str, tuple[str, str]] = {
    PERSONS: both("compare.persons"),
    COMPOUNDS: both("compare.compounds_unit"),
    BEDS: both("compare.beds"),
    STOCKS: both("compare.stocks"),
    SHARE: both("compare.per_100k"),
}


@dataclass(frozen=True)
class Line:
    """One figure of both sides; what is not known of either stays NaN, and so does what follows from it."""

    key: str
    zh: str
    en: str
    unit: str
    a: float
    b: float

    @property
    def difference(self) -> float:
        """B less A."""
        return self.b - self.a

    @property
    def ratio(self) -> float:
        """The difference as a share of A; NaN where A is 0 or unknown."""
        return self.difference / self.a if self.a else float("nan")


def lines(titles: Mapping[str, tuple[str, str, str]], a: Mapping[str, Any], b: Mapping[str, Any]) -> list[Line]:
    """Return the figures that either side knows, in the order of the titles."""
    found = [
        Line(key, zh, en, unit, _number(a.get(key)), _number(b.get(key))) for key, (zh, en, unit) in titles.items()
    ]
    return [one for one in found if not (is_unknown(one.a) and is_unknown(one.b))]


def _number(value: Any) -> float:
    return float("nan") if is_unknown(value) else float(value)


def rate(ever: Line, population_a: float, population_b: float) -> Line:
    """Return cases of 100,000 residents, so that areas of two sizes can be compared; NaN where the residents are not known."""
    a, b = (
        100_000 * n / people if people > 0 else float("nan")
        for n, people in ((ever.a, population_a), (ever.b, population_b))
    )
    return Line("per_100k", *both("compare.cases_100_000"), SHARE, a, b)


def curves(a: pd.DataFrame, b: pd.DataFrame, statuses: Sequence[str]) -> tuple[list[pd.Series], float]:
    """Return new persons a day of each side over the same days, and the top of the one scale on which both are drawn.

    a, b  status, day, n; days on which nobody was counted are 0 within the days that either side has
    """
    days = [rows[rows["status"].isin(statuses)].groupby("day")["n"].sum() for rows in (a, b)]
    every = [day for one in days for day in one.index]
    if not every:
        return [pd.Series(dtype=float), pd.Series(dtype=float)], 0.0
    span = range(min(every), max(every) + 1)
    filled = [one.reindex(span).fillna(0.0) if len(one) else pd.Series(float("nan"), index=span) for one in days]
    return filled, float(max(one.max() for one in filled if one.notna().any()))


def until(curve: pd.Series, as_of: datetime) -> pd.Series:
    """Return a curve that ends with the day of its side's `as_of`: what came later is not 0, it had not happened."""
    return curve[curve.index <= day_number(as_of)]


def explained(
    a: View,
    b: View,
    ever: Line | None,
    known_later: float | None,
    step: tuple[str, str],
    silent: Mapping[str, Sequence[Words]],
) -> list[Words]:
    """Return what the house knows about why the sides differ, the weightiest first; nothing where it knows nothing.

    ever         cases of both sides, None where neither has heard of one
    known_later  cases of A's area by A's `as_of`, as B knows them; None where the areas differ or a side has heard of no case
    step         first and last day of a change of definition, as ISO days
    silent       "A", "B" -> sentences about feeds that were overdue
    """
    found = []
    if ever is None or known_later is None:
        pass  # nothing that could be told apart
    elif a.as_of != b.as_of and a.known_at != b.known_at:
        revised, happened = known_later - ever.a, ever.b - known_later
        found.append(
            Words(
                *both("compare.cases_total_differ", difference=ever.difference, happened=happened, revised=revised),
            )
        )
    elif a.known_at != b.known_at:
        found.append(
            Words(
                *both("compare.both_sides_end", difference=ever.difference),
            )
        )
    first, last = sorted((f"{a.as_of:%Y-%m-%d}", f"{b.as_of:%Y-%m-%d}"))
    if first < step[1] and last >= step[0]:
        found.append(Words(*both("compare.definition", first=step[0], last=step[1])))
    if a.area != b.area:
        found.append(
            Words(
                *both("compare.sides_two_areas"),
            )
        )
    for side, told in silent.items():
        found += [Words(f"{side}：{words.zh}", f"{side}: {words.en}") for words in told]
    return found


def silences(plans: Sequence[Plan]) -> list[Words]:
    """Return the overdue feeds behind some plans, each once."""
    return list(dict.fromkeys(words for plan in plans for words in plan.silence))
