"""Accounts: who may sign in, in which role and area; made, closed and signed out here. For who administers them."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from dash import ALL, Dash, Output, State, ctx, dcc, html, no_update
from dash.development.base_component import Component
from flask import request

from dashboard import parts
from dashboard.calls import CallError
from dashboard.desk import Desk
from dashboard.keeping import Keeper
from dashboard.pages import Asked, Page
from dashboard.pages._field import field
from dashboard.pages._frame import record
from dashboard.presses import press, pressed
from dashboard.roles import ROLES
from dashboard.text import both, figure, moment
from layers.store.accounts import LONGEST, AccountError
from layers.store.passwords import PasswordError

CONFIRMED = ("disable", "password", "factor")  # what is asked twice: it puts somebody out at once
MENU_PX = 360  # high enough for every role
DOES = ("make", "drop", *(f"ask-{one}" for one in CONFIRMED), *CONFIRMED, "enable", "sessions")


def layout(asked: Asked) -> Component:
    """Figures above, the accounts at the left, what was just done and the form of a new one at the right."""
    if asked.desk.settings.is_drill:
        nothing = parts.empty(asked.say("accounts.drill"), asked.say("accounts.drill_more"))
        return record(asked, [parts.panel(asked.say("page.accounts"), nothing, name="accounts")])
    rows = Keeper(asked.desk, asked.who).every()
    right = [html.Div(id="account-said"), html.Div(form(asked, {}), id="account-form")]
    columns = [html.Div(listing(asked, rows), id="account-list"), html.Div(right, className="stack")]
    return record(asked, [html.Div(columns, className="account-columns")])


# ---- the list


def listing(asked: Asked, rows: pd.DataFrame) -> list[Component]:
    """Return figures, and every account on a line with what can be done to it."""
    w, lines = asked.say, [html.Li(_line(asked, row), className="off" if row["disabled"] else "") for row in rows.to_dict("records")]  # fmt: skip
    open_, never = int(rows["open"].sum()), int(rows["last_at"].isna().sum())
    unit = w("accounts.unit")
    tiles = [
        parts.tile(w("accounts.all"), figure(len(rows)), unit, w("accounts.all_note", n=figure(rows["role"].nunique())), tone="blue"),
        parts.tile(w("accounts.closed"), figure(int(rows["disabled"].sum())), unit, w("accounts.closed_note")),
        parts.tile(w("accounts.open"), figure(open_), w("accounts.sessions"), w("accounts.open_note"), tone="teal"),
        parts.tile(w("accounts.never"), figure(never), unit, w("accounts.never_note"), tone="amber" if never else ""),
    ]  # fmt: skip
    body = html.Ul(lines, className="account-list") if lines else parts.empty(w("accounts.none_yet"))
    note = w("accounts.note")
    return [html.Div(tiles, className="tiles account-tiles"), parts.panel(w("page.accounts"), body, note=note, name="accounts")]  # fmt: skip


def _line(asked: Asked, row: Mapping[Any, Any]) -> list[Component]:
    w, own = asked.say, asked.who is not None and row["name"] == asked.who.name
    state = parts.badge(w("accounts.disabled"), "red", "✕") if row["disabled"] else parts.badge(w("accounts.enabled"), "teal", "✓")  # fmt: skip
    role = " ".join((w(f"access.role_{row['role']}"), row["area"])).strip()
    last = (
        w("accounts.last_in", at=moment(row["last_at"], asked.lang))
        if pd.notna(row["last_at"])
        else w("accounts.no_sign_in")
    )
    key = (
        w("accounts.vouched")
        if row["vouched"]
        else w("accounts.password_of", at=moment(row["password_at"], asked.lang))
    )
    factor = _factor(asked, row)
    told = [
        html.Span([html.B(row["name"]), html.Small(role)], className="account-who"),
        html.Span([state, html.Small(w("accounts.sessions_open", n=int(row["open"])))], className="account-state"),
        html.Span([html.Span(last), html.Small(key), html.Small(factor)], className="account-last"),
    ]  # fmt: skip
    does = (
        [("enable", "")] if row["disabled"] else [("sessions", "")] + ([] if row["vouched"] else [("ask-password", "")])
    )
    does += [("ask-factor", "")] if row["factor"] and not own else []
    does += [] if row["disabled"] or own else [("ask-disable", "")]
    buttons = [
        html.Button(w(f"accounts.do_{do.removeprefix('ask-')}"), id=_does(do, row["id"]), className="quiet", n_clicks=0,
                    disabled=do == "sessions" and not row["open"], **{"aria-label": f"{w('accounts.do_' + do.removeprefix('ask-'))}: {row['name']}"})
        for do, _ in does
    ]  # fmt: skip
    return [*told, html.Span(buttons, className="account-does")]


def _factor(asked: Asked, row: Mapping[Any, Any]) -> str:
    """Whether an account has a second factor, and what follows where it has none but needs one."""
    if row["vouched"]:
        return ""
    lacks = "demanded" if asked.desk.settings.demands(row["role"]) else "none"
    return asked.say("accounts.factor_has" if row["factor"] else f"accounts.factor_{lacks}")


def _does(do: str, number: Any) -> dict[str, str]:
    return {"type": "account-do", "do": do, "index": str(number)}


# ---- the form


def form(asked: Asked, entered: Mapping[str, str], problem: str = "") -> Component:
    """Return the form of a new account, with what was entered and what is wrong with it."""
    w = asked.say
    street, compound = w("accounts.area_street"), w("accounts.area_compound", compound="compound:")
    roles = [{"value": role, "label": w(f"access.role_{role}")} for role in ROLES]
    name = dcc.Input(id=_field("name"), value=entered.get("name", ""), type="text", maxLength=LONGEST, autoComplete="off")  # fmt: skip
    role = dcc.Dropdown(roles, entered.get("role") or None, id=_field("role"), clearable=False, searchable=False, placeholder=w("accounts.choose"), maxHeight=round(MENU_PX * asked.scale))  # fmt: skip
    area = dcc.Input(id=_field("area"), value=entered.get("area", ""), type="text", maxLength=120, autoComplete="off")
    fields = [
        field(w("accounts.name"), name, w("accounts.name_note")),
        field(w("accounts.role"), role),
        field(w("accounts.area"), area, w("accounts.area_note", district="420102", street=street, compound=compound)),
    ]
    make = html.Button(w("accounts.make"), id=_does("make", 0), className="button primary", n_clicks=0)
    body = [
        html.Div(fields, className="order-fields"),
        html.P(problem, className="order-problem", role="alert") if problem else None,
        html.Div(make, className="order-buttons"),
    ]
    return parts.panel(w("accounts.new"), body, note=w("accounts.new_note"), name="account-new")


def _field(name: str) -> dict[str, str]:
    return {"type": "account-field", "index": name}


# ---- what was just done


def confirm(asked: Asked, do: str, row: Mapping[Any, Any]) -> Component:
    """Return the question before something that puts somebody out at once."""
    w = asked.say
    buttons = [
        html.Button(w("accounts.cancel"), id=_does("drop", 0), className="quiet", n_clicks=0),
        html.Button(w(f"accounts.do_{do}"), id=_does(do, row["id"]), className="button danger", n_clicks=0),
    ]
    body = [html.P(w(f"accounts.confirm_{do}", name=row["name"])), html.Div(buttons, className="order-buttons")]
    return parts.panel(w(f"accounts.do_{do}"), body, name="account-sign")


def secret(asked: Asked, name: str, password: str) -> Component:
    """Return a new password: it stands here once."""
    w = asked.say
    body = [
        html.P(w("accounts.password_is", name=name)),
        html.Code(password, className="account-password", tabIndex="0"),
        html.P(w("accounts.password_once"), className="caveat"),
        html.Div(html.Button(w("accounts.noted"), id=_does("drop", 0), className="button primary", n_clicks=0), className="order-buttons"),
    ]  # fmt: skip
    return html.Div(parts.panel(w("accounts.password"), body, name="account-secret"), role="status")


def _done(asked: Asked, key: str, **values: Any) -> Component:
    return html.P(asked.say(f"accounts.{key}", **values), className="account-done", role="status")


# ---- callbacks


def connect(app: Dash, desk: Desk) -> None:
    """Let the administrator make and change accounts."""

    @app.callback(
        Output("account-list", "children"),
        Output("account-said", "children"),
        Output("account-form", "children"),
        press("account"),
        State({"type": "account-field", "index": ALL}, "value"),
        State("url", "search"),
        prevent_initial_call=True,
    )
    def does(button: Any, values: Sequence[Any], search: str) -> Any:
        if not button:
            return no_update, no_update, no_update
        asked = Asked.at(desk, desk.gate.who(request), PAGE.path, search)
        entered = {one["id"]["index"]: str(text or "") for one, text in zip(ctx.states_list[0], values, strict=True)}
        said, made = acted(asked, Keeper(desk, asked.who), pressed(button), entered)
        return listing(asked, Keeper(desk, asked.who).every()), said, made


def acted(asked: Asked, keeper: Keeper, button: Mapping[str, str], entered: Mapping[str, str]) -> tuple[Any, Any]:
    """Do what a button says; return what is said of it, and the form where it changes."""
    do, index = button["do"], button["index"]
    if do not in DOES or not index.isdecimal() or len(index) > 15:
        raise CallError(f"account {do[:20]} {index[:20]!r}; wanted one of {DOES} and a number")
    if do == "drop":
        return None, no_update
    if do == "make":
        return _made(asked, keeper, entered)
    rows = keeper.every()
    found = rows[rows["id"] == int(index)].to_dict("records")
    if not found:
        return _done(asked, "gone"), no_update
    try:
        return _changed(asked, keeper, do, found[0]), no_update
    except AccountError as error:
        return html.P(error.said(asked.lang), className="order-problem", role="alert"), no_update


def _made(asked: Asked, keeper: Keeper, entered: Mapping[str, str]) -> tuple[Any, Any]:
    try:
        password = keeper.add(entered.get("name", ""), entered.get("role", ""), entered.get("area", ""))
    except (AccountError, PasswordError) as error:
        return None, form(asked, entered, error.said(asked.lang))
    return secret(asked, " ".join(entered["name"].split()), password), form(asked, {})


def _changed(asked: Asked, keeper: Keeper, do: str, row: Mapping[Any, Any]) -> Component:
    name = row["name"]
    if do.startswith("ask-"):
        return confirm(asked, do.removeprefix("ask-"), row)
    if do == "password":
        return secret(asked, name, keeper.new_password(name))
    if do == "sessions":
        return _done(asked, "ended", name=name, n=keeper.end_sessions(name))
    if do == "factor":
        keeper.reset_factor(name)
        return _done(asked, "factor_reset", name=name)
    keeper.set_disabled(name, do == "disable")
    return _done(asked, "disabled_now" if do == "disable" else "enabled_again", name=name)


PAGE: Any = Page(
    "/accounts",
    order=64,
    group="data",
    title=both("page.accounts"),
    layout=layout,
    connect=connect,
    bare=True,
    still=lambda _search: True,  # a password that stands here once must not go away when news come
)
