"""The bell of the header: how many alerts wait to be acknowledged, leading to their page; beside it the exports that wait for one."""

from dash import dcc, html
from dash.development.base_component import Component

from dashboard import second
from dashboard.pages import Asked, _live
from dashboard.text import figure


def bell(asked: Asked) -> Component:
    """Return the bell with its number; it follows by itself (kind "alerts")."""
    rows = asked.desk.alerts(asked.who, asked.here.view)
    n = int(rows["acknowledged_at"].isna().sum())
    told = asked.say("bell.alerts_acknowledge", n=n) if n else asked.say("bell.no_alert_waits")
    link = dcc.Link(
        [
            html.I(className="icon bell", role="img", **{"aria-label": told}),
            html.Span(figure(n), className="bell-count") if n else None,
        ],
        href="/alerts" + asked.here.at(pick=None).search,
        className="bell-link waits" if n else "bell-link",
        title=told,
    )
    return _live.part("alerts", "bell", [_takings(asked), link], "bell-holder")


def _takings(asked: Asked) -> Component | None:
    """Return how many exports wait for this person to release or to take them; nothing where none does."""
    waits, ready = second.numbers(asked.desk, asked.who)
    if not waits + ready:
        return None
    said = [asked.say(f"exports.{key}", n=n) for key, n in (("waiting_for_you", waits), ("ready_for_you", ready)) if n]
    icon = html.I(className="icon export", role="img", **{"aria-label": " · ".join(said)})
    there = second.PATH + asked.here.elsewhere.search
    count = html.Span(figure(waits + ready), className="bell-count")
    return dcc.Link([icon, count], href=there, className="bell-link waits", title=" · ".join(said))
