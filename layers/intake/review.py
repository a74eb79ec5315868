"""The review queue: matches that nobody is sure of, and what a person decided about them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import ColumnElement, Connection, Select, and_, select

from geo.address import building_of, normalise, without_tail
from layers._errors import LayerError
from layers._view import View, level_of
from layers.intake import gazetteer_changes
from layers.intake.persons import recount
from layers.intake.undoing import persons_of, revert, written_by
from layers.store import Store, journal
from layers.store.asof import inside, known
from layers.store.care import standing_now
from layers.store.schema import AUTO, FOREVER, batch, care, compound, person, person_status, placement
from layers.store.schema import journal as entry
from layers.store.writing import KEYS_A_QUERY, Batch, chunks, close_batch, open_batch

REFUSED = ("人工核定：名录中无此小区", "decided by a person: none of the compounds")
LEARNED = "核定时所记 learned from a decision about a match"  # whose decision it was, the batch says
STILL = placement.alias("still")  # where somebody of a decision is now
PERSONS_AT_ONCE = 500  # that one decision may place: more identical addresses than that are a mistake of the source


class ReviewError(LayerError):
    """A decision about a match cannot be taken."""


class ElsewhereError(ReviewError):
    """The person or the compound lies outside the area that the reviewer answers for."""


class UnknownCompoundError(ReviewError):
    """No such compound stands."""


class ClosedError(ReviewError):
    """The match does not wait for anybody."""


@dataclass(frozen=True)
class Decision:
    """What one decision wrote: its batch, the persons it placed, and the name that it taught the gazetteer or made it forget ("" none)."""

    batch: int
    keys: tuple[str, ...]
    learned: str = ""


# ---- what waits


def waiting(view: View) -> Select[Any]:
    """Return every match that awaits a person, by key: _matches' columns; `since` is when it began to wait."""
    return _matches(view).where(placement.c.status == "review", inside(placement, view)).order_by(placement.c.key)


def steps(view: View) -> Select[Any]:
    """Return the dated statuses of the persons that wait: key, district, value, happened_at."""
    columns = (placement.c.key, placement.c.district, person_status.c.value, person_status.c.happened_at)
    same = and_(person_status.c.kind == placement.c.kind, person_status.c.subject == placement.c.subject)
    rows = select(*columns).select_from(placement.join(person_status, and_(same, known(person_status, view))))
    rows = rows.where(known(placement, view), placement.c.status == "review", inside(placement, view))
    return rows.where(person_status.c.dimension == "status", person_status.c.happened_at <= view.as_of)


def _matches(view: View) -> Select[Any]:
    joined = placement.join(person, and_(person.c.key == placement.c.key, known(person, view)))
    columns = (
        placement.c.key,
        placement.c.kind,
        placement.c.subject,
        placement.c.district,
        placement.c.status,
        placement.c.method,
        placement.c.probability,
        placement.c.distance_m,
        placement.c.alternatives,
        placement.c.reason_zh,
        placement.c.reason_en,
        placement.c.known_from.label("since"),
        person.c.address,
        person.c.lon,
        person.c.lat,
    )
    return select(*columns).select_from(joined).where(known(placement, view))


def same_address(rows: pd.DataFrame) -> pd.Series:
    """Return, per row of `waiting`, a text that is equal where one decision answers for all of them.

    That is the address without building, unit and room, the district, and the compounds in question; somebody without an
    address is alone.
    """
    texts = [without_tail(text) if isinstance(text, str) else "" for text in rows["address"]]
    asked = [",".join(sorted(c["compound_id"] for c in choices or [])) for choices in rows["alternatives"]]
    cells = zip(texts, rows["district"].fillna(""), asked, rows["key"], strict=True)
    return pd.Series(
        [f"{text}|{district}|{codes}" if text else key for text, district, codes, key in cells],
        index=rows.index,
        dtype=object,
    )


# ---- deciding


