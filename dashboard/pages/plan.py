"""Joint plan: beds, staff and supplies together for the coming days; what binds, what ten more would buy, plan A against plan B."""

import pandas as pd
from dash import Dash, html
from dash.development.base_component import Component

from dashboard import chart_staff, parts
from dashboard.desk import Desk
from dashboard.goods import in_words, said
from dashboard.pages import Asked, Page, Scene, _compare, _whatif
from dashboard.pages._bed_tables import table
from dashboard.pages._frame import LAND, NAMES, brief, caveats, desk_page, proposal_rows, silence, take_menu
from dashboard.pages._order import beside
from dashboard.pages._staff_tables import hospital_names, more, share, tabbed
from dashboard.pages._tiles import aged_tile
from dashboard.pages.beds import quiet
from dashboard.text import UNKNOWN, both, figure, say
from layers._palette import Mark, rgba
from layers.decisions._bed_words import KIND_WORDS, NEED_WORDS, SHORT_WORDS
from layers.decisions._joint_words import resource_words
from layers.decisions._proposal import Plan

OPENED = (176, 142, 222, 245)
LINES = 14


def scene(asked: Asked) -> Scene:
    """Hospitals, and the sites that the plan opens; against another plan, where more or less is opened."""
    changed, marks = _compare.paint(asked, "joint"), _compare.MARKS
    if changed.empty:
        marks = {"opened": Mark(OPENED, "▲", *both("plan.opened_plan"))}
        sites = asked.desk.plan(asked.who, "joint", asked.here.view).tables["sites"]
        changed = pd.DataFrame({"id": sites["id"].astype(str), "fill_rgba": rgba(*OPENED)}).drop_duplicates("id")
    return Scene(
        (*LAND, "compounds", "hospitals", *NAMES),
        key=f"plan-{asked.here.view.area}",
        paint={"compounds": quiet(asked), **({"hospitals": changed} if len(changed) else {})},
        marks=marks if len(changed) else {},
        pitch=40,
    )


def layout(asked: Asked) -> Component:
    """Who is placed and what binds at the left, what more of it would buy and the comparison at the right."""
    plan = asked.desk.plan(asked.who, "joint", asked.here.view)
    left = [
        silence(asked, plan),
        tiles(asked, plan),
        _whatif.panel(asked, _whatif.refusable(asked)),
        parts.panel(
            asked.say("plan.placed_not_placed"),
            parts.graph(chart_staff.placing(needs(asked, plan), asked.lang, asked.scale), name="needs"),
            note=honest(asked, plan),
            grow=True,
        ),
        caveats(asked, plan),
    ]
    right = [
        _compare.panel(asked, "joint"),
        parts.panel(
            asked.say("plan.what_binds_what"),
            parts.reason_list(beside(asked, plan, rows(asked, plan)), asked.lang),
            note=asked.say("plan.bind", n=len(plan.proposals)),
            tools=take_menu(asked, "joint"),
            grow=True,
        ),
        tabbed(
            "plan-tabs",
            [
                ("use", asked.say("plan.use_resources"), use(asked, plan)),
                ("place", asked.say("plan.who_goes_where"), placed(asked, plan)),
                ("open", asked.say("plan.sites_opened"), opened(asked, plan)),
            ],
        ),
    ]
    return desk_page(asked, left, right, scene(asked))


def rows(asked: Asked, plan: Plan) -> list[dict]:
    """Return the resources that bind as a list shows them, each in the page's language."""
    found = proposal_rows(asked, plan, plan.proposals)
    for row, proposal in zip(found, plan.proposals, strict=True):
        row["name"] = resource(asked, proposal.subject)
        row["reasons"] = [
            brief(said(r.said(asked.lang), asked.lang)) for r in (*proposal.reasons[2:], proposal.reasons[1])
        ]
        row["figure"] = f"+{figure(proposal.figures['added'])}"
    return found


def resource(asked: Asked, name: str) -> str:
    """Return what a resource is called."""
    words = resource_words(name).said(asked.lang)
    words = in_words(words, asked.lang) if name.startswith("items:") else words
    return words[:1].upper() + words[1:]


