"""Change the gazetteer on a person's word: aliases, names, merges, splits, pairs kept apart; each can be undone."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import pandas as pd
from sqlalchemy import Connection, Select, select

from geo.address import normalise, parse
from layers._errors import LayerError
from layers._times import to_ms
from layers._view import View, level_of
from layers.intake import merged_facts
from layers.intake.gazetteer_care import care_now, standing_codes
from layers.intake.matching import spellings
from layers.intake.persons import recount
from layers.intake.place_words import place_words
from layers.intake.places import believed
from layers.intake.undoing import lying_in, persons_of, revert, rewrite, written_by
from layers.store import Store, journal
from layers.store.asof import inside
from layers.store.care import GONE
from layers.store.schema import ALWAYS, AUTO, FOREVER, batch, care, compound, placement
from layers.store.writing import Batch, close_batch, open_batch

KINDS = ("alias", "rename", "merge", "split", "apart")
SHORTEST, LONGEST = 3, 40  # characters of a name that is taught: two of them mean a whole quarter
SHOWN = ("kind", "subject", "was_compound", "compound", "status")


class CareError(LayerError):
    """A change of the gazetteer cannot be made; nothing was written."""


@dataclass(frozen=True)
class Change:
    """A change somebody wants, or has made.

    kind    one of KINDS
    code    the compound it is about; of a merge the one that is given up
    others  codes: the survivor, the parts, or the other one of a pair
    name    the alias or the new name
    on      the day it is dated; None: it always was so
    """

    kind: str
    code: str
    others: tuple[str, ...] = ()
    name: str = ""
    on: datetime | None = None
    why: str = ""


@dataclass(frozen=True)
class Changed:
    """What a change did, or would do.

    batch  its batch; None: rehearsed
    moved  the persons that move, columns SHOWN
    facts  the orders and assessments that a merge moves, columns `merged_facts.FACTS_SHOWN`
    """

    batch: int | None
    moved: pd.DataFrame
    facts: pd.DataFrame = field(default_factory=merged_facts.none)


class _Rehearsed(Exception):
    """Rolls a rehearsal back."""


def make(store: Store, change: Change, actor: str, *, apply: bool = False, area: str = "") -> Changed:
    """Make a change in one batch, or with `apply` False only say which persons it would move.

    A merge moves everybody placed in the compound, and its orders and assessments, to the survivor, also those a reviewer
    placed; of two orders or assessments the stricter one stands (`merged_facts`). A split sends everybody in it to review, with the parts to choose from; `rematch` then places those whose address
    or point tells. What was known before stays as it was. `area` limits what may be changed. Raises CareError.
    """
    return _written(store, actor, change.kind, apply, lambda opened: _made(opened, store, change, actor, area))


def undo(
    store: Store,
    number: int,
    actor: str,
    *,
    apply: bool = False,
    area: str = "",
    why: str = "",
    kinds: Sequence[str] = KINDS,
) -> Changed:
    """Take back the change of batch `number`: the gazetteer, and persons that nobody moved since, are as they were before it.

    Of a decision in the review desk that is the name it taught; the decision itself is undone there. `kinds` limits what
    may be undone. Raises CareError for a batch that changed nothing that stands, and for a merge or a split whose survivor or
    part was given up since: that is undone first.
    """

    def undone(opened: Batch) -> tuple[str, Changed]:
        changes = written_by(opened, care, number)
        changes = changes[changes["stands"].astype(bool)] if len(changes) else changes
        kind = opened.connection.execute(select(batch.c.kind).where(batch.c.id == number)).scalar()
        if changes.empty:
            raise CareError(
                f"batch {number} is no change of the gazetteer that stands; `compounds list` shows them",
                f"批次{number}不是有效的小区库修改；`compounds list`列有全部",
            )
        for code in changes["compound"]:
            _check_area(_row(opened.connection, code), area)
        _check_not_built_on(opened.connection, number, changes)
        beyond = set(changes["kind"]) - set(kinds)
        if beyond:
            raise CareError(
                f"batch {number} is a {', '.join(sorted(beyond))}; you may undo {', '.join(kinds)} only",
                f"批次{number}是{'、'.join(sorted(beyond))}；您只能撤销{'、'.join(kinds)}",
            )
        mine = written_by(opened, placement, number if kind == "care" else -1)
        revert(opened, number, actor, why, moved=kind == "care")
        back = _placed_by(opened, mine)
        for kind_, subjects in persons_of(mine).items():
            recount(opened, kind_, subjects)
        return str(changes["key"].iloc[0]), Changed(opened.id, back)

    return _written(store, actor, "undo", apply, undone, undoes=number)


def teach(opened: Batch, store: Store, where: Any, name: str, actor: str, why: str = "", area: str = "") -> None:
    """Write an alias within a batch that is open already; `where` is the compound's row. Raises CareError.

    area  what the actor answers for: the refusal names no compound outside it
    """
    refused = not_learnable(opened.connection, store.identity, name, where["code"], area)
    if refused:
        raise CareError(refused)
    change = Change("alias", where["code"], name=normalise(name), why=why)
    opened.replace(care, _fact(change, where, actor, opened.known_from))


def written_name(address: str) -> str:
    """Return the compound's name as an address writes it, phase included, "" when it names none."""
    parts = parse(address)
    return f"{parts.name}{parts.phase}"


