"""Browsers in which somebody has signed in before: their attempts are counted apart, so that nobody who knows only a name keeps its holder out.

What such a browser carries opens nothing. It says for the last few names that one of them signed in here, and no name stands in it.
"""

from flask import Request, Response
from itsdangerous import BadSignature, URLSafeTimedSerializer

from dashboard import cookies

COOKIE = "fangyi_known"
PATH = "/sign-in"
LASTS_S = 90 * 24 * 3600
MOST = 8  # names: the shifts of a desk
DIGITS = 24  # of each digest


def counted(request: Request, secret: str, name: str) -> str:
    """Return under what name the attempts of a browser are counted: one that no account can bear where its holder signed in here before."""
    return f"{name}\nknown" if _digest(secret, name) in _carried(request, secret) else name


def put(request: Request, answer: Response, secret: str, name: str) -> None:
    """Let a browser carry that somebody signed in."""
    mine = _digest(secret, name)
    names = [mine, *(one for one in _carried(request, secret) if one != mine)][:MOST]
    text = _signer(secret).dumps(names)
    answer.set_cookie(COOKIE, text, max_age=LASTS_S, path=PATH, httponly=True, samesite="Strict", secure=request.is_secure)  # fmt: skip


def _carried(request: Request, secret: str) -> list[str]:
    try:
        return list(_signer(secret).loads(request.cookies.get(COOKIE, ""), max_age=LASTS_S))
    except (BadSignature, ValueError):
        return []


def _digest(secret: str, name: str) -> str:
    return cookies.guard(secret, f"known {name}")[:DIGITS]


def _signer(secret: str) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(secret, salt="known")
