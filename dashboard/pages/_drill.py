"""The panel of an area: its counts, and those of its parts, which lead on down to a compound and its people."""

from typing import Any
from urllib.parse import quote

import pandas as pd
from dash import html
from dash.development.base_component import Component

from dashboard import drill, parts
from dashboard.drill import CITY, COUNTED, REST
from dashboard.pages import Asked
from dashboard.pages._frame import district_names
from dashboard.roles import Place
from dashboard.text import both, figure, pick, say

TITLES = {
    "now_cases": both("way.titles_now_cases"),
    "now_suspected": both("way.titles_now_suspected"),
    "now_contact": both("way.titles_now_contact"),
    "new14_counted": both("way.titles_new14_counted"),
    "ever_counted": both("way.titles_ever_counted"),
}
MOST = 60  # parts listed; a street has fewer


def panel(asked: Asked, id: str) -> Component:
    """Return the panel of an area: the way to it, its counts and its parts; what cannot be seen says so."""
    if not may_see(asked, id):
        return parts.panel(
            asked.say("way.not_for_pass"),
            parts.empty(say("state.denied", asked.lang)),
            tools=closing(asked),
        )
    found = children(asked, id)
    return parts.panel(
        title(asked, id),
        [crumbs(asked, [(layer, up) for layer, up in drill.way(id)]), _table(asked, id, found)],
        note=asked.say("way.parts_add_up"),
        tools=closing(asked),
        id="drill",
        name="picked drill",
    )


def closing(asked: Asked) -> Component:
    """Return the button that closes the panel."""
    return html.Button(
        "✕", id={"type": "unpick", "index": "detail"}, className="quiet", title=say("close", asked.lang), n_clicks=0
    )


def may_see(asked: Asked, id: str) -> bool:
    """Return whether an area is the person's own or lies in it."""
    district, street, _ = (*([] if id == CITY else id.split("/", 2)), "", "", "")[:3]
    return asked.who is not None and asked.who.may_see(Place(district, street))


def crumbs(asked: Asked, way: list[tuple[str, str]], names: dict[tuple[str, str], str] | None = None) -> Component:
    """Return the way to a place as buttons, as far as this person may go up it."""
    known = names or {}
    items = [
        html.Li(go(layer, id, known.get((layer, id)) or title(asked, id)))
        for layer, id in way
        if layer not in ("area", "community") or may_see(asked, id)
    ]
    return html.Nav(html.Ol(items), className="crumbs", **{"aria-label": asked.say("way.where")})


def go(layer: str, id: str, text: Any, name: str = "crumb") -> Component:
    """Return the button that selects a place on the way."""
    return html.Button(text, id={"type": "go", "index": quote(f"{layer}:{id}", safe=":/")}, className=name, n_clicks=0)


def title(asked: Asked, id: str) -> str:
    """Return the name of an area by its id."""
    if id == CITY:
        return pick(asked.desk.settings.city, asked.lang)
    district, *rest = id.split("/", 2)
    return rest[-1] if rest else district_names(asked).get(district, district)


def children(asked: Asked, id: str) -> pd.DataFrame:
    """Return the parts of an area, most cases first, and the line of those who are in none: id, layer, name, COUNTED, compounds."""
    return drill.known(_parts_of(asked, id), asked.desk.silent(asked.who, asked.here.view))


def _parts_of(asked: Asked, id: str) -> pd.DataFrame:
    if id == CITY:
        return _districts(asked)
    depth = id.count("/")
    if depth == 0:
        return _streets(asked, id)
    mine = _compounds(asked, *id.split("/", 2)[:2])
    if depth == 1:
        return _communities(asked, id, mine)
    return _of_community(mine, id.split("/", 2)[2])


def _districts(asked: Asked) -> pd.DataFrame:
    names, view = district_names(asked), asked.here.view.narrowed("")
    rows = drill.counts(asked.desk.totals(asked.who, view, "district"))
    whole = drill.summed(drill.counts(asked.desk.totals(asked.who, view, "city")))
    number = asked.desk.frames(asked.who, view, ["compounds"])["compounds"].groupby("district").size()
    rows = rows[rows["area"].isin(names)]
    rows = rows.assign(id=rows["area"], layer="area", name=rows["area"].map(names), compounds=rows["area"].map(number))
    return drill.with_rest(_first(rows), whole)


