"""What the store believed at two knowledge times about one event time, and how it came from the one to the other.

Each person is looked at twice: where placed, and in which status by the day of `as_of`, as the totals count them. What differs
becomes a change with its kind and the batch that made it; changes become entries of +1 and -1 by place and status, so that
counts before + entries = counts after, exactly and at every level.

  added         not known before; it began after the first knowledge time
  backdated     not known before, though it had begun by the first knowledge time
  redated       known both times, but a date moved: into the days up to as_of (+1), out of them (-1), or within them (no entry)
  reclassified  another status
  moved         another compound, street or district
  withdrawn     taken back by a source
  removed       no longer believed for another reason, such as a batch that was undone
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    Table,
    and_,
    func,
    literal,
    null,
    or_,
    select,
    tuple_,
    type_coerce,
    union,
    union_all,
)

from layers._times import DAY_MS, OFFSET_MS, day_number, to_ms
from layers._view import View
from layers.store.asof import known, newest
from layers.store.database import Store
from layers.store.schema import batch, bed, control, hospital, person_status, placement, withdrawal
from layers.store.totals import RANK

KINDS = ("added", "backdated", "reclassified", "moved", "redated", "withdrawn", "removed")
PLACE = ("district", "street", "compound")
PERSON = ["kind", "subject"]
ROW = ["change", "was_status", "status", *(f"was_{name}" for name in PLACE), *PLACE, "batch"]
ENTRY = [*PLACE, "status", "change", "batch"]


@dataclass(frozen=True)
class Changes:
    """What changed between two knowledge times.

    rows      one a way of changing: `ROW` and n persons; "" where a person was not counted before, or is not after
    entries   `ENTRY` and n, negative where a count fell: counts before + n = counts after
    controls  compound, was, state, batch: orders in force that differ
    beds      hospital, district, kind, was_open, open, was_used, used, batch: bed counts that differ
    batches   batch, kind, feed, source, file, known_at: those named above
    """

    rows: pd.DataFrame
    entries: pd.DataFrame
    controls: pd.DataFrame
    beds: pd.DataFrame
    batches: pd.DataFrame


def between(store: Store, before: View, after: View) -> Changes:
    """Return the changes from `before` to `after`, which differ in their knowledge times alone.

    Raises ValueError where the second knowledge time is earlier, or the event times differ.
    """
    if before.as_of != after.as_of or before.known_at > after.known_at:
        raise ValueError(f"wanted one event time and knowledge times in order; found {before} and {after}")
    found = versions(store, before, after)
    told = compare(persons(found, before), persons(found, after), to_ms(before.known_at))
    since, until = to_ms(before.known_at), to_ms(after.known_at)
    b = batch.c
    columns = (
        b.id.label("batch"),
        b.kind,
        b.feed,
        b.source,
        b.file,
        type_coerce(b.known_at, BigInteger).label("known_at"),
    )
    batches = store.read(select(*columns).where(b.known_at > since, b.known_at <= until).order_by(b.known_at))
    told = told.assign(batch=told["known"].map(dict(zip(batches["known_at"], batches["batch"], strict=True))))
    rows = told.groupby(ROW, as_index=False, dropna=False, sort=False).size().rename(columns={"size": "n"})
    return Changes(rows, entries(rows), _controls(store, before, after), _beds(store, before, after), batches)


@dataclass(frozen=True)
class Versions:
    """What was believed at either of two knowledge times of the persons about whom anything was written in between.

    steps, places, gone   versions of statuses, placements and withdrawals: kind, subject, begun, ended (ms: when it was believed),
    and their own columns
    """

    steps: pd.DataFrame
    places: pd.DataFrame
    gone: pd.DataFrame


def versions(store: Store, before: View, after: View) -> Versions:
    """Read, at once for both knowledge times, what changes of persons between them are told from."""
    touched = _touched(before, after).cte("touched")
    steps = _of(person_status, touched, before, after, "value", "happened_at")
    parts = (
        steps.where(person_status.c.dimension == "status"),
        _of(placement, touched, before, after, *PLACE),
        _of(withdrawal, touched, before, after),
    )
    rows = store.read(union_all(*parts)).sort_values("id")  # sorted there, each part would look for the persons anew
    apart = [
        rows[rows["of"] == table.name].reset_index(drop=True)[[*PERSON, *own, "begun", "ended"]]
        for table, own in ((person_status, ("value", "happened_at")), (placement, PLACE), (withdrawal, ()))
    ]
    return Versions(apart[0].astype({"happened_at": "int64"}), *apart[1:])


def persons(told: Versions, view: View) -> pd.DataFrame:
    """Return how one of the two views sees the persons, those of whom it knows nothing left out.

    kind, subject; status ("" where none by the day of as_of), since (day), first (day of the first one known, NaN: none),
    begun, ended (ms: when the version of that status was believed); district, street, compound ("" unknown), placed (bool),
    place_begun, place_ended; withdrawn_begun (ms, NaN where not withdrawn)
    """
    moment = to_ms(view.known_at)
    steps, places, gone = (
        rows[(rows["begun"] <= moment) & (rows["ended"] > moment)] for rows in (told.steps, told.places, told.gone)
    )
    places = places.rename(columns={"begun": "place_begun", "ended": "place_ended"}).assign(placed=True)
    gone = gone[[*PERSON, "begun"]].rename(columns={"begun": "withdrawn_begun"})
    found = _last(steps, day_number(view.as_of)).merge(_first(steps), on=PERSON, how="outer")
    found = found.merge(places, on=PERSON, how="outer").merge(gone, on=PERSON, how="outer")
    texts = {name: found[name].astype(object).where(found[name].notna(), "") for name in ("status", *PLACE)}
    return found.assign(**texts, placed=found["placed"].eq(True))


def _touched(before: View, after: View) -> Any:
    """Persons of whom a status, a placement or a withdrawal began or ceased to be believed in between."""
    tables = (person_status, placement, withdrawal)
    return union(*(select(t.c.kind, t.c.subject).where(_moved(t, before, after)) for t in tables))


def _moved(table: Table, before: View, after: View) -> ColumnElement[bool]:
    """The test that a version began or ceased to be believed after the first knowledge time and by the second."""
    since, until = to_ms(before.known_at), to_ms(after.known_at)
    return or_(*(and_(moment > since, moment <= until) for moment in (table.c.known_from, table.c.known_until)))


def _of(table: Table, touched: Any, before: View, after: View, *columns: str) -> Select[Any]:
    """Versions believed at either time, in the columns that all three parts of `versions` share."""
    c = table.c
    own = {name: type_coerce(c[name], BigInteger) if name == "happened_at" else c[name] for name in columns}
    none = {name: null() for name in ("value", "happened_at", *PLACE)}
    shown = [column.label(name) for name, column in (none | own).items()]
    times = [
        type_coerce(c[name], BigInteger).label(label)
        for name, label in (("known_from", "begun"), ("known_until", "ended"))
    ]
    same = and_(touched.c.kind == c.kind, touched.c.subject == c.subject)
    rows = select(literal(table.name).label("of"), c.id, c.kind, c.subject, *shown, *times).join(touched, same)
    return rows.where(or_(known(table, before), known(table, after)))


def _last(steps: pd.DataFrame, day: int) -> pd.DataFrame:
    """The status of each person by the end of a day: of one moment the one that an illness reaches last, as totals count."""
    days = (steps["happened_at"].astype("int64") + OFFSET_MS) // DAY_MS
    rows = steps.assign(since=days, rank=steps["value"].map(RANK).fillna(len(RANK)))[days <= day]
    rows = rows.sort_values(["happened_at", "rank"], kind="stable").drop_duplicates(PERSON, keep="last")
    return rows.rename(columns={"value": "status"})[[*PERSON, "status", "since", "begun", "ended"]]


def _first(steps: pd.DataFrame) -> pd.DataFrame:
    days = steps.assign(first=(steps["happened_at"].astype("int64") + OFFSET_MS) // DAY_MS)
    return pd.DataFrame(days.groupby(PERSON, as_index=False)["first"].min())


def compare(before: pd.DataFrame, after: pd.DataFrame, known_at: int) -> pd.DataFrame:
    """Return one row a person and change: `ROW` without batch, and `known`, the knowledge time (ms) of what made it.

    before, after   as `persons` returns them, the same persons in both
    known_at        the first knowledge time (ms): what had begun by its day and was not known is back-dated
    A person who both moved and was reclassified has two rows, the move first, in the old status.
    """
    both = before.merge(after, on=PERSON, how="outer", suffixes=("_0", "_1"))
    was, is_ = (both["placed" + end].eq(True) & both["status" + end].fillna("").ne("") for end in ("_0", "_1"))
    came, went, stayed = ~was & is_, was & ~is_, was & is_
    parts = [_came(both[came], known_at), _went(both[went])]
    moved = stayed & pd.concat([both[f"{name}_0"] != both[f"{name}_1"] for name in PLACE], axis=1).any(axis=1)
    other = stayed & (both["status_0"] != both["status_1"])
    redated = stayed & ~other & (both["since_0"] != both["since_1"])
    parts.append(_row(both[moved], "moved", "000", "1", both.loc[moved, "place_begun_1"]))  # still in the old status
    for change, chosen in (("reclassified", other), ("redated", redated)):
        rows = both[chosen]
        made = rows["begun_1"].mask(rows["begun_1"] <= known_at, rows["ended_0"])  # known before: another one ceased
        parts.append(_row(rows, change, "011", "1", made))
    return pd.concat(parts, ignore_index=True)


def _came(rows: pd.DataFrame, known_at: int) -> pd.DataFrame:
    change = pd.Series("added", index=rows.index, dtype=object)
    change[rows["first_1"] <= (known_at + OFFSET_MS) // DAY_MS] = "backdated"
    change[rows["first_0"].notna()] = "redated"
    return _row(rows, change, " 1 ", "1", rows[["begun_1", "place_begun_1"]].max(axis=1))


def _went(rows: pd.DataFrame) -> pd.DataFrame:
    change = pd.Series("removed", index=rows.index, dtype=object)
    change[rows["first_1"].notna()] = "redated"
    withdrawn = rows["withdrawn_begun_1"].notna()
    change[withdrawn] = "withdrawn"
    ceased = rows[["ended_0", "place_ended_0"]].min(axis=1)
    return _row(rows, change, "0 0", " ", rows["withdrawn_begun_1"].where(withdrawn, ceased))


def _row(rows: pd.DataFrame, change: Any, ends: str, at: str, made: pd.Series) -> pd.DataFrame:
    """Rows of a change that was written at `made` (ms).

    ends, at   the end, "0" before, "1" after or " " neither, from which the earlier status, the later status and the earlier
               place are taken, and the one from which the later place is
    """

    def taken(name: str, end: str) -> Any:
        return rows[f"{name}_{end}"].to_numpy(object) if end.strip() else ""

    changes = change.to_numpy(object) if isinstance(change, pd.Series) else change
    columns: dict[str, Any] = {
        "change": changes,
        "was_status": taken("status", ends[0]),
        "status": taken("status", ends[1]),
    }
    columns |= {f"was_{name}": taken(name, ends[2]) for name in PLACE} | {name: taken(name, at) for name in PLACE}
    return pd.DataFrame(columns | {"known": made.to_numpy()}, index=range(len(rows)))


def entries(rows: pd.DataFrame) -> pd.DataFrame:
    """Return what rows of changes add to and take from the counts: `ENTRY` and n; what cancels out is left out."""
    gave = pd.DataFrame({name: rows[f"was_{name}"] for name in (*PLACE, "status")})
    gave = gave.assign(change=rows["change"], batch=rows["batch"], n=-rows["n"])
    moved = pd.concat([gave, rows[[*ENTRY, "n"]]], ignore_index=True)
    counted = moved[moved["status"] != ""]
    summed = counted.groupby(ENTRY, as_index=False, dropna=False, sort=False)["n"].sum()
    return summed[summed["n"] != 0].reset_index(drop=True)


def _controls(store: Store, before: View, after: View) -> pd.DataFrame:
    rows = _differing(store, control, ("compound",), ("state",), before, after)
    rows = rows[rows["state_0"].fillna("") != rows["state_1"].fillna("")]
    found = rows.rename(columns={"state_0": "was", "state_1": "state"})
    return found[["compound", "was", "state", "batch"]].reset_index(drop=True)


def _beds(store: Store, before: View, after: View) -> pd.DataFrame:
    rows = _differing(store, bed, ("hospital", "kind"), ("open", "used"), before, after)
    lies = store.read(
        select(hospital.c.code, hospital.c.name, hospital.c.district).where(known(hospital, after))
    ).set_index("code")
    columns = {"hospital": rows["hospital"], "kind": rows["kind"]}
    columns |= {name: rows["hospital"].map(lies[name]) for name in ("name", "district")}
    for name in ("open", "used"):
        columns |= {f"was_{name}": rows[f"{name}_0"], name: rows[f"{name}_1"]}
    found = pd.DataFrame(columns | {"batch": rows["batch"]})
    same = [(found[f"was_{n}"] == found[n]) | (found[f"was_{n}"].isna() & found[n].isna()) for n in ("open", "used")]
    return found[~(same[0] & same[1])].reset_index(drop=True)


def _differing(
    store: Store, table: Table, by: tuple[str, ...], columns: Sequence[str], before: View, after: View
) -> pd.DataFrame:
    """The newest event at both knowledge times, side by side, of each group of which anything was written in between; batch of the later."""
    groups = [func.coalesce(table.c[name], "") for name in by]  # nothing is in a list, not even nothing
    touched = tuple_(*groups).in_(select(*groups).where(_moved(table, before, after)))
    ends = []
    for view in (before, after):
        rows = newest(table, view, by, touched).subquery()
        ends.append(store.read(select(*(rows.c[name] for name in (*by, *columns, "batch")))))
    both = ends[0].merge(ends[1], on=list(by), how="outer", suffixes=("_0", "_1"))
    return both.rename(columns={"batch_1": "batch"})
