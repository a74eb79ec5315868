"""Beds: when each kind runs out, which site to open next, who goes where, and how far it is."""

from typing import Any

import pandas as pd
from dash import html
from dash.development.base_component import Component

from dashboard import chart_beds, parts
from dashboard.pages import Asked, Page, Scene
from dashboard.pages._bed_tables import tabs
from dashboard.pages._frame import LAND, NAMES, caveats, desk_page, proposal_rows, silence
from dashboard.pages._order import proposed
from dashboard.pages._tiles import aged_tile
from dashboard.text import figure, is_unknown, say
from layers._times import day_number
from layers.decisions._bed_words import runs_out
from layers.decisions._proposal import Plan, Proposal
from layers.decisions.beds import NEED_WORDS
from layers.hospitals import KINDS

TONES = {"critical": "red", "severe": "red", "light": "amber", "suspected": "amber", "observed": "blue"}
FIRST = ("open", "add_beds", "survey", "reserve")  # what must be done stands before what may wait
SHOWN = 24
SHARING = ("severe",)  # needs that may use beds of a worse one: a severe case in intensive care


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
    """Shortage by need and the coming days at the left, what to open and the tables at the right."""
    plan = asked.desk.plan(asked.who, "beds", asked.here.view)
    ordered = sorted(plan.proposals, key=lambda p: FIRST.index(p.action))
    left = [silence(asked, plan), tiles(asked, plan), coming(asked, plan), caveats(asked, plan)]
    right = [
        proposed(
            asked,
            plan,
            asked.words("扩床建议", "What to open, in order"),
            rows(asked, plan, ordered[:SHOWN]),
            len(ordered),
            kind="pick-hospital",
        ),
        html.Section(tabs(asked, plan), className="panel tabbed"),
    ]
    return desk_page(asked, left, right, scene(asked))


def rows(asked: Asked, plan: Plan, proposals: list[Proposal]) -> list[dict[str, Any]]:
    """Return the proposals as a list shows them, each with its beds and the days until they are there."""
    found = proposal_rows(asked, plan, proposals)
    for row, proposal in zip(found, proposals, strict=True):
        days, beds = proposal.figures.get("opens_in_days", float("nan")), proposal.figures["beds"]
        if proposal.action == "add_beds":
            row["figure"] = asked.words(f"缺 {figure(beds)} 张", f"{figure(beds)} short")
        elif proposal.action == "open":
            row["figure"] = asked.words(
                f"{figure(beds)} 张 · {figure(days)} 天", f"{figure(beds)} beds · {figure(days)} d"
            )
        elif proposal.action == "reserve":
            row["figure"] = asked.words(f"{figure(beds)} 张", f"{figure(beds)} beds")
    return found


def tiles(asked: Asked, plan: Plan) -> Component:
    """Return the shortage of each need, now and in seven days."""
    found = []
    for need, words in NEED_WORDS.items():
        short, later = plan.summary.get(f"shortage_{need}"), plan.summary.get(f"shortage_7d_{need}")
        demand, beds = plan.summary.get(f"demand_{need}"), plan.summary.get(f"beds_{need}")
        shared = plan.summary.get(f"beds_first_{need}", 0.0) if need in SHARING else 0.0
        of_it = (
            asked.words(f"（含监护 {figure(shared)}，危重型优先）", f" ({figure(shared)} ICU, critical first)")
            if shared
            else ""
        )
        note = asked.words(
            f"需 {figure(demand)} · 可用 {figure(beds)}{of_it}\n7天后缺 {figure(later)}",
            f"{figure(demand)} for {figure(beds)} beds{of_it}\nshort in 7 days {figure(later)}",
        )
        title = asked.words(f"{words.zh}缺口", f"Short: {words.en}")
        tone = TONES[need] if short else "teal"
        found.append(aged_tile(asked, "beds", title, figure(short), say("unit.beds", asked.lang), note, tone))
    return html.Div(found, className="tiles")


def coming(asked: Asked, plan: Plan) -> Component:
    """Return how full each kind of bed will be, and when it runs out with which chance."""
    table, run_out = plan.tables["occupancy"], plan.tables["run_out"]
    title, lang = asked.words("今后14天各类床位", "Beds over the next 14 days"), asked.lang
    if run_out.empty:
        why = asked.words("病例或床位报告不足，无法预测", "Too few days of cases, or no beds reported: no forecast")
        return parts.panel(title, parts.empty(why))
    days = table["day"].nunique() - 1
    today = day_number(asked.here.view.as_of)
    titles = {}
    for row in run_out.to_dict("records"):
        words, kind = runs_out(row, days, today).said(lang), chart_beds.kind_title(row["kind"], lang)
        usable = asked.words(f"可用 {figure(row['beds'])}", f"{figure(row['beds'])} usable")
        titles[row["kind"]] = f"<b>{kind}</b>  {usable} · {words}", not is_unknown(row["day"])
    title = asked.words(f"今后{days}天各类床位", f"Beds over the next {days} days")
    chart = parts.graph(chart_beds.occupancy(table, titles, lang, asked.scale), name="fans")
    legend = asked.words(
        "线：中位数 · 深浅：50%、90% 区间 · 虚线：可用床位", "line: median · shades: 50, 90 % · dashes: usable beds"
    )
    return parts.panel(title, chart, note=legend, grow=True, name="coming")


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


PAGE = Page("/beds", order=30, group="decide", title=("床位扩充", "Beds"), layout=layout, scene=scene, early=True)
