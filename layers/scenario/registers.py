"""The rows that registers hold of the drill's persons: one per transition, in the feeds' own columns, before any mistake."""

from datetime import datetime, time, timedelta

import numpy as np
import pandas as pd

from layers._times import SHANGHAI
from layers.scenario import people
from layers.scenario.city import City
from layers.scenario.curve import EPOCH
from layers.scenario.epidemic import NEVER, Epidemic

HOSTILE = ("<script>alert('演练')</script>", "=1+1", "'; DROP TABLE person; --")  # remarks that must stay remarks
NOTES = ("电话随访", "家庭聚集", "社区排查发现", "外院转入", "复查核酸")
PERSON = [
    *("address", "district", "lon", "lat", "age", "sex", "name", "phone", "id_number"),
    *("reported_at", "withdrawn", "note"),
]
CASE = ["case_id", *PERSON, "status", "status_at", "severity", "onset_at", "hospital", "origin"]
CONTACT = ["contact_id", *PERSON, "state", "state_at", "case_id", "exposed_at"]
FEVER = ["fever_id", *PERSON, "state", "state_at", "temperature"]
FILED = [
    "file_day",
    "provider",
    "person",
    "dirt",
]  # beside the columns: where a row goes, whose it is, what is wrong with it


def registers(city: City, epidemic: Epidemic) -> dict[str, pd.DataFrame]:
    """Return the rows of case, contact and fever registers (CASE, CONTACT, FEVER and FILED columns), in order of report.

    file_day is the day of the delivery, provider the source of a case row, person the position in epidemic.persons,
    dirt the name of the fault of a row, "" here: mistakes are made later.
    """
    rng = np.random.default_rng([epidemic.seed, 3])
    rows = _told(rng, city, epidemic)
    out = {}
    for kind, columns in (("case", CASE), ("contact", CONTACT), ("fever", FEVER)):
        of_kind = rows[rows["kind"] == kind].rename(columns={"id": f"{kind}_id"})
        if kind != "case":
            of_kind = of_kind.rename(columns={"status": "state", "status_at": "state_at", "related_id": "case_id"})
        out[kind] = of_kind[[*columns, *FILED]].reset_index(drop=True)
    return out


def moment(day: int, clock: time) -> datetime:
    """Return a time of a day number, in Asia/Shanghai."""
    return datetime.combine(EPOCH + timedelta(days=int(day)), clock, SHANGHAI)


def dates(days: np.ndarray) -> np.ndarray:
    """Return days as ISO dates, "" for those that never come."""
    known = np.asarray(days, dtype=np.int64)
    texts = np.where(known == NEVER, 0, known).astype("datetime64[D]").astype(str).astype(object)
    return np.where(known == NEVER, "", texts)


def _told(rng: np.random.Generator, city: City, epidemic: Epidemic) -> pd.DataFrame:
    """One row per transition that is reported by the last day, with all that is written of its person."""
    persons = epidemic.persons.join(people.write(rng, city, epidemic.persons))
    steps = epidemic.transitions
    first = steps.groupby("person")["day"].min().reindex(persons.index).to_numpy()
    cases = (persons["kind"] == "case").to_numpy()
    hospital = np.full(len(persons), "", dtype=object)
    hospital[cases] = people.admitted(rng, city, persons[cases], np.maximum(first[cases], epidemic.start))
    related = persons["related"].to_numpy()
    persons["related_id"] = np.where(related >= 0, persons["id"].to_numpy(object)[np.maximum(related, 0)], "")
    persons["hospital"], persons["origin"] = hospital, np.where(cases, "local", "")
    persons["note"] = _notes(rng, len(persons))
    persons["onset_at"], persons["exposed_at"] = (
        dates(persons[name].to_numpy()) for name in ("onset_day", "exposed_day")
    )
    persons["temperature"] = [f"{t:.1f}" for t in rng.normal(38.1, 0.5, len(persons)).clip(37.3, 40.2)]
    steps = steps[steps["report_day"] <= epidemic.end].reset_index(drop=True)
    rows = persons.drop(columns="severity").iloc[steps["person"].to_numpy()].reset_index(drop=True)
    minute = rng.integers(0, 9 * 60, len(steps))
    written = (steps["report_day"].to_numpy() * 1440 + 9 * 60 + minute).astype("datetime64[m]").astype(str)
    return rows.assign(
        status=steps["status"],
        status_at=dates(steps["day"].to_numpy()),
        severity=steps["severity"],
        reported_at=[text.replace("T", " ") for text in written],
        withdrawn="",
        file_day=steps["report_day"],
        person=steps["person"],
        dirt="",
    )


def _notes(rng: np.random.Generator, size: int) -> np.ndarray:
    notes = np.where(rng.random(size) < 0.06, rng.choice(np.array(NOTES, dtype=object), size), "")
    hostile = rng.random(size) < 0.0005
    return np.where(hostile, rng.choice(np.array(HOSTILE, dtype=object), size), notes)