def decide(
    store: Store,
    key: str,
    code: str | None,
    actor: str,
    *,
    area: str = "",
    alike: bool = False,
    learn: str = "",
    correcting: bool = False,
) -> Decision:
    """Place a person in a compound, or in none (`code` None), on a person's word, in one batch with the totals.

    area        what the reviewer answers for, written as in a view: person and compound must lie in it
    alike       decide for everybody in it who waits with the same address (`same_address`)
    learn       the name that this person's address writes (`gazetteer_changes.written_name`); it becomes an alias of the compound
    correcting  change what a person decided before; otherwise only a match that waits for review can be decided
    The decision stands until the person's address, point or district changes. Raises ElsewhereError outside the area,
    ClosedError for a match that does not wait, ReviewError for what is not there or cannot be learned; nothing is written then.
    """

    def waiting_ones(connection: Connection) -> pd.DataFrame:
        found = _with_alike(connection, key, area) if alike else _placed(connection, [key])
        if found.empty:
            raise ReviewError(f"{key}: no such person is placed or waiting", f"{key}：没有这样已定位或待核的人")
        return found

    return _settled(store, waiting_ones, code, actor, area=area, learn=learn, correcting=correcting)


def correct(store: Store, number: int, code: str | None, actor: str, *, area: str = "") -> Decision:
    """Decide again what batch `number` decided: its persons go to another compound, or to none (`code` None).

    They are those whom a person's word still places and nobody decided about since, also where a merge moved them. Raises
    ClosedError when there are none, else as `decide`.
    """

    def standing(connection: Connection) -> pd.DataFrame:
        rows = select(STILL).select_from(placement.join(STILL, _still_placed()))
        found = Store.frame(connection, rows.where(placement.c.batch == number).order_by(STILL.c.key))
        if found.empty or connection.execute(select(batch.c.kind).where(batch.c.id == number)).scalar() != "review":
            raise ClosedError(
                f"nothing of decision {number} can be corrected: it was undone, or decided again",
                f"判定{number}已无可更正：已被撤销或重新判定",
            )
        return found

    return _settled(store, standing, code, actor, area=area, correcting=True, corrects=number)


def _settled(
    store: Store,
    chosen: Callable[[Connection], pd.DataFrame],
    code: str | None,
    actor: str,
    *,
    area: str,
    learn: str = "",
    correcting: bool = False,
    **more: Any,
) -> Decision:
    """Write one decision about the chosen rows of `placement`; the name to learn is that of the first one's address."""
    now = store.now()
    with store.writing() as connection:
        before = chosen(connection)
        if len(before) > PERSONS_AT_ONCE:
            raise ReviewError(
                f"{len(before)} persons share this address; at most {PERSONS_AT_ONCE} are decided at once",
                f"{len(before)}人写的是同一地址；一次最多判定{PERSONS_AT_ONCE}人",
            )
        for row in before.to_dict("records"):
            _check_inside(row["key"], row, area)
            _check_open(row["key"], row, correcting)
        where = _compound(connection, code, area) if code else None
        keys = tuple(before["key"])
        address = _addresses(connection, keys)
        opened = open_batch(connection, None, now, _batch(actor))
        if learn and where is not None:
            _check_written(learn, address[keys[0]])
            gazetteer_changes.teach(opened, store, where, learn, actor, why=LEARNED, area=area)
        opened.replace(placement, _decided(before, address, where, actor, opened.known_from))
        _recount(opened, before)
        told = {"key": keys[0], "compound": code, "persons": len(keys), "learned": learn} | more
        close_batch(opened, told | {"actor": actor})
        journal.write(connection, actor, "review", keys[0], {"batch": opened.id} | told)
        return Decision(opened.id, keys, learn if where is not None else "")


