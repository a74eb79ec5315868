"""Staff and joint figures: need against people by skill, and how much of each resource the coming days use."""

import pandas as pd
import plotly.graph_objects as go

from dashboard.charts import DIM, INK, LINE, figure_of
from dashboard.text import both, figure, percent, pick, say

HAVE, SHORT, FREE, NEED = "var(--bar-blue)", "var(--red)", "var(--bar-teal)", "var(--amber)"


def skills(table: pd.DataFrame, lang: str = "zh", scale: float = 1.0) -> go.Figure:
    """Return one bar a skill: people present, then free teams, and a mark at the need; shortage is written at the end.

    table  name, need, have, free, short_after
    """
    found = figure_of(scale)
    rows = table.iloc[::-1]
    words = {
        "have": both("chart_staff.words_have"),
        "free": both("chart_staff.words_free"),
        "need": both("chart_staff.words_need"),
    }
    found.add_bar(
        y=rows["name"], x=rows["have"], orientation="h", name=pick(words["have"], lang), marker={"color": HAVE}
    )
    found.add_bar(
        y=rows["name"], x=rows["free"], orientation="h", name=pick(words["free"], lang),
        marker={"color": FREE, "pattern": {"shape": "/", "size": 6 * scale, "solidity": 0.4}},
    )  # fmt: skip
    found.add_scatter(
        y=rows["name"], x=rows["need"], mode="markers", name=pick(words["need"], lang),
        marker={"symbol": "line-ns-open", "size": 22 * scale, "color": NEED, "line": {"width": 3 * scale}},
    )  # fmt: skip
    for row in rows.to_dict("records"):
        if row["short_after"] > 0:
            found.add_annotation(
                x=max(row["need"], row["have"] + row["free"]), y=row["name"], xanchor="left", showarrow=False,
                text="  " + say("chart_staff.short", lang, short_after=figure(row['short_after'])),
                font={"size": 12 * scale, "color": "var(--red)"},
            )  # fmt: skip
    most = float(rows[["need", "have"]].max().max() or 1)
    found.update_layout(barmode="stack", hovermode="y unified", margin={"r": 8 * scale, "l": 8 * scale})
    found.update_xaxes(range=[0, most * 1.5])
    found.update_yaxes(dtick=1)
    found.update_xaxes(gridcolor=LINE, tickfont={"color": DIM, "size": 12 * scale})
    return found


def resources(table: pd.DataFrame, lang: str = "zh", scale: float = 1.0) -> go.Figure:
    """Return one bar a resource: the share used on its scarcest day; those that bind are red and say on how many days.

    table  name, share (NaN: there is none), days_full, worth (0: more of it buys nothing)
    """
    found = figure_of(scale)
    rows = table.iloc[::-1]
    binds = rows["worth"] > 0
    said = [
        f" {percent(s)}" + (say("chart_staff.full_d", lang, d=d) if full else "")
        for s, d, full in zip(rows["share"], rows["days_full"], binds, strict=True)
    ]
    found.add_bar(
        y=rows["name"], x=rows["share"].clip(upper=1.0).fillna(0.0), orientation="h", text=said, textposition="outside",
        marker={"color": [SHORT if full else HAVE for full in binds],
                "pattern": {"shape": ["/" if full else "" for full in binds], "size": 6 * scale, "solidity": 0.35}},
        textfont={"size": 12 * scale, "color": INK}, cliponaxis=False, constraintext="none", hoverinfo="skip", showlegend=False,
    )  # fmt: skip
    found.update_xaxes(range=[0, 1.45], tickvals=[0, 0.5, 1], ticktext=["0", "50%", "100%"])
    found.update_yaxes(tickfont={"size": 12 * scale, "color": INK}, dtick=1)
    found.update_layout(margin={"t": 6 * scale, "l": 8 * scale, "r": 8 * scale})
    return found


def placing(table: pd.DataFrame, lang: str = "zh", scale: float = 1.0) -> go.Figure:
    """Return one bar a need: person-days placed and not placed, with a mark where the plain plan ends.

    table  name, placed, unmet, greedy
    """
    found = figure_of(scale)
    rows = table.iloc[::-1]
    total = (rows["placed"] + rows["unmet"]).where(lambda n: n > 0)
    said = [f" {figure(u)}" if u >= 0.5 else "" for u in rows["unmet"]]
    found.add_bar(
        y=rows["name"],
        x=rows["placed"] / total,
        orientation="h",
        name=say("chart_staff.placed", lang),
        marker={"color": HAVE},
    )
    found.add_bar(
        y=rows["name"], x=rows["unmet"] / total, orientation="h", name=say("chart_staff.not_placed_person", lang),
        marker={"color": SHORT, "pattern": {"shape": "/", "size": 6 * scale, "solidity": 0.35}},
        text=said, textposition="outside", textfont={"size": 12 * scale, "color": "var(--red)"}, cliponaxis=False, constraintext="none",
    )  # fmt: skip
    found.add_scatter(
        y=rows["name"], x=rows["greedy"] / total, mode="markers", name=say("chart_staff.plain_plan", lang),
        marker={"symbol": "line-ns-open", "size": 18 * scale, "color": NEED, "line": {"width": 3 * scale}},
    )  # fmt: skip
    found.update_layout(barmode="stack", margin={"r": 60 * scale, "l": 8 * scale})
    found.update_yaxes(dtick=1)
    found.update_xaxes(range=[0, 1.3], tickvals=[0, 0.5, 1], ticktext=["0", "50%", "100%"])
    return found