def _streets(asked: Asked, id: str) -> pd.DataFrame:
    view = asked.here.view.narrowed(id)
    rows = drill.counts(asked.desk.totals(asked.who, view, "street"))
    whole = drill.summed(drill.counts(asked.desk.totals(asked.who, view, "district")))
    frame = asked.desk.frames(asked.who, view, ["compounds"])["compounds"]
    number = frame.groupby("street").size()
    names = rows["area"].str.split("/", n=1).str[1]
    rows = rows.assign(id=rows["area"], layer="area", name=names, compounds=names.map(number))
    missing = [street for street in number.index if street and street not in set(names)]
    none = pd.DataFrame(
        [
            {
                "id": f"{id}/{street}",
                "layer": "area",
                "name": street,
                "compounds": number[street],
                **dict.fromkeys(COUNTED, 0),
            }
            for street in missing
        ]
    )
    return drill.with_rest(_first(pd.concat([rows, none]) if missing else rows), whole)  # fmt: skip


def _compounds(asked: Asked, district: str, street: str) -> pd.DataFrame:
    frame = asked.desk.frames(asked.who, asked.here.view.narrowed(f"{district}/{street}"), ["compounds"], asked.lang)[
        "compounds"
    ]
    return drill.counts(pd.DataFrame(frame.drop(columns="geometry")))


def _communities(asked: Asked, id: str, mine: pd.DataFrame) -> pd.DataFrame:
    whole = drill.summed(drill.counts(asked.desk.totals(asked.who, asked.here.view.narrowed(id), "street")))
    rows = drill.by(mine, ["community"])
    unnamed = asked.say("way.community_not_told")
    rows = rows.assign(id=id + "/" + rows["community"], layer="community", name=rows["community"].where(rows["community"] != "", unnamed))  # fmt: skip
    return drill.with_rest(_first(rows), whole)


def _of_community(mine: pd.DataFrame, community: str) -> pd.DataFrame:
    rows = mine[mine["community"].fillna("") == community]
    return _first(rows.assign(layer="compounds", compounds=1))


def _first(rows: pd.DataFrame) -> pd.DataFrame:
    ordered = rows.sort_values(["now_cases", "ever_counted", "id"], ascending=[False, False, True])
    return ordered[["id", "layer", "name", *COUNTED, "compounds"]].reset_index(drop=True)


def _table(asked: Asked, id: str, found: pd.DataFrame) -> Component:
    w = asked.say
    if found.empty:
        return parts.empty(w("way.there_no_compound"))
    kind = {"area": (w("way.district"), w("way.street")), "community": (w("way.community"),) * 2}
    layer = found["layer"].iloc[0]
    first = w("way.compound") if layer == "compounds" else kind[layer][min(id != CITY, 1)]
    head = [
        html.Th(first),
        *(html.Th(pick(TITLES[name], asked.lang)) for name in COUNTED),
        html.Th(w("way.compounds")),
    ]
    lines = [html.Tr([html.Th(_name(asked, row)), *_cells(row)]) for row in found.head(MOST).to_dict("records")]
    more = (
        html.P(say("state.sample", asked.lang, n=MOST, total=figure(len(found))), className="more")
        if len(found) > MOST
        else None
    )
    total = {**found[list(drill.COUNTED)].sum(min_count=1).to_dict(), "compounds": found["compounds"].sum(min_count=1)}
    lines.append(html.Tr([html.Th(w("way.all")), *_cells(total)], className="sum"))
    return html.Div(
        [html.Table([html.Thead(html.Tr(head)), html.Tbody(lines)], className="plain-table compact drill-table"), more]
    )


def _name(asked: Asked, row: dict[str, Any]) -> Any:
    if row["id"] == REST:
        why = asked.say("way.address_unknown_in")
        return html.Span(asked.say("way.not_placed"), className="not-placed", title=why)
    return go(row["layer"], row["id"], row["name"], "drill-go")


def _cells(row: dict[str, Any]) -> list[Component]:
    cells = [html.Td(figure(row[name]), className="none" if not row[name] else "") for name in COUNTED]
    return [*cells, html.Td(figure(row.get("compounds")))]
