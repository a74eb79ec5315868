"""Lockdown: for every compound what to do today, why, and what would change it."""

import pandas as pd
from dash import html
from dash.development.base_component import Component

from dashboard import parts
from dashboard.pages import Asked, Page, Scene
from dashboard.pages._frame import LAND, NAMES, caveats, desk_page, district_names, proposal_rows, silence, take_menu
from dashboard.pages._order import beside, several
from dashboard.pages._tiles import aged_tile
from dashboard.text import figure, pick, say
from layers._palette import ACTION, RISK, mark_rgba
from layers.decisions._proposal import Plan
from layers.decisions.lockdown import RANK

SHOWN = 40  # proposals in the list beside the map; the table below the tiles has all
HEIGHT = {
    "seal": 700.0,
    "seal_building": 350.0,
    "candidate": 90.0,
    "keep": 30.0,
}  # metres, so that what must be done stands out


def scene(asked: Asked) -> Scene:
    """Compounds in the colour of their proposal."""
    plan = asked.desk.plan(asked.who, "lockdown", asked.here.view)
    return Scene(
        (*LAND, "compounds", *NAMES),
        key=f"lockdown-{asked.here.view.area}",
        paint={"compounds": paint(plan)},
        marks=ACTION,
    )


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
    """Counts and risk levels at the left, the priority list at the right."""
    plan = asked.desk.plan(asked.who, "lockdown", asked.here.view)
    urgent = [p for p in plan.proposals if p.action in tuple(RANK)[:2]]
    ready = [p for p in plan.proposals if p.action == "candidate"]
    left = [
        silence(asked, plan),
        tiles(asked, plan),
        parts.panel(
            asked.words("各区风险等级", "Risk level by district"),
            risk_list(asked, plan),
            note=asked.words("国务院联防联控机制", "State Council rule") + counted_to(asked, plan),
            grow=True,
        ),
        caveats(asked, plan),
    ]
    right = [
        parts.panel(
            asked.words("封控优先清单", "To seal, in order"),
            parts.reason_list(
                beside(asked, plan, proposal_rows(asked, plan, urgent[:SHOWN], most=1)), asked.lang, kind="pick"
            ),
            note=say("state.first", asked.lang, n=min(len(urgent), SHOWN), total=figure(len(urgent))),
            tools=[several(asked, plan, urgent), take_menu(asked, "lockdown")],
            grow=True,
        ),
        parts.panel(
            asked.words("可申报无疫情小区", "Candidates for release"),
            parts.reason_list(
                beside(asked, plan, proposal_rows(asked, plan, ready[:6], most=1)), asked.lang, kind="pick"
            ),
            note=say("state.first", asked.lang, n=min(len(ready), 6), total=figure(len(ready))),
        ),
    ]
    return desk_page(asked, left, right, scene(asked))


def tiles(asked: Asked, plan: Plan) -> Component:
    """Return how many compounds each action is proposed for."""
    total = plan.summary.get("compounds", 0)
    of_all = asked.words(f"共 {figure(total)} 个小区", f"of {figure(total)} compounds")
    tones = {"seal": "red", "seal_building": "amber", "candidate": "teal", "keep": "blue"}
    found = [
        aged_tile(
            asked,
            "cases",
            pick((ACTION[a].zh, ACTION[a].en), asked.lang),
            figure(plan.summary.get(a, 0)),
            asked.words("个", ""),  # the line under it says what is counted
            of_all,
            tones[a],
        )
        for a in tuple(RANK)
    ]
    return html.Div(found, className="tiles")


def counted_to(asked: Asked, plan: Plan) -> str:
    """Return up to which day the risk levels count, "" where there are none."""
    risk = plan.tables["risk"]
    day = "" if risk.empty else risk["until"].iloc[0][5:]
    return asked.words(f" · 计至{day}", f" · to {day}") if day else ""


def risk_list(asked: Asked, plan: Plan) -> Component:
    """Return the level of each district with the counts that make it."""
    risk = plan.tables["risk"]
    if risk.empty:
        return parts.empty(asked.words("规则自2020年2月17日起施行", "The rule is in force from 17 Feb 2020"))
    names = district_names(asked)
    head = [
        asked.words(*w)
        for w in (("区", "District"), ("14天新增", "New, 14 days"), ("累计", "Total"), ("等级", "Level"))
    ]
    rows = []
    for row in risk.sort_values(["cumulative"], ascending=False).itertuples():
        mark = RISK[row.level]
        name = names.get(row.district, asked.words("市城区", "Urban area") if row.district == "" else row.district)
        level = html.Span(parts.mark_badge(mark, asked.lang), title=asked.words(row.reason_zh, row.reason_en))
        cells = [figure(row.new_14d), figure(row.cumulative), level]
        rows.append(html.Tr([html.Th(name), *(html.Td(cell) for cell in cells)]))
    return html.Table(
        [html.Thead(html.Tr([html.Th(one) for one in head])), html.Tbody(rows)], className="plain-table compact risks"
    )


PAGE = Page("/lockdown", order=20, title=("封控管理", "Lockdown"), layout=layout, scene=scene)
