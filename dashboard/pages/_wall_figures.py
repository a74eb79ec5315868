"""The six figures of the wall, each with its change, its curve and its age; and the moment up to which all of it is covered.

A figure knows its name (`data-figure`), so that the browser can compare what stands on the screen with `/selfcheck`, where the
same figures are counted again in the store.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

import pandas as pd
from dash import html
from dash.development.base_component import Component

from dashboard import access, parts
from dashboard.pages import Asked
from dashboard.pages._tiles import NAN, curve, heard
from dashboard.text import UNKNOWN, age, figure, moment, percent, say
from layers._catalog import all_layers
from layers.decisions import orders
from layers.store import totals
from layers.store.orders import standing

SHOWN_FEEDS = ("cases", "contacts", "beds", "supplies")  # what every turn of the wall rests on
MOVES = {"cases": "ever_counted", "clinical": "now_clinical", "suspected": "now_suspected", "contacts": "now_contact", "occupancy": "occupancy"}  # fmt: skip
PERSONS = {"cases": "cases", "clinical": "cases", "suspected": "cases", "contacts": "contacts"}  # figure -> feed
OF_TURN: Mapping[str, tuple[str, ...]] = {"staff": ("staff",)}


@dataclass(frozen=True)
class Numbers:
    """What the wall's big figures are, whichever way they were counted; NaN where it is not known."""

    cases: float
    clinical: float
    suspected: float
    contacts: float
    sealed: float
    buildings: float
    beds_open: float
    beds_used: float
    open_orders: float
    late_orders: float


def written(n: Numbers) -> dict[str, str]:
    """Return each figure as it stands on the screen, by name."""
    known = n.beds_open and n.beds_open == n.beds_open
    share = percent(n.beds_used / n.beds_open, 1) if known else UNKNOWN
    counts = ("cases", "clinical", "suspected", "contacts", "sealed", "open_orders", "late_orders")
    return {name: figure(getattr(n, name)) for name in counts} | {"occupancy": share.removesuffix("%")}


def numbers(asked: Asked) -> Numbers:
    """Return the figures as the page takes them: kept in memory under the state of the store."""
    desk, view = asked.desk, asked.here.view
    hospitals = desk.frames(asked.who, view, ["hospitals"])["hospitals"]
    return _numbers(asked, desk.counts(asked.who, view), hospitals, desk.orders(asked.who, view))


def again(asked: Asked) -> Numbers:
    """Return the figures counted anew from rows of the store; only the plan behind "to seal" is the kept one, counted through."""
    desk, view, layer = asked.desk, asked.here.view, all_layers()["hospitals"]
    read = partial(desk.gate.read, desk.store, asked.who)
    rows = read(lambda mine: totals.wide(mine, mine.level), view)
    counts = rows.drop(columns="area").sum(min_count=1).fillna(0) if len(rows) else pd.Series(dtype=float)
    hospitals = layer.summarise(read(layer.query, view, access.DISTRICT))
    return _numbers(asked, counts, hospitals, read(standing, view))


def _numbers(asked: Asked, counts: pd.Series, hospitals: pd.DataFrame, ordered: pd.DataFrame) -> Numbers:
    plan = asked.desk.plan(asked.who, "lockdown", asked.here.view)
    actions, known = [p.action for p in plan.proposals], heard(asked)
    persons = {name: counts.get(MOVES[name], 0) if feed in known else NAN for name, feed in PERSONS.items()}
    told = orders.figures(orders.timed(ordered, asked.desk.now(asked.here)))
    return Numbers(
        **persons,
        sealed=actions.count("seal") if "cases" in known else NAN,
        buildings=actions.count("seal_building") if "cases" in known else NAN,
        beds_open=hospitals["beds_open"].sum(min_count=1),
        beds_used=hospitals["beds_used"].sum(min_count=1),
        open_orders=told["open"],
        late_orders=told["late"],
    )


# ---- on the screen


