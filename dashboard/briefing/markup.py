"""HTML and SVG that nothing can break out of: text is escaped where it enters, and only what `tag` made passes as markup."""

import json
from html import escape
from typing import Any

EMPTY = frozenset({"meta", "br", "input", "link"})


class Markup(str):
    """Text that is markup already."""

    __slots__ = ()


def tag(name: str, /, *inside: Any, **attributes: Any) -> Markup:
    """Return an element; what is inside is escaped unless it is markup, None is nothing.

    An attribute that is None or False is left out, one that is True has no value; `class_` is class, `data_key` data-key.
    """
    given = [(key.rstrip("_").replace("_", "-"), value) for key, value in attributes.items()]
    said = "".join(
        f" {key}" if value is True else f' {key}="{escape(str(value))}"'
        for key, value in given
        if value is not None and value is not False
    )
    if name in EMPTY:
        return Markup(f"<{name}{said}>")
    return Markup(f"<{name}{said}>{joined(*inside)}</{name}>")


def joined(*inside: Any) -> Markup:
    """Return pieces one after another, each escaped unless it is markup."""
    return Markup("".join(one if isinstance(one, Markup) else escape(str(one)) for one in inside if one is not None))


def data(id: str, value: Any) -> Markup:
    """Return values for a script as JSON that no text in them can end: `<` never stands in it."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return Markup(f'<script type="application/json" id="{escape(id)}">{text}</script>')
