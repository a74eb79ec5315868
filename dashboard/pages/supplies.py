"""Supplies: how many days the stock lasts, by item and by site; what is not known stays unknown."""

from collections.abc import Sequence
from typing import Any

from dash import html
from dash.development.base_component import Component

from dashboard import charts, parts
from dashboard.goods import in_words
from dashboard.pages import Asked, Page, Scene, _compare, _whatif
from dashboard.pages._bed_tables import table
from dashboard.pages._frame import LAND, NAMES, caveats, desk_page, proposal_rows, silence
from dashboard.pages._order import proposed
from dashboard.pages._staff_tables import hospital_names, more, named_cell, tabbed
from dashboard.pages._tiles import aged_tile
from dashboard.pages.beds import quiet
from dashboard.text import figure, say
from layers.decisions._proposal import Plan, Proposal

SHOWN = 20
LINES = 14  # of a table; the export has all
SHORT_DAYS = 3


def scene(asked: Asked) -> Scene:
    """Sites coloured by the item that runs out first."""
    changed = _compare.paint(asked, "supplies")
    return Scene(
        (*LAND, "compounds", "supplies", *NAMES),
        key=f"supplies-{asked.here.view.area}",
        paint={"compounds": quiet(asked), **({"supplies": changed} if len(changed) else {})},
        marks=_compare.MARKS if len(changed) else {},
    )


def layout(asked: Asked) -> Component:
    """The city's cover at the left, what to replenish at the right."""
    plan = asked.desk.plan(asked.who, "supplies", asked.here.view)
    city = plan.tables["city"].rename(columns={"item": "name", "days_of_cover": "days"})
    city = city.assign(name=[in_words(name, asked.lang) for name in city["name"]])
    left = [
        silence(asked, plan),
        tiles(asked, plan),
        _whatif.panel(asked, _whatif.refusable(asked)),
        parts.panel(
            asked.words("全市可用天数", "Days of cover, city"),
            parts.graph(charts.days_of_cover(city, asked.lang, asked.scale), name="cover"),
            grow=True,
        ),
        caveats(asked, plan),
    ]
    right = [
        _compare.panel(asked, "supplies"),
        proposed(
            asked,
            plan,
            asked.words("补充建议", "What to replenish"),
            rows(asked, plan, plan.proposals[:SHOWN]),
            len(plan.proposals),
        ),
        tabbed(
            "supplies-tabs",
            [
                ("moves", asked.words("调拨", "Moves"), moves(asked, plan)),
                ("stock", asked.words("各单位库存", "Stock by site"), stock(asked, plan)),
                ("age", asked.words("久未补足", "Short for long"), waiting(asked, plan)),
            ],
        ),
    ]
    return desk_page(asked, left, right, scene(asked))


def rows(asked: Asked, plan: Plan, proposals: Sequence[Proposal]) -> list[dict[str, Any]]:
    """Return proposals as a list shows them, each with how much to send; the item stands first in its name."""
    found = proposal_rows(asked, plan, proposals, most=1)
    for row, proposal in zip(found, proposals, strict=True):
        wanted = proposal.figures.get("wanted")
        if isinstance(wanted, int | float) and wanted > 0:
            unit = in_words("".join(proposal.subject.split("|")[2:3]), asked.lang)
            row["figure"] = asked.words(f"需补 {figure(wanted)} {unit}", f"send {figure(wanted)} {unit}").rstrip()
    return found


def tiles(asked: Asked, plan: Plan) -> Component:
    """Return how many stocks are short, urgent, below the reorder point, unknown, and what moves would settle."""
    s, unit, w = plan.summary, asked.words("项", "stocks"), asked.words
    sites = plan.tables["sites"]
    found = [
        (
            w(f"不足 {SHORT_DAYS} 天", f"Under {SHORT_DAYS} days"),
            figure(s["below_target"]),
            unit,
            w(
                f"共 {figure(len(sites))} 项\n不足 1 天 {figure(s['urgent'])}",
                f"of {figure(len(sites))}\nunder a day {figure(s['urgent'])}",
            ),
            "red",
        ),
        (
            w("最短城市可用", "Shortest, city"),
            figure(s["shortest_city_days"], 2),
            w("天", "days"),
            scarcest(asked, plan),
            "red" if s["shortest_city_days"] < SHORT_DAYS else "teal",
        ),
        (
            w("低于再订货点", "Below reorder point"),
            figure(s["below_reorder"]),
            unit,
            w("（提前期＋检查期）×日耗＋安全库存", "(lead + review) × use + safety"),
            "amber",
        ),
        (
            w("可调拨", "Moves proposed"),
            figure(s["moves"]),
            w("笔", "moves"),
            w(
                f"调后仍不足 {figure(s['below_target_after'])} 项",
                f"{figure(s['below_target_after'])} still short after",
            ),
            "blue",
        ),
        (
            w("短缺最久", "Short for longest"),
            figure(s["oldest_short_days"]),
            w("天", "days"),
            w("自首次低于目标起连续计", "counted from the first count below the target"),
            "amber",
        ),
        (
            w("消耗未知", "Use not known"),
            figure(s["unknown"]),
            unit,
            w("未知不等于充足", "unknown is not enough"),
            "amber",
        ),
    ]
    return html.Div([aged_tile(asked, "supplies", *one) for one in found], className="tiles")


