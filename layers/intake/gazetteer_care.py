"""The gazetteer as deliveries and people together make it: aliases, new names, merged and split compounds."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd
import shapely
from sqlalchemy import Connection, select

from layers.store.care import GONE
from layers.store.database import Store
from layers.store.schema import FOREVER, care

LISTS = ("aliases", "addresses", "areas")


def care_now(connection: Connection, at: int = FOREVER - 1) -> pd.DataFrame:
    """Return what people changed and nobody undid, in the order in which it was known: id, kind, compound, others, name.

    at   the moment at which it was believed (ms); left out: now
    """
    columns = (care.c.id, care.c.kind, care.c.compound, care.c.others, care.c.name)
    then = (care.c.known_from <= at, care.c.known_until > at)
    return Store.frame(connection, select(*columns).where(*then, care.c.stands).order_by(care.c.id))


def standing_codes(codes: Iterable[str], changes: pd.DataFrame) -> dict[str, str]:
    """Return code -> code that now stands for it: itself, or the survivor at the end of its merges; split ones are left out."""
    survivor = {row.compound: row.others[0] for row in _of(changes, "merge")}
    split = {row.compound for row in _of(changes, "split")}
    found = {code: _end(code, survivor) for code in codes}
    return {code: end for code, end in found.items() if end not in split}


def cared(compounds: pd.DataFrame, changes: pd.DataFrame) -> pd.DataFrame:
    """Return the gazetteer's rows with what people changed, in their order.

    compounds  code, name, aliases, addresses, areas (lists or None), shape (WKB or None), and columns that are kept
    changes    as `care_now` returns them
    A renamed compound keeps its old name as an alias. A merged one leaves, and its names, addresses, areas and outline go
    to the survivor; a split one leaves, and its names go to all parts, so that an address that knows no better fits each.
    """
    if changes.empty:
        return compounds
    rows = {row["code"]: row for row in compounds.to_dict("records")}
    for row in _of(changes, "rename"):
        if row.compound in rows:
            one = rows[row.compound]
            one["aliases"] = _joined(one["aliases"], [one["name"]])
            one["name"] = row.name
    for row in _of(changes, "alias"):
        if row.compound in rows:
            rows[row.compound]["aliases"] = _joined(rows[row.compound]["aliases"], [row.name])
    gone = changes[changes["kind"].isin(GONE)]
    for kind, code, heirs in zip(gone["kind"], gone["compound"], gone["others"], strict=True):
        _hand_over(rows, code, heirs, whole=kind == "merge")
    return pd.DataFrame(list(rows.values()), columns=compounds.columns).reset_index(drop=True)


def _hand_over(rows: dict[str, Any], code: str, heirs: list[str], *, whole: bool) -> None:
    gone = rows.pop(code, None)
    for heir in [rows[one] for one in heirs if one in rows] if gone else []:
        heir["aliases"] = _joined(heir["aliases"], [gone["name"], *_list(gone["aliases"])], but=heir["name"])
        if whole:
            heir |= {name: _joined(heir[name], _list(gone[name])) for name in ("addresses", "areas")}
            heir["shape"] = _union(heir["shape"], gone["shape"])
            if heir["lon"] != heir["lon"] or heir["lon"] is None:
                heir |= {"lon": gone["lon"], "lat": gone["lat"]}


def _union(one: Any, other: Any) -> Any:
    shapes = [shape for shape in (one, other) if isinstance(shape, bytes)]
    if len(shapes) < 2:
        return shapes[0] if shapes else None
    return shapely.to_wkb(shapely.union_all(shapely.make_valid(shapely.from_wkb(np.array(shapes, dtype=object)))))


def _joined(have: Any, more: Iterable[str], but: str = "") -> list[str]:
    return list(dict.fromkeys(name for name in (*_list(have), *more) if name and name != but))


def _list(value: Any) -> list[str]:
    return list(value) if isinstance(value, list | tuple) else []


def _of(changes: pd.DataFrame, kind: str) -> Iterable[Any]:
    return changes[changes["kind"] == kind].itertuples()


def _end(code: str, survivor: dict[str, str]) -> str:
    while code in survivor:
        code = survivor[code]
    return code
