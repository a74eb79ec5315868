"""Staff: what each hospital needs by skill, what is missing, where whole teams should go, who lends, who rests."""

from typing import Any

from dash import html
from dash.development.base_component import Component

from dashboard import chart_staff, parts
from dashboard.arcs import arcs
from dashboard.pages import Asked, Page, Scene, _compare, _drawer, _staff_lists, _whatif
from dashboard.pages._frame import LAND, NAMES, brief, caveats, desk_page, proposal_rows, silence
from dashboard.pages._order import proposed
from dashboard.pages._staff_tables import share, skills_frame, tabs
from dashboard.pages._tiles import aged_tile
from dashboard.pages.beds import quiet
from dashboard.text import both, figure, is_unknown, say
from layers.decisions._proposal import Plan, Proposal
from layers.decisions.staff import SKILL_WORDS

SHOWN = 24
FIRST = ("assign", "recruit", "rotate", "post_workers", "lend", "stand_by")


def scene(asked: Asked) -> Scene:
    """Teams at their hospitals; under assumptions the hospitals say where less or more is missing."""
    changed = _compare.paint(asked, "staff")
    return Scene(
        (*LAND, "compounds", "hospitals", "staff", *NAMES),
        key=f"staff-{asked.here.view.area}",
        paint={"compounds": quiet(asked), **({"hospitals": changed} if len(changed) else {})},
        marks=_compare.MARKS if len(changed) else {},
        pitch=40,
        arcs=lending(asked),
    )


def lending(asked: Asked) -> list[dict[str, Any]]:
    """Return the arcs of whom one hospital can lend to another."""
    plan = asked.desk.plan(asked.who, "staff", asked.here.view)
    hospitals = asked.desk.frames(asked.who, asked.here.view, ["hospitals"], asked.lang)["hospitals"]
    names = dict(zip(hospitals["id"], hospitals["name"], strict=True))

    def line(row: Any) -> tuple[str, str]:
        return SKILL_WORDS[row["skill"]].said(asked.lang), asked.say("staff.people", people=figure(row['people']))  # fmt: skip

    return arcs(plan.tables["lending"], hospitals, names, line, "people", asked.lang)


def layout(asked: Asked) -> Component:
    """Shortage by skill and the assumptions at the left, teams to send and the tables at the right."""
    plan = asked.desk.plan(asked.who, "staff", asked.here.view)
    ordered = sorted(plan.proposals, key=lambda p: FIRST.index(p.action))
    left = [
        silence(asked, plan),
        tiles(asked, plan),
        _whatif.panel(asked, _whatif.refusable(asked)),
        parts.panel(
            asked.say("staff.need_people_skill"),
            parts.graph(chart_staff.skills(skills_frame(asked, plan), asked.lang, asked.scale), name="skills"),
            note=honest(asked, plan),
            grow=True,
        ),
        caveats(asked, plan),
    ]
    right = [
        _compare.panel(asked, "staff"),
        proposed(
            asked,
            plan,
            asked.say("staff.teams_send_help"),
            rows(asked, plan, ordered[:SHOWN]),
            len(ordered),
            kind="pick-hospital",
        ),
        tabs(asked, plan),
    ]
    return desk_page(asked, left, right, scene(asked), _drawer.drawer(asked, _staff_lists.TABLES))


def rows(asked: Asked, plan: Plan, proposals: list[Proposal]) -> list[dict[str, Any]]:
    """Return the proposals as a list shows them: of a team why it goes where it goes, rather than who is in it."""
    found = proposal_rows(asked, plan, proposals)
    for row, proposal in zip(found, proposals, strict=True):
        if proposal.action == "assign":
            row["reasons"] = [brief(proposal.reasons[1].said(asked.lang))]
        people = proposal.figures.get("people")
        row["figure"] = asked.say("staff.people", people=figure(people)) if people is not None else ""
    return found


def honest(asked: Asked, plan: Plan) -> str:
    """Return how far the plan of whole teams may be from the best, and what of the plan before it keeps."""
    s = plan.summary
    kept = s.get("kept_share", float("nan"))
    gap = asked.say("staff.most_from_best", share=share(s.get("gap", 0)))
    return gap + (asked.say("staff.keeps", share=share(kept)) if kept == kept else "")


def tiles(asked: Asked, plan: Plan) -> Component:
    """Return the shortage of each skill, before and after the free teams are sent."""
    found = []
    for skill, words in SKILL_WORDS.items():
        short, after = plan.summary.get(f"short_{skill}"), plan.summary.get(f"short_after_{skill}")
        need, have = plan.summary.get(f"need_{skill}"), plan.summary.get(f"have_{skill}")
        note = asked.say("staff.need_have_short", need=figure(need), have=figure(have), after=figure(after))
        title = asked.say("staff.short", words=words)
        unit = say("unit.persons", asked.lang)
        tone = "blue" if is_unknown(short) else "red" if short else "teal"
        found.append(aged_tile(asked, "staff", title, figure(short), unit, note, tone))
    free = asked.say(
        "staff.people_teams_send",
        people_free=figure(plan.summary.get("people_free")),
        teams_assigned=figure(plan.summary.get("teams_assigned")),
    )
    found.append(
        aged_tile(
            asked,
            "staff",
            asked.say("staff.teams_not_assigned"),
            figure(plan.summary.get("teams_free")),
            asked.say("staff.teams"),
            free,
            "blue",
        )
    )
    return html.Div(found, className="tiles")


PAGE = Page("/staff", order=40, group="decide", title=both("page.staff"), layout=layout, scene=scene, shared=True)
