"""Compliance: what the system can verify of itself against two standards, with what it saw and when. It supports; it certifies nothing."""

from collections.abc import Sequence
from itertools import groupby
from typing import Any

from dash import html
from dash.development.base_component import Component

from dashboard import parts
from dashboard.compliance.found import MLPS, PERSONAL, Check, Found
from dashboard.compliance.run import CHECKS, PATH, Looked, looked
from dashboard.pages import Asked, Page
from dashboard.pages._frame import record
from dashboard.text import both, figure, moment
from layers._times import SHANGHAI

NUMBERS = {MLPS: "GB/T 22239-2019", PERSONAL: "GB/T 35273-2020"}
STATES = {"supports": ("teal", "✓"), "not": ("red", "✕"), "unknown": ("", "?")}


def layout(asked: Asked) -> Component:
    """Figures above, then one standard beside the other, clause by clause."""
    seen = looked(asked.desk, asked.who)
    columns = [html.Div(standard(asked, name, seen), className="stack") for name in (MLPS, PERSONAL)]
    return record(asked, [tiles(asked, seen), html.Div(columns, className="compliance-columns")])


def tiles(asked: Asked, seen: Looked) -> Component:
    """Return how many checks came out how, and when they were looked at."""
    w, unit = asked.say, asked.say("compliance.unit")
    at = moment(seen.at.astimezone(SHANGHAI), asked.lang)
    no, open_ = seen.number("not"), seen.number("unknown")
    made = [
        parts.tile(w("compliance.supports"), figure(seen.number("supports")), unit, w("compliance.supports_note"), tone="teal"),
        parts.tile(w("compliance.not"), figure(no), unit, w("compliance.not_note"), tone="red" if no else "teal"),
        parts.tile(w("compliance.unknown"), figure(open_), unit, w("compliance.unknown_note"), tone="amber" if open_ else ""),
        parts.tile(w("compliance.looked"), f"{seen.at.astimezone(SHANGHAI):%H:%M}", "", w("compliance.looked_note", at=at), tone="blue"),
    ]  # fmt: skip
    return html.Div(made, className="tiles paces compliance-tiles")


def standard(asked: Asked, name: str, seen: Looked) -> Component:
    """Return the checks of one standard, by clause."""
    mine = [(check, seen.found[at]) for at, check in enumerate(CHECKS) if check.standard == name]
    clauses = groupby(mine, key=lambda one: one[0].clause)
    body: list[Component] = [_clause(asked, name, clause, list(some)) for clause, some in clauses]
    body.append(html.P(asked.say(f"compliance.about_{name}"), className="journal-means"))
    return parts.panel(asked.say(f"compliance.title_{name}"), body, note=asked.say(f"compliance.number_{name}", code=NUMBERS[name]), name="compliance")  # fmt: skip


def _clause(asked: Asked, name: str, clause: str, some: Sequence[tuple[Check, Found]]) -> Component:
    heading = asked.say(f"compliance.clause_{name}_{clause.replace('.', '_')}")
    head = html.H3([html.Span(clause, className="compliance-clause"), heading])
    return html.Section([head, html.Ul([html.Li(_line(asked, *one)) for one in some], className="compliance-list")])


def _line(asked: Asked, check: Check, found: Found) -> list[Component]:
    w, (tone, symbol) = asked.say, STATES[found.state]
    review = parts.badge(w("compliance.review"), "amber") if check.review else None
    named = [html.B(w(f"compliance.is_{check.name}")), review]
    saw = html.Small(w(f"compliance.{found.key}", **found.values))
    state = parts.badge(w(f"compliance.state_{found.state}"), tone, symbol)
    return [html.Div([html.Span(named, className="compliance-name"), saw], className="compliance-about"), state]


PAGE: Any = Page(PATH, order=63, group="data", title=both("page.compliance"), layout=layout, bare=True)
