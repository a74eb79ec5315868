"""What a person takes away from a page: the plan as a file, the briefing as PDF or picture. All through the gate, all journalled."""

import tempfile
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, abort, make_response, request

from dashboard import briefing, export
from dashboard.access import Person
from dashboard.desk import Desk
from dashboard.view import Here
from layers.decisions._catalog import PLANS
from layers.store import journal

TYPES = {
    "json": "application/json",
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pdf": "application/pdf",
    "png": "image/png",
}
BRIEFED = ("lockdown", "beds", "staff")


def downloads_blueprint(desk: Desk) -> Blueprint:
    """Return the routes /plan/<kind>.<format> and /brief/<kind>.<format>; the query string is the page's."""
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
        if kind not in BRIEFED or form not in ("pdf", "png"):
            abort(404)
        here = desk.here(desk.gate.who(request), "/", request.query_string.decode())
        with tempfile.TemporaryDirectory() as folder:
            out = Path(folder) / f"{kind}.{form}"
            print_briefing(desk, kind, here, out, desk.gate.who(request))
            return _send(desk, out.name, out.read_bytes(), here)

    return routes


def print_briefing(
    desk: Desk, kind: str, here: Here, out: Path, who: Person | None, progress: Any = None, cancel: Any = None
) -> Path:
    """Write the briefing of a kind for a place."""
    plan = desk.plan(who, kind, here.view)
    frames = desk.frames(who, here.view, briefing.LAYERS, here.lang)
    settings = desk.settings
    return briefing.write_briefing(
        kind,
        plan,
        frames,
        here.view.narrowed(plan.area),  # a plan made by district says so on its face
        out,
        city=settings.city,
        drill=settings.is_drill,
        lang=here.lang,
        progress=progress,
        cancel=cancel,
    )


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
    answer.headers["Content-Disposition"] = f'attachment; filename="fangyi_{name}"'
    answer.headers["Cache-Control"] = "no-store"
    return answer
