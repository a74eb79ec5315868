"""How full each kind of bed will be: a fan of possible futures against the beds that can be used, one row a kind."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from dashboard.charts import DIM, INK, LINE, figure_of
from dashboard.text import figure, say

FAN, WIDE, NARROW = "var(--bar-blue)", "var(--fill-blue)", "var(--band-blue)"
BEDS = "var(--amber)"
FULL = "var(--red)"
GAP = 0.3  # share of a row that its title takes


def occupancy(
    table: pd.DataFrame, titles: dict[str, tuple[str, bool]], lang: str = "zh", scale: float = 1.0
) -> go.Figure:
    """Return one row of the figure for each kind of bed.

    table   of, name, day, q05, q25, median, q75, q95, beds, p_short; only rows of kinds are drawn
    titles  kind -> what its row says, and whether it is an alarm; in the order of the rows
    """
    found = figure_of(scale)
    rows = {kind: table[(table["of"] == "kind") & (table["name"] == kind)] for kind in titles}
    height = 1 / max(len(rows), 1)
    for at, (kind, (title, alarm)) in enumerate(titles.items(), start=1):
        top = 1 - (at - 1) * height
        _fan(found, rows[kind], at, lang, scale)
        found.update_layout(
            {f"yaxis{at}": _axis(rows[kind], (top - height * (1 - 0.06), top - height * GAP), at, scale)}
        )
        found.update_layout({f"xaxis{at}": _days(at, at == len(rows), lang, scale)})
        found.add_annotation(
            x=0, y=top, xref="paper", yref="paper", xanchor="left", yanchor="top", showarrow=False, align="left",
            xshift=-34 * scale,  # over the axis' numbers: a title is long
            text=title, font={"size": 13 * scale, "color": FULL if alarm else INK},
        )  # fmt: skip
    found.update_layout(showlegend=False, hovermode="x", margin={"t": 2 * scale, "b": 24 * scale, "l": 4 * scale})
    return found


def _fan(found: go.Figure, rows: pd.DataFrame, at: int, lang: str, scale: float) -> None:
    days = pd.to_datetime(rows["day"].astype("int64"), unit="D")
    axes = {"xaxis": f"x{at}", "yaxis": f"y{at}", "hoverinfo": "skip", "showlegend": False}
    for low, high, colour in (("q05", "q95", WIDE), ("q25", "q75", NARROW)):
        found.add_scatter(x=days, y=rows[low], mode="lines", line={"width": 0}, **axes)
        found.add_scatter(
            x=days, y=rows[high], mode="lines", line={"width": 0}, fill="tonexty", fillcolor=colour, **axes
        )
    found.add_scatter(
        x=days, y=rows["beds"], mode="lines", line={"color": BEDS, "width": 2 * scale, "dash": "dash"}, **axes
    )
    said = [_said(row, lang) for row in rows.to_dict("records")]
    found.add_scatter(
        x=days, y=rows["median"], mode="lines", line={"color": FAN, "width": 2 * scale},
        **axes | {"hoverinfo": "text", "text": said},
    )  # fmt: skip
    found.add_scatter(
        x=days[:1], y=rows["median"][:1], mode="markers", marker={"color": FAN, "size": 7 * scale}, **axes
    )


def _said(row: dict[str, float], lang: str) -> str:
    low, middle, high, beds = (figure(row[name]) for name in ("q05", "median", "q95", "beds"))
    chance = "–" if np.isnan(row["p_short"]) else f"{row['p_short']:.0%}"
    return say("chart_beds.ask_for_90", lang, middle=middle, low=low, high=high, beds=beds, chance=chance)  # fmt: skip


def _axis(rows: pd.DataFrame, domain: tuple[float, float], at: int, scale: float) -> dict[str, object]:
    # A few extreme futures must not flatten the row: it shows the median, the beds and the middle half in full.
    top = float(np.nanmax([*rows["q75"], *rows["beds"], *rows["median"], 1])) * 1.18
    return {
        "domain": [max(domain[0], 0), domain[1]], "anchor": f"x{at}", "range": [0, top], "nticks": 3, "tickformat": ",",
        "gridcolor": LINE, "zeroline": False, "tickfont": {"size": 12 * scale, "color": DIM}, "automargin": True,
    }  # fmt: skip


def _days(at: int, last: bool, lang: str, scale: float) -> dict[str, object]:
    return {
        "anchor": f"y{at}", "showticklabels": last, "tickformat": say("manner.axis_day", lang), "nticks": 5, "showgrid": False,
        "tickfont": {"size": 12 * scale, "color": DIM}, "linecolor": LINE, "zeroline": False, "matches": None if at == 1 else "x",
    }  # fmt: skip


def kind_title(kind: str, lang: str) -> str:
    """Return what a kind of bed is called."""
    return say(f"bed.{kind}", lang)
