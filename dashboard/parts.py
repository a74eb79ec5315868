"""The pieces every page is built from: tiles, badges, reason lists, panels, legends, lists and charts; tables are in `table_parts`.

All words arrive already in the language of the page (`text.say`); all figures arrive written (`text.figure`), so that
unknown is "–" and never 0. Whatever a person typed stays text: nothing here makes HTML out of a string.
"""

from base64 import b64encode
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd
from dash import dcc, html
from dash.development.base_component import Component

from dashboard.glossary import termed
from dashboard.holding import holding
from dashboard.text import UNKNOWN, figure, pick, say
from layers._palette import Mark, on_light

Children = Component | str | Sequence[Any]

# ---- figures


HELD: Any = {"persistence": True, "persistence_type": "memory"}  # news make a page anew; what was chosen or typed stays


def tile(
    title: str,
    value: str,
    unit: str = "",
    change: str = "",
    age: str = "",
    *,
    stale: bool = False,
    series: Sequence[float] | None = None,
    tone: str = "",
    source: str = "",
    lang: str = "zh",
) -> html.Div:
    """Return one big figure.

    change  the line under it; a line break in it stays one
    tone    "" calm, or red | amber | teal | blue | violet: colours the edge and the small curve, never the figure itself
    stale   older than its feed promised: hatched and dimmed, and the words of `age` are shown instead of hidden
    source  shown with the age when the pointer rests on it
    """
    note = " · ".join(part for part in (f"{say('source', lang)}: {source}" if source else "", age) if part)
    known = value != UNKNOWN
    return html.Div(
        [
            html.Div(
                [html.Span(termed(title), className="tile-title"), _late(age, lang) if stale else None],
                className="tile-head",
            ),
            html.Div(
                [html.Span(value, className="tile-value"), html.Span(unit if known else "", className="tile-unit")],
                className="tile-figure",
            ),
            html.Div(
                [html.Span(change, className="tile-change"), spark(series) if series is not None else None],
                className="tile-foot",
            ),
        ],
        className=_names("tile", tone and f"tone-{tone}", stale and "stale", not known and "unknown"),
        title=note or None,
    )


def _late(age: str, lang: str) -> html.Span:
    return html.Span(age or say("state.stale", lang), className="tile-age")


def _names(*parts: Any) -> str:
    return " ".join(part for part in parts if part)


def spark(values: Sequence[float]) -> html.Span:
    """Return a small curve; unknown values leave a gap, fewer than two values an empty one.

    The curve is a mask, so that it takes the colour of its tile in either theme (assets/tiles.css).
    """
    numbers = np.asarray(values, dtype=float)
    known = numbers[np.isfinite(numbers)]
    low, high = (known.min(), known.max()) if len(known) else (0.0, 1.0)
    x = np.linspace(2, 118, max(len(numbers), 2))
    y = 27 - 24 * (numbers - low) / ((high - low) or 1)
    strokes, pen = [], "M"
    for one_x, one_y in zip(x, y, strict=False):
        if np.isfinite(one_y):
            strokes.append(f"{pen}{one_x:.1f} {one_y:.1f}")
        pen = "L" if np.isfinite(one_y) else "M"
    line = f'<path d="{"".join(strokes)}" fill="none" stroke="#000" stroke-width="2" stroke-linejoin="round" stroke-linecap="round"/>'
    picture = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 120 30" preserveAspectRatio="none">{line}</svg>'
    curve = f"url(data:image/svg+xml;base64,{b64encode(picture.encode()).decode()})"
    return html.Span(className="spark", style={"--curve": curve}, **{"aria-hidden": "true"})


def badge(text: str, tone: str = "", symbol: str = "") -> html.Span:
    """Return a short label; the symbol says the same without colour."""
    mark = html.Span(symbol, className="badge-symbol", **{"aria-hidden": "true"}) if symbol else None
    return html.Span([mark, text], className=_names("badge", tone and f"tone-{tone}"))


def mark_badge(mark: Mark, lang: str) -> html.Span:
    """Return the badge of a category of `layers._palette` (an action, a status, a risk level)."""
    symbol = html.Span(mark.symbol, className="badge-symbol", **{"aria-hidden": "true"})
    return html.Span([symbol, pick((mark.zh, mark.en), lang)], className="badge marked", style=both(mark.colour))


def both(colour: Sequence[int]) -> dict[str, str]:
    """Return a colour of the map as the style of what stands for it: `--colour` on a dark ground, `--light` on a light one."""
    return {"--colour": css_colour(colour), "--light": css_colour(on_light(colour))}


