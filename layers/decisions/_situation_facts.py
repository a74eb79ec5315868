"""What the epidemic state is read from: what became known on which day about which day, by district, and the census of beds."""

from dataclasses import dataclass, field, fields
from typing import Any

import pandas as pd
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    FromClause,
    Select,
    and_,
    case,
    exists,
    func,
    select,
    type_coerce,
    union_all,
)

from layers._times import DAY_MS, OFFSET_MS, day_number, day_start, to_ms
from layers._view import View
from layers.decisions._inputs import as_date, blank, complete_day
from layers.decisions._silence import Silence, hear, no_deliveries
from layers.decisions.rules import in_force
from layers.store import Store
from layers.store.asof import as_known, begun, known
from layers.store.courses import changed, unchanged
from layers.store.schema import (
    batch,
    bed,
    course,
    district,
    hospital,
    person,
    person_status,
    placement,
    total,
    withdrawal,
)
from layers.store.totals import COUNTED, MEASURES

FEEDS = ("cases", "beds")  # the weightiest first
REACH = 150  # days before the last one that are looked at, those that only infect included
LATE = 30  # days by which a person may have been counted before the onset that was told of them
HOSPITAL_KINDS = ("ordinary", "severe", "icu", "fangcang", "all")  # isolation rooms hold suspects and contacts


@dataclass(frozen=True)
class SituationFacts:
    """Frames for one view; every one may be empty. Days are day numbers.

    increments  area (district, "" where none is known), status (confirmed | clinical), event_day, known_day, n: each counted
                case once, on the day it first reached a counted status; negative where a correction took somebody away
    onsets      area, event_day (of onset; NULL where it was not told), known_day (on which the person first counted), n: of those
                who were counted within REACH and LATE days of the last one that cases cover
    withdrawn   known_day, n: counted cases that their source took back on that day
    census      hospital, kind, district, day, used: bed counts
    districts   code, name, name_en, population
    began       known_day: the first day on which cases were delivered
    feeds       feed, source, last: newest delivery of each source
    tellers     area, source, n: cases of each district by the source that reports them; empty while no source fell silent
    """

    increments: pd.DataFrame = field(default_factory=lambda: blank("area status event_day known_day n"))
    onsets: pd.DataFrame = field(default_factory=lambda: blank("area event_day known_day n"))
    withdrawn: pd.DataFrame = field(default_factory=lambda: blank("known_day n"))
    census: pd.DataFrame = field(default_factory=lambda: blank("hospital kind district day used"))
    districts: pd.DataFrame = field(default_factory=lambda: blank("code name name_en population"))
    began: pd.DataFrame = field(default_factory=lambda: blank("known_day"))
    feeds: pd.DataFrame = field(default_factory=no_deliveries)
    tellers: pd.DataFrame = field(default_factory=lambda: blank("area source n"))

    def frames(self) -> dict[str, pd.DataFrame]:
        """Return the frames by name, for the digest of the inputs."""
        return {f.name: getattr(self, f.name) for f in fields(self)}


def gather(store: Store, view: View) -> SituationFacts:
    """Read the facts of `view`; a street or a compound is too small to have a state of its own and shows its district or the city."""
    view = view.narrowed(view.district)
    since = complete_day(view) - in_force("reproduction", as_date(complete_day(view))).params["look_back_days"]
    feeds = hear(store, view, FEEDS)
    silence = Silence(feeds, view, FEEDS)
    quiet, first = silence.quiet(FEEDS[0]), silence.last_day(FEEDS[0]) - REACH - LATE
    return SituationFacts(
        increments=store.read(_increments(view)),
        onsets=store.read(_onsets(view, first)),
        withdrawn=store.read(_withdrawn(view)),
        census=store.read(_census(view, since)),
        districts=store.read(_districts(view)),
        began=store.read(_began(view)),
        feeds=feeds,
        **({"tellers": store.read(_tellers(view))} if quiet else {}),
    )


