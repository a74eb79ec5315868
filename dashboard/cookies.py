"""What the browser of somebody who signed in carries: a signed cookie that says when a hand last moved, and a token against forged requests.

The cookie holds the token of a session in the store (`layers.store.sessions`), so signing out, a disabled account and a new
password end it everywhere at once. When it was last renewed is signed into it; so nothing is written at each request, and no
request waits for an import that writes.
"""

import hashlib
import hmac
import time
from dataclasses import dataclass

from flask import Request, Response
from itsdangerous import BadSignature, URLSafeTimedSerializer

SESSION, PASS = "fangyi_session", "fangyi_pass"
DOOR = "fangyi_door"  # of a browser that sees the form: the form it sends must be its own
HALF = "fangyi_half"  # between a password and a code: it opens nothing
GUARD = (
    "_csrf_token"  # Dash's renderer copies this cookie into the header below; our scripts do as well (assets/_guard.js)
)
GUARD_HEADER, GUARD_FIELD = "X-CSRFToken", "csrf"
IDLE_S = 30 * 60  # without a hand at mouse, screen or keys
A_SHIFT_S = 12 * 3600
RENEWED_S = 60  # a cookie younger than this is not written again
UNSAFE = ("POST", "PUT", "PATCH", "DELETE")
HAND = "X-Hand"  # seconds since a hand moved, as a pulse says: news and turns of a wall make a screen ask by itself


@dataclass(frozen=True)
class Carried:
    """A session as its cookie says it: the token, and the age of the cookie in seconds."""

    token: str
    age_s: float


def sealed(secret: str, token: str) -> str:
    """Return the cookie of a session, signed, with the time it is now."""
    return _signer(secret).dumps(token)


def opened(secret: str, text: str) -> Carried | None:
    """Return what a cookie carries; None when it is forged, spoilt, or no hand moved for `IDLE_S`."""
    if not text:
        return None
    try:
        token, at = _signer(secret).loads(text, max_age=IDLE_S, return_timestamp=True)
    except (BadSignature, ValueError):
        return None
    return Carried(token, time.time() - at.timestamp()) if isinstance(token, str) else None


def guard(secret: str, carried: str) -> str:
    """Return the token that a request which changes something has to show, bound to what its browser carries."""
    return hmac.new(secret.encode(), b"csrf\n" + carried.encode(), hashlib.sha256).hexdigest()


def shows(request: Request, wanted: str) -> bool:
    """Return whether a request shows this token, in its header or in the field of a form."""
    shown = request.headers.get(GUARD_HEADER, "")
    if not shown and request.mimetype == "application/x-www-form-urlencoded":
        shown = request.form.get(GUARD_FIELD, "")
    return hmac.compare_digest(shown.encode(), wanted.encode())


def moved(request: Request, carried: Carried) -> bool:
    """Return whether a screen's pulse says that a hand moved since its cookie was written."""
    said = request.headers.get(HAND, "")
    return said.isascii() and said.isdigit() and int(said) < carried.age_s


def put(answer: Response, secret: str, token: str, secure: bool) -> None:
    """Let a browser carry a session until it is closed.

    Lax: a link in a message opens the map for whoever is signed in; nothing that changes anything is asked by a link.
    """
    answer.set_cookie(SESSION, sealed(secret, token), httponly=True, samesite="Lax", secure=secure)
    put_guard(answer, guard(secret, token), secure)


def put_guard(answer: Response, token: str, secure: bool) -> None:
    """Hand a browser the token that its scripts show; they must be able to read it."""
    answer.set_cookie(GUARD, token, httponly=False, samesite="Strict", secure=secure)


def clear(answer: Response) -> None:
    """Let a browser carry nothing any more."""
    for name in (SESSION, PASS, GUARD):
        answer.delete_cookie(name)


def _signer(secret: str) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(secret, salt="session")
