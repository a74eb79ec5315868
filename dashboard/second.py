"""The second person: rows that one person may not take out alone are released here by somebody of the same or a higher area.

How they are asked for and taken: `row_routes`. The gate is asked when they are counted, when they are released, and once more when they go.
"""

import pandas as pd

from dashboard import doors
from dashboard.desk import Desk
from dashboard.roles import Person, refusal
from layers.store import takings
from layers.store.takings import RELEASED, WAITING

PATH = "/exports"


def decide(desk: Desk, who: Person | None, code: str, released: bool, remark: str) -> None:
    """Release or refuse what waits; raises AccessError for a request of another area, TakingError for one's own and what does not wait."""
    who = _office(desk, who)
    rows = takings.listed(desk.store)
    found = rows[rows["code"] == code].to_dict("records")
    if found and not desk.gate.releases(desk.store, who, found[0]["area"]):
        raise refusal("no_releaser", who)
    takings.decide(desk.store, who.name, code, released, remark)


def waiting(desk: Desk, who: Person | None) -> pd.DataFrame:
    """Return what waits for this person to decide, the oldest first."""
    who = _office(desk, who)
    rows = takings.listed(desk.store)
    rows = rows[(rows["state"] == WAITING) & (rows["who"] != who.name)].iloc[::-1]
    may = [desk.gate.releases(desk.store, who, area) for area in rows["area"]]
    return rows[pd.Series(may, index=rows.index, dtype=bool)]


def own(desk: Desk, who: Person | None) -> pd.DataFrame:
    """Return what this person asked for within a month, the newest first."""
    who = _office(desk, who)
    rows = takings.listed(desk.store)
    return rows[rows["who"] == who.name]


def ready(desk: Desk, who: Person | None) -> pd.DataFrame:
    """Return what this person asked for, and can take now."""
    rows = own(desk, who)
    return rows[rows["state"] == RELEASED]


def numbers(desk: Desk, who: Person | None) -> tuple[int, int]:
    """Return how much waits for this person to decide, and how much they can take."""
    return len(waiting(desk, who)), len(ready(desk, who))


def decided(desk: Desk, who: Person | None) -> pd.DataFrame:
    """Return what this person decided within a month, the newest first."""
    who = _office(desk, who)
    rows = takings.listed(desk.store)
    return rows[rows["decided_by"] == who.name]


def _office(desk: Desk, who: Person | None) -> Person:
    desk.gate.check_door(who, doors.of_page(PATH))
    assert who is not None
    return who
