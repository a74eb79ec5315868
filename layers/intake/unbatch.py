"""Take a delivery back: what it brought is no longer believed and what it replaced is believed again, as a new batch.

Nothing is deleted, so what was known before stays what it was. Records that somebody changed since stay as they are and are
named; so is what was ordered or changed by hand on the strength of the delivery. An undo can itself be undone.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from threading import Event
from typing import Any

import pandas as pd
from sqlalchemy import Connection, select

from layers._errors import Cancelled, LayerError
from layers._times import from_ms
from layers.intake import unbatch_places, unbatch_rests, unbatch_rows
from layers.intake.feeds import all_feeds
from layers.intake.matching import Gazetteer, ready, unkept
from layers.intake.persons import recount
from layers.intake.places import DistrictBook
from layers.intake.retention import destroyed_of
from layers.intake.unbatch_places import Again
from layers.intake.unbatch_rows import Past, Turn
from layers.store import Store, heard, journal, totals
from layers.store.schema import FACTS, batch, placement
from layers.store.undone import UNDO, chain, undos
from layers.store.writing import Batch, close_batch, open_batch

# In this order: who has a status that stays cannot go.
TABLES = ("district", "basemap", "compound", "hospital", "bed", "stock", "handout", "team", "assessment", "control")
OF_PERSONS = ("person_status", "withdrawal", "person")
SHOWN = 200  # records named in a receipt; the store can tell the rest
Progress = Callable[[int, int, str, str], None]  # done, of how many, what in Chinese, in English


class UndoError(LayerError):
    """A batch cannot be taken back; nothing was written. Said in both languages, because a page shows it."""


@dataclass(frozen=True)
class Undone:
    """What taking a batch back did, or would do.

    batch    the batch of the undo; None: rehearsed
    number, feed, source, file, known_at  of the batch that is taken back
    tables   table -> records back, gone, reopened, kept
    kept     `unbatch_rows.KEPT`: records that stay, and why
    counts   status -> change of the persons now in it, in the whole city
    matched  "status/method" -> persons who were matched again
    decisions  reviewers' decisions that fall, because what they were about goes back
    rests    `unbatch_rests.RESTS`: orders and changes of the gazetteer made since about what changes
    destroyed  persons whom it brought and who were destroyed since, when their time was over: they stay counted
    """

    batch: int | None
    number: int
    feed: str
    source: str
    file: str
    known_at: str
    tables: Mapping[str, Mapping[str, int]]
    kept: pd.DataFrame
    counts: Mapping[str, int]
    matched: Mapping[str, int]
    decisions: int
    rests: pd.DataFrame = field(default_factory=unbatch_rests.none)
    destroyed: int = 0

    @property
    def records(self) -> int:
        """Records that change."""
        return sum(n["back"] + n["gone"] for n in self.tables.values())

    def as_json(self) -> dict[str, Any]:
        """Return plain data for a receipt."""
        plain = {k: v for k, v in vars(self).items() if k not in ("batch", "kept", "rests")}
        shown = self.kept.head(SHOWN).astype(object)
        return plain | {
            "kept": shown.where(shown.notna(), None).to_dict("records"),
            "kept_in_all": len(self.kept),
            "rests": self.rests.to_dict("records"),
        }


class _Rehearsed(Exception):
    """Rolls a rehearsal back."""


def undo(
    store: Store,
    number: int,
    actor: str,
    *,
    apply: bool = False,
    why: str = "",
    progress: Progress | None = None,
    cancel: Event | None = None,
) -> Undone:
    """Take batch `number`, a delivery or the undo of one, back; without `apply` only say what that would do.

    The totals are then those of a store that never had the batch, but for persons whom somebody changed since, and for those who
    were destroyed: nothing says any more what they counted, so it stays and the undo tells how many they are. Raises
    UndoError for a batch that is no delivery, was taken back already or of which nothing is left, Cancelled when `cancel` is set: nothing was written.
    """
    step = _stepper(number, progress, cancel)
    now, found = store.now(), None
    if _moves_people(store, number):
        step(0, 0, "准备地址匹配", "preparing the matching of addresses")
        ready(store)
    try:
        with store.writing() as connection, pd.option_context("mode.string_storage", "python"):
            past, row, root, stands = _require(connection, number)
            values = {"kind": UNDO, "feed": row.feed, "source": row.source, "file": row.file, "settings": ""}
            opened = open_batch(connection, None, now, values)
            about = (row.feed, row.source, row.file or "", from_ms(past.at).isoformat())
            found = _taken_back(store, opened, past, about, step)
            step(1, 1, "正在写入", "writing")
            told = found.as_json() | {"actor": actor, "undoes": number, "root": root, "stands": stands, "why": why}
            close_batch(opened, told)
            heard.settle(connection, root)
            detail = {"batch": opened.id, "undoes": number, "records": found.records}
            journal.write(connection, actor, UNDO, f"{row.feed}/{row.file}", detail)
            if not apply:
                raise _Rehearsed
    except _Rehearsed:
        assert found is not None
        return replace(found, batch=None)
    return found


def _moves_people(store: Store, number: int) -> bool:
    """Whether taking a batch back may match persons again, for which a judge is wanted before the writer is taken."""
    found = store.read(select(batch.c.feed).where(batch.c.id == number))["feed"]
    return any(all_feeds()[name].placed or name in ("compounds", "districts") for name in found if name in all_feeds())


def _stepper(number: int, progress: Progress | None, cancel: Event | None) -> Progress:
    def step(done: int, of: int, zh: str, en: str) -> None:
        if cancel is not None and cancel.is_set():
            raise Cancelled(f"undoing batch {number} was stopped; nothing was written")
        if progress:
            progress(done, of, zh, en)

    return step


def _require(connection: Connection, number: int) -> tuple[Past, Any, int, bool]:
    """The batch to take back, its row, the delivery at the root of its chain, and whether that stands afterwards."""
    columns = (batch.c.kind, batch.c.feed, batch.c.source, batch.c.file, batch.c.known_at, batch.c.receipt)
    row = connection.execute(select(*columns).where(batch.c.id == number)).one_or_none()
    if row is None:
        raise UndoError(f"there is no batch {number}", f"没有批次 {number}")
    if row.kind not in ("import", UNDO):
        raise UndoError(
            f"batch {number} is of kind {row.kind}; wanted a delivery or the undo of one. What people decided is taken back where it was decided",
            f"批次 {number} 不是报送（{row.kind}）；人工决定请在其所在页面撤销",
        )
    root = number if row.kind == "import" else int(row.receipt["root"])
    steps = chain(connection, root)
    if row.kind == UNDO and steps[-1].id != number:
        raise UndoError(
            f"batch {number} was undone already by batch {steps[-1].id}", f"批次 {number} 已由批次 {steps[-1].id} 撤销"
        )
    if row.kind == "import" and steps and not steps[-1].stands:
        raise UndoError(
            f"batch {number} was undone already by batch {steps[-1].id}", f"批次 {number} 已由批次 {steps[-1].id} 撤销"
        )
    return Past(number, int(row.known_at), undos(connection)), row, root, row.kind == UNDO and not row.receipt["stands"]


def _taken_back(store: Store, opened: Batch, past: Past, about: tuple[str, str, str, str], step: Progress) -> Undone:
    turns, again = _planned(opened, past, step)
    rests = unbatch_rests.found(opened.connection, past, turns)
    for turn in turns.values():
        unbatch_rows.write(opened, turn)
    matched = _match(store, opened, again, turns["district"], step)
    step(0, 1, "更新汇总", "adjusting the totals")
    _recount(opened, turns, again)
    tables = {
        name: {"back": len(turn.back), "gone": len(turn.gone), "reopened": turn.fresh, "kept": len(turn.kept)}
        for name, turn in turns.items()
        if turn.keys or len(turn.kept)
    }
    kept = pd.concat([turn.kept for turn in turns.values()], ignore_index=True)
    counts, gone = totals.city_counts(opened), destroyed_of(opened.connection, past.number)
    if gone and not tables:
        raise UndoError(
            f"of batch {past.number} nothing is left to take back: the {gone} persons whom it brought were destroyed when their time was over, and "
            "what they count stays in the totals",
            f"批次 {past.number} 已无可撤销的内容：其中 {gone} 人的记录已到期销毁，其计数保留在汇总中",
        )
    return Undone(opened.id, past.number, *about, tables, kept, counts, matched, again.decisions, rests, gone)


def _planned(opened: Batch, past: Past, step: Progress) -> tuple[dict[str, Turn], Again]:
    """What becomes of every table, and who is matched again."""
    turns: dict[str, Turn] = {}
    for at, name in enumerate((*TABLES, *OF_PERSONS)):
        step(at, len(TABLES) + len(OF_PERSONS) + 1, "核对记录", "comparing records")
        turns[name] = unbatch_rows.guarded(opened.connection, unbatch_rows.plan(opened.connection, FACTS[name], past))
    turns["person"] = unbatch_rows.with_statuses(opened.connection, turns["person"], turns["person_status"])
    places = unbatch_places.turn_of(opened, past, turns["person"])
    again = unbatch_places.again(opened, past, turns["person"], places, turns["compound"], turns["district"])
    return turns | {"placement": places}, again


def _match(store: Store, opened: Batch, again: Again, districts: Turn, step: Progress) -> dict[str, int]:
    if not again.keys:
        return {}
    kept: list[Gazetteer] = []

    def gazetteer() -> Gazetteer:
        if not kept:
            kept.append(unkept(opened.connection, store.identity, store.cache))
        return kept[0]

    load = (
        DistrictBook.unkept(opened.connection)
        if districts.keys
        else DistrictBook.load(opened.connection, store.identity)
    )
    receipt = unbatch_places.match(
        opened, again.keys, load, gazetteer, lambda done, of: step(done, of, "重新匹配", "matching again")
    )
    return dict(sorted(receipt.matched.items()))


def _recount(opened: Batch, turns: Mapping[str, Turn], again: Again) -> None:
    """Adjust the totals of everybody of whom something changed."""
    keys = {key for name in ("person", "placement", "withdrawal") for key in turns[name].keys} | set(again.keys)
    status = turns["person_status"]
    keys |= {f"{kind}:{subject}" for kind, subject in zip(status.back["kind"], status.back["subject"], strict=True)}
    keys |= unbatch_rests.owners(opened.connection, status.gone)
    by_kind: dict[str, list[str]] = {}
    for key in keys:
        kind, _, subject = key.partition(":")
        by_kind.setdefault(kind, []).append(subject)
    for kind, subjects in by_kind.items():
        recount(opened, kind, subjects)


def kinds() -> set[str]:
    """Return every table that a delivery can write to: what `undo` must know how to take back."""
    return {part.table for feed in all_feeds().values() for part in feed.parts} | {placement.name, "withdrawal"}
