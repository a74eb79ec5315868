"""The tables of the bed page: shortage, beds that can be used, who goes where, how far it is, and siting models side by side."""

from collections.abc import Sequence
from typing import Any

import pandas as pd
from dash import dcc, html
from dash.development.base_component import Component

from dashboard import parts
from dashboard.pages import Asked
from dashboard.pages._drill import go
from dashboard.pages._frame import district_names, missing
from dashboard.text import UNKNOWN, figure, is_unknown, listed, percent
from layers.decisions._bed_words import KIND_WORDS, LIMIT_WORDS, METHOD_WORDS, NEED_WORDS, SHORT_WORDS, WHY_WORDS
from layers.decisions._proposal import Plan
from layers.decisions._staff_asks import SKILL_WORDS
from layers.decisions.patients import CLASSES

LONGEST = 12  # ways listed; the export has all
FEW = 6  # compounds worst reached


def tabs(asked: Asked, plan: Plan) -> Component:
    """Return the tables, one at a time."""
    w = asked.say
    pages = [
        ("short", w("bed_tables.district"), balance(asked, plan)),
        ("send", w("bed_tables.who_goes_where"), sending(asked, plan)),
        ("use", w("bed_tables.usable_beds"), usable(asked, plan)),
        ("reach", w("bed_tables.access"), access(asked, plan)),
        ("site", w("bed_tables.siting"), siting(asked, plan)),
    ]
    shown = [
        dcc.Tab(
            html.Div(body, className="tab-body"), label=title, value=name, className="tab", selected_className="here"
        )
        for name, title, body in pages
    ]
    return dcc.Tabs(
        shown, id="beds-tabs", value="short", className="tabs", parent_className="tabs-box", content_className="tabs-content",
        persistence=True, persistence_type="session",
    )  # fmt: skip


def table(
    head: list[Any], rows: Sequence[tuple[Any, list[Any]]], *, title: str = "", sums: bool = False, name: str = ""
) -> Component:
    """Return a plain table: first cells are names, the last row is a sum where asked for; `name` is its class."""
    lines = [
        html.Tr(
            [html.Th(name), *(cell if isinstance(cell, html.Td) else html.Td(cell) for cell in cells)],
            className="sum" if sums and at == len(rows) else "",
        )
        for at, (name, cells) in enumerate(rows, start=1)
    ]
    return html.Table(
        [html.Thead(html.Tr([html.Th(one) for one in head])), html.Tbody(lines)],
        className=f"plain-table compact {name}".strip(),
        title=title or None,
    )


def balance(asked: Asked, plan: Plan) -> Component:
    """Return the table of shortages per district and need."""
    rows, names = plan.tables["balance"], district_names(asked)
    head = [asked.say("bed_tables.district_head")]
    head += [
        html.Span(SHORT_WORDS[n].said(asked.lang), title=words.said(asked.lang)) for n, words in NEED_WORDS.items()
    ]
    lines = []
    areas = sorted(rows.groupby("area", sort=False), key=lambda one: (str(one[0]) == "*") * 2 + (one[0] not in names))
    for area, of_area in areas:
        cells = of_area.set_index("need")
        shown = [
            html.Td(shortage(cells, need), className=short_class(cells, need), **{"data-need": need})
            for need in NEED_WORDS
        ]
        if area == "*" and len(areas) > 2:
            lines.append(apart(asked, rows))
            lines.append((asked.say("bed_tables.city_one_across"), shown))
        else:
            name = area_name(asked, names, area)
            lines.append((go("area", str(area), name, "drill-go") if area in names else name, shown))
    note = asked.say("bed_tables.short_now_in")
    return html.Div([html.P(note, className="tab-note"), table(head, lines, sums=True, name="balance")])


def apart(asked: Asked, rows: pd.DataFrame) -> tuple[str, list[Any]]:
    """Return the sum of what is short in the districts, each with its own beds; unknown where a district's is."""
    sums = rows[rows["area"] != "*"].groupby("need")[["shortage", "shortage_7d"]].agg(lambda n: n.sum(skipna=False))
    shown = [html.Td(shortage(sums, need), className=short_class(sums, need)) for need in NEED_WORDS]
    return asked.say("bed_tables.sum_districts_each"), shown


