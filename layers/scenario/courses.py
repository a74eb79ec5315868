"""How a case runs: onset, suspicion, diagnosis, worsening, and how it ends, so that each day adds up to its bulletin."""

import numpy as np
import pandas as pd

from layers.scenario.curve import day_of, spread

STEP = day_of("2020-02-12")  # clinically diagnosed cases count from this bulletin on
FIRST_ONSET = day_of("2019-12-08")
LAGS = (np.array([0, 1, 2, 3, 10]), np.array([0.66, 0.19, 0.09, 0.05, 0.01]))  # days from the event to its report
SEVERITIES = np.array(["mild", "ordinary", "severe", "critical"], dtype=object)
SHARES = np.array(
    [0.42, 0.39, 0.14, 0.05]
)  # mild and ordinary 81 %, severe 14 %, critical 5 % (Wu & McGoogan, JAMA 2020)
WORSENS = np.array([0.10, 0.12, 0.15, 0.0])
DIES = np.array([0.01, 0.06, 1.0, 6.0])
RECOVERS = np.array([1.0, 1.0, 0.4, 0.1])


def late(rng: np.random.Generator, size: int) -> np.ndarray:
    """Draw days between an event and its report."""
    return rng.choice(LAGS[0], size, p=LAGS[1])


def entries(rng: np.random.Generator, added: pd.DataFrame) -> pd.DataFrame:
    """Return one row per case that a bulletin counted: status, report_day, status_day, onset_day, in order of report."""
    rows = pd.concat(
        pd.DataFrame({"status": status, "report_day": spread(added[status])}) for status in ("confirmed", "clinical")
    ).sort_values("report_day", kind="stable", ignore_index=True)
    clinical = (rows["status"] == "clinical").to_numpy()
    report = rows["report_day"].to_numpy()
    status_day = report - np.where(clinical & (report == STEP), 0, late(rng, len(rows)))
    status_day = np.where(clinical, np.maximum(status_day, STEP), status_day)
    delay = np.interp(status_day, [day_of("2020-01-10"), day_of("2020-02-20")], [10.5, 4.5]) + 3 * clinical
    onset = np.maximum(status_day - rng.gamma(2.5, delay / 2.5).round().astype(int), FIRST_ONSET)
    return rows.assign(status_day=status_day, onset_day=np.minimum(onset, status_day))


def severities(rng: np.random.Generator, ages: np.ndarray) -> np.ndarray:
    """Return the index into SEVERITIES of each case: the published shares, older people more often severe."""
    rank = np.argsort(np.argsort(ages + rng.normal(0, 25, len(ages)))) / max(len(ages), 1)
    return np.searchsorted(np.cumsum(SHARES)[:-1], rank, side="right")


def written_off(rng: np.random.Generator, cases: pd.DataFrame, added: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Return the positions of the cases of 12 February that were withdrawn a day later, and of the dead among them."""
    day = added.index[added["withdrawn"] > 0][0]
    pool = np.flatnonzero((cases["status"] == "clinical") & (cases["report_day"] == STEP))
    chosen = rng.choice(pool, min(int(added.loc[day, "withdrawn"]), len(pool)), replace=False)
    return chosen, chosen[: int(added.loc[day, "dead_withdrawn"])]


def endings(rng: np.random.Generator, cases: pd.DataFrame, added: pd.DataFrame) -> pd.DataFrame:
    """Return person, status (cured or dead), day, report_day, so that each day's reports are the published ones.

    cases  status, report_day, status_day, severity (index), age, withdrawn, withdrawn_dead
    """
    report, severity = cases["report_day"].to_numpy(), cases["severity"].to_numpy()
    age_risk = np.exp((cases["age"].to_numpy() - 55) / 15)
    running = ~cases["withdrawn"].to_numpy()
    gone = np.flatnonzero(cases["withdrawn_dead"])
    found = [pd.DataFrame({"person": gone, "status": "dead", "report_day": STEP})]
    for day, row in added.iterrows():
        since = day - report
        weights = {
            "dead": DIES[severity] * age_risk * np.exp(-(((since - 6) / 9.0) ** 2)),
            "cured": RECOVERS[severity] * np.clip(since - 3, 0.01, 22) ** 2,
        }
        for status in ("dead", "cured"):
            wanted = int(row[status]) - (len(gone) if status == "dead" and day == STEP else 0)
            chosen = _draw(rng, np.where(running & (since >= 0), weights[status] + 1e-9, 0), wanted)
            running[chosen] = False
            found.append(pd.DataFrame({"person": chosen, "status": status, "report_day": day}))
    out = pd.concat(found, ignore_index=True)
    earliest = cases["status_day"].to_numpy()[out["person"]]
    return out.assign(day=np.maximum(out["report_day"] - rng.choice([0, 1], len(out), p=[0.8, 0.2]), earliest))


def conversions(rng: np.random.Generator, cases: pd.DataFrame, ended: np.ndarray) -> pd.DataFrame:
    """Return person, day, report_day of clinical cases that a test confirmed later, before they were cured or died.

    ended  per case the day of its ending, far away for none
    """
    day = np.maximum(cases["status_day"].to_numpy() + 1 + rng.poisson(5, len(cases)), STEP + 3)
    report = np.maximum(day + rng.choice([0, 1, 2], len(cases), p=[0.7, 0.2, 0.1]), cases["report_day"].to_numpy() + 1)
    clinical = (cases["status"] == "clinical") & ~cases["withdrawn"]
    person = np.flatnonzero(clinical & (rng.random(len(cases)) < 0.75) & (report < ended))
    return pd.DataFrame({"person": person, "day": day[person], "report_day": report[person]})


def suspicions(rng: np.random.Generator, cases: pd.DataFrame) -> pd.DataFrame:
    """Return person, day, report_day of the cases that were reported as suspected first, at least a day before."""
    status_day, onset, reported = (cases[name].to_numpy() for name in ("status_day", "onset_day", "report_day"))
    day = np.maximum(status_day - 1 - rng.poisson(2, len(cases)), onset)
    report = np.minimum(day + late(rng, len(cases)), reported - 1)
    person = np.flatnonzero((rng.random(len(cases)) < 0.66) & (day < status_day))
    return pd.DataFrame({"person": person, "day": day[person], "report_day": report[person]})


def worsened(rng: np.random.Generator, severity: np.ndarray) -> np.ndarray:
    """Return the severity some days on: the published shares hold at the diagnosis, some cases get worse."""
    return severity + (rng.random(len(severity)) < WORSENS[severity])


def _draw(rng: np.random.Generator, weights: np.ndarray, wanted: int) -> np.ndarray:
    """Draw without replacement in proportion to `weights`: the smallest of exponential waiting times."""
    open_ = np.flatnonzero(weights)
    waits = rng.exponential(size=len(open_)) / weights[open_]
    return open_[np.argsort(waits, kind="stable")[: max(wanted, 0)]]
