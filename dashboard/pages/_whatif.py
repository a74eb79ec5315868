"""What if: assumptions beside the facts, stated in the address, always visible while in force, saved and compared by name."""

import json
from collections.abc import Mapping
from dataclasses import replace
from hashlib import blake2b
from typing import Any

import pandas as pd
from dash import Dash, Input, Output, State, dcc, html, no_update
from dash.development.base_component import Component
from flask import request

from dashboard import parts
from dashboard.access import REVIEWERS, SHARED
from dashboard.calls import CallError
from dashboard.desk import Desk
from dashboard.pages import Asked
from dashboard.presses import press, pressed
from dashboard.roles import refusal, roles_named
from dashboard.text import both, moment
from dashboard.view import Here, assumed
from layers._errors import ViewError
from layers._view import View
from layers.decisions.whatif import PREFIX, WhatIf, plain
from layers.intake import whatifs
from layers.intake.whatifs import WhatIfError

FIELDS = ("cases", "stay", "arrivals", "refused")
WITH_BEDS = ("candidate", "fangcang", "isolation", "designated")
REACH = {"cases": (-50, 200, 10), "stay": (-5, 10, 1)}  # lowest, highest and step of the sliders
LISTED = 6  # saved sets shown
MOST_REFUSED = 12  # sites that one address can name


def panel(asked: Asked, sites: pd.DataFrame) -> Component:
    """Return the controls.

    sites  id, name: those that can be refused
    """
    what_if, w = WhatIf.of(asked.here.view), asked.say
    said = what_if.said().said(asked.lang) or w("whatif.nothing_assumed")
    values = stated(what_if)
    rows = [
        _slider(w("whatif.new_cases"), "if-cases", *REACH["cases"], values["cases"], 50),
        _slider(w("whatif.length_stay_days"), "if-stay", *REACH["stay"], values["stay"], 5),
        _arrivals(asked, values["arrivals"]),
        _refused(asked, sites, values["refused"]),
    ]
    body = [html.Div(rows, className="if-fields"), keep(asked, what_if)]
    summary = html.Summary([html.B(w("whatif.what_if")), html.Span(said, className="if-said")])
    details = html.Details([summary, html.Div(body, className="if-body")], open=what_if.assumes)
    return html.Section(details, className="panel whatif")


def assumptions(what_if: WhatIf) -> dict[str, Any]:
    """Return field -> what is assumed."""
    values = (what_if.cases_pct, what_if.stay_days, what_if.arrivals, sorted(what_if.refused))
    return dict(zip(FIELDS, values, strict=True))


def stated(what_if: WhatIf) -> dict[str, Any]:
    """Return field -> value, as the controls show what is assumed: an address may go further than a slider."""
    values = assumptions(what_if)
    return values | {name: min(max(values[name], low), high) for name, (low, high, _) in REACH.items()}


def refusable(asked: Asked) -> pd.DataFrame:
    """Return id, name of the sites of the view's district that have or could have beds."""
    view = asked.here.view.narrowed(asked.here.view.district)
    sites = asked.desk.frames(asked.who, view, ["hospitals"], asked.lang)["hospitals"]
    return sites.loc[sites["kind"].isin(WITH_BEDS), ["id", "name"]]


def _slider(label: str, id: str, low: int, high: int, step: int, value: float, mark: int) -> Component:
    marks = {at: f"{at:+d}" if at else "0" for at in range(low, high + 1, mark)}
    slider = dcc.Slider(
        low, high, step, value=value, id=id, marks=marks, updatemode="mouseup", included=False,
        tooltip={"placement": "top", "always_visible": False},
    )  # fmt: skip
    return html.Div(
        [html.Label(label, htmlFor=id), html.Div(slider, className="slider")], className="if-row has-slider"
    )


