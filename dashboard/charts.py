"""The figures of wall and desk, all from one template; each takes `scale`, 1 on a 1920-pixel screen and 2 on a 3840-pixel one.

Series differ by pattern or position besides colour. Nothing is smoothed across a change of definition.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from dashboard.text import UNKNOWN, figure, has, named, pick, say
from layers._palette import COVER, OCCUPANCY, STATUS, hex_of
from layers._palette import UNKNOWN as GREY

FONT = '"Noto Sans CJK SC","Source Han Sans SC","Microsoft YaHei","PingFang SC",sans-serif'
INK, DIM, LINE = "var(--ink)", "var(--dim)", "var(--grid)"
# Hubei counted clinical diagnoses as confirmed from the bulletin of 12 February 2020, 24:00 (14,840 that day).
STEP = (pd.Timestamp("2020-02-12"), pd.Timestamp("2020-02-13"))
WINDOW = 7
LONG = 30  # days of cover beyond this draw a bar of the same length; the figure behind it is exact


def figure_of(scale: float = 1.0) -> go.Figure:
    """Return an empty figure in the house style."""
    size = 13 * scale
    axis = {
        "gridcolor": LINE,
        "zeroline": False,
        "linecolor": LINE,
        "tickfont": {"size": size, "color": DIM},
        "automargin": True,
    }
    found = go.Figure()
    found.update_layout(
        template="none",
        paper_bgcolor="var(--clear)",
        plot_bgcolor="var(--clear)",
        font={"family": FONT, "size": size, "color": INK},
        margin={"l": 8 * scale, "r": 8 * scale, "t": 28 * scale, "b": 8 * scale},
        legend={
            "orientation": "h",
            "xref": "container",
            "yref": "container",
            "x": 0,
            "y": 1,
            "yanchor": "top",
            "traceorder": "normal",
            "font": {"size": size, "color": INK},
            "bgcolor": "var(--clear)",
        },
        hoverlabel={
            "bgcolor": "var(--raised)",
            "bordercolor": LINE,
            "font": {"family": FONT, "size": size, "color": INK},
        },
        xaxis=axis,
        yaxis=axis,
        bargap=0.22,
    )
    return found


def epidemic_curve(
    daily: pd.DataFrame, lang: str = "zh", scale: float = 1.0, statuses: Sequence[str] = ("confirmed", "clinical")
) -> go.Figure:
    """Return new persons a day, one stacked series a status, with the change of definition marked.

    daily   status, day (days since 1970), n
    The 7-day mean of confirmed ends before the change and starts anew a full window after it. A day that would flatten
    all others is cut off at the top and its value written there.
    """
    wide = _by_day(daily, statuses)
    found = figure_of(scale)
    for status in statuses:
        mark = STATUS[status]
        pattern = {"shape": "/", "size": 5 * scale, "solidity": 0.45} if status != "confirmed" else None
        found.add_bar(
            x=wide.index,
            y=wide[status],
            name=say(f"chart.{status}", lang) if has(f"chart.{status}") else pick((mark.zh, mark.en), lang),
            marker={"color": mark.hex, "pattern": pattern, "line": {"width": 0}},
        )
    mean = honest_mean(wide["confirmed"]) if "confirmed" in wide else pd.Series(dtype=float)
    if mean.notna().any():
        found.add_scatter(
            x=mean.index,
            y=mean,
            name=say("chart.mean", lang),
            mode="lines",
            connectgaps=False,
            line={"color": INK, "width": 2 * scale},
        )
    _mark_step(found, wide, lang, scale)
    cut_peak(found, wide.sum(axis=1), scale)
    found.update_layout(barmode="stack", bargap=0.12)
    if len(wide):
        half = pd.Timedelta(hours=12)
        found.update_xaxes(range=[wide.index[0] - half, wide.index[-1] + half])
    found.update_xaxes(tickformat=say("manner.axis_day", lang), nticks=5, showgrid=False, tickangle=0)
    found.update_yaxes(tickformat=",", nticks=5, rangemode="tozero")
    return found


def _by_day(daily: pd.DataFrame, statuses: Sequence[str]) -> pd.DataFrame:
    wide = daily.pivot_table(index="day", columns="status", values="n", aggfunc="sum").reindex(columns=list(statuses))
    if wide.empty:
        return wide.set_index(pd.DatetimeIndex([]))
    wide = wide.reindex(range(int(wide.index.min()), int(wide.index.max()) + 1)).fillna(0)
    return wide.set_index(pd.to_datetime(wide.index, unit="D"))


def honest_mean(values: pd.Series) -> pd.Series:
    """Return the mean of each day and the six before it; NaN where that window is not full or touches the change of definition."""
    before, after = values[values.index < STEP[0]], values[values.index > STEP[1]]
    means = [part.rolling(WINDOW).mean() for part in (before, after)]
    return pd.concat(means).reindex(values.index)


def _mark_step(found: go.Figure, wide: pd.DataFrame, lang: str, scale: float) -> None:
    if wide.empty or wide.index.max() < STEP[0] or wide.index.min() > STEP[1]:
        return
    half = pd.Timedelta(hours=12)
    found.add_vrect(x0=STEP[0] - half, x1=STEP[1] + half, fillcolor="var(--fill-grey)", line_width=0, layer="below")
    is_late = (STEP[0] - wide.index[0]) > 0.6 * (wide.index[-1] - wide.index[0])  # no room for words at the right
    found.add_annotation(
        x=STEP[0] - half if is_late else STEP[1] + half, y=0.9 if is_late else 1, yref="paper", yanchor="top",
        xanchor="right" if is_late else "left", showarrow=False, text=f" {say('chart.step_short', lang)} ",
        hovertext=say("chart.curve_step", lang), font={"size": 12 * scale, "color": DIM},
    )  # fmt: skip


def cut_peak(found: go.Figure, total: pd.Series, scale: float) -> None:
    ordered = total.sort_values(ascending=False)
    if len(ordered) < 5 or ordered.iloc[0] <= 2 * ordered.iloc[2]:
        return
    top = ordered.iloc[2] * 1.3
    found.update_yaxes(range=[0, top])
    cut = ordered[ordered > top].sort_index()
    written = " · ".join(figure(value) for value in cut)
    found.add_annotation(
        x=cut.index[0] - pd.Timedelta(hours=12), y=1, yref="paper", yanchor="top", xanchor="right", showarrow=False,
        text=f"{written} ▲", font={"size": 13 * scale, "color": INK},
    )  # fmt: skip


def beds_by_kind(beds: pd.DataFrame, lang: str = "zh", scale: float = 1.0) -> go.Figure:
    """Return beds in use, free, and in use beyond those open, a bar a kind.

    beds   kind, open, used; NaN used is shown as open beds of unknown use
    """
    rows = beds.iloc[::-1]
    names = [say(f"bed.{kind}", lang) for kind in rows["kind"]]
    used, open_ = rows["used"].to_numpy(float), rows["open"].to_numpy(float)
    inside, free, over = np.minimum(used, open_), np.clip(open_ - used, 0, None), np.clip(used - open_, 0, None)
    free = np.where(np.isnan(used), open_, free)
    found = figure_of(scale)
    found.add_bar(
        y=names,
        x=inside,
        orientation="h",
        name=say("chart.used", lang),
        marker={"color": "var(--bar-blue)", "line": {"width": 0}},
    )
    found.add_bar(y=names, x=free, orientation="h", name=say("chart.free", lang),
                  marker={"color": "var(--fill-blue)", "line": {"width": scale, "color": "var(--line-blue)"}})  # fmt: skip
    if (over > 0).any():
        found.add_bar(
            y=names,
            x=over,
            orientation="h",
            name=say("chart.over", lang),
            marker={"color": "var(--red)", "pattern": {"shape": "/", "size": 5 * scale}, "line": {"width": 0}},
        )
    for name, u, o in zip(names, used, open_, strict=True):
        share = UNKNOWN if np.isnan(u) or not o else f"{u / o:.0%}"
        found.add_annotation(
            y=name,
            x=np.nanmax([u, o, 0]),
            xanchor="left",
            showarrow=False,
            text=f" {figure(u)} / {figure(o)} · {share}",
            font={"size": 13 * scale, "color": INK},
        )
    found.update_layout(barmode="stack", bargap=0.42)
    longest = np.nanmax([*used, *open_, 1])
    found.update_xaxes(visible=False, range=[0, longest * 2.25])
    found.update_yaxes(showgrid=False)
    return found


def ranked_bars(
    names: Sequence[str],
    values: Sequence[float],
    colours: Sequence[str] | str,
    texts: Sequence[str],
    scale: float = 1.0,
) -> go.Figure:
    """Return horizontal bars in the order given, first on top, each with its figure written behind."""
    lengths = np.nan_to_num(np.asarray(values, dtype=float), nan=0.0, posinf=float(LONG))
    found = figure_of(scale)
    found.add_bar(
        y=list(names), x=lengths, orientation="h", text=list(texts), textposition="outside", cliponaxis=False, constraintext="none", hoverinfo="y+text",
        textfont={"size": 13 * scale, "color": INK}, marker={"color": colours, "line": {"width": 0}}, showlegend=False,
    )  # fmt: skip
    found.update_layout(margin={"l": 8 * scale, "r": 8 * scale, "t": 4 * scale, "b": 4 * scale}, bargap=0.36)
    found.update_xaxes(visible=False, range=[0, max(lengths.max(initial=0), 1) * 1.28])
    found.update_yaxes(showgrid=False, autorange="reversed", dtick=1)
    return found


def by_district(
    districts: pd.DataFrame, column: str, lang: str = "zh", scale: float = 1.0, limit: int = 10
) -> go.Figure:
    """Return one bar a district (`name`, or `name_en` in English), largest first; unknown last, as "–"."""
    rows = districts.sort_values(column, ascending=False, na_position="last").head(limit)
    return ranked_bars(
        named(rows, lang)["name"], rows[column], "var(--bar-calm)", [figure(value) for value in rows[column]], scale
    )


def days_of_cover(cover: pd.DataFrame, lang: str = "zh", scale: float = 1.0, limit: int = 8) -> go.Figure:
    """Return one bar a row (`name`, `days`), fewest days first; unknown last as "–", unused as "∞"."""
    rows = cover.sort_values("days", na_position="last").head(limit)
    days = rows["days"].to_numpy(float)
    colours = np.array([*COVER.hexes, hex_of(GREY)])[COVER.classes(days)]
    unit = say("unit.days", lang)
    texts = [UNKNOWN if np.isnan(value) else f"{figure(value, 0 if np.isinf(value) else 1)} {unit}" for value in days]
    return ranked_bars(rows["name"], np.minimum(days, LONG), list(colours), texts, scale)


def occupancy_bars(hospitals: pd.DataFrame, lang: str = "zh", scale: float = 1.0, limit: int = 10) -> go.Figure:
    """Return one bar a hospital (`name`, `beds_used`, `beds_open`), fullest first."""
    share = (hospitals["beds_used"] / hospitals["beds_open"].where(hospitals["beds_open"] > 0)).rename("share")
    rows = hospitals.assign(share=share).sort_values("share", ascending=False, na_position="last").head(limit)
    colours = np.array([*OCCUPANCY.hexes, hex_of(GREY)])[OCCUPANCY.classes(rows["share"])]
    texts = [UNKNOWN if np.isnan(value) else f"{value:.0%}" for value in rows["share"]]
    return ranked_bars(rows["name"], rows["share"], list(colours), texts, scale)


def staff_gap(staff: pd.DataFrame, lang: str = "zh", scale: float = 1.0, limit: int = 8) -> go.Figure:
    """Return persons present and still missing a row (`name`, `needed`, `present`), largest gap first.

    Need is a light frame, presence fills it; what is missing stands at the right as a number.
    """
    rows = (
        staff.assign(gap=staff["needed"] - staff["present"])
        .sort_values("gap", ascending=False, na_position="last")
        .head(limit)
    )
    found = ranked_bars(
        rows["name"],
        rows["needed"],
        "var(--fill-amber)",
        [figure(-value) if value > 0 else f"+{figure(-value)}" if value <= 0 else UNKNOWN for value in rows["gap"]],
        scale,
    )
    found.data[0].name, found.data[0].showlegend = say("chart.needed", lang), True
    found.data[0].marker.line = {"width": scale, "color": "var(--line-amber)"}
    found.add_bar(
        y=list(rows["name"]),
        x=rows["present"].fillna(0),
        orientation="h",
        name=say("chart.present", lang),
        marker={"color": "var(--bar-blue)", "line": {"width": 0}},
        width=0.34,
    )
    found.update_layout(barmode="overlay", margin={"t": 28 * scale})
    return found


def reliability(curve: pd.DataFrame, threshold: float, lang: str = "zh", scale: float = 1.0) -> go.Figure:
    """Return what share was right in each band of probability, against the diagonal of a judge that keeps its word.

    curve  low, high (ends of the band), count, right (share); the size of a dot grows with the root of the count
    """
    found = figure_of(scale)
    middle = (curve["low"] + curve["high"]) / 2
    size = 6 + 14 * np.sqrt(curve["count"] / max(1, curve["count"].max()))
    found.add_scatter(
        x=[0, 1], y=[0, 1], mode="lines", line={"color": DIM, "width": scale, "dash": "dot"}, hoverinfo="skip"
    )
    hover = [
        f"{low:.1%}–{high:.1%}: {n:,.0f}"
        for low, high, n in zip(curve["low"], curve["high"], curve["count"], strict=True)
    ]
    found.add_scatter(
        x=middle,
        y=curve["right"],
        mode="lines+markers",
        line={"color": "var(--bar-blue)", "width": 2 * scale},
        marker={"size": size * scale, "color": "var(--bar-blue)", "line": {"color": "var(--panel)", "width": scale}},
        text=hover,
        hovertemplate="%{text}<br>%{y:.2%}<extra></extra>",
    )
    found.add_vline(x=threshold, line={"color": "var(--amber)", "width": 2 * scale})
    found.add_annotation(
        x=threshold, y=0.04, text=say("chart.threshold", lang), showarrow=False, xanchor="right", xshift=-6 * scale,
        font={"color": "var(--amber)", "size": 13 * scale},
    )  # fmt: skip
    title = {"font": {"size": 13 * scale, "color": DIM}, "standoff": 6 * scale}
    percents = {"tickformat": ".0%", "range": [0, 1.02]}
    found.update_xaxes(title=title | {"text": say("chart.probability", lang)}, **percents)
    found.update_yaxes(title=title | {"text": say("chart.right", lang)}, **percents)
    found.update_layout(showlegend=False, margin={"t": 8 * scale})
    return found
