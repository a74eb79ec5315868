"""The provider of identities (OpenID Connect) that a government has already: asked by Authlib, believed only as far as its tokens prove.

Everything that is fetched comes from the origin of the configured issuer, through no proxy and no redirect. What a token says is
believed when its signature is of a key of the provider (RS256 or ES256, nothing else), and issuer, audience, time and nonce are right.
"""

import json
import time
from dataclasses import dataclass, field
from threading import Lock
from typing import Any
from urllib.parse import urlsplit

import requests
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.requests_client import OAuth2Session
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

ALGORITHMS = ("RS256", "ES256")
KINDS = ("RSA", "EC")  # of keys: with a shared secret whoever reads it could write tokens
WELL_KNOWN = "/.well-known/openid-configuration"
ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")
SCOPE = "openid profile"
TIMEOUT_S = 5
LARGEST = 500_000  # bytes of an answer
KEPT_S = 600  # so long the provider's description of itself is used again
RESTS_S = 10  # so long a provider that did not answer is not asked again: others would wait behind each other
LEEWAY_S = 30  # two clocks may differ by


class ProviderError(Exception):
    """The provider cannot be asked, or what it says proves nothing; the text is for the log, not for who signs in."""


@dataclass
class Provider:
    """One provider, and this system as its client.

    authority  file of the certificates that its TLS is believed by; "" for those that are public
    """

    issuer: str
    client: str
    secret: str
    authority: str = ""
    kept: tuple[float, dict[str, Any]] = (0.0, {})
    silent_at: float = -RESTS_S
    lock: Lock = field(default_factory=Lock)

    def leads(self, back: str, state: str, nonce: str, verifier: str) -> str:
        """Return where a browser goes to be signed in; it comes back to `back` with a code."""
        with self._session(back) as session:
            url, _ = session.create_authorization_url(
                self._described()["authorization_endpoint"], state=state, code_verifier=verifier, nonce=nonce
            )
        return str(url)

    def claims(self, back: str, code: str, nonce: str, verifier: str) -> dict[str, Any]:
        """Return what the provider vouches for in exchange for a code; raises ProviderError for anything that is not proven."""
        described = self._described()
        try:
            with self._session(back) as session:
                token = session.fetch_token(described["token_endpoint"], code=code, code_verifier=verifier)
                keys = self._read(session, described["jwks_uri"], withhold_token=True)
        except (requests.RequestException, AuthlibBaseError, ValueError) as error:
            raise ProviderError(f"the code was not exchanged: {type(error).__name__}: {error}") from error
        return self._proven(token, keys, nonce)

    def _proven(self, token: Any, keys: dict[str, Any], nonce: str) -> dict[str, Any]:
        """Check an ID token (OpenID Connect Core, 3.1.3.7)."""
        try:
            mine = [one for one in keys.get("keys", ()) if one.get("kty") in KINDS and one.get("use", "sig") == "sig"]
            found = jwt.decode(token["id_token"], KeySet.import_key_set({"keys": mine}), algorithms=list(ALGORITHMS))
            wanted = {
                "iss": {"essential": True, "value": self.issuer},
                "aud": {"essential": True, "value": self.client},
            }
            asked = {"nonce": nonce, "client_id": self.client, "access_token": token.get("access_token")}
            CodeIDToken(found.claims, found.header, wanted, asked).validate(leeway=LEEWAY_S)
        except (JoseError, AuthlibBaseError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise ProviderError(f"the token proves nothing: {type(error).__name__}: {error}") from error
        if found.claims.get("nonce") != nonce or not isinstance(found.claims["sub"], str) or not found.claims["sub"]:
            raise ProviderError("the token is of another sign-in, or of nobody")
        return dict(found.claims)

    def _described(self) -> dict[str, Any]:
        """The provider's description of itself; what it names has to lie at its own origin."""
        with self.lock:
            at, kept = self.kept
            if kept and time.monotonic() - at < KEPT_S:
                return kept
            if time.monotonic() - self.silent_at < RESTS_S:
                raise ProviderError("the provider did not answer a moment ago")
            try:
                with self._session("") as session:
                    found = self._read(session, self.issuer.rstrip("/") + WELL_KNOWN, withhold_token=True)
            except (requests.RequestException, ValueError) as error:
                self.silent_at = time.monotonic()
                raise ProviderError(f"the provider does not answer: {type(error).__name__}") from error
            if found.get("issuer") != self.issuer:
                raise ProviderError(f"the provider calls itself {found.get('issuer')!r}, not {self.issuer!r}")
            for name in ENDPOINTS:
                if origin(str(found.get(name, ""))) != origin(self.issuer):
                    raise ProviderError(f"{name} {found.get(name)!r} does not lie at the origin of {self.issuer!r}")
            self.kept = (time.monotonic(), found)
            return found

    def _session(self, back: str) -> OAuth2Session:
        session = OAuth2Session(
            self.client, self.secret, scope=SCOPE, redirect_uri=back, code_challenge_method="S256", default_timeout=TIMEOUT_S
        )  # fmt: skip
        session.trust_env = False  # neither a proxy nor a password file of the machine
        session.max_redirects = 0
        session.verify = self.authority or True
        return session

    def _read(self, session: OAuth2Session, url: str, **options: Any) -> dict[str, Any]:
        answer = session.get(url, allow_redirects=False, stream=True, **options)
        if answer.status_code != requests.codes.ok:
            raise ValueError(f"{url} answers {answer.status_code}")
        content = answer.raw.read(LARGEST + 1, decode_content=True)
        if len(content) > LARGEST:
            raise ValueError(f"{url} answers more than {LARGEST} bytes")
        found = json.loads(content)
        if not isinstance(found, dict):
            raise ValueError(f"{url} answers no object")
        return found


def origin(url: str) -> tuple[str, str, int | None]:
    """Return scheme, host and port of an address; ("", "", None) for what is none."""
    try:
        parts = urlsplit(url)
        return parts.scheme, parts.hostname or "", parts.port or {"https": 443, "http": 80}.get(parts.scheme)
    except ValueError:
        return "", "", None
