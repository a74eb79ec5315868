"""The tables of the staff page: hospitals that lack most, who can lend to whom, who has worked longest, workers for the community."""

from collections.abc import Sequence

import pandas as pd
from dash import dcc, html
from dash.development.base_component import Component

from dashboard import charts, parts
from dashboard.pages import Asked, _drawer
from dashboard.pages._bed_tables import table
from dashboard.pages._frame import district_names, missing
from dashboard.text import UNKNOWN, both, figure, is_unknown, percent, say
from layers.decisions._proposal import Plan
from layers.decisions.staff import SKILL_WORDS

SHOWN = 14  # lines of a table; the export has all
DUE = {"rest": both("staff_tables.due_rest"), "leaves": both("staff_tables.due_leaves"), "": ("", "")}


def tabbed(id: str, pages: Sequence[tuple[str, str, Component | None]], opener: Component | None = None) -> Component:
    """Return a panel of tables of which one is seen at a time; pages: (value, title, body).

    opener  leads to the whole tables in the drawer
    """
    shown = [
        dcc.Tab(
            html.Div(body, className="tab-body"), label=title, value=name, className="tab", selected_className="here"
        )
        for name, title, body in pages
    ]
    tabs = dcc.Tabs(
        shown, id=id, value=pages[0][0], className="tabs", parent_className="tabs-box", content_className="tabs-content",
        persistence=True, persistence_type="session",
    )  # fmt: skip
    return html.Section([tabs, opener], className="panel tabbed")


def tabs(asked: Asked, plan: Plan) -> Component:
    """Return the tables, one at a time."""
    w = asked.say
    return tabbed(
        "staff-tabs",
        [
            ("lack", w("staff_tables.hospital"), lacking(asked, plan)),
            ("lend", w("staff_tables.lending"), lending(asked, plan)),
            ("rest", w("staff_tables.rest"), resting(asked, plan)),
            ("community", w("staff_tables.community"), community(asked, plan)),
        ],
        _drawer.opener(asked, "gap"),
    )


def more(asked: Asked, n: int, total: int, note: str = "") -> Component:
    """Return how many of how many lines are shown, and a note."""
    text = say("state.sample", asked.lang, n=min(n, total), total=figure(total)) if total > n else ""
    return html.P(" · ".join(filter(None, [text, note])), className="more")


def named_cell(name: str) -> Component:
    """Return the cell of a name, cut where the column is too narrow and whole when the pointer rests on it."""
    return html.Td(name, className="name", title=name)


def hospital_names(asked: Asked) -> dict[str, str]:
    """Return code -> name of every hospital, in the page's language."""
    frames = asked.desk.frames(asked.who, asked.here.view.narrowed(asked.here.view.district), ["hospitals"], asked.lang)
    hospitals = frames["hospitals"]
    return dict(zip(hospitals["id"], hospitals["name"], strict=True))


def lacking(asked: Asked, plan: Plan) -> Component:
    """Return needed against present people, a row a hospital that lacks most."""
    gap = plan.tables["gap"]
    if gap.empty:
        return missing(asked, "staff")
    names = hospital_names(asked)
    sums = gap.groupby("hospital")[["need", "have"]].sum().rename(columns={"need": "needed", "have": "present"})
    rows = sums.assign(name=[names.get(code, code) for code in sums.index]).reset_index(drop=True)
    return parts.graph(charts.staff_gap(rows, asked.lang, asked.scale), name="staff")


def lending(asked: Asked, plan: Plan) -> Component:
    """Return people whom a hospital can spare and where they would go."""
    rows, names, w = plan.tables["lending"], hospital_names(asked), asked.say
    if rows.empty:
        return parts.empty(w("staff_tables.no_hospital_has"))
    lines = [
        (
            SKILL_WORDS[row["skill"]].said(asked.lang),
            [
                named_cell(names.get(row["giver"], row["giver"])),
                named_cell(names.get(row["taker"], row["taker"])),
                figure(row["people"]),
                figure(row["hours"]),
                figure(row["km"], 1),
            ],
        )
        for row in rows.head(SHOWN).to_dict("records")
    ]
    head = [
        w("staff_tables.skill"),
        w("staff_tables.from"),
        w("staff_tables.to"),
        w("staff_tables.people"),
        w("staff_tables.hours_day"),
        w("staff_tables.km"),
    ]
    note = w("staff_tables.flow_per_skill")
    return html.Div([table(head, lines, name="pairs"), more(asked, SHOWN, len(rows), note)])


def resting(asked: Asked, plan: Plan) -> Component:
    """Return the teams that have worked longest, and which are due to rest or leave."""
    rows, names, w = plan.tables["terms"], hospital_names(asked), asked.say
    if rows.empty:
        return missing(asked, "staff")
    lines = [
        (
            row["name"],
            [
                named_cell(names.get(row["hospital"], row["hospital"])),
                figure(row["people"]),
                figure(row["worked_days"]),
                html.Td(asked.words(*DUE[row["due"]]) or UNKNOWN, className="short" if row["due"] else "none"),
            ],
        )
        for row in rows.head(SHOWN).to_dict("records")
    ]
    head = [
        w("staff_tables.team"),
        w("staff_tables.hospital_head"),
        w("staff_tables.people"),
        w("staff_tables.days"),
        w("staff_tables.rest"),
    ]
    return html.Div([table(head, lines, name="pairs"), more(asked, SHOWN, len(rows))])


def community(asked: Asked, plan: Plan) -> Component:
    """Return workers that closed compounds take, street by street; how many there are is not known."""
    rows, names, w = plan.tables["community"], district_names(asked), asked.say
    if rows.empty:
        return parts.empty(w("staff_tables.no_compound_under"))
    head = [
        w("staff_tables.street"),
        w("staff_tables.closed"),
        w("staff_tables.sealed"),
        w("staff_tables.households"),
        w("staff_tables.gates"),
        w("staff_tables.checks"),
        w("staff_tables.deliveries"),
        w("staff_tables.workers"),
    ]
    lines = [_street(row, names) for row in rows.head(SHOWN).to_dict("records")]
    unknown = int(rows["households_unknown"].sum())
    note = w("staff_tables.in_all_how", workers=figure(rows["workers"].sum()), unknown=figure(unknown))
    return html.Div([table(head, lines), more(asked, SHOWN, len(rows), note)])


def _street(row: dict, names: dict[str, str]) -> tuple[str, list[str]]:
    title = f"{names.get(row['district'], row['district'])} {row['street']}".strip()
    figures = [
        row[name]
        for name in (
            "compounds",
            "sealed",
            "households",
            "gate_workers",
            "check_workers",
            "delivery_workers",
            "workers",
        )
    ]
    return title, [figure(n) for n in figures]


def skills_frame(asked: Asked, plan: Plan) -> pd.DataFrame:
    """Return name, need, have, free, short_after: a row a skill, for the chart."""
    rows = plan.tables["skills"]
    return rows.assign(name=[SKILL_WORDS[skill].said(asked.lang) for skill in rows["skill"]])


def share(value: float) -> str:
    """Return a share as per cent, "–" where it is not known."""
    return UNKNOWN if is_unknown(value) else percent(value, 1)
