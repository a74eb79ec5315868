"""The briefing: choose what is printed, see its first pages, print it; earlier prints, and whether a print is ours."""

from typing import Any

from dash import Dash, Input, Output, State, dcc, html
from dash.development.base_component import Component

from dashboard import parts
from dashboard.briefing import PARTS, SECRECY, SIZES, WRITERS
from dashboard.desk import Desk
from dashboard.pages import Asked, Page, _live, _prints, _schedule
from dashboard.pages._frame import sheet
from dashboard.text import LANGS, both, say

FIELDS = ("parts", "districts", "lang", "form", "size", "secrecy")


def layout(asked: Asked) -> Component:
    """What to print at the left, its first pages in the middle, prints at the right."""
    code = (asked.here.options or {}).get("code", "")
    shown = [_prints.one(asked, code)] if code else []
    preview = parts.panel(
        asked.say("briefing.preview"),
        html.Div(parts.empty(asked.say("briefing.preview_comes")), id="briefing-pages", className="briefing-pages", **{"aria-live": "polite", "aria-busy": "true"}),
        note=html.Span(id="briefing-count"),
        name="briefing-preview",
    )  # fmt: skip
    right = html.Div(
        [*shown, _schedule.panel(asked), _prints.check(asked), _live.part("saved", "prints", _prints.earlier(asked))],
        className="briefing-side",
    )
    return sheet(asked, [html.Div([_choices(asked), preview, right], className="briefing-columns")])


def _choices(asked: Asked) -> Component:
    given, lang = asked.here.options or {}, asked.lang
    chosen = [part for part in given.get("parts", "").split(",") if part in PARTS] or list(PARTS)
    fields = [
        _field(asked, "parts", dcc.Checklist([_part(one, lang) for one in PARTS], chosen, id="briefing-parts", **parts.HELD)),
        _field(asked, "districts", dcc.Dropdown(_districts(asked), given.get("districts", "").split(",") if given.get("districts") else [], multi=True, id="briefing-districts", **parts.HELD, placeholder=asked.say("briefing.no_districts"))),
        _field(asked, "lang", dcc.RadioItems([_language(one, lang) for one in LANGS], lang, id="briefing-lang", **parts.HELD)),
        _field(asked, "form", dcc.Dropdown([_form(one, lang) for one in WRITERS], given.get("form", "pdf"), clearable=False, id="briefing-form", **parts.HELD)),
        _field(asked, "size", dcc.RadioItems([{"value": one, "label": one.upper()} for one in SIZES], given.get("size", "a4"), id="briefing-size", **parts.HELD)),
        _field(asked, "secrecy", dcc.Dropdown([{"value": key, "label": words.said(lang)} for key, words in SECRECY.items()], given.get("secrecy", "internal"), clearable=False, id="briefing-secrecy", **parts.HELD)),
    ]  # fmt: skip
    job = {"data-job": asked.say("page.briefing")}
    button = html.A(
        asked.say("briefing.print"),
        id="briefing-print",
        href="/briefing",
        className="button primary",
        role="button",
        **job,
    )
    told = html.P(asked.say("briefing.same_bytes"), className="panel-note")
    return parts.panel(asked.say("briefing.choose"), [*fields, told], tools=button, name="briefing-choice")


def _field(asked: Asked, name: str, control: Component) -> Component:
    title = asked.say(f"briefing.field_{name}")
    return html.Div([html.H3(title, id=f"briefing-{name}-title"), html.Div(control, role="group", **{"aria-labelledby": f"briefing-{name}-title"})],
                    className=f"briefing-field {name}")  # fmt: skip


def _part(part: str, lang: str) -> dict[str, str]:
    return {"value": part, "label": say(f"briefing.part_{part}", lang)}


def _form(form: str, lang: str) -> dict[str, str]:
    return {"value": form, "label": say(f"briefing.form_{form}", lang)}


def _language(one: str, lang: str) -> dict[str, str]:
    return {"value": one, "label": say(f"briefing.lang_{one}", lang)}


def _districts(asked: Asked) -> list[dict[str, str]]:
    """The districts of the view, and all of them at once."""
    frame = asked.desk.frames(asked.who, asked.here.view.narrowed(""), ["districts"], asked.lang)["districts"]
    area = asked.here.view.area
    rows = [(code, name) for code, name in zip(frame["id"], frame["name"], strict=True) if not area or code == area]
    every = [{"value": "all", "label": asked.say("briefing.all_districts")}] if rows else []
    return [*every, *({"value": code, "label": name} for code, name in rows)]


def connect(app: Dash, desk: Desk) -> None:
    """The browser puts the choice into the address that is printed, and asks for its first pages (assets/briefing.js)."""
    app.clientside_callback(
        "function(...given) { return window.Fangyi.briefing.choose(...given); }",
        Output("briefing-print", "href"),
        *(Input(f"briefing-{name}", "value") for name in FIELDS),
        State("url", "search"),
    )
    app.clientside_callback(
        "function(...given) { return window.Fangyi.briefing.note(...given); }",
        Output("url", "search", allow_duplicate=True),
        Input("briefing-note", "value"),
        State("url", "search"),
        prevent_initial_call=True,
    )
    _schedule.connect(app, desk)


PAGE: Any = Page("/briefing", order=80, group="report", title=both("page.briefing"), layout=layout, connect=connect)
