"""How fast the review queue moves: decisions today and in the last hour, by whom, and the seconds one takes."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import pandas as pd

from layers._times import day_number, day_start

A_BREAK = timedelta(minutes=10)  # a longer gap between two actions of one person is not the time of a decision


@dataclass(frozen=True)
class Pace:
    """What reviewers did today and in the last hour, decisions that were undone since included.

    persons_today  different persons, however often each was decided
    median_s  median seconds between one action and the next decision of the same person, breaks left out; None: too few
    by        (reviewer, decisions today), the busiest first
    """

    today: int
    last_hour: int
    persons_today: int
    median_s: float | None
    by: tuple[tuple[str, int], ...]


def pace(rows: pd.DataFrame, now: datetime) -> Pace:
    """Return the pace of `review.history` rows at a moment; days are those of Asia/Shanghai."""
    acts = rows.drop_duplicates("number").sort_values("at")
    decisions = acts[acts["action"] == "review"]
    midnight = day_start(day_number(now))
    today = decisions[(decisions["at"] >= midnight) & (decisions["at"] <= now)]
    persons = rows[(rows["action"] == "review") & (rows["at"] >= midnight) & (rows["at"] <= now)]
    hour = decisions[(decisions["at"] > now - timedelta(hours=1)) & (decisions["at"] <= now)]
    busiest = sorted(today["actor"].value_counts().items(), key=lambda each: (-each[1], str(each[0])))
    return Pace(
        len(today),
        len(hour),
        persons["key"].nunique(),
        _median_s(acts),
        tuple((str(actor), int(n)) for actor, n in busiest),
    )


def _median_s(acts: pd.DataFrame) -> float | None:
    gaps = acts.groupby("actor")["at"].diff() if len(acts) else pd.Series(dtype="timedelta64[ns]")
    worked = gaps[gaps.notna() & (gaps <= A_BREAK)]
    return float(np.median([gap.total_seconds() for gap in worked])) if len(worked) else None