def not_learnable(connection: Connection, identity: str, name: str, code: str, area: str = "") -> str:
    """Return why a name cannot become an alias of a compound, "" when it can.

    A name that another compound bears, also without its phase or block, would draw that one's people; that of a road, a
    street, a community or a district everybody's in it. Compounds outside `area` are not named.
    """
    text = normalise(name)
    if not SHORTEST <= len(text) <= LONGEST or sum("\u4e00" <= c <= "\u9fff" for c in text) < 2:
        return f"{name!r} is no name; wanted {SHORTEST} to {LONGEST} characters, Chinese ones among them"
    bearers = spellings(connection, identity).get(text, frozenset())
    if code in bearers:
        return f"{name} is a spelling of {code} already"
    if bearers:
        mine = _in_area(connection, bearers, area)
        what = ", ".join(mine[:3]) if mine else f"compounds outside {area}"
        return f"{name} is a spelling of {what}; merge them, or leave it ambiguous"
    meant = place_words(connection, identity).meant_by(name)
    return f"{name} is {meant}; an alias must name one compound" if meant else ""


def _in_area(connection: Connection, codes: Iterable[str], area: str) -> list[str]:
    """Those of the codes that lie in a district, all for the city; sorted."""
    if level_of(area) != "district":
        return sorted(codes)
    lie = select(compound.c.code).where(compound.c.known_until == FOREVER, compound.c.district == area)
    return sorted(connection.execute(lie.where(compound.c.code.in_(list(codes)))).scalars())


def offer(store: Store, address: str, codes: Sequence[str]) -> dict[str, str]:
    """Return code -> the name written in an address, for those compounds that could learn it as an alias."""
    name = written_name(address)
    with store.snapshot() as connection:
        return {code: name for code in codes if name and not not_learnable(connection, store.identity, name, code)}


def history(view: View, limit: int = 200) -> Select[Any]:
    """Return every version of every change in the area, newest first.

    id, batch, kind, compound, others, name, stands, happened_at, known_from, decided_by, why, district, current.
    """
    columns = (*(care.c[n] for n in ("id", "batch", "kind", "compound", "others", "name", "stands")), care.c.known_from)
    more = (care.c.happened_at, care.c.decided_by, care.c.why, care.c.district)
    current = (care.c.known_until == FOREVER).label("current")
    rows = select(*columns, *more, current).where(care.c.known_from <= view.known_at, inside(care, view))
    return rows.order_by(care.c.id.desc()).limit(limit)


def all_changes(store: Store) -> pd.DataFrame:
    """Return `history` of the whole city as known now."""
    return store.read(history(store.view(), limit=100_000))


# ---- writing


