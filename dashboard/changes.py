"""What changed since, as far as a person may see it: the store's changes, cut to an area by the gate."""

from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from dashboard import access
from dashboard.desk import Desk
from dashboard.roles import Person, Place
from dashboard.scrub import order_of
from layers._view import View
from layers.store import changes
from layers.store.changes import PLACE, Changes

ILL = ("confirmed", "clinical")  # what the sums are said of


@dataclass(frozen=True)
class Sums:
    """Persons ill now in one district, or in the area ("" as code): before + by kind = after."""

    code: str
    before: int
    by_kind: dict[str, int]
    after: int


def seen(desk: Desk, who: Person | None, before: View, after: View) -> Changes:
    """Return the changes that a person may see in the area of `after`.

    A move over the border of the area shows its own end alone. Counts only: no row names a person.
    """
    view = desk.gate.allowed(desk.store, who, after)
    ends = [replace(one, area="", filters={}) for one in (before, view)]
    key = ("changes", view.as_of, *(desk.store.revision(one.known_at) for one in ends))
    whole: Changes = desk.memory.get(key, lambda: changes.between(desk.store, *ends))
    if not view.area:
        return whole
    area = Person("", "city", view.area)
    codes = set(order_of(desk, who, view).codes)
    district = desk.gate.allowed(desk.store, who, view, access.DISTRICT).district
    return Changes(
        _own_ends(whole.rows, area),
        whole.entries[_inside(whole.entries, area, "")].reset_index(drop=True),
        whole.controls[whole.controls["compound"].isin(codes)].reset_index(drop=True),
        whole.beds[whole.beds["district"] == district].reset_index(drop=True),
        whole.batches,
    )


def _inside(rows: pd.DataFrame, area: Person, end: str) -> pd.Series:
    places = zip(*(rows[f"{end}{name}"] for name in PLACE), strict=True)
    return pd.Series([area.may_see(Place(*place)) for place in places], index=rows.index, dtype=bool)


def _own_ends(rows: pd.DataFrame, area: Person) -> pd.DataFrame:
    """The rows with an end in the area; of an end outside it the place is left out."""
    ends = {end: _inside(rows, area, end) for end in ("was_", "")}
    cut = rows.copy()
    for end, inside in ends.items():
        for name in PLACE:
            cut[f"{end}{name}"] = rows[f"{end}{name}"].where(inside, "")
    return cut[ends["was_"] | ends[""]].reset_index(drop=True)


def sums(desk: Desk, found: Changes, before: View, after: View) -> list[Sums]:
    """Return the area first, then each district of a city's view: persons ill by as_of, and what changed them."""
    entries = found.entries[found.entries["status"].isin(ILL)]
    levels: list[tuple[str, str, Any]] = [("", after.level, entries)]
    if after.level == "city":
        levels += [
            (code, "district", entries[entries["district"] == code]) for code in desk.replay.areas("district") if code
        ]
    rows = []
    for code, level, mine in levels:
        counts = [_ill(desk, view, level, code or after.code) for view in (before, after)]
        by_kind = {str(kind): int(n) for kind, n in mine.groupby("change")["n"].sum().items()}
        rows.append(Sums(code, counts[0], by_kind, counts[1]))
    return rows


def ill_now(desk: Desk, who: Person | None, view: View) -> int:
    """Return how many persons are ill at a view, in the area that a person may see."""
    seen_ = desk.gate.allowed(desk.store, who, view)
    return _ill(desk, seen_, seen_.level, seen_.code)


def _ill(desk: Desk, view: View, level: str, code: str) -> int:
    found = desk.replay.counts(view, level, [f"now_{status}" for status in ILL], of=code)
    return int(sum(values[0] for values in found.values()))


def beds_moved(found: Changes, name: str) -> tuple[float, int]:
    """Return by how much the counts of beds `open` or `used` changed, and how many counts are known at one end alone.

    Only counts known at both ends add up: what is not known any more is not none. NaN where none of those that differ is.
    """
    was, now = found.beds[f"was_{name}"].astype(float), found.beds[name].astype(float)
    return float((now - was).sum(min_count=min(len(now), 1))), int((was.isna() != now.isna()).sum())


def by_compound(found: Changes) -> pd.DataFrame:
    """Return code, more, fewer, net (persons ill), other (other persons who changed); only compounds in which anything did."""
    entries = found.entries[found.entries["compound"] != ""]
    ill = entries["status"].isin(ILL)
    rows = pd.DataFrame(
        {
            "code": entries["compound"],
            "more": entries["n"].where(ill & (entries["n"] > 0), 0),
            "fewer": -entries["n"].where(ill & (entries["n"] < 0), 0),
            "other": entries["n"].abs().where(~ill, 0),
        }
    )
    summed = rows.groupby("code", as_index=False).sum()
    return summed.assign(net=summed["more"] - summed["fewer"])
