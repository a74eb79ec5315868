"""One labelled field of a form, the same in every dialog."""

from dash import dcc, html
from dash.development.base_component import Component


def field(label: str, control: Component, note: str = "") -> Component:
    """Return a control with its words; a screen reader says them of it.

    One control stands inside its label, so that a click on the words goes to it. Of several choices each has a label of
    its own: they are a group that the words name.
    """
    parts = [html.Span(label, className="order-label"), control, html.Small(note) if note else None]
    if isinstance(control, dcc.RadioItems):
        return html.Div(parts, className="order-field", role="group", **{"aria-label": label})
    return html.Label(parts, className="order-field")
