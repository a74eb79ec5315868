"""The figures of the epidemic state: trend by onset and by report, R with its interval, the forecast fan.

Days of a new case definition carry a band, days that cannot be told yet lie in grey; no line runs across either.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from dashboard.charts import DIM, INK, LINE, cut_peak, figure_of
from dashboard.text import both, say
from layers._palette import STATUS

HALF = pd.Timedelta(hours=12)
ONSET, RIBBON, COMPLETED, REPORT = "var(--bar-teal)", "var(--band-teal)", "var(--pale-teal)", "var(--red)"
AHEAD, BAND50, BAND90 = "var(--bar-blue)", "var(--band-blue)", "var(--fill-blue)"
NO_SKILL, NO_SKILL50 = "var(--fill-grey)", "var(--band-grey)"
GREY, STEP = "var(--fill-grey)", "var(--fill-amber)"
TOP_R = 5.0  # R above it is written, not drawn: the scale belongs to the range in which decisions are made
BACK = 28  # days shown before a forecast
WORDS = {
    "observed": both("chart_situation.words_observed"),
    "completed": both("chart_situation.words_completed"),
    "confirmed": both("chart_situation.words_confirmed"),
    "clinical": both("chart_situation.words_clinical"),
    "step": both("chart_situation.words_step"),
    "untold": both("chart_situation.words_untold"),
    "r_onset": both("chart_situation.words_r_onset"),
    "r_report": both("chart_situation.words_r_report"),
    "interval": both("chart_situation.words_interval"),
    "past": both("chart_situation.words_past"),
    "median": both("chart_situation.words_median"),
    "band50": both("chart_situation.words_band50"),
    "band90": both("chart_situation.words_band90"),
    "no_skill": both("chart_situation.words_no_skill"),
    "used": both("chart_situation.words_used"),
}


def _word(key: str, lang: str) -> str:
    zh, en = WORDS[key]
    return zh if lang == "zh" else en


def by_onset(onset: pd.DataFrame, lang: str = "zh", scale: float = 1.0) -> go.Figure:
    """Return cases by day of onset: reported, and what is still to be reported with its 95 % interval; untold days in grey.

    onset  day (days since 1970), observed, estimate, low, high, state
    """
    found = figure_of(scale)
    at, shown = _dates(onset["day"]), onset["state"].isin(("complete", "estimated"))
    late = onset["estimate"].where(shown) - onset["observed"]
    found.add_bar(
        x=at, y=onset["observed"], name=_word("observed", lang), marker={"color": ONSET, "line": {"width": 0}}
    )
    error = {
        "type": "data",
        "symmetric": False,
        "array": (onset["high"] - onset["estimate"]).where(late > 0.5),
        "arrayminus": (onset["estimate"] - onset["low"]).where(late > 0.5),
        "color": INK,
        "thickness": scale,
        "width": 2 * scale,
    }
    found.add_bar(
        x=at,
        y=late.where(late > 0.5),
        name=_word("completed", lang),
        error_y=error,
        marker={"color": COMPLETED, "pattern": {"shape": "/", "size": 5 * scale}, "line": {"width": 0}},
    )
    found.update_layout(barmode="stack", bargap=0.12)
    _untold(found, onset, lang, scale)
    return _calendar(found, at, lang)


def by_report(report: pd.DataFrame, lang: str = "zh", scale: float = 1.0) -> go.Figure:
    """Return cases by the day they were first counted, confirmed and clinical apart; days of the new definition in a band.

    report  day, confirmed, clinical, observed, step, state
    """
    found = figure_of(scale)
    at = _dates(report["day"])
    for status in ("confirmed", "clinical"):
        pattern = {"shape": "/", "size": 5 * scale, "solidity": 0.45} if status == "clinical" else None
        marker = {"color": STATUS[status].hex, "pattern": pattern, "line": {"width": 0}}
        found.add_bar(x=at, y=report[status], name=_word(status, lang), marker=marker)
    found.update_layout(barmode="relative", bargap=0.12)
    _bands(
        found, _dates(report.loc[report["step"], "day"]), _word("step", lang), STEP, scale, height=0.86
    )  # above: a cut peak
    _untold(found, report, lang, scale)
    cut_peak(found, pd.Series(report["observed"].to_numpy(), index=at), scale)
    return _calendar(found, at, lang)


def reproduction(
    onset: pd.DataFrame, report: pd.DataFrame, step: Sequence[int], lang: str = "zh", scale: float = 1.0
) -> go.Figure:
    """Return R by onset with its 95 % interval, R by report beside it, and the line at 1; what may not be shown leaves a gap.

    onset, report  day, mean, q025, q975, why ("" where it may be shown)
    """
    found = figure_of(scale)
    shown = _shown(onset)
    at = _dates(onset["day"])
    ends: dict[str, Any] = {"mode": "lines", "line": {"width": 0}, "connectgaps": False, "hoverinfo": "skip"}
    for run in _runs(shown["mean"].notna().to_numpy()):
        part = shown.iloc[run]
        found.add_scatter(x=at[run], y=part["q975"].clip(upper=TOP_R), showlegend=False, **ends)
        found.add_scatter(
            x=at[run], y=part["q025"].clip(upper=TOP_R), fill="tonexty", fillcolor=RIBBON, showlegend=False, **ends
        )
    other = _shown(report)
    found.add_scatter(
        x=_dates(report["day"]), y=other["mean"].where(other["mean"] <= TOP_R), name=_word("r_report", lang), mode="lines",
        line={"color": REPORT, "width": 1.5 * scale, "dash": "dot"}, connectgaps=False, hovertemplate="%{x|%m-%d}: %{y:.2f}<extra></extra>",
    )  # fmt: skip
    hover = [
        f"{mean:.2f} ({low:.2f}–{high:.2f})"
        for mean, low, high in zip(shown["mean"], shown["q025"], shown["q975"], strict=True)
    ]
    found.add_scatter(
        x=at, y=shown["mean"].where(shown["mean"] <= TOP_R), name=_word("r_onset", lang), mode="lines", connectgaps=False, text=hover,
        line={"color": ONSET, "width": 2.5 * scale}, hovertemplate="%{x|%m-%d}: %{text}<extra></extra>",
    )  # fmt: skip
    found.add_hline(y=1, line={"color": INK, "width": scale, "dash": "dash"})
    _bands(found, _dates(pd.Series(list(step), dtype=float)), _word("step", lang), STEP, scale, height=0)
    found.update_yaxes(range=[0, TOP_R])
    return _calendar(found, at[-60:], lang, count=False)


def fan(
    report: pd.DataFrame, ahead: pd.DataFrame, skill: Sequence[bool], lang: str = "zh", scale: float = 1.0
) -> go.Figure:
    """Return the last four weeks by report and the days forecast: median, 50 and 90 % intervals, grey where there is no skill.

    report  day, observed, step, state; ahead: day, q05, q25, median, q75, q95; skill: of each day ahead
    """
    found = figure_of(scale)
    past = report[~report["step"]].tail(BACK)
    found.add_scatter(
        x=_dates(past["day"]), y=past["observed"], mode="markers", name=_word("past", lang),
        marker={"color": INK, "size": 5 * scale}, hovertemplate="%{x|%m-%d}: %{y:,.0f}<extra></extra>",
    )  # fmt: skip
    at, good = _dates(ahead["day"]), np.asarray(skill, dtype=bool)
    for low, high, colour, dull, name in (
        ("q05", "q95", BAND90, NO_SKILL, "band90"),
        ("q25", "q75", BAND50, NO_SKILL50, "band50"),
    ):
        colours = [colour if each else dull for each in good]
        found.add_bar(
            x=at, y=ahead[high] - ahead[low], base=ahead[low], name=_word(name, lang), width=86_400_000 * 0.82,
            marker={"color": colours, "line": {"width": 0}}, hoverinfo="skip",
        )  # fmt: skip
    hover = [
        f"{m:,.0f} ({a:,.0f}–{b:,.0f})" for m, a, b in zip(ahead["median"], ahead["q05"], ahead["q95"], strict=True)
    ]
    found.add_scatter(
        x=at, y=ahead["median"], mode="lines+markers", name=_word("median", lang), text=hover,
        line={"color": DIM, "width": 2 * scale},
        marker={"size": 5 * scale, "color": [AHEAD if each else DIM for each in good], "symbol": ["circle" if each else "circle-open" for each in good]},
        hovertemplate="%{x|%m-%d}: %{text}<extra></extra>",
    )  # fmt: skip
    found.add_scatter(
        x=at, y=ahead["median"].where(good), mode="lines", line={"color": AHEAD, "width": 2 * scale},
        connectgaps=False, showlegend=False, hoverinfo="skip",
    )  # fmt: skip
    found.update_layout(barmode="overlay")
    for run in _runs(~good):
        middle = at[run][len(at[run]) // 2]
        found.add_annotation(
            x=middle, y=1, yref="paper", yanchor="top", showarrow=False, text=_word("no_skill", lang),
            font={"size": 12 * scale, "color": DIM},
        )  # fmt: skip
    steps = report.loc[
        report["step"] & report["day"].isin(range(int(past["day"].min()), int(past["day"].max()) + 1)), "day"
    ]
    _bands(found, _dates(steps), _word("step", lang), STEP, scale, height=0)
    found.update_yaxes(range=[0, float(max(past["observed"].max(), ahead["q95"].head(7).max(), 1)) * 1.12])
    return _calendar(found, _dates(pd.concat([past["day"], ahead["day"]])), lang)


def _shown(r: pd.DataFrame) -> pd.DataFrame:
    return r[["mean", "q025", "q975"]].where(r["why"] == "")


def _runs(flags: np.ndarray) -> list[slice]:
    """Stretches of true flags, so that no band is drawn across a gap."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], flags.astype(int), [0]])))
    return [slice(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def _dates(days: pd.Series) -> pd.DatetimeIndex:
    return pd.DatetimeIndex(pd.to_datetime(days.to_numpy(dtype=float), unit="D"))


def _untold(found: go.Figure, table: pd.DataFrame, lang: str, scale: float) -> None:
    days = table.loc[table["state"].isin(("thin", "insufficient")), "day"]
    _bands(found, _dates(days), _word("untold", lang), GREY, scale)


def _bands(
    found: go.Figure, days: pd.DatetimeIndex, name: str, colour: str, scale: float, height: float = 0.97
) -> None:
    """Shade days that stand together and write once what they are, at a share of the height: 0 stands on the axis."""
    if len(days) == 0:
        return
    numbers = np.asarray((days - pd.Timestamp(0)).days)
    groups = np.split(days, np.flatnonzero(np.diff(numbers) > 1) + 1)
    for group in groups:
        found.add_vrect(x0=group[0] - HALF, x1=group[-1] + HALF, fillcolor=colour, line_width=0, layer="below")
    found.add_annotation(
        x=groups[-1][0] - HALF, y=height, yref="paper", yanchor="top" if height else "bottom", xanchor="right", showarrow=False,
        text=f"{name} ", font={"size": 12 * scale, "color": DIM},
    )  # fmt: skip


def _calendar(found: go.Figure, at: pd.DatetimeIndex, lang: str, *, count: bool = True) -> go.Figure:
    if len(at):
        found.update_xaxes(range=[at[0] - HALF, at[-1] + HALF])
    found.update_xaxes(tickformat=say("manner.axis_day", lang), nticks=6, showgrid=False, tickangle=0)
    found.update_yaxes(gridcolor=LINE, nticks=5)
    if count:
        found.update_yaxes(tickformat=",", rangemode="tozero")
    return found


def weeks(table: pd.DataFrame, days: int = 60) -> pd.DataFrame:
    """Return the rows of the last `days` days that a chart shows."""
    return table[table["day"] > table["day"].max() - days] if len(table) else table
