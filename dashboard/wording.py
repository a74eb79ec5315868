"""Which language a person reads, and the texts that scripts in the browser speak with."""

import hashlib
import json
from functools import cache

from flask import Blueprint, Request, Response, abort, has_request_context, request

from dashboard.glossary import terms
from dashboard.text import LANGS, texts
from dashboard.vendor import FOREVER

COOKIE = "fangyi_lang"  # a choice kept by assets/_words.js
SPOKEN = ("browser.", "manner.", "age.", "span.")  # sections that scripts may say


def preferred(asking: Request | None = None) -> str:
    """Return the language for an address that states none: the one chosen before, else the browser's, else Chinese.

    asking  the request; without one that of now, and Chinese where nobody asks (a command)
    """
    if asking is None and not has_request_context():
        return LANGS[0]
    asking = asking or request
    kept = asking.cookies.get(COOKIE, "")
    return kept if kept in LANGS else asking.accept_languages.best_match(LANGS, LANGS[0])


@cache
def script() -> bytes:
    """Return the script that hands the texts to `Fangyi.say`: both languages, because a page changes its own without loading."""
    spoken = {lang: {k: v for k, v in texts(lang).items() if k.startswith(SPOKEN)} for lang in LANGS}
    told = json.dumps(spoken, ensure_ascii=False, sort_keys=True)
    return f"(window.Fangyi = window.Fangyi || {{ready: 0, errors: []}}).words = {told};\n".encode()


@cache
def script_url() -> str:
    """Return its address, which changes with its content, so browsers may keep it for ever."""
    return f"/words/{hashlib.sha256(script()).hexdigest()[:16]}.js"


def words_blueprint() -> Blueprint:
    """Return the routes of the script, to be passed to Dash as `external_scripts=[script_url()]`, and of the glossary."""
    blueprint = Blueprint("words", __name__)

    @blueprint.get(script_url())
    def words() -> Response:
        answer = Response(script(), content_type="text/javascript; charset=utf-8")
        answer.headers["Cache-Control"] = FOREVER
        answer.set_etag(script_url()[7:23])
        return answer.make_conditional(request)

    @blueprint.get("/words/glossary/<lang>.json")
    def glossary(lang: str) -> Response:
        if lang not in LANGS:
            abort(404)
        told = json.dumps([term.told(lang) for term in terms()], ensure_ascii=False)
        answer = Response(told, content_type="application/json; charset=utf-8")
        answer.headers["Cache-Control"] = "private, no-cache"  # kept, and asked for again with its tag
        answer.set_etag(hashlib.sha256(told.encode()).hexdigest()[:16])
        return answer.make_conditional(request)

    return blueprint
