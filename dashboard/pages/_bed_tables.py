"""The tables of the bed page: shortage, beds that can be used, who goes where, how far it is, and siting models side by side."""

from typing import Any

import pandas as pd
from dash import dcc, html
from dash.development.base_component import Component

from dashboard import parts
from dashboard.pages import Asked
from dashboard.pages._frame import district_names
from dashboard.text import UNKNOWN, figure, is_unknown, percent
from layers.decisions._bed_words import KIND_WORDS, LIMIT_WORDS, METHOD_WORDS, NEED_WORDS, SHORT_WORDS, WHY_WORDS
from layers.decisions._proposal import Plan
from layers.decisions._staff_asks import SKILL_WORDS
from layers.decisions.patients import CLASSES

LONGEST = 12  # ways listed; the export has all
FEW = 6  # compounds worst reached


def tabs(asked: Asked, plan: Plan) -> Component:
    """Return the tables, one at a time."""
    w = asked.words
    pages = [
        ("short", w("各区缺口", "By district"), balance(asked, plan)),
        ("send", w("收治去向", "Who goes where"), sending(asked, plan)),
        ("use", w("可用床位", "Usable beds"), usable(asked, plan)),
        ("reach", w("就医可及", "Access"), access(asked, plan)),
        ("site", w("选址对比", "Siting"), siting(asked, plan)),
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
    head: list[Any], rows: list[tuple[str, list[Any]]], *, title: str = "", sums: bool = False, name: str = ""
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
    head = [asked.words("区", "District")]
    head += [
        html.Span(SHORT_WORDS[n].said(asked.lang), title=words.said(asked.lang)) for n, words in NEED_WORDS.items()
    ]
    lines = []
    areas = sorted(rows.groupby("area", sort=False), key=lambda one: (str(one[0]) == "*") * 2 + (one[0] not in names))
    for area, of_area in areas:
        cells = of_area.set_index("need")
        shown = [html.Td(shortage(cells, need), className=short_class(cells, need)) for need in NEED_WORDS]
        if area == "*" and len(areas) > 2:
            lines.append(apart(asked, rows))
            lines.append((asked.words("全市统筹（可跨区收治）", "City as one (across districts)"), shown))
        else:
            lines.append((area_name(asked, names, area), shown))
    note = asked.words(
        "现在 → 7天后缺多少张。各区只用本区床位（推算）；统筹按全市床位收治、7天后为预测，因此小于各区之和",
        "Short now → in 7 days. Districts have their own beds only (projected); as one, every free bed in the city is used "
        "(in 7 days: forecast), so less is short than the districts' sum",
    )
    return html.Div([html.P(note, className="tab-note"), table(head, lines, sums=True, name="balance")])


def apart(asked: Asked, rows: pd.DataFrame) -> tuple[str, list[Any]]:
    """Return the sum of what is short in the districts, each with its own beds; unknown where a district's is."""
    sums = rows[rows["area"] != "*"].groupby("need")[["shortage", "shortage_7d"]].agg(lambda n: n.sum(skipna=False))
    shown = [html.Td(shortage(sums, need), className=short_class(sums, need)) for need in NEED_WORDS]
    return asked.words("各区之和（不跨区）", "Sum of districts (each alone)"), shown


def area_name(asked: Asked, names: dict[str, str], area: Any) -> str:
    """Return the name of a district, "All" for "*"."""
    return (
        asked.words("合计", "All")
        if area == "*"
        else names.get(str(area), str(area) or asked.words("未知区", "Unknown"))
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
    rows, w = plan.tables["kinds"], asked.words
    if rows.empty:
        return parts.empty(w("没有床位报告", "No beds were reported"))
    head = [
        w("类别", "Kind"),
        w("开放", "Open"),
        w("占用", "In use"),
        w("人员可支撑", "Staffed"),
        w("供氧", "Oxygen"),
        w("可用", "Usable"),
        w("受限于", "Limited by"),
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
    note = w(
        f"可用 = 开放、人员、供氧三者最小；{unknown} 处人员未报，不作限制",
        f"Usable = least of open, staffed, oxygen; {unknown} sites reported no staff, which limits nothing",
    )
    notes = [note, *untold(asked, rows)]
    return html.Div([*(html.P(each, className="tab-note") for each in notes), table(head, lines)])


def untold(asked: Asked, rows: pd.DataFrame) -> list[str]:
    """Return which skills some sites never named, by kind of bed; nothing where all are told."""
    found = []
    for row in rows[rows["untold"] != ""].to_dict("records"):
        names = [SKILL_WORDS[skill].said(asked.lang) for skill in row["untold"].split()]
        found.append(f"{KIND_WORDS[row['kind']].said(asked.lang)} – {asked.words('、', ', ').join(names)}")
    if not found:
        return []
    return [
        asked.words("部分单位未报、不作限制的人员：", "Skills that some sites did not name, which limit nothing: ")
        + asked.words("；", "; ").join(found)
    ]


def sending(asked: Asked, plan: Plan) -> Component:
    """Return how many of each class wait, get a bed, and do not, with why; then the largest flows."""
    w, lang, ledger = asked.words, asked.lang, plan.tables["ledger"].iloc[0]
    note = w(
        f"{figure(ledger['persons'])} 人：在床 {figure(ledger['in_bed'])}，待收治 {figure(ledger['waiting'])}；可安排 {figure(ledger['placed'])}，"
        f"其中转院 {figure(ledger['transfers'])}（一人两次收治，只计一人），未安排 {figure(ledger['unserved'])}",
        f"{figure(ledger['persons'])} persons: {figure(ledger['in_bed'])} in a bed, {figure(ledger['waiting'])} wait; {figure(ledger['placed'])} can be sent, "
        f"{figure(ledger['transfers'])} of them as transfers (two admissions, one person); {figure(ledger['unserved'])} find no bed",
    )
    flows, unserved, solved = (plan.tables[name] for name in ("flows", "unserved", "solved"))
    head = [
        w("类别", "Class"),
        w("安排", "Sent"),
        w("平均", "Mean"),
        w("就近法", "Plain"),
        w("未安排", "No bed"),
        w("原因", "Why"),
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
        return html.Div([html.P(note, className="tab-note"), parts.empty(w("没有待收治者", "Nobody waits for a bed"))])
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
    return asked.words("求解：", "Solvers: ") + " · ".join(said)


def minutes(asked: Asked, value: float) -> str:
    """Return minutes of travel, indicative."""
    return UNKNOWN if is_unknown(value) else f"{value:,.0f} {asked.words('分', 'min')}"


def largest(asked: Asked, flows: pd.DataFrame) -> Component:
    """Return the largest flows from district to hospital."""
    w, names = asked.words, district_names(asked)
    hospitals = asked.desk.frames(asked.who, asked.here.view, ["hospitals"], asked.lang)["hospitals"]
    titles = dict(zip(hospitals["id"], hospitals["name"], strict=True))
    rows = flows.assign(long=flows["n"] * flows["minutes"])
    rows = rows.groupby(["district", "hospital", "kind"], as_index=False)[["n", "long"]].sum()
    rows = rows.sort_values(["n", "district", "hospital"], ascending=[False, True, True])
    lines = [
        (area_name(asked, names, row["district"]), [html.Td(titles.get(row["hospital"], row["hospital"]), className="name"),
         KIND_WORDS[row["kind"]].said(asked.lang), figure(row["n"]), minutes(asked, row["long"] / row["n"])])
        for row in rows.head(LONGEST).to_dict("records")
    ]  # fmt: skip
    head = [w("来自", "From"), w("送往", "To"), w("床位", "Bed"), w("人", "Persons"), w("车程", "Ride")]
    more = w(
        f"前 {len(lines)} 项 · 共 {len(rows)} 项；车程为估算", f"{len(lines)} of {len(rows)}; rides are indicative"
    )
    return html.Div([html.P(more, className="tab-note"), table(head, lines, name="flows")])


def access(asked: Asked, plan: Plan) -> Component:
    """Return per district usable beds per thousand residents and how far the nearest is, then the compounds worst reached."""
    w, names, rows = asked.words, district_names(asked), plan.tables["access"]
    if rows.empty or rows["population"].isna().all():
        return parts.empty(w("常住人口不明，无法计算", "Residents are not known: nothing can be said"))
    unserved = plan.tables["travel"].set_index("area")["unserved"]
    head = [
        w("区", "District"),
        w("每千人床位", "Beds per 1,000"),
        w("平均", "Mean"),
        w("90%以内", "p90"),
        w("最远", "Longest"),
        w("未安排", "No bed"),
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
    note = w(
        "60分钟内可用床位／居民（两步移动搜寻法）；到最近可用床位的车程为估算",
        "Usable beds within 60 minutes per resident (two-step floating catchment); rides to the nearest are indicative",
    )
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
            html.P(asked.words("离床位最远的小区", "Compounds farthest from a bed"), className="tab-note"),
            html.Ul(items, className="farthest"),
        ]
    )


def siting(asked: Asked, plan: Plan) -> Component:
    """Return the siting models beside the plan: ways, reach, and the person-days each leaves without a bed."""
    w, rows = asked.words, plan.tables["siting"]
    if rows.empty:
        return parts.empty(w("目前没有可由备选场所承担的缺口", "Nothing is short that a candidate site could take"))
    head = [
        w("方案", "Choice"),
        w("处", "Sites"),
        w("缺床人日", "Person-days short"),
        w("平均", "Mean"),
        w("最远", "Longest"),
        w("30分内", "≤30 min"),
        w("差距", "Gap"),
    ]
    lines = []
    for row in rows.to_dict("records"):
        cells = [figure(row["number"]), figure(row["person_days"]), minutes(asked, row["mean_min"]), minutes(asked, row["max_min"]),
                 percent(row["within"]), percent(row["gap"])]  # fmt: skip
        lines.append((METHOD_WORDS[row["method"]].said(asked.lang), cells))
    opened = plan.tables["solved"][plan.tables["solved"]["unit"] == "person-days"]
    greedy = " · ".join(
        w(f"简单排序 {figure(row['greedy'])} 人日，本方案 {figure(row['objective'])} 人日（{status(asked, row)}）",
          f"plain order {figure(row['greedy'])} person-days, this plan {figure(row['objective'])} ({status(asked, row)})")
        for row in opened.to_dict("records")
    )  # fmt: skip
    notes = [html.P(greedy, className="tab-note")]
    if len(rows) == 1:
        notes.append(
            html.P(
                w(
                    "只需一处，或为假设情形：不与其他选址模型比较",
                    "One site is enough, or this is a what-if: not compared with other models",
                ),
                className="tab-note",
            )
        )
    return html.Div([*notes, table(head, lines, name="wrapped")])


def status(asked: Asked, row: dict[str, Any]) -> str:
    """Return how good a solver's answer is, in words."""
    if row["status"] == "optimal":
        return asked.words("已证最优", "proven optimal")
    return asked.words(f"可行，差距≤{percent(row['gap'])}", f"feasible, gap ≤ {percent(row['gap'])}")
