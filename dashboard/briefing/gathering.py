"""Everything that a briefing is read from, once: plans, layers, counts of now and of the bulletin before, orders, receipts."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

import geopandas as gpd
import pandas as pd

from dashboard.access import SHARED
from dashboard.briefing.blocks import Receipt, Snapshot
from dashboard.briefing.query import one_row
from dashboard.desk import Desk
from dashboard.roles import Person
from dashboard.text import both
from dashboard.view import Here
from layers._view import View
from layers.decisions import _bed_facts, _lockdown_facts, _situation_facts, _staff_facts, _supply_facts, orders
from layers.decisions._proposal import Plan
from layers.store import deliveries

A_BULLETIN = timedelta(days=1)  # bulletins come daily; the one before is the same hour a day earlier, as known then
GROUND = ("districts", "water", "roads", "labels")
_FEEDS: Mapping[str, tuple[str, ...]] = {
    "lockdown": (*_lockdown_facts.FEEDS, "compounds"),
    "beds": (*_bed_facts.FEEDS, "hospitals"),
    "staff": (*_staff_facts.FEEDS, "hospitals"),
    "supplies": (*_supply_facts.FEEDS, "staff"),
    "situation": _situation_facts.FEEDS,
}
FEEDS: Mapping[str, tuple[str, ...]] = {  # source of a query -> feeds that it rests on, the weightiest first
    **_FEEDS,
    "joint": tuple(dict.fromkeys(feed for part in ("beds", "staff", "supplies") for feed in _FEEDS[part])),
    "counts": ("cases",),
    "districts": ("cases", "districts"),
    "unplaced": ("cases", "compounds"),
    "rules": (),  # they come with the program
    "orders": (),  # given here: an order is its own record
}


@dataclass(frozen=True)
class Sources:
    """What was read, by the names that queries use.

    tables    source -> table -> rows; a source of the bulletin before ends in @before
    frames    layer frames by key, as the map draws them
    receipts  feed -> newest delivery of each of its sources that stands
    """

    plans: Mapping[str, Plan]
    frames: Mapping[str, gpd.GeoDataFrame]
    tables: dict[str, Mapping[str, pd.DataFrame]]
    receipts: Mapping[str, tuple[Receipt, ...]]
    snapshot: Snapshot


def gather(
    desk: Desk, who: Person | None, here: Here, parts: tuple[str, ...], layers: tuple[str, ...],
    told: Callable[[str, str], None],
) -> Sources:  # fmt: skip
    """Read what the parts of a briefing need for a person; the gate decides what that is."""
    view, plans = here.view, {}
    for kind in parts:
        told(*both("brief.gathering.working_out_plans"))
        plans[kind] = desk.plan(who, kind, view)
    told(*both("brief.gathering.reading_layers"))
    frames = desk.frames(who, view, layers, here.lang)
    before = replace(view, as_of=view.as_of - A_BULLETIN, known_at=view.known_at - A_BULLETIN)
    tables = {kind: {"summary": one_row(plan.summary), **plan.tables} for kind, plan in plans.items()}
    tables |= _counted(desk, who, view, frames, "") | _counted(desk, who, before, frames, "@before")
    timed = orders.timed(desk.orders(who, view), desk.now(here))
    tables["orders"] = {"orders": timed}
    unplaced = desk.unplaced(who, view)
    if unplaced is not None:
        tables["unplaced"] = {"summary": one_row({"persons": unplaced})}
    snapshot = Snapshot(desk.revision(view), view.as_of, view.known_at, view.area)
    return Sources(plans, frames, tables, _receipts(desk, who, view), snapshot)


def _counted(
    desk: Desk, who: Person | None, view: View, frames: Mapping[str, gpd.GeoDataFrame], mark: str
) -> dict[str, dict[str, pd.DataFrame]]:
    """Counts of the area and of its districts; a store that held nothing a day before has no bulletin before."""
    if desk.store.revision(view.known_at) == 0:
        return {}
    districts = desk.frames(who, view, ("districts",))["districts"] if mark else frames["districts"]
    counted = pd.DataFrame(districts.drop(columns="geometry")).rename(columns={"id": "district"})
    return {f"counts{mark}": {"summary": one_row(desk.counts(who, view))}, f"districts{mark}": {"districts": counted}}


def _receipts(desk: Desk, who: Person | None, view: View) -> dict[str, tuple[Receipt, ...]]:
    """Feed -> receipts by source; a source whose every delivery was taken back has none, because nothing rests on it."""
    rows = desk.gate.read(desk.store, who, deliveries.receipts, view, SHARED)
    gone = rows[rows["gone"].astype(bool)].groupby(["feed", "source"]).size().to_dict()
    stand = rows[~rows["gone"].astype(bool)]
    found: dict[str, tuple[Receipt, ...]] = {}
    for number, (source, mine) in enumerate(stand.groupby(["feed", "source"], sort=True), start=1):
        last = mine.iloc[-1]
        receipt = Receipt(f"R-{number}", int(last["batch"]), str(last["feed"]), str(last["source"]), str(last["file"]),
                          str(last["sha256"]), last["known_at"].to_pydatetime(), int(last["rows"] or 0), len(mine), int(gone.get(source, 0)))  # fmt: skip
        found[receipt.feed] = (*found.get(receipt.feed, ()), receipt)
    return found