def tiles(asked: Asked, plan: Plan) -> Component:
    """Return, by need, the person-days for which nobody finds a bed, and what binds."""
    found, binding = [], plan.tables["binding"].set_index("need")
    for need, words in NEED_WORDS.items():
        unmet, wanted = plan.summary.get(f"unmet_{need}"), plan.summary.get(f"wanted_{need}")
        binds = binding["binds"].get(need, "")
        why = (
            asked.say("plan.bound") + resource(asked, binds)
            if binds
            else asked.say("plan.none")
            if not unmet
            else UNKNOWN
        )
        note = asked.say("plan.person_days", wanted=figure(wanted), why=why)
        title = asked.say("plan.not_placed", words=words)
        tone = "red" if unmet else "teal"
        found.append(aged_tile(asked, "beds", title, figure(unmet), asked.say("plan.person_days_2"), note, tone))
    return html.Div(found, className="tiles")


def honest(asked: Asked, plan: Plan) -> str:
    """Return how good the plan is: the solver's gap, and the plain plan beside it."""
    s = plan.summary
    return asked.say("plan.days_most_from", days=figure(s["days"]), share=share(s["gap"]))


def needs(asked: Asked, plan: Plan) -> pd.DataFrame:
    """Return name, placed, unmet, greedy: a row a need."""
    found = plan.tables["needs"]
    return found.assign(name=[SHORT_WORDS[need].said(asked.lang) for need in found["need"]])


def use(asked: Asked, plan: Plan) -> Component:
    """Return how much of each resource its scarcest day uses."""
    found = plan.tables["resources"]
    if found.empty:
        return parts.empty(say("state.empty", asked.lang))
    part = found["used"] / found["limit"].where(found["limit"] > 0)
    shown = found.assign(share=part, name=[resource(asked, name) for name in found["resource"]])
    shown = shown.sort_values(["worth", "share"], ascending=[False, False], kind="stable")
    return parts.graph(chart_staff.resources(shown, asked.lang, asked.scale), name="resources")


def placed(asked: Asked, plan: Plan) -> Component:
    """Return persons placed by need and kind of bed on the first and the last day."""
    found, w = plan.tables["placed"], asked.say
    if found.empty:
        return parts.empty(say("state.empty", asked.lang))
    first, last = found["day"].min(), found["day"].max()
    lines = []
    for (need, kind), group in found.groupby(["need", "kind"], sort=False):
        by_day = group.set_index("day")["persons"]
        if by_day.max() >= 0.5:
            name = f"{SHORT_WORDS[need].said(asked.lang)} → {KIND_WORDS[kind].said(asked.lang)}"
            lines.append((name, [figure(by_day[first]), figure(by_day[last]), figure(by_day.sum())]))
    head = [w("plan.need_bed"), w("plan.tomorrow"), w("plan.last_day"), w("plan.person_days_3")]
    return table(head, lines)


def opened(asked: Asked, plan: Plan) -> Component:
    """Return the sites that the plan opens, and from which day they can be used."""
    found, names, w = plan.tables["sites"], hospital_names(asked), asked.say
    if found.empty:
        return parts.empty(w("plan.no_site_needs"))
    lines = [
        (
            names.get(row["id"], row["id"]),
            [
                KIND_WORDS[row["kind"]].said(asked.lang),
                figure(row["beds"]),
                w("plan.day", ready=row["ready"] + 1),
            ],
        )
        for row in found.sort_values(["beds", "id"], ascending=[False, True]).head(LINES).to_dict("records")
    ]
    head = [w("plan.site"), w("plan.kind"), w("plan.beds"), w("plan.usable_from")]
    return html.Div([table(head, lines), more(asked, LINES, len(found))])


def connect(app: Dash, desk: Desk) -> None:
    """The controls of assumptions stand on several pages and are connected once."""
    _whatif.connect(app, desk)


PAGE = Page(
    "/plan",
    order=55,
    group="decide",
    title=both("page.plan"),
    layout=layout,
    scene=scene,
    connect=connect,
)