def _written(store: Store, actor: str, kind: str, apply: bool, write: Any, **more: Any) -> Changed:
    now = store.now()
    found = Changed(None, pd.DataFrame(columns=list(SHOWN)))
    try:
        with store.writing() as connection:
            opened = open_batch(connection, None, now, _batch(actor))
            subject, found = write(opened)
            moved = len(found.moved)
            told = {
                "actor": actor,
                "change": kind,
                "subject": subject,
                "moved": moved,
                "facts": len(found.facts),
                **more,
            }
            close_batch(opened, told)
            journal.write(connection, actor, "care", subject, {"batch": opened.id, "change": kind, "moved": moved})
            if not apply:
                raise _Rehearsed
            return found
    except _Rehearsed:
        return replace(found, batch=None)


def _batch(actor: str) -> Mapping[str, str]:
    return {"kind": "care", "feed": "compounds", "source": actor, "settings": ""}


def _made(opened: Batch, store: Store, change: Change, actor: str, area: str) -> tuple[str, Changed]:
    row = _checked(opened.connection, store, change, area)
    if change.kind == "alias":
        teach(opened, store, row, change.name, actor, change.why, area)
        return f"alias:{change.code}", Changed(opened.id, pd.DataFrame(columns=list(SHOWN)))
    fact = _fact(change, row, actor, opened.known_from)
    opened.replace(care, fact)
    moved = Changed(opened.id, pd.DataFrame(columns=list(SHOWN)))
    if change.kind in ("merge", "split"):
        moved = _moved(opened, change)
    return str(fact["key"].iloc[0]), moved


def _checked(connection: Connection, store: Store, change: Change, area: str) -> Any:
    """The believed row of the compound, once the change makes sense."""
    if change.kind not in KINDS:
        raise CareError(
            f"change {change.kind!r}; wanted one of {KINDS}", f"修改“{change.kind}”；应为{'、'.join(KINDS)}之一"
        )
    codes = (change.code, *change.others)
    rows = [_row(connection, code) for code in codes]
    for row in rows:
        _check_area(row, area)
    standing = standing_codes(codes, care_now(connection))
    for code in codes:
        if standing.get(code) != code:
            raise CareError(
                f"{code} was merged or split already; `compounds list` shows by whom, `compounds undo` takes it back",
                f"{code}已被合并或拆分；修改记录列有经办人，可在那里撤销",
            )
    if len(set(codes)) != len(codes):
        raise CareError(f"{change.kind} {change.code}: a compound is named twice", f"{change.code}：同一小区写了两次")
    least = {"merge": 1, "apart": 1, "split": 2}.get(change.kind, 0)
    if len(change.others) < least or (least == 1 and len(change.others) > 1):
        raise CareError(
            f"{change.kind} {change.code}: wanted {'two parts or more' if least == 2 else 'one other compound'}",
            f"{change.code}：应写{'两个或更多部分' if least == 2 else '另外一个小区'}",
        )
    if change.kind == "rename" and not 2 <= len(change.name.strip()) <= LONGEST:
        raise CareError(
            f"rename {change.code}: name {change.name!r}; wanted 2 to {LONGEST} characters",
            f"改名{change.code}：名称“{change.name}”；应为2至{LONGEST}个字",
        )
    return rows[0]


def _row(connection: Connection, code: str) -> Any:
    columns = [compound.c[name] for name in ("code", "name", "district", "street")]
    found = Store.frame(connection, select(*columns).where(compound.c.code == code, compound.c.known_until == FOREVER))
    if found.empty:
        raise CareError(f"{code}: no such compound", f"{code}：没有这个小区")
    return found.iloc[0].fillna("")


def _check_area(row: Any, area: str) -> None:
    if level_of(area) == "district" and row["district"] != area:
        raise CareError(
            f"{row['code']} lies outside {area}; the city, or its own district, may change it",
            f"{row['code']}不在{area}；由市级或其所在区修改",
        )


