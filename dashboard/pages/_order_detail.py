"""One order: who did what when, what was known when it was given, what is known since, and the rows that it rests on."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import pandas as pd
from dash import dcc, html
from dash.development.base_component import Component

from dashboard import parts
from dashboard.access import ORDERERS, AccessError
from dashboard.goods import in_words, said
from dashboard.orders import DECISION, LATE, STATE, STEP, action_words, span
from dashboard.pages import Asked
from dashboard.pages._frame import district_names, mark_of
from dashboard.pages._order import assumption
from dashboard.text import UNKNOWN, figure, moment, pick, say
from dashboard.view import Here
from layers._times import parse_time
from layers._view import View
from layers.decisions import orders
from layers.decisions._proposal import ACTIONS
from layers.decisions.orders import LEVELS
from layers.store.order_states import STEPS, answers_for

PICKED = {"lockdown": "compounds", "beds": "hospitals"}  # the layer in which a plan's subject can be picked


def detail(asked: Asked, number: str) -> Component:
    """Return everything about one order, or a word that this person has none of that number."""
    order, steps = asked.desk.order(asked.who, asked.here.view, number)
    if not order:
        return parts.empty(asked.words(f"没有可查看的指令 {number}", f"there is no order {number} to be seen here"))
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
    w, lang = asked.words, asked.lang
    ordered = [parts.mark_badge(mark_of(order["action"]), lang) if order["action"] in ACTIONS else order["action"]]
    if row["is_override"]:
        proposed = action_words(order["proposed"], lang)
        ordered.append(
            parts.badge(w(f"改动方案（建议：{proposed}）", f"override (proposed: {proposed})"), "violet", "≠")
        )
    until = moment(order["deadline_at"], lang)
    if row["is_late"]:
        until += w(f"，已逾期 {span(row['late_by'], lang)}", f", overdue by {span(row['late_by'], lang)}")
    stands = [state_badge(asked, order["state"], row["is_late"]), w(" 已 ", " for "), span(row["in_state"], lang)]
    pairs = [
        (w("状态", "State"), html.Span(stands)),
        (w("指令内容", "Ordered"), html.Span(ordered)),
        (w("责任单位", "Owner"), order["owner"]),
        (w("时限", "Deadline"), f"{LEVELS[order['level']].said(lang)} · {until}"),
        (w("下达人", "Given by"), f"{order['given_by']} · {moment(order['happened_at'], lang)}"),
        (w("理由", "Reason"), order["reason"]),
        *([(w("反馈", "Feedback"), order["feedback"])] if order["feedback"] else []),
    ]
    return parts.facts(pairs)


def actions(asked: Asked, order: Mapping[str, Any]) -> Component | None:
    """Return the steps that this person may take now; none while the past is looked at."""
    who, area = asked.who, asked.who.area if asked.who else ""
    if who is None or {"as_of", "known_at"} & asked.here.fixed:
        return None
    may = [
        name
        for name, step in STEPS.items()
        if order["state"] in step.after and name in ORDERERS.get(who.role, ()) and answers_for(area, order, step.by)
    ]
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


def history(asked: Asked, steps: pd.DataFrame) -> Component:
    """Return the steps with who took them, when, how long each state lasted, and what was said."""
    w, rows = asked.words, steps.astype(object).where(steps.notna(), None).to_dict("records")
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
        w(*one) for one in (("步骤", "Step"), ("时间", "When"), ("经办", "By"), ("历时", "Lasted"), ("说明", "Said"))
    ]
    table = html.Table(
        [html.Thead(html.Tr([html.Th(one) for one in heads])), html.Tbody(lines)], className="plain-table order-steps"
    )
    return _section(w("经过", "History"), [table])


def then(asked: Asked, order: Mapping[str, Any]) -> Component:
    """Return the frozen proposal: reasons with rule and counts, flip, assumption, hash, and the page at those two clocks."""
    w, kept = asked.words, order["frozen"]
    proposal, plan = kept["proposal"], kept["plan"]
    reasons = [
        html.Li(
            [
                said(one[asked.lang], asked.lang),
                html.Small(one["rule"], className="rule"),
                html.Span(
                    [html.Code(orders.evidence_words(text).said(asked.lang)) for text in one["evidence"]],
                    className="order-counts",
                ),
            ]
        )
        for one in proposal["reasons"]
    ]
    clocks = w(
        f"截至 {plan['as_of'][:16].replace('T', ' ')}，知悉截至 {plan['known_at'][:16].replace('T', ' ')}",
        f"as of {plan['as_of'][:16].replace('T', ' ')}, as known at {plan['known_at'][:16].replace('T', ' ')}",
    )
    link = dcc.Link(w("看当时的页面", "The page as it was"), href=page_then(asked, order), id="order-then")
    body = [
        html.Div(parts.mark_badge(mark_of(proposal["action"]), asked.lang)),
        html.Ol(reasons, className="why"),
        html.P(
            [html.B(say("flips_if", asked.lang) + w("：", ": ")), proposal["flips_if"][asked.lang]], className="flips"
        ),
        *[html.P(one[asked.lang], className="caveat") for one in proposal["caveats"]],
        assumption(asked, kept["assumed"]),
        html.P(
            [clocks, " · ", w("依据", "inputs"), " ", html.Code(order["inputs_hash"][:12]), " · ", link],
            className="hash",
        ),
    ]
    return _section(w("下达时所知", "What was known when it was given"), body)


def now(asked: Asked, order: Mapping[str, Any]) -> Component:
    """Return what came since, and what the plan says about the subject at the clocks of the page."""
    w, kept = asked.words, order["frozen"]
    found = asked.desk.proposal_now(asked.who, order, asked.here.view)
    news = orders.since(kept, found)
    told: Any = html.Ul([html.Li(words.said(asked.lang)) for words in news], className="order-news")
    if not news:
        told = html.P(w("没有变化：方案所据未变", "Nothing changed: the plan says the same"), className="order-same")
    body = [told]
    if found is not None:
        reasons = [html.Li(said(r.said(asked.lang), asked.lang)) for r in found.reasons]
        body += [
            html.Div(
                [w("方案现在建议 ", "the plan proposes now "), parts.mark_badge(mark_of(found.action), asked.lang)]
            )
        ]
        body += [
            html.Ol(reasons, className="why"),
            html.P([w("依据 ", "inputs "), html.Code(found.inputs_hash[:12])], className="hash"),
        ]
    return _section(w("此后所知", "What is known since"), body)


def behind(asked: Asked, order: Mapping[str, Any]) -> Component:
    """Return the deliveries that the proposal was read from, as they were known when the order was given."""
    w, title = asked.words, asked.words("依据的报送", "Rows behind it")
    try:
        rows = asked.desk.rows_of(asked.who, order, asked.here.view)
    except AccessError:
        return _section(
            title, [parts.empty(w("对象不在本辖区，不列报送", "its subject lies elsewhere: not listed here"))]
        )
    heads = (
        ("批次", "Batch"),
        ("数据源", "Feed"),
        ("文件", "File"),
        ("来源", "Source"),
        ("行数", "Rows"),
        ("在文件中", "In the file"),
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
        [html.Thead(html.Tr([html.Th(w(*one)) for one in heads])), html.Tbody(lines)], className="plain-table"
    )
    body = [table] if lines else [parts.empty(w("没有单独的报送行", "no delivered rows of its own"))]
    total = figure(rows["rows"].sum() if len(rows) else 0)
    left = w(f"共 {total} 行，{len(rows)} 个批次", f"{total} rows in {len(rows)} deliveries")
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
