"""What a person sees instead of a page that cannot be shown, in both languages; programs get the same as one line of JSON.

Nothing of a fault's inside is told: what went wrong stands in the server's own log.
"""

from collections.abc import Mapping
from html import escape
from typing import Any

from flask import Flask, Request, Response, make_response, request

from dashboard.downloads import as_json
from dashboard.errors import Refusal
from dashboard.linked import REFUSAL, styles
from dashboard.text import LANGS, say
from layers._errors import LayerError

TONGUE = {"zh": "zh-CN", "en": "en"}
TOLD = (
    400,
    401,
    403,
    404,
    405,
    500,
    503,
)  # statuses with words of their own: `refusal.title_...` and `refusal.do_...` of dashboard/words


def wants_page(asked: Request) -> bool:
    """Return whether a person's browser asks to show something, rather than a script or a program."""
    return asked.method == "GET" and "text/html" in asked.headers.get("Accept", "")


def answered(status: int, why: str = "") -> Response:
    """Return the page of a status; `why` is one line of its cause, as the error itself says it."""
    home = "/?lang=en" if "lang=en" in request.query_string.decode(errors="replace") else "/"
    blocks = "".join(_block(status, lang, home) for lang in LANGS)
    cause = f"<p class=cause><code>{escape(why)}</code></p>" if why else ""
    name = " ".join(say("app.name", lang) for lang in LANGS)
    head = f'<meta charset=utf-8><meta name=viewport content="width=device-width"><title>{status} · {name}</title>{styles(REFUSAL)}'
    answer = make_response(
        f"<!doctype html><html lang=zh-CN class=door><head>{head}</head><body class=refusal><main><p class=status>{status}</p>{blocks}{cause}</main></body></html>",
        status,
    )
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _block(status: int, lang: str, home: str) -> str:
    title, what = (escape(say(f"refusal.{part}_{status}", lang)) for part in ("title", "do"))
    link = "" if status == 401 else f'<a href="{home}">{escape(say("state.home", lang))}</a>'
    return f"<section lang={TONGUE[lang]}><h1>{title}</h1><p>{what}</p>{link}</section>"


def said(error: Exception) -> dict[str, str]:
    """Return what an error says in each language, nothing where it says it in one alone."""
    return {lang: error.said(lang) for lang in LANGS} if isinstance(error, LayerError | Refusal) else {}


def register(server: Flask, codes: Mapping[type[Exception], int]) -> None:
    """Let each class of error be answered with its status: a page for a person, one line of JSON for a program."""
    for kind, code in codes.items():

        def refuse(error: Exception, code: int = code) -> Response:
            return (
                answered(code, " ".join(dict.fromkeys(said(error).values() or [str(error)])))
                if wants_page(request)
                else as_json({"error": str(error), **said(error)}, code)
            )

        server.register_error_handler(kind, refuse)

    for status in TOLD:

        def plainly(error: Any, status: int = status) -> Response:
            return answered(status) if wants_page(request) else make_response(error.get_response())

        server.register_error_handler(status, plainly)
