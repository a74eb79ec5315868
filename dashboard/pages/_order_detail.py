"""One order: who did what when, what was known when it was given, what is known since, and the rows that it rests on."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import pandas as pd
from dash import dcc, html
from dash.development.base_component import Component

from dashboard import parts
from dashboard.access import ORDERERS
from dashboard.goods import in_words, said
from dashboard.orders import DECISION, LATE, STATE, STEP, action_words, span
from dashboard.pages import Asked
from dashboard.pages._frame import caveat_lines, district_names, mark_of
from dashboard.pages._order import assumption
from dashboard.roles import AccessError
from dashboard.text import UNKNOWN, both, figure, moment, pick, say
from dashboard.view import Here
from layers._times import parse_time
from layers._view import View
from layers.decisions import orders
from layers.decisions._evidence_words import evidence_words
from layers.decisions._proposal import ACTIONS, Words
from layers.decisions.orders import LEVELS
from layers.store.order_states import STEPS, answers_for

PICKED = {"lockdown": "compounds", "beds": "hospitals"}  # the layer in which a plan's subject can be picked


def detail(asked: Asked, number: str) -> Component:
    """Return everything about one order, or a word that this person has none of that number."""
    order, steps = asked.desk.order(asked.who, asked.here.view, number)
    if not order:
        return parts.empty(asked.say("order_detail.there_no_order", number=number))
    row = orders.timed(pd.DataFrame([order]), asked.desk.now(asked.here)).iloc[0]
    title = in_words(order["name"] or order["subject"], asked.lang)
    return parts.panel(
        f"{order['number']} · {title}",
        [
            head(asked, order, row),
            actions(asked, order),
            history(asked, steps),
            html.Div([then(asked, order), now(asked, order)], className="order-two"),
            behind(asked, order),
        ],
        note=where(asked, order),
        id="order",
        name="order",
    )


def state_badge(asked: Asked, state: str, late: bool = False) -> Component:
    """Return a state as a badge, or that it is overdue."""
    zh, en, tone, symbol = STATE[state]
    if late:
        return parts.badge(f"{pick(LATE, asked.lang)} · {pick((zh, en), asked.lang)}", "red", "▲")
    return parts.badge(pick((zh, en), asked.lang), tone, symbol)


def where(asked: Asked, order: Mapping[str, Any]) -> str:
    """Return decision, district and street of an order."""
    district = district_names(asked).get(order["district"], order["district"])
    return " · ".join(filter(None, [pick(DECISION[order["decision"]], asked.lang), district, order["street"]]))


def head(asked: Asked, order: Mapping[str, Any], row: pd.Series) -> Component:
    """Return what was ordered, of whom, until when, and where it stands."""
    w, lang = asked.say, asked.lang
    ordered = [parts.mark_badge(mark_of(order["action"]), lang) if order["action"] in ACTIONS else order["action"]]
    if row["is_override"]:
        proposed = action_words(order["proposed"], lang)
        ordered.append(parts.badge(w("order_detail.override_proposed", proposed=proposed), "violet", "≠"))
    until = moment(order["deadline_at"], lang)
    if row["is_late"]:
        until += w("order_detail.overdue", late_by=span(row["late_by"], lang))
    stands = [state_badge(asked, order["state"], row["is_late"]), w("order_detail.for"), span(row["in_state"], lang)]
    pairs = [
        (w("order_detail.state"), html.Span(stands)),
        (w("order_detail.ordered"), html.Span(ordered)),
        (w("order_detail.owner"), order["owner"]),
        (w("order_detail.deadline"), f"{LEVELS[order['level']].said(lang)} · {until}"),
        (w("order_detail.given"), f"{order['given_by']} · {moment(order['happened_at'], lang)}"),
        (w("order_detail.reason"), order["reason"]),
        *([(w("order_detail.feedback"), order["feedback"])] if order["feedback"] else []),
    ]
    return parts.facts(pairs)


def actions(asked: Asked, order: Mapping[str, Any]) -> Component | None:
    """Return the steps that this person may take now; none while the past is looked at."""
    may = [name for name, step in STEPS.items() if order["state"] in step.after and may_take(asked, order, name)]
    buttons = [
        html.Button(
            pick(STEP[name], asked.lang),
            id={"type": "order-step", "do": name, "index": quote(order["number"])},
            className="button primary" if number == 0 else "button",
            n_clicks=0,
        )
        for number, name in enumerate(may)
    ]
    return html.Div(buttons, className="order-actions") if buttons else None


def may_take(asked: Asked, order: Mapping[str, Any], step: str) -> bool:
    """Return whether this person takes a step of an order: by role and office, and only of the present."""
    if asked.who is None or {"as_of", "known_at"} & asked.here.fixed:
        return False
    return step in ORDERERS.get(asked.who.role, ()) and answers_for(asked.who.area, order, STEPS[step].by)


def history(asked: Asked, steps: pd.DataFrame) -> Component:
    """Return the steps with who took them, when, how long each state lasted, and what was said."""
    w, rows = asked.say, steps.astype(object).where(steps.notna(), None).to_dict("records")
    ends = [*steps["known_from"].iloc[1:], pd.Timestamp(asked.desk.now(asked.here))]
    lines = []
    for row, end in zip(rows, ends, strict=True):
        lasted = span(end - row["known_from"], asked.lang) if row["state"] not in ("closed", "withdrawn") else UNKNOWN
        words = row["remark"] or (row["feedback"] if row["state"] == "done" else None) or ""
        cells = [
            state_badge(asked, row["state"]),
            moment(row["known_from"], asked.lang),
            row["acted_by"],
            lasted,
            words,
        ]
        lines.append(html.Tr([html.Td(cell) for cell in cells]))
    heads = [
        asked.words(*one)
        for one in (
            both("order_detail.step"),
            both("order_detail.when"),
            both("order_detail.by"),
            both("order_detail.lasted"),
            both("order_detail.said"),
        )
    ]
    table = html.Table(
        [html.Thead(html.Tr([html.Th(one) for one in heads])), html.Tbody(lines)], className="plain-table order-steps"
    )
    return _section(w("order_detail.history"), [table])


def then(asked: Asked, order: Mapping[str, Any]) -> Component:
    """Return the frozen proposal: reasons with rule and counts, flip, assumption, hash, and the page at those two clocks."""
    w, kept = asked.say, order["frozen"]
    proposal, plan = kept["proposal"], kept["plan"]
    reasons = [
        html.Li(
            [
                said(one[asked.lang], asked.lang),
                html.Small(one["rule"], className="rule"),
                html.Span(
                    [html.Code(evidence_words(text).said(asked.lang)) for text in one["evidence"]],
                    className="order-counts",
                ),
            ]
        )
        for one in proposal["reasons"]
    ]
    clocks = w(
        "order_detail.known",
        replace=plan["as_of"][:16].replace("T", " "),
        replace2=plan["known_at"][:16].replace("T", " "),
    )
    link = dcc.Link(w("order_detail.page"), href=page_then(asked, order), id="order-then")
    body = [
        html.Div(parts.mark_badge(mark_of(proposal["action"]), asked.lang)),
        html.Ol(reasons, className="why"),
        html.P(
            [html.B(say("flips_if", asked.lang) + w("manner.colon")), proposal["flips_if"][asked.lang]],
            className="flips",
        ),
        *caveat_lines(asked, [Words(one["zh"], one["en"]) for one in proposal["caveats"]]),
        assumption(asked, kept["assumed"]),
        html.P(
            [clocks, " · ", w("order_detail.inputs"), " ", html.Code(order["inputs_hash"][:12]), " · ", link],
            className="hash",
        ),
    ]
    return _section(w("order_detail.what_known_when"), body)


def now(asked: Asked, order: Mapping[str, Any]) -> Component:
    """Return what came since, and what the plan says about the subject at the clocks of the page."""
    w, kept = asked.say, order["frozen"]
    found = asked.desk.proposal_now(asked.who, order, asked.here.view)
    news = orders.since(kept, found)
    told: Any = html.Ul([html.Li(words.said(asked.lang)) for words in news], className="order-news")
    if not news:
        told = html.P(w("order_detail.nothing_changed_plan"), className="order-same")
    body = [told]
    if found is not None:
        reasons = [html.Li(said(r.said(asked.lang), asked.lang)) for r in found.reasons]
        body += [html.Div([w("order_detail.plan_proposes_now"), parts.mark_badge(mark_of(found.action), asked.lang)])]
        body += [
            html.Ol(reasons, className="why"),
            html.P([w("order_detail.inputs_hash"), html.Code(found.inputs_hash[:12])], className="hash"),
        ]
    return _section(w("order_detail.what_known_since"), body)


def behind(asked: Asked, order: Mapping[str, Any]) -> Component:
    """Return the deliveries that the proposal was read from, as they were known when the order was given."""
    w, title = asked.say, asked.say("order_detail.rows_behind")
    try:
        rows = asked.desk.rows_of(asked.who, order, asked.here.view)
    except AccessError:
        return _section(title, [parts.empty(w("order_detail.subject_lies_elsewhere"))])
    heads = (
        both("order_detail.batch"),
        both("order_detail.feed"),
        both("order_detail.file"),
        both("order_detail.source"),
        both("order_detail.rows"),
        both("order_detail.in_file"),
    )
    lines = [
        html.Tr(
            [
                html.Td(figure(row["batch"])),
                html.Td(row["feed"]),
                html.Td(row["file"] or UNKNOWN),
                html.Td(row["source"]),
                html.Td(figure(row["rows"])),
                html.Td(f"{figure(row['first'])}–{figure(row['last'])}"),
            ]
        )
        for row in rows.head(BATCHES).to_dict("records")
    ]
    table = html.Table(
        [html.Thead(html.Tr([html.Th(asked.words(*one)) for one in heads])), html.Tbody(lines)], className="plain-table"
    )
    body = [table] if lines else [parts.empty(w("order_detail.no_delivered_rows"))]
    total = figure(rows["rows"].sum() if len(rows) else 0)
    left = w("order_detail.rows_in_deliveries", total=total, n=len(rows))
    return _section(title, body, left)


BATCHES = 8  # newest deliveries listed; the rest is counted


def page_then(asked: Asked, order: Mapping[str, Any]) -> str:
    """Return the address of the decision's page at the two clocks, the area and the assumptions of the frozen proposal."""
    plan, path = order["frozen"]["plan"], f"/{order['decision']}"
    area = plan["area"] if asked.who is not None and asked.who.sees_all else ""
    view = View(parse_time(plan["as_of"]), parse_time(plan["known_at"]), area)
    layer = PICKED.get(order["decision"])
    pick_ = (layer, order["subject"]) if layer else None
    fixed = frozenset(("as_of", "known_at", "area") if area else ("as_of", "known_at"))
    return path + Here(path, view, asked.lang, pick_, fixed, order["frozen"]["assumed"]).search


def _section(title: str, body: list[Any], note: str = "") -> Component:
    top = html.Div([html.H3(title), html.Span(note, className="panel-note")], className="section-head")
    return html.Section([top, *body], className="section")