def _day(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """Shanghai day of a moment, reckoned in the database."""
    return (type_coerce(column, BigInteger) + OFFSET_MS) // DAY_MS


def _increments(view: View) -> Select[Any]:
    t, known_day = total.c, _day(total.c.known_from).label("known_day")
    query = select(t.area, t.status, t.event_day, known_day, func.sum(t.n).label("n"))
    query = query.where(
        t.measure.in_(MEASURES["first"]),
        t.level == "district",
        t.status.in_(COUNTED),
        t.event_day <= day_number(view.as_of),
        t.known_from <= to_ms(view.known_at),
    )
    if view.district:
        query = query.where(t.area == view.district)
    return query.group_by(t.area, t.status, t.event_day, known_day).having(func.sum(t.n) != 0)


def _onsets(view: View, since: int) -> Select[Any]:
    """By the courses of those who did not change since the view's knowledge, by every version of those who did."""
    parts = []
    for where, onset, first, source, tests in (_of_unchanged(view, since), _of_changed(view, since)):
        area = func.coalesce(where, "").label("area")
        by = (area, _day(onset).label("event_day"), _day(first).label("known_day"))
        query = select(*by, func.count().label("n")).select_from(source).where(*tests).group_by(*by)
        parts.append(query.where(area == view.district) if view.district else query)
    rows = union_all(*parts).subquery().c
    of = (rows.area, rows.event_day, rows.known_day)
    return select(*of, func.sum(rows.n).label("n")).group_by(*of)


# District, onset and when it was known first that somebody counts; where these are read, and the tests that say of whom.
Counted = tuple[ColumnElement[Any], ColumnElement[Any], ColumnElement[Any], FromClause, list[ColumnElement[bool]]]


def _of_unchanged(view: View, since: int) -> Counted:
    c = course.c
    return c.district, c.onset_at, c.counted_known, course, unchanged(view, since)


def _of_changed(view: View, since: int) -> Counted:
    s, at = person_status.c, type_coerce(person_status.c.happened_at, BigInteger)
    believed = func.min(case((and_(known(person_status, view), begun(person_status, view)), at)))
    counted = (
        select(s.subject, func.min(s.known_from).label("first"))
        .where(s.kind == "case", s.dimension == "status", s.value.in_(COUNTED), s.known_from <= to_ms(view.known_at))
        .where(s.subject.in_(changed(view)))
        .group_by(s.subject)
        .having(believed >= to_ms(day_start(since)))
        .subquery()
    )
    about = and_(person.c.subject == counted.c.subject, person.c.kind == "case", known(person, view))
    joined = counted.join(person, about)
    joined = joined.outerjoin(placement, and_(placement.c.key == person.c.key, known(placement, view)))
    return placement.c.district, person.c.onset_at, counted.c.first, joined, []


def _withdrawn(view: View) -> Select[Any]:
    w, s, known_day = withdrawal.c, person_status.c, _day(withdrawal.c.known_from).label("known_day")
    counted = exists().where(
        s.kind == "case", s.subject == w.subject, s.value.in_(COUNTED), s.known_from < w.known_from
    )
    query = select(known_day, func.count().label("n")).where(w.kind == "case", known(withdrawal, view), counted)
    if view.district:  # where the person was counted until then
        p = placement.c
        query = query.where(exists().where(p.key == w.key, p.known_until == w.known_from, p.district == view.district))
    return query.group_by(known_day)


def _tellers(view: View) -> Select[Any]:
    area = func.coalesce(placement.c.district, "").label("area")
    joined = person.join(placement, and_(placement.c.key == person.c.key, known(placement, view)))
    query = select(area, person.c.source, func.count().label("n")).select_from(joined)
    query = query.where(person.c.kind == "case", known(person, view))
    query = query.where(placement.c.district == view.district) if view.district else query
    return query.group_by(area, person.c.source).order_by(area, person.c.source)


def _census(view: View, since: int) -> Select[Any]:
    b, day = bed.c, _day(bed.c.happened_at).label("day")
    joined = bed.join(hospital, and_(hospital.c.code == b.hospital, known(hospital, view)))
    query = as_known(select(b.hospital, b.kind, hospital.c.district, day, b.used).select_from(joined), bed, view)
    query = query.where(b.kind.in_(HOSPITAL_KINDS), day >= since).order_by(b.happened_at)
    return query.where(hospital.c.district == view.district) if view.district else query


def _districts(view: View) -> Select[Any]:
    d = district.c
    query = as_known(select(d.code, d.name, d.name_en, d.population), district, view)
    return query.where(d.code == view.district) if view.district else query


def _began(view: View) -> Select[Any]:
    first = func.min(batch.c.known_at)
    return select(_day(first).label("known_day")).where(
        batch.c.kind == "import", batch.c.feed == "cases", batch.c.known_at <= to_ms(view.known_at)
    )
