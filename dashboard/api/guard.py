"""Who asks the API, how often, and whether the door opens: a token in `Authorization: Bearer`, and nothing that a browser carries."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

from flask import Request, Response, current_app, g, request
from werkzeug.exceptions import HTTPException

from dashboard import doors
from dashboard.api import problems
from dashboard.api.problems import Problem
from dashboard.desk import Desk
from dashboard.roles import Person
from layers.store import Store, tokens
from layers.store.tokens import Token

BENEATH = ("/api", "/metrics")
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
LONGEST = 200  # characters of what may be a token
WITHIN_S = 60.0


def is_api(asked: Request) -> bool:
    """Return whether a request is for a program, whatever comes of it."""
    rule = asked.url_rule.rule if asked.url_rule else ""
    return doors.named(rule) in doors.API or any(
        asked.path == one or asked.path.startswith(f"{one}/") for one in BENEATH
    )


@dataclass
class Admission:
    """Lets requests in, or answers them with why not. Requests are counted by token, in all processes of the server together."""

    desk: Desk
    clock: Callable[[], float] = time.time

    def __call__(self) -> Response | None:
        """Return None for a request that may go on, which then has its token as `g.token`; else the answer."""
        try:
            self._admit()
        except Exception as error:  # here as well: what nobody foresaw lets nobody in
            return problems.answered(problems.of(error))
        return None

    def _admit(self) -> None:
        rule = doors.named(request.url_rule.rule) if request.url_rule else ""
        wanted = doors.API.get(rule)
        if wanted == doors.OPEN:
            return
        g.token = token = self._token()
        self._count(token)
        if wanted is None:
            raise _nowhere()
        if not opens(token, wanted, (request.view_args or {}).get("feed", "")):
            raise Problem(403, f"no_{wanted}", name=token.name)

    def _token(self) -> Token:
        found = bearer(self.desk.store)
        if found is None:
            raise Problem(401, "no_token", headers={"WWW-Authenticate": 'Bearer realm="fangyi"'})
        return found

    def _count(self, token: Token) -> None:
        """Raise a Problem for one request too many within a minute; one that has to wait is not counted."""
        limits = {f"token {token.id}": token.per_minute}
        wait, _ = self.desk.shelf.side.attempt(limits, self.clock(), WITHIN_S)
        if wait:
            wait = math.ceil(wait)
            headers = {"Retry-After": str(wait)}
            raise Problem(429, "too_often", headers=headers, most=token.per_minute, wait=wait)


def bearer(store: Store) -> Token | None:
    """Return what the token of this request may do, None where it shows none that is valid."""
    kind, _, secret = request.headers.get("Authorization", "").partition(" ")
    secret = secret.strip()
    fits = kind.lower() == "bearer" and 0 < len(secret) <= LONGEST and secret.isascii()
    return tokens.holder(store, secret) if fits else None


def opens(token: Token, wanted: str, feed: str = "") -> bool:
    """Return whether a door of the API opens for a token; `feed` is the one that the address names."""
    if wanted == doors.WRITE:
        return feed in token.feeds
    if wanted in (doors.READ, doors.STEP):
        return bool(token.role) and (wanted == doors.READ or wanted in token.rights)
    return wanted == doors.METER and wanted in token.rights


def reader() -> Person:
    """Return as whom the token of this request reads."""
    token: Token = g.token
    return Person(token.actor, token.role, token.area)


def _nowhere() -> Problem:
    """What is wrong with an address: no route of the API, or one that does not take this method."""
    adapter = current_app.create_url_adapter(request)
    assert adapter is not None
    known = []
    for method in METHODS:
        try:
            rule, _ = adapter.match(method=method, return_rule=True)
        except HTTPException:
            continue
        known += [method] if doors.named(rule.rule) in doors.API else []
    if not known:
        return Problem(404)
    return Problem(405, headers={"Allow": ", ".join(known)})
