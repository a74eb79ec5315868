"""Beds: who needs which kind now and in seven days, what is open, and which site to open next."""

import re
from typing import Any

import pandas as pd
from dash import html
from dash.development.base_component import Component

from dashboard import charts, parts
from dashboard.pages import Asked, Page, Scene
from dashboard.pages._frame import LAND, NAMES, caveats, desk_page, district_names, proposal_rows, silence, take_menu
from dashboard.pages._order import beside
from dashboard.pages._tiles import aged_tile
from dashboard.text import UNKNOWN, figure, is_unknown, say
from layers.decisions._proposal import Plan
from layers.decisions.beds import NEED_WORDS
from layers.hospitals import KINDS

TONES = {"critical": "red", "severe": "red", "light": "amber", "suspected": "amber", "observed": "blue"}


def scene(asked: Asked) -> Scene:
    """Hospitals as columns over quiet compounds, seen from the side."""
    return Scene(
        (*LAND, "compounds", "hospitals", *NAMES),
        key=f"beds-{asked.here.view.area}",
        paint={"compounds": quiet(asked)},
        pitch=48,
        bearing=8,
    )


def quiet(asked: Asked) -> pd.DataFrame:
    """Return the paint that lays the compounds flat and dim, so that hospitals stand out."""
    compounds = asked.desk.frames(asked.who, asked.here.view, ["compounds"])["compounds"]
    dim = (compounds["fill_rgba"].to_numpy("uint32") & 0x00FFFFFF) | (70 << 24)
    return pd.DataFrame({"id": compounds["id"], "fill_rgba": dim, "height": 0.0})


def layout(asked: Asked) -> Component:
    """Shortage by need and beds by kind at the left, what to open at the right."""
    plan = asked.desk.plan(asked.who, "beds", asked.here.view)
    left = [
        silence(asked, plan),
        tiles(asked, plan),
        parts.panel(
            say("chart.beds", asked.lang),
            parts.graph(charts.beds_by_kind(by_kind(asked), asked.lang, asked.scale), name="beds"),
            grow=True,
        ),
        caveats(asked, plan),
    ]
    right = [
        parts.panel(
            asked.words("扩床建议", "What to open, in order"),
            parts.reason_list(
                beside(asked, plan, proposal_rows(asked, plan, plan.proposals[:20])), asked.lang, kind="pick-hospital"
            ),
            note=say("state.first", asked.lang, n=min(20, len(plan.proposals)), total=len(plan.proposals)),
            tools=take_menu(asked, "beds"),
            grow=True,
        ),
        parts.panel(
            asked.words("各区缺口（现在 → 7天后）", "Shortage by district (now → in 7 days)"), balance(asked, plan)
        ),
    ]
    return desk_page(asked, left, right, scene(asked))


def tiles(asked: Asked, plan: Plan) -> Component:
    """Return the shortage of each need, now and in seven days."""
    found = []
    for need, words in NEED_WORDS.items():
        short, later = plan.summary.get(f"shortage_{need}"), plan.summary.get(f"shortage_7d_{need}")
        demand, beds = plan.summary.get(f"demand_{need}"), plan.summary.get(f"beds_{need}")
        note = asked.words(
            f"需 {figure(demand)} · 床 {figure(beds)}\n7天后缺 {figure(later)}",
            f"need {figure(demand)} · beds {figure(beds)}\nshort in 7 days {figure(later)}",
        )
        title = asked.words(f"{words.zh}缺口", f"Short: {words.en}")
        tone = TONES[need] if short else "teal"
        found.append(aged_tile(asked, "beds", title, figure(short), say("unit.beds", asked.lang), note, tone))
    return html.Div(found, className="tiles")


def by_kind(asked: Asked) -> pd.DataFrame:
    """Return kind, open, used over the hospitals of the view; kinds that nobody reported are left out."""
    hospitals = asked.desk.frames(asked.who, asked.here.view, ["hospitals"])["hospitals"]
    rows = [
        {
            "kind": kind,
            "open": hospitals[f"open_{kind}"].sum(min_count=1),
            "used": hospitals[f"used_{kind}"].sum(min_count=1),
        }
        for kind in KINDS
    ]
    return pd.DataFrame([row for row in rows if not is_unknown(row["open"])], columns=["kind", "open", "used"])


def balance(asked: Asked, plan: Plan) -> Component:
    """Return the table of shortages per district and need."""
    rows, names = plan.tables["balance"], district_names(asked)
    head = [
        asked.words("区", "District"),
        *(
            asked.words(words.zh, re.split(r"[,(]| and ", words.en)[0].strip().capitalize())
            for words in NEED_WORDS.values()
        ),
    ]
    lines = []
    areas = sorted(rows.groupby("area", sort=False), key=lambda one: (str(one[0]) == "*") * 2 + (one[0] not in names))
    for area, of_area in areas:
        cells = of_area.set_index("need")
        name = (
            asked.words("合计", "All")
            if area == "*"
            else names.get(str(area), str(area) or asked.words("未知区", "Unknown"))
        )
        lines.append(
            html.Tr(
                [
                    html.Th(name),
                    *(html.Td(shortage(cells, need), className=short_class(cells, need)) for need in NEED_WORDS),
                ],
                className="sum" if area == "*" else "",
            )
        )
    return html.Table(
        [html.Thead(html.Tr([html.Th(h) for h in head])), html.Tbody(lines)], className="plain-table compact"
    )


def shortage(cells: pd.DataFrame, need: str) -> Any:
    """Return "12→40", "0" when it is none now and then, "–" where it is not known."""
    if need not in cells.index:
        return UNKNOWN
    row: Any = cells.loc[need]
    now, then = figure(row["shortage"]), figure(row["shortage_7d"])
    return now if now == then == "0" else [now, html.Small(f"→{then}")]


def short_class(cells: pd.DataFrame, need: str) -> str:
    """Return the class of a cell: a shortage now, or none at all."""
    if need not in cells.index:
        return "unknown"
    row: Any = cells.loc[need]
    return "short" if row["shortage"] > 0 else "none" if row["shortage_7d"] == 0 else ""


PAGE = Page("/beds", order=30, title=("床位扩充", "Beds"), layout=layout, scene=scene, early=True)
