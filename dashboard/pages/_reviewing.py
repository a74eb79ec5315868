"""What the buttons of the review desk do: decide, put off, undo, correct, and choose what is shown."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from dash import ALL, Dash, Output, State, no_update
from flask import request

from dashboard.calls import CallError
from dashboard.desk import Desk
from dashboard.pages import Asked, _decided, _review
from dashboard.presses import press, pressed
from dashboard.roles import Person
from layers.intake import gazetteer_changes, review


@dataclass(frozen=True)
class Entered:
    """What stands in the switches and fields of the desk: all alike, the name to learn, the code of a correction."""

    same: bool
    learn: list[str]
    codes: list[Any]


def acted(desk: Desk, button: Any, search: str, state: Any, entered: Entered) -> tuple[Any, Any]:
    """Do what a button of the review desk says; return the desk after it and where the browser now stands in the queue."""
    who = desk.gate.reviewer(desk.gate.who(request))
    asked = Asked.at(desk, who, "/quality", search)
    button = {name: unquote(str(value)) for name, value in button.items()}
    before = (state or {}).get("before")
    state = {"at": None, "skipped": list((state or {}).get("skipped") or [])}
    if before is not None:
        state["before"] = _number(before)
    said: Any = None
    try:
        if button["type"] == "review-go":
            state["at"] = button["index"]
        elif button["type"] == "review-skip":
            state["skipped"] = [*state["skipped"], button["index"]][-_review.SKIPPED :]
        elif button["type"] == "review-undo":
            found = review.undo(desk.store, _number(button["index"].partition("-")[0]), who.name, area=who.area)
            state["at"], said = next(iter(found.keys), None), told_undone(asked, found)
        elif button["type"] == "review-told":
            said = _history(asked, who, button, state, entered)
        else:
            said = told_decided(asked, button["compound"], decided(desk, who, button, entered))
    except (
        review.ClosedError,
        gazetteer_changes.CareError,
    ) as error:  # somebody was faster: the desk as it is now says the rest
        said = error.said(Asked.at(desk, who, "/quality", search).lang)
    fresh = Asked.at(desk, who, "/quality", search)
    return _review.panel(fresh, state, said), state


def decided(desk: Desk, who: Person, button: Mapping[str, str], entered: Entered) -> review.Decision:
    """Take the decision of a candidate's button, or of "none of these"."""
    code = button["compound"] or None
    name = entered.learn[0] if entered.learn and code else ""
    return review.decide(desk.store, button["key"], code, who.name, area=who.area, alike=entered.same, learn=name)


def _history(asked: Asked, who: Person, button: Mapping[str, str], state: dict[str, Any], entered: Entered) -> str:
    """Do what a button of the history says, change `state` accordingly, and return what to say."""
    do, number = button["do"], _number(button["index"])
    if do in ("older", "newest"):
        state.pop("before", None)
        if do == "older":
            state["before"] = number
    elif do == "correct":
        state["correcting"] = str(number)
    elif do in ("place", "none"):
        return _corrected(asked, who, number, state, entered if do == "place" else None)
    return ""


def _corrected(asked: Asked, who: Person, number: int, state: dict[str, Any], entered: Entered | None) -> str:
    code = None
    if entered is not None:
        code = str(next(iter(entered.codes), None) or "").strip()
    if code == "":
        state["correcting"] = str(number)
        return asked.say("reviewing.enter_code_compound")
    try:
        found = review.correct(asked.desk.store, number, code, who.name, area=who.area)
    except review.UnknownCompoundError as error:  # a slip of the hand: the field stays open
        state["correcting"] = str(number)
        return error.said(asked.lang)
    return told_decided(asked, code or "", found)


def told_decided(asked: Asked, code: str, found: review.Decision) -> str:
    """Return what was done, in a sentence."""
    whose = _decided.persons(asked, found.keys[0].partition(":")[2], len(found.keys))
    what = code or asked.say("reviewing.none_them")
    learned = asked.say("reviewing.learned", learned=found.learned) if found.learned else ""
    return asked.say("reviewing.decided_in_batch", whose=whose, what=what, batch=found.batch, learned=learned)


def told_undone(asked: Asked, found: review.Decision) -> str:
    """Return what was taken back, in a sentence."""
    n, name = len(found.keys), found.learned
    forgotten = asked.say("reviewing.alias_no_more", name=name) if name else ""
    return asked.say("reviewing.undone", n=n, batch=found.batch, forgotten=forgotten)


def _number(text: Any) -> int:
    """The number of a batch as a browser sent it."""
    if not str(text).isdecimal() or len(str(text)) > 15:
        raise CallError(f"{str(text)[:80]!r} is no number of a batch")
    return int(text)


def connect(app: Dash, desk: Desk) -> None:
    """Let a person decide, put off, undo, correct, and choose what waits."""

    @app.callback(
        Output("quality-review", "children"),
        Output("review", "data"),
        press("review"),
        State("url", "search"),
        State("review", "data"),
        State("review-same", "value"),
        State("review-learn", "value"),
        State({"type": "review-code", "index": ALL}, "value"),
        prevent_initial_call=True,
    )
    def does(button: Any, search: str, state: Any, same: Any, learn: Any, codes: Any) -> Any:
        if not button:
            return no_update, no_update
        return acted(desk, pressed(button), search, state, Entered(bool(same), learn or [], codes))
