"""Named sets of assumptions: saved, listed and removed on a person's word, each a version in a batch of its own."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
from sqlalchemy import Connection, Select, or_, select

from layers._errors import LayerError
from layers._view import View
from layers.store import Store, journal
from layers.store.asof import as_known
from layers.store.schema import FOREVER, whatif
from layers.store.writing import close_batch, open_batch

LONGEST = 40  # characters of a name
KEY = "whatif:"


class WhatIfError(LayerError):
    """A set of assumptions cannot be saved or removed; nothing was written."""


def save(
    store: Store, name: str, settings: Mapping[str, str], actor: str, *, area: str = "", why: str = "", kind: str = ""
) -> int:
    """Save assumptions (filters `if_...` of a view) under a name and return the batch; a name of the same area is replaced.

    area  district that the actor answers for, "" the city;  kind: the page they were made on
    Raises WhatIfError for an empty or overlong name, and for settings that assume nothing.
    """
    title = name.strip()
    if not 0 < len(title) <= LONGEST:
        raise WhatIfError(
            f"the name is {name!r}; wanted 1 to {LONGEST} characters", f"名称为“{name}”；应为1至{LONGEST}个字"
        )
    if not settings:
        raise WhatIfError(
            f"{title!r} assumes nothing; change one of the assumptions before saving",
            f"“{title}”没有任何假设；请先改动一项再保存",
        )
    row = {
        "name": title,
        "settings": {**dict(settings), "page": kind},
        "stands": True,
        "district": area,
        "decided_by": actor,
        "why": why.strip(),
    }
    return _written(store, f"{KEY}{area}:{title}", row, actor, "save")


def remove(store: Store, key: str, actor: str, *, area: str = "") -> int:
    """Remove a saved set by its key and return the batch: it is kept with `stands` false. Raises WhatIfError."""
    with store.writing() as connection:
        found = _believed(connection, key)
    if found is None or not found["stands"]:
        raise WhatIfError(
            f"there is no saved set {key.removeprefix(KEY)!r}; the page lists them",
            f"没有已存假设“{key.removeprefix(KEY)}”；页面列有全部",
        )
    if area and found["district"] != area:
        raise WhatIfError(
            f"{found['name']!r} belongs to {found['district'] or 'the city'}, who may remove it",
            f"“{found['name']}”属于{found['district'] or '市级'}，由其删除",
        )
    own = ("name", "settings", "district", "why")
    row = {**{name: found[name] for name in own}, "stands": False, "decided_by": actor}
    return _written(store, key, row, actor, "remove")


def standing(view: View) -> Select[Any]:
    """Return the sets that stand at a view, newest first: key, name, settings, district, decided_by, why, saved_at.

    Of a district's view its own and the city's; they are dated by when they were saved.
    """
    c = whatif.c
    columns = (c.key, c.name, c.settings, c.district, c.decided_by, c.why, c.happened_at.label("saved_at"))
    query = as_known(select(*columns), whatif, view).where(c.stands.is_(True))
    if view.district:
        query = query.where(or_(c.district == view.district, c.district == ""))
    return query.order_by(c.happened_at.desc(), c.key)


def _written(store: Store, key: str, row: Mapping[str, Any], actor: str, step: str) -> int:
    now = store.now()
    values = {"kind": "whatif", "feed": "whatif", "source": actor, "file": None, "sha256": None, "settings": step}
    with store.writing() as connection:
        opened = open_batch(connection, None, now, values)
        at = opened.known_from
        fact = {**row, "key": key, "row": None, "happened_at": at, "reported_at": at}
        opened.replace(whatif, pd.DataFrame([fact]))
        close_batch(opened, {"actor": actor, "step": step, "name": row["name"]})
        journal.write(connection, actor, "whatif", row["name"], {"batch": opened.id, "step": step})
        return opened.id


def _believed(connection: Connection, key: str) -> dict[str, Any] | None:
    found = Store.frame(connection, select(whatif).where(whatif.c.key == key, whatif.c.known_until == FOREVER))
    return {str(name): value for name, value in found.iloc[0].items()} if len(found) else None