def _arrivals(asked: Asked, value: int) -> Component:
    field = dcc.Input(
        id="if-arrivals", type="number", min=0, max=50_000, step=50, value=value, debounce=True, inputMode="numeric"
    )
    label = asked.say("whatif.staff_who_arrive")
    return html.Div([html.Label(label, htmlFor="if-arrivals"), field], className="if-row")


def _refused(asked: Asked, sites: pd.DataFrame, chosen: list[str]) -> Component:
    names = dict(zip(sites["id"], sites["name"], strict=True))
    names = {code: code for code in chosen} | names  # a field drops a choice that it does not know: of another district
    options = [{"value": code, "label": name} for code, name in names.items()]
    field = dcc.Dropdown(
        options, chosen, id="if-refused", multi=True, placeholder=asked.say("whatif.none"), className="area"
    )
    label = asked.say("whatif.sites_refused")
    return html.Div([html.Label(label, htmlFor="if-refused"), field], className="if-row")


def keep(asked: Asked, what_if: WhatIf) -> Component:
    """Return the field that saves what is assumed, and the sets saved before."""
    w = asked.say
    may = asked.who is not None and asked.who.role in REVIEWERS
    name = dcc.Input(
        id="if-name",
        type="text",
        maxLength=whatifs.LONGEST,
        placeholder=w("whatif.name_scenario"),
        autoComplete="off",
        **parts.HELD,
    )
    save = html.Button(w("whatif.save"), id="if-save", className="button", n_clicks=0, disabled=not may)
    return html.Div(
        [
            html.Div([name, save], className="if-save", hidden=not (may and what_if.assumes)),
            html.Div(id="if-told", className="said", role="status"),
            html.Div(saved(asked), id="if-saved"),
        ]
    )


def saved_sets(asked: Asked) -> list[dict[str, Any]]:
    """Return the saved sets that stand, newest first: id, key, name, filters, district, by, saved_at."""
    view = asked.desk.store.view(asked.here.view.district)
    rows = asked.desk.gate.read(asked.desk.store, asked.who, whatifs.standing, view, SHARED)
    return [
        {
            "id": mark_of(row["key"]),
            "key": row["key"],
            "name": row["name"],
            "filters": {k: v for k, v in _settings(row["settings"]).items() if k.startswith(PREFIX)},
            "district": row["district"],
            "by": row["decided_by"],
            "saved_at": row["saved_at"],
        }
        for row in rows.to_dict("records")
    ]


def _settings(kept: Any) -> Mapping[str, str]:
    return json.loads(kept) if isinstance(kept, str) else kept


def mark_of(key: str) -> str:
    """Return a short ASCII name of a saved set: names are Chinese, and ids of buttons and addresses are not."""
    return blake2b(key.encode(), digest_size=5).hexdigest()


def saved(asked: Asked) -> Component | None:
    """Return the saved sets: each leads to the page under it, or lays the present plan against it."""
    rows = saved_sets(asked)[:LISTED]
    if not rows:
        return None
    return html.Ul([_saved(asked, row) for row in rows], className="if-list")


def _saved(asked: Asked, row: dict[str, Any]) -> Component:
    w, here = asked.say, asked.here
    view = replace(here.view, filters={**plain(here.view).filters, **row["filters"]})
    there = here.at(view=view, pick=None, options={k: v for k, v in (here.options or {}).items() if k != "against"})
    told = WhatIf.of(view).said().said(asked.lang)
    against = Here("/plan", here.view, here.lang, None, here.fixed, {**(here.options or {}), "against": row["id"]})
    by = f"{row['by']} · {moment(row['saved_at'], asked.lang)}"
    drop = html.Button(
        "×",
        id={"type": "if-remove", "index": row["id"]},
        className="quiet",
        n_clicks=0,
        title=w("whatif.remove"),
        **{"aria-label": w("whatif.remove_2", name=row["name"])},
    )
    return html.Li(
        [
            dcc.Link(row["name"], href=there.path + there.search, title=f"{told} · {by}"),
            dcc.Link(w("whatif.compare"), href=against.path + against.search, className="quiet"),
            drop,
        ]
    )


