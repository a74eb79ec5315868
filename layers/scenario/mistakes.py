"""What goes wrong between a register and headquarters: repeated, corrected, withdrawn and impossible rows."""

import numpy as np
import pandas as pd

from layers.scenario import addresses
from layers.scenario.city import City
from layers.scenario.epidemic import NEVER, Epidemic

REPEATED = 0.01  # share of rows that come again with the next day's file
REDATED = 0.004  # share of diagnoses whose date is corrected by a day
READDRESSED = 0.004  # share of persons whose address is corrected
STRANGERS = 900_000  # case numbers from here on stand in rows that no register should accept
BROKEN = ("unknown status", "future date", "impossible date", "blank id")  # one row of each kind a day
AGE = 230


def make(city: City, epidemic: Epidemic, cases: pd.DataFrame) -> pd.DataFrame:
    """Return the case rows with their mistakes, in order of file_day; `dirt` names what is wrong with a row.

    Rows that the feed must refuse are additional, so that refusing them leaves the published counts as they are.
    """
    rng = np.random.default_rng([epidemic.seed, 4])
    off = epidemic.persons["withdrawn_day"].to_numpy()
    lasting = (off[cases["person"]] == NEVER) & (cases["file_day"] < epidemic.end)
    corrected = _readdressed(rng, city, epidemic, cases, lasting)
    steady = lasting & ~cases["person"].isin(corrected["person"])
    repeated = cases[steady & (rng.random(len(cases)) < REPEATED)].assign(dirt="repeated")
    repeated["file_day"] += 1
    parts = [_moved(cases, corrected), corrected, repeated, _redated(rng, epidemic, cases, steady)]
    parts += [_withdrawn(epidemic, cases), _broken(epidemic, cases)]
    rows = pd.concat(parts, ignore_index=True).sort_values("file_day", kind="stable", ignore_index=True)
    return _too_old(rng, rows)


def _readdressed(
    rng: np.random.Generator, city: City, epidemic: Epidemic, cases: pd.DataFrame, lasting: np.ndarray
) -> pd.DataFrame:
    """The first row of some persons again, some days later, with another address."""
    first = cases[lasting & ~cases.duplicated("person")]
    chosen = first[rng.random(len(first)) < READDRESSED]
    homes = epidemic.persons.loc[chosen["person"]].set_axis(chosen.index)
    again = chosen.assign(address=addresses.again(rng, city, homes), dirt="corrected address")
    return _later(again, rng.integers(2, 6, len(again)), epidemic.end)


def _moved(cases: pd.DataFrame, corrected: pd.DataFrame) -> pd.DataFrame:
    """Rows written after an address was corrected carry the new one."""
    told = cases["person"].map(corrected.set_index("person")["address"])
    since = cases["person"].map(corrected.set_index("person")["file_day"]).fillna(NEVER)
    return cases.assign(address=cases["address"].where(cases["file_day"] < since, told))


def _redated(rng: np.random.Generator, epidemic: Epidemic, cases: pd.DataFrame, steady: np.ndarray) -> pd.DataFrame:
    """Diagnoses of persons who had no earlier status, one day earlier than first said."""
    alone = ~cases.duplicated("person") & (cases["status"] == "confirmed") & (cases["onset_at"] < cases["status_at"])
    again = cases[steady & alone & (rng.random(len(cases)) < REDATED * 2)].assign(dirt="corrected date")
    earlier = pd.to_datetime(again["status_at"]) - pd.Timedelta(days=1)
    again["status_at"] = earlier.dt.strftime("%Y-%m-%d").astype(object)
    return _later(again, rng.integers(1, 5, len(again)), epidemic.end)


def _later(rows: pd.DataFrame, days: np.ndarray, end: int) -> pd.DataFrame:
    """The same rows `days` later, written down on that day; those after the last delivery fall away."""
    moved = rows.assign(file_day=rows["file_day"] + days)
    day = moved["file_day"].to_numpy().astype("datetime64[D]").astype(str)
    moved["reported_at"] = [f"{d} {text[11:]}" for d, text in zip(day, moved["reported_at"], strict=True)]
    return moved[moved["file_day"] <= end]


def _withdrawn(epidemic: Epidemic, cases: pd.DataFrame) -> pd.DataFrame:
    """The source takes its written-off cases back on the day after it reported them."""
    off = epidemic.persons["withdrawn_day"].to_numpy()[cases["person"]]
    chosen = cases[(off <= epidemic.end) & (cases["status"] == "clinical")].assign(withdrawn="是", dirt="withdrawn")
    return _later(chosen, np.ones(len(chosen), dtype=int), epidemic.end)


def _broken(epidemic: Epidemic, cases: pd.DataFrame) -> pd.DataFrame:
    """A row of each impossible kind a day, made from a real one under a number of its own."""
    models = cases.drop_duplicates("file_day", keep="last")
    # A small city makes its mistakes every third day, or its register would be all mistakes.
    often = 1 if epidemic.factor > 0.5 else 3
    models = models[(models["file_day"] > epidemic.start) & ((epidemic.end - models["file_day"]) % often == 0)]
    found = []
    for number, kind in enumerate(BROKEN):
        rows = models.assign(dirt=kind, withdrawn="", severity="", person=-1)
        rows["case_id"] = [f"WH-D-{STRANGERS + number * 1000 + i}" for i in range(len(rows))]
        wrong = {
            "unknown status": ("status", "待定"),
            "future date": ("status_at", "2022-02-02"),
            "impossible date": ("status_at", "2020-02-30"),
            "blank id": ("case_id", ""),
        }[kind]
        rows[wrong[0]] = wrong[1]
        found.append(rows)
    return pd.concat(found, ignore_index=True)


def _too_old(rng: np.random.Generator, rows: pd.DataFrame) -> pd.DataFrame:
    """Every third day one good row says that the patient is 230; the feed drops the age and keeps the row."""
    clean = rows[(rows["dirt"] == "") & (rows["file_day"] % 3 == 0)]
    chosen = clean.groupby("file_day").sample(1, random_state=int(rng.integers(2**31))).index
    rows.loc[chosen, "age"] = AGE
    rows.loc[chosen, "dirt"] = "age 230"
    return rows
