"""The life cycle of the compounds of a view: read from the store, run, and put beside what the plan knows of them today."""

from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import BigInteger, Integer, Select, and_, case, select, type_coerce

from layers._promises import PROMISES
from layers._times import DAY_MS, OFFSET_MS, day_number, to_ms
from layers._view import View
from layers.decisions import _life_units, lifecycle
from layers.decisions._inputs import complete_day
from layers.decisions._life_run import REACH
from layers.decisions._life_terms import LAX, NEVER, OPEN
from layers.decisions._lockdown_reasons import Setting
from layers.decisions._lockdown_words import grades
from layers.decisions._words import iso_days
from layers.decisions.rules import RuleSet
from layers.store import Store, deliveries, totals
from layers.store.asof import ITEMS
from layers.store.schema import assessment, control

RESTS_ON = ("cases", "contacts", "fever")  # a release waits for each of these feeds
END_OF_DAY = DAY_MS - OFFSET_MS  # milliseconds from a day's number times a day to its end in Shanghai


def read_life(store: Store, view: View, codes: set[str]) -> dict[str, pd.DataFrame]:
    """Return the frames of `lifecycle.Events` by name and `arrivals` (feed, at); nothing before the first release rule began."""
    first = lifecycle.began()
    if day_number(view.as_of) < first:
        return {}
    counted = totals.learned(
        view, "compound", "first", ("confirmed", "clinical"), first_day=first - REACH, first_known=first
    )
    silent_ones = totals.learned(
        view, "compound", "ever", ("asymptomatic",), first_day=first - REACH, first_known=first
    )
    moved = store.read(totals.learned(view, "compound", "now", OPEN, first_day=first, first_known=first))
    found = {
        "day_cases": _cases(store.read(counted), store.read(silent_ones)),
        "day_open": moved.assign(compound=moved["area"], known=moved[["day", "known"]].max(axis=1))[
            ["compound", "status", "known", "n"]
        ],
        "day_assessed": store.read(_assessed(view, first)),
        "day_orders": store.read(_orders(view, first)),
    }
    inside = {name: rows[rows["compound"].isin(codes)].reset_index(drop=True) for name, rows in found.items()}
    return {
        **inside,
        "arrivals": store.read(deliveries.arrived(view)).query("feed in @RESTS_ON").reset_index(drop=True),
    }


def life_of(facts: Any, view: View, setting: Setting, rules: tuple[RuleSet, ...] | None) -> lifecycle.Life:
    """Return the life of every compound of `facts` (a LockdownFacts)."""
    events = lifecycle.Events(facts.day_cases, facts.day_open, facts.day_assessed, facts.day_orders)
    codes = facts.compounds["code"].drop_duplicates().sort_values().tolist()
    return lifecycle.live(codes, events, clock_of(facts.arrivals, view, setting, rules), rules)


def life_tables(
    state: pd.DataFrame, life: lifecycle.Life, facts: Any, setting: Setting, first: int
) -> dict[str, pd.DataFrame]:
    """Return the plan's tables on the life cycle; `state` is the compound state in any order, with a column code."""
    districts = state.set_index("code")["district"].reindex(life.states.index).tolist()
    moves, given = life.transitions, facts.overrides
    units = {unit: _life_units.roll_up(state, unit) for unit in _life_units.UNITS} if setting.release else {}
    days = {name: iso_days(moves[name].astype(float)) for name in ("day", "cause_day")}
    return {
        "curve": _life_units.curve(life, first, districts),
        "rounds": _life_units.rounds(life, first),
        **{unit: units.get(unit, _life_units.roll_up(state.iloc[:0], unit)) for unit in _life_units.UNITS},
        "transitions": moves.assign(**days),
        "grades": grades(setting.relaxation, bool(setting.rules["closure"].params["all_closed"])),
        "overrides": given.drop_duplicates("compound", keep="last").reset_index(drop=True),
    }


def clock_of(
    arrivals: pd.DataFrame, view: View, setting: Setting, rules: tuple[RuleSet, ...] | None = None
) -> lifecycle.Clock:
    """Return the days from the first release rule to the view's last complete one, and how far deliveries reached on each.

    After the last delivery nothing moves but by a new rule, so days beyond both are left out.
    """
    first, complete = lifecycle.began(rules), complete_day(view)
    at = {feed: _arrived(arrivals, feed) for feed in RESTS_ON}
    newest = max((int(times[-1] + OFFSET_MS) // DAY_MS for times in at.values() if len(times)), default=first)
    last = min(complete, max(newest, lifecycle.last_change(rules)) + 3)
    ends = (np.arange(first, last + 1, dtype=np.int64)) * DAY_MS + END_OF_DAY
    covered = np.full(len(ends), NEVER)
    late = np.zeros(len(ends), dtype=bool)
    for feed, times in at.items():
        position = np.searchsorted(times, ends, "left") - 1
        last_one = np.where(position >= 0, times[np.maximum(position, 0)] if len(times) else 0, NEVER * DAY_MS)
        late |= ends - last_one > PROMISES[feed].within.total_seconds() * 1000
        if feed == "cases":
            ended = (last_one + 1 + OFFSET_MS) // DAY_MS - 1
            covered = np.where(position >= 0, np.minimum(ended, np.arange(first, last + 1)), NEVER)
    now = NEVER if setting.silence.never("cases") else setting.last_day
    quiet_now = any(setting.silence.overdue(feed) for feed in RESTS_ON)
    return lifecycle.Clock(first, last, day_number(view.as_of), covered, late, now, quiet_now)


def _arrived(arrivals: pd.DataFrame, feed: str) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
    times = arrivals.loc[arrivals["feed"] == feed, "at"].tolist()
    return np.sort(np.array([to_ms(moment) for moment in times], dtype=np.int64))


def _cases(counted: pd.DataFrame, silent_ones: pd.DataFrame) -> pd.DataFrame:
    both = [counted.assign(kind="counted"), silent_ones.assign(kind="asymptomatic")]
    rows = pd.concat([one for one in both if len(one)] or both[:1], ignore_index=True)
    columns = ["compound", "kind", "day", "known", "n"]
    # A clinical case confirmed later is -1 on the day of the second: it goes away only when both statuses are added up.
    found = rows.rename(columns={"area": "compound"}).groupby(columns[:4], as_index=False)["n"].sum()
    return found[found["n"] != 0][columns]


def _assessed(view: View, first: int) -> Select[Any]:
    in_place = case((and_(*(assessment.c[name] for name in ITEMS)), 1), else_=0).label("in_place")
    return _dated(assessment, view, first, in_place)


def _orders(view: View, first: int) -> Select[Any]:
    lax = select(control.c.compound).where(control.c.state.in_(LAX)).distinct()
    return _dated(control, view, first, control.c.state).where(control.c.compound.in_(lax))


def _dated(table: Any, view: View, first: int, what: Any) -> Select[Any]:
    """Every version of a fact that was known by the view, with the days on which it was true and became known."""
    day, known = (
        ((type_coerce(table.c[name], BigInteger) + OFFSET_MS) // DAY_MS).label(label)
        for name, label in (("happened_at", "day"), ("known_from", "known"))
    )
    seen = case((known < first, first), else_=type_coerce(known, Integer)).label("known")
    query = select(table.c.compound, day, seen, what).where(table.c.compound.is_not(None))
    return query.where(table.c.known_from <= to_ms(view.known_at), table.c.happened_at <= to_ms(view.as_of)).distinct()