def scarcest(asked: Asked, plan: Plan) -> str:
    """Return the name of the item that runs out first in the city."""
    city = plan.tables["city"].sort_values(["days_of_cover", "item"])
    return in_words(city["item"].iloc[0], asked.lang) if len(city) else ""


def moves(asked: Asked, plan: Plan) -> Component:
    """Return what to move from where to where, largest amounts first."""
    rows, w = plan.tables["moves"].sort_values("amount", ascending=False, kind="stable"), asked.words
    if rows.empty:
        return parts.empty(w("没有单位有余量可调", "No site has more than its floor to give"))
    names = names_of(asked, plan)
    head = [w("物资", "Item"), w("调出", "From"), w("调入", "To"), w("数量", "Amount"), w("公里", "km")]
    lines = [
        (
            in_words(row["item"], asked.lang),
            [
                named_cell(names.get(row["giver"], row["giver"])),
                named_cell(names.get(row["taker"], row["taker"])),
                f"{figure(row['amount'])} {in_words(row['unit'], asked.lang)}",
                figure(row["km"], 1),
            ],
        )
        for row in rows.head(LINES).to_dict("records")
    ]
    note = w("先抬高最短者，再少走路；调出方保留底线", "the shortest first, then least travel; givers keep their floor")
    return html.Div([table(head, lines, name="pairs"), more(asked, LINES, len(rows), note)])


def waiting(asked: Asked, plan: Plan) -> Component:
    """Return the stocks that have been below the target for longest."""
    rows, w = plan.tables["sites"], asked.words
    rows = rows[rows["short_days"].notna()].sort_values(["short_days", "days_of_cover"], ascending=[False, True])
    if rows.empty:
        return parts.empty(w("没有低于目标的库存", "No stock is below the target"))
    head = [
        w("单位", "Site"),
        w("物资", "Item"),
        w("短缺天数", "Short for (days)"),
        w("可用天数", "Days of cover"),
        w("调后", "After moves"),
    ]
    names = names_of(asked, plan)
    lines = [
        (
            names.get(row["site"], row["site"]),
            [
                in_words(row["item"], asked.lang),
                figure(row["short_days"]),
                html.Td(figure(row["days_of_cover"], 2), className="short"),
                figure(row["cover_after"], 2),
            ],
        )
        for row in rows.head(LINES).to_dict("records")
    ]
    return html.Div([table(head, lines, name="pairs"), more(asked, LINES, len(rows))])


def names_of(asked: Asked, plan: Plan) -> dict[str, str]:
    """Return site -> name in the page's language, as the plan knows it where no hospital answers to the site."""
    sites = plan.tables["sites"]
    return dict(zip(sites["site"], sites["name"], strict=True)) | hospital_names(asked)


def stock(asked: Asked, plan: Plan) -> Component:
    """Return the table of sites and items."""
    sites = plan.tables["sites"]
    if sites.empty:
        return parts.empty(say("state.empty", asked.lang))
    w = asked.words
    columns = {
        "name": {"headerName": w("单位", "Site"), "flex": 2, "minWidth": 110},
        "item": {"headerName": w("物资", "Item"), "flex": 2, "minWidth": 110},
        "quantity": {
            "headerName": w("库存", "Stock"),
            "minWidth": 96,
            "valueFormatter": {"function": "d3.format(',')(params.value) + ' ' + params.data.unit"},
        },
        "unit": {"hide": True},
        "burn": {"headerName": w("日耗", "Daily"), "minWidth": 60},
        "days_of_cover": {"headerName": w("天数", "Days"), "minWidth": 56},
    }
    rows = sites.sort_values("days_of_cover", na_position="last").reset_index(drop=True)
    rows = rows.assign(**{name: [in_words(one, asked.lang) for one in rows[name]] for name in ("item", "unit")})
    return html.Div(
        parts.table(rows.assign(id=rows.index.astype(str)), columns, "supplies-stock", lang=asked.lang),
        className="grid-box",
    )


PAGE = Page(
    "/supplies", order=50, group="decide", title=("防疫物资", "Supplies"), layout=layout, scene=scene, early=True
)
