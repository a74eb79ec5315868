"""The life of one compound as a line of dated states: why each began, what is allowed now, what comes next and when."""

from typing import Any

import pandas as pd
from dash import html
from dash.development.base_component import Component

from dashboard import parts
from dashboard.pages import Asked
from dashboard.text import both, day
from layers._palette import LIFE
from layers.decisions._proposal import Plan, Words

MOST = 12  # states shown; earlier ones are counted
CAUSE = {  # why a state began
    "rule": Words(*both("lifeline.rules_day")),
    "conditions": Words(*both("lifeline.meets_conditions")),
    "lapsed": Words(*both("lifeline.meets_them_no")),
    "silent": Words(*both("lifeline.feed_silent")),
    "round": Words(*both("lifeline.round_assessment")),
    "run": Words(*both("lifeline.days_in_row")),
    "order": Words(*both("lifeline.order_changed")),
    "case": Words(*both("lifeline.case")),
    "suspected": Words(*both("lifeline.suspected_person")),
    "fever": Words(*both("lifeline.fever_patient")),
    "contact": Words(*both("lifeline.close_contact")),
    "asymptomatic": Words(*both("lifeline.asymptomatic_person")),
    "released": Words(*both("lifeline.restored_once_released")),
}
NEXT = {  # state -> what may come next, where only time or a round is wanted
    "closed": Words(*both("lifeline.earliest_round_all")),
    "candidate": Words(*both("lifeline.next_round_assessment")),
    "cancelled": Words(*both("lifeline.earliest_round_for")),
    "certified": Words(*both("lifeline.days_in_row_full")),
}


def lifeline(asked: Asked, plan: Plan, code: str) -> Component | None:
    """Return the timeline of a compound, None where the plan does not know it or no life-cycle rule has begun."""
    compounds = plan.tables["compounds"]
    found = compounds[compounds["code"] == code]
    if found.empty or not any(rule.startswith("no-epidemic/") for rule in plan.rules):
        return None
    row, moves = found.iloc[0], plan.tables["transitions"]
    mine = moves[moves["compound"] == code]
    items = [_past(asked, one, last=number == len(mine)) for number, one in enumerate(mine.to_dict("records"), 1)]
    if not items:
        items = [_item(asked, row["life"], row["life_since"], CAUSE["rule"].said(asked.lang), "now")]
    earlier = len(items) - MOST
    more = html.P(asked.say("lifeline.earlier_ones_not", earlier=earlier), className="more")
    return html.Section(
        [
            html.Div(
                [html.H3(asked.say("lifeline.life_no_epidemic")), parts.mark_badge(LIFE[row["life"]], asked.lang)],
                className="section-head",
            ),
            more if earlier > 0 else None,
            html.Ol([*items[-MOST:], _ahead(asked, row)], className="lifeline"),
            _allowed(asked, plan, row),
        ],
        className="section",
    )  # fmt: skip


def _past(asked: Asked, one: dict[str, Any], *, last: bool) -> Component:
    cause = CAUSE[one["cause"]].said(asked.lang)
    if one["cause_day"]:
        when = day(pd.Timestamp(one["cause_day"]), asked.lang)
        cause += asked.say("lifeline.of", when=when)
    if one["known_later"]:
        cause += asked.say("lifeline.learned_later")
    return _item(asked, one["state"], one["day"], cause, "now" if last else "")


def _item(asked: Asked, life: str, since: str, cause: str, name: str) -> Component:
    when = day(pd.Timestamp(since), asked.lang) if since else asked.say("lifeline.always")
    return html.Li(
        [html.Time(when, dateTime=since or None), parts.mark_badge(LIFE[life], asked.lang), html.Span(cause, className="cause")],
        className=name,
    )  # fmt: skip


def _ahead(asked: Asked, row: pd.Series) -> Component | None:
    """The next state and its earliest day; of a suspended compound nobody knows the day."""
    if row["life"] == "suspended":
        text = asked.say("lifeline.restored_once_all")
        return html.Li([html.Time("–"), html.Span(text, className="cause")], className="ahead")
    if row["life"] == "settled":
        text = asked.say("lifeline.relaxed_once_applied")
        return html.Li([html.Time("–"), html.Span(text, className="cause")], className="ahead")
    if not row["earliest"]:
        return None
    when = day(pd.Timestamp(row["earliest"]), asked.lang)
    return html.Li(
        [html.Time(when), html.Span(NEXT[row["life"]].said(asked.lang), className="cause")], className="ahead"
    )


def _allowed(asked: Asked, plan: Plan, row: pd.Series) -> Component | None:
    """What people may do there now, under the relaxation rule in force."""
    grades = plan.tables["grades"]
    rows = grades[
        (grades["state"] == row["life"]) & grades["community_free"].isin([bool(row["community_free"]), False])
    ]
    if rows.empty:
        return None
    words = rows.iloc[-1]["allowed_zh" if asked.lang == "zh" else "allowed_en"]
    return html.P([html.B(asked.say("lifeline.allowed")), words], className="allowed")
