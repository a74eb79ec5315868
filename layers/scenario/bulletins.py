"""The published curve of Wuhan, day by day, and what each day's bulletin added to it."""

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

FACTS = Path(__file__).parent / "facts"
EPOCH = date(1970, 1, 1)
GROSS = ("confirmed", "clinical", "cured", "dead")


def day_of(text: str) -> int:
    """Return the number of a calendar day (days since 1970), the unit of every date in this package."""
    return (date.fromisoformat(text) - EPOCH).days


def published() -> pd.DataFrame:
    """Return the cumulative counts of facts/epidemic.csv by day number, without their sources."""
    table = pd.read_csv(FACTS / "epidemic.csv")
    return table.drop(columns=["day", "source"]).set_index(table["day"].map(day_of))


def scaled(curve: pd.DataFrame, factor: float) -> pd.DataFrame:
    """Return the curve of a smaller city: every cumulative count times `factor`, rounded, still never sinking but on write-offs."""
    return curve if factor == 1 else (curve * factor).round().astype(int)


def daily(curve: pd.DataFrame) -> pd.DataFrame:
    """Return what each bulletin added: confirmed, clinical, cured, dead, and withdrawn with the dead among them.

    The written-off cases all were clinical (12,364 + 3,095 - 1,043 over Hubei only adds up so), so new clinical cases are the
    rise of the published count plus the cases written off; new deaths likewise.
    """
    added = curve[[f"{name}_cum" for name in GROSS]].diff().fillna(curve.iloc[0]).astype(int)
    added.columns = pd.Index(GROSS)
    added["clinical"] += curve["withdrawn"]
    added["dead"] += curve["dead_withdrawn"]
    return added.clip(lower=0).join(curve[["withdrawn", "dead_withdrawn"]])


def spread(counts: pd.Series) -> np.ndarray:
    """Return each day number as often as `counts` says, in order of the days."""
    return np.repeat(counts.index.to_numpy(np.int64), counts.to_numpy())