def tiles(asked: Asked) -> list[Component]:
    """Return the six figures."""
    w, n = asked.say, numbers(asked)
    text, persons = written(n), say("unit.persons", asked.lang)
    cases, clinical, suspected, contact = (
        curve(asked, status, feed)
        for status, feed in zip(
            (("confirmed", "clinical"), "clinical", "suspected", "contact"), PERSONS.values(), strict=True
        )
    )
    free = w("wall_figures.free", beds_open=figure(n.beds_open - n.beds_used))
    buildings = w("wall_figures.buildings_in", buildings=figure(n.buildings))
    rows = [
        ("cases", w("wall_figures.cases_total_clinical"), persons, day_change(asked, cases), "red", "cases", cases),
        ("clinical", w("wall_figures.clinically_diagnosed_now"), persons, day_change(asked, clinical), "amber", "cases", clinical),
        ("suspected", w("wall_figures.suspected_now"), persons, day_change(asked, suspected), "amber", "cases", suspected),
        ("contacts", w("wall_figures.contacts_observed"), persons, day_change(asked, contact), "blue", "contacts", contact),
        ("sealed", w("wall_figures.compounds_seal"), say("unit.compounds", asked.lang), buildings, "red", "cases", None),
        ("occupancy", say("count.occupancy", asked.lang), "%", free, "teal", "beds", None),
    ]  # fmt: skip
    return [tile(asked, name, text[name], *rest) for name, *rest in rows]


def day_change(asked: Asked, series: Sequence[float]) -> str:
    """Return how many were new on the day of as_of, and on the day before."""
    today, before = figure(series[-1]), figure(series[-2])
    return asked.say("wall_figures.new_day_before", today=today, before=before)


def tile(
    asked: Asked, name: str, value: str, title: str, unit: str, change: str, tone: str, feed: str, series: Any
) -> Component:
    """Return one figure with its age in small letters, hatched and dimmed where its feed is late."""
    old, is_late = aged(asked, feed)
    known = value != UNKNOWN
    names = ("tile", f"tone-{tone}", "stale" if is_late else "", "" if known else "unknown")
    return html.Div(
        [
            html.Div([html.Span(title, className="tile-title"), html.Span(old, className="tile-old")], className="tile-head"),
            html.Div(
                [
                    html.Span(value, className="tile-value", **{"data-figure": name}),
                    html.Span(unit if known else "", className="tile-unit"),
                    parts.spark(series) if series is not None else None,
                ],
                className="tile-figure",
            ),
            html.Div(html.Span(change, className="tile-change"), className="tile-foot"),
        ],
        className=" ".join(filter(None, names)),
        **({"data-scrub": MOVES[name]} if name in MOVES else {}),
    )  # fmt: skip


def aged(asked: Asked, feed: str) -> tuple[str, bool]:
    """Return how old a feed is, in words, and whether that is older than it promised."""
    row = asked.desk.feeds(asked.who, asked.here).set_index("feed").loc[feed]
    last, is_late = None if pd.isna(row["last"]) else row["last"], row["state"] != "fresh"
    old = age(last, asked.desk.now(asked.here), asked.lang)
    return (asked.say("wall_figures.late", old=old) if is_late else old), bool(is_late)


def panel(
    asked: Asked,
    title: str,
    children: Any,
    feeds: Sequence[str],
    *,
    note: str = "",
    grow: bool = False,
    name: str = "",
) -> Component:
    """Return a panel that carries the age of the feeds it rests on; late ones hatch and dim what it shows."""
    found = [aged(asked, feed) for feed in feeds]
    late = [old for old, is_late in found if is_late]
    told = " · ".join(filter(None, [note, *(late[:1] or [found[0][0]] if found else [])]))
    return parts.panel(title, children, note=told, grow=grow, name=f"{name} stale" if late else name)


def honest(asked: Asked, turn: str) -> datetime | None:
    """Return the moment up to which everything shown is covered: the oldest last delivery; None where a feed never came."""
    rows = asked.desk.feeds(asked.who, asked.here).set_index("feed")
    lasts = rows.loc[[*SHOWN_FEEDS, *OF_TURN.get(turn, ())], "last"]
    return None if lasts.isna().any() else lasts.min()


def honest_text(asked: Asked, turn: str) -> str:
    """Return that moment in words."""
    found = honest(asked, turn)
    return moment(found, asked.lang) if found is not None else UNKNOWN