def css_colour(colour: Sequence[int]) -> str:
    """Return rgba(...) for a style sheet; three numbers are opaque."""
    red, green, blue, alpha = (*colour, 255)[:4]
    return f"rgba({red},{green},{blue},{round(alpha / 255, 3)})"


def drill_mark(lang: str) -> html.Span:
    """Return the sign that all data are invented; pages of a drill store show it in the header, prints on every sheet."""
    return html.Span(say("drill", lang), className="drill-mark", title=say("drill.ribbon", lang))


def empty(text: str, more: Children = "") -> html.Div:
    """Return a designed nothing: what is missing, in words; `more` says which feed would tell, and what to do."""
    mark = html.Span(UNKNOWN, className="empty-mark", **{"aria-hidden": "true"})
    return html.Div([mark, html.P(text), html.P(more, className="empty-more") if more else None], className="empty")


def is_stale(updated: datetime | None, promise: Any, now: datetime) -> bool:
    """Say whether a figure is older than its feed promised; one that never came is stale."""
    return updated is None or updated is pd.NaT or now - updated > promise


# ---- panels and lists


def first_of(n: int, total: int, lang: str) -> str:
    """Return how many of how many lines a list shows, as the note of its panel; "" for none."""
    if n < total:
        return say("state.first", lang, n=figure(n), total=figure(total))
    return say("state.all", lang, total=figure(total)) if total else ""


def panel(
    title: str,
    children: Children,
    *,
    note: Children = "",
    tools: Children = "",
    grow: bool = False,
    id: str | None = None,
    name: str = "",
) -> html.Section:
    """Return a titled box; `grow` takes the free height of its column, `note` is small print beside the title."""
    head = html.Header(
        [html.H2(termed(title)), html.Span(note, className="panel-note"), html.Div(tools, className="panel-tools")],
        className="panel-head",
    )
    more = {"id": id} if id else {}
    body = html.Div(children, className=_names("panel-body", holding(children, *OF_BODY, deep=False)))
    return html.Section(
        [head, body], className=_names("panel", grow and "grow", name, holding(children, *OF_PANEL)), **more
    )


CHARTS = ("beds", "cover", "needs", "skills", "staff")  # whose panel is as high as they need
OF_BODY = ("graph-box", "grid", "plain-table", "reasons-box")
OF_PANEL = ("graph-box", "plain-table", "data-scrub", *CHARTS)


SHORT = 6  # characters of a figure that stands beside the badge; a longer one stands under it


def reason_list(rows: Sequence[Mapping[str, Any]], lang: str, *, kind: str = "", limit: int | None = None) -> Component:
    """Return proposals in order, each with its reasons.

    rows    id, name, where, mark (an `ACTION` mark), figure (written), reasons (sentences), rule; `tool` stands beside the row
    kind    each row becomes a button with the id {"type": kind, "index": id}; empty: plain rows, as on the wall
    limit   rows shown; the rest is counted in words
    """
    if not rows:
        return empty(say("state.empty", lang))
    shown = list(rows)[:limit]
    items = [_item(number, row, lang, kind) for number, row in enumerate(shown, start=1)]
    left = (
        html.P(say("state.sample", lang, n=len(shown), total=len(rows)), className="more")
        if len(shown) < len(rows)
        else None
    )
    return html.Div([html.Ol(items, className="reasons"), left], className="reasons-box")


def _item(number: int, row: Mapping[str, Any], lang: str, kind: str) -> html.Li:
    tool = row.get("tool")
    return html.Li(
        [_reason(number, row, lang, kind), tool],
        className=holding(tool, "order-open", "order-sign", deep=False) or None,
    )


def _reason(number: int, row: Mapping[str, Any], lang: str, kind: str) -> Component:
    figure = row.get("figure", "")
    length = "short" if len(figure) <= SHORT else "long"
    parts = [
        html.Span(str(number), className="reason-number"),
        html.Div(
            [
                html.Div(
                    [html.B(row["name"]), html.Span(row.get("where", ""), className="reason-where")],
                    className="reason-name",
                ),
                html.Div((say("manner.sentences", lang)).join(row["reasons"]), className="reason-why"),
            ],
            className="reason-text",
        ),
        html.Div(
            [
                mark_badge(row["mark"], lang) if row.get("mark") else None,
                html.Span(figure, className=f"reason-figure {length}"),
            ],
            className=f"reason-end has-{length}",
        ),
    ]
    rule = f"{say('rule', lang)}: {row['rule']}" if row.get("rule") else None
    if kind:
        return html.Button(
            parts, id={"type": kind, "index": row["id"]}, className=f"reason has-{length}", title=rule, n_clicks=0
        )
    return html.Div(parts, className=f"reason has-{length}", title=rule)


