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
STATES = np.array(["管控", "楼栋封控", "封控"], dtype=object)


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
    return found


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


def assessments(city: City, day: int, seed: int) -> pd.DataFrame:
    """Return a seventh of the compounds, a different one each day of the week; items fall into place week by week."""
    rows = city.compounds.iloc[day % 7 :: 7]
    rng = np.random.default_rng([seed, 8, day])
    done = 0.72 + 0.02 * min(day - ASSESSED_FROM, 12)
    ticks = rng.random((len(rows), len(ITEMS))) < done
    told = pd.DataFrame(np.where(ticks, "是", "否"), columns=list(ITEMS.values()), dtype=object)
    told.insert(0, "小区", rows["compound_id"].to_numpy(object))
    told.insert(1, "评估时间", f"{EPOCH + timedelta(days=day)} 16:00")
    return told.assign(报告时间=f"{EPOCH + timedelta(days=day)} 19:30")
