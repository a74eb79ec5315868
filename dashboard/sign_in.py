"""The door of production: sign in with a name and a password, sign out. A drill has none: everybody may look.

What opens the rest is decided by `Gate` alone; here a session is begun and ended, and both stand in the journal.
"""

import math
import secrets
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

from flask import Blueprint, Response, make_response, redirect, request
from sqlalchemy import Connection

from dashboard import cookies, known
from dashboard.desk import Desk
from dashboard.sign_in_oidc import START, OidcDoor
from dashboard.sign_in_page import as_form, page
from dashboard.sign_in_second import SecondDoor
from dashboard.throttle import Throttle
from dashboard.wording import preferred
from layers.store import accounts, journal, sessions

LONGEST = {"name": 200, "password": 1_000, "next": 2_000}  # nosec B105 # lengths
TOLD = {"left": "left", "reset": "factor_reset"}  # parameter -> why somebody who was in is here
ASIDE = ("//", "/sign-", "/enter")  # leads elsewhere, out again, or in as somebody else
BUSY_S = 5  # after which somebody whose turn did not come may try again


@dataclass
class Door:
    """Who signs in and out of one desk."""

    desk: Desk
    throttle: Throttle = field(init=False)
    second: SecondDoor = field(init=False)

    def __post_init__(self) -> None:
        self.throttle = Throttle(self.desk.shelf, self.desk.settings.secret)
        self.second = SecondDoor(self.desk, self)

    def routes(self) -> Blueprint:
        """Return the routes `/sign-in` and `/sign-out`."""
        routes = Blueprint("sign_in", __name__)
        routes.add_url_rule("/sign-in", "form", self.form, methods=["GET"])
        routes.add_url_rule("/sign-in", "enter", self.enter, methods=["POST"])
        routes.add_url_rule("/sign-out", "leave", self.leave, methods=["POST"])
        routes.register_blueprint(OidcDoor(self.desk, self).routes())
        routes.register_blueprint(self.second.routes())
        return routes

    def form(self) -> Response:
        """Show the form; whoever is signed in already, and everybody in a drill, is led on."""
        there = onward(request.args.get("next", ""))
        if self.desk.gate.who(request) is not None:
            return make_response(redirect(there))
        return self._form(next((why for name, why in TOLD.items() if name in request.args), ""), there=there)

    def enter(self) -> Response:
        """Begin a session for a right name and password, else show the form again with what is wrong."""
        if self.desk.settings.is_drill:
            return make_response(redirect("/"))
        said = {name: request.form.get(name, "") for name in LONGEST}
        there = onward(said["next"])
        if any(len(said[name]) > most for name, most in LONGEST.items()):
            return self._form("long", 400, there=there)
        if not cookies.shows(request, self._own()):
            return self._form("stale", 400, said["name"], there)
        name, address = " ".join(said["name"].split()), request.remote_addr or ""
        counted = self.counted(name)
        wait, last = self.throttle.attempt(counted, address)
        if wait:
            return self._form("locked", 429, name, there, math.ceil(wait))
        with self.throttle.turn() as came:
            if not came:
                self.throttle.forgive(counted, address)
                return self._form("busy", 429, name, there, BUSY_S)
            found = accounts.checked(self.desk.store, name, said["password"])
        with self.desk.store.writing() as connection:
            found = accounts.still(connection, found)
            asks = self.second.asks(found)
            if found and not asks:
                token = self.begin(connection, found, address)
            else:
                token = self.second.halfway(connection, found, counted) if asks else ""
                _half(connection, found, name, address, last)
        if asks:
            return self.second.lead(token, there)
        if found is None:
            return self._form("wrong", 401, name, there)
        self.throttle.forgive(counted, address)
        return self.let_in(token, there, found.name)

    def leave(self) -> Response:
        """End the session of this browser and say so in the journal."""
        who, carried = self.desk.gate.who(request), self.desk.gate.carried(request)
        if who is not None and carried is not None:
            with self.desk.store.writing() as connection:
                sessions.end(connection, carried.token)
                journal.write(connection, who.name, "sign-out", who.name, {"address": request.remote_addr or ""})
        answer = make_response(redirect("/sign-in?left=1", 303))
        cookies.clear(answer)
        return answer

    @staticmethod
    def onward(text: str) -> str:
        """Return where to go after signing in: `onward`."""
        return onward(text)

    def refused_form(self, why: str, status: int, there: str = "/", wait: int = 0) -> Response:
        """Show the form to somebody whom a provider or a code does not let in."""
        return self._form(why, status, there=there, wait=wait)

    def begin(self, connection: Connection, who: accounts.Account, address: str, by: str = "") -> str:
        """Begin a session of an account inside the transaction that has just held it to be right; return its token.

        by  who vouches for it, or what did beside the password
        """
        before = self.desk.gate.carried(request)
        told = {"address": address, "role": who.role, "area": who.area, **({"by": by} if by else {})}
        journal.write(connection, who.name, "sign-in", who.name, told)
        return sessions.begin(connection, who.id, before.token if before else "")

    def counted(self, name: str) -> str:
        """Return under what name the attempts of this browser are counted."""
        return known.counted(request, self.desk.settings.secret, name)

    def let_in(self, token: str, there: str, name: str = "", answer: Response | None = None) -> Response:
        """Hand a browser its session and lead it on.

        name    of the account whose password was right
        answer  what is shown instead of leading on
        """
        answer = answer or make_response(redirect(there, 303))
        cookies.clear(answer)
        answer.delete_cookie(cookies.DOOR)
        cookies.put(answer, self.desk.settings.secret, token, request.is_secure)
        if name:
            known.put(request, answer, self.desk.settings.secret, name)
        return answer

    def _form(self, why: str, status: int = 200, name: str = "", there: str = "/", wait: int = 0) -> Response:
        door = request.cookies.get(cookies.DOOR, "") or secrets.token_urlsafe(16)
        token = cookies.guard(self.desk.settings.secret, door)
        single = f"{START}?{urlencode({'next': there})}" if self.desk.settings.has_oidc else ""
        shown = page(self.desk.settings.city, token, why, name, there, wait, preferred(), single)
        answer = as_form(shown, status, wait)
        answer.set_cookie(cookies.DOOR, door, httponly=True, samesite="Strict", secure=request.is_secure)
        return answer

    def _own(self) -> str:
        """The token of the form that this browser was shown; one that saw none has none to match."""
        return cookies.guard(self.desk.settings.secret, request.cookies.get(cookies.DOOR, "") or secrets.token_hex(16))


def onward(text: str) -> str:
    """Return where to go after signing in: a path of this map with its query, "/" for anything that might lead elsewhere."""
    try:
        parts = urlsplit(text) if text.isprintable() else None
    except ValueError:  # "//[": no address at all
        return "/"
    inside = parts and not parts.scheme and not parts.netloc and text.startswith("/")
    return text if inside and not text.startswith(ASIDE) and "\\" not in text else "/"


def _half(connection: Connection, found: accounts.Account | None, name: str, address: str, last: bool) -> None:
    """Journal what a password came to where no session begins, and that no more are heard. A name that nobody has is not kept: it may be a password."""
    detail: dict[str, Any] = {"address": address}
    subject = accounts.known(connection, name) or "unknown"
    if found is not None:
        journal.write(connection, "nobody", "sign-in-half", subject, detail)
    else:
        journal.write(connection, "nobody", "sign-in-refused", subject, detail)
    if last:
        journal.write(connection, "nobody", "sign-in-locked", subject, detail)