def legend(rows: Sequence[Mapping[str, Any]], lang: str) -> html.Div:
    """Return the legend of `map.legend_rows`; each title is a switch that shows and hides its layer in the browser."""
    groups = [html.Div(_legend_group(group), className="legend-group") for group in rows]
    return html.Div(groups, className="legend", role="group", **{"aria-label": say("legend", lang)})


def _legend_group(group: Mapping[str, Any]) -> list[Component]:
    rows, steps = group["rows"], group.get("ramp", 0)
    alone = len(rows) == 1 and rows[0]["text"].lower() == group["title"].lower().rstrip(
        "s"
    )  # the title says it already
    keys = [
        html.Button(
            [
                html.I(
                    className=f"key {row['shape']}",
                    style={"--colour": row["colour"], "--light": row.get("light", row["colour"])},
                ),
                "" if alone else html.Span(row["text"]),
                html.Span(className="legend-count", **{"data-count": f"{group['layer']}:{number}"}),
            ],
            className=_names("legend-row", row["shape"] in ("circle", "column") and f"has-{row['shape']}"),
            **{"data-class": f"{group['layer']}:{number}", "aria-pressed": "false"},
        )
        for number, row in enumerate(rows)
    ]
    title = html.Button(
        group["title"], className="legend-title", **{"data-layer": group["layer"], "aria-pressed": "true"}
    )
    about = html.Span(group["about"], className="legend-about") if group.get("about") else None
    ramp = html.Span(keys[:steps], className=_names("legend-ramp", holding(keys[:steps], "circle"))) if steps else None
    inside = [ramp, *keys[steps:]]
    return [
        html.Span([title, about], className="legend-head"),
        html.Span(inside, className=_names("legend-keys", holding(inside, "legend-ramp", "circle"))),
    ]


def facts(pairs: Sequence[tuple[str, Children]]) -> html.Dl:
    """Return label and value pairs: the head of a compound's panel."""
    parts = [part for label, value in pairs for part in (html.Dt(label), html.Dd(value))]
    return html.Dl(parts, className=_names("facts", holding(parts, "badge")))


def ages(rows: Sequence[Mapping[str, Any]], lang: str) -> Component:
    """Return the health of the feeds: title, age (written), stale; late ones are named, fresh ones counted and open on request."""
    late, fresh = ([row for row in rows if bool(row["stale"]) is wanted] for wanted in (True, False))
    opened = [_age_symbol(False), html.Span(say("feeds.fresh", lang, n=len(fresh)))]
    return html.Div(
        [
            _ages(late, lang) if late else None,
            html.Details([html.Summary(opened), _ages(fresh, lang)], className="ages-fresh") if fresh else None,
        ],
        className="ages-box",
    )


def _ages(rows: Sequence[Mapping[str, Any]], lang: str) -> html.Ul:
    return html.Ul(
        [
            html.Li(
                [
                    _age_symbol(row["stale"]),
                    html.Span(row["title"], className="age-title"),
                    html.Span(row["age"], className="age-text"),
                ],
                className="late" if row["stale"] else "fresh",
                title=say("state.stale" if row["stale"] else "state.fresh", lang),
            )
            for row in rows
        ],
        className="ages",
    )


def _age_symbol(stale: bool) -> html.Span:
    return html.Span("▲" if stale else "●", className="age-symbol", **{"aria-hidden": "true"})


def bars(rows: Sequence[Mapping[str, Any]]) -> html.Div:
    """Return plain bars, lightest of all charts: title, share (0..1, or None when unknown), text, colour (of the palette)."""
    return html.Div(
        [
            html.Div(
                [
                    html.Span(row["title"], className="bar-title"),
                    html.Div(
                        html.Div(className="bar-fill", style=_filled(row["share"], row["colour"])),
                        className="bar-track",
                    ),
                    html.Span(row["text"], className="bar-text"),
                ],
                className=_names("bar", row["share"] is None and "unknown"),
            )
            for row in rows
        ],
        className="bars",
    )


def _filled(share: float | None, colour: Sequence[int]) -> dict[str, str]:
    return both(colour) | {"--share": f"{min(max(share or 0, 0), 1) * 100:.1f}%"}


def graph(figure: Any, id: Any = None, *, name: str = "") -> html.Div:
    """Return a chart that fills its box."""
    more = {"id": id} if id else {}
    inner = dcc.Graph(figure=figure, config={"displayModeBar": False, "responsive": True}, className="graph", **more)
    return html.Div(inner, className=_names("graph-box", name))
