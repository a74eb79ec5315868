"""What the lockdown decision looks at, read from the store for one view."""

from dataclasses import dataclass, field, fields
from typing import Any

import pandas as pd
from sqlalchemy import Select, func, select

from layers._view import View
from layers.decisions import lifecycle
from layers.decisions._inputs import as_date, blank, complete_day, day_numbers
from layers.decisions._lockdown_life import read_life
from layers.decisions._silence import Silence, hear, no_deliveries
from layers.decisions._words import ITEMS
from layers.decisions.rules import in_force
from layers.store import Store, care, totals
from layers.store.asof import as_known, newest
from layers.store.schema import OF_CASES, assessment, compound, control, district, orders, placement, total

RECENT_DAYS = 14
FEEDS = ("cases", "contacts", "fever", "controls", "assessments")  # the weightiest first
CASES = ("confirmed", "clinical", "asymptomatic")
DAILY = "area status day n"
OVERRIDES = "compound number proposed ordered owner why state given_at"
COUNTED = ("households", "population", "buildings")


@dataclass(frozen=True)
class LockdownFacts:
    """Frames for one view; every one may be empty.

    compounds        code, name, district, street, community, households, population, buildings
    totals           `totals.wide` per compound
    recent           area, status, day, n: persons first reaching a status, by compound, in the 14 days that end with the
                     last one covered by a delivery of cases, and since; where clinical diagnoses count as cases, a later
                     confirmation of one is not new
    buildings        the same per building, area "COMPOUND|12栋"; with status suspected: persons now suspected (day 0)
    controls         compound, state, since_day: the newest order
    assessments      compound and the six 到位 items: the newest one
    placements       district, status (accepted, review, unmatched), n: persons
    districts        code, name, name_en
    district_totals  `totals.wide` per district
    district_recent  like recent, by district
    feeds            feed, source, last: newest delivery of each source; without rows: nothing was ever delivered
    day_*            what the life cycle is told from (`lifecycle.Events`); without rows before its first rule
    arrivals         feed, at: deliveries of the feeds that a release rests on
    overrides        compound, number, proposed, ordered, owner, why, state, given_at: orders that differ from what was proposed
    clusters         districts with a cluster as named by the disease control centre; None: not told
    """

    compounds: pd.DataFrame = field(
        default_factory=lambda: blank("code name district street community households population buildings")
    )
    totals: pd.DataFrame = field(default_factory=lambda: blank("area"))
    recent: pd.DataFrame = field(default_factory=lambda: blank(DAILY))
    buildings: pd.DataFrame = field(default_factory=lambda: blank(DAILY))
    controls: pd.DataFrame = field(default_factory=lambda: blank("compound state since_day"))
    assessments: pd.DataFrame = field(default_factory=lambda: blank(f"compound {' '.join(ITEMS)}"))
    placements: pd.DataFrame = field(default_factory=lambda: blank("district status n"))
    districts: pd.DataFrame = field(default_factory=lambda: blank("code name name_en"))
    district_totals: pd.DataFrame = field(default_factory=lambda: blank("area"))
    district_recent: pd.DataFrame = field(default_factory=lambda: blank(DAILY))
    feeds: pd.DataFrame = field(default_factory=no_deliveries)
    day_cases: pd.DataFrame = field(default_factory=lambda: lifecycle.Events().cases)
    day_open: pd.DataFrame = field(default_factory=lambda: lifecycle.Events().open)
    day_assessed: pd.DataFrame = field(default_factory=lambda: lifecycle.Events().assessed)
    day_orders: pd.DataFrame = field(default_factory=lambda: lifecycle.Events().orders)
    arrivals: pd.DataFrame = field(default_factory=lambda: blank("feed at"))
    overrides: pd.DataFrame = field(default_factory=lambda: blank(OVERRIDES))
    clusters: frozenset[str] | None = None

    def frames(self) -> dict[str, pd.DataFrame]:
        """Return the frames by name, for the digest of the inputs."""
        return {f.name: getattr(self, f.name) for f in fields(self) if f.name != "clusters"}


