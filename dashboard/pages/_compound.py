"""The panel of one compound: its proposal with reasons, its life cycle, its people (masked), the orders on it."""

from collections.abc import Sequence
from typing import Any

import pandas as pd
from dash import html
from dash.development.base_component import Component

from dashboard import drill, parts
from dashboard.goods import in_words
from dashboard.pages import Asked, _around
from dashboard.pages._around import Part, section
from dashboard.pages._drill import crumbs, go
from dashboard.pages._frame import caveat_lines, mark_of, unknown_if_empty
from dashboard.pages._lifeline import lifeline
from dashboard.pages._order import beside
from dashboard.text import UNKNOWN, both, day, figure, percent, pick, say
from layers._catalog import all_layers
from layers._palette import CONTROL, STATUS
from layers.decisions._catalog import PLANS
from layers.decisions._proposal import Plan, Proposal

PERSONS_SHOWN = 60
KINDS = {
    "case": both("compound.kinds_case"),
    "contact": both("compound.kinds_contact"),
    "fever": both("compound.kinds_fever"),
}


def panel(asked: Asked, code: str) -> Component:
    """Return the panel of the compound `code`, or a word that it is not there."""
    compounds = asked.desk.frames(asked.who, asked.here.view.narrowed(""), ["compounds"], asked.lang)["compounds"]
    found = compounds[compounds["id"] == code]
    if found.empty:
        return parts.panel(code, parts.empty(say("state.empty", asked.lang)), tools=close(asked))
    row = found.iloc[0]
    area = f"{row['district']}/{row['street']}" if row["street"] else row["district"] or drill.CITY
    way = drill.way(f"{area}/{row['community']}" if row["street"] else area)
    way += [("community", f"{area}/{row['community']}")] if row["street"] and row["community"] else []
    sections = [part for part in sections_of(asked, code, row) if part.body is not None]
    return parts.panel(
        row["name"],
        [
            crumbs(asked, way),
            jump(asked, sections),
            facts(asked, row),
            *(html.Div(part.body, id=part.id) for part in sections),
        ],
        tools=close(asked),
        id="compound",
        name="picked",
    )


def sections_of(asked: Asked, code: str, row: pd.Series) -> list[Part]:
    """Return what is known of a compound in the order in which it is asked for."""
    w = asked.say
    return [
        Part("compound-proposal", w("compound.proposal"), "", proposal(asked, code)),
        *people(asked, code),
        _around.given(asked, code),
        Part("compound-controls", w("compound.control"), "", orders(asked, code)),
        _around.stock(asked, row),
        _around.unit(asked, row),
        Part("compound-life", w("compound.life_cycle"), "", life(asked, code)),
    ]


def close(asked: Asked) -> Component:
    """Return the button that closes the panel."""
    return html.Button(
        "✕", id={"type": "unpick", "index": "detail"}, className="quiet", title=say("close", asked.lang), n_clicks=0
    )


def facts(asked: Asked, row: pd.Series) -> Component:
    """Return the counts of persons now and ever, and what else is known of the compound."""
    control = CONTROL.get(row["control"], CONTROL[""])
    pairs = parts.facts(
        [
            (asked.say("compound.in_force"), parts.mark_badge(control, asked.lang)),
            (asked.say("compound.code"), row["id"]),
            (asked.say("compound.homes"), figure(row["households"])),
            (asked.say("compound.people"), figure(row["population"])),
        ]
    )
    return html.Div([counts(asked, row), pairs])


def counts(asked: Asked, row: pd.Series) -> Component:
    """Return the table of persons by status: now, ever, new in 14 days."""
    heads = [("", ""), both("compound.now"), both("compound.ever"), both("compound.new_14_days")]
    lines = []
    for status in ("confirmed", "clinical", "suspected", "contact", "fever"):
        cells = [row.get(f"{measure}_{status}") for measure in ("now", "ever", "new14")]
        name = pick((STATUS[status].zh, STATUS[status].en), asked.lang)
        lines.append(html.Tr([html.Th(name), *(html.Td(figure(cell)) for cell in cells)]))
    head = html.Thead(html.Tr([html.Th(asked.words(*words)) for words in heads]))
    return html.Table([head, html.Tbody(lines)], className="plain-table compact counts")


def proposal(asked: Asked, code: str) -> Component | None:
    """Return what is proposed, why, under which rule, and what would flip it."""
    plan = asked.desk.plan(asked.who, "lockdown", asked.here.view)
    found = next((p for p in plan.proposals if p.subject == code), None)
    return None if found is None else reasoned(asked, plan, found)


def reasoned(asked: Asked, plan: Plan, found: Proposal) -> Component:
    """Return one proposal: its reasons with their rules, what would flip it, what it rests on."""
    reasons = [
        html.Li([reason.said(asked.lang), html.Small(reason.rule, className="rule")]) for reason in found.reasons
    ]
    notes = caveat_lines(asked, found.caveats)
    return html.Section(
        [
            html.Div(
                [
                    html.H3(asked.say("compound.proposal")),
                    parts.mark_badge(mark_of(found.action), asked.lang),
                    *[row["tool"] for row in beside(asked, plan, [{"id": found.subject}])],
                ],
                className="section-head",
            ),
            html.Ol(reasons, className="why"),
            html.P(
                [
                    html.B(say("flips_if", asked.lang) + asked.say("manner.colon")),
                    found.flips_if.said(asked.lang),
                ],
                className="flips",
            ),
            *notes,
            html.P(asked.say("compound.inputs", inputs_hash=plan.inputs_hash[:12]), className="hash"),
        ],
        className="section",
    )


