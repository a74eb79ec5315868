"""What street offices tell of their compounds: the order in force, and the six 到位 items."""

from datetime import timedelta

import numpy as np
import pandas as pd

from layers.intake.feeds.assessments import ITEMS
from layers.scenario.city import City
from layers.scenario.curve import EPOCH, day_of
from layers.scenario.epidemic import Epidemic

NOTICE_12 = day_of("2020-02-11")  # all compounds closed (DOMAIN 1.2)
ASSESSED_FROM = day_of("2020-02-20")
WINDOW_DAYS = 14
SEALED_FROM = 8  # cases in the window from which a whole compound, not a building, is sealed; invented
RELAXED = 3
STATES = np.array(["管控", "楼栋封控", "封控", "防范"], dtype=object)
ROUNDS_FROM, RELAXED_FROM = day_of("2020-03-01"), day_of("2020-03-18")  # DOMAIN 1.2
READY = (
    [0, 0.35, 0.50, 0.85, 0.93, 0.99, 1],
    [day_of(f"2020-{day}") for day in ("02-24", "03-04", "03-07", "03-16", "03-19", "04-03", "05-01")],
)
SLIPS = 0.998  # chance that an item that was in place is found in place again
QUIET_DAYS, SETTLED_DAYS = (
    24,
    10,
)  # without anybody reported, and since all items are in place: then some are relaxed; invented


def states(city: City, epidemic: Epidemic, evenings: list[int]) -> dict[int, np.ndarray]:
    """Return, per evening from Notice 12 on, the position in STATES of each compound by the cases reported in the last 14 days."""
    steps = epidemic.transitions
    first = steps[steps["status"].isin(["suspected", "confirmed", "clinical"])].drop_duplicates("person")
    compound = epidemic.persons["compound"].to_numpy()[first["person"]]
    reported = first["report_day"].to_numpy()
    found = {}
    for day in [evening for evening in evenings if evening >= NOTICE_12]:
        recent = (reported <= day) & (reported > day - WINDOW_DAYS)
        count = np.bincount(compound[recent], minlength=len(city.compounds))
        found[day] = (count > 0).astype(int) + (count >= SEALED_FROM)
        if day >= RELAXED_FROM:
            found[day][_relaxed(city, epidemic, day)] = RELAXED
    return found


def _relaxed(city: City, epidemic: Epidemic, day: int) -> np.ndarray:
    """Three in four of the compounds that have been quiet and in order for long enough."""
    steps = epidemic.transitions
    watched = ["suspected", "confirmed", "clinical", "fever", "contact", "asymptomatic"]
    seen = steps[
        (steps["report_day"] <= day) & (steps["report_day"] > day - QUIET_DAYS) & steps["status"].isin(watched)
    ]
    quiet = np.ones(len(city.compounds), dtype=bool)
    quiet[epidemic.persons["compound"].to_numpy()[seen["person"]]] = False
    return quiet & (ready(city, epidemic.seed) <= day - SETTLED_DAYS) & (np.arange(len(quiet)) % 4 != 0)


def controls(city: City, now: np.ndarray, before: np.ndarray | None, day: int) -> pd.DataFrame:
    """Return a row for each compound whose order changed since the evening before; all of them where there was none."""
    changed = np.arange(len(now)) if before is None else np.flatnonzero(now != before)
    rows = city.compounds.iloc[changed]
    return pd.DataFrame(
        {
            "zone_id": rows["compound_id"],
            "name": rows["name"],
            "compound": rows["compound_id"],
            "district": rows["district"],
            "state": STATES[now[changed]],
            "since": str(EPOCH + timedelta(days=NOTICE_12 if before is None else day)),
            "reported_at": f"{EPOCH + timedelta(days=day)} 18:00",
        }
    )


def assessments(city: City, before: int, day: int, seed: int) -> pd.DataFrame:
    """Return what street offices assessed since the evening `before`.

    To the end of February a seventh of the compounds each day, items fall into place week by week. From the first round on
    (1 March) a compound is visited every third day until all six are in place, and once a week after.
    """
    at, ticks = _first_weeks(city, day, seed) if day < ROUNDS_FROM else _rounds(city, before, day, seed)
    rows = city.compounds.iloc[at]
    told = pd.DataFrame(np.where(ticks, "是", "否"), columns=list(ITEMS.values()), dtype=object)
    told.insert(0, "小区", rows["compound_id"].to_numpy(object))
    told.insert(1, "评估时间", f"{EPOCH + timedelta(days=day)} 16:00")
    return told.assign(报告时间=f"{EPOCH + timedelta(days=day)} 19:30")


def ready(city: City, seed: int) -> np.ndarray:
    """Return the day on which the last of the six items falls into place in each compound; a few never do.

    Invented, and so drawn that the share of certified compounds runs somewhat like the published one (DOMAIN V19).
    """
    share = np.random.default_rng([seed, 9]).random(len(city.compounds))
    return np.interp(share, *READY).round().astype(int)


def _first_weeks(city: City, day: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    at = np.arange(len(city.compounds))[day % 7 :: 7]
    rng = np.random.default_rng([seed, 8, day])
    done = 0.72 + 0.02 * min(day - ASSESSED_FROM, 12)
    return at, rng.random((len(at), len(ITEMS))) < done


def _rounds(city: City, before: int, day: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    every, last = np.arange(len(city.compounds)), ready(city, seed)
    days = np.arange(max(before + 1, day - 6), day + 1)
    known = last < day - 3  # told in place at an earlier visit
    turn = np.where(known, np.isin(every % 7, days % 7), np.isin(every % 3, days % 3))
    at = np.flatnonzero(turn)
    rng = np.random.default_rng([seed, 8, day])
    ticks = rng.random((len(at), len(ITEMS))) < SLIPS
    lagging = rng.integers(0, len(ITEMS), len(at))
    waits = last[at] > day
    ticks[np.flatnonzero(waits), lagging[waits]] = False
    return at, ticks
