"""Rules of alert and the alerts they raised. Neither is a fact: no plan reads them, and they have one clock, the store's own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, func, insert, or_, select, update

from layers._errors import LayerError
from layers.store import journal
from layers.store.database import Store
from layers.store.schema import alert, alert_rule


class AlertError(LayerError):
    """A rule of alert makes no sense, or an alert cannot be acknowledged; said in both languages, because a page shows it."""


@dataclass(frozen=True)
class Rule:
    """What somebody wants to be told of; `layers.decisions.alerting` says what each kind watches.

    kind     count | age | shortage
    subject  what is watched, by kind: {"status", "measure", "each"}, {"feed"}, {"what", "name"}
    area     "" the whole city, else as a view writes it
    bound    persons (at least), hours (older than), days (below, or within)
    told     posts that must acknowledge it
    id       0 for a rule that is not kept yet
    """

    name: str
    kind: str
    subject: Mapping[str, str]
    bound: float
    told: tuple[str, ...]
    area: str = ""
    sound: bool = False
    id: int = 0
    made_by: str = ""
    made_at: datetime | None = None


@dataclass(frozen=True)
class Raised:
    """A rule that has come true of a subject, with the value that made it true (None: endless, as the age of what never came)."""

    rule: int
    subject: str
    value: float | None


@dataclass(frozen=True)
class Turn:
    """What an evaluation changes: alerts to raise, and numbers of alerts that are no longer true, or true again."""

    raised: Sequence[Raised] = field(default_factory=tuple)
    cleared: Sequence[int] = field(default_factory=tuple)
    again: Sequence[int] = field(default_factory=tuple)

    def __bool__(self) -> bool:
        return bool(self.raised or self.cleared or self.again)


def make(store: Store, rule: Rule, actor: str) -> int:
    """Keep a rule that was checked, and return its number."""
    now = store.now()
    row = {
        "name": rule.name,
        "kind": rule.kind,
        "subject": dict(rule.subject),
        "area": rule.area,
        "bound": rule.bound,
        "told": list(rule.told),
        "sound": rule.sound,
        "made_by": actor,
        "made_at": now,
    }
    with store.writing() as connection:
        number = connection.execute(insert(alert_rule).returning(alert_rule.c.id), [row]).scalar_one()
        journal.write(connection, actor, "alert rule", f"{number}", {"name": rule.name, "kind": rule.kind})
    return int(number)


def end(store: Store, number: int, actor: str) -> None:
    """End a rule: it raises nothing more. Its alerts that wait are no longer true, and still wait. AlertError where none is in force."""
    now = store.now()
    with store.writing() as connection:
        mine = and_(alert_rule.c.id == number, _stands())
        done = connection.execute(update(alert_rule).where(mine).values(ended_by=actor, ended_at=now)).rowcount
        if not done:
            raise AlertError(f"there is no rule {number} in force; it ended before", f"规则 {number} 已停用或不存在")
        still = and_(alert.c.rule == number, alert.c.cleared_at.is_(None))
        connection.execute(update(alert).where(still).values(cleared_at=now))
        journal.write(connection, actor, "alert rule ended", f"{number}")


def in_force() -> Select[Any]:
    """Return the rules in force, oldest first: the columns of `alert_rule`."""
    return select(alert_rule).where(_stands()).order_by(alert_rule.c.id)


def _stands() -> ColumnElement[bool]:
    return alert_rule.c.ended_at.is_(None)


def rules(store: Store) -> list[Rule]:
    """Return the rules in force, oldest first."""
    return [rule_of(row) for row in store.read(in_force()).to_dict("records")]


def rule_of(row: Mapping[Any, Any]) -> Rule:
    """Return a row of `in_force` as a rule."""
    names = ("name", "kind", "subject", "bound", "area", "id", "made_by", "made_at")
    return Rule(**{name: row[name] for name in names}, told=tuple(row["told"]), sound=bool(row["sound"]))


def standing() -> Select[Any]:
    """Return the alerts that are still true or wait to be acknowledged, newest first, each with its rule.

    Columns: id, rule, subject, value, known_at, raised_at, cleared_at, acknowledged_by, acknowledged_at, note, and of the rule
    name, kind, watched (its subject), area, bound, told, sound.
    """
    return _with_rules().where(or_(alert.c.cleared_at.is_(None), alert.c.acknowledged_at.is_(None)))


def settled(limit: int = 60) -> Select[Any]:
    """Return the alerts that are over and were acknowledged, newest first; columns as `standing`."""
    return _with_rules().where(alert.c.cleared_at.is_not(None), alert.c.acknowledged_at.is_not(None)).limit(limit)


def _with_rules() -> Select[Any]:
    r = alert_rule.c
    about = (r.name, r.kind, r.subject.label("watched"), r.area, r.bound, r.told, r.sound)
    query = select(*alert.c, *about).join(alert_rule, alert.c.rule == r.id)
    return query.order_by(alert.c.raised_at.desc(), alert.c.id.desc())


def turn(store: Store, change: Turn, known_at: datetime) -> list[int]:
    """Write what an evaluation changed, and return the numbers of new alerts.

    Whoever evaluates at the same time repeats nothing, and a rule that ended meanwhile raises nothing more: nobody would clear it.
    """
    now = store.now()
    with store.writing() as connection:
        waiting, standing = (
            _waiting(connection),
            set(connection.execute(select(alert_rule.c.id).where(_stands())).scalars()),
        )
        fresh = [one for one in change.raised if one.rule in standing and (one.rule, one.subject) not in waiting]
        numbers = [_raise(connection, one, known_at, now) for one in fresh]
        for number, at in [*((n, now) for n in change.cleared), *((n, None) for n in change.again)]:
            connection.execute(update(alert).where(alert.c.id == number).values(cleared_at=at))
            journal.write(connection, "alerts", "alert over" if at else "alert true again", f"{number}")
    return numbers


def _waiting(connection: Connection) -> set[tuple[int, str]]:
    open_ = or_(alert.c.cleared_at.is_(None), alert.c.acknowledged_at.is_(None))
    return {(row.rule, row.subject) for row in connection.execute(select(alert.c.rule, alert.c.subject).where(open_))}


def _raise(connection: Connection, one: Raised, known_at: datetime, now: datetime) -> int:
    row = {"rule": one.rule, "subject": one.subject, "value": one.value, "known_at": known_at, "raised_at": now}
    number = connection.execute(insert(alert).returning(alert.c.id), [row]).scalar_one()
    journal.write(connection, "alerts", "alert", f"{number}", {"rule": one.rule, "subject": one.subject})
    return int(number)


def acknowledge(store: Store, number: int, who: str, note: str) -> None:
    """Write who has taken note of an alert and what is done about it; AlertError where somebody did before."""
    with store.writing() as connection:
        row = connection.execute(select(alert).where(alert.c.id == number)).one_or_none()
        if row is None:
            raise AlertError(f"there is no alert {number}", f"没有警报 {number}")
        if row.acknowledged_at is not None:
            raise AlertError(f"{row.acknowledged_by} has acknowledged it", f"{row.acknowledged_by} 已确认")
        values = {"acknowledged_by": who, "acknowledged_at": store.now(), "note": note}
        connection.execute(update(alert).where(alert.c.id == number).values(values))
        journal.write(connection, who, "alert acknowledged", f"{number}")


def area_of(row: Mapping[Any, Any]) -> str:
    """Return the area that an alert (or a rule: without a column `watched`) is about, as a view writes it."""
    subject = row.get("watched") or {}
    if row["kind"] != "count" or not subject.get("each"):
        return str(row["area"])
    return f"compound:{row['subject']}" if subject["each"] == "compound" else str(row["subject"])


def version(connection: Connection) -> str:
    """Return a short text that differs whenever a rule or an alert does."""
    a, r = alert.c, alert_rule.c
    counts = (
        *(select(func.count(column)).scalar_subquery() for column in (r.id, r.ended_at, a.id, a.acknowledged_at)),
        select(func.coalesce(func.sum(a.cleared_at), 0)).scalar_subquery(),
    )
    return "-".join(str(int(n or 0)) for n in connection.execute(select(*counts)).one())
