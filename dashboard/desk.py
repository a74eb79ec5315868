"""What pages work with: frames, plans and details for a view, read through the gate and kept while they stay true."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property, partial
from typing import Any

import geopandas as gpd
import pandas as pd
from sqlalchemy import Select, and_, or_, select

from dashboard import access, doors
from dashboard.access import CITY, DISTRICT, SHARED, Gate
from dashboard.drafts import Drafts
from dashboard.jobs import Jobs
from dashboard.memory import Memory
from dashboard.opened import Opened
from dashboard.roles import Person, Place
from dashboard.settings import Settings
from dashboard.shelf import Shelf
from dashboard.tables import TableStore
from dashboard.text import named
from dashboard.view import Here, read
from dashboard.wording import preferred
from layers._catalog import all_layers
from layers._frames import COUNTS, without
from layers._times import parse_time
from layers._view import View
from layers.decisions import clusters, urgency
from layers.decisions._catalog import PLANS, halves, join, parts_of
from layers.decisions._proposal import Plan, Proposal
from layers.decisions.clusters import Clusters, Progress
from layers.decisions.oversight import Judge
from layers.decisions.whatif import plain
from layers.intake import candidates, health, review
from layers.store import Store, alerts, deliveries, orders, people, totals
from layers.store.asof import begun, known
from layers.store.replay import Replay
from layers.store.schema import ORDER_KINDS, READ_ORDERS, UNREAD, control, person, person_status, placement

UNREAD_BY_OTHERS = (
    *UNREAD,
    *ORDER_KINDS,
)  # what nothing but the plans in `READ_ORDERS`, and orders themselves, rests on
PEOPLE = 200  # contacts of one case that are listed


def unread_by(kind: str) -> tuple[str, ...]:
    """Return the kinds of batches that a plan of this kind does not rest on."""
    return tuple(one for one in UNREAD_BY_OTHERS if one not in READ_ORDERS.get(kind, ()))


@dataclass(frozen=True)
class Desk:
    """Everything that a page may ask for.

    shelf  what this process keeps together with the others of its server
    """

    settings: Settings
    store: Store
    gate: Gate
    tables: TableStore
    shelf: Shelf = field(default_factory=Shelf)

    @cached_property
    def memory(self) -> Memory:
        """What is a pure function of the facts that its key names."""
        return Memory(shelf=None if self.shelf.alone else self.shelf)

    @cached_property
    def jobs(self) -> Jobs:
        """Printing, searching and importing."""
        return Jobs(self.shelf)

    @cached_property
    def drafts(self) -> Drafts:
        """Files that were handed in and are not imported yet."""
        return Drafts(self.shelf)

    @cached_property
    def replay(self) -> Replay:
        """The counts of any moment from memory, for who moves a clock (`dashboard/scrub.py` asks the gate whose they are)."""
        return Replay(self.store)

    @cached_property
    def judge(self) -> Judge:
        """What the journal gives cause to ask about, as far as it was read."""
        return Judge()

    @cached_property
    def opened(self) -> Opened:
        """Who opened how many persons' panels, on the way into the journal."""
        return Opened(self.store)

    def here(self, who: Person | None, path: str, search: str) -> Here:
        """Return where a URL leads a person: an area left out is their own, one outside it is refused; a language left out is theirs."""
        here = read(path, search, self.store, preferred())
        if path in doors.PAGES:
            self.gate.check_door(who, doors.of_page(path))
        if not doors.has_view(path):
            return here
        return here.at(view=self.gate.allowed(self.store, who, here.view))

    def frames(
        self, who: Person | None, view: View, keys: Sequence[str], lang: str = "zh"
    ) -> dict[str, gpd.GeoDataFrame]:
        """Return the summarised frame of each layer; in English, names are the English ones where there are any."""
        found = {}
        for key in keys:
            reach = access.LAYERS.get(key, access.OWN)
            frame = self._kept(who, plain(view), ("frame", key), partial(self._frame, who, key, reach), reach)
            found[key] = named(frame, lang)
        return found

    def _frame(self, who: Person | None, key: str, reach: str, view: View) -> gpd.GeoDataFrame:
        layer = all_layers()[key]
        return layer.summarise(self.gate.read(self.store, who, layer.query, view, reach))

    def plan(self, who: Person | None, kind: str, view: View) -> Plan:
        """Return the plan of a kind for a view; `area` of a plan made by district is the district around the view's.

        What the plan rests on is read once; assumptions of the view (filters `if_...`) only change what is proposed from it.
        """
        return self._kept(
            who,
            view,
            ("plan", kind),
            partial(self._propose, who, kind),
            access.PLANS.get(kind, DISTRICT),
            unread_by(kind),
        )

    def _propose(self, who: Person | None, kind: str, view: View) -> Plan:
        return halves(kind)[1](self._facts(who, kind, view), view)

    def _facts(self, who: Person | None, kind: str, view: View) -> Any:
        def read(mine: View) -> Any:
            parts = parts_of(kind)
            if parts:
                return join(kind, {part: self._facts(who, part, mine) for part in parts})
            return halves(kind)[0](self.store, mine)

        return self._kept(who, plain(view), ("facts", kind), read, access.PLANS.get(kind, DISTRICT), unread_by(kind))

    def plan_since(self, who: Person | None, kind: str, seen: View, now: View) -> Plan:
        """Return the plan that a reader saw where nothing that it rests on came in since, else the plan of now."""
        unread = unread_by(kind)
        known = [self.store.settled(view, unread).known_at for view in (seen, now)]
        return self.plan(who, kind, seen if known[0] == known[1] else now)

    def orders(self, who: Person | None, view: View) -> pd.DataFrame:
        """Return the orders of the area as they stand at the view: `layers.store.orders.standing`."""
        return self._kept(
            who, view, ("orders",), lambda mine: self.gate.read(self.store, who, orders.standing, mine), unread=()
        )

    def alerts(self, who: Person | None, view: View) -> pd.DataFrame:
        """Return the alerts of the area that are true or wait, newest first, as they stand now; none raised after the view."""
        rows = self.gate.alerts(self.store, who, alerts.standing(), view.area)
        return rows[rows["known_at"] <= view.known_at].reset_index(drop=True)

    def clusters(self, who: Person | None, view: View) -> Clusters | None:
        """Return the kept clusters of a view, None while nobody has searched for them (`search_clusters`)."""

        def name(mine: View) -> str:
            return clusters.mark(clusters.gather(self.store, mine), mine)

        return clusters.kept(self.store, self._kept(who, view, ("clusters",), name))

    def search_clusters(self, who: Person | None, view: View, progress: Progress | None = None) -> Clusters:
        """Search for the clusters of a view, keep and return them; a minute or two for a city."""
        mine = self.gate.allowed(self.store, who, view)
        found = clusters.search(clusters.gather(self.store, mine), mine, progress=progress)
        clusters.keep(self.store, found)
        return found

    def order(self, who: Person | None, view: View, number: str) -> tuple[dict[str, Any], pd.DataFrame]:
        """Return one order with what it froze, and its steps; an empty dict where there is none for this person."""
        rows = self.gate.read(self.store, who, orders.one(number), view)
        if rows.empty:
            return {}, rows
        return rows.astype(object).where(rows.notna(), None).iloc[0].to_dict(), self.gate.read(
            self.store, who, orders.steps(number), view
        )

    def rows_of(self, who: Person | None, order: Mapping[str, Any], view: View) -> pd.DataFrame:
        """Return the deliveries that an order's proposal was read from, at the clocks when it was given: `orders.rows_behind`.

        The rows name no place, so the gate is asked about the subject's: raises AccessError where it is not this person's.
        """
        place = Place(*(order[name] or "" for name in Place._fields))
        reach = access.PLANS.get(order["decision"], DISTRICT)
        self.gate.reaches(self.store, who, place, reach)
        plan = order["frozen"]["plan"]
        then = replace(view, **{name: parse_time(plan[name]) for name in ("as_of", "known_at")})
        query = orders.rows_behind(order["decision"], order["subject"])
        return self._rows(who, then, f"behind {order['number']}", query, reach)

    def proposal_now(self, who: Person | None, order: Mapping[str, Any], view: View) -> Proposal | None:
        """Return what the plan says about an order's subject at the view, under the assumptions of the order; None for nothing."""
        plan = self.plan(who, order["decision"], replace(view, filters=order["frozen"]["assumed"]))
        return next((p for p in plan.proposals if p.subject == order["subject"]), None)

    def counts(self, who: Person | None, view: View) -> pd.Series:
        """Return `totals.wide` of the view's own area as one row; 0 where nobody was counted, NaN of a feed that never came."""
        rows = self._rows(who, view, "counts", lambda mine: totals.wide(mine, mine.level))
        numbers = rows.drop(columns="area").sum(min_count=1) if len(rows) else pd.Series(dtype=float)
        row = numbers.reindex(list(COUNTS)).fillna(0).astype(int).to_frame().T
        return without(row, self.silent(who, view)).iloc[0]

    def silent(self, who: Person | None, view: View) -> set[str]:
        """Return the feeds of persons that had never come by the view's knowledge time: what they would count is not 0, but not known."""
        came = self._rows(
            who, view.narrowed(""), "told", lambda mine: select(*deliveries.told(mine, *totals.FEEDS)), SHARED
        )
        return {feed for feed in totals.FEEDS if not came[f"told_{feed}"].iloc[0]}

    def totals(self, who: Person | None, view: View, level: str) -> pd.DataFrame:
        """Return `totals.wide` of the areas of a level: the view's own, or the one below it; raises ValueError for others."""
        mine, below = (
            self.gate.allowed(self.store, who, view),
            dict(zip(totals.LEVELS, totals.LEVELS[1:], strict=False)),
        )
        if level not in (mine.level, below[mine.level]):
            raise ValueError(
                f"totals by {level} of {mine.area or 'the city'}; wanted {mine.level} or {below[mine.level]}"
            )
        return self._rows(who, view, f"totals {level}", lambda known: totals.wide(known, level))

    def people(self, who: Person | None, view: View, kind: str, limit: int) -> tuple[pd.DataFrame, int]:
        """Return `people.listed` of a view's area, masked, and how many there are without the limit."""
        rows = self._rows(who, view, f"people {kind} {limit}", lambda mine: people.listed(mine, kind, limit))
        number = self._rows(who, view, f"number {kind}", lambda mine: people.how_many(mine, kind))
        return rows, int(number["n"].iloc[0])

    def one_person(self, who: Person | None, view: View, kind: str, subject: str) -> dict[str, pd.DataFrame]:
        """Return what is known of one person as far as it is this reader's: person (masked, no row where not), steps, contacts.

        Who opens how many is counted into the journal.
        """
        asks = {"person": people.one(kind, subject), "steps": people.steps(kind, subject)}
        asks |= {"contacts": people.contacts_of(subject, PEOPLE)} if kind == "case" else {}
        found = {name: self.gate.read(self.store, who, query, view) for name, query in asks.items()}
        if who is not None and not found["person"].empty:
            self.opened.note(who.name, f"{kind}:{subject}")
        return found

    def daily(self, who: Person | None, view: View) -> pd.DataFrame:
        """Return status, day, n of the view's own area: persons first reaching a status on each day, each counted case once."""
        return self._rows(who, view, "daily", lambda mine: totals.daily(mine, mine.level, "first"))

    def unplaced(self, who: Person | None, view: View) -> float | None:
        """Return how many persons of the city now under a case status have no compound, NaN where cases never came; None: not for this person."""
        if who is None or not who.sees_all:
            return None
        statuses = ("confirmed", "clinical", "suspected")
        rows = self._rows(who, view.narrowed(""), "unplaced", lambda all_: totals.nowhere(all_, statuses), CITY)
        return float("nan") if totals.FEEDS[0] in self.silent(who, view) else int(rows["n"].sum())

    def waiting(self, who: Person | None, view: View) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Return `review.waiting` rows with their `group`, and the order in which to decide (`urgency`).

        The order rests on the plan as it stood after the last delivery: a decision must not wait for a plan of its own.
        """
        stand = self.stand(who, view)
        view = replace(view, as_of=stand.as_of)
        return self._kept(who, view, ("waiting",), partial(self._waiting, who, stand))

    def stand(self, who: Person | None, view: View) -> View:
        """Return the view of what was known after the newest delivery; reviewers' decisions since are left out."""
        last = self.gate.read(self.store, who, health.delivered, view, SHARED)
        return self.store.view(view.area, known_at=last["known_at"][0]) if len(last) else view

    def _waiting(self, who: Person | None, stand: View, view: View) -> tuple[pd.DataFrame, pd.DataFrame]:
        rows = self.gate.read(self.store, who, review.waiting, view)
        telling = {text: candidates.names_a_place(text or "") for text in set(rows["address"])}
        rows = rows.assign(group=review.same_address(rows), telling=rows["address"].map(telling).astype(bool))
        steps = self.gate.read(self.store, who, review.steps, view)
        state = self.plan(who, "lockdown", stand).tables["compounds"]
        return rows, urgency.urgency(rows, steps, state, urgency.last_day(self.store, stand))

    def feeds(self, who: Person | None, here: Here) -> pd.DataFrame:
        """Return the freshness of every feed; a view of the past is judged by its own clock."""
        return self._kept(
            who,
            plain(here.view).narrowed(""),
            ("feeds", self.now(here)),
            lambda view: health.freshness(self.store, view, self.now(here)),
            SHARED,
        )

    def now(self, here: Here) -> datetime:
        """Return the moment against which ages are told, to the minute: never before as_of, by which the plans judge them."""
        moment = here.view.known_at if "known_at" in here.fixed else max(self.store.now(), here.view.known_at)
        return max(moment, here.view.as_of).replace(second=0, microsecond=0)

    def persons(self, who: Person | None, view: View, code: str, limit: int = 200) -> pd.DataFrame:
        """Return the persons placed in a compound, masked: kind, subject, age, sex, address, status dates, how each was matched.

        Statuses are those of the day of as_of, however early the hour, as in the totals.
        """
        joined = placement.join(person, and_(person.c.key == placement.c.key, known(person, view)))
        columns = (
            person.c.kind,
            person.c.subject,
            person.c.age,
            person.c.sex,
            person.c.address,
            person.c.note,
            placement.c.building,
        )
        how = (
            placement.c.method,
            placement.c.probability,
            placement.c.reason_zh,
            placement.c.reason_en,
            placement.c.decided_by,
            placement.c.district,
        )
        query = (
            select(*columns, *how)
            .select_from(joined)
            .where(known(placement, view), placement.c.compound == code)
            .limit(limit)
        )
        here = view.narrowed(f"compound:{code}")
        rows = self.gate.read(self.store, who, lambda _: query, here)
        if rows.empty:
            return rows.assign(status="", since=None)
        steps = select(
            person_status.c.kind, person_status.c.subject, person_status.c.value, person_status.c.happened_at
        )
        by_person = or_(
            *(
                and_(person_status.c.kind == kind, person_status.c.subject.in_(some["subject"].tolist()))
                for kind, some in rows.groupby("kind")
            )
        )
        seen = steps.where(
            known(person_status, view),
            person_status.c.dimension == "status",
            begun(person_status, view),
            by_person,
        )
        order = (person_status.c.happened_at, totals.ranked(person_status.c.value))
        last = self.gate.read(self.store, who, lambda _: seen.order_by(*order), here)
        last = last.drop_duplicates(["kind", "subject"], keep="last")
        found = rows.merge(last.rename(columns={"value": "status", "happened_at": "since"}), on=["kind", "subject"])
        return found.sort_values("since", ascending=False, kind="stable").reset_index(drop=True)

    def controls(self, who: Person | None, view: View, code: str) -> pd.DataFrame:
        """Return the orders on a compound, newest first: state, happened_at, source."""
        query = select(control.c.state, control.c.happened_at, control.c.source).where(
            known(control, view), control.c.compound == code, control.c.happened_at <= view.as_of
        )
        here = view.narrowed(f"compound:{code}")
        return self.gate.read(self.store, who, lambda _: query.order_by(control.c.happened_at.desc()), here)

    def warm(self) -> None:
        """Work out what the first visitor of the whole city would wait for (10 s on a city of 7,148 compounds)."""
        who, here = Person("", "city"), Here("/", self.store.view())
        if not self.store.revision(here.view.known_at):
            return
        for kind in PLANS:
            self.plan(who, kind, here.view)
        self.frames(who, here.view, tuple(all_layers()))
        self.feeds(who, here)
        self.replay.warm(here.view)

    def revision(self, view: View) -> str:
        """Return what a view's answers depend on besides the view: equal revisions, equal answers."""
        return f"{self.store.identity}-{self.store.revision(view.known_at)}"

    def _rows(
        self, who: Person | None, view: View, what: str, query: Callable[[View], Select[Any]], reach: str = access.OWN
    ) -> pd.DataFrame:
        return self._kept(who, plain(view), (what,), partial(self._read, who, query, reach), reach)

    def _read(self, who: Person | None, query: Callable[[View], Select[Any]], reach: str, view: View) -> pd.DataFrame:
        return self.gate.read(self.store, who, query, view, reach)

    def _kept(
        self,
        who: Person | None,
        view: View,
        what: tuple[Hashable, ...],
        make: Callable[[View], Any],
        reach: str = access.OWN,
        unread: Sequence[str] = UNREAD_BY_OTHERS,
    ) -> Any:
        """Return what `make` makes of the view that the gate allows, made once for all who may see the same.

        unread  kinds of batches that the answer does not rest on: it is not made again for them
        """
        view = self.store.settled(self.gate.allowed(self.store, who, view, reach), unread)
        assert who is not None
        key = (
            *what,
            view.area,
            view.as_of,
            self.revision(view),
            tuple(sorted(view.filters.items())),
            who.role,
            who.area if reach != SHARED else "",
        )
        return self.memory.get(key, partial(make, view))
