"""The second step of signing in: a one-time code, or setting one up where it is demanded. Nothing of the map is shown before.

A right password of an account with a second factor begins no session. As soon as anybody has to have one, or has one, a wrong
password leads to the same page, in the same time, so that nobody learns by a password alone whether it was right.
"""

import math
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask import Blueprint, Response, make_response, redirect, request
from itsdangerous import BadSignature, URLSafeTimedSerializer
from sqlalchemy import Connection

from dashboard import cookies
from dashboard import sign_in_second_page as pages
from dashboard.desk import Desk
from dashboard.sign_in_page import as_form
from dashboard.wording import preferred
from layers.store import factors, halfway, journal
from layers.store.accounts import Account, AccountError
from layers.store.halfway import Halfway

if TYPE_CHECKING:
    from dashboard.sign_in import Door

PATH = "/sign-in/second"
LONGEST = 60  # characters of a code
PATIENCE_S = int(halfway.LASTS.total_seconds())


@dataclass
class SecondDoor:
    """What lies between the password and the session of one desk."""

    desk: Desk
    door: "Door"

    def routes(self) -> Blueprint:
        """Return the route `/sign-in/second`."""
        routes = Blueprint("sign_in_second", __name__)
        routes.add_url_rule(PATH, "form", self.form, methods=["GET"])
        routes.add_url_rule(PATH, "enter", self.enter, methods=["POST"])
        return routes

    def asks(self, found: Account | None) -> bool:
        """Return whether a code is asked for after a password; for a wrong one it is, as soon as any account may be asked."""
        settings, store = self.desk.settings, self.desk.store
        has, used = factors.of(store, found.id if found else 0) is not None, factors.in_use(store)
        return has or settings.demands(found.role) if found else used or bool(settings.second_factor)

    def halfway(self, connection: Connection, found: Account | None, name: str) -> str:
        """Let this browser be halfway in, inside a transaction; return its token. `name` is under what its attempts are counted, and is not kept."""
        return halfway.begin(connection, found, name, self._browser())

    def lead(self, token: str, there: str) -> Response:
        """Lead a browser on to the code."""
        answer = make_response(redirect(PATH, 303))
        carried = self._signer().dumps([token, there])
        answer.set_cookie(cookies.HALF, carried, max_age=PATIENCE_S, path=PATH, httponly=True, samesite="Strict", secure=request.is_secure)  # fmt: skip
        answer.headers["Cache-Control"] = "no-store"
        return answer

    def form(self) -> Response:
        """Ask for a code, or show the secret of a second factor that has to be set up."""
        if self.desk.settings.is_drill:
            return make_response(redirect("/"))
        half, there = self._carried()
        if half is None:
            return self._nobody(there)
        return self._shown(half)

    def enter(self) -> Response:
        """Begin a session for a right code, else show the form again with what is wrong."""
        if self.desk.settings.is_drill:
            return make_response(redirect("/"))
        half, there = self._carried()
        if half is None:
            return self._nobody(there)
        if not cookies.shows(request, self._guard(half)):
            return self._shown(half, "stale", 403)
        code, address = request.form.get("code", ""), request.remote_addr or ""
        if len(code) > LONGEST:
            return self._shown(half, "long", 400)
        try:
            wait, token, codes = self._tried(half, code, address)
        except AccountError:  # somebody else set it up, or took it away, while this page was open
            return self._nobody(there)
        if wait:
            return self._shown(half, "locked", 429, math.ceil(wait))
        if token is None:
            return self._nobody(there)
        if not token or half.who is None:
            return self._shown(half, "code", 401)
        self.door.throttle.forgive(self.door.counted(half.who.name), address)
        self.forgive(half.whose, address)
        shown = as_form(pages.recovery(self.desk.settings.city, codes, there, preferred())) if codes else None
        answer = self.door.let_in(token, there, half.who.name, shown)
        answer.delete_cookie(cookies.HALF, path=PATH)
        return answer

    def attempt(self, connection: Connection, whose: str, slowly: str, address: str) -> tuple[float, bool]:
        """Count a code before it is looked at: by the limits of passwords for `whose`, and by a slower one for `slowly`; return seconds
        to wait, and whether it is the last heard."""
        wait, last = self.door.throttle.attempt(_named(whose), address)
        return (wait, last) if wait else (halfway.tried(connection, slowly), last)

    def forgive(self, whose: str, address: str) -> None:
        """Take back what the limits of passwords counted of codes: one was right."""
        self.door.throttle.forgive(_named(whose), address)

    def _tried(self, half: Halfway, code: str, address: str) -> tuple[float, str | None, list[str]]:
        """Hold a code against an account: seconds to wait, the token of the session that begins ("" for none, None where what lay between
        ended meanwhile), and new recovery codes where it was set up."""
        codes: list[str] | None = []
        with self.desk.store.writing() as connection:
            if not halfway.stands(connection, half, self._browser()):
                return 0.0, None, []
            mine, here = halfway.whose(connection, half.who), halfway.here(connection, half.whose, address)
            wait, last = self.attempt(connection, half.whose, here, address)
            if wait:
                return wait, "", []
            heard = not halfway.tried(connection, mine if half.who else half.whose)
            if heard and self._sets_up(half) and half.who:
                codes = factors.confirm(connection, half.who, code, half.token)
                way = factors.CODE if codes else ""
            else:
                way = factors.accepted(connection, half.who if heard else None, code)
            if way and half.who:
                halfway.end(connection, half.token, self._browser())
                halfway.forgive(connection, mine, here)
                return 0.0, self.door.begin(connection, half.who, address, way), codes or []
            refuse(connection, half.who, address, last)
        return 0.0, "", []

    def _sets_up(self, half: Halfway) -> bool:
        has = factors.of(self.desk.store, half.who.id if half.who else 0)  # asked for nobody too: the same work
        return half.who is not None and has is None

    def _shown(self, half: Halfway, why: str = "", status: int = 200, wait: int = 0) -> Response:
        city, token = self.desk.settings.city, self._guard(half)
        if self._sets_up(half) and half.who:
            secret = factors.shown(self.desk.store, half.who, half.token)
            why = "code_first" if why == "code" else why  # the password was right: it is not called into question
            shown = pages.set_up(city, PATH, token, secret, half.who.name, preferred(), why, wait, demanded=True)
        else:
            shown = pages.code(city, PATH, token, preferred(), why, wait)
        return as_form(shown, status, wait)

    def _nobody(self, there: str) -> Response:
        """Answer whoever is not halfway in, or not any more; whoever is signed in is led on."""
        if self.desk.gate.who(request) is not None:
            return make_response(redirect("/"))
        return self.door.refused_form("stale", 401, there)

    def _carried(self) -> tuple[Halfway | None, str]:
        """Who is halfway in by the cookie of this browser, and where they wanted to go."""
        try:
            token, there = self._signer().loads(request.cookies.get(cookies.HALF, ""), max_age=PATIENCE_S)
        except (BadSignature, ValueError):
            return None, "/"
        return halfway.held(self.desk.store, token, self._browser()), there

    def _browser(self) -> str:
        """What this browser was given with the form; one that saw none has nothing that fits."""
        return request.cookies.get(cookies.DOOR, "") or secrets.token_hex(16)

    def _guard(self, half: Halfway) -> str:
        return cookies.guard(self.desk.settings.secret, f"half {half.token}")

    def _signer(self) -> URLSafeTimedSerializer:
        return URLSafeTimedSerializer(self.desk.settings.secret, salt="halfway")


def refuse(connection: Connection, who: Account | None, address: str, last: bool, what: str = "code") -> None:
    """Journal a wrong code, or what else was wrong, inside a transaction, and that no more are heard."""
    name = who.name if who else "unknown"
    detail = {"address": address, "error": what}
    journal.write(connection, "nobody", "sign-in-refused", name, detail)
    if last:
        journal.write(connection, "nobody", "sign-in-locked", name, detail)


def _named(whose: str) -> str:
    """A name of its own for the limits: no account can bear it."""
    return f"second\n{whose}"
