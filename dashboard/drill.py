"""From a city down to a case: what each level counts, and that its parts add up to it.

A place on the way is a pair of layer and id, as a selection is: ("area", "*") the city, ("area", "420102") a district,
("area", "420102/街道") a street, ("community", "420102/街道/社区"), ("compounds", "CODE"), ("person", "case/ID").
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from layers.store.totals import feed_of

COUNTED = ("now_cases", "now_suspected", "now_contact", "new14_counted", "ever_counted")
CITY = "*"
REST = ""  # the id of the line of those who are in no part


def counts(rows: pd.DataFrame) -> pd.DataFrame:
    """Return rows of `totals.wide`, or of compounds, with the counts that the way down shows: COUNTED.

    now_cases are those now confirmed or clinically diagnosed. Missing counts are 0: totals leave out who was never counted.
    """
    filled = rows.fillna({name: 0 for name in rows if name.startswith(("now_", "new", "ever_"))})
    found = filled.assign(now_cases=filled["now_confirmed"] + filled["now_clinical"])
    return found.assign(**{name: found[name].astype("int64") for name in COUNTED})


def known(rows: pd.DataFrame, silent: set[str]) -> pd.DataFrame:
    """Return rows with COUNTED in which what a feed would count that never came is NaN."""
    return rows.assign(**{name: np.nan for name in COUNTED if feed_of(name) in silent})


def with_rest(parts: pd.DataFrame, whole: pd.Series) -> pd.DataFrame:
    """Return the parts of a place and, where they do not add up to it, a last line `REST` with the difference.

    parts  id, name and COUNTED
    whole  COUNTED of the place itself
    So the lines always add up to the place: persons who are placed in the whole but in none of its parts are counted here. The
    difference is negative only where facts contradict each other, and is shown all the same.
    """
    left = whole[list(COUNTED)] - parts[list(COUNTED)].sum()
    if not left.any():
        return parts.reset_index(drop=True)
    rest = pd.DataFrame([{"id": REST, "name": "", **left.astype("int64").to_dict()}])
    return pd.concat([parts, rest], ignore_index=True)


def summed(rows: pd.DataFrame) -> pd.Series:
    """Return the sums of COUNTED over rows."""
    return rows[list(COUNTED)].sum()


def by(compounds: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """Return COUNTED and the number of compounds added up by the named columns; of a community without a name "" is one."""
    filled = compounds.assign(compounds=1, **{name: compounds[name].fillna("") for name in names})
    return filled.groupby(list(names), as_index=False)[[*COUNTED, "compounds"]].sum()


def way(id: str) -> list[tuple[str, str]]:
    """Return the areas that lead to an area's id, the city first: "420102/街道/社区" -> "*", "420102", "420102/街道"."""
    parts = [] if id == CITY else id.split("/", 2)
    return [("area", CITY), *(("area", "/".join(parts[:n])) for n in range(1, min(len(parts), 3)))]
