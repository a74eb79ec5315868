"""Every address of the application and the roles that it opens for. What is not listed here opens for nobody.

Four roles see the city as far as their area reaches (`OFFICE`); three see no row about a person, a place or a plan:

  public    what was made public (`publish`)
  auditor   the journal: who did what, when
  admin     the accounts: who may sign in

Two addresses of one form, such as those with a version in them, are one door. In a drill everybody may look, so every listed
door stands open. Which rows a door shows is decided by `access.Gate`; a role outside `OFFICE` gets none from it.
"""

import re
from collections.abc import Mapping
from typing import Any

CITY, DISTRICT, STREET, COMMUNITY = "city", "district", "street", "community"
PUBLIC, AUDITOR, ADMIN = "public", "auditor", "admin"
OFFICE = frozenset((CITY, DISTRICT, STREET, COMMUNITY))
SIGNED_IN = OFFICE | {PUBLIC, AUDITOR, ADMIN}
ANYBODY = SIGNED_IN | {""}  # also who did not sign in

# Pages, by the address that a browser shows.
PAGES: Mapping[str, frozenset[str]] = {
    **dict.fromkeys(
        (
            *("/", "/situation", "/changes", "/clusters", "/compare", "/wall"),
            *("/lockdown", "/beds", "/staff", "/supplies", "/plan", "/orders", "/alerts"),
            *("/imports", "/quality", "/exports", "/briefing"),
        ),
        OFFICE,
    ),
    "/bulletins": frozenset({PUBLIC}),
    "/journal": frozenset({AUDITOR}),
    "/compliance": frozenset({AUDITOR, CITY}),
    "/accounts": frozenset({ADMIN}),
}
NO_AREA = ("/exports", "/compliance")  # pages of the office about the keeping of the map itself
HOME = {PUBLIC: "/bulletins", AUDITOR: "/journal", ADMIN: "/accounts"}  # where "/" leads whoever has no map

# Routes, as Flask names their rules; a version or a digest in one is written as *.
ROUTES: Mapping[str, frozenset[str]] = {
    # of readiness only yes or no: `api.state` says who is told more
    **dict.fromkeys(
        ("/healthz", "/readyz", "/enter", "/sign-in", "/sign-in/second", "/sign-in/oidc", "/sign-in/oidc/back"), ANYBODY
    ),
    # what a page is made of: no row of the store is in it
    **dict.fromkeys(
        (
            *("/", "/<path:path>", "/_dash-layout", "/_dash-dependencies", "/_reload-hash", "/_favicon.ico"),
            "/_dash-component-suites/<string:package_name>/<path:fingerprinted_path>",
            *("/assets/<path:filename>", "/vendor/*/deckgl.js", "/words/*.js", "/words/glossary/<lang>.json"),
            *("/pulse", "/sign-out", "/second-factor"),
        ),
        SIGNED_IN,
    ),
    "/_dash-update-component": SIGNED_IN,  # each call behind it has a door of its own: `CALLS`
    **dict.fromkeys(
        (
            *("/selfcheck", "/scrub", "/scrub/order", "/table/<key>/<version>", "/search/places", "/search/clusters"),
            *(
                "/plan/<kind>.<form>",
                "/orders.<form>",
                "/rows/<table>.<form>",
                "/rows/released/<code>",
                "/brief/<kind>.<form>",
            ),
            *("/job/<id>", "/job/<id>/cancel", "/job/<id>/file"),
            *("/briefing/print", "/briefing/preview", "/briefing/again", "/briefing/verify", "/briefing/<code>.sig"),
            "/briefing/edition/<int>",
            *("/imports/upload", "/imports/job/<id>", "/imports/job/<id>/stop", "/imports/draft/<token>.csv"),
            "/imports/batch/<int>.csv",
        ),
        OFFICE,
    ),
}

# Routes for programs: what their token must be allowed to do (`api.guard`). They take no session, no pass and no cookie.
WRITE, READ, STEP, METER = "write", "read", "orders", "metrics"
OPEN = "open"  # no token either: no row of the store is in it
API: Mapping[str, str] = {
    "/api/v1/openapi.json": OPEN,
    "/api/v1/feeds/<feed>/records": WRITE,
    **{f"/api/v1/{one}": READ for one in ("counts", "beds", "stocks", "layers/<layer>", "orders")},
    **{f"/api/v1/orders/<number>/{one}": STEP for one in ("acknowledge", "report")},
    "/metrics": METER,
}

# Callbacks by the first part of what asks them, where it belongs to a page of its own.
ASKED_BY: Mapping[str, frozenset[str]] = {
    "journal": PAGES["/journal"],
    "press-oversight": PAGES["/journal"],
    "press-account": PAGES["/accounts"],
}
# Callbacks by their output, as far as they open for others than `OFFICE`.
CALLS: Mapping[str, frozenset[str]] = dict.fromkeys(
    (
        "..page.children...deck-spec.data..",  # the page of an address: `PAGES` says whose
        "..order-dialog.children...order-state.data..",  # put away when another page comes; who gives orders the gate is asked
        "drawn.data",  # whether news make it anew
        '..{"index":["ALL"],"type":"live"}.children...live-at.data..',  # its parts that follow by themselves
    ),
    SIGNED_IN,
)

_VERSION = re.compile(r"/(?:\d+(?:\.\d+)+|[0-9a-f]{16})(?=[/.])")
_NUMBER = re.compile(r"<int\([^)]*\):\w+>")


def of_rule(rule: str) -> frozenset[str]:
    """Return the roles that a rule of Flask opens for; none for one that is not listed."""
    return ROUTES.get(named(rule), frozenset())


def of_page(path: str) -> frozenset[str]:
    """Return the roles that a page opens for; none for one that is not listed."""
    return PAGES.get(path, frozenset())


def of_call(body: Any) -> frozenset[str]:
    """Return the roles that the callback opens for which a body asks; whether it is well formed is for `calls` to say."""
    body = body if isinstance(body, dict) else {}
    inputs = body.get("inputs")
    ids = {_begin(one) for one in inputs} if isinstance(inputs, list) else set()
    return ASKED_BY[ids.pop()] if len(ids) == 1 and ids <= set(ASKED_BY) else CALLS.get(str(body.get("output")), OFFICE)


def has_view(path: str) -> bool:
    """Return whether a page shows an area of the city at a time: one that no role of the office opens shows none."""
    return path not in PAGES or (bool(PAGES[path] & OFFICE) and path not in NO_AREA)


def _begin(given: Any) -> str:
    """The first part of the id of an input: "journal" of "journal-kind"."""
    id = str(given.get("id", "")) if isinstance(given, dict) else ""
    return id if id in ASKED_BY else id.split("-")[0]


def named(rule: str) -> str:
    """Return a rule as it is listed: the version in it as *."""
    return _NUMBER.sub("<int>", _VERSION.sub("/*", rule))
