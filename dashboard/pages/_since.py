"""What changed since: which earlier knowledge time is meant, and the way to the page that tells it from map, tables and clocks."""

from dataclasses import replace
from datetime import timedelta

from dash import dcc, html
from dash.development.base_component import Component

from dashboard import changes as told
from dashboard import moments
from dashboard.pages import Asked
from dashboard.text import change, moment
from dashboard.view import Here
from layers._times import parse_time
from layers._view import View

SINCE = "since"  # option of the address: the earlier knowledge time
PAGE = "/changes"


def views(asked: Asked) -> tuple[View, View]:
    """Return the view at the earlier and at the later knowledge time; without one in the address, since the bulletin before."""
    after = asked.here.view
    stated = (asked.here.options or {}).get(SINCE)
    if stated:
        since = parse_time(stated.replace(" ", "+"))
    else:
        before = [one for one in bulletins(asked) if one.known_at.date() < after.known_at.date()]
        since = before[0].known_at if before else after.known_at - timedelta(days=1)
    return replace(after, known_at=min(since, after.known_at)), after


def bulletins(asked: Asked) -> list[moments.Moment]:
    """Return the bulletins that were known at the knowledge time of the page, newest first."""
    view = asked.here.view
    rows = moments.deliveries(asked.desk, asked.who, asked.desk.store.view(view.area))
    return moments.bulletins(rows[(rows["feed"] == moments.CASES) & (rows["at"] <= view.known_at)])


def there(asked: Asked) -> Here:
    """Return the page of changes at the clocks and the area of this one."""
    return asked.here.elsewhere.at(path=PAGE)


def link(asked: Asked) -> Component | None:
    """Return the chip that says how many more or fewer are ill than the bulletin before said, and leads to why; None on the page itself."""
    if asked.here.path == PAGE:
        return None
    before, after = views(asked)
    n = told.ill_now(asked.desk, asked.who, after) - told.ill_now(asked.desk, asked.who, before)
    words = asked.say("since.link", at=moment(before.known_at, asked.lang))
    to = there(asked)
    return dcc.Link(
        [html.Span(words), html.B(change(n))],
        href=to.path + to.search,
        className="since",
        title=asked.say("since.long"),
    )
