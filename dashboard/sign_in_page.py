"""The page at the door: Chinese first, English beside it, no script, nothing from elsewhere."""

from html import escape

from dashboard import cookies
from dashboard.text import LANGS, both, say

STYLES = ("/assets/tokens.css", "/assets/sign_in.css")
MARK = "/assets/favicon.svg"
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
    styles = "".join(f'<link rel=stylesheet href="{path}">' for path in STYLES)
    title = escape(f"{say('sign_in.title', first)} · {say('app.name', first)}")
    head = (
        '<meta charset=utf-8><meta name=viewport content="width=device-width, initial-scale=1">'
        f'<title>{title}</title><link rel=icon href="{MARK}">{styles}'
    )
    brand = f'<img src="{MARK}" alt=""><h1>{_both("app.name")}</h1><p class=city>{_pair(city)}</p>'
    return (
        f"<!doctype html><html lang=zh-CN><head>{head}</head><body class=sign-in><main><header>{brand}</header>"
        f"{_form(token, why, name, there, wait)}{_single(single)}<footer>{_both('sign_in.help', 'p')}</footer></main></body></html>"
    )


def _form(token: str, why: str, name: str, there: str, wait: int) -> str:
    hidden = "".join(
        f'<input type=hidden name={field} value="{escape(value)}">'
        for field, value in ((cookies.GUARD_FIELD, token), ("next", there))
    )
    said = _pair(both(f"sign_in.why_{why}", **({"wait": wait} if wait else {})), "p") if why else ""
    kind = "status" if why == "left" else "alert"
    told = f"<div class=told data-kind={kind} role={kind} id=told>{said}</div>" if why else ""
    wrong = " aria-describedby=told" + (" aria-invalid=true" if why == "wrong" else "") if why else ""
    fields = (
        f'<label for=name>{_both("sign_in.name")}</label><input id=name name=name value="{escape(name)}" required '
        f"maxlength=60 autocomplete=username autocapitalize=none spellcheck=false{'' if name else ' autofocus'}{wrong}>"
        f"<label for=password>{_both('sign_in.password')}</label><input id=password name=password type=password required "
        f"maxlength=200 autocomplete=current-password{' autofocus' if name else ''}{wrong}>"
    )
    return f"<form method=post action=/sign-in>{hidden}{told}{fields}<button>{_both('sign_in.do')}</button></form>"


def _single(there: str) -> str:
    """The way through the provider of identities, for whom it knows."""
    if not there:
        return ""
    return f'<div class=single><span>{_both("sign_in.or")}</span><a href="{escape(there)}">{_both("sign_in.single")}</a></div>'


def _both(key: str, tag: str = "span") -> str:
    return _pair(both(key), tag)


def _pair(said: tuple[str, ...], tag: str = "span") -> str:
    """Chinese, then English, each marked as what it is; once where both say the same."""
    parts = [f"<{tag} lang={TONGUE[lang]}>{escape(text)}</{tag}>" for lang, text in zip(LANGS, said, strict=True)]
    return " ".join(parts if len(set(said)) > 1 else parts[:1])
