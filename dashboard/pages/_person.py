"""The panel of one person: masked as the role says, the dated steps, how the place was found, and the contacts of a case."""

from typing import Any

import pandas as pd
from dash import Dash, Output, State, html, no_update
from dash.development.base_component import Component
from flask import request

from dashboard import drill, parts
from dashboard.calls import CallError
from dashboard.desk import Desk
from dashboard.importing import source_title
from dashboard.pages import Asked
from dashboard.pages._drill import closing, crumbs, go
from dashboard.pages._frame import unknown_if_empty
from dashboard.presses import press, pressed
from dashboard.purposes import PURPOSES, open_to
from dashboard.roles import AccessError
from dashboard.text import UNKNOWN, both, day, figure, listed, percent, pick
from layers._errors import LayerError
from layers._palette import STATUS

KINDS = {
    "case": both("person.kinds_case"),
    "contact": both("person.kinds_contact"),
    "fever": both("person.kinds_fever"),
}
FEEDS = {"case": "cases", "contact": "contacts", "fever": "fever"}  # where the steps of each are told
SEVERITY = {
    "mild": both("person.severity_mild"),
    "ordinary": both("person.severity_ordinary"),
    "severe": both("person.severity_severe"),
    "critical": both("person.severity_critical"),
}
SEX = {"male": both("person.sex_male"), "female": both("person.sex_female")}
SHOWN = 40  # contacts


def panel(asked: Asked, id: str) -> Component:
    """Return the panel of "case/ID"; a word where there is no such person for this reader."""
    kind, _, subject = id.partition("/")
    found = asked.desk.one_person(asked.who, asked.here.view.narrowed(""), kind, subject) if kind in KINDS else {}
    if not found or found["person"].empty:
        told = asked.say("person.there_no_such")
        return parts.panel(subject or id, parts.empty(told), tools=closing(asked))
    row = found["person"].iloc[0].to_dict()
    body = [crumbs(asked, way(row), names(asked, row)), facts(asked, row), revealing(asked, kind, subject)]
    body += [steps(asked, found["steps"], FEEDS[kind])]
    body += [contacts(asked, found["contacts"])] if kind == "case" else [source(asked, row)]
    return parts.panel(
        subject, body, note=pick(KINDS[kind], asked.lang), tools=closing(asked), id="person", name="picked"
    )


def way(row: dict[str, Any]) -> list[tuple[str, str]]:
    """Return the way from the city to a person's compound; it ends where the person is not placed further."""
    district, street, compound = (row.get(name) or "" for name in ("district", "street", "compound"))
    found = drill.way(f"{district}/{street}/" if street else district or drill.CITY)
    return [*found, ("compounds", compound)] if compound else found


def names(asked: Asked, row: dict[str, Any]) -> dict[tuple[str, str], str]:
    """Return the name of the compound for its crumb."""
    if not row.get("compound"):
        return {}
    view = asked.here.view.narrowed(f"compound:{row['compound']}")
    rows = asked.desk.frames(asked.who, view, ["compounds"], asked.lang)["compounds"]
    return {("compounds", row["compound"]): rows["name"].iloc[0] if len(rows) else row["compound"]}


def facts(asked: Asked, row: dict[str, Any]) -> Component:
    """Return status, age, onset, place and how the place was found."""
    w, mark = asked.say, STATUS.get(row["status"])
    who = " ".join(
        filter(None, [pick(SEX[row["sex"]], asked.lang) if row["sex"] in SEX else "", _age(asked, row["age"])])
    )
    sure = w("person.match", probability=percent(row["probability"])) if row.get("compound") else w("person.not_placed")
    why = row["reason_zh"] if asked.lang == "zh" else row["reason_en"]
    pairs: list[tuple[str, Any]] = [
        (w("person.now"), parts.mark_badge(mark, asked.lang) if mark else unknown_if_empty(row["status"])),
        (w("person.since"), day(row["since"], asked.lang)),
        (w("person.age_sex"), unknown_if_empty(who)),
        (w("person.onset"), day(row["onset_at"], asked.lang)),
        (w("person.address_unit_room"), unknown_if_empty(row["address"])),
        (w("person.building"), unknown_if_empty(row["building"])),
        (w("person.how_placed"), html.Span([sure, html.Small(f" {why or ''}")])),
    ]
    return parts.facts(pairs)


