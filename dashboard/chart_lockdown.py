"""The charts of the lockdown page: how many compounds are in each state of their life, and the curve of certified ones."""

import pandas as pd
import plotly.graph_objects as go

from dashboard.charts import DIM, INK, figure_of
from dashboard.text import figure, pick, say
from layers._palette import LIFE
from layers.decisions._life_terms import HOLDING

BAR = ("relaxed", "settled", "certified", "candidate", "closed", "before", "suspended", "cancelled")  # best first
WIDE = 0.09  # of the bar; a narrower part is named in the legend below it, not inside


def life_bar(counts: dict[str, float], lang: str = "zh", scale: float = 1.0) -> go.Figure:
    """Return one bar of all compounds, parted by state; what is too narrow to hold its name says it when pointed at.

    counts  state -> number of compounds; they add up to all of them
    """
    found = figure_of(scale)
    total = sum(counts.values())
    for state in BAR:
        n, mark = counts.get(state, 0), LIFE[state]
        if not n:
            continue
        name = pick((mark.zh, mark.en), lang)
        share = n / total
        found.add_bar(
            x=[n],
            y=[""],
            orientation="h",
            name=f"{mark.symbol} {name} {figure(n)}",
            marker={"color": mark.hex, "line": {"color": "var(--panel)", "width": scale}},
            text=f"{mark.symbol} {figure(n)}" if share >= WIDE else "",
            textposition="inside",
            insidetextanchor="middle",
            textangle=0,
            textfont={"size": 14 * scale},  # without a colour plotly takes the one that can be read on the bar
            hovertemplate=f"{name}: {figure(n)} / {figure(total)}<extra></extra>",
        )
    found.update_layout(
        barmode="stack",
        bargap=0.05,
        showlegend=True,
        margin={"t": 2 * scale, "b": 54 * scale, "l": 2 * scale, "r": 2 * scale},
    )
    found.update_layout(legend={"y": 0, "yanchor": "bottom", "font": {"size": 12.5 * scale, "color": INK}})
    found.update_xaxes(visible=False, range=[0, total or 1], domain=[0, 1])
    found.update_yaxes(visible=False, domain=[0, 1])
    return found


def certified_curve(curve: pd.DataFrame, lang: str = "zh", scale: float = 1.0) -> go.Figure:
    """Return the compounds that hold the title, day by day as steps, parted by state, with the rounds marked.

    curve   day, round, compounds and one column per state, one row a day (one area only): the plan's table
    The title is given by rounds, so nothing is drawn between two days but the step; circles are rounds.
    """
    found = figure_of(scale)
    days = pd.to_datetime(curve["day"])
    ends = pd.concat([days, days.tail(1) + pd.Timedelta(days=1)])  # the newest day has a width, too
    for state in ("relaxed", "settled", "certified"):
        mark = LIFE[state]
        found.add_scatter(
            x=ends,
            y=pd.concat([curve[state], curve[state].tail(1)]),
            name=f"{mark.symbol} {pick((mark.zh, mark.en), lang)}",
            stackgroup="title",
            mode="lines",
            line={"color": mark.hex, "width": 1.2 * scale, "shape": "hv"},
            fillcolor=mark.hex,
            hovertemplate=f"%{{x|%m-%d}} {pick((mark.zh, mark.en), lang)}: %{{y:,}}<extra></extra>",
        )
    held = curve["round"].astype(bool)
    holding = curve[list(HOLDING)].sum(axis=1)
    share = holding / curve["compounds"].where(curve["compounds"] > 0) * 100
    found.add_scatter(
        x=days[held],
        y=holding[held],
        mode="markers",
        name=say("chart_lockdown.round", lang),
        marker={"symbol": "circle-open", "size": 9 * scale, "color": INK, "line": {"width": 1.6 * scale}},
        customdata=share[held].round(1),
        hovertemplate="%{x|%m-%d}: %{y:,} (%{customdata}%)<extra></extra>",
    )
    if len(curve):
        total = float(curve["compounds"].iloc[-1])
        _name_last(found, float(holding.iloc[-1]), total, float(share.iloc[-1]), scale)
        found.add_hline(y=total, line={"color": DIM, "width": scale, "dash": "dot"})
        found.update_yaxes(range=[0, total * 1.08])
    found.update_layout(showlegend=False, margin={"t": 6 * scale})  # the bar above has the same colours and names them
    found.update_xaxes(tickformat="%m-%d", nticks=7)
    return found


def _name_last(found: go.Figure, n: float, total: float, share: float, scale: float) -> None:
    """The newest count as n/N, at the left top: the curve begins at nothing, so there is room."""
    found.add_annotation(
        xref="paper",
        x=0.02,
        y=total,
        text=f"<b>{figure(n)}</b>/{figure(total)} · {figure(share, 1)}%",
        showarrow=False,
        xanchor="left",
        yanchor="top",
        yshift=-4 * scale,
        font={"size": 14 * scale, "color": INK},
    )
