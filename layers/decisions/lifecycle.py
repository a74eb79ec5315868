"""The life of a no-epidemic compound (无疫情小区), day by day: closed, candidate, certified, relaxed, suspended, cancelled.

A pure function of daily counts and dated rules (DOMAIN 1.2: Xinhua 2020-03-07 and 03-19, Changjiang Daily 2020-03-09 and 04-05).
It runs forward in time and uses, at the end of each day, what was known at the end of that day, so it tells what could have
been decided then. A case that is reported late cancels a certificate on the day it becomes known.

Days are numbers since 1970 in Asia/Shanghai, each looked at when it has ended (24:00).
- The last case lies on day c: c + 1 to c + 14 are fourteen days without one, and the first possible filing is at 24:00 of c + 14.
  A day counts once a delivery of cases has covered it, which with evening deliveries is the day after.
- A certificate of day r has run for one day at 24:00 of r + 1; seven days in a row are full at 24:00 of r + 7.
"""

from collections.abc import Iterable, Sequence

from layers.decisions._inputs import as_date
from layers.decisions._life_run import Run
from layers.decisions._life_terms import (
    HOLDING,
    NEVER,
    STATES,
    Clock,
    Events,
    Life,
    Terms,
    closed_since,
    number,
    terms_of,
)
from layers.decisions.rules import RuleSet, all_rules, find

__all__ = [
    "HOLDING",
    "STATES",
    "Clock",
    "Events",
    "Life",
    "Terms",
    "began",
    "live",
    "next_round",
    "relaxed_from",
    "run_wanted",
    "scheduled",
    "terms_of",
]


def began(rules: Iterable[RuleSet] | None = None) -> int:
    """Return the day from which compounds could be certified (2020-03-01), a day never reached where no rule says so."""
    known = all_rules() if rules is None else tuple(rules)
    days = [rule.valid_from for rule in known if rule.topic == "no-epidemic"]
    return number(min(days)) if days else -NEVER


def last_change(rules: tuple[RuleSet, ...] | None = None) -> int:
    """Return the first day of the newest edition of a rule that the life of a compound rests on."""
    known = all_rules() if rules is None else rules
    topics = ("closure", "no-epidemic", "relaxation", "assessment-round")
    return max((number(rule.valid_from) for rule in known if rule.topic in topics), default=NEVER)


def relaxed_from(rules: tuple[RuleSet, ...] | None = None) -> float:
    """Return the first day of the relaxations (2020-03-18), NaN where no rule has any."""
    known = all_rules() if rules is None else rules
    return min((float(number(rule.valid_from)) for rule in known if rule.topic == "relaxation"), default=float("nan"))


def run_wanted(day: int, rules: tuple[RuleSet, ...] | None = None) -> float:
    """Return the days in a row that relaxations want on a day, NaN before they began: nobody knew of them then."""
    after = terms_of(day, rules).after_days
    return float("nan") if after is None else float(after)


def scheduled(day: int, rules: tuple[RuleSet, ...] | None = None) -> bool:
    """Return whether a round of assessment falls on a day."""
    rule = find("assessment-round", as_date(day), rules)
    if rule is None:
        return False
    since = day - number(rule.params["first"])
    return since >= 0 and since % int(rule.params["every_days"]) == 0


def next_round(day: int, rules: tuple[RuleSet, ...] | None = None) -> int | None:
    """Return the first scheduled round on `day` or later; None where no rule gives one within a month."""
    return next((later for later in range(day, day + 31) if scheduled(later, rules)), None)


def live(codes: Sequence[str], events: Events, clock: Clock, rules: tuple[RuleSet, ...] | None = None) -> Life:
    """Run the state machine for compounds; the order of rows does not count.

    A round certifies every candidate. One that falls on a silent day is not held; the next one is.
    """
    since = closed_since(min(clock.first - 1, clock.today), rules)
    run = Run(list(codes), events, clock, since)
    for day in range(clock.first, clock.last + 1):
        terms = terms_of(day, rules)
        held = scheduled(day, rules) and terms.release is not None and not clock.silent[day - clock.first]
        run.step(day, terms, hold_round=held)
    return run.finish(terms_of(clock.today, rules))
