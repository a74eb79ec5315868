"""The invented epidemic of the drill city: persons and their dated transitions, adding up to the published bulletins."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from layers.scenario import courses, homes, tracing
from layers.scenario.city import City
from layers.scenario.curve import daily, published, scaled
from layers.scenario.homes import dwell, risk

EXCLUDED = 9_000  # suspects that turned out to be nothing
ASYMPTOMATIC = 180
DOUBLES = 0.003  # share of cases that are the same person under a second id
PROVIDERS = (np.array(["cdc", "hospitals", "streets"], dtype=object), np.array([0.45, 0.35, 0.20]))
KINDS = ("case", "contact", "fever")
PREFIX = {"case": "WH-D-", "contact": "WH-C-", "fever": "WH-F-"}
NEVER = 10**6  # a day that never comes


@dataclass(frozen=True)
class Epidemic:
    """The drill's persons and what happened to them; days are numbers since 1970, reports come on or after the event.

    persons      kind, id, compound (position in city.compounds: the truth, which no file contains), building, unit, room, age,
                 sex, severity, onset_day, provider, same_as (position of the same person's first record, or -1), related
                 (position of the case a contact met, or -1), exposed_day, withdrawn_day
    transitions  person (position), status, day, report_day, severity; in order of report
    curve        the published cumulative counts, scaled to this city
    start, end   first and last day that anything is delivered
    """

    persons: pd.DataFrame
    transitions: pd.DataFrame
    curve: pd.DataFrame
    factor: float
    start: int
    end: int
    seed: int

    def known(self, day: int) -> dict[str, int]:
        """Return persons ever in each status as reported by the end of `day`, and `total`: confirmed or clinical or both."""
        persons = self.persons["withdrawn_day"].to_numpy()
        steps = self.transitions
        steps = steps[(steps["report_day"] <= day) & (persons[steps["person"]] > day)]
        counts = steps.groupby("status")["person"].nunique()
        total = steps.loc[steps["status"].isin(["confirmed", "clinical"]), "person"].nunique()
        return {str(status): int(n) for status, n in counts.items()} | {"total": int(total)}


def make_epidemic(city: City, seed: int, start: int, end: int, cases: int | None = None) -> Epidemic:
    """Return the epidemic of `city`; the same arguments give the same persons.

    start, end  day numbers: what was reported before `start` is told on that day, what is reported after `end` never
    cases       cumulative confirmed and clinical cases on `end`; None: as published
    """
    rng = np.random.default_rng([seed, 2])
    curve = published()
    factor = 1.0 if cases is None else cases / int(curve["confirmed_cum"][end] + curve["clinical_cum"][end])
    curve = scaled(curve, factor)
    chance = risk(city)
    known, steps = _cases(rng, city, chance, daily(curve))
    others = [
        _suspects(rng, city, chance, known, factor),
        tracing.contacts(rng, city, chance, known, factor),
        tracing.fevers(rng, city, chance, daily(curve), factor),
    ]
    persons, transitions = known, [steps]
    for more, moves in others:
        transitions.append(moves.assign(person=moves["person"] + len(persons)))
        persons = pd.concat([persons, more], ignore_index=True)
    moves = pd.concat(transitions, ignore_index=True).fillna({"severity": ""})
    moves["report_day"] = np.maximum(moves["report_day"], start)
    moves = moves.sort_values(["report_day", "person", "day"], kind="stable", ignore_index=True)
    # Two statuses of one day have one severity: the first one said.
    moves.loc[moves.duplicated(["person", "day"]), "severity"] = ""
    return Epidemic(_finished(rng, persons), moves, curve, factor, start, end, seed)


def _cases(
    rng: np.random.Generator, city: City, chance: np.ndarray, added: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The persons that bulletins counted, and their transitions."""
    cases = courses.entries(rng, added)
    order = cases["onset_day"].argsort(kind="stable").to_numpy()
    where = dwell(rng, city, chance, len(cases)).set_axis(order, axis=0).sort_index()
    cases = cases.join(where).assign(kind="case", age=homes.ages(rng, len(cases)))
    cases["severity"] = courses.severities(rng, cases["age"].to_numpy())
    off, dead = courses.written_off(rng, cases, added)
    cases["withdrawn"], cases["withdrawn_dead"] = np.isin(cases.index, off), np.isin(cases.index, dead)
    cases["withdrawn_day"] = np.where(cases["withdrawn"], courses.STEP + 1, NEVER)
    cases = _doubled(rng, cases)
    kept = ["kind", "compound", "building", "unit", "room", "age", "severity", "onset_day", "withdrawn_day", "same_as"]
    return cases[[*kept, "status_day", "report_day"]], _steps(rng, cases, added)


def _steps(rng: np.random.Generator, cases: pd.DataFrame, added: pd.DataFrame) -> pd.DataFrame:
    """Suspected, diagnosed, tested and ended, each with the severity that was written down then."""
    ended = courses.endings(rng, cases, added)
    until = np.full(len(cases), NEVER)
    until[ended["person"]] = ended["day"]
    severity = cases["severity"].to_numpy()
    later = courses.SEVERITIES[courses.worsened(rng, severity)]
    first = np.where(rng.random(len(cases)) < 0.08, "", courses.SEVERITIES[severity])
    milder = courses.SEVERITIES[np.maximum(severity - (rng.random(len(cases)) < 0.3), 0)]
    seen = np.where(rng.random(len(cases)) < 0.3, milder, "")
    suspected, tested = courses.suspicions(rng, cases), courses.conversions(rng, cases, until)
    entry = cases.reset_index(names="person").rename(columns={"status_day": "day"}).assign(severity=first)
    steps = [
        suspected.assign(status="suspected", severity=seen[suspected["person"]]),
        entry[["person", "status", "day", "report_day", "severity"]],
        tested.assign(status="confirmed", severity=later[tested["person"]]),
        ended.assign(severity=np.where(ended["status"] == "dead", "critical", "")),
    ]
    return pd.concat(steps, ignore_index=True)


def _doubled(rng: np.random.Generator, cases: pd.DataFrame) -> pd.DataFrame:
    """Some cases are an earlier one under a second number: same home and age, `same_as` names the first (-1: nobody)."""
    lasting = ~cases["withdrawn"].to_numpy()
    again = rng.choice(np.arange(len(cases) // 10, len(cases)), round(DOUBLES * len(cases)), replace=False)
    again = np.sort(again[lasting[again]])
    first = (again * rng.random(len(again))).astype(int)
    clear = lasting[first] & ~np.isin(first, again)
    again, first = again[clear], first[clear]
    out = cases.assign(same_as=-1)
    told = ["compound", "building", "unit", "room", "age"]
    out.loc[again, told] = cases.loc[first, told].to_numpy()
    out.loc[again, "same_as"] = first
    return out


def _suspects(
    rng: np.random.Generator, city: City, chance: np.ndarray, cases: pd.DataFrame, factor: float
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Suspects who were excluded, and infections without symptoms: days drawn from those of the cases."""
    excluded, silent = round(EXCLUDED * factor), max(round(ASYMPTOMATIC * factor), 1)
    size = excluded + silent
    usual = cases.loc[cases["status_day"] != courses.STEP, "status_day"].to_numpy()
    day = rng.choice(usual, size) - rng.integers(0, 4, size)
    ends = day + rng.integers(2, 7, size)
    asymptomatic = np.arange(size) >= excluded
    persons = dwell(rng, city, chance, size).assign(kind="case", age=homes.ages(rng, size), severity=0)
    persons["onset_day"] = np.where(asymptomatic, NEVER, day - rng.integers(1, 6, size))
    first = pd.DataFrame({"person": np.arange(size), "day": day, "report_day": day + courses.late(rng, size)})
    first["status"] = np.where(asymptomatic, "asymptomatic", "suspected")
    last = pd.DataFrame({"person": np.arange(size), "day": ends, "status": "excluded"})
    last["report_day"] = np.maximum(ends + courses.late(rng, size), first["report_day"] + 1)
    free = last[asymptomatic].assign(day=day[asymptomatic] + tracing.OBSERVED_DAYS)
    free["report_day"] = tracing.watched_until(day[asymptomatic])
    return persons, pd.concat([first, last[~asymptomatic], free], ignore_index=True)


def _finished(rng: np.random.Generator, persons: pd.DataFrame) -> pd.DataFrame:
    """Give everybody a number in order of first mention, a sex and the provider that reports them."""
    filled = {"same_as": -1, "related": -1, "withdrawn_day": NEVER, "exposed_day": NEVER, "onset_day": NEVER}
    persons = persons.assign(**{name: persons.get(name) for name in filled}).fillna(filled)
    persons = persons.astype(dict.fromkeys(filled, np.int64))
    number = persons.groupby("kind").cumcount() + 1
    persons["id"] = persons["kind"].map(PREFIX) + number.map("{:06d}".format)
    persons["sex"] = np.where(rng.random(len(persons)) < 0.51, "male", "female").astype(object)
    persons["provider"] = rng.choice(PROVIDERS[0], len(persons), p=PROVIDERS[1])
    repeats = persons["same_as"].to_numpy() >= 0
    persons.loc[repeats, "sex"] = persons["sex"].to_numpy()[persons["same_as"][repeats]]
    return persons.drop(columns=["status_day", "report_day"])
