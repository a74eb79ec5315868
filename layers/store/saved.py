"""What a person keeps at the desk: named views, and for each page the columns of its tables and the view that it opens with.

None of it is a fact: it has no second clock and no batch. A row whose name begins with `OWN` is the desk's own row of a page,
made when a person chooses columns or a view to open the page with; people cannot give such a name.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update

from layers._errors import LayerError
from layers._times import to_ms
from layers.store.database import Store
from layers.store.schema import saved_view

OWN = "="  # before the path of a page: "=/beds"
LONGEST = 60  # characters of a name
MOST = 100  # views that one person keeps
WIDEST = 20_000  # characters of a page's columns as they are written


class SavedError(LayerError):
    """A saved view cannot be kept as asked; said in both languages, because a menu shows it."""


def views(store: Store, who: str) -> list[dict[str, Any]]:
    """Return the named views of a person by page and name: id, name, page, search."""
    v = saved_view.c
    rows = store.read(select(v.id, v.name, v.page, v.search).where(v.who == who).order_by(v.page, v.name))
    found = rows[~rows["name"].astype(str).str.startswith(OWN)]
    return [{str(name): value for name, value in row.items()} for row in found.to_dict("records")]


def keep(store: Store, who: str, name: str, page: str, search: str) -> int:
    """Keep a view under a name, or put it in the place of the one that has the name; return its id."""
    name = named(name)
    with store.writing() as opened:
        found = _of(opened, who, name)
        if found is not None:
            change = {"page": page, "search": search, "made_at": _now()}
            opened.execute(update(saved_view).where(saved_view.c.id == found["id"]).values(change))
            return int(found["id"])
        return _add(opened, {"who": who, "name": name, "page": page, "search": search, "columns": {}})


def rename(store: Store, who: str, id: int, name: str) -> None:
    """Give a view of a person another name; raises SavedError for a name that is taken or a view that is gone."""
    name = named(name)
    with store.writing() as opened:
        other = _of(opened, who, name)
        if other is not None and other["id"] != id:
            raise SavedError(f"there is a view called {name!r} already", f"已有名为“{name}”的视图")
        mine = (saved_view.c.id == id, saved_view.c.who == who)
        if not opened.execute(update(saved_view).where(*mine).values(name=name, made_at=_now())).rowcount:
            raise _gone()


def remove(store: Store, who: str, id: int) -> dict[str, Any]:
    """Take a view of a person away; return it as `restore` wants it: name, page, search, columns."""
    v = saved_view.c
    with store.writing() as opened:
        found = opened.execute(select(saved_view).where(v.id == id, v.who == who)).mappings().first()
        if found is None or found["name"].startswith(OWN):
            raise _gone()
        opened.execute(delete(saved_view).where(v.id == id))
    return {name: found[name] for name in ("name", "page", "search", "columns")}


def restore(store: Store, who: str, was: Mapping[str, Any]) -> int:
    """Put back a view that was taken away; return its id. Raises SavedError where another one has its name by now."""
    with store.writing() as opened:
        if _of(opened, who, named(was["name"])) is not None:
            raise SavedError(f"there is a view called {was['name']!r} again", f"又有了名为“{was['name']}”的视图")
        return _add(opened, {"who": who, **{name: was[name] for name in ("name", "page", "search", "columns")}})


def default(store: Store, who: str, page: str) -> str:
    """Return the query string that a person's page opens with, "" for none."""
    return str(_own(store, who, page).get("search", ""))


def defaults(store: Store, who: str) -> dict[str, str]:
    """Return page -> query string of every page that opens with a view of the person's."""
    v = saved_view.c
    rows = store.read(select(v.page, v.search).where(v.who == who, v.name.startswith(OWN), v.search != ""))
    return dict(zip(rows["page"], rows["search"], strict=True))


def set_default(store: Store, who: str, page: str, search: str) -> str:
    """Let a page open with a query string ("": as it is); return what it opened with before, for the way back."""
    with store.writing() as opened:
        found = _mine(opened, who, page)
        opened.execute(update(saved_view).where(saved_view.c.id == found["id"]).values(search=search, made_at=_now()))
    return str(found["search"])


def columns(store: Store, who: str, page: str) -> dict[str, list[dict[str, Any]]]:
    """Return table -> state of its columns in their order, for the tables of a page that the person arranged."""
    return dict(_own(store, who, page).get("columns") or {})


def set_columns(store: Store, who: str, page: str, table: str, state: list[dict[str, Any]] | None) -> None:
    """Keep how a person arranged a table; None forgets it. Raises SavedError for more than a table can have."""
    with store.writing() as opened:
        found = _mine(opened, who, page)
        kept = {name: one for name, one in found["columns"].items() if name != table}
        kept |= {table: state} if state else {}
        if len(str(kept)) > WIDEST:
            raise SavedError(f"the columns of {page} take more than {WIDEST} characters", f"{page} 的列设置过长")
        opened.execute(update(saved_view).where(saved_view.c.id == found["id"]).values(columns=kept, made_at=_now()))


def version(store: Store, who: str) -> tuple[int, int]:
    """Return what changes whenever a person's views or columns do: how many rows, and when the newest was written (ms)."""
    v = saved_view.c
    with store.snapshot() as opened:
        number, newest = opened.execute(select(func.count(v.id), func.max(v.made_at)).where(v.who == who)).one()
    return int(number), int(newest or 0)


def named(text: str) -> str:
    """Return a name as it is kept; raises SavedError for one that is empty, too long or the desk's own."""
    name = " ".join(str(text or "").split())
    if not name:
        raise SavedError("the view needs a name", "请给视图起个名字")
    if len(name) > LONGEST:
        raise SavedError(
            f"the name has {len(name)} characters; at most {LONGEST}", f"名称有 {len(name)} 字，至多 {LONGEST} 字"
        )
    if name.startswith(OWN):
        raise SavedError(f"a name may not begin with {OWN}", f"名称不能以 {OWN} 开头")
    return name


def _own(store: Store, who: str, page: str) -> dict[str, Any]:
    with store.snapshot() as opened:
        return _of(opened, who, OWN + page) or {}


def _mine(opened: Connection, who: str, page: str) -> dict[str, Any]:
    """The desk's own row of a page, made where there is none yet."""
    found = _of(opened, who, OWN + page)
    if found is None:
        _add(opened, {"who": who, "name": OWN + page, "page": page, "search": "", "columns": {}})
        found = _of(opened, who, OWN + page)
    assert found is not None
    return found


def _of(opened: Connection, who: str, name: str) -> dict[str, Any] | None:
    query = select(saved_view).where(saved_view.c.who == who, saved_view.c.name == name)
    row = opened.execute(query).mappings().first()
    return dict(row) if row else None


def _add(opened: Connection, row: Mapping[str, Any]) -> int:
    if len(opened.execute(select(saved_view.c.id).where(saved_view.c.who == row["who"])).all()) >= MOST:
        raise SavedError(f"you keep {MOST} views already; take one away first", f"已有 {MOST} 个视图，请先删除一个")
    made = opened.execute(insert(saved_view).values(**row, made_at=_now()))
    return int(made.inserted_primary_key[0])  # type: ignore[index]


def _now() -> int:
    """The clock on the wall, also in a drill: these rows belong to a person's day, not to the drill's."""
    return to_ms(datetime.now(UTC))


def _gone() -> SavedError:
    return SavedError("this view is gone; somebody with your pass took it away", "该视图已不存在，可能已被删除")
