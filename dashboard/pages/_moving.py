"""Figures that move with the clocks: each says which figure of a frame it shows (`dashboard/scrub.py`), the browser writes it in.

`data-scrub` is the name of a figure of the area, or DISTRICT/n for the n-th of `scrub.BY_DISTRICT`; `data-scrub-new` of a tile
is what its note counts; `data-scrub-bar` is a bar that is as long as its share of the longest in the table.
"""

from typing import Any

from dash import html
from dash.development.base_component import Component

from dashboard.pages import Asked
from dashboard.text import figure, is_unknown

NOW, NEW, EVER = "now", "new", "ever"  # figures of a district, in the order of its row
AT = {NOW: "0", NEW: "1", EVER: "2"}


def moving(tile: Any, name: str, new: str = "") -> Any:
    """Return a tile that shows the figure `name` while a clock moves, and the figure `new` in its note."""
    setattr(tile, "data-scrub", name)
    if new:
        setattr(tile, "data-scrub-new", new)
    return tile


def district_table(asked: Asked) -> Component:
    """Return one row a district, most cases first: ill now, new on the day, ever; the published counts of `districts`."""
    frame = asked.desk.frames(asked.who, asked.here.view.narrowed(""), ["districts"], asked.lang)["districts"]
    rows = frame.assign(now=frame["now_confirmed"] + frame["now_clinical"]).sort_values("now", ascending=False)
    most = max([1, *rows["now"].dropna()])
    heads = ("district", "now", "new", "total")
    body = [_row(asked, row, most) for row in rows.to_dict("records")]
    head = html.Tr([html.Th(asked.say(f"moving.{name}")) for name in heads])
    return html.Table([html.Thead(head), html.Tbody(body)], className="plain-table compact districts")


def _row(asked: Asked, row: dict[str, Any], most: int) -> Component:
    code, here = str(row["id"]), row["id"] == asked.here.view.district
    counts = {NOW: row["now"], NEW: row["new1_counted"], EVER: row["ever_counted"]}
    share = html.I(
        className="share", style={"--share": f"{0 if is_unknown(row['now']) else 100 * row['now'] / most:.1f}%"}, **{"data-scrub": f"{code}/0", "data-scrub-bar": "1"}
    )  # fmt: skip
    cells = [html.Td([share if name == NOW else None, _figure(code, name, n)]) for name, n in counts.items()]
    return html.Tr([html.Th(row["name"]), *cells], className="here" if here else "")


def _figure(code: str, name: str, value: Any) -> Component:
    return html.Span(figure(value), **{"data-scrub": f"{code}/{AT[name]}"})
