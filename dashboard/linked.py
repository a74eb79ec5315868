"""The style sheets of a page without a script: at the door, and instead of what cannot be shown."""

HOUSE, DAY, DOOR, REFUSAL = (f"/assets/{name}.css" for name in ("tokens", "tokens_light", "sign_in", "refusal"))
ALL = (HOUSE, DAY, DOOR, REFUSAL)


def styles(sheet: str) -> str:
    """Return the links to the house's colours and sizes, dark or light as the browser wishes, and to the page's own sheet; its root is of class `door`."""
    day = f'<link rel=stylesheet href="{DAY}" media="(prefers-color-scheme: light)">'
    return f'<link rel=stylesheet href="{HOUSE}">{day}<link rel=stylesheet href="{sheet}">'
