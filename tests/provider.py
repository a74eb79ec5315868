"""A small provider of identities for tests: a real HTTP server with real keys, codes that are used once, and PKCE. Each lie it can be told to tell is a field."""

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from flask import Flask, Response, redirect, request
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, RSAKey
from werkzeug.serving import make_server

CLIENT, SECRET = "fangyi", "a secret between client and provider"


@dataclass
class Provider:
    """What the provider knows, and how it lies.

    claims   of whoever signs in next
    changes  of the ID token; a value of None leaves the claim out
    alg      of the signature: RS256, ES256, HS256 (with the public key or the secret), none
    stranger signs with a key that it does not publish
    moved    sends whoever brings a code elsewhere, with the code and the secret
    """

    issuer: str = ""
    claims: dict[str, Any] = field(
        default_factory=lambda: {"sub": "u-1", "preferred_username": "李主任", "groups": ["jiangan"]}
    )
    changes: dict[str, Any] = field(default_factory=dict)
    described: dict[str, Any] = field(default_factory=dict)
    alg: str = "RS256"
    shared: bytes = b""
    stranger: bool = False
    answers_iss: str = ""
    moved: bool = False
    asked: list[str] = field(default_factory=list)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    rsa: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "r1", "use": "sig"}))
    ec: ECKey = field(default_factory=lambda: ECKey.generate_key("P-256", {"kid": "e1", "use": "sig"}))

    def token(self, nonce: str) -> str:
        """The ID token of whoever signed in."""
        now = int(time.time())
        claims = {"iss": self.issuer, "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": nonce, **self.claims}
        claims = {name: value for name, value in (claims | self.changes).items() if value is not None}
        if self.alg == "none":
            parts = ({"alg": "none"}, claims)
            return ".".join(_b64(json.dumps(one).encode()) for one in parts) + "."
        if self.alg == "HS256":
            key = OctKey.import_key(self.shared or self.rsa.as_pem(private=False))
            return jwt.encode({"alg": "HS256", "kid": "r1"}, claims, key, algorithms=["HS256"])
        key, kid = (self.rsa, "r1") if self.alg.startswith("RS") else (self.ec, "e1")
        if self.stranger:
            key = RSAKey.generate_key(2048)
        return jwt.encode({"alg": self.alg, "kid": kid}, claims, key, algorithms=[self.alg])

    def app(self) -> Flask:
        """Its four addresses."""
        app = Flask("provider")

        @app.before_request
        def seen() -> None:
            self.asked.append(request.path)

        @app.get("/.well-known/openid-configuration")
        def described() -> dict[str, Any]:
            ends = {"authorization_endpoint": "/authorize", "token_endpoint": "/token", "jwks_uri": "/keys"}
            return {
                "issuer": self.issuer,
                **{name: self.issuer + path for name, path in ends.items()},
                **self.described,
            }

        @app.get("/keys")
        def keys() -> dict[str, Any]:
            return {"keys": [self.rsa.as_dict(private=False), self.ec.as_dict(private=False)]}

        @app.get("/authorize")
        def authorize() -> Response:
            code = secrets.token_urlsafe(16)
            self.codes[code] = dict(request.args)
            more = {"iss": self.answers_iss} if self.answers_iss else {}
            back = (
                request.args["redirect_uri"] + "?" + urlencode({"code": code, "state": request.args["state"], **more})
            )
            return redirect(back)

        @app.post("/token")
        def token() -> Any:
            if self.moved:
                return redirect(self.issuer + "/elsewhere", 307)
            wanted = self.codes.pop(request.form["code"], None)  # once
            basic = request.authorization
            known = basic and (basic.username, basic.password) == (CLIENT, SECRET)
            proof = _b64(hashlib.sha256(request.form.get("code_verifier", "").encode()).digest())
            if (
                not wanted
                or not known
                or proof != wanted["code_challenge"]
                or wanted["code_challenge_method"] != "S256"
            ):
                return {"error": "invalid_grant"}, 400
            if wanted["redirect_uri"] != request.form["redirect_uri"]:
                return {"error": "invalid_grant"}, 400
            return {
                "access_token": "x",
                "token_type": "Bearer",
                "expires_in": 300,
                "id_token": self.token(wanted["nonce"]),
            }

        return app


@contextmanager
def serving(tls: tuple[str, str] | None = None) -> Iterator[Provider]:
    """Serve a provider on a free port of this machine, by TLS where files of a certificate and its key are given."""
    made = Provider()
    server = make_server("127.0.0.1", 0, made.app(), threaded=True, ssl_context=tls)
    made.issuer = f"{'https' if tls else 'http'}://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _b64(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()
