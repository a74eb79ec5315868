"""Write the drill as the files that providers would send, day by day, with the time each reached headquarters."""

from datetime import time, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from layers.intake.feeds import feed_named
from layers.scenario import deliveries_compounds, deliveries_people, deliveries_places, mistakes
from layers.scenario.city import City
from layers.scenario.curve import EPOCH
from layers.scenario.deliveries_beds import beds
from layers.scenario.deliveries_staff import Roster, roster
from layers.scenario.deliveries_supplies import FIRST as FIRST_SUPPLIES
from layers.scenario.deliveries_supplies import supplies
from layers.scenario.epidemic import Epidemic
from layers.scenario.formats import Delivery, write_table
from layers.scenario.registers import moment, registers

SHORT_DRILL = 4  # days of assessments in a drill that ends before they began

__all__ = ["Delivery", "write_days", "write_places"]


def write_places(folder: Path, city: City, start: int) -> list[Delivery]:
    """Write what is delivered once, on the first morning."""
    folder.mkdir(parents=True, exist_ok=True)
    return deliveries_places.write(folder, city, start)


def write_days(folder: Path, city: City, epidemic: Epidemic, start: int, end: int, *, every: int = 1) -> list[Delivery]:
    """Write every file from `start` to `end` (day numbers) and return the deliveries in the order they became known.

    every  days between two evenings of delivery, counted back from `end`; what was reported between comes with the next
    The same arguments write the same bytes. All names begin with drill_.
    """
    evenings = sorted({start, *range(end, start, -every)})
    folder.mkdir(parents=True, exist_ok=True)
    found: list[Delivery] = []
    profile = deliveries_people.write_profile(folder)
    books = registers(city, epidemic)
    books["case"] = mistakes.make(city, epidemic, books["case"])
    persons = {kind: dict(list(rows.groupby(_evening(rows["file_day"], evenings)))) for kind, rows in books.items()}
    teams = roster(city, epidemic.factor, epidemic.seed, end)
    orders = deliveries_compounds.states(city, epidemic, evenings)
    for before, day in zip([start - 1, *evenings[:-1]], evenings, strict=True):
        date = str(EPOCH + timedelta(days=day))
        today = {kind: told for kind, rows in persons.items() if (told := _told(rows, day)) is not None}
        if "case" in today:
            found += deliveries_people.cases(folder, today["case"], day, date, profile)
        if "contact" in today:
            found += deliveries_people.contacts(folder, today["contact"], day, date)
        if "fever" in today:
            found += deliveries_people.fevers(folder, today["fever"], day, date)
        found += _sites(folder, city, epidemic, teams, before, day, date)
        found += _compounds(folder, city, epidemic, orders, before, day, date)
    return found


def _told(rows: dict[Any, pd.DataFrame], day: int) -> pd.DataFrame | None:
    """What a register tells on an evening: where nothing is new its newest row once more (零报告), because silence is no news."""
    if day in rows:
        return rows[day]
    before = max((one for one in rows if one < day), default=None)
    return None if before is None else rows[before].tail(1)


def _evening(days: pd.Series, evenings: list[int]) -> np.ndarray:
    """The evening on which each day's reports are delivered."""
    return np.asarray(evenings)[np.searchsorted(evenings, days.to_numpy())]


def _sites(
    folder: Path, city: City, epidemic: Epidemic, teams: Roster, before: int, day: int, date: str
) -> list[Delivery]:
    """Beds every evening, supplies from 24 January, staff when anybody arrived or was placed."""
    path = folder / f"drill_beds_{date}.csv"
    found = [_sent("beds", path, beds(city, day, epidemic.factor), "市卫生健康委医政处（演练）", day, time(19, 0))]
    if day >= FIRST_SUPPLIES:
        path = folder / f"drill_supplies_{date}.{'xlsx' if day % 2 else 'csv'}"
        rows = supplies(city, day, epidemic.factor, epidemic.seed)
        found.append(_sent("supplies", path, rows, "市防疫物资保障组（演练）", day, time(19, 20)))
    told = teams.rows(before if day > epidemic.start else 0, day)
    if len(told):
        path = folder / f"drill_staff_{date}.csv"
        found.append(_sent("staff", path, told, "市防疫指挥部医疗救治组（演练）", day, time(19, 30)))
    return found


def _compounds(
    folder: Path, city: City, epidemic: Epidemic, orders: dict[int, np.ndarray], before: int, day: int, date: str
) -> list[Delivery]:
    """Assessments from 20 February, orders in force from Notice 12 on."""
    found = []
    if day >= min(deliveries_compounds.ASSESSED_FROM, epidemic.end - SHORT_DRILL):
        rows = deliveries_compounds.assessments(city, before, day, epidemic.seed)
        path = write_table(folder / f"drill_assessments_{date}.csv", rows, "gb18030")
        found.append(Delivery("assessments", path, None, None, "各街道办事处（演练）", moment(day, time(20, 0))))
    if day in orders:
        changed = deliveries_compounds.controls(city, orders[day], orders.get(before), day)
        if len(changed):
            path = folder / f"drill_controls_{date}.csv"
            found.append(_sent("controls", path, changed, "市防疫指挥部社区防控组（演练）", day, time(20, 10)))
    return found


def _sent(feed: str, path: Path, rows: pd.DataFrame, source: str, day: int, clock: time) -> Delivery:
    """Write rows in the feed's own columns under their Chinese names."""
    names = {column.name: column.zh for column in feed_named(feed).columns}
    write_table(path, rows.rename(columns=names), "utf-8-sig")
    return Delivery(feed, path, None, None, source, moment(day, clock))
