"""What a person takes away from a page: the plan as a file, the briefing as PDF or picture. All through the gate, all journalled."""

import json
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from threading import Event
from typing import Any

from flask import Blueprint, Response, abort, make_response, request

from dashboard import briefing, export
from dashboard.briefing.issuing import issue
from dashboard.desk import Desk
from dashboard.jobs import IMPORTS, BusyError, Job, Progress
from dashboard.orders import chosen, listing
from dashboard.roles import Person
from dashboard.view import Here
from layers.decisions import orders
from layers.decisions._catalog import PLANS
from layers.store import journal

TYPES = {
    "json": "application/json",
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "pdf": "application/pdf",
    "png": "image/png",
    "html": "text/html; charset=utf-8",
    "gpkg": "application/geopackage+sqlite3",
}
BRIEFED = briefing.PARTS


def downloads_blueprint(desk: Desk) -> Blueprint:
    """Return the routes /plan/<kind>.<format>, /brief/<kind>.<format> and /orders.<format>; the query string is the page's."""
    routes = Blueprint("downloads", __name__)

    @routes.get("/plan/<kind>.<form>")
    def plan(kind: str, form: str) -> Response:
        if kind not in PLANS or form not in export.FORMATS:
            abort(404)
        here = desk.here(desk.gate.who(request), "/", request.query_string.decode())
        found = desk.plan(desk.gate.who(request), kind, here.view)
        return _send(desk, f"{kind}.{form}", export.plan_bytes(found, form, here.lang), here)

    @routes.get("/brief/<kind>.<form>")
    def brief(kind: str, form: str) -> Response:
        here = _briefed(desk, kind, form)
        return _send(desk, f"{kind}.{form}", brief_bytes(desk, f"{kind}.{form}", here, desk.gate.who(request)), here)

    @routes.get("/orders.<form>")
    def listed(form: str) -> Response:
        if form not in ("csv", "xlsx"):
            abort(404)
        who = desk.gate.who(request)
        here = desk.here(who, "/orders", request.query_string.decode())
        return _send(desk, f"orders.{form}", orders_bytes(desk, who, here, form), here)

    return routes


def orders_bytes(desk: Desk, who: Person | None, here: Here, form: str) -> bytes:
    """Return the orders that an address asks for as csv or xlsx."""
    found = orders.timed(desk.orders(who, here.view), desk.now(here))
    view, about = here.view, {"kind": "orders", "area": here.view.area}
    about |= {"as_of": view.as_of.isoformat(), "known_at": view.known_at.isoformat()}
    return export.table_bytes(listing(chosen(found, here.options), here.lang), form, about)


def jobs_blueprint(desk: Desk) -> Blueprint:
    """Return the routes of printing with progress.

    POST /brief/<kind>.<format>   start; answers 202 and the job
    POST /search/clusters         start a search for clusters, which is kept for the pages; answers like printing
    GET  /job/<id>                how far it is
    POST /job/<id>/cancel         stop it
    GET  /job/<id>/file           the file, once it is done
    Somebody else's job, or a forgotten one, is not found.
    """
    routes = Blueprint("jobs", __name__)

    @routes.post("/brief/<kind>.<form>")
    def start(kind: str, form: str) -> Response:
        here, who, name = _briefed(desk, kind, form), desk.gate.who(request), f"{kind}.{form}"
        assert who is not None  # the gate gave the place to somebody
        try:
            job = desk.jobs.submit(name, who, "brief", {"name": name, "here": here.as_json()})
        except BusyError as error:
            return as_json({"zh": error.said("zh"), "en": error.said("en"), "error": str(error)}, 429)
        return as_json(job.told(), 202)

    @routes.post("/search/clusters")
    def search() -> Response:
        who = desk.gate.who(request)
        here = desk.here(who, "/", request.query_string.decode())
        assert who is not None
        try:
            return as_json(desk.jobs.submit("clusters.json", who, "clusters", {"here": here.as_json()}).told(), 202)
        except BusyError as error:
            return as_json({"zh": error.said("zh"), "en": error.said("en"), "error": str(error)}, 429)

    @routes.get("/job/<id>")
    def watch(id: str) -> Response:
        return as_json(_own(desk, id).told())

    @routes.post("/job/<id>/cancel")
    def cancel(id: str) -> Response:
        job = _own(desk, id)
        desk.jobs.cancel(job)
        return as_json(desk.jobs.now(job).told())

    @routes.get("/job/<id>/file")
    def fetch(id: str) -> Response:
        job = _own(desk, id)
        has_file = job.state == "done" and job.size and "here" in job.about
        return _send(desk, job.name, desk.jobs.content(job), Here.of(job.about["here"])) if has_file else abort(404)

    return routes


def _brief(desk: Desk, who: Person, about: Mapping[str, Any], told: Progress, stop: Event) -> bytes:
    return brief_bytes(desk, about["name"], Here.of(about["here"]), who, told, stop)


def _clusters(desk: Desk, who: Person, about: Mapping[str, Any], told: Progress, _stop: Event) -> bytes:
    return desk.search_clusters(who, Here.of(about["here"]).view, told).to_json().encode()


TASKS = {"brief": _brief, "clusters": _clusters}


def brief_bytes(
    desk: Desk, name: str, here: Here, who: Person | None, progress: Progress | None = None, cancel: Event | None = None
) -> bytes:
    """Return the briefing `name`, for example "lockdown.pdf", of a place."""
    return as_file(name, lambda out: print_briefing(desk, out.stem, here, out, who, progress, cancel))


def as_file(name: str, make: Callable[[Path], Any]) -> bytes:
    """Return the content of the file that `make` writes under this name."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / name
        make(out)
        return out.read_bytes()


def print_briefing(
    desk: Desk,
    kind: str,
    here: Here,
    out: Path,
    who: Person | None,
    progress: Progress | None = None,
    cancel: Event | None = None,
) -> Path:
    """Print the briefing of one kind for a place, and keep it; raises Cancelled when `cancel` was set on the way."""
    choice = briefing.Choice((kind,), form=out.suffix.lower().removeprefix("."))
    issue(desk, who, here, choice, out, progress=progress, cancel=cancel)
    return out


def _briefed(desk: Desk, kind: str, form: str) -> Here:
    """Return the place that is asked for, once it is sure that there is such a briefing."""
    if kind not in BRIEFED or form not in ("pdf", "png"):
        abort(404)
    return desk.here(desk.gate.who(request), "/", request.query_string.decode())


def _own(desk: Desk, id: str) -> Job:
    """A job about a place; imports have routes of their own, because only they know whether stopping was in time."""
    job = desk.jobs.get(id, desk.gate.who(request))
    return job if job is not None and job.lane != IMPORTS else abort(404)


def as_json(content: Any, status: int = 200) -> Response:
    """Return an answer that nobody may keep."""
    answer = make_response(json.dumps(content, ensure_ascii=False), status)
    answer.content_type = "application/json"
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _send(desk: Desk, name: str, content: bytes, here: Here) -> Response:
    who = desk.gate.who(request)
    journal.add(
        desk.store,
        who.name if who else "",
        "export",
        name,
        {
            "area": here.view.area,
            "as_of": here.view.as_of.isoformat(),
            "known_at": here.view.known_at.isoformat(),
            "bytes": len(content),
        },
    )
    answer = make_response(content)
    answer.content_type = TYPES[name.rsplit(".", 1)[1]]
    answer.headers["Content-Disposition"] = f'attachment; filename="fangyi_{here.view.as_of:%Y-%m-%d_%H%M}_{name}"'
    answer.headers["Cache-Control"] = "no-store"
    return answer