# ---- what the controls do


def connect(app: Dash, desk: Desk) -> None:
    """Connect the controls, once for all pages that show them."""

    @app.callback(
        Output("url", "search", allow_duplicate=True),
        Input("if-cases", "value"),
        Input("if-stay", "value"),
        Input("if-arrivals", "value"),
        Input("if-refused", "value"),
        State("url", "pathname"),
        State("url", "search"),
        prevent_initial_call=True,
    )
    def assume(cases: Any, stay: Any, arrivals: Any, refused: Any, path: str, search: str) -> Any:
        here = desk.here(desk.gate.who(request), path, search)
        given = dict(zip(FIELDS, (cases, stay, arrivals, refused), strict=True))
        made, now = stated(WhatIf.of(here.view)), assumptions(WhatIf.of(here.view))
        moved = {name: value for name, value in given.items() if value != made[name]}
        return assuming(here, now | moved) if moved else no_update

    @app.callback(
        Output("if-told", "children"),
        Output("if-saved", "children"),
        press("if"),
        State("if-name", "value"),
        State("url", "pathname"),
        State("url", "search"),
        prevent_initial_call=True,
    )
    def change(button: Any, name: str | None, path: str, search: str) -> Any:
        if not button:
            return no_update, no_update
        asked = Asked.at(desk, desk.gate.who(request), path, search)
        trigger = pressed(button)
        try:
            told = _save_as(asked, name or "") if trigger["type"] == "if-save" else _remove(asked, trigger["index"])
        except WhatIfError as error:
            told = error.said(asked.lang)
        return told, saved(asked)


def assuming(here: Here, given: Mapping[str, Any]) -> str:
    """Return the query string of a place under what the controls say; what they assume nothing of is left out."""
    refused = [str(code) for code in given.get("refused") or []]
    if len(refused) > MOST_REFUSED:
        raise ViewError(*both("whatif.too_many_refused", n=len(refused), most=MOST_REFUSED)[::-1])
    told = {
        **{f"{PREFIX}{name}": f"{given.get(name) or 0:g}" for name in ("cases", "stay")},
        f"{PREFIX}arrivals": str(int(given.get("arrivals") or 0)),
        f"{PREFIX}refused": ";".join(refused),
    }
    view = replace(here.view, filters={**plain(here.view).filters, **assumed(told)})
    return here.at(view=view).search


def _save_as(asked: Asked, name: str) -> str:
    who = asked.who
    if who is None or who.role not in REVIEWERS:
        raise refusal("may_not_save", who, roles=roles_named(REVIEWERS))
    filters = WhatIf.of(asked.here.view).filters()
    whatifs.save(asked.desk.store, name, filters, who.name, area=who.area, kind=asked.here.path)
    return asked.say("whatif.saved", name=name.strip())


def _remove(asked: Asked, mark: str) -> str:
    who = asked.who
    if who is None or who.role not in REVIEWERS:
        raise refusal("may_not_remove", who)
    found = {row["id"]: row for row in saved_sets(asked)}.get(mark)
    if found is None:
        raise CallError(f"no saved set is called {mark!r}")
    whatifs.remove(asked.desk.store, found["key"], who.name, area=who.area)
    return asked.say("whatif.removed", name=found["name"])


def sides(asked: Asked) -> tuple[View, View, str] | None:
    """Return the two views that are compared and what the first is called: the saved set that the address names, else the facts.

    None where both are the same.
    """
    view, mark = asked.here.view, (asked.here.options or {}).get("against", "")
    base, name = plain(view), asked.say("whatif.facts")
    if mark:
        found = {row["id"]: row for row in saved_sets(asked)}.get(mark)
        if found is None:
            raise ViewError(*both("whatif.no_such_set", mark=repr(mark))[::-1])
        base, name = replace(base, filters={**base.filters, **found["filters"]}), found["name"]
    return None if base.filters == view.filters else (base, view, name)
