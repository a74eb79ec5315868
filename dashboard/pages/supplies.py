"""Supplies: how many days the stock lasts, by item and by site; what is not known stays unknown."""

from dash import html
from dash.development.base_component import Component

from dashboard import charts, parts
from dashboard.goods import in_words
from dashboard.pages import Asked, Page, Scene
from dashboard.pages._frame import LAND, NAMES, caveats, desk_page, proposal_rows, silence, take_menu
from dashboard.pages._order import beside
from dashboard.pages._tiles import aged_tile
from dashboard.pages.beds import quiet
from dashboard.text import figure, say
from layers.decisions._proposal import Plan

SHOWN = 20
SHORT_DAYS = 3


def scene(asked: Asked) -> Scene:
    """Sites coloured by the item that runs out first."""
    return Scene(
        (*LAND, "compounds", "supplies", *NAMES),
        key=f"supplies-{asked.here.view.area}",
        paint={"compounds": quiet(asked)},
    )


def layout(asked: Asked) -> Component:
    """The city's cover at the left, what to replenish at the right."""
    plan = asked.desk.plan(asked.who, "supplies", asked.here.view)
    city = plan.tables["city"].rename(columns={"item": "name", "days_of_cover": "days"})
    city = city.assign(name=[in_words(name, asked.lang) for name in city["name"]])
    left = [
        silence(asked, plan),
        tiles(asked, plan),
        parts.panel(
            asked.words("全市可用天数", "Days of cover, city"),
            parts.graph(charts.days_of_cover(city, asked.lang, asked.scale), name="cover"),
            grow=True,
        ),
        caveats(asked, plan),
    ]
    right = [
        parts.panel(
            asked.words("补充建议", "What to replenish"),
            parts.reason_list(
                beside(asked, plan, proposal_rows(asked, plan, plan.proposals[:SHOWN], most=1)), asked.lang
            ),
            note=say("state.first", asked.lang, n=min(SHOWN, len(plan.proposals)), total=figure(len(plan.proposals))),
            tools=take_menu(asked, "supplies"),
            grow=True,
        ),
        parts.panel(asked.words("各单位库存", "Stock by site"), stock(asked, plan), name="tall"),
    ]
    return desk_page(asked, left, right, scene(asked))


def tiles(asked: Asked, plan: Plan) -> Component:
    """Return how many site-items are short, unknown, or unused."""
    sites = plan.tables["sites"]
    days = sites["days_of_cover"] if len(sites) else sites.get("days_of_cover")
    short = int((days < SHORT_DAYS).sum()) if len(sites) else 0
    unknown = int(days.isna().sum()) if len(sites) else 0
    unit = asked.words("项", "items")
    return html.Div(
        [
            aged_tile(
                asked,
                "supplies",
                asked.words(f"不足 {SHORT_DAYS} 天", f"Under {SHORT_DAYS} days"),
                figure(short),
                unit,
                asked.words(f"共 {figure(len(sites))} 项", f"of {figure(len(sites))}"),
                "red",
            ),
            aged_tile(
                asked,
                "supplies",
                asked.words("消耗未知", "Use not known"),
                figure(unknown),
                unit,
                asked.words("未知不等于充足", "unknown is not enough"),
                "amber",
            ),
        ],
        className="tiles",
    )


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
        "daily_use": {"headerName": w("日耗", "Daily"), "minWidth": 60},
        "days_of_cover": {"headerName": w("天数", "Days"), "minWidth": 56},
    }
    rows = sites.sort_values("days_of_cover", na_position="last").reset_index(drop=True)
    rows = rows.assign(**{name: [in_words(one, asked.lang) for one in rows[name]] for name in ("item", "unit")})
    return html.Div(
        parts.table(rows.assign(id=rows.index.astype(str)), columns, "supplies-stock", lang=asked.lang),
        className="grid-box",
    )


PAGE = Page("/supplies", order=50, title=("防疫物资", "Supplies"), layout=layout, scene=scene, early=True)
