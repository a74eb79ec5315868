"""Small multiples: the curve of each side of a comparison, one above the other on one scale."""

from collections.abc import Sequence

import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from dashboard.charts import STEP, figure_of
from dashboard.text import say
from layers._palette import STATUS

COLOURS = (STATUS["confirmed"].hex, STATUS["contact"].hex)


def small_multiples(
    curves: Sequence[pd.Series], titles: Sequence[str], top: float, lang: str, scale: float = 1.0
) -> go.Figure:
    """Return one row of bars a curve; days since 1970 along the same axis, counts up to the same `top`, the change of definition marked."""
    base = figure_of(scale)
    found = make_subplots(len(curves), 1, shared_xaxes=True, vertical_spacing=0.16, subplot_titles=list(titles))
    found.update_layout(base.layout)
    for row, (curve, colour) in enumerate(zip(curves, COLOURS, strict=True), start=1):
        days = pd.to_datetime(curve.index.to_numpy(), unit="D")
        found.add_bar(
            x=days, y=curve.to_numpy(), marker={"color": colour, "line": {"width": 0}}, showlegend=False, row=row, col=1
        )
        if len(days) and days.max() >= STEP[0] and days.min() <= STEP[1]:
            half = pd.Timedelta(hours=12)
            told = (
                {"annotation_text": say("chart.step_short", lang), "annotation_position": "top left"}
                if row == 1
                else {}
            )
            told |= {"annotation_xanchor": "right"} if told else {}  # beside the band: the tallest bars stand in it
            step = (STEP[0] - half, STEP[1] + half)
            found.add_vrect(*step, fillcolor="var(--fill-amber)", line_width=0, row=row, col=1, **told)
    axis = base.layout.xaxis.to_plotly_json()
    found.update_xaxes(**axis, tickformat=say("manner.axis_day", lang), nticks=6, showgrid=False, tickangle=0)
    found.update_yaxes(
        **{**base.layout.yaxis.to_plotly_json(), "tickformat": ",", "nticks": 4, "range": [0, top * 1.06]}
    )
    found.update_layout(bargap=0.12, margin={"t": 34 * scale, "b": 8 * scale, "l": 8 * scale, "r": 8 * scale})
    found.update_annotations(font={"size": 13 * scale})
    return found
