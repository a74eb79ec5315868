"""The API for other systems (`/api/v1`): a hospital sends its beds, a district's platform its cases; both read what their token's area allows.

A request shows a token and nothing else counts: no session, no pass, no cookie. What each address asks of a token stands in
`dashboard/doors.py`; what a token may do in `layers/store/tokens.py`. Every error is a problem of RFC 9457 in both languages.

  guard     who asks, how often, and whether the door opens     problems   errors as problems
  bodies    JSON in, held against the feed's columns            records    a delivery, through the intake that files take
  reads     counts, beds, stocks, outlines                      orders     orders of the token's area, and their owner's steps
  document  OpenAPI, from the feeds' own columns (`schemas`)    metrics    how the server fares, as Prometheus reads it
  state     whether it lives and can be worked with
"""

from flask import Blueprint, Flask

from dashboard.api import document, guard, metrics, orders, problems, reads, records, state
from dashboard.desk import Desk


def connect(server: Flask, desk: Desk) -> guard.Admission:
    """Add the routes of the API to a server; return what lets requests in."""
    measured = metrics.Metrics(desk)
    measured.connect(server)
    for made in (records, reads, orders, document):
        _added(server, made.routes(desk))
    _added(server, measured.routes())
    server.register_blueprint(state.routes(desk))
    return guard.Admission(desk)


def _added(server: Flask, routes: Blueprint) -> None:
    problems.register(routes)
    server.register_blueprint(routes)
