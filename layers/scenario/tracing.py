"""Close contacts and fever patients of the drill: who met whom, who was watched, and until when."""

import numpy as np
import pandas as pd

from layers.scenario.city import City
from layers.scenario.curve import day_of
from layers.scenario.homes import ages, dwell

CONTACTS, FEVERS = 20_000, 8_000  # in the whole city by 25 February
COUNTED = day_of("2020-02-25")
OBSERVED_DAYS = 14  # from the last exposure (NHC control plan)
SAME_HOME = 0.6  # share of contacts that live in the compound and building of their case


def contacts(
    rng: np.random.Generator, city: City, chance: np.ndarray, cases: pd.DataFrame, factor: float
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return persons and transitions; `cases` has status_day, report_day, onset_day, withdrawn_day and the home."""
    possible = np.flatnonzero((cases["same_as"] < 0) & (cases["report_day"] >= day_of("2020-01-20")))
    by_then = (cases["report_day"].to_numpy()[possible] <= COUNTED).mean()
    size = round(CONTACTS * factor / by_then)
    related = np.sort(rng.choice(possible, size))
    case = cases.loc[related].reset_index(drop=True)
    window = np.maximum(case["status_day"].to_numpy() - case["onset_day"].to_numpy(), 1)
    exposed = case["status_day"].to_numpy() - (window * rng.random(size) ** 2).astype(int)
    persons = dwell(rng, city, chance, size).assign(kind="contact", age=rng.integers(1, 88, size), severity=0)
    home = rng.random(size) < SAME_HOME
    for name in ("compound", "building", "unit", "room"):
        persons[name] = np.where(home, case[name], persons[name])
    began = np.maximum(exposed, case["report_day"].to_numpy() - 1) + rng.integers(0, 3, size)
    released = np.maximum(exposed + OBSERVED_DAYS, began + 1)
    starts = _moves("contact", began, began + rng.choice([0, 1, 2], size, p=[0.6, 0.3, 0.1]))
    ends = _moves("contact_released", released, released + 1 + rng.integers(0, 3, size))
    ends["report_day"] = np.maximum(ends["report_day"], starts["report_day"] + 1)
    return persons.assign(related=related, exposed_day=exposed), pd.concat([starts, ends], ignore_index=True)


def fevers(
    rng: np.random.Generator, city: City, chance: np.ndarray, added: pd.DataFrame, factor: float
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return persons and transitions: many fevers when many fall ill, nine in ten excluded after a few days."""
    smooth = added["confirmed"].loc[day_of("2020-01-22") :].rolling(7, center=True, min_periods=1).mean() + 1
    size = round(FEVERS * factor * smooth.sum() / smooth.loc[:COUNTED].sum())
    day = np.sort(rng.choice(smooth.index.to_numpy(), size, p=(smooth / smooth.sum()).to_numpy()))
    persons = dwell(rng, city, chance, size).assign(kind="fever", age=ages(rng, size), severity=0)
    starts = _moves("fever", day, day + rng.choice([0, 1, 2, 3], size, p=[0.7, 0.2, 0.07, 0.03]))
    ended = day + rng.integers(2, 6, size)
    ends = _moves("fever_excluded", ended, np.maximum(ended + rng.integers(0, 2, size), starts["report_day"] + 1))
    soon = rng.random(size) < 0.9
    late = _moves("fever_excluded", day + OBSERVED_DAYS, watched_until(day))
    return persons, pd.concat([starts, ends[soon], late[~soon]], ignore_index=True)


def watched_until(day: np.ndarray) -> np.ndarray:
    """Days on which it is told that somebody watched for 14 days is free: after 25 February, so that the drill to that day stays as it was."""
    return np.maximum(day + OBSERVED_DAYS, COUNTED + 1 + np.arange(len(day)) % OBSERVED_DAYS)


def _moves(status: str, day: np.ndarray, report_day: np.ndarray) -> pd.DataFrame:
    return pd.DataFrame({"person": np.arange(len(day)), "status": status, "day": day, "report_day": report_day})
