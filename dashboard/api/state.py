"""Whether the server lives (`/healthz`) and can be worked with (`/readyz`), for whoever watches over it."""

from typing import Any

from flask import Blueprint, Response, request
from sqlalchemy.exc import DBAPIError

from dashboard.api.guard import bearer
from dashboard.desk import Desk
from dashboard.doors import ADMIN, METER, OFFICE
from dashboard.downloads import as_json
from dashboard.watch import LEAST_FREE
from layers._errors import StoreError
from layers.store.readiness import Readiness, readiness

WHOLE = OFFICE | {ADMIN}  # who is told more than yes or no, besides a token of `metrics`


def routes(desk: Desk) -> Blueprint:
    """Return the routes `/healthz` and `/readyz`."""
    made = Blueprint("state", __name__)

    @made.get("/healthz")
    def healthz() -> Response:
        return as_json({"ok": True})

    @made.get("/readyz")
    def readyz() -> Response:
        """200 or 503; more is told to those who may know it."""
        found = readiness(desk.store)
        body = {"ok": found.ready}
        if found.answers and _may_know(desk):
            body |= told(desk, found)
        return as_json(body, 200 if found.ready else 503)

    return made


def told(desk: Desk, found: Readiness) -> dict[str, Any]:
    """Return what is known of the server's readiness."""
    store, at = desk.store, found.delivered
    age = None if at is None else round((store.now() - at).total_seconds())
    return {
        "schema_is_current": found.current,
        "disk_free_bytes": found.free,
        "disk_is_low": found.free is not None and found.free < LEAST_FREE,
        "last_delivery_at": None if at is None else at.isoformat(),
        "last_delivery_age_s": age,
        "revision": store.revision(store.latest()),
    }


def _may_know(desk: Desk) -> bool:
    try:
        token = bearer(desk.store)
        who = desk.gate.who(request)
        return (token is not None and METER in token.rights) or desk.gate.opens(who, WHOLE)
    except (DBAPIError, StoreError):
        return False
