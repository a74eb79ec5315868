"""The pages of the second factor: asking for a code, setting one up, what it is now, and its recovery codes. No script, nothing from elsewhere."""

from collections.abc import Sequence
from html import escape

import segno

from dashboard import cookies
from dashboard.sign_in_page import because, framed, hidden, pair, told
from dashboard.text import both, say
from layers.store import factors
from layers.store.factors import Factor

FIELD = "inputmode=text autocomplete=one-time-code autocapitalize=none spellcheck=false maxlength=20 required"
WRONG = ("code", "code_alone", "code_first")
City = tuple[str, str]


def code(city: City, path: str, token: str, first: str, why: str = "", wait: int = 0) -> str:
    """Return the page that asks for a code after a password.

    token  of the form, against forged ones
    first  the language that the reader prefers: the page is named in it
    why    what went wrong: a key of `sign_in.why_...`, "" for nothing; wait: seconds until the next attempt is heard
    """
    body = (
        f"<form method=post action={path}>{hidden(**{cookies.GUARD_FIELD: token})}{because(why, wait)}"
        f"<h2>{told('factor.title')}</h2>{_hint('factor.code_hint')}{_code_field(why)}<button>{told('factor.do')}</button></form>"
        f"<div class=single><a href=/sign-in>{told('factor.back')}</a></div>"
    )
    return framed(city, first, "factor.title", body, "factor.help")


def set_up(
    city: City,
    path: str,
    token: str,
    secret: str,
    name: str,
    first: str,
    why: str = "",
    wait: int = 0,
    *,
    demanded: bool,
) -> str:
    """Return the page with a new secret, as text and as a QR code, and the field for its first code; `demanded` where nobody gets on without,
    just after the password; elsewhere it is asked for once more."""
    link = factors.address(secret, name, say("app.name", "zh"))
    steps = "".join(f"<li>{pair(both(f'factor.step_{n}'))}" for n in (1, 2, 3))
    shown = " ".join(secret[at : at + 4] for at in range(0, len(secret), 4))
    body = (
        f"<form method=post action={path}>{hidden(**{cookies.GUARD_FIELD: token, 'do': 'confirm'})}{because(why, wait)}"
        f"<div class=steps><h2>{told('factor.set_up')}</h2>{_hint('factor.demanded' if demanded else 'factor.wanted')}<ol>{steps}</ol></div>"
        f"<figure>{_drawn(link, first)}<figcaption>{told('factor.secret')}<code tabindex=0>{shown}</code></figcaption></figure>"
        f"<div class=last>{'' if demanded else _password_field(why)}{_code_field(why, 'factor.code', first=demanded or why in WRONG)}<button>{told('factor.confirm')}</button></div></form>{'' if demanded else _home()}"
    )
    return framed(city, first, "factor.set_up", body, "factor.set_up_help", wide=True)


def state(city: City, path: str, token: str, has: Factor, first: str, why: str = "", wait: int = 0) -> str:
    """Return the page of somebody's own second factor that counts: since when, what is left, and what a code can change."""
    buttons = "".join(
        f"<button name=do value={do} class={kind}>{told(key)}</button>"
        for do, kind, key in (("codes", "main", "factor.new_codes"), ("reset", "quiet", "factor.reset"))
    )
    since = pair(both("factor.is_since", at=has.since.strftime("%Y-%m-%d"), n=has.left), "p")
    body = (
        f"<form method=post action={path}>{hidden(**{cookies.GUARD_FIELD: token})}{because(why, wait)}"
        f"<h2>{told('factor.mine')}</h2><div class=hint>{since}</div>{_code_field(why)}<div class=buttons>{buttons}</div></form>{_home()}"
    )
    return framed(city, first, "factor.mine", body, "factor.state_help")


def without(city: City, first: str, key: str) -> str:
    """Return the page of somebody who can have no second factor here, with the reason."""
    return framed(
        city, first, "factor.mine", f"<h2>{told('factor.mine')}</h2>{_hint(key)}{_home()}", "factor.help_admin"
    )


def recovery(city: City, codes: Sequence[str], there: str, first: str) -> str:
    """Return the page with recovery codes: they stand here once."""
    listed = "".join(f"<li><code>{one}</code>" for one in codes)
    body = (
        f"<section role=status><h2>{told('factor.codes')}</h2>{_hint('factor.codes_hint')}<ul class=codes>{listed}</ul></section>"
        f'<div class=single><a href="{escape(there)}">{told("factor.go_on")}</a></div>'
    )
    return framed(city, first, "factor.codes", body, "factor.codes_help")


def _code_field(why: str, label: str = "factor.either", *, first: bool = True) -> str:
    wrong = " aria-describedby=told" + (" aria-invalid=true" if why in WRONG else "") if why else ""
    begins = " autofocus" if first else ""
    return f"<label for=code>{told(label)}</label><input id=code name=code {FIELD}{begins}{wrong}>"


def _password_field(why: str) -> str:
    wrong = " aria-describedby=told aria-invalid=true" if why == "password" else ""
    wrong += "" if why in WRONG else " autofocus"
    return (
        f"<label for=password>{told('sign_in.password')}</label><input id=password name=password type=password required "
        f"maxlength=200 autocomplete=current-password{wrong}>"
    )


def _home() -> str:
    return f"<div class=single><a href=/>{told('factor.home')}</a></div>"


def _hint(key: str, **values: object) -> str:
    return f"<div class=hint>{told(key, 'p', **values)}</div>"


def _drawn(link: str, first: str) -> str:
    """A QR code, drawn here: dark on light whatever the theme, with the quiet border that readers need."""
    picture = segno.make(link, error="m", micro=False).svg_inline(border=4, dark="#000", light="#fff", omitsize=True)
    return f'<div class=qr role=img aria-label="{escape(say("factor.qr", first))}">{picture}</div>'