def revealing(asked: Asked, kind: str, subject: str) -> Component:
    """Return the purposes for which this reader may be shown what is masked, each a button; each press is journalled."""
    w, role = asked.say, asked.who.role if asked.who else ""
    buttons = [
        html.Button(
            w(f"purpose.{name}"),
            id={"type": "reveal-do", "do": name, "index": f"{kind}/{subject}"},
            className="quiet",
            title=w("person.shows", fields=fields_of(asked, name)),
            n_clicks=0,
        )
        for name in open_to(role)
    ]
    head = [html.H3(w("person.whole")), html.Span(w("person.whole_note"), className="panel-note")]
    return html.Section(
        [
            html.Div(head, className="section-head"),
            html.Div(buttons, className="purposes", role="group", **{"aria-label": w("person.whole")}),
            html.Div(id="revealed", role="status"),
        ],
        className="section",
    )


def fields_of(asked: Asked, purpose: str) -> str:
    """Return what a purpose shows, as a list in words."""
    return listed((asked.say(f"person.{name}") for name in PURPOSES[purpose].fields), asked.lang)


def revealed(asked: Asked, index: str, purpose: str) -> Component:
    """Return a person's fields whole for a purpose, or why they are not shown."""
    kind, _, subject = index.partition("/")
    desk, w = asked.desk, asked.say
    if kind not in KINDS:
        raise CallError(f"{kind[:20]!r}; wanted one of {sorted(KINDS)}")
    try:
        found = desk.gate.reveal(desk.store, asked.who, desk.store.view(), kind, subject, purpose)
    except (AccessError, LayerError) as error:  # the second: a journal that cannot be written
        return html.P(error.said(asked.lang), className="order-problem", role="alert")
    pairs: list[tuple[str, Any]] = [(w(f"person.{name}"), text or w("person.nothing")) for name, text in found.items()]
    told = html.P(w("person.taken_down", purpose=w(f"purpose.{purpose}")), className="more")
    return html.Div([parts.facts(pairs), told], className="revealed")


def connect(app: Dash, desk: Desk) -> None:
    """Show what is masked to whoever says what for."""

    @app.callback(
        Output("revealed", "children"),
        press("reveal"),
        State("url", "pathname"),
        State("url", "search"),
        prevent_initial_call=True,
    )
    def reveals(button: Any, path: str, search: str) -> Any:
        if not button:
            return no_update
        asked, done = Asked.at(desk, desk.gate.who(request), path, search), pressed(button)
        return revealed(asked, done["index"], done["do"])


def _age(asked: Asked, age: Any) -> str:
    return "" if age is None or age != age else asked.say("person.y", age=figure(age))


def steps(asked: Asked, rows: pd.DataFrame, feed: str) -> Component:
    """Return the dated transitions as a line, oldest first; `feed` is where they were told."""
    items = []
    for row in rows.to_dict("records"):
        mark = STATUS.get(row["value"]) if row["dimension"] == "status" else None
        said = (
            parts.mark_badge(mark, asked.lang)
            if mark
            else pick(SEVERITY.get(row["value"], (row["value"],) * 2), asked.lang)
        )
        items.append(
            html.Li(
                [
                    html.Time(day(row["happened_at"], asked.lang)),
                    said,
                    html.Span(source_title(row["source"], feed, asked.lang), className="cause"),
                ]
            )
        )
    body: Component = html.Ol(items, className="lifeline") if items else html.P(UNKNOWN)
    return html.Section([html.H3(asked.say("person.course")), body], className="section")


def contacts(asked: Asked, rows: pd.DataFrame) -> Component:
    """Return the close contacts of a case that are in the reader's area, each leading on."""
    w = asked.say
    head = [html.H3(w("person.close_contacts")), html.Span(figure(len(rows)), className="panel-note")]
    if rows.empty:
        return html.Section([html.Div(head, className="section-head"), html.P(w("person.none_reported_none"), className="more")], className="section")  # fmt: skip
    items = [html.Li(line(asked, row)) for row in rows.head(SHOWN).to_dict("records")]
    return html.Section(
        [html.Div(head, className="section-head"), html.Ul(items, className="persons")], className="section"
    )


def line(asked: Asked, row: dict[str, Any]) -> list[Component]:
    """Return one person as a line that opens it."""
    mark = STATUS.get(row["status"])
    return [
        parts.mark_badge(mark, asked.lang) if mark else html.Span(UNKNOWN),
        go("person", f"{row['kind']}/{row['subject']}", row["subject"], "person-id"),
        html.Span(
            f"{day(row['since'], asked.lang)} · {unknown_if_empty(row.get('building'))}", className="person-what"
        ),
    ]


def source(asked: Asked, row: dict[str, Any]) -> Component | None:
    """Return the case that a contact was exposed to, where one is told."""
    if not row.get("related_case"):
        return None
    lead = go("person", f"case/{row['related_case']}", row["related_case"], "person-id")
    return html.Section([html.H3(asked.say("person.exposed")), lead], className="section")
