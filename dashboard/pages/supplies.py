"""Supplies: how many days the stock lasts, by item and by site; what is not known stays unknown."""

from collections.abc import Sequence
from typing import Any

from dash import html
from dash.development.base_component import Component

from dashboard import charts, parts
from dashboard.arcs import arcs
from dashboard.goods import in_words
from dashboard.pages import Asked, Page, Scene, _compare, _whatif
from dashboard.pages._bed_tables import table
from dashboard.pages._frame import LAND, NAMES, caveats, desk_page, missing, proposal_rows, silence
from dashboard.pages._grid import grid
from dashboard.pages._order import proposed
from dashboard.pages._staff_tables import hospital_names, more, named_cell, tabbed
from dashboard.pages._tiles import aged_tile
from dashboard.pages.beds import quiet
from dashboard.text import both, figure
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
        arcs=moving(asked),
    )


def moving(asked: Asked) -> list[dict[str, Any]]:
    """Return the arcs of the moves that the plan proposes."""
    plan = asked.desk.plan(asked.who, "supplies", asked.here.view)
    sites = asked.desk.frames(asked.who, asked.here.view, ["supplies"], asked.lang)["supplies"]

    def line(row: Any) -> tuple[str, str]:
        return in_words(row["item"], asked.lang), f"{figure(row['amount'])} {in_words(row['unit'], asked.lang)}"

    return arcs(plan.tables["moves"], sites, names_of(asked, plan), line, lang=asked.lang)


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
            asked.say("supplies.days_cover_city"),
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
            asked.say("supplies.what_replenish"),
            rows(asked, plan, plan.proposals[:SHOWN]),
            len(plan.proposals),
        ),
        tabbed(
            "supplies-tabs",
            [
                ("moves", asked.say("supplies.moves"), moves(asked, plan)),
                ("stock", asked.say("supplies.stock_site"), stock(asked, plan)),
                ("age", asked.say("supplies.short_for_long"), waiting(asked, plan)),
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
            row["figure"] = asked.say("supplies.send", wanted=figure(wanted), unit=unit).rstrip()
    return found


def tiles(asked: Asked, plan: Plan) -> Component:
    """Return how many stocks are short, urgent, below the reorder point, unknown, and what moves would settle."""
    s, unit, w = plan.summary, asked.say("supplies.stocks"), asked.say
    sites = plan.tables["sites"]
    found = [
        (
            w("supplies.under_days", short_days=SHORT_DAYS),
            figure(s["below_target"]),
            unit,
            w("supplies.under_day", n=figure(len(sites)), urgent=figure(s["urgent"])),
            "red",
        ),
        (
            w("supplies.shortest_city"),
            figure(s["shortest_city_days"], 2),
            w("supplies.days"),
            scarcest(asked, plan),
            "red" if s["shortest_city_days"] < SHORT_DAYS else "teal",
        ),
        (
            w("supplies.below_reorder_point"),
            figure(s["below_reorder"]),
            unit,
            w("supplies.lead_review_use"),
            "amber",
        ),
        (
            w("supplies.moves_proposed"),
            figure(s["moves"]),
            w("supplies.moves_unit"),
            w("supplies.still_short_after", below_target_after=figure(s["below_target_after"])),
            "blue",
        ),
        (
            w("supplies.short_for_longest"),
            figure(s["oldest_short_days"]),
            w("supplies.days"),
            w("supplies.counted_from_first"),
            "amber",
        ),
        (
            w("supplies.use_not_known"),
            figure(s["unknown"]),
            unit,
            w("supplies.unknown_not_enough"),
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
    rows, w = plan.tables["moves"].sort_values("amount", ascending=False, kind="stable"), asked.say
    if rows.empty:
        return parts.empty(w("supplies.no_site_has"))
    names = names_of(asked, plan)
    head = [w("supplies.item"), w("supplies.from"), w("supplies.to"), w("supplies.amount"), w("supplies.km")]
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
    note = w("supplies.shortest_first_then")
    return html.Div([table(head, lines, name="pairs"), more(asked, LINES, len(rows), note)])


def waiting(asked: Asked, plan: Plan) -> Component:
    """Return the stocks that have been below the target for longest."""
    rows, w = plan.tables["sites"], asked.say
    rows = rows[rows["short_days"].notna()].sort_values(["short_days", "days_of_cover"], ascending=[False, True])
    if rows.empty:
        return parts.empty(w("supplies.no_stock_below"))
    head = [
        w("supplies.site"),
        w("supplies.item"),
        w("supplies.short_for_days"),
        w("supplies.days_cover"),
        w("supplies.after_moves"),
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
        return missing(asked, "supplies")
    w = asked.say
    columns = {
        "name": {"headerName": w("supplies.site"), "flex": 2, "minWidth": 110},
        "item": {"headerName": w("supplies.item"), "flex": 2, "minWidth": 110},
        "quantity": {
            "headerName": w("supplies.stock"),
            "minWidth": 96,
            "valueFormatter": {"function": "d3.format(',')(params.value) + ' ' + params.data.unit"},
        },
        "unit": {"hide": True},
        "burn": {"headerName": w("supplies.daily"), "minWidth": 60},
        "days_of_cover": {"headerName": w("supplies.days_head"), "minWidth": 56},
    }
    rows = sites.sort_values("days_of_cover", na_position="last").reset_index(drop=True)
    rows = rows.assign(**{name: [in_words(one, asked.lang) for one in rows[name]] for name in ("item", "unit")})
    return grid(asked, rows.assign(id=rows.index.astype(str)), columns, "supplies-stock")


PAGE = Page(
    "/supplies",
    order=50,
    group="decide",
    title=both("page.supplies"),
    layout=layout,
    scene=scene,
    shared=True,
)
