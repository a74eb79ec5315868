"""Lockdown: for every compound what to do today, why, and what would change it; the life cycle of no-epidemic compounds."""

import re
from collections.abc import Sequence
from typing import Any

import pandas as pd
from dash import html
from dash.development.base_component import Component

from dashboard import chart_lockdown, parts
from dashboard.pages import Asked, Page, Scene, _drawer, _lists
from dashboard.pages._drill import go
from dashboard.pages._frame import LAND, NAMES, caveats, desk_page, district_names, proposal_rows, silence, take_menu
from dashboard.pages._order import beside, several
from dashboard.pages._tiles import aged_tile
from dashboard.text import both, figure, percent, pick
from layers._palette import ACTION, LIFE, RISK, Mark, mark_rgba
from layers.decisions._lockdown_actions import RANK
from layers.decisions._proposal import ACTIONS, Plan, Proposal

SHOWN, STEPS_SHOWN, FEW = 40, 60, 4  # proposals in the lists beside the map; exports have all
URGENT = ("seal", "seal_building")
ALWAYS = (*URGENT, "candidate", "keep")  # in the legend even where there are none
HEIGHT = {"seal": 700.0, "seal_building": 350.0, "cancel": 350.0, "suspend": 250.0, "certify": 90.0, "candidate": 90.0,
          "restore": 90.0, "relax": 60.0, "keep": 30.0}  # metres, so that what must be done stands out  # fmt: skip


def scene(asked: Asked) -> Scene:
    """Compounds in the colour of their proposal."""
    plan = asked.desk.plan(asked.who, "lockdown", asked.here.view)
    return Scene(
        (*LAND, "compounds", *NAMES),
        key=f"lockdown-{asked.here.view.area}",
        paint={"compounds": paint(plan)},
        marks=marks(plan),
    )


def marks(plan: Plan) -> dict[str, Mark]:
    """Return the marks of the actions that occur, and of the usual ones."""
    return {a: ACTION[a] for a in RANK if a in ALWAYS or plan.summary[a] > 0}


def paint(plan: Plan) -> pd.DataFrame:
    """Return id, fill_rgba, height by proposed action."""
    actions = [p.action for p in plan.proposals]
    return pd.DataFrame(
        {
            "id": [p.subject for p in plan.proposals],
            "fill_rgba": mark_rgba(actions, ACTION),
            "height": [HEIGHT[a] for a in actions],
        }
    )


def layout(asked: Asked) -> Component:
    """Counts, life cycle and levels at the left, the priority list and the steps of the life cycle at the right."""
    plan = asked.desk.plan(asked.who, "lockdown", asked.here.view)
    urgent = [p for p in plan.proposals if p.action in URGENT]
    steps = [p for p in plan.proposals if p.action not in (*URGENT, "keep")]
    left = [
        silence(asked, plan),
        tiles(asked, plan),
        life(asked, plan),
        parts.panel(
            asked.say("lockdown.risk_level_district"),
            risk_list(asked, plan),
            note=asked.say("lockdown.state_council_rule") + counted_to(asked, plan),
            grow=True,
        ),
        caveats(asked, plan),
    ]
    right = [
        listed(
            asked,
            plan,
            asked.say("lockdown.seal_in_order"),
            urgent,
            SHOWN,
            [several(asked, plan, urgent), _drawer.opener(asked, "compounds"), take_menu(asked, "lockdown")],
        ),
        listed(asked, plan, asked.say("lockdown.no_epidemic_compounds"), steps, STEPS_SHOWN, ""),
        overrides(asked, plan),
    ]
    return desk_page(asked, left, right, scene(asked), _drawer.drawer(asked, _lists.TABLES))


def listed(asked: Asked, plan: Plan, title: str, proposals: Sequence[Proposal], most: int, tools: Any) -> Component:
    """Return a panel of proposals in order; an empty one takes no more room than its words."""
    first = list(proposals[:most])
    rows = proposal_rows(asked, plan, first, most=2 if not tools else 1)
    for row, one in zip(rows, first, strict=True):
        if not tools:  # of a step of the life cycle the second sentence says why
            row["reasons"] = [re.split(r"。|\. ", reason)[0] for reason in row["reasons"][-1:]]
        row["figure"] = figure(one.figures["score"], 1) if tools else ""
    return parts.panel(
        title,
        parts.reason_list(beside(asked, plan, rows), asked.lang, kind="pick"),
        note=parts.first_of(len(first), len(proposals), asked.lang),
        tools=tools,
        grow=len(first) > FEW,
    )


def tiles(asked: Asked, plan: Plan) -> Component:
    """Return what is proposed, how many hold the title, and how often people decided otherwise."""
    s = plan.summary
    total = figure(s["compounds"])
    of_all = asked.say("lockdown.of", total=total)
    share = percent(s["no_epidemic"] / s["compounds"], 1) if s["compounds"] else figure(None)
    begun = has_begun(plan)
    lost, waiting = s["life_suspended"] + s["life_cancelled"], s["candidate"] + s["certify"]
    told = [
        ("cases", (ACTION["seal"].zh, ACTION["seal"].en), s["seal"], of_all, "red"),
        ("cases", (ACTION["seal_building"].zh, ACTION["seal_building"].en), s["seal_building"], of_all, "amber"),
        ("assessments", both("lockdown.no_epidemic"), s["no_epidemic"] if begun else None, asked.say("lockdown.share_of", share=share, total=total) if begun else of_all, "teal"),
        ("assessments", both("lockdown.certify"), waiting if begun else None, _of_round(asked, plan), "teal"),
        ("cases", both("lockdown.title_lost"), lost if begun else None, asked.say("lockdown.suspended", life_suspended=figure(s['life_suspended'])) if begun else "", "violet"),
        ("controls", both("lockdown.overridden"), s["overridden"], asked.say("lockdown.not_proposed"), "blue"),
    ]  # fmt: skip
    found = [
        aged_tile(asked, feed, pick(title, asked.lang), figure(value), asked.say("lockdown.compounds_unit"), note, tone)
        for feed, title, value, note, tone in told
        if begun or value is not None  # before the titles begin there is nothing to say about them
    ]
    return html.Div(html.Div(found, className="tiles"), className="lockdown-tiles")


