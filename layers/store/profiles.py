"""How the files of each source are read, kept for the next file of that source; no plan, layer or count reads it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Select, delete, insert, select, update

from layers._errors import ProfileError
from layers.store import Store, journal
from layers.store.schema import profile


def all_profiles() -> Select[Any]:
    """Return id, feed, source, mapping (their column -> ours), settings, made_by, made_at, by feed and source."""
    return select(profile).order_by(profile.c.feed, profile.c.source)


def keep(
    store: Store,
    feed: str,
    source: str,
    mapping: Mapping[str, str],
    settings: Mapping[str, Any],
    actor: str,
    at: datetime,
) -> int:
    """Keep the profile of a feed and a source in place of the one there is; return its number."""
    values = {"mapping": dict(mapping), "settings": dict(settings), "made_by": actor, "made_at": at}
    with store.writing() as connection:
        known = select(profile.c.id).where(profile.c.feed == feed, profile.c.source == source)
        number = connection.execute(known).scalar()
        if number is None:
            added = insert(profile).returning(profile.c.id)
            number = connection.execute(added, {"feed": feed, "source": source, **values}).scalar_one()
        else:
            connection.execute(update(profile).where(profile.c.id == number).values(**values))
        journal.write(connection, actor, "profile", f"{feed}/{source}", {"profile": number, "columns": len(mapping)})
    return int(number)


def change(store: Store, number: int, source: str, mapping: Mapping[str, str], settings: Mapping[str, Any], actor: str, at: datetime) -> None:  # fmt: skip
    """Change a profile; one that is gone, and a source that has one of its own for this feed, raise ProfileError."""
    with store.writing() as connection:
        row = _row(connection, number)
        same = select(profile.c.id).where(
            profile.c.feed == row.feed, profile.c.source == source, profile.c.id != number
        )
        if connection.execute(same).scalar() is not None:
            raise ProfileError(
                f"source {source!r} has a profile for {row.feed} already; change or delete that one",
                f"来源“{source}”在此数据项已有列对应方案，请改用或先删除那一个",
            )
        values = {
            "source": source,
            "mapping": dict(mapping),
            "settings": dict(settings),
            "made_by": actor,
            "made_at": at,
        }
        connection.execute(update(profile).where(profile.c.id == number).values(**values))
        journal.write(
            connection, actor, "profile", f"{row.feed}/{source}", {"profile": number, "columns": len(mapping)}
        )


def drop(store: Store, number: int, actor: str) -> None:
    """Delete a profile; deliveries that were read by it stay as they are. One that is gone raises ProfileError."""
    with store.writing() as connection:
        row = _row(connection, number)
        connection.execute(delete(profile).where(profile.c.id == number))
        journal.write(connection, actor, "profile", f"{row.feed}/{row.source}", {"profile": number, "deleted": True})


def _row(connection: Any, number: int) -> Any:
    row = connection.execute(select(profile.c.feed, profile.c.source).where(profile.c.id == number)).one_or_none()
    if row is None:
        raise ProfileError(
            f"there is no profile {number}; it may have been deleted", f"没有列对应方案{number}，可能已被删除"
        )
    return row
