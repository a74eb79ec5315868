"""Staff: what each hospital needs by skill, what is missing, and where whole teams should go."""

import pandas as pd
from dash import html
from dash.development.base_component import Component

from dashboard import charts, parts
from dashboard.pages import Asked, Page, Scene
from dashboard.pages._frame import LAND, NAMES, caveats, desk_page, proposal_rows, silence, take_menu
from dashboard.pages._order import beside
from dashboard.pages._tiles import aged_tile
from dashboard.pages.beds import quiet
from dashboard.text import figure, say
from layers.decisions._proposal import Plan
from layers.decisions.staff import SKILL_WORDS

SHOWN = 24


def scene(asked: Asked) -> Scene:
    """Teams at their hospitals."""
    return Scene(
        (*LAND, "compounds", "hospitals", "staff", *NAMES),
        key=f"staff-{asked.here.view.area}",
        paint={"compounds": quiet(asked)},
        pitch=40,
    )


def layout(asked: Asked) -> Component:
    """Shortage by skill at the left, teams to send at the right."""
    plan = asked.desk.plan(asked.who, "staff", asked.here.view)
    left = [
        silence(asked, plan),
        tiles(asked, plan),
        parts.panel(
            asked.words("缺口最大的医院", "Hospitals that lack most"),
            parts.graph(charts.staff_gap(by_hospital(asked, plan), asked.lang, asked.scale), name="staff"),
            note=asked.words("逐院计算", "each on its own"),
            grow=True,
        ),
        caveats(asked, plan),
    ]
    right = [
        parts.panel(
            asked.words("整建制派驻与增援", "Teams to send, help to ask for"),
            parts.reason_list(
                beside(asked, plan, proposal_rows(asked, plan, plan.proposals[:SHOWN])),
                asked.lang,
                kind="pick-hospital",
            ),
            note=say("state.first", asked.lang, n=min(SHOWN, len(plan.proposals)), total=figure(len(plan.proposals))),
            tools=take_menu(asked, "staff"),
            grow=True,
        ),
    ]
    return desk_page(asked, left, right, scene(asked))


def tiles(asked: Asked, plan: Plan) -> Component:
    """Return the shortage of each skill, before and after the free teams are sent."""
    found = []
    for skill, words in SKILL_WORDS.items():
        short, after = plan.summary.get(f"short_{skill}"), plan.summary.get(f"short_after_{skill}")
        need, have = plan.summary.get(f"need_{skill}"), plan.summary.get(f"have_{skill}")
        note = asked.words(
            f"需 {figure(need)} · 在岗 {figure(have)}\n派驻后缺 {figure(after)}",
            f"need {figure(need)} · have {figure(have)}\nshort after sending {figure(after)}",
        )
        found.append(
            aged_tile(
                asked,
                "staff",
                asked.words(f"{words.zh}缺口", f"Short: {words.en}"),
                figure(short),
                say("unit.persons", asked.lang),
                note,
                "red" if short else "teal",
            )
        )
    free = asked.words(
        f"{figure(plan.summary.get('people_free'))} 人\n建议派出 {figure(plan.summary.get('teams_assigned'))} 队",
        f"{figure(plan.summary.get('people_free'))} people\n{figure(plan.summary.get('teams_assigned'))} teams to send",
    )
    found.append(
        aged_tile(
            asked,
            "staff",
            asked.words("待派队伍", "Teams not assigned"),
            figure(plan.summary.get("teams_free")),
            asked.words("队", "teams"),
            free,
            "blue",
        )
    )
    return html.Div(found, className="tiles")


def by_hospital(asked: Asked, plan: Plan) -> pd.DataFrame:
    """Return name, needed, present over all skills, a row a hospital."""
    gap = plan.tables["gap"]
    if gap.empty:
        return pd.DataFrame({"name": [], "needed": [], "present": []})
    names = asked.desk.frames(asked.who, asked.here.view.narrowed(""), ["hospitals"], asked.lang)[
        "hospitals"
    ].set_index("id")["name"]
    sums = gap.groupby("hospital")[["need", "have"]].sum().rename(columns={"need": "needed", "have": "present"})
    return sums.assign(name=[names.get(code, code) for code in sums.index]).reset_index(drop=True)


PAGE = Page("/staff", order=40, title=("人员调配", "Staff"), layout=layout, scene=scene, early=True)