def gather(store: Store, view: View) -> LockdownFacts:
    """Read the facts of `view`. The filter `clusters` names districts with a cluster: "420102;420103"."""
    compounds = store.read(_compounds(view)).drop_duplicates("code")
    # A register that counts nothing of its compounds gives columns of None, which compare with no number.
    compounds = compounds.assign(**{name: pd.to_numeric(compounds[name]) for name in COUNTED})
    codes = set(compounds["code"])
    named = view.filters.get("clusters")
    feeds = hear(store, view, FEEDS)
    since = Silence(feeds, view, FEEDS).last_day("cases") - RECENT_DAYS
    return LockdownFacts(
        compounds=compounds,
        totals=_within(store.read(totals.wide(view, "compound")), codes),
        recent=_within(store.read(_recent(view, "compound", since)), codes),
        buildings=_buildings(store, view, codes, since),
        controls=_controls(store, view, codes),
        assessments=store.read(newest(assessment, view, by=("compound",))).pipe(_of, codes)[["compound", *ITEMS]],
        placements=store.read(_placements(view)),
        districts=store.read(_districts(view)),
        district_totals=store.read(totals.wide(view, "district")),
        district_recent=store.read(_recent(view, "district", since)),
        feeds=feeds,
        overrides=store.read(_overrides(view)).pipe(_of, codes),
        **read_life(store, view, codes),
        clusters=None if named is None else frozenset(code for code in named.split(";") if code),
    )


def _compounds(view: View) -> Select[Any]:
    c = compound.c
    columns = (c.code, care.title(view), c.district, c.street, c.community, c.households, c.population, c.buildings)
    query = as_known(select(*columns), compound, view).where(care.standing(view))
    if view.level == "compound":
        return query.where(c.code == view.code)
    if view.district:
        query = query.where(c.district == view.district)
    return query.where(c.street == view.area.split("/", 1)[1]) if view.level == "street" else query


def _districts(view: View) -> Select[Any]:
    query = as_known(select(district.c.code, district.c.name, district.c.name_en), district, view)
    return query.where(district.c.code == view.district) if view.district else query


def _recent(view: View, level: str, since: int) -> Select[Any]:
    definition = in_force("case-definition", as_date(complete_day(view)))
    measure = "first" if definition.params["clinical_counts"] else "ever"
    return totals.daily(view, level, measure).where(
        total.c.event_day > since, total.c.status.in_((*CASES, "suspected"))
    )


def _placements(view: View) -> Select[Any]:
    p = placement.c
    query = as_known(select(p.district, p.status, func.count().label("n")), placement, view)
    return query.where(OF_CASES).group_by(p.district, p.status)


def _buildings(store: Store, view: View, codes: set[str], since: int) -> pd.DataFrame:
    recent = store.read(_recent(view, "building", since).where(total.c.status.in_(CASES)))
    now = totals.state(view, "building", statuses=("suspected",))
    suspected = store.read(now)[["area", "status", "n"]].assign(day=0)
    found = pd.concat([frame for frame in (recent, suspected) if len(frame)] or [recent], ignore_index=True)
    inside = [str(area).partition("|")[0] in codes for area in found["area"].tolist()]
    return found[inside].reset_index(drop=True) if len(found) else found


def _controls(store: Store, view: View, codes: set[str]) -> pd.DataFrame:
    rows = store.read(newest(control, view, by=("compound",))).pipe(_of, codes)
    return rows.assign(since_day=day_numbers(rows["happened_at"]))[["compound", "state", "since_day"]]


def _overrides(view: View) -> Select[Any]:
    """Standing orders on compounds whose action is not the proposed one, the newest of each compound last."""
    o = orders.c
    columns = (o.subject.label("compound"), o.number, o.proposed, o.action.label("ordered"), o.owner)
    query = as_known(select(*columns, o.reason.label("why"), o.state, o.happened_at.label("given_at")), orders, view)
    query = query.where(o.decision == "lockdown", o.state != "withdrawn", o.proposed != o.action)
    return query.order_by(o.happened_at, o.number)


def _of(rows: pd.DataFrame, codes: set[str]) -> pd.DataFrame:
    return rows[rows["compound"].isin(codes)].reset_index(drop=True)


def _within(rows: pd.DataFrame, codes: set[str]) -> pd.DataFrame:
    return rows[rows["area"].isin(codes)].reset_index(drop=True)
