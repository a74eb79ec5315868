"""The door for whom a provider of identities vouches: there and back with state, nonce and PKCE, then a session like any other."""

import hmac
import logging
import math
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from flask import Blueprint, Response, abort, make_response, redirect, request
from itsdangerous import BadSignature, URLSafeTimedSerializer

from dashboard import vouched
from dashboard.desk import Desk
from dashboard.provider import Provider, ProviderError
from dashboard.vouched import Vouched
from layers.store import accounts, identities, journal
from layers.store.accounts import AccountError
from layers.store.identities import IdentityError

if TYPE_CHECKING:
    from dashboard.sign_in import Door

START, BACK = "/sign-in/oidc", "/sign-in/oidc/back"
COOKIE = "fangyi_oidc"  # what a browser took along; it comes back with it, or not at all
PATIENCE_S = 600  # for somebody to be signed in there
LONGEST = 4_000  # characters of a code
log = logging.getLogger(__name__)


@dataclass
class OidcDoor:
    """Leads to the provider of the settings and lets in whom it vouches for; without one both addresses are none."""

    desk: Desk
    door: "Door"
    table: Vouched | None = field(init=False)

    def __post_init__(self) -> None:
        path = self.desk.settings.oidc_roles
        self.table = vouched.read(path) if self.desk.settings.has_oidc and path else None

    @cached_property
    def provider(self) -> Provider:
        """The provider of the settings; its secret is read once."""
        settings = self.desk.settings
        secret = settings.oidc_secret.read_text("utf-8").strip() if settings.oidc_secret else ""
        authority = str(settings.oidc_authority) if settings.oidc_authority else ""
        return Provider(settings.oidc_issuer, settings.oidc_client, secret, authority)

    def routes(self) -> Blueprint:
        """Return both routes."""
        routes = Blueprint("sign_in_oidc", __name__)
        routes.add_url_rule(START, "start", self.start, methods=["GET"])
        routes.add_url_rule(BACK, "back", self.back, methods=["GET"])
        return routes

    def start(self) -> Response:
        """Lead a browser to the provider, with what it has to bring back."""
        self._require()
        there = self.door.onward(request.args.get("next", ""))
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        try:
            answer = make_response(redirect(self.provider.leads(self._own(), state, nonce, verifier), 303))
        except ProviderError as error:
            log.warning("OIDC: %s", error)
            return self.door.refused_form("oidc_down", 502, there)
        carried = self._signer().dumps([state, nonce, verifier, there])
        answer.set_cookie(COOKIE, carried, max_age=PATIENCE_S, path=BACK, httponly=True, samesite="Lax", secure=request.is_secure)  # fmt: skip
        answer.headers["Cache-Control"] = "no-store"
        return answer

    def back(self) -> Response:
        """Let somebody in whom the provider vouches for, else show the form with why not."""
        self._require()
        answer = self._back()
        answer.delete_cookie(COOKIE, path=BACK)  # a browser comes back once
        answer.headers["Cache-Control"] = "no-store"
        return answer

    def _back(self) -> Response:
        given = {name: request.args.get(name, "") for name in ("state", "code", "iss")}
        try:
            state, nonce, verifier, there = self._signer().loads(request.cookies.get(COOKIE, ""), max_age=PATIENCE_S)
        except (BadSignature, ValueError):
            return self.door.refused_form("stale", 400)
        if not hmac.compare_digest(state.encode(), given["state"].encode()):
            return self.door.refused_form("stale", 400)
        name, address = f"oidc {state}", request.remote_addr or ""  # a name of its own: the limit of an address counts
        wait, last = self.door.throttle.attempt(name, address)
        if wait:
            return self.door.refused_form("locked", 429, there, math.ceil(wait))
        answer = self._answered(given, nonce, verifier, there, last)
        if answer.status_code == 303:
            self.door.throttle.forgive(name, address)
        return answer

    def _answered(self, given: dict[str, str], nonce: str, verifier: str, there: str, last: bool) -> Response:
        """Hold what a browser brings back against the provider; `last` says that no more is heard from this address."""
        if last:
            journal.add(self.desk.store, "nobody", "sign-in-locked", "unknown", {"address": request.remote_addr or ""})
        if given["iss"] not in ("", self.desk.settings.oidc_issuer) or not 0 < len(given["code"]) <= LONGEST:
            return self._refused("answer", "oidc", 401, there)
        try:
            claims = self.provider.claims(self._own(), given["code"], nonce, verifier)
        except ProviderError as error:
            log.warning("OIDC: %s", error)
            return self._refused("token", "oidc", 401, there)
        if not self._proves_enough(claims):
            return self._refused("factor", "oidc_factor", 403, there)
        assert self.table is not None
        place = self.table.place(claims)
        if place is None:
            return self._refused("unmapped", "oidc_unmapped", 403, there)
        issuer, name = self.desk.settings.oidc_issuer, self.table.named(claims)
        try:
            who = identities.enter(self.desk.store, issuer, claims["sub"], name, *place)
        except IdentityError as error:
            return self._refused(error.why, f"oidc_{error.why}", 403, there)
        except AccountError:
            return self._refused("name", "oidc_unmapped", 403, there)
        with self.desk.store.writing() as connection:
            found = accounts.still(connection, who)
            token = self.door.begin(connection, found, request.remote_addr or "", "oidc") if found else ""
        return (
            self.door.let_in(token, there) if token else self._refused(identities.DISABLED, "oidc_disabled", 403, there)
        )

    def _proves_enough(self, claims: Mapping[str, Any]) -> bool:
        """Return whether the provider says that it signed somebody in by one of the ways of the settings, where they name any."""
        wanted, said = self.desk.settings.oidc_factor, claims.get("amr")
        return not wanted or (isinstance(said, list) and any(one in wanted for one in said if isinstance(one, str)))

    def _refused(self, why: str, told: str, status: int, there: str = "/") -> Response:
        """Journal that somebody did not come in; what the provider said of them is not kept."""
        detail = {"address": request.remote_addr or "", "by": "oidc", "error": why}
        journal.add(self.desk.store, "nobody", "sign-in-refused", "unknown", detail)
        return self.door.refused_form(told, status, there)

    def _require(self) -> None:
        if self.table is None:
            abort(404)

    def _own(self) -> str:
        """The address that the provider sends a browser back to, as the browser names this server."""
        parts = urlsplit(request.url_root)
        return f"{parts.scheme}://{parts.netloc}{BACK}"

    def _signer(self) -> URLSafeTimedSerializer:
        return URLSafeTimedSerializer(self.desk.settings.secret, salt="oidc")
