"""Compare: two areas, or two days, or both: figures side by side, curves on one scale, and what explains the difference."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from dash import Dash, Input, Output, State, ctx, dcc, html, no_update
from dash.development.base_component import Component
from flask import request

from dashboard import chart_compare, compare, parts
from dashboard.charts import STEP
from dashboard.desk import Desk
from dashboard.pages import Asked, Page
from dashboard.pages._frame import district_names, sheet
from dashboard.roles import AccessError
from dashboard.text import UNKNOWN, both, change, figure, is_unknown, moment, percent, pick, say
from dashboard.view import YEARS, Here
from layers._errors import ViewError
from layers._times import SHANGHAI, parse_time
from layers._view import View

CASES = ("confirmed", "clinical")
PLANS = {
    "lockdown": both("compare.plans_lockdown"),
    "beds": both("compare.plans_beds"),
    "supplies": both("compare.plans_supplies"),
}
FIELDS = ("area", "as_of", "known_at")


def layout(asked: Asked) -> Component:
    """The choice of both sides above, figures and curves, and the plans, which follow when they are worked out."""
    w = asked.say
    try:
        a, b = sides(asked)
    except (ViewError, AccessError) as error:
        return sheet(
            asked,
            [
                choice(asked, *fielded(asked)),
                parts.panel(w("compare.cannot_compared"), parts.empty(error.said(asked.lang))),
            ],
        )
    found = figures(asked, a, b)
    body = [
        choice(asked, a, b),
        html.Div(
            [
                parts.panel(w("compare.cases"), table(asked, found), note=w("compare.difference_b")),
                parts.panel(w("compare.new_cases_day"), curves(asked, a, b), note=w("compare.both_on_one")),
            ],
            className="compare-pair",
        ),
        html.Div(waiting(asked), id="compare-plans", className="compare-plans"),
    ]
    return sheet(asked, [html.Div(body, className="compare")])


def sides(asked: Asked) -> tuple[View, View]:
    """Return both views; what B does not state is as in A. Raises ViewError or AccessError for a side that cannot be shown."""
    a, given = asked.here.view, asked.here.options or {}
    area = "" if given.get("b_area") == "city" else given.get("b_area", a.area)
    times = {name: _time(given[f"b_{name}"]) for name in FIELDS[1:] if given.get(f"b_{name}")}
    if "as_of" in times:  # of what came later nothing was known, unless somebody says so
        times.setdefault("known_at", a.known_at)
    b = replace(a, **times).narrowed(area)
    return a, asked.desk.gate.allowed(asked.desk.store, asked.who, b)


def _time(text: str) -> Any:
    found = parse_time(text.replace(" ", "+"))
    if not YEARS[0] <= found.year < YEARS[1]:
        raise ViewError(*both("view.year", name="b", value=repr(text), first=YEARS[0], last=YEARS[1])[::-1])
    return found


# ---- the choice


def fielded(asked: Asked) -> tuple[View, View]:
    """Return what the fields of both sides show: where B cannot be shown, A twice."""
    try:
        return sides(asked)
    except (ViewError, AccessError):
        return asked.here.view, asked.here.view


def stated(view: View) -> dict[str, Any]:
    """Return field -> value, as a side states its view."""
    return {"area": view.district or "city", **{name: _local(getattr(view, name)) for name in FIELDS[1:]}}


def choice(asked: Asked, a: View, b: View) -> Component:
    """Return the fields of both sides, side by side, and the link to share."""
    w = asked.say
    back = html.Button(w("compare.swap_b"), id="compare-swap", className="button", n_clicks=0)
    share = html.Button(w("compare.copy_link"), className="button", **{"data-copy": "here"})
    hint = html.P([w("compare.b_same_choose"), *_earlier(asked, a)], className="compare-hint", role="status")
    return html.Div(
        [
            _side(asked, "a", a),
            _side(asked, "b", b),
            html.Div([back, share], className="compare-tools"),
            hint if a == b else None,
        ],
        className="compare-choice panel",
    )


def _earlier(asked: Asked, a: View) -> list[Component]:
    """The days that people ask for most, as links: B one day and one week before A."""
    found = []
    for days, key in ((1, "compare.day_before"), (7, "compare.week_before")):
        options = {**(asked.here.options or {}), "b_as_of": _local(a.as_of - timedelta(days=days))}
        found.append(dcc.Link(asked.say(key), href=asked.here.path + replace(asked.here, options=options).search))
    return found


def _side(asked: Asked, name: str, view: View) -> Component:
    w, names = asked.say, district_names(asked)
    options = [
        {"value": code, "label": title}
        for code, title in names.items()
        if asked.who and (asked.who.sees_all or asked.who.area.startswith(code))
    ]
    if asked.who is not None and asked.who.sees_all:
        options.insert(0, {"value": "city", "label": w("compare.whole_city")})
    values = stated(view)
    area = dcc.Dropdown(
        options,
        values["area"],
        id=f"compare-{name}-area",
        clearable=False,
        searchable=True,
        className="compare-area",
    )
    clocks = [
        html.Label(
            [
                html.Span(say(f"clock.{clock}", asked.lang)),
                dcc.Input(
                    id=f"compare-{name}-{clock.replace('_', '-')}",
                    type="datetime-local",
                    value=values[clock],
                    debounce=True,
                ),
            ]
        )  # type: ignore[arg-type]
        for clock in FIELDS[1:]
    ]
    return html.Fieldset([html.Legend(name.upper()), area, *clocks], className=f"compare-side side-{name}")


def _local(at: Any) -> str:
    return f"{at.astimezone(SHANGHAI):%Y-%m-%dT%H:%M}"


# ---- figures


def figures(asked: Asked, a: View, b: View) -> list[compare.Line]:
    """Return the counts of persons of both sides, and the rate of each area; nothing where neither side has heard of a case."""
    counts = [asked.desk.counts(asked.who, view).to_dict() for view in (a, b)]
    found = compare.lines(compare.COUNTS, *counts)
    if not found:
        return []
    people = [
        asked.desk.frames(asked.who, view, ["compounds"])["compounds"]["population"].sum(min_count=1) for view in (a, b)
    ]
    return [found[0], compare.rate(found[0], *(float(n) for n in people)), *found[1:]]


def table(asked: Asked, rows: list[compare.Line]) -> Component:
    """Return figures side by side, each with its unit, the difference and what share of A that is; says so where there are none."""
    w = asked.say
    if not rows:
        return parts.empty(w("compare.not_known_either"))
    head = [w("compare.figure"), "A", "B", w("compare.difference"), "%"]
    body = [html.Tr([_title(asked, row), *_cells(asked, row)]) for row in rows]
    return html.Table(
        [html.Thead(html.Tr([html.Th(one) for one in head])), html.Tbody(body)], className="plain-table compared"
    )


def _title(asked: Asked, row: compare.Line) -> Component:
    unit = html.Small(pick(compare.UNITS[row.unit], asked.lang), className="unit")
    return html.Th([pick((row.zh, row.en), asked.lang), " ", unit])


def _cells(asked: Asked, row: compare.Line) -> list[Component]:
    digits = 1 if row.unit == compare.SHARE else 0
    tone = (
        "unknown"
        if is_unknown(row.difference)
        else "none"
        if not row.difference
        else "up"
        if row.difference > 0
        else "down"
    )
    ratio = UNKNOWN if is_unknown(row.ratio) else ("+" if row.ratio > 0 else "") + percent(row.ratio)
    return [
        html.Td(figure(row.a, digits)),
        html.Td(figure(row.b, digits)),
        html.Td(change(row.difference, digits), className=f"difference {tone}"),
        html.Td(ratio, className="ratio"),
    ]


def curves(asked: Asked, a: View, b: View) -> Component:
    """Return the curve of each side, one above the other on one scale."""
    daily = [asked.desk.daily(asked.who, view) for view in (a, b)]
    found, top = compare.curves(*daily, CASES)
    ends = [compare.until(one, view.as_of) for one, view in zip(found, (a, b), strict=True)]
    titles = [f"{side} · {named(asked, view)}" for side, view in (("A", a), ("B", b))]
    if not top:
        return parts.empty(asked.say("compare.neither_side_has"))
    return parts.graph(chart_compare.small_multiples(ends, titles, top, asked.lang, asked.scale), name="compare-curves")


def named(asked: Asked, view: View) -> str:
    """Return what a side is, in words: its area and its clocks."""
    area = district_names(asked).get(view.district, view.code) if view.area else asked.say("compare.in_whole_city")
    return f"{area} · {moment(view.as_of, asked.lang)}"


# ---- plans: they take seconds for a day that nobody looked at, so they follow the page


def waiting(asked: Asked) -> list[Component]:
    """Return what stands in the place of the plans until they are there."""
    told = asked.say("compare.working_out_lockdown")
    return [html.Div(className="ghost"), html.P(told, className="compare-waits", role="status")]


def plans(asked: Asked) -> list[Component]:
    """Return why the sides differ, and the summaries of their plans."""
    a, b = sides(asked)
    made = {kind: [asked.desk.plan(asked.who, kind, view) for view in (a, b)] for kind in PLANS}
    panels = []
    for kind, words in PLANS.items():
        rows = compare.lines(compare.PLANNED[kind], *(plan.summary for plan in made[kind]))
        link = dcc.Link(asked.say("compare.open_page"), href=f"/{kind}" + asked.here.elsewhere.search)
        panels.append(parts.panel(pick(words, asked.lang), table(asked, rows), tools=link))
    silent = {side: compare.silences([pair[at] for pair in made.values()]) for at, side in enumerate("AB")}
    return [reasons(asked, a, b, silent), *panels]


def reasons(asked: Asked, a: View, b: View, silent: dict[str, Any]) -> Component:
    """Return the panel of what explains the difference, or says that nothing known does."""
    ever, later = next(iter(figures(asked, a, b)), None), None
    if ever is not None and a.area == b.area and not is_unknown(ever.difference):
        later = float(asked.desk.counts(asked.who, replace(b, as_of=a.as_of))["ever_counted"])
    step = (f"{STEP[0]:%Y-%m-%d}", f"{STEP[1]:%Y-%m-%d}")
    told = compare.explained(a, b, ever, later, step, silent)
    title = asked.say("compare.what_explains_difference")
    if a == b or not told:
        why = asked.say("compare.sides_alike" if a == b else "compare.no_change_definition")
        return parts.panel(title, html.P(why, className="compare-why"), name="compare-reasons")
    return parts.panel(
        title, html.Ul([html.Li(words.said(asked.lang)) for words in told], className="caveats"), name="compare-reasons"
    )


# ---- callbacks


def chosen(here: Here, a: dict[str, Any], b: dict[str, Any]) -> str:
    """Return the query string of two sides as the fields state them; what B has in common with A is left out."""
    view, fixed, options = here.view, set(here.fixed), dict(here.options or {})
    area = "" if a["area"] == "city" else a["area"]
    if area != view.district:
        view, fixed = view.narrowed(area), fixed | {"area"} if area else fixed - {"area"}
    for name in FIELDS[1:]:
        if a[name] and a[name] != _local(getattr(view, name)):
            view, fixed = replace(view, **{name: _time(a[name])}), fixed | {name}
    for name in FIELDS:
        mine = a[name] or (_local(getattr(view, name)) if name != "area" else "city")
        options.pop(f"b_{name}", None)
        if b[name] and b[name] != mine:
            options[f"b_{name}"] = b[name]
    return replace(here, view=view, fixed=frozenset(fixed), options=options, pick=None).search


def _as_touched(here: Here, a: dict[str, Any], b: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what the fields state without the moments that nobody set: shown since before the last news, they would fix the past.

    Where A is moved away from a moment that both shared, B stays at it.
    """
    touched = {name.rsplit(".", 1)[0] for name in ctx.triggered_prop_ids}
    moments = {name: f"compare-{{}}-{name.replace('_', '-')}" for name in FIELDS[1:]}
    mine = {name for name, id in moments.items() if id.format("a") in touched}
    kept_a = mine | set(here.fixed)
    kept_b = mine | {
        name for name, id in moments.items() if id.format("b") in touched or f"b_{name}" in (here.options or {})
    }
    bare = lambda given, kept: {name: value if name == "area" or name in kept else "" for name, value in given.items()}  # noqa: E731
    return bare(a, kept_a), bare(b, kept_b)


