"""The moments of a store as the time machine offers them: bulletins, orders, changes of rules, newest first."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import pandas as pd

from dashboard.access import SHARED
from dashboard.desk import Desk
from dashboard.roles import Person
from dashboard.text import both, figure
from layers._times import SHANGHAI, day_number, day_start, from_ms, parse_time, to_ms
from layers._view import View
from layers.decisions.rules import all_rules
from layers.store import moments
from layers.store.moments import CASES

KINDS = ("rule", "bulletin", "order")
MOST_ORDERS = 40  # in the menu; the page of orders has all
TOPICS = ("case-definition", "closure", "risk-level", "no-epidemic")  # rules whose change a room would look at


@dataclass(frozen=True)
class Moment:
    """One moment: what it was, what it is called in both languages, and the clocks that show what the room saw."""

    kind: str
    as_of: datetime
    known_at: datetime
    zh: str
    en: str

    def told(self, lang: str) -> dict[str, Any]:
        """Return it as the browser takes it: kind, both clocks in ms, text."""
        text = self.zh if lang == "zh" else self.en
        return {"kind": self.kind, "as_of": to_ms(self.as_of), "known_at": to_ms(self.known_at), "text": text}


def all_moments(desk: Desk, who: Person | None, view: View) -> list[Moment]:
    """Return rule changes, bulletins and the newest orders of what the store knows now, newest first of each kind."""
    now = desk.store.view(view.area)
    told = deliveries(desk, who, now)
    cases = told[told["feed"] == CASES]
    first = day_number(cases["at"].min()) if len(cases) else day_number(now.as_of)
    return [*rules(first, day_number(now.as_of)), *bulletins(cases), *orders(desk, who, now)]


def deliveries(desk: Desk, who: Person | None, view: View) -> pd.DataFrame:
    """Return `layers.store.moments.deliveries` and the `day` of each; who delivered when is for everybody."""

    def read() -> pd.DataFrame:
        rows = desk.gate.read(desk.store, who, moments.deliveries, view, SHARED)
        return rows.assign(day=[day_number(at) for at in rows["at"]])

    return desk.memory.get(("deliveries", desk.revision(desk.store.settled(view))), read)  # type: ignore[no-any-return]


def heard(desk: Desk, who: Person | None, view: View) -> set[str]:
    """Return the feeds that had ever delivered by the view's knowledge time; what the others would tell is unknown, not 0."""
    rows = deliveries(desk, who, desk.store.view(view.area))
    return set(rows.loc[rows["at"] <= view.known_at, "feed"])


def bulletins(cases: pd.DataFrame) -> list[Moment]:
    """Return one moment a day on which cases were delivered: after its last file, at which the room read the bulletin."""
    found = []
    for _, rows in cases.groupby("day"):
        at, files, persons = rows["at"].max().to_pydatetime(), len(rows), int(rows["rows"].sum())
        found.append(Moment("bulletin", at, at, *both("moments.bulletin", files=files, n=figure(persons))))
    return found[::-1]


def rules(first: int, last: int) -> list[Moment]:
    """Return the changes of rules on days from `first` to `last`, each at the end of its first day."""
    found = []
    for rule in all_rules():
        day = day_of(rule.valid_from)
        if rule.topic in TOPICS and first <= day <= last:
            at = from_ms(to_ms(day_start(day + 1)) - 1)
            found.append(Moment("rule", at, at, rule.title.zh, rule.title.en))
    return sorted(found, key=lambda one: one.as_of, reverse=True)


def day_of(day: date) -> int:
    """Return the number of a calendar day, days since 1970."""
    return day_number(datetime(day.year, day.month, day.day, tzinfo=SHANGHAI))


def orders(desk: Desk, who: Person | None, view: View) -> list[Moment]:
    """Return the newest orders known at the view, each as what the room saw when it gave it."""
    rows = desk.gate.read(desk.store, who, moments.orders_given, view)
    return [of_order(row) for row in rows.to_dict("records")[: -MOST_ORDERS - 1 : -1]]


def of_order(row: Mapping[str, Any]) -> Moment:
    """Return the moment of an order: what the room saw when it gave it, a row of `layers.store.moments.orders_given`."""
    title = f"{row['number']} {row['name'] or ''}".strip()
    return Moment("order", parse_time(row["as_of"]), parse_time(row["known_at"]), *both("moments.order", title=title))
