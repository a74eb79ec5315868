"""What is pressed reaches the server through a store of its own, so that no new page takes its answer away.

Dash lets an answer under way go when the same callback is asked again, and asks every callback whose inputs a new page brings. An
order that was given while new data came in would never have been told of. So the buttons write into a store of the browser at once
(assets/press.js), and only that store asks the server.
"""

from collections.abc import Mapping
from typing import Any, cast

from dash import ALL, ClientsideFunction, Dash, Input, Output, dcc
from dash.development.base_component import Component

Button = str | dict[str, Any]


def _many(kind: str, *keys: str) -> dict[str, Any]:
    return {"type": kind, **dict.fromkeys(keys or ("index",), ALL)}


BUTTONS: Mapping[str, tuple[Button, ...]] = {  # by what they are about: the ids that buttons have
    "pick": tuple(_many(kind) for kind in ("pick", "pick-hospital", "unpick", "go")),
    "order": (_many("order-open", "kind", "index", "at"), _many("order-step", "do", "index"), _many("order-do", "do")),
    "account": (_many("account-do", "do", "index"),),
    "oversight": (_many("oversight-do", "do", "index"),),
    "taking": (_many("taking-do", "do", "index"),),
    "reveal": (_many("reveal-do", "do", "index"),),
    "alert": (_many("alert-do", "do", "index"),),
    "view": (_many("view-do", "do", "index"),),
    "care": ("care-try", _many("care", "do", "index")),
    "review": (
        _many("review", "key", "compound"),
        *(_many(f"review-{kind}") for kind in ("go", "skip", "undo")),
        _many("review-told", "do", "index"),
    ),
    "import": (_many("import-do"),),
    "schedule": (_many("schedule-do", "do", "index"),),
    "if": ("if-save", _many("if-remove")),
}


def stores() -> list[Component]:
    """Return the stores `press-NAME`, one a name of BUTTONS: {"id": id of the button that was pressed, "n": counts up}."""
    return [dcc.Store(id=f"press-{name}") for name in BUTTONS]


def connect(app: Dash) -> None:
    """Let every press write its store, in the browser."""
    for name, buttons in BUTTONS.items():
        app.clientside_callback(
            ClientsideFunction("fangyi_press", "pressed"),
            Output(f"press-{name}", "data"),
            *(Input(button, "n_clicks") for button in buttons),
            prevent_initial_call=True,
        )


def press(name: str) -> Input:
    """Return the input of a callback that does what the buttons of a name say; `calls` has checked what it carries."""
    return Input(f"press-{name}", "data")


def pressed(data: Mapping[str, Any]) -> dict[str, str]:
    """Return the id of a pressed button; one that is a plain text is its type."""
    id = data["id"]
    return {"type": id} if isinstance(id, str) else cast("dict[str, str]", id)


def is_press(name: str, value: Any) -> bool:
    """Return whether a browser told of a button that there can be."""
    if not isinstance(value, dict) or not isinstance(value.get("n"), int):
        return False
    return any(_is(value.get("id"), button) for button in BUTTONS[name])


def _is(given: Any, button: Button) -> bool:
    if isinstance(button, str) or not isinstance(given, dict):
        return bool(given == button)
    return given.keys() == button.keys() and all(
        isinstance(given[key], str) and (want is ALL or given[key] == want) for key, want in button.items()
    )
