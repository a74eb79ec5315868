"""What a part of a page holds, as classes of its own: `has-NAME` where a style depends on something inside.

`:has()` of a style sheet asks the same, and makes the browser ask again, about all above it, whenever anything is put anywhere in
them: the charts measure each of their labels that way. The server knows what it put where, and says so once.
"""

from collections.abc import Iterator
from typing import Any

from dash import dcc
from dash.development.base_component import Component


def holding(children: Any, *names: str, deep: bool = True) -> str:
    """Return `has-NAME` for each name that is a class of the children, or of what they hold; "" where none is.

    deep   False: of the children alone, not of what is in them
    A name that begins with "data-" is an attribute. What a tab shows when it is opened is not looked into: it is not on the page.
    """
    found: set[str] = set()
    for part in _parts(children, deep):
        found.update(str(getattr(part, "className", None) or "").split())
        found.update(name for name in names if name.startswith("data-") and getattr(part, name, None) is not None)
    return " ".join(f"has-{name}" for name in names if name in found)


def _parts(children: Any, deep: bool) -> Iterator[Component]:
    """Every component among the children, and within them."""
    for part in children if isinstance(children, list | tuple) else (children,):
        if isinstance(part, list | tuple):
            yield from _parts(part, deep)
        elif isinstance(part, Component):
            yield part
            if deep and not isinstance(part, dcc.Tabs):
                yield from _parts(getattr(part, "children", None), deep)
