"""The overview: how many, where, how fast, and what to decide first."""

from dash.development.base_component import Component

from dashboard import charts, parts
from dashboard.pages import Asked, Page, Scene
from dashboard.pages._frame import LAND, NAMES, desk_page, proposal_rows
from dashboard.pages._moving import district_table
from dashboard.pages._tiles import case_tiles, feed_ages
from dashboard.text import both, figure, say
from layers.decisions.lockdown import RANK


def scene(asked: Asked) -> Scene:
    """Compounds by confirmed cases, hospitals above them."""
    return Scene((*LAND, "compounds", "cases", "hospitals", *NAMES), key=f"overview-{asked.here.view.area}")


def layout(asked: Asked) -> Component:
    """Tiles and the curve at the left; what to decide at the right."""
    desk, who, view, lang = asked.desk, asked.who, asked.here.view, asked.lang
    plan = desk.plan(who, "lockdown", view)
    first = [p for p in plan.proposals if p.action in tuple(RANK)[:2]][:12]
    unplaced = desk.unplaced(who, view)
    left = [
        case_tiles(asked),
        parts.panel(
            say("chart.curve", lang),
            parts.graph(charts.epidemic_curve(desk.daily(who, view), lang, asked.scale), name="curve"),
            grow=True,
        ),
        parts.panel(say("wall.feeds", lang), feed_ages(asked)),
    ]
    right = [
        parts.panel(
            asked.say("overview.decide_first"),
            parts.reason_list(proposal_rows(asked, plan, first, most=1), lang, kind="pick"),
            note=parts.first_of(len(first), sum(p.action in tuple(RANK)[:2] for p in plan.proposals), lang),
            grow=True,
        ),
        parts.panel(
            asked.say("overview.cases_by_district"),
            district_table(asked),
            note=say("state.not_placed", lang, n=figure(unplaced)) if unplaced else "",
        ),
    ]
    return desk_page(asked, left, right, scene(asked))


PAGE = Page("/", order=10, title=both("page.overview"), layout=layout, scene=scene, shared=True)
