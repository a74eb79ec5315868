"""Arcs between sites: what a plan moves from where to where, as the map draws it (assets/map_arcs.js)."""

from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd

from dashboard.text import say

MOST = 40  # arcs that an eye can still follow; the table beside the map has all
LINES = 6  # of one arc's card


def arcs(
    moves: pd.DataFrame,
    sites: pd.DataFrame,
    names: Mapping[str, str],
    line: Callable[[Mapping[str, Any]], tuple[str, str]],
    amount: str = "",
    lang: str = "zh",
) -> list[dict[str, Any]]:
    """Return one arc a pair of sites, the largest first, at most `MOST`; a pair of which one end has no position is left out.

    moves   giver, taker, and what `line` reads
    sites   id, lon, lat
    line    a row -> (what, how much), for the card
    amount  column whose sum is the arc's width; "" where amounts of different goods cannot be added: then it is how many lines
    """
    place = sites.drop_duplicates("id").set_index("id")[["lon", "lat"]].astype(float)
    known = place.index[place.notna().all(axis=1)]
    rows = moves[moves["giver"].isin(known) & moves["taker"].isin(known)]
    found = [_arc(str(giver), str(taker), some, place, names, line, amount, lang) for (giver, taker), some in rows.groupby(["giver", "taker"])]  # fmt: skip
    return sorted(found, key=lambda one: -one["n"])[:MOST]


def _arc(
    giver: str,
    taker: str,
    rows: pd.DataFrame,
    place: pd.DataFrame,
    names: Mapping[str, str],
    line: Callable[[Mapping[str, Any]], tuple[str, str]],
    amount: str,
    lang: str,
) -> dict[str, Any]:
    told = [list(line(row)) for row in rows.head(LINES).to_dict("records")]
    more = len(rows) - LINES
    if more > 0:
        told.append([say("arcs.more", lang, more=more), ""])
    return {
        "from": [float(one) for one in place.loc[giver]],
        "to": [float(one) for one in place.loc[taker]],
        "n": float(rows[amount].sum()) if amount else len(rows),
        "title": f"{names.get(giver, giver)} → {names.get(taker, taker)}",
        "sub": say("arcs.proposed_move", lang),
        "rows": told,
    }
