"""Beds: when each kind runs out, which site to open next, who goes where, and how far it is."""

from typing import Any

import pandas as pd
from dash import html
from dash.development.base_component import Component

from dashboard import chart_beds, parts
from dashboard.pages import Asked, Page, Scene, _bed_lists, _drawer
from dashboard.pages._bed_tables import tabs
from dashboard.pages._frame import LAND, NAMES, caveats, desk_page, missing, proposal_rows, silence
from dashboard.pages._order import proposed
from dashboard.pages._tiles import aged_tile
from dashboard.text import both, figure, is_unknown, say
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
            asked.say("beds.what_open_in"),
            rows(asked, plan, ordered[:SHOWN]),
            len(ordered),
            kind="pick-hospital",
        ),
        html.Section([tabs(asked, plan), _drawer.opener(asked, "sites")], className="panel tabbed"),
    ]
    return desk_page(asked, left, right, scene(asked), _drawer.drawer(asked, _bed_lists.TABLES))


def rows(asked: Asked, plan: Plan, proposals: list[Proposal]) -> list[dict[str, Any]]:
    """Return the proposals as a list shows them, each with its beds and the days until they are there."""
    found = proposal_rows(asked, plan, proposals)
    for row, proposal in zip(found, proposals, strict=True):
        days, beds = proposal.figures.get("opens_in_days", float("nan")), proposal.figures["beds"]
        if proposal.action == "add_beds":
            row["figure"] = asked.say("beds.short", beds=figure(beds))
        elif proposal.action == "open":
            row["figure"] = asked.say("beds.beds_d", beds=figure(beds), days=figure(days))
        elif proposal.action == "reserve":
            row["figure"] = asked.say("beds.beds", beds=figure(beds))
    return found


def tiles(asked: Asked, plan: Plan) -> Component:
    """Return the shortage of each need, now and in seven days."""
    found = []
    for need, words in NEED_WORDS.items():
        short, later = plan.summary.get(f"shortage_{need}"), plan.summary.get(f"shortage_7d_{need}")
        demand, beds = plan.summary.get(f"demand_{need}"), plan.summary.get(f"beds_{need}")
        shared = plan.summary.get(f"beds_first_{need}", 0.0) if need in SHARING else 0.0
        of_it = asked.say("beds.icu_critical_first", shared=figure(shared)) if shared else _before(asked, plan, need)
        note = asked.say(
            "beds.for_beds_short", demand=figure(demand), beds=figure(beds), of_it=of_it, later=figure(later)
        )
        title = asked.say("beds.short_of", words=words)
        tone = TONES[need] if short else "teal"
        tile = aged_tile(asked, "beds", title, figure(short), say("unit.beds", asked.lang), note, tone)
        found.append(
            html.Button(tile, className="tile-link", **{"data-tab": "short", "data-find": need})
        )  # assets/desk.js
    return html.Div(found, className="tiles")


def _before(asked: Asked, plan: Plan, need: str) -> str:
    """How many of the beds of those under observation the suspected take first: both may use rooms of isolation."""
    taken = plan.summary.get("demand_suspected"), plan.summary.get(f"beds_first_{need}", 0.0)
    if need != "observed" or is_unknown(taken[0]) or not min(taken):
        return ""
    return asked.say("beds.suspected_first", shared=figure(min(taken)))


def coming(asked: Asked, plan: Plan) -> Component:
    """Return how full each kind of bed will be, and when it runs out with which chance."""
    table, run_out = plan.tables["occupancy"], plan.tables["run_out"]
    title, lang = asked.say("beds.beds_over_next"), asked.lang
    if run_out.empty:
        why = asked.say("beds.too_few_days")
        return parts.panel(title, missing(asked, "beds", why))
    days = table["day"].nunique() - 1
    today = day_number(asked.here.view.as_of)
    titles = {}
    for row in run_out.to_dict("records"):
        words, kind = runs_out(row, days, today).said(lang), chart_beds.kind_title(row["kind"], lang)
        usable = asked.say("beds.usable", beds=figure(row["beds"]))
        titles[row["kind"]] = f"<b>{kind}</b>  {usable} · {words}", not is_unknown(row["day"])
    title = asked.say("beds.beds_over_next_days", days=days)
    chart = parts.graph(chart_beds.occupancy(table, titles, lang, asked.scale), name="fans")
    legend = asked.say("beds.line_median_shades")
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


PAGE = Page("/beds", order=30, group="decide", title=both("page.beds"), layout=layout, scene=scene, shared=True)
