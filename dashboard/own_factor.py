"""The page of one's own second factor, for whoever is signed in: set it up with the password, make new recovery codes, take it away again with a code."""

import math
from collections.abc import Callable
from dataclasses import dataclass

from flask import Blueprint, Response, make_response, redirect, request
from sqlalchemy import Connection

from dashboard import cookies
from dashboard import sign_in_second_page as pages
from dashboard.desk import Desk
from dashboard.sign_in import BUSY_S, Door
from dashboard.sign_in import LONGEST as LONGEST_FIELDS
from dashboard.sign_in_page import as_form
from dashboard.sign_in_second import LONGEST, refuse
from dashboard.text import both
from dashboard.wording import preferred
from layers.store import accounts, factors, halfway, sessions
from layers.store.accounts import Account, AccountError

PATH = "/second-factor"
LONGEST_PASSWORD = LONGEST_FIELDS["password"]


@dataclass
class OwnFactor:
    """The second factor of whoever asks; nobody else's."""

    desk: Desk
    door: Door

    def routes(self) -> Blueprint:
        """Return the route `/second-factor`."""
        routes = Blueprint("own_factor", __name__)
        routes.add_url_rule(PATH, "form", self.form, methods=["GET"])
        routes.add_url_rule(PATH, "change", self.change, methods=["POST"])
        return routes

    def form(self) -> Response:
        """Show what it is now, or the secret of one that can be set up."""
        if self.desk.settings.is_drill:
            return make_response(redirect("/"))
        return self._shown(self._who())

    def change(self) -> Response:
        """Do what a button says, for a right code."""
        who, do, code = self._who(), request.form.get("do", ""), request.form.get("code", "")
        changes: dict[str, Callable[[Connection, Account, str], list[str] | None]] = {
            "confirm": self._confirmed,
            "codes": _renewed,
            "reset": _reset,
        }
        if who is None or do not in changes:
            return self._shown(who, status=400)
        if len(code) > LONGEST or len(request.form.get("password", "")) > LONGEST_PASSWORD:
            return self._shown(who, "long", 400)
        if do == "confirm":
            why, wait = self._password(who)
            if why:
                return self._shown(who, why, 401 if why == "password" else 429, math.ceil(wait))
        try:
            wait, codes = self._changed(who, code, changes[do])
        except AccountError:  # it was set up or taken away in another window, or this one was signed out
            return make_response(redirect(PATH, 303))
        if wait:
            return self._shown(who, "locked", 429, math.ceil(wait))
        if codes is None:
            return self._shown(who, "code_alone", 401)
        if do == "reset":
            answer = make_response(redirect("/sign-in?reset=1", 303))
            cookies.clear(answer)
            return answer
        return as_form(pages.recovery(self.desk.settings.city, codes, "/", preferred()))

    def _changed(
        self, who: Account, code: str, change: Callable[[Connection, Account, str], list[str] | None]
    ) -> tuple[float, list[str] | None]:
        """Hold a code against the account and change it; seconds to wait, and recovery codes, None for a wrong code."""
        second, address = self.door.second, request.remote_addr or ""
        with self.desk.store.writing() as connection:
            if self._who() is None:  # its session ended while the password was hashed
                raise AccountError(*both("sign_in.why_stale")[::-1])
            whose = halfway.whose(connection, who)
            wait, last = second.attempt(connection, whose, whose, address)
            codes = None if wait else change(connection, who, code)
            if codes is not None:
                halfway.forgive(connection, whose)
            elif not wait:
                refuse(connection, who, address, last)
        if codes is not None:
            second.forgive(whose, address)
        return wait, codes

    def _password(self, who: Account) -> tuple[str, float]:
        """Hold the password against the account: why it does not do ("" where it does), and seconds to wait. A desk that was left open sets nothing up."""
        throttle, address = self.door.throttle, request.remote_addr or ""
        wait, last = throttle.attempt(who.name, address)
        if wait:
            return "locked", wait
        with throttle.turn() as came:
            found = accounts.checked(self.desk.store, who.name, request.form.get("password", "")) if came else None
        if found is not None or not came:
            throttle.forgive(who.name, address)
            return ("", 0.0) if came else ("busy", BUSY_S)
        with self.desk.store.writing() as connection:
            refuse(connection, who, address, last, "password")
        return "password", 0.0

    def _confirmed(self, connection: Connection, who: Account, code: str) -> list[str] | None:
        return factors.confirm(connection, who, code, self._held())

    def _held(self) -> str:
        """The session of this browser."""
        carried = self.desk.gate.carried(request)
        return carried.token if carried else ""

    def _who(self) -> Account | None:
        """The account whose session this browser carries; a pass has none."""
        carried = self.desk.gate.carried(request)
        demands = self.desk.settings.second_factor
        found = sessions.account_of(self.desk.store, carried.token, demands) if carried else None
        return Account(*found) if found else None

    def _shown(self, who: Account | None, why: str = "", status: int = 200, wait: int = 0) -> Response:
        city, token, first = self.desk.settings.city, self.desk.gate.guard(request), preferred()
        if who is None:
            return as_form(pages.without(city, first, "factor.of_pass"), status)
        has = factors.of(self.desk.store, who.id)
        if has is not None:
            return as_form(pages.state(city, PATH, token, has, first, why, wait), status, wait)
        try:
            secret = factors.shown(self.desk.store, who, self._held())
        except AccountError:
            return as_form(pages.without(city, first, "factor.of_provider"), status)
        shown = pages.set_up(city, PATH, token, secret, who.name, first, why, wait, demanded=False)
        return as_form(shown, status, wait)


def _renewed(connection: Connection, who: Account, code: str) -> list[str] | None:
    return factors.renew(connection, who) if factors.accepted(connection, who, code) else None


def _reset(connection: Connection, who: Account, code: str) -> list[str] | None:
    if not factors.accepted(connection, who, code):
        return None
    factors.take_away(connection, who.name, who)
    return []
