"""Bulletins: the figures that were made public, as they went out. For the public; nothing else of the store is read here."""

from typing import Any

import pandas as pd
from dash import dcc, html
from dash.development.base_component import Component

from dashboard import doors, parts
from dashboard.access import district_titles
from dashboard.pages import Asked, Page
from dashboard.pages._frame import record
from dashboard.public_file import HIDDEN
from dashboard.text import both, days, figure, moment, say
from layers._times import day_start
from layers.decisions.bulletin import MEASURES
from layers.decisions.rules import in_force
from layers.store import releases

TONES = {"cases": "red", "cured": "teal", "dead": "violet"}


def layout(asked: Asked) -> Component:
    """The chosen release, the newest where none is chosen: the city above, its districts below, the other releases beside."""
    asked.desk.gate.check_door(asked.who, doors.of_page(PAGE.path))
    every = releases.listed(asked.desk.store)
    if every.empty:
        nothing = parts.empty(asked.say("bulletins.none_yet"), asked.say("bulletins.none_more", command="publish"))
        return record(asked, [parts.panel(asked.say("page.bulletins"), nothing, name="bulletins")])
    given = (asked.here.options or {}).get("release", "")
    known = set(every["number"])
    number = (
        int(given) if given.isdecimal() and len(given) < 10 and int(given) in known else int(every["number"].iloc[0])
    )
    rows = releases.one(asked.desk.store, number)
    about = every[every["number"] == number].iloc[0]
    day = _days(about, asked.lang)
    table = parts.panel(
        asked.say("bulletins.by_district"), districts(asked, rows), note=day, name="bulletin",
    )  # fmt: skip
    others = parts.panel(asked.say("bulletins.all"), listing(asked, every, number), name="bulletin-list")
    return record(asked, [tiles(asked, rows, about), html.Div([table, others], className="journal-columns")])


def _days(row: Any, lang: str) -> str:
    return days(day_start(int(row["first"])), day_start(int(row["last"])), lang)


def tiles(asked: Asked, rows: pd.DataFrame, about: Any) -> Component:
    """Return the figures of the whole city."""
    city = rows[rows["area"] == ""].set_index("measure")["n"]
    came = asked.say("bulletins.came", at=moment(about["at"], asked.lang))
    made = [
        parts.tile(asked.say(f"bulletins.{name}"), _shown(city.get(name)), "", f"{_days(about, asked.lang)} · {came}", tone=TONES[name])
        for name in MEASURES
    ]  # fmt: skip
    return html.Div(made, className="tiles paces bulletin-tiles")


def _shown(count: Any) -> str:
    return HIDDEN if pd.isna(count) else figure(count)


def districts(asked: Asked, rows: pd.DataFrame) -> Component:
    """Return a line a district, and why some of the figures are not shown."""
    titles = district_titles(asked.desk.store, asked.lang)
    wide = rows[rows["area"] != ""].pivot(index="area", columns="measure", values="n").reindex(columns=list(MEASURES))
    head = [asked.say("bulletins.area"), *(asked.say(f"bulletins.{name}") for name in MEASURES)]
    body = [
        html.Tr([html.Th(titles.get(area, area)), *(html.Td(_shown(n), className="number") for n in line)])
        for area, line in zip(wide.index, wide.to_numpy(), strict=True)
    ]
    named = [html.Th(text, className="number" if at else "") for at, text in enumerate(head)]
    table = html.Table([html.Thead(html.Tr(named)), html.Tbody(body)], className="plain-table")
    rule = in_force("public-release", day_start(int(rows["last"].max())).date())
    return html.Div([table, html.P(say("public.note", asked.lang, k=rule.params["k"] - 1), className="journal-means")])


def listing(asked: Asked, every: pd.DataFrame, number: int) -> Component:
    """Return every release, newest first, with its day and when it went out."""
    lines = []
    for row in every.to_dict("records"):
        options = {"release": str(row["number"])}
        there = asked.here.at(options=options, pick=None).search
        here = {"aria-current": "true"} if row["number"] == number else {}
        told = [
            html.B(_days(row, asked.lang)),
            html.Small(asked.say("bulletins.came", at=moment(row["at"], asked.lang))),
        ]
        lines.append(html.Li(dcc.Link(told, href=PAGE.path + there, className="here" if here else ""), **here))
    return html.Ul(lines, className="bulletin-lines")


PAGE: Any = Page("/bulletins", order=85, group="report", title=both("page.bulletins"), layout=layout, bare=True)
