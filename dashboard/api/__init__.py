"""The API for other systems (`/api/v1`): a hospital sends its beds, a district's platform its cases; both read what their token's area allows.

A request shows a token and nothing else counts: no session, no pass, no cookie. What each address asks of a token stands in
`dashboard/doors.py`; what a token may do in `layers/store/tokens.py`. Every error is a problem of RFC 9457 in both languages.

  guard     who asks, how often, and whether the door opens     problems   errors as problems
  bodies    JSON in, checked against the feed's columns         records    a delivery, through the intake that files take
"""

from flask import Flask

from dashboard.api import guard, problems, records
from dashboard.desk import Desk


def connect(server: Flask, desk: Desk) -> guard.Admission:
    """Add the routes of the API to a server; return what lets requests in."""
    admission = guard.Admission(desk)
    for routes in (records.routes(desk),):
        problems.register(routes)
        server.register_blueprint(routes)
    return admission
