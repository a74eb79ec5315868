"""One compound in a few words, for tests of its life; and the rule of certification written out slowly, to compare with."""

import numpy as np
import pandas as pd

from layers._times import day_number, parse_time
from layers.decisions import lifecycle
from layers.decisions._life_terms import NEVER

CODE = "A"
FIRST, LAST = "2020-03-01", "2020-04-08"
ROUNDS = (
    "03-02",
    "03-05",
    "03-08",
    "03-11",
    "03-14",
    "03-17",
    "03-20",
    "03-23",
    "03-26",
    "03-29",
    "04-01",
    "04-04",
    "04-07",
)


def number(day):
    """2020-03-05 or 03-05 -> day number."""
    return day_number(parse_time(day if len(day) > 5 else f"2020-{day}"))


def frame(rows, columns):
    return pd.DataFrame(rows, columns=columns.split())


def events(cases=(), opened=(), assessed=(("02-20", True),), orders=()):
    """Events of compound A.

    cases     (day, known) or (day, known, kind, n)
    opened    (status, from, to): one person, open from a day until released on another; to None: still open
    assessed  (day, in place)
    orders    (day, state)
    """
    filled = [(*one, *("counted", 1)[len(one) - 2 :]) for one in cases]
    moves = [(s, a, 1) for s, a, _ in opened] + [(s, b, -1) for s, _, b in opened if b]
    return lifecycle.Events(
        cases=frame([(CODE, kind, number(d), number(k), n) for d, k, kind, n in filled], "compound kind day known n"),
        open=frame([(CODE, status, number(d), n) for status, d, n in moves], "compound status known n"),
        assessed=frame([(CODE, number(d), number(d), ok) for d, ok in assessed], "compound day known in_place"),
        orders=frame([(CODE, number(d), number(d), s) for d, s in orders], "compound day known state"),
    )


def clock(last=LAST, first=FIRST, silent=(), lag=1, today=None, covered_now=None):
    """Evening deliveries: at the end of a day the day before is covered. `silent`: days on which a feed is overdue."""
    first, last = number(first), number(last)
    days = np.arange(first, last + 1)
    quiet = np.isin(days, [number(day) for day in silent])
    covered = np.maximum.accumulate(np.where(quiet, NEVER, days - lag))
    today = last if today is None else number(today)
    now = (covered[-1] if len(covered) else NEVER) if covered_now is None else number(covered_now)
    return lifecycle.Clock(first, last, today, covered, quiet, int(now), bool(quiet[-1]) if len(quiet) else True)


def live(found, at, rules=None, codes=(CODE,)):
    return lifecycle.live(codes, found, at, rules)


def state(found, day, **more):
    """State of compound A at the end of a day."""
    return live(found, clock(day, **more)).states.loc[CODE, "state"]


def moves(found, last=LAST, **more):
    """(day, state) of each transition of compound A."""
    rows = live(found, clock(last, **more)).transitions
    days = pd.to_datetime(rows["day"], unit="D").dt.strftime("%m-%d")
    return list(zip(days, rows["state"], strict=True))


def slowly(found, at):
    """The states of compound A at the end of each day, one rule after another, day by day, person by person.

    Written from DOMAIN 1.2 alone and not fast: every day looks at all rows again.
    """
    cases, opened, papers, orders = (
        rows_of(table) for table in (found.cases, found.open, found.assessed, found.orders)
    )
    held, basis, since, fell, said = False, None, None, False, []
    for day in range(at.first, at.last + 1):
        covered, silent = int(at.covered[day - at.first]), bool(at.silent[day - at.first])
        ill = days_with_cases(cases, day, "counted")
        without = days_with_cases(cases, day, "asymptomatic") if day >= number("04-04") else set()
        statuses = ("suspected", "fever", "contact", *(["asymptomatic"] if day >= number("04-04") else []))
        watched = any(
            sum(row["n"] for row in opened if row["known"] <= day and row["status"] == status) > 0
            for status in statuses
        )
        told = [row for row in papers if row["known"] <= day]
        newest = max((row["day"] for row in told), default=None)
        in_place = bool(told) and all(row["in_place"] for row in told if row["day"] == newest)
        was = said[-1] if said else "closed"
        against = ill | {one for one in without if one >= number("04-04")}
        cancelled = held and any(one > basis - 14 for one in against)
        if cancelled:
            held, fell = False, True
        clean = all(covered - one >= 14 for one in ill | without) and covered > NEVER
        meets = clean and not watched and in_place and not cancelled
        due = day >= number("03-02") and (day - number("03-02")) % 3 == 0
        if due and not silent and meets and not held:
            held, basis, since = True, covered, day
        if (meets and not silent) or held:
            fell = False
        ordered = sorted((row["day"], row["state"]) for row in orders if row["known"] <= day)
        lax = bool(ordered) and ordered[-1][1] in ("guarded", "open")
        if held and (watched or (was == "suspended" and silent)):
            said.append("suspended")
        elif held:
            free = day >= number("03-18") and day - since >= 7 and (not silent or was in ("settled", "relaxed"))
            said.append("relaxed" if free and lax else "settled" if free else "certified")
        else:
            said.append("candidate" if meets and not silent else "cancelled" if fell else "closed")
    return said


def rows_of(table):
    return table.to_dict("records")


def days_with_cases(cases, day, kind):
    counts = {}
    for row in cases:
        if row["known"] <= day and row["kind"] == kind:
            counts[row["day"]] = counts.get(row["day"], 0) + row["n"]
    return {one for one, n in counts.items() if n > 0}
