"""The vocabulary of the life of a no-epidemic compound: its states, what it is told from, what comes out."""

from dataclasses import dataclass, field
from datetime import date

import numpy as np
import pandas as pd

from layers.decisions._inputs import EPOCH, as_date, blank
from layers.decisions.rules import RuleSet, all_rules, find

STATES = ("before", "closed", "candidate", "certified", "settled", "relaxed", "suspended", "cancelled")
BEFORE, CLOSED, CANDIDATE, CERTIFIED, SETTLED, RELAXED, SUSPENDED, CANCELLED = range(len(STATES))
HOLDING = ("certified", "settled", "relaxed")  # no-epidemic compounds; a suspended one is none while it is suspended
OPEN = ("suspected", "fever", "contact", "asymptomatic")
LAX = ("guarded", "open")  # orders under which people may move
TRANSITIONS = "compound day state was cause cause_day known_later"
CAUSES = ("rule", "conditions", "lapsed", "silent", "round", "run", "order", "case", *OPEN, "released")
NEVER = -(10**6)  # a day before every other
Ints = np.ndarray[tuple[int, ...], np.dtype[np.int64]]


@dataclass(frozen=True)
class Events:
    """What happened in compounds, by day and without persons. `known` is the day on which it was known.

    cases     compound, kind (counted: confirmed or clinical, each person once | asymptomatic), day, known, n: persons first
              counted on `day`; n < 0 where a record was withdrawn or moved
    open      compound, status (one of OPEN), known, n: change of the number of unreleased persons; `known` is the later one of
              the day it happened and the day it was known
    assessed  compound, day, known, in_place: whether all six items were
    orders    compound, day, known, state: orders on compounds that had a lax one; others may be left out
    """

    cases: pd.DataFrame = field(default_factory=lambda: blank("compound kind day known n"))
    open: pd.DataFrame = field(default_factory=lambda: blank("compound status known n"))
    assessed: pd.DataFrame = field(default_factory=lambda: blank("compound day known in_place"))
    orders: pd.DataFrame = field(default_factory=lambda: blank("compound day known state"))


@dataclass(frozen=True)
class Clock:
    """The days that are looked at, and how far the deliveries reached.

    first, last  days run through, each with what was known at its end; `last` is the last complete day of the view
    today        day of `as_of`: what was known at the view about days up to it counts at once, but certifies nobody
    covered      per day: the last day covered by a delivery of cases known at its end; NEVER where none came
    silent       per day: whether a feed that a release rests on was overdue
    covered_now  last covered day as known at the view
    silent_now   whether such a feed is overdue at the view
    """

    first: int
    last: int
    today: int
    covered: Ints
    silent: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]
    covered_now: int
    silent_now: bool


@dataclass(frozen=True)
class Terms:
    """The rules of one day; None where a topic had not begun."""

    closed: bool
    release: RuleSet | None
    relaxation: RuleSet | None

    @property
    def days(self) -> int:
        return int(self.release.params["days"]) if self.release else 0

    @property
    def after_days(self) -> int | None:
        return int(self.relaxation.params["after_days"]) if self.relaxation else None


@dataclass(frozen=True)
class Life:
    """What `live` found.

    states       one row per compound, index code, in the order asked for: state; since (day, NaN where it always was so);
                 certified_on, run_days (NaN without a certificate); last_case (day, NaN for none within reach); cause, cause_day (of the newest transition);
                 error_from (day from which a certificate turned out to be wrong, NaN); then (state as it was known at the end
                 of the last complete day)
    transitions  compound, day, state, was, cause (one of CAUSES), cause_day (NaN), known_later: learned only after `last`
    daily        days x compounds: position in STATES at the end of each day from `first` to `last`
    held         rounds that were held
    """

    states: pd.DataFrame
    transitions: pd.DataFrame
    daily: np.ndarray[tuple[int, ...], np.dtype[np.int8]]
    held: tuple[int, ...]


def number(day: date) -> int:
    """Return the number of a calendar day (days since 1970)."""
    return (day - EPOCH).days


def terms_of(day: int, rules: tuple[RuleSet, ...] | None = None) -> Terms:
    """Return the rules in force on a day."""
    when = as_date(day)
    closure = find("closure", when, rules)
    closed = bool(closure and closure.params["all_closed"])
    return Terms(closed, find("no-epidemic", when, rules), find("relaxation", when, rules))


def closed_since(day: int, rules: tuple[RuleSet, ...] | None = None) -> int | None:
    """Return the day from which all compounds were closed, None when they were not on `day`."""
    if not terms_of(day, rules).closed:
        return None
    editions = all_rules() if rules is None else rules
    return min(number(rule.valid_from) for rule in editions if rule.topic == "closure" and rule.params["all_closed"])
