"""The page at the door: Chinese first, English beside it, no script, nothing from elsewhere."""

from html import escape

from flask import Response, make_response

from dashboard import cookies
from dashboard.linked import DOOR, styles
from dashboard.text import LANGS, both, say

MARK = "/assets/favicon.svg"
DONE = ("left", "factor_reset")  # what is told without anything being wrong
TONGUE = {"zh": "zh-CN", "en": "en"}


def page(
    city: tuple[str, str], token: str, why: str, name: str, there: str, wait: int, first: str, single: str = ""
) -> str:
    """Return the page.

    token  of the form, against forged ones
    why    what went wrong: a key of `sign_in.why_...`, "" for nothing
    name   what was typed; there: where to go on; wait: seconds until the next attempt is heard
    first  the language that the reader prefers: the page is named in it
    single where the provider of identities signs people in, "" for none
    """
    return framed(city, first, "sign_in.title", _form(token, why, name, there, wait) + _single(single), "sign_in.help")


def framed(city: tuple[str, str], first: str, title: str, body: str, footer: str, *, wide: bool = False) -> str:
    """Return a page around a body: one card with the name of the map above it and a sentence below; `title` and `footer` are words, `wide` gives room for two columns."""
    named = escape(f"{say(title, first)} · {say('app.name', first)}")
    head = (
        '<meta charset=utf-8><meta name=viewport content="width=device-width, initial-scale=1">'
        f'<title>{named}</title><link rel=icon href="{MARK}">{styles(DOOR)}'
    )
    brand = f'<img src="{MARK}" alt=""><h1>{told("app.name")}</h1><p class=city>{pair(city)}</p>'
    return (
        f"<!doctype html><html lang=zh-CN class=door><head>{head}</head><body class='sign-in{' wide' if wide else ''}'><main><header>{brand}</header>"
        f"{body}<footer>{told(footer, 'p')}</footer></main></body></html>"
    )


def as_form(shown: str, status: int = 200, wait: int = 0) -> Response:
    """Return a page with a form in it as an answer that nobody keeps; `wait` seconds until the next attempt is heard."""
    answer = make_response(shown, status)
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["Referrer-Policy"] = "same-origin"  # under "no-referrer" a browser sends a form without its origin
    if wait:
        answer.headers["Retry-After"] = str(wait)
    return answer


def hidden(**values: str) -> str:
    """Return fields of a form that nobody sees."""
    return "".join(f'<input type=hidden name={name} value="{escape(value)}">' for name, value in values.items())


def because(why: str, wait: int = 0) -> str:
    """Return the box that says what went wrong, or what was done; "" for nothing."""
    if not why:
        return ""
    kind = "status" if why in DONE else "alert"
    words = pair(both(f"sign_in.why_{why}", **({"wait": wait} if wait else {})), "p")
    return f"<div class=told data-kind={kind} role={kind} id=told>{words}</div>"


def _form(token: str, why: str, name: str, there: str, wait: int) -> str:
    wrong = " aria-describedby=told" + (" aria-invalid=true" if why == "wrong" else "") if why else ""
    fields = (
        f'<label for=name>{told("sign_in.name")}</label><input id=name name=name value="{escape(name)}" required '
        f"maxlength=60 autocomplete=username autocapitalize=none spellcheck=false{'' if name else ' autofocus'}{wrong}>"
        f"<label for=password>{told('sign_in.password')}</label><input id=password name=password type=password required "
        f"maxlength=200 autocomplete=current-password{' autofocus' if name else ''}{wrong}>"
    )
    begin = hidden(**{cookies.GUARD_FIELD: token, "next": there}) + because(why, wait)
    return f"<form method=post action=/sign-in>{begin}{fields}<button>{told('sign_in.do')}</button></form>"


def _single(there: str) -> str:
    """The way through the provider of identities, for whom it knows."""
    if not there:
        return ""
    return f'<div class=single><span>{told("sign_in.or")}</span><a href="{escape(there)}">{told("sign_in.single")}</a></div>'


def told(key: str, tag: str = "span", **values: object) -> str:
    """Return words in both languages."""
    return pair(both(key, **values), tag)


def pair(said: tuple[str, ...], tag: str = "span") -> str:
    """Chinese, then English, each marked as what it is; once where both say the same."""
    parts = [f"<{tag} lang={TONGUE[lang]}>{escape(text)}</{tag}>" for lang, text in zip(LANGS, said, strict=True)]
    return " ".join(parts if len(set(said)) > 1 else parts[:1])
