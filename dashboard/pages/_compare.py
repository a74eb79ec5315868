"""Plan A against plan B: the same figures side by side, and how they differ on the map."""

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd
from dash import html
from dash.development.base_component import Component

from dashboard import parts
from dashboard.pages import Asked
from dashboard.pages._whatif import sides
from dashboard.text import both, figure, is_unknown
from layers._palette import Mark, rgba
from layers.decisions._bed_words import SHORT_WORDS
from layers.decisions._proposal import Plan
from layers.decisions.staff import SKILL_WORDS
from layers.decisions.whatif import WhatIf

BETTER: tuple[int, int, int, int] = (98, 216, 192, 240)
WORSE: tuple[int, int, int, int] = (242, 96, 78, 240)
SAME: tuple[int, int, int, int] = (120, 140, 160, 120)
MARKS = {
    "worse": Mark(WORSE, "▲", *both("compare.b_lacks_more")),
    "better": Mark(BETTER, "▼", *both("compare.b_lacks_less")),
    "same": Mark(SAME, "●", *both("compare.b_alike")),
}


def figures(kind: str) -> list[tuple[str, tuple[str, str]]]:
    """Return (key of the plan's summary, title) of the figures that are compared; of each, less is better."""
    if kind == "staff":
        return [(f"short_after_{skill}", both("compare.short_after", w=w)) for skill, w in SKILL_WORDS.items()]
    if kind == "beds":
        return [(f"shortage_7d_{need}", both("compare.beds_short_in", w=w)) for need, w in SHORT_WORDS.items()]
    if kind == "joint":
        return [(f"unmet_{need}", both("compare.not_placed_person", w=w)) for need, w in SHORT_WORDS.items()]
    return [
        ("below_target", both("compare.below_target_stocks")),
        ("urgent", both("compare.under_day_stocks")),
        ("below_target_after", both("compare.below_after_moves")),
        ("below_reorder", both("compare.below_reorder_point")),
    ]


def panel(asked: Asked, kind: str) -> Component | None:
    """Return the comparison of a kind of plan under the address's assumptions with what it is laid against; None when alike."""
    found = sides(asked)
    if found is None:
        return None
    a, b, name = found
    plans = [asked.desk.plan(asked.who, kind, view) for view in (a, b)]
    said = WhatIf.of(b).said()
    title = said.said(asked.lang) or asked.say("compare.facts")
    head = [asked.say("compare.figure"), "A", "B", "B − A"]
    rows = [
        _row(asked, words, *(plan.summary.get(key, float("nan")) for plan in plans)) for key, words in figures(kind)
    ]
    table = html.Table(
        [html.Thead(html.Tr([html.Th(text) for text in head])), html.Tbody(rows)],
        className="plain-table compact compared",
    )
    return parts.panel(
        asked.say("compare.plan_against_plan"),
        table,
        note=html.Span(f"A {name} · B {title}", title=" / ".join(plan.inputs_hash for plan in plans)),
    )


def _row(asked: Asked, words: tuple[str, str], a: float, b: float) -> Component:
    delta = b - a
    mark = "unknown" if is_unknown(delta) else "none" if not round(delta) else "short" if delta > 0 else "eased"
    sign = "+" if not is_unknown(delta) and round(delta) > 0 else ""
    return html.Tr(
        [
            html.Th(asked.words(*words)),
            html.Td(figure(a)),
            html.Td(figure(b)),
            html.Td(sign + figure(delta), className=mark),
        ]
    )


def paint(asked: Asked, kind: str) -> pd.DataFrame:
    """Return id, fill_rgba of the hospitals whose shortage differs between the plans that are compared; empty when alike."""
    found = sides(asked)
    if found is None:
        return pd.DataFrame({"id": [], "fill_rgba": []})
    a, b, _ = found
    before, after = (SHORTAGE[kind](asked.desk.plan(asked.who, kind, view)) for view in (a, b))
    delta = after.sub(before, fill_value=0.0)
    colours = [rgba(*(SAME if abs(d) < 0.5 else WORSE if d > 0 else BETTER)) for d in delta]
    return pd.DataFrame({"id": delta.index.astype(str), "fill_rgba": np.array(colours, dtype="uint32")})


def _staff(plan: Plan) -> pd.Series:
    """People short by hospital once the free teams are sent."""
    return plan.tables["gap"].assign(n=lambda g: g["after"].clip(lower=0)).groupby("hospital")["n"].sum()


def _supplies(plan: Plan) -> pd.Series:
    """Items below their reorder point by site; a half, so that one counts."""
    rows = plan.tables["sites"]
    return (rows["quantity"] < rows["reorder_point"]).groupby(rows["site"]).sum().astype(float)


def _joint(plan: Plan) -> pd.Series:
    """Beds opened by site, counted as relief."""
    return -plan.tables["sites"].set_index("id")["beds"].astype(float)


SHORTAGE: Mapping[str, Callable[[Plan], pd.Series]] = {"staff": _staff, "supplies": _supplies, "joint": _joint}
