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
from dashboard.text import UNKNOWN, age, counted, figure, moment, percent, say
from layers._times import SHANGHAI
from layers._view import View
from layers.intake import candidates, gazetteer_changes, review
from layers.intake.pace import pace

LISTED = 12  # decisions in the list at the left
SKIPPED = 200  # that a browser remembers
KINDS = {"case": ("病例", "case"), "contact": ("密接", "contact"), "fever": ("发热", "fever")}


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
        why = parts.empty(asked.words("由市、区两级核定", "the city and the districts decide"))
        return [parts.panel(asked.words("待人工核定的匹配", "Matches that wait for a person"), why)]
    queue = queue_of(asked, state)
    history = asked.desk.gate.read(asked.desk.store, asked.who, review.history, asked.here.view)
    return [
        figures(asked, queue, history),
        html.Div(said, className="said", id="quality-said", role="status"),
        parts.panel(
            asked.words("待人工核定的匹配", "Matches that wait for a person"),
            desk(asked, queue, history),
            note=asked.words("按裁定后可能改变的事项排序", "in the order of what the answer could change"),
            tools=keys_told(asked),
            name="review",
        ),
        parts.panel(
            asked.words("核定记录", "What was decided"), _decided.told(asked, history, state or {}), name="history"
        ),
    ]


# ---- figures


def figures(asked: Asked, queue: Queue, history: pd.DataFrame) -> Component:
    """Return the throughput: waiting, oldest, decided today and in the last hour, seconds a decision."""
    w, now = (
        asked.words,
        datetime.now(UTC).astimezone(SHANGHAI),
    )  # the journal keeps the time of the wall, in a drill too
    found = pace(history, now)
    oldest = None if queue.rows.empty else queue.rows["since"].min()
    by = (
        "、".join(f"{who} {n}" for who, n in found.by[:3])
        if asked.lang == "zh"
        else ", ".join(f"{who} {n}" for who, n in found.by[:3])
    )
    tiles = [
        parts.tile(
            w("待核定", "Waiting"),
            figure(len(queue.rows)),
            w("人", "persons"),
            w(f"{figure(len(queue.order))} 次核定可解决", f"{counted(len(queue.order), 'decision')} to settle them"),
            tone="amber" if len(queue.rows) else "",
        ),
        parts.tile(
            w("等待最久", "Oldest waiting"),
            UNKNOWN if oldest is None else age(oldest, asked.desk.now(asked.here), asked.lang),
            change=w("自", "since ") + moment(oldest, asked.lang) if oldest is not None else "",
        ),
        parts.tile(
            w("今日核定", "Decided today"),
            figure(found.today),
            w("次", "decisions" if found.today != 1 else "decision"),
            w(f"涉及 {figure(found.persons_today)} 人", counted(found.persons_today, "person")),
            tone="teal",
        ),
        parts.tile(
            w("近一小时", "Last hour"),
            figure(found.last_hour),
            w("次", "decisions" if found.last_hour != 1 else "decision"),
            by,
            tone="teal",
        ),
        parts.tile(
            w("每次用时", "A decision takes"),
            UNKNOWN if found.median_s is None else figure(found.median_s),
            w("秒", "s"),
            w("中位数，不计间歇", "median, breaks left out"),
        ),
    ]
    return html.Div(tiles, className="tiles paces")


def keys_told(asked: Asked) -> Component:
    """Return what the keys do."""
    keys = (
        ("1–5", "选定", "pick"),
        ("0", "都不是", "none"),
        ("S", "跳过", "skip"),
        ("A", "同址", "alike"),
        ("L", "别名", "learn"),
        ("U", "撤销", "undo"),
    )
    return html.Div([html.Span([html.Kbd(key), asked.words(zh, en)]) for key, zh, en in keys], className="keys")


# ---- the queue


def desk(asked: Asked, queue: Queue, history: pd.DataFrame) -> Component:
    """Return the list, the match in hand with its candidates, and the map of them."""
    if queue.at is None:
        nothing = parts.empty(asked.words("没有待核定的匹配", "nothing is waiting"))
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
        more += asked.words(f"；已跳过 {put_off} 项", f"; {put_off} put off")
    return html.Div([html.Ol(rows), html.P(more, className="more")], className="review-list")