def _check_not_built_on(connection: Connection, number: int, changes: pd.DataFrame) -> None:
    """Refuse to undo what a later merge or split rests on: persons would be left in a compound that is not theirs."""
    heirs = [
        heir for kind, others in zip(changes["kind"], changes["others"], strict=True) if kind in GONE for heir in others
    ]
    later = select(care.c.batch, care.c.kind, care.c.compound).where(
        care.c.known_until == FOREVER, care.c.stands, care.c.kind.in_(GONE), care.c.compound.in_(heirs)
    )
    for row in connection.execute(later.order_by(care.c.id.desc())):
        raise CareError(
            f"batch {number} cannot be undone yet: batch {row.batch} is a {row.kind} of {row.compound} since; undo that first",
            f"批次{number}暂不能撤销：其后的批次{row.batch}又改动了{row.compound}；请先撤销后者",
        )


def _fact(change: Change, row: Any, actor: str, at: int) -> pd.DataFrame:
    code, others = change.code, list(change.others)
    if change.kind == "apart":
        code, others = sorted((code, *others))[0], sorted((code, *others))[1:]
    key = {"alias": f"alias:{code}:{change.name}", "apart": f"apart:{code}|{''.join(others)}"}
    return pd.DataFrame(
        {
            "key": [key.get(change.kind, f"{change.kind}:{code}")],
            "row": [None],
            "happened_at": [to_ms(change.on) if change.on else ALWAYS],
            "reported_at": [at],
            "kind": [change.kind],
            "compound": [code],
            "others": [others],
            "name": [change.name or None],
            "stands": [True],
            "district": [row["district"]],
            "street": [row["street"]],
            "decided_by": [actor],
            "why": [change.why or None],
        }
    )


def _moved(opened: Batch, change: Change) -> Changed:
    """Move what lies in a compound that is given up.

    After a split an order on the whole stays on record where it was; the parts get their own.
    """
    heirs = [_row(opened.connection, code) for code in change.others]
    persons = lying_in(opened, placement, change.code)
    facts = merged_facts.move(opened, change.code, heirs[0]) if change.kind == "merge" else merged_facts.none()
    new = _merged(persons, change, heirs[0]) if change.kind == "merge" else _split(persons, change, heirs)
    rewrite(opened, placement, new)
    for kind, subjects in persons_of(persons).items():
        recount(opened, kind, subjects)
    return Changed(opened.id, new.assign(was_compound=persons["compound"])[list(SHOWN)], facts)


def _merged(rows: pd.DataFrame, change: Change, heir: Any) -> pd.DataFrame:
    zh, en = f"；{change.code} 已并入 {heir['code']}", f"; {change.code} was merged into {heir['code']}"
    return rows.assign(
        compound=heir["code"],
        district=heir["district"],
        street=heir["street"],
        reason_zh=rows["reason_zh"] + zh,
        reason_en=rows["reason_en"] + en,
    )


def _split(rows: pd.DataFrame, change: Change, parts: list[Any]) -> pd.DataFrame:
    names = "、".join(part["name"] for part in parts)
    options = [{"compound_id": p["code"], "name": p["name"], "score": round(1 / len(parts), 4)} for p in parts]
    return rows.assign(
        status="review",
        compound="",
        street="",
        probability=1 / len(parts),
        alternatives=pd.Series([options[:5]] * len(rows), index=rows.index, dtype=object),
        reason_zh=f"{change.code} 已拆分为{names}，须重新认定",
        reason_en=f"{change.code} was split into {len(parts)} parts; which one is to be told",
        decided_by=AUTO,
    )


def _placed_by(opened: Batch, mine: pd.DataFrame) -> pd.DataFrame:
    """Where the persons of `mine` are now, beside where they were."""
    if mine.empty:
        return pd.DataFrame(columns=list(SHOWN))
    now = believed(opened.connection, placement, "key", "compound", "status").set_index("key").reindex(mine["key"])
    was = mine["compound"].to_numpy(object)
    return mine.assign(was_compound=was, compound=now["compound"].to_numpy(), status=now["status"].to_numpy())[
        list(SHOWN)
    ]