def has_begun(plan: Plan) -> bool:
    """Return whether compounds could be certified on the plan's day."""
    return any(rule.startswith("no-epidemic/") for rule in plan.rules)


def _of_round(asked: Asked, plan: Plan) -> str:
    rounds = plan.tables["rounds"]
    if rounds.empty:
        return ""
    last = rounds.iloc[-1]
    return asked.say("lockdown.round_of_day", day=last['day'][5:], added=last['added'], removed=last['removed'])  # fmt: skip


def life(asked: Asked, plan: Plan) -> Component:
    """Return the bar of states, the curve of certified compounds and what communities and streets add up to."""
    title = asked.say("lockdown.no_epidemic_panel")
    if not has_begun(plan):
        words = asked.say("lockdown.certified_from_1")
        return parts.panel(title, html.P(words, className="life-none"), name="life")
    counts = {state: plan.summary[f"life_{state}"] for state in LIFE}
    curve = plan.tables["curve"]
    city = curve[curve["district"] == ""]
    body = [
        parts.graph(chart_lockdown.life_bar(counts, asked.lang, asked.scale), name="life-bar"),
        parts.graph(chart_lockdown.certified_curve(city, asked.lang, asked.scale), name="life-curve")
        if len(city)
        else None,
    ]
    return parts.panel(title, body, note=units(asked, plan), name="life")


def units(asked: Asked, plan: Plan) -> str:
    """Return how many communities and streets are free of the epidemic, as n of N."""
    said = []
    for unit, name in (("communities", both("lockdown.communities")), ("streets", both("lockdown.streets"))):
        rows = plan.tables[unit]
        free = int((rows["life"] == "certified").sum())
        said.append(f"{pick(name, asked.lang)} {figure(free)}/{figure(len(rows))}")
    return " · ".join(said)


def overrides(asked: Asked, plan: Plan) -> Component | None:
    """Return the orders that differ from what was proposed, each with its unit and reason."""
    rows = plan.tables["overrides"]
    if rows.empty:
        return None
    names = {p.subject: p.name or p.subject for p in plan.proposals}
    items = []
    for row in rows.to_dict("records"):
        was, now = (
            ACTIONS[name].said(asked.lang) if name in ACTIONS else name for name in (row["proposed"], row["ordered"])
        )
        items.append(
            html.Li(
                [html.B(f"{names.get(row['compound'], row['compound'])}　{was} → {now}"), html.Span(f"{row['owner']} · {row['why'] or figure(None)}")],
                className="override",
            )
        )  # fmt: skip
    return parts.panel(asked.say("lockdown.overridden_people"), html.Ul(items), note=figure(len(rows)))


def counted_to(asked: Asked, plan: Plan) -> str:
    """Return up to which day the risk levels count, "" where there are none."""
    risk = plan.tables["risk"]
    day = "" if risk.empty else risk["until"].iloc[0][5:]
    return asked.say("lockdown.to", day=day) if day else ""


def risk_list(asked: Asked, plan: Plan) -> Component:
    """Return the level of each district with the counts that make it, and its no-epidemic compounds as n of N."""
    risk, begun = plan.tables["risk"], has_begun(plan)
    if risk.empty:
        return parts.empty(asked.say("lockdown.rule_in_force"))
    names, free = district_names(asked), _free_by_district(plan)
    heads = [both("lockdown.district"), both("lockdown.new_14_days"), both("lockdown.total"), both("lockdown.level")]
    heads += [both("lockdown.no_epidemic")] if begun else []
    rows = []
    for row in risk.sort_values(["cumulative"], ascending=False).itertuples():
        mark = RISK[row.level]
        name = names.get(row.district, asked.say("lockdown.urban_area") if row.district == "" else row.district)
        level = html.Span(parts.mark_badge(mark, asked.lang), title=asked.words(row.reason_zh, row.reason_en))
        cells = [figure(row.new_14d), figure(row.cumulative), level]
        cells += [free.get(row.district, figure(None))] if begun else []
        lead = go("area", row.district, name, "drill-go") if row.district in names else name
        rows.append(html.Tr([html.Th(lead), *(html.Td(cell) for cell in cells)]))
    head = html.Tr([html.Th(asked.words(*words)) for words in heads])
    return html.Table([html.Thead(head), html.Tbody(rows)], className="plain-table compact risks")


def _free_by_district(plan: Plan) -> dict[str, str]:
    """District -> n/N, from the newest day of the curve."""
    curve = plan.tables["curve"]
    last = curve[curve["day"] == curve["day"].max()] if len(curve) else curve
    cells = zip(last["district"], last["no_epidemic"], last["compounds"], strict=True)
    return {district: f"{figure(n)}/{figure(total)}" for district, n, total in cells}


PAGE = Page("/lockdown", order=20, group="decide", title=both("page.lockdown"), layout=layout, scene=scene, shared=True)
