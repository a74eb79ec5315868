"""The bell of the header: how many alerts wait to be acknowledged, leading to their page."""

from dash import dcc, html
from dash.development.base_component import Component

from dashboard.pages import Asked, _live
from dashboard.text import figure


def bell(asked: Asked) -> Component:
    """Return the bell with its number; it follows by itself (kind "alerts")."""
    rows = asked.desk.alerts(asked.who, asked.here.view)
    n = int(rows["acknowledged_at"].isna().sum())
    told = (
        asked.words(f"{n} 条警报待确认", f"{n} alerts to acknowledge")
        if n
        else asked.words("没有待确认的警报", "no alert waits")
    )
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