def life(asked: Asked, code: str) -> Component | None:
    """Return the timeline of the compound's life cycle."""
    return lifeline(asked, asked.desk.plan(asked.who, "lockdown", asked.here.view), code)


def jump(asked: Asked, sections: Sequence[Part]) -> Component:
    """Return the buttons that lead to the sections of the panel, each with its count: one click to cases, contacts, orders, stock."""
    buttons = [
        html.Button(
            [part.title, html.B(part.count) if part.count else None],
            className="none" if part.count == "0" else "",
            **{"data-jump": part.id},
        )
        for part in sections
    ]
    return html.Nav(buttons, className="jump", **{"aria-label": asked.say("compound.compound")})


def people(asked: Asked, code: str) -> list[Part]:
    """Return the persons placed here by kind, masked, each with how sure the match is; cases first."""
    rows = asked.desk.persons(asked.who, asked.here.view, code)
    return [_people(asked, kind, rows[rows["kind"] == kind]) for kind in KINDS]


def _people(asked: Asked, kind: str, rows: pd.DataFrame) -> Part:
    title = pick(KINDS[kind], asked.lang)
    items = [person(asked, row) for row in rows.head(PERSONS_SHOWN).to_dict("records")]
    none = html.P(asked.say("compound.none_here"), className="more")
    more = html.P(say("state.sample", asked.lang, n=PERSONS_SHOWN, total=figure(len(rows))), className="more")
    body = [html.Ul(items, className="persons") if items else none, more if len(rows) > PERSONS_SHOWN else None]
    note = asked.say("compound.masked")
    return Part(
        f"compound-{kind}",
        title,
        figure(len(rows)),
        section(say("compound.title_with_note", asked.lang, title=title, note=note), body, figure(len(rows))),
    )


def person(asked: Asked, row: dict[str, Any]) -> Component:
    """Return one person: id, status since when, age and sex, building, and the certainty of the place."""
    mark = STATUS.get(row["status"])
    who = " ".join(
        filter(
            None,
            [
                asked.say(f"compound.sex_{row['sex']}") if row["sex"] in ("male", "female") else "",
                asked.say("compound.years", n=figure(row["age"]))
                if row["age"] == row["age"] and row["age"] is not None
                else "",
            ],
        )
    )
    sure = asked.say("compound.match", probability=percent(row["probability"]))
    why = row["reason_zh"] if asked.lang == "zh" else row["reason_en"]
    return html.Li(
        [
            parts.mark_badge(mark, asked.lang) if mark else html.Span(UNKNOWN),
            go("person", f"{row['kind']}/{row['subject']}", row["subject"], "person-id"),
            html.Span(
                f"{day(row['since'], asked.lang)} · {unknown_if_empty(who)} · {unknown_if_empty(row['building'])}",
                className="person-what",
            ),
            html.Span(sure, className="person-sure", title=why),
        ]
    )


def orders(asked: Asked, code: str) -> Component | None:
    """Return the orders on the compound, newest first."""
    rows = asked.desk.controls(asked.who, asked.here.view, code)
    if rows.empty:
        return None
    items = [
        html.Li(
            [
                parts.mark_badge(CONTROL[row["state"]], asked.lang),
                f" {day(row['happened_at'], asked.lang)} · {row['source']}",
            ]
        )
        for row in rows.to_dict("records")
    ]
    return html.Section(
        [html.H3(asked.say("compound.orders_on")), html.Ul(items, className="orders")], className="section"
    )


def other(asked: Asked, layer: str, code: str) -> Component:
    """Return the panel of a hospital, a stock or a team: what its layer knows of it."""
    if layer not in all_layers():
        return parts.panel(code, parts.empty(say("state.empty", asked.lang)), tools=close(asked))
    frame = asked.desk.frames(asked.who, asked.here.view.narrowed(""), [layer], asked.lang)[layer]
    rows, proposed = frame[frame["id"] == code], proposed_here(asked, code)
    if rows.empty and not proposed:
        return parts.panel(code, parts.empty(say("state.empty", asked.lang)), tools=close(asked))
    if rows.empty:  # what is short, not where: a need without a site
        plan, first = proposed[0]
        sections = [reasoned(asked, plan, found) for _, found in proposed]
        return parts.panel(in_words(first.name or code, asked.lang), sections, tools=close(asked), name="picked")
    row, shown = rows.iloc[0], all_layers()[layer].hover
    pairs = [(pick(label, asked.lang), _written(row[column])) for column, label in shown.items()]
    return parts.panel(
        str(row["name"]),
        [parts.facts(pairs), *(reasoned(asked, plan, found) for plan, found in proposed)],
        note=pick(all_layers()[layer].title, asked.lang),
        tools=close(asked),
        name="picked",
    )


def proposed_here(asked: Asked, code: str) -> list[tuple[Plan, Proposal]]:
    """Return what the plan of the page proposes about a subject: its reason list."""
    kind = asked.here.path.lstrip("/")
    if kind not in PLANS or kind == "lockdown":
        return []
    plan = asked.desk.plan(asked.who, kind, asked.here.view)
    return [(plan, found) for found in plan.proposals if found.subject == code]


def _written(value: Any) -> str:
    return (
        figure(value, 1 if float(value) % 1 else 0)
        if isinstance(value, int | float) and value == value and abs(value) != float("inf")
        else unknown_if_empty(value)
    )
