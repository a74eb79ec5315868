"""Routes of the page Briefing: print and preview as jobs, verify a file or a code, and the signature of a print."""

import base64
import json
from collections.abc import Mapping
from dataclasses import replace
from threading import Event
from typing import Any

from flask import Blueprint, Response, abort, make_response, request, send_file

from dashboard.access import district_titles
from dashboard.briefing import PARTS, WRITERS, BriefingError, Choice, compose, press
from dashboard.briefing.clock import stamp_of
from dashboard.briefing.content import check
from dashboard.briefing.issuing import Verdict, issue, key_of, print_again, verify_code, verify_file
from dashboard.briefing.printing import pictures
from dashboard.briefing.signing import sidecar
from dashboard.desk import Desk
from dashboard.downloads import as_file, as_json
from dashboard.jobs import BusyError, Progress
from dashboard.roles import Person
from dashboard.text import both, pick, say
from dashboard.view import Here
from layers._errors import Cancelled
from layers._times import parse_time
from layers.store import journal, printed, schedules

LARGEST = 64_000_000  # bytes of a file that is dropped to be verified
MOST_EDITIONS = 2**53  # a number beyond it names none, and no database takes much larger ones
SHOWN, SHOWN_DPI = 6, 72  # pages of a preview


def choice_of(here: Here) -> Choice:
    """Return what an address asks to be printed; what it leaves out is the whole city in PDF on A4, without pages of districts."""
    given = here.options or {}
    parts = tuple(filter(None, given.get("parts", "").split(","))) or PARTS
    districts = tuple(filter(None, given.get("districts", "").split(",")))
    choice = Choice(
        parts, districts, given.get("form", "pdf"), given.get("size", "a4"), given.get("secrecy", "internal")
    )
    check(choice, here.lang)
    if choice.form not in WRITERS:
        raise BriefingError(*both("brief.no_form", form=repr(choice.form), forms=", ".join(WRITERS))[::-1])
    return choice


def may_see(who: Person | None, row: dict[str, Any]) -> bool:
    """Return whether a print is this person's to look into: printed for their own area, or they see all."""
    return who is not None and (who.sees_all or row["state"]["asker"].get("area") == who.area)


def prints_blueprint(desk: Desk) -> Blueprint:
    """Return the routes.

    POST /briefing/print, /briefing/preview   start a job; the query string is the page's, and says what is printed
    POST /briefing/again?code=                start a job that prints a state again and compares the bytes
    POST /briefing/verify                     a file as the body: is it ours
    GET  /briefing/verify?code=               what is known of a code
    GET  /briefing/<code>.sig                 the signature that goes beside a print
    GET  /briefing/edition/<number>           the file of a daily edition
    """
    routes = Blueprint("prints", __name__)

    @routes.post("/briefing/print")
    def start() -> Response:
        here, who = _asked(desk)
        choice = choice_of(here)
        return _started(desk, f"briefing.{choice.form}", "print", here, {"choice": vars(choice)})

    @routes.post("/briefing/preview")
    def preview() -> Response:
        here, who = _asked(desk)
        choice = replace(choice_of(here), form="pdf")
        return _started(desk, "preview.json", "preview", here, {"choice": vars(choice)})

    @routes.post("/briefing/again")
    def again() -> Response:
        verdict = verify_code(desk, request.args.get("code", ""))
        if verdict.row is None or not may_see(desk.gate.who(request), verdict.row):
            abort(404)
        return _started(desk, "again.json", "again", _asked(desk)[0], {"code": verdict.row["code"]})

    @routes.route("/briefing/verify", methods=["GET", "POST"])
    def verify() -> Response:
        if request.method == "GET":
            verdict = verify_code(desk, request.args.get("code", ""))
            hidden = verdict.row is not None and not may_see(desk.gate.who(request), verdict.row)
            return as_json(told_of(desk, replace(verdict, row=None) if hidden else verdict))
        request.max_content_length = LARGEST
        return as_json(told_of(desk, verify_file(desk, request.get_data())))

    @routes.get("/briefing/<code>.sig")
    def signature(code: str) -> Response:
        row = printed.by_code(desk.store, code)
        if row is None or not may_see(desk.gate.who(request), row):
            abort(404)
        answer = make_response(sidecar(row, key_of(desk).public))
        answer.content_type = "application/json"
        answer.headers["Content-Disposition"] = f'attachment; filename="{code}.{row["format"]}.sig"'
        return answer

    _editions(routes, desk)
    return routes


