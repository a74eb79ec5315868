"""Daily editions on the page Briefing: the city sets what is printed every day at which hour, stops it, and sees what came of it."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from dash import Dash, Input, Output, State, dcc, html, no_update, set_props
from dash.development.base_component import Component
from flask import request

from dashboard import parts
from dashboard.briefing import PARTS, SECRECY, BriefingError, Choice
from dashboard.briefing.content import check
from dashboard.briefing.daily import next_run, parse_clock
from dashboard.briefing.press import begin, plain, verdict_of
from dashboard.calls import CallError
from dashboard.desk import Desk
from dashboard.pages import Asked
from dashboard.pages._frame import district_names
from dashboard.presses import press, pressed
from dashboard.roles import AccessError
from dashboard.text import both, listed, moment
from layers.store import schedules
from layers.store.schedules import DONE, FAILED, MISSED, PRINTING, Schedule, ScheduleError

FIRST = "07:30"  # before the morning meeting
SHOWN = 10  # editions listed
FIELDS = ("parts", "districts", "lang", "form", "size", "secrecy")  # as the choice at the left of the page names them
QUICK_MS, SLOW_MS = 2_000, 20_000  # how often the list is asked for while something is printed, and else
UNDOES = ("schedule-stop", "schedule-resume")
SIGNED = {"genuine": "teal", "altered": "red", "unknown": "red", "gone": "amber"}


def panel(asked: Asked) -> Component | None:
    """Return the panel, None for whoever may not schedule."""
    if asked.who is None or not asked.who.sees_all:
        return None
    w = asked.say
    field = dcc.Input(
        id="schedule-at", type="text", value=FIRST, maxLength=5, autoComplete="off", placeholder="HH:MM", className="schedule-clock", **parts.HELD
    )  # fmt: skip
    make = html.Button(w("schedule.make"), id=_does("make", 0), className="button primary", n_clicks=0)
    form = html.Div([html.Label([w("schedule.every_day_at"), field]), make], className="schedule-form")
    told = html.P(w("schedule.what"), className="panel-note")
    content = html.Div(body(asked), id="schedule-body")
    tick = dcc.Interval(id="schedule-tick", interval=SLOW_MS)
    said = html.P(id="schedule-said", className="schedule-said", role="alert")
    return parts.panel(w("schedule.daily"), [form, said, content, told, tick], name="briefing-daily", id="daily")


def body(asked: Asked) -> list[Component]:
    """Return what is printed every day, and the last editions."""
    w, store = asked.say, asked.desk.store
    rows, last = schedules.in_force(store), schedules.newest(store, SHOWN)
    standing = html.Ul([_standing(asked, row) for row in rows], className="schedule-list") if rows else None
    editions = html.Ul([_edition(asked, row) for row in last], className="schedule-list") if last else None
    return [
        standing or parts.empty(w("schedule.none")),
        *([html.H3(w("schedule.last_editions")), editions] if editions else []),
    ]


def _standing(asked: Asked, row: Schedule) -> Component:
    w, now = asked.say, datetime.now(UTC)
    after = moment(next_run(now, parse_clock(row.at)), asked.lang)
    about = [
        html.B(w("schedule.line", at=row.at, what=_what(asked, row.area, row.choice, row.lang))),
        html.Small(_parts(asked, row.choice)),
        html.Small(w("schedule.next", at=after, by=row.made_by)),
    ]
    buttons = [
        html.Button(w("schedule.now"), id=_does("now", row.id), className="quiet", n_clicks=0),
        html.Button(w("schedule.stop"), id=_does("stop", row.id), className="quiet", n_clicks=0),
    ]
    return html.Li([html.Div(about), html.Div(buttons, className="schedule-buttons")])


def _what(asked: Asked, area: str, choice: Mapping[str, Any], lang: str) -> str:
    """Return form, language, area and secrecy of a schedule in a line."""
    where = district_names(asked).get(area, area) or asked.say("briefing.whole_city")
    size = f" {choice['size'].upper()}" if choice["form"] in ("pdf", "png") else ""
    mark = SECRECY[choice["secrecy"]].said(asked.lang)
    return " · ".join((f"{choice['form'].upper()}{size}", asked.say(f"briefing.lang_{lang}"), where, mark))


def _parts(asked: Asked, choice: Mapping[str, Any]) -> str:
    """Return the parts of a schedule, and how many pages of districts go with them."""
    names = listed([asked.say(f"briefing.part_{part}") for part in choice["parts"]], asked.lang)
    if not choice["districts"]:
        return names
    every = choice["districts"] == ["all"]
    pages = (
        asked.say("briefing.all_districts") if every else asked.say("schedule.districts", n=len(choice["districts"]))
    )
    return f"{names} · {pages}"


def _edition(asked: Asked, row: Mapping[str, Any]) -> Component:
    """Return one edition: when it was due, what became of it, its code, size and signature."""
    due = html.B(moment(row["due"], asked.lang))
    tools: list[Component] = []
    if row["state"] == DONE:
        verdict = verdict_of(asked.desk, dict(row))
        size = asked.say("schedule.size", form=row["choice"]["form"].upper(), mb=f"{(row['bytes'] or 0) / 1e6:.1f}")
        link = dcc.Link(row["code"], href="/briefing" + asked.here.at(options={"code": row["code"]}, pick=None).search)
        about = [due, html.Span([link, f" · {size}"])]
        tools = [
            parts.badge(asked.say(f"schedule.signed_{verdict}"), SIGNED[verdict], "✓" if verdict == "genuine" else "!")
        ]
        if verdict != "gone":
            tools.append(html.A(asked.say("schedule.fetch"), href=f"/briefing/edition/{row['id']}", download=True, className="button quiet"))  # fmt: skip
    else:
        about = [due, html.Span(_why(asked, row))]
        tools = [parts.badge(asked.say(f"schedule.state_{_state(row)}"), {PRINTING: "blue", MISSED: "amber"}.get(_state(row), "red"), {PRINTING: "…"}.get(_state(row), "!"))]  # fmt: skip
    return html.Li([html.Div(about), html.Div(tools, className="schedule-buttons")])


def _state(row: Mapping[str, Any]) -> str:
    """Return the state of an edition; one that never ended was cut off with its server."""
    late = row["state"] == PRINTING and (datetime.now(UTC) - row["begun_at"]) > schedules.STUCK
    return FAILED if late else str(row["state"])


def _why(asked: Asked, row: Mapping[str, Any]) -> str:
    """Return why there is no file, and whether it is tried again."""
    if row["state"] == MISSED:
        return asked.say("schedule.was_missed")
    if _state(row) == PRINTING:
        return _parts(asked, row["choice"])
    why = asked.words(row["why_zh"], row["why_en"]) if row["why_en"] else asked.say("schedule.cut_off")
    tries = asked.say("schedule.tries", n=row["tries"], most=schedules.TRIES)
    return f"{why} · {tries}"


def _does(do: str, number: int) -> dict[str, str]:
    return {"type": "schedule-do", "do": do, "index": str(number)}


# ---- what the buttons do


def acted(asked: Asked, do: str, number: int, at: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """Do what a button says and return the toast; raises ScheduleError, BriefingError or AccessError with nothing done."""
    who, store = asked.desk.gate.scheduler(asked.who), asked.desk.store
    if do == "make":
        wanted = schedule_from(asked, at, given)
        made = schedules.make(store, wanted, who.name)
        return {"text": asked.say("schedule.made", at=wanted.at), "undo": {"what": "schedule-stop", "id": made}}
    row = next((one for one in schedules.in_force(store) if one.id == number), None)
    if row is None:
        raise ScheduleError(*both("schedule.not_there")[::-1])
    if do == "stop":
        schedules.stop(store, number, who.name)
        return {"text": asked.say("schedule.stopped", at=row.at), "undo": {"what": "schedule-resume", "id": number}}
    now = datetime.now(UTC)
    job = begin(asked.desk, row, now, now, who)
    if job is None:
        raise ScheduleError(*both("schedule.busy")[::-1])
    return {"text": asked.say("schedule.begun")}


def schedule_from(asked: Asked, at: str, given: Mapping[str, Any]) -> Schedule:
    """Return the schedule that the fields say; raises ScheduleError or BriefingError where one cannot be read."""
    try:
        clock = parse_clock(at.strip().replace("：", ":"))
    except BriefingError as error:
        raise ScheduleError(*both("schedule.no_clock", text=at[:12])[::-1]) from error
    districts = given["districts"] or []
    chosen = ("all",) if "all" in districts else tuple(map(str, districts))
    picked = tuple(part for part in PARTS if part in (given["parts"] or []))
    if not picked:
        raise ScheduleError(*both("schedule.no_part")[::-1])
    choice = Choice(picked, chosen, str(given["form"]), str(given["size"]), str(given["secrecy"]))
    check(choice, str(given["lang"]))
    return Schedule(f"{clock:%H:%M}", asked.here.view.area, str(given["lang"]), plain(choice))


def undone(asked: Asked, undo: Mapping[str, Any]) -> str:
    """Take back what a toast of this panel told of; return what it says then."""
    who, number = asked.desk.gate.scheduler(asked.who), int(undo["id"])
    if undo["what"] == "schedule-stop":
        schedules.stop(asked.desk.store, number, who.name)
    else:
        schedules.resume(asked.desk.store, number, who.name)
    return asked.say("saved.undone")


def _asked_for(desk: Desk, search: str) -> Asked:
    asked = Asked.at(desk, desk.gate.who(request), "/briefing", search)
    desk.gate.scheduler(asked.who)
    return asked


def _pace(desk: Desk) -> int:
    printing = any(_state(row) == PRINTING for row in schedules.newest(desk.store, SHOWN))
    return QUICK_MS if printing else SLOW_MS


def connect(app: Dash, desk: Desk) -> None:
    """Let the buttons make, stop and try schedules, and the list follow what the press does."""

    @app.callback(
        Output("schedule-body", "children"),
        Output("schedule-said", "children"),
        Output("schedule-tick", "interval"),
        Output("toast", "data", allow_duplicate=True),
        press("schedule"),
        State("schedule-at", "value"),
        *(State(f"briefing-{name}", "value") for name in FIELDS),
        State("url", "search"),
        prevent_initial_call=True,
    )
    def does(button: Any, at: Any, *rest: Any) -> Any:
        if not button:
            return (no_update,) * 4
        asked, trigger, told, why = _asked_for(desk, rest[-1]), pressed(button), no_update, ""
        try:
            told = acted(asked, trigger["do"], _number(trigger["index"]), str(at or ""), dict(zip(FIELDS, rest, strict=False)))  # fmt: skip
        except (ScheduleError, BriefingError, AccessError) as error:
            why = error.said(asked.lang)
        return body(asked), why, _pace(desk), told

    @app.callback(
        Output("schedule-body", "children", allow_duplicate=True),
        Output("schedule-tick", "interval", allow_duplicate=True),
        Input("schedule-tick", "n_intervals"),
        State("url", "search"),
        prevent_initial_call=True,
    )
    def looked(_tick: Any, search: str) -> Any:
        return body(_asked_for(desk, search)), _pace(desk)

    _connect_undo(app, desk)


def _connect_undo(app: Dash, desk: Desk) -> None:
    @app.callback(
        Output("toast", "data", allow_duplicate=True),
        Input("undo", "data"),
        State("url", "pathname"),
        State("url", "search"),
        prevent_initial_call=True,
    )
    def taken_back(undo: Any, path: str, search: str) -> Any:
        if not undo or undo.get("what") not in UNDOES:
            return no_update
        here = path == "/briefing"  # the toast may outlive the page
        asked = Asked.at(desk, desk.gate.who(request), "/briefing", search if here else "")
        try:
            text = undone(asked, undo)
        except ScheduleError as error:
            return {"text": error.said(asked.lang), "tone": "red"}
        if here:
            set_props("schedule-body", {"children": body(asked)})
        return {"text": text}


def _number(text: str) -> int:
    if not text.isdecimal() or len(text) > 15:
        raise CallError(f"schedule {text[:20]!r}; wanted the number of one")
    return int(text)