def undo(store: Store, number: int, actor: str, *, area: str = "") -> Decision:
    """Take back the decision of batch `number`: its persons wait again, and a name that it taught is forgotten.

    Both decisions stay on record. What was decided or delivered since is left alone; the name is forgotten also when nobody
    is left whom the decision places (`keys` is empty then). Raises ReviewError for a batch that is no decision, ClosedError
    when nothing of it stands any more, ElsewhereError when somebody in it or the named compound lies outside the area.
    """
    now = store.now()
    with store.writing() as connection:
        kind, receipt = connection.execute(
            select(batch.c.kind, batch.c.receipt).where(batch.c.id == number)
        ).first() or (
            "unknown",
            {},
        )
        if kind != "review" or "undoes" in receipt:
            raise ReviewError(
                f"batch {number} is no decision about a match (kind {kind}); nothing was undone",
                f"批次{number}不是匹配判定（{kind}）；未撤销任何内容",
            )
        opened = open_batch(connection, None, now, _batch(actor))
        mine, taught = written_by(opened, placement, number), written_by(opened, care, number)
        taught = taught[taught["stands"].astype(bool)]
        if mine.empty and taught.empty:
            raise ClosedError(
                f"nothing of decision {number} stands any more: it was undone, or decided again",
                f"判定{number}已不再有效：已被撤销或重新判定",
            )
        for row in [*mine.to_dict("records"), *taught.to_dict("records")]:
            _check_inside(row["key"], row, area)
        revert(opened, number, actor)
        _recount(opened, mine)
        keys = tuple(mine["key"])
        forgotten = "、".join(taught["name"])
        told = {"undoes": number, "persons": len(keys), "forgotten": forgotten}
        close_batch(opened, told | {"actor": actor})
        journal.write(connection, actor, "undo", [*keys, *taught["key"]][0], {"batch": opened.id} | told)
        return Decision(opened.id, keys, forgotten)


def _batch(actor: str) -> Mapping[str, str]:
    return {"kind": "review", "feed": "placement", "source": actor, "settings": ""}


def _placed(connection: Connection, keys: Sequence[str]) -> pd.DataFrame:
    found = [
        Store.frame(connection, select(placement).where(placement.c.key.in_(some), placement.c.known_until == FOREVER))
        for some in chunks(list(keys), KEYS_A_QUERY)
    ]
    return pd.concat(found, ignore_index=True)


def _with_alike(connection: Connection, key: str, area: str) -> pd.DataFrame:
    """The person and everybody in the area who waits with the same address, the person first."""
    own = _placed(connection, [key])
    if own.empty or own["status"][0] != "review":
        return own
    columns = (placement.c.key, placement.c.district, placement.c.alternatives, person.c.address)
    joined = placement.join(person, and_(person.c.key == placement.c.key, person.c.known_until == FOREVER))
    query = select(*columns).select_from(joined)
    query = query.where(placement.c.known_until == FOREVER, placement.c.status == "review")
    rows = Store.frame(connection, query.where(placement.c.district == own["district"][0]))
    if own["district"][0] is None:
        rows = Store.frame(connection, query.where(placement.c.district.is_(None)))
    group = same_address(rows)
    same = rows.loc[group == group[rows["key"] == key].iloc[0], "key"].tolist()
    return _placed(connection, [key, *(one for one in same if one != key)])


def _addresses(connection: Connection, keys: Sequence[str]) -> dict[str, str]:
    """The believed address of each person, "" where none is known."""
    found = dict.fromkeys(keys, "")
    for some in chunks(list(keys), KEYS_A_QUERY):
        query = select(person.c.key, person.c.address).where(person.c.key.in_(some), person.c.known_until == FOREVER)
        found |= {key: address or "" for key, address in connection.execute(query)}
    return found


def _check_written(name: str, address: str) -> None:
    """A browser may send any text; only what an official wrote and the reviewer saw is evidence for a name."""
    written = gazetteer_changes.written_name(address)
    if not written or normalise(name) != normalise(written):
        raise ReviewError(
            f"{name!r} is not the name that this address writes ({written!r}); it was not learned",
            f"“{name}”不是该地址所写的名称（“{written}”）；未记为别名",
        )


def _compound(connection: Connection, code: str, area: str) -> Any:
    query = select(compound.c.code, compound.c.name, compound.c.district, compound.c.street)
    found = Store.frame(
        connection, query.where(compound.c.code == code, compound.c.known_until == FOREVER, standing_now())
    )
    if found.empty:
        raise UnknownCompoundError(
            f"{code}: no such compound, or it was merged or split since",
            f"{code}：没有这个小区，或已被合并、拆分",
        )
    row = found.iloc[0].fillna("")
    _check_inside(code, row.to_dict() | {"compound": code}, area)
    return row


def _recount(opened: Batch, rows: pd.DataFrame) -> None:
    for kind, subjects in persons_of(rows).items():
        recount(opened, kind, subjects)