def area_name(asked: Asked, names: dict[str, str], area: Any) -> str:
    """Return the name of a district, "All" for "*"."""
    return (
        asked.say("bed_tables.all")
        if area == "*"
        else names.get(str(area), str(area) or asked.say("bed_tables.unknown"))
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


def usable(asked: Asked, plan: Plan) -> Component:
    """Return open, used, staffed and usable beds by kind, and what limits them."""
    rows, w = plan.tables["kinds"], asked.say
    if rows.empty:
        return missing(asked, "beds", w("bed_tables.no_beds_reported"))
    head = [
        w("bed_tables.kind"),
        w("bed_tables.open"),
        w("bed_tables.in_use"),
        w("bed_tables.staffed"),
        w("bed_tables.oxygen"),
        w("bed_tables.usable"),
        w("bed_tables.limited"),
    ]
    lines = []
    for row in rows.to_dict("records"):
        over = "short" if row["used"] > row["usable"] else ""
        limit = LIMIT_WORDS[row["binding"]].said(asked.lang)
        cells = [figure(row[name]) for name in ("open", "used", "staffed", "oxygen")]
        lines.append(
            (KIND_WORDS[row["kind"]].said(asked.lang), [*cells, html.Td(figure(row["usable"]), className=over), limit])
        )
    unknown = int(rows["staff_unknown"].sum())
    note = w("bed_tables.usable_least_open", unknown=unknown)
    notes = [note, *untold(asked, rows)]
    return html.Div([*(html.P(each, className="tab-note") for each in notes), table(head, lines)])


def untold(asked: Asked, rows: pd.DataFrame) -> list[str]:
    """Return which skills some sites never named, by kind of bed; nothing where all are told."""
    found = []
    for row in rows[rows["untold"] != ""].to_dict("records"):
        names = [SKILL_WORDS[skill].said(asked.lang) for skill in row["untold"].split()]
        found.append(f"{KIND_WORDS[row['kind']].said(asked.lang)} – {listed(names, asked.lang)}")
    if not found:
        return []
    return [asked.say("bed_tables.skills_some_sites") + asked.say("manner.semicolon").join(found)]


def sending(asked: Asked, plan: Plan) -> Component:
    """Return how many of each class wait, get a bed, and do not, with why; then the largest flows."""
    w, lang, ledger = asked.say, asked.lang, plan.tables["ledger"].iloc[0]
    note = w(
        "bed_tables.persons_in_bed",
        persons=figure(ledger["persons"]),
        in_bed=figure(ledger["in_bed"]),
        waiting=figure(ledger["waiting"]),
        placed=figure(ledger["placed"]),
        transfers=figure(ledger["transfers"]),
        unserved=figure(ledger["unserved"]),
    )
    flows, unserved, solved = (plan.tables[name] for name in ("flows", "unserved", "solved"))
    head = [
        w("bed_tables.class"),
        w("bed_tables.sent"),
        w("bed_tables.mean"),
        w("bed_tables.plain"),
        w("bed_tables.no_bed"),
        w("bed_tables.why"),
    ]
    lines = []
    for name, words in CLASSES.items():
        mine, lacking, how = (t[t[key] == name] for t, key in ((flows, "class"), (unserved, "class"), (solved, "part")))
        if mine.empty and lacking.empty:
            continue
        n, left = mine["n"].sum(), lacking["n"].sum()
        means = [
            minutes(asked, how[column].iloc[0] / n if n and len(how) else float("nan"))
            for column in ("objective", "greedy")
        ]
        why = WHY_WORDS[lacking["why"].iloc[0]].said(lang) if left else ""
        lines.append(
            (words.said(lang), [figure(n), *means, html.Td(figure(left), className="short" if left else "none"), why])
        )
    if not lines:
        return html.Div([html.P(note, className="tab-note"), parts.empty(w("bed_tables.nobody_waits_for"))])
    return html.Div(
        [
            html.P(note, className="tab-note"),
            table(head, lines, title=honesty(asked, solved), name="wrapped"),
            largest(asked, flows),
        ]
    )


def honesty(asked: Asked, solved: pd.DataFrame) -> str:
    """Return status and gap of every solver, beside what the plain rule gets."""
    said = [f"{row['part']}: {row['status']}, gap {percent(row['gap'])}" for row in solved.to_dict("records")]
    return asked.say("bed_tables.solvers") + " · ".join(said)


def minutes(asked: Asked, value: float) -> str:
    """Return minutes of travel, indicative."""
    return UNKNOWN if is_unknown(value) else f"{value:,.0f} {asked.say('bed_tables.min')}"


def largest(asked: Asked, flows: pd.DataFrame) -> Component:
    """Return the largest flows from district to hospital."""
    w, names = asked.say, district_names(asked)
    hospitals = asked.desk.frames(asked.who, asked.here.view, ["hospitals"], asked.lang)["hospitals"]
    titles = dict(zip(hospitals["id"], hospitals["name"], strict=True))
    rows = flows.assign(long=flows["n"] * flows["minutes"])
    rows = rows.groupby(["district", "hospital", "kind"], as_index=False)[["n", "long"]].sum()
    rows = rows.sort_values(["n", "district", "hospital"], ascending=[False, True, True])
    lines = [
        (area_name(asked, names, row["district"]), [html.Td(go("hospitals", row["hospital"], titles.get(row["hospital"], row["hospital"]), "drill-go"), className="name"),
         KIND_WORDS[row["kind"]].said(asked.lang), figure(row["n"]), minutes(asked, row["long"] / row["n"])])
        for row in rows.head(LONGEST).to_dict("records")
    ]  # fmt: skip
    head = [
        w("bed_tables.from"),
        w("bed_tables.to"),
        w("bed_tables.bed"),
        w("bed_tables.persons"),
        w("bed_tables.ride"),
    ]
    more = w("bed_tables.rides_indicative", shown=parts.first_of(len(lines), len(rows), asked.lang))
    return html.Div([html.P(more, className="tab-note"), table(head, lines, name="flows")])


def access(asked: Asked, plan: Plan) -> Component:
    """Return per district usable beds per thousand residents and how far the nearest is, then the compounds worst reached."""
    w, names, rows = asked.say, district_names(asked), plan.tables["access"]
    if rows.empty or rows["population"].isna().all():
        return missing(asked, "compounds", w("bed_tables.residents_not_known"))
    unserved = plan.tables["travel"].set_index("area")["unserved"]
    head = [
        w("bed_tables.district_head"),
        w("bed_tables.beds_per_1"),
        w("bed_tables.mean"),
        w("bed_tables.p90"),
        w("bed_tables.longest"),
        w("bed_tables.no_bed"),
    ]
    low = rows.loc[rows["area"] != "*", "beds_per_1000"].min()
    lines = []
    for row in rows.to_dict("records"):
        share = UNKNOWN if is_unknown(row["beds_per_1000"]) else f"{row['beds_per_1000']:.2f}"
        worst = "short" if row["beds_per_1000"] == low and row["area"] != "*" else ""
        ways = [minutes(asked, row[name]) for name in ("mean_min", "p90_min", "max_min")]
        lines.append(
            (
                area_name(asked, names, row["area"]),
                [html.Td(share, className=worst), *ways, figure(unserved.get(row["area"], 0))],
            )
        )
    note = w("bed_tables.usable_beds_within")
    return html.Div([html.P(note, className="tab-note"), table(head, lines, sums=True), worst_reached(asked, plan)])


def worst_reached(asked: Asked, plan: Plan) -> Component:
    """Return the compounds with the longest way to a bed; each opens its panel."""
    rows = plan.tables["reach"].dropna(subset=["nearest_min"])
    rows = rows.sort_values(["nearest_min", "id"], ascending=[False, True]).head(FEW)
    compounds = asked.desk.frames(asked.who, asked.here.view, ["compounds"], asked.lang)["compounds"].set_index("id")[
        "name"
    ]
    items = [
        html.Li(html.Button([compounds.get(row["id"], row["id"]), html.Span(minutes(asked, row["nearest_min"]))],
                            id={"type": "pick", "index": row["id"]}, className="quiet", n_clicks=0))
        for row in rows.to_dict("records")
    ]  # fmt: skip
    return html.Div(
        [
            html.P(asked.say("bed_tables.compounds_farthest_from"), className="tab-note"),
            html.Ul(items, className="farthest"),
        ]
    )


def siting(asked: Asked, plan: Plan) -> Component:
    """Return the siting models beside the plan: ways, reach, and the person-days each leaves without a bed."""
    w, rows = asked.say, plan.tables["siting"]
    if rows.empty:
        return parts.empty(w("bed_tables.nothing_short_candidate"))
    head = [
        w("bed_tables.choice"),
        w("bed_tables.sites"),
        w("bed_tables.person_days_short"),
        w("bed_tables.mean"),
        w("bed_tables.longest"),
        w("bed_tables.30_min"),
        w("bed_tables.gap"),
    ]
    lines = []
    for row in rows.to_dict("records"):
        cells = [figure(row["number"]), figure(row["person_days"]), minutes(asked, row["mean_min"]), minutes(asked, row["max_min"]),
                 percent(row["within"]), percent(row["gap"])]  # fmt: skip
        lines.append((METHOD_WORDS[row["method"]].said(asked.lang), cells))
    opened = plan.tables["solved"][plan.tables["solved"]["unit"] == "person-days"]
    greedy = " · ".join(
        w("bed_tables.plain_order_person", greedy=figure(row['greedy']), objective=figure(row['objective']), status=status(asked, row))
        for row in opened.to_dict("records")
    )  # fmt: skip
    notes = [html.P(greedy, className="tab-note")]
    if len(rows) == 1:
        notes.append(
            html.P(
                w("bed_tables.one_site_enough"),
                className="tab-note",
            )
        )
    return html.Div([*notes, table(head, lines, name="wrapped")])


def status(asked: Asked, row: dict[str, Any]) -> str:
    """Return how good a solver's answer is, in words."""
    if row["status"] == "optimal":
        return asked.say("bed_tables.proven_optimal")
    return asked.say("bed_tables.feasible_gap", gap=percent(row["gap"]))
