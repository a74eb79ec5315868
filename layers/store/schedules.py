"""Briefings that are printed every day: what is wanted at which hour, and what became of each day's edition.

None of it is a fact. Times are those of the clock on the wall, also in a drill: an edition is due when people come to work.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, and_, delete, insert, select, update

from layers._errors import LayerError
from layers._times import SHANGHAI, from_ms
from layers.store import journal
from layers.store.database import Store
from layers.store.schema import edition, schedule

PRINTING, DONE, FAILED, MISSED = "printing", "done", "failed", "missed"
MOST = 20  # schedules in force: each takes minutes of the printer
TRIES = 3  # of one edition; the last failure stands
AGAIN = timedelta(minutes=10)  # between two tries
STUCK = timedelta(minutes=30)  # a print that takes longer was cut off with its server
LATE = timedelta(hours=12)  # an edition that a stopped server missed is printed until then, later it is told as missed


class ScheduleError(LayerError):
    """A schedule cannot be kept, stopped or resumed; said in both languages, because a page shows it."""


@dataclass(frozen=True)
class Schedule:
    """One briefing a day.

    at      time of day in Shanghai, "07:30"
    choice  parts, districts, form, size, secrecy, as plain values
    id      0 for one that is not kept yet
    """

    at: str
    area: str
    lang: str
    choice: Mapping[str, Any]
    id: int = 0
    made_by: str = ""
    made_at: datetime | None = None


def make(store: Store, wanted: Schedule, actor: str) -> int:
    """Keep a schedule that was checked; return its number. ScheduleError for one that is there already, or one too many."""
    row = {"at": wanted.at, "area": wanted.area, "lang": wanted.lang, "choice": dict(wanted.choice)}
    with store.writing() as connection:
        _require_room(connection, row)
        made = {**row, "made_by": actor, "made_at": datetime.now(UTC)}
        number = connection.execute(insert(schedule).returning(schedule.c.id), [made]).scalar_one()
        journal.write(connection, actor, "briefing scheduled", f"{number}", row)
    return int(number)


def stop(store: Store, number: int, actor: str) -> None:
    """End a schedule: nothing more is printed by it. ScheduleError where none is in force."""
    mine = and_(schedule.c.id == number, schedule.c.ended_at.is_(None))
    with store.writing() as connection:
        change = update(schedule).where(mine).values(ended_by=actor, ended_at=datetime.now(UTC))
        if not connection.execute(change).rowcount:
            raise ScheduleError(
                f"there is no schedule {number} in force; it was stopped before", f"定时印制{number}已停止或不存在"
            )
        journal.write(connection, actor, "briefing schedule stopped", f"{number}")


def resume(store: Store, number: int, actor: str) -> None:
    """Put a schedule that was stopped in force again; ScheduleError where it is, or where another prints the same by now."""
    with store.writing() as connection:
        row = connection.execute(select(schedule).where(schedule.c.id == number)).mappings().first()
        if row is None or row["ended_at"] is None:
            raise ScheduleError(f"schedule {number} was not stopped", f"定时印制{number}没有停止")
        _require_room(connection, dict(row))
        connection.execute(update(schedule).where(schedule.c.id == number).values(ended_by=None, ended_at=None))
        journal.write(connection, actor, "briefing schedule resumed", f"{number}")


def _require_room(connection: Connection, row: Mapping[str, Any]) -> None:
    names = ("at", "area", "lang", "choice")
    standing = connection.execute(select(schedule).where(schedule.c.ended_at.is_(None))).mappings().all()
    if any(all(one[name] == row[name] for name in names) for one in standing):
        raise ScheduleError(
            f"this briefing is printed every day at {row['at']} already", f"已定每天{row['at']}印制同样的简报"
        )
    if len(standing) >= MOST:
        raise ScheduleError(
            f"{MOST} briefings are printed every day already; stop one first", f"已有{MOST}个定时印制，请先停止一个"
        )


def in_force(store: Store) -> list[Schedule]:
    """Return the schedules in force by time of day."""
    names = ("id", "at", "area", "lang", "choice", "made_by", "made_at")
    query = select(*(schedule.c[name] for name in names)).where(schedule.c.ended_at.is_(None))
    rows = store.read(query.order_by(schedule.c.at, schedule.c.id))
    return [Schedule(**{str(name): value for name, value in row.items()}) for row in rows.to_dict("records")]


def due(at: str, now: datetime) -> datetime:
    """Return the last moment, not after `now`, at which the clock in Shanghai showed `at`."""
    local, (hour, minute) = now.astimezone(SHANGHAI), map(int, at.split(":"))
    today = local.replace(hour=hour, minute=minute, second=0, microsecond=0)
    return today if today <= local else today - timedelta(days=1)


# ---- editions


def claim(store: Store, number: int, moment: datetime, now: datetime) -> int | None:
    """Take the edition of a schedule that is due at a moment; return its number, None where there is nothing to do.

    Of several servers on one store one prints. What failed is tried again after a while, `TRIES` times in all; what a
    server left unfinished counts as a try. An edition later than `LATE` is kept as missed.
    """
    mine = and_(edition.c.schedule == number, edition.c.due == moment)
    with store.writing() as connection:
        row = connection.execute(select(edition).where(mine)).mappings().first()
        if row is None:
            missed = now - moment > LATE
            state = {"state": MISSED if missed else PRINTING, "tries": 0 if missed else 1}
            fresh = {"schedule": number, "due": moment, "begun_at": now, "ended_at": now if missed else None, **state}
            made = connection.execute(insert(edition).returning(edition.c.id), [fresh]).scalar_one()
            return None if missed else int(made)
        if not _to_try(dict(row), now):
            return None
        again = {"state": PRINTING, "tries": row["tries"] + 1, "begun_at": now, "ended_at": None}
        connection.execute(update(edition).where(edition.c.id == row["id"]).values(again))
        return int(row["id"])


def _to_try(row: Mapping[str, Any], now: datetime) -> bool:
    if row["tries"] >= TRIES or now - from_ms(row["due"]) > LATE or row["state"] not in (PRINTING, FAILED):
        return False
    since, wait = (row["begun_at"], STUCK) if row["state"] == PRINTING else (row["ended_at"], AGAIN)
    return now - from_ms(since) >= wait


def finish(store: Store, number: int, file: str, code: str, size: int) -> None:
    """Keep what an edition became: its file, its code, its size in bytes."""
    _end(store, number, {"state": DONE, "file": file, "code": code, "bytes": size, "why_zh": None, "why_en": None})


def fail(store: Store, number: int, zh: str, en: str) -> None:
    """Keep why an edition was not printed."""
    _end(store, number, {"state": FAILED, "why_zh": zh, "why_en": en})


def release(store: Store, number: int) -> None:
    """Give an edition back that was taken and not begun: the next look takes it again."""
    with store.writing() as connection:
        connection.execute(delete(edition).where(edition.c.id == number, edition.c.state == PRINTING))


def _end(store: Store, number: int, values: Mapping[str, Any]) -> None:
    with store.writing() as connection:
        change = {**values, "ended_at": datetime.now(UTC)}
        connection.execute(update(edition).where(edition.c.id == number).values(change))


def newest(store: Store, limit: int = 14) -> list[dict[str, Any]]:
    """Return the newest editions first: the columns of `edition`, and form, area and lang of their schedules."""
    about = (schedule.c.choice, schedule.c.area, schedule.c.lang, schedule.c.at)
    query = select(*edition.c, *about).join(schedule, edition.c.schedule == schedule.c.id)
    rows = store.read(query.order_by(edition.c.due.desc(), edition.c.id.desc()).limit(limit)).astype(object)
    return [
        {str(name): value for name, value in row.items()} for row in rows.where(rows.notna(), None).to_dict("records")
    ]


def one(store: Store, number: int) -> dict[str, Any] | None:
    """Return an edition, None where there is none."""
    rows = store.read(select(edition).where(edition.c.id == number)).astype(object)
    found = rows.where(rows.notna(), None).to_dict("records")
    return {str(name): value for name, value in found[0].items()} if found else None