def _check_inside(what: str, row: Any, area: str) -> None:
    """A match that waits has no street and no compound yet, so it lies in a district at most."""
    parts = {"district": row["district"] or "", "street": row["street"] or "", "compound": row["compound"]}
    written = {
        "city": "",
        "district": parts["district"],
        "street": f"{parts['district']}/{parts['street']}",
        "compound": f"compound:{parts['compound']}",
    }
    if written[level_of(area)] != area:
        raise ElsewhereError(
            f"{what} does not lie in {area}; somebody who answers for it must decide",
            f"{what}不在{area}；须由负责该地的人判定",
        )


def _check_open(key: str, row: Any, correcting: bool) -> None:
    by_person = row["decided_by"] != AUTO
    if by_person and not correcting:
        raise ClosedError(
            f"{key} was decided by {row['decided_by']} already; say that it is to be corrected",
            f"{key}已由{row['decided_by']}判定；如需更改请选择更正",
        )
    if not by_person and row["status"] != "review":
        raise ClosedError(
            f"{key} is {row['status']}; only a match that waits for review is decided by a person",
            f"{key}不在待核之列（{row['status']}）；只有待核的匹配由人判定",
        )


def _decided(before: pd.DataFrame, address: Mapping[str, str], where: Any, actor: str, at: int) -> pd.DataFrame:
    """The new placements of persons; each keeps the building that the own address names, as an automatic match does."""
    picked = where is not None
    zh, en = ("人工核定", "decided by a person") if picked else REFUSED
    area = {"district": where["district"], "street": where["street"]} if picked else {"street": ""}
    return before.assign(
        status="accepted" if picked else "unmatched",
        compound=where["code"] if picked else "",
        building=[building_of(address[key]) or "" if picked else "" for key in before["key"]],
        method=before["method"] if picked else "none",
        probability=1.0 if picked else 0.0,
        reason_zh=zh,
        reason_en=en,
        decided_by=actor,
        happened_at=0,
        reported_at=np.int64(at),
        **area,
    ).drop(columns=["id", "content"])


# ---- what was decided


def _still_placed() -> ColumnElement[bool]:
    """The join from a decision's placement to STILL: a person's word holds, and nobody decided since; a merge may have moved it."""
    later = placement.alias("later")
    since = select(later.c.id).join(batch, batch.c.id == later.c.batch).where(batch.c.kind == "review")
    since = since.where(later.c.key == placement.c.key, later.c.batch > placement.c.batch).correlate(placement)
    return and_(
        STILL.c.key == placement.c.key, STILL.c.known_until == FOREVER, STILL.c.decided_by != AUTO, ~since.exists()
    )


def history(view: View, limit: int = 5_000, before: int | None = None) -> Select[Any]:
    """Return what reviewers decided and undid, newest first, one row a person; of batches older than `before` if given.

    number (of the batch), receipt, at (clock on the wall), actor, action (review | undo); key, subject, kind, district, street,
    compound, status, stands, address; `name` of the compound that was picked, or None; `taught`: the name it taught is still
    in use; `still`: the compound in which a person's word has the person now ("" none of them), missing where it can no longer
    be corrected by way of this decision.
    """
    number = entry.c.detail["batch"].as_integer()
    person_now = and_(person.c.key == placement.c.key, known(person, view))
    named = and_(compound.c.code == placement.c.compound, known(compound, view))
    source = placement.join(batch, batch.c.id == placement.c.batch).join(entry, number == batch.c.id)
    source = source.outerjoin(person, person_now).outerjoin(compound, named).outerjoin(STILL, _still_placed())
    taught = select(care.c.batch).where(care.c.known_until == FOREVER, care.c.stands)
    columns = (
        batch.c.id.label("number"),
        batch.c.receipt,
        entry.c.at,
        entry.c.actor,
        entry.c.action,
        *(placement.c[name] for name in ("key", "subject", "kind", "district", "street", "compound", "status")),
        (placement.c.known_until == FOREVER).label("stands"),
        person.c.address,
        compound.c.name,
        batch.c.id.in_(taught).label("taught"),
        STILL.c.compound.label("still"),
    )
    rows = select(*columns).select_from(source).where(batch.c.kind == "review", batch.c.known_at <= view.known_at)
    rows = rows.where(inside(placement, view), entry.c.action.in_(("review", "undo")))
    if before is not None:
        rows = rows.where(batch.c.id < before)
    return rows.order_by(batch.c.id.desc(), placement.c.key).limit(limit)