def _entry(asked: Asked, row: dict[str, Any], address: pd.DataFrame, names: dict[str, str], queue: Queue) -> Component:
    assert queue.at is not None
    text, district = address.loc[row["key"]]
    why = row["why"][0].said(asked.lang) if row["why"] else ""
    here = row["group"] == queue.at["group"]
    twins = html.Span(f"×{row['persons']}", className="twins") if row["persons"] > 1 else None
    body = [
        html.Span(text or asked.words("（无地址）", "(no address)"), className="entry-address"),
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
    w, at = asked.words, queue.at
    reason = person["reason_zh"] if asked.lang == "zh" else person["reason_en"]
    district = names.get(person["district"], person["district"] or w("区不明", "district unknown"))
    kind = w(*KINDS.get(person["kind"], ("", "")))
    since = w("等待自", "waiting since") + " " + moment(person["since"], asked.lang)
    head = [
        html.H3(person["address"] or w("（无地址）", "(no address)")),
        html.P(f"{kind} {person['subject']} · {district} · {since}", className="panel-note"),
    ]
    why = html.Ul([html.Li(words.said(asked.lang)) for words in at["why"]], className="review-why")
    raw = html.P([html.B(w("未能自动认定：", "Not told by itself: ")), reason], className="reason-raw")
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
    far = (
        asked.words("点在其中", "point inside")
        if metres == 0
        else f"{figure(metres)} m"
        if metres == metres
        else UNKNOWN
    )
    where = f"{names.get(row['district'], row['district'] or UNKNOWN)} · {row['code']}"
    body = [
        html.Kbd(str(number)),
        html.Span([html.B(row["name"]), html.Small(where)], className="candidate-name"),
        html.Span(row[asked.lang], className="candidate-why"),
        html.Span(far, className="candidate-far", title=asked.words("病例坐标至小区", "from the person's point")),
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
    w, n = asked.words, queue.at["persons"]
    alike = w(
        f"同址 {n} 人一并核定（楼栋、房号以外相同）",
        f"decide for all {n} persons with this address (building and room apart)",
    )
    address = queue.person["address"] or ""
    offered = gazetteer_changes.offer(asked.desk.store, address, found["code"].tolist())
    name = next(iter(offered.values()), "")
    learn = w(
        f"将“{name}”记为所选小区的别名，以后自动匹配",
        f"learn {name} as an alias of the one picked; it matches from then on",
    )
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
    w, key = asked.words, queue.at["key"]
    none = html.Button(
        [html.Kbd("0"), w("都不是", "None of these")], className="button", **_button("review", key, "", "0")
    )
    skip = html.Button(
        [html.Kbd("S"), w("跳过", "Skip")],
        id={"type": "review-skip", "index": _ascii(key)},
        className="button",
        n_clicks=0,
        **{"data-key": "s"},
    )
    return html.Div([none, skip, _decided.undo_button(asked, history)], className="review-actions")


# ---- the map of the match in hand


def map_of(asked: Asked, person: dict[str, Any], found: pd.DataFrame, stand: View) -> list[Component]:
    """Return the candidates drawn among their neighbours, with the person's point where there is one."""
    w = asked.words
    has_point = person["lon"] is not None and np.isfinite(float(person["lon"]))
    point = (float(person["lon"]), float(person["lat"])) if has_point else None
    shapes = [shape for shape in found["geometry"] if shape is not None]
    if not shapes and point is None:
        return [parts.empty(w("候选小区没有边界或坐标", "the candidates have neither outline nor point"))]
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
        alt=w("候选小区的位置", "where the candidates lie"),
    )
    key = [
        html.Span([html.I(className="mark place"), w("候选小区，编号同左", "candidates, numbered as beside")]),
        html.Span([html.I(className="mark point"), w("给出的坐标", "the given point")])
        if point
        else html.Span(w("没有坐标，只凭地址", "no point was given, only the address")),
    ]
    return [picture, html.Div(key, className="minimap-key")]