def _editions(routes: Blueprint, desk: Desk) -> None:
    @routes.get(f"/briefing/edition/<int(max={MOST_EDITIONS}):number>")
    def daily(number: int) -> Response:
        who = desk.gate.scheduler(desk.gate.who(request))
        row = schedules.one(desk.store, number)
        path = press.file_of(desk, row) if row else None
        if row is None or path is None:
            abort(404)
        journal.add(desk.store, who.name, "export", path.name, {"edition": number})
        return send_file(path, as_attachment=True, download_name=path.name, max_age=0)


def told_of(desk: Desk, verdict: Verdict) -> dict[str, Any]:
    """Return a verdict as the browser shows it, in both languages."""
    found: dict[str, Any] = {"said": verdict.said, "again": verdict.again}
    found |= {lang: {"why": pick(verdict.why, lang)} for lang in ("zh", "en")}
    if verdict.row:
        row, state = verdict.row, verdict.row["state"]
        names = district_titles(desk.store)
        clocks = {name: stamp_of(parse_time(state[name])) for name in ("as_of", "known_at")}
        found |= {
            "code": row["code"],
            "format": row["format"],
            "actor": row["actor"],
            "at": stamp_of(row["at"]),
            **clocks,
        }
        for lang in ("zh", "en"):
            found[lang]["area"] = names.get(state["area"], state["area"]) or say("briefing.whole_city", lang)
    return found


def _asked(desk: Desk) -> tuple[Here, Person | None]:
    who = desk.gate.who(request)
    return desk.here(who, "/briefing", request.query_string.decode()), who


def _started(desk: Desk, name: str, task: str, here: Here, about: Mapping[str, Any]) -> Response:
    who = desk.gate.who(request)
    assert who is not None  # the gate gave the place to somebody
    try:
        return as_json(desk.jobs.submit(name, who, task, {"here": here.as_json(), **about}).told(), 202)
    except BusyError as error:
        return as_json({"zh": error.said("zh"), "en": error.said("en"), "error": str(error)}, 429)


def _chosen(about: Mapping[str, Any]) -> tuple[Here, Choice]:
    told = about["choice"]
    choice = Choice(**{name: tuple(one) if isinstance(one, list) else one for name, one in told.items()})
    return Here.of(about["here"]), choice


def _printed(desk: Desk, who: Person, about: Mapping[str, Any], told: Progress, stop: Event) -> bytes:
    here, choice = _chosen(about)
    return as_file(
        f"briefing.{choice.form}", lambda out: issue(desk, who, here, choice, out, progress=told, cancel=stop)
    )


def _shown(desk: Desk, who: Person, about: Mapping[str, Any], told: Progress, stop: Event) -> bytes:
    here, choice = _chosen(about)

    def heard(zh: str, en: str) -> None:
        if stop.is_set():
            raise Cancelled("the preview was stopped")
        told(0, 1, zh, en)

    found, pages = pictures(compose(desk, who, here, choice, heard), SHOWN, SHOWN_DPI, stop)
    return json.dumps({"pages": pages, "pictures": [base64.b64encode(one).decode() for one in found]}).encode()


def _again(desk: Desk, _who: Person, about: Mapping[str, Any], told: Progress, stop: Event) -> bytes:
    return json.dumps(told_of(desk, print_again(desk, verify_code(desk, about["code"]), told, stop))).encode()


TASKS = {"print": _printed, "preview": _shown, "again": _again}
