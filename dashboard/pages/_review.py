"""The review desk: what waits in order, one match with its candidates on a small map, and how fast it goes."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import numpy as np
import pandas as pd
import shapely
from dash import dcc, html
from dash.development.base_component import Component

from dashboard import minimap, parts
from dashboard.access import REVIEWERS
from dashboard.pages import Asked, _decided
from dashboard.pages._frame import district_names
from dashboard.text import UNKNOWN, both, figure, listed, moment, percent, say, span
from layers._times import SHANGHAI
from layers._view import View
from layers.intake import candidates, gazetteer_changes, review
from layers.intake.pace import pace

LISTED = 12  # decisions in the list at the left
SKIPPED = 200  # that a browser remembers
KINDS = {
    "case": both("review.kinds_case"),
    "contact": both("review.kinds_contact"),
    "fever": both("review.kinds_fever"),
}


@dataclass(frozen=True)
class Queue:
    """What a reviewer looks at: all rows that wait, the order of decisions, the one in hand, and what was put off."""

    rows: pd.DataFrame
    order: pd.DataFrame
    at: pd.Series | None
    skipped: tuple[str, ...]

    @property
    def person(self) -> dict[str, Any]:
        """The row of the person in hand."""
        assert self.at is not None
        return dict(self.rows[self.rows["key"] == self.at["key"]].iloc[0])


def queue_of(asked: Asked, state: Mapping[str, Any] | None = None) -> Queue:
    """Return the queue as a browser stands in it; `state` has `at` and `skipped`, keys of persons."""
    rows, order = asked.desk.waiting(asked.who, asked.here.view)
    state = state or {}
    put_off = tuple(state.get("skipped") or ())
    left = order[~order["key"].isin(put_off)]
    chosen = order[[state.get("at") in keys for keys in order["keys"]]] if state.get("at") else order.iloc[:0]
    if left.empty and chosen.empty:  # everything was put off: it comes again
        left, put_off = order, ()
    at = chosen.iloc[0] if len(chosen) else left.iloc[0] if len(left) else None
    return Queue(rows, order, at, put_off)


def panel(asked: Asked, state: Mapping[str, Any] | None = None, said: Any = None) -> list[Component | None]:
    """Return everything about reviewing: figures, the queue with the match in hand, and the history."""
    if asked.who is None or asked.who.role not in REVIEWERS:
        why = parts.empty(asked.say("review.city_districts_decide"))
        return [parts.panel(asked.say("review.matches_wait_for"), why)]
    queue = queue_of(asked, state)
    history = asked.desk.gate.read(asked.desk.store, asked.who, review.history, asked.here.view)
    return [
        figures(asked, queue, history),
        html.Div(said, className="said", id="quality-said", role="status"),
        parts.panel(
            asked.say("review.matches_wait_for"),
            desk(asked, queue, history),
            note=asked.say("review.in_order_what"),
            tools=keys_told(asked),
            name="review",
        ),
        parts.panel(asked.say("review.what_decided"), _decided.told(asked, history, state or {}), name="history"),
    ]


# ---- figures


def figures(asked: Asked, queue: Queue, history: pd.DataFrame) -> Component:
    """Return the throughput: waiting, oldest, decided today and in the last hour, seconds a decision."""
    w, now = (
        asked.say,
        datetime.now(UTC).astimezone(SHANGHAI),
    )  # the journal keeps the time of the wall, in a drill too
    found = pace(history, now)
    oldest = None if queue.rows.empty else queue.rows["since"].min()
    by = listed((f"{who} {n}" for who, n in found.by[:3]), asked.lang)
    tiles = [
        parts.tile(
            w("review.waiting"),
            figure(len(queue.rows)),
            w("review.persons"),
            w("review.settle_them", n=figure(len(queue.order))),
            tone="amber" if len(queue.rows) else "",
        ),
        parts.tile(
            w("review.oldest_waiting"),
            UNKNOWN if oldest is None else span(asked.desk.now(asked.here) - oldest, asked.lang),
            change=w("review.since") + moment(oldest, asked.lang) if oldest is not None else "",
        ),
        parts.tile(
            w("review.decided_today"),
            figure(found.today),
            w("review.decisions", n=found.today),
            w("review.about_persons", n=figure(found.persons_today)),
            tone="teal",
        ),
        parts.tile(
            w("review.last_hour"),
            figure(found.last_hour),
            w("review.decisions", n=found.last_hour),
            by,
            tone="teal",
        ),
        parts.tile(
            w("review.decision_takes"),
            UNKNOWN if found.median_s is None else figure(found.median_s),
            w("review.s"),
            w("review.median_breaks_left"),
        ),
    ]
    return html.Div(tiles, className="tiles paces")


def keys_told(asked: Asked) -> Component:
    """Return what the keys do."""
    keys = (
        ("1–5", *both("review.pick")),
        ("0", *both("review.none")),
        ("S", *both("review.skip")),
        ("A", *both("review.alike")),
        ("L", *both("review.learn")),
        ("U", *both("review.undo")),
    )
    return html.Div([html.Span([html.Kbd(key), asked.words(zh, en)]) for key, zh, en in keys], className="keys")


# ---- the queue


def desk(asked: Asked, queue: Queue, history: pd.DataFrame) -> Component:
    """Return the list, the match in hand with its candidates, and the map of them."""
    if queue.at is None:
        nothing = parts.empty(asked.say("review.nothing_waiting"))
        # The undo buttons of the history read the switches too, so they stand here even when there is nothing to decide.
        switches = [_switch(id, "", "", on=False, hidden=True) for id in ("review-same", "review-learn")]
        return html.Div([nothing, *switches])
    person, stand = queue.person, asked.desk.stand(asked.who, asked.here.view)
    names = district_names(replace(asked, here=asked.here.at(view=stand)))  # kept from decision to decision
    codes = [choice["compound_id"] for choice in person["alternatives"] or []]
    read = lambda query: asked.desk.gate.read(asked.desk.store, asked.who, query, asked.here.view)  # noqa: E731
    found = candidates.explained(person, read(lambda view: candidates.compounds_of(view, codes)))
    return html.Div(
        [
            listing(asked, queue, names),
            item(asked, queue, person, found, names, history),
            html.Div(map_of(asked, person, found, stand), className="minimap"),
        ],
        className="review-desk",
    )


def listing(asked: Asked, queue: Queue, names: dict[str, str]) -> Component:
    """Return the first decisions in order; each leads to its match."""
    left = queue.order[~queue.order["key"].isin(queue.skipped)]
    address = queue.rows.set_index("key")[["address", "district"]]
    rows = [_entry(asked, row, address, names, queue) for row in left.head(LISTED).to_dict("records")]
    more = say("state.sample", asked.lang, n=len(rows), total=figure(len(left)))
    put_off = len(queue.skipped)
    if put_off:
        more += asked.say("review.put_off", put_off=put_off)
    return html.Div([html.Ol(rows), html.P(more, className="more")], className="review-list")


def _entry(asked: Asked, row: dict[str, Any], address: pd.DataFrame, names: dict[str, str], queue: Queue) -> Component:
    assert queue.at is not None
    text, district = address.loc[row["key"]]
    why = row["why"][0].said(asked.lang) if row["why"] else ""
    here = row["group"] == queue.at["group"]
    twins = html.Span(f"×{row['persons']}", className="twins") if row["persons"] > 1 else None
    body = [
        html.Span(text or asked.say("review.no_address"), className="entry-address"),
        twins,
        html.Span(why or names.get(district, district or ""), className="entry-why"),
    ]
    button = html.Button(
        body,
        id={"type": "review-go", "index": _ascii(row["key"])},
        className="entry here" if here else "entry",
        n_clicks=0,
        **({"aria-current": "true"} if here else {}),
    )
    return html.Li(button)


def item(
    asked: Asked,
    queue: Queue,
    person: dict[str, Any],
    found: pd.DataFrame,
    names: dict[str, str],
    history: pd.DataFrame,
) -> Component:
    """Return the match in hand: whose it is, why it waits, its candidates as buttons, and what else may be done."""
    assert queue.at is not None
    w, at = asked.say, queue.at
    reason = person["reason_zh"] if asked.lang == "zh" else person["reason_en"]
    district = names.get(person["district"], person["district"] or w("review.district_unknown"))
    kind = asked.words(*KINDS.get(person["kind"], ("", "")))
    since = w("review.waiting_since") + " " + moment(person["since"], asked.lang)
    head = [
        html.H3(person["address"] or w("review.no_address")),
        html.P(f"{kind} {person['subject']} · {district} · {since}", className="panel-note"),
    ]
    why = html.Ul([html.Li(words.said(asked.lang)) for words in at["why"]], className="review-why")
    raw = html.P([html.B(w("review.not_told_itself")), reason], className="reason-raw")
    return html.Article(
        [
            html.Header(head),
            why,
            raw,
            html.Ol(
                [_candidate(asked, person["key"], n, row, names) for n, row in enumerate(found.to_dict("records"), 1)]
            ),
            choices(asked, queue, found),
            actions(asked, queue, history),
        ],
        id="review-item",
        className="review-item",
        tabIndex=-1,
        **{"data-item": person["key"]},
    )


def _candidate(asked: Asked, key: str, number: int, row: dict[str, Any], names: dict[str, str]) -> Component:
    metres = row["distance_m"]
    far = asked.say("review.point_inside") if metres == 0 else f"{figure(metres)} m" if metres == metres else UNKNOWN
    where = f"{names.get(row['district'], row['district'] or UNKNOWN)} · {row['code']}"
    body = [
        html.Kbd(str(number)),
        html.Span([html.B(row["name"]), html.Small(where)], className="candidate-name"),
        html.Span(row[asked.lang], className="candidate-why"),
        html.Span(far, className="candidate-far", title=asked.say("review.from_person_s")),
        html.Span(
            [percent(row["probability"]), html.I(style={"--share": f"{100 * min(row['probability'], 1):.0f}%"})],
            className="candidate-sure",
        ),
    ]
    return html.Li(html.Button(body, **_button("review", key, row["code"], str(number)), className="candidate"))


def _button(kind: str, key: str, code: str, letter: str) -> dict[str, Any]:
    return {"id": {"type": kind, "key": _ascii(key), "compound": _ascii(code)}, "n_clicks": 0, "data-key": letter}


def _ascii(text: str) -> str:
    """Return a key or code as an id may carry it: Dash writes ids in ASCII, browsers do not, and then no button is known again."""
    return quote(text, safe=":")


def choices(asked: Asked, queue: Queue, found: pd.DataFrame) -> Component:
    """Return the two switches: decide for all identical addresses, and teach the name as written."""
    assert queue.at is not None
    w, n = asked.say, queue.at["persons"]
    alike = w("review.decide_for_all", n=n)
    address = queue.person["address"] or ""
    offered = gazetteer_changes.offer(asked.desk.store, address, found["code"].tolist())
    name = next(iter(offered.values()), "")
    learn = w("review.learn_alias_one", name=name)
    return html.Div(
        [
            # A street alone names nobody's home: placing all who wrote it takes a second thought.
            _switch("review-same", "a", alike, on=n > 1 and candidates.names_a_place(address), hidden=n < 2),
            _switch("review-learn", "l", learn, value=name, on=False, hidden=not name),
        ],
        className="switches",
    )


def _switch(id: str, letter: str, label: str, *, on: bool, hidden: bool, value: str = "on") -> Component:
    box = dcc.Checklist([{"label": label, "value": value}], [value] if on else [], id=id)
    return html.Div(box, hidden=hidden, **{"data-key": letter})


def actions(asked: Asked, queue: Queue, history: pd.DataFrame) -> Component:
    """Return the buttons beside the candidates: none of them, skip, undo the last decision."""
    assert queue.at is not None
    w, key = asked.say, queue.at["key"]
    none = html.Button([html.Kbd("0"), w("review.none_these")], className="button", **_button("review", key, "", "0"))
    skip = html.Button(
        [html.Kbd("S"), w("review.skip_this")],
        id={"type": "review-skip", "index": _ascii(key)},
        className="button",
        n_clicks=0,
        **{"data-key": "s"},
    )
    return html.Div([none, skip, _decided.undo_button(asked, history)], className="review-actions")


# ---- the map of the match in hand


def map_of(asked: Asked, person: dict[str, Any], found: pd.DataFrame, stand: View) -> list[Component]:
    """Return the candidates drawn among their neighbours, with the person's point where there is one."""
    w = asked.say
    has_point = person["lon"] is not None and np.isfinite(float(person["lon"]))
    point = (float(person["lon"]), float(person["lat"])) if has_point else None
    shapes = [shape for shape in found["geometry"] if shape is not None]
    if not shapes and point is None:
        return [parts.empty(w("review.candidates_have_neither"))]
    frame = minimap.Frame([*shapes, *([shapely.Point(point)] if point else [])])
    read = asked.desk.gate.read(
        asked.desk.store, asked.who, lambda view: candidates.around(view, frame.box), asked.here.view
    )
    others = shapely.from_wkb(read.loc[~read["code"].isin(found["code"]), "shape"].to_numpy(object))
    land = asked.desk.frames(asked.who, stand, ("water", "roads", "districts"))
    picture = minimap.picture(
        frame,
        found["geometry"].tolist(),
        point=point,
        others=others,
        water=land["water"].geometry,
        roads=land["roads"].geometry,
        borders=land["districts"].geometry.boundary,
        alt=w("review.where_candidates_lie"),
    )
    key = [
        html.Span([html.I(className="mark place"), w("review.candidates_numbered_beside")]),
        html.Span([html.I(className="mark point"), w("review.given_point")])
        if point
        else html.Span(w("review.no_point_given")),
    ]
    return [picture, html.Div(key, className="minimap-key")]
