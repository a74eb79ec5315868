"""The bell of the header: how many alerts wait to be acknowledged, leading to their page."""

from dash import dcc, html
from dash.development.base_component import Component

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
    return _live.part("alerts", "bell", link, "bell-holder")