def connect(app: Dash, desk: Desk) -> None:
    """Let the fields change the address, and the plans follow the page."""
    ids = [f"compare-{side}-{name.replace('_', '-')}" for side in "ab" for name in FIELDS]

    @app.callback(
        Output("url", "search", allow_duplicate=True),
        *(Input(id, "value") for id in ids),
        Input("compare-swap", "n_clicks"),
        State("url", "pathname"),
        State("url", "search"),
        prevent_initial_call=True,
    )
    def moved(*values: Any) -> Any:
        *fields, swap, path, search = values
        if not ctx.triggered:
            return no_update
        asked = Asked.at(desk, desk.gate.who(request), path, search)
        a, b = (dict(zip(FIELDS, fields[at : at + 3], strict=True)) for at in (0, 3))
        if ctx.triggered_id == "compare-swap":
            if not swap:
                return no_update
            a, b = b, a
        else:
            a, b = _as_touched(asked.here, a, b)
        new, made = (chosen(asked.here, *both_sides) for both_sides in ((a, b), map(stated, fielded(asked))))
        return no_update if new == made else new  # a page that was made just now moves nothing

    @app.callback(
        Output("compare-plans", "children"),
        Input("compare-plans", "id"),
        State("url", "pathname"),
        State("url", "search"),
    )
    def worked_out(_id: Any, path: str, search: str) -> Any:
        asked = Asked.at(desk, desk.gate.who(request), path, search)
        try:
            return plans(asked)
        except (ViewError, AccessError):
            return []  # the page says already what cannot be shown


PAGE = Page("/compare", order=17, title=both("page.compare"), layout=layout, connect=connect, group="epidemic")
