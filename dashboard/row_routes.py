"""The route by which rows leave: asked for with a reason, through the gate, streamed."""

from collections.abc import Iterator
from itertools import chain
from typing import Any

from flask import Blueprint, Response, abort, request

from dashboard import doors, refusals, second
from dashboard.desk import Desk
from dashboard.downloads import TYPES, as_json
from dashboard.roles import Person
from dashboard.row_files import FORMS, csv_parts, xlsx_parts
from dashboard.rows import TABLES, RowsError, Taking
from dashboard.text import both
from dashboard.view import Here
from layers._times import from_ms, to_ms
from layers._view import View
from layers.store import takings
from layers.store.takings import Request, SecondError

IN_A_SHEET = 100_000  # rows of a workbook that a browser may wait for


def rows_blueprint(desk: Desk) -> Blueprint:
    """Return the route POST /rows/<table>.<format>, whose form holds `reason` and whose query string is the page's.

    A file that is taken leaves two entries in the journal: who took which rows of which view why, and how many went out. More rows than
    one person takes out alone wait for a second one (202); POST /rows/released/<code> brings them when they were released.
    """
    routes = Blueprint("rows", __name__)

    @routes.post("/rows/<table>.<form>")
    def take(table: str, form: str) -> Response:
        if table not in TABLES or form not in FORMS:
            abort(404)
        who = desk.gate.who(request)
        here = desk.here(who, "/rows", request.query_string.decode())
        taking = Taking(desk, who, who.name if who else "", here, table, form, request.form.get("reason", ""))
        try:
            return _sent(taking)
        except SecondError as error:
            _ask(taking)
            return as_json({"code": taking.code, **refusals.said(error)}, 202)

    @routes.post("/rows/released/<code>")
    def released(code: str) -> Response:
        return _sent(_released(desk, desk.gate.who(request), code))

    return routes


def _sent(taking: Taking) -> Response:
    parts = csv_parts(taking) if taking.form == "csv" else _workbook(taking)
    answer = Response(parts, content_type=TYPES[taking.form])
    name = f"fangyi_{taking.table}_{taking.code}.{taking.form}"
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["X-Accel-Buffering"] = "no"  # nginx keeps no rows on its disk, and a reader who goes away is noticed
    return answer


def _workbook(taking: Taking) -> Iterator[bytes]:
    """The workbook, written now, so that what is refused is refused before an answer begins."""
    total = taking.total()
    if total > IN_A_SHEET:
        raise RowsError(*both("rows.browser", n=f"{total:,}", most=f"{IN_A_SHEET:,}")[::-1])
    pieces = xlsx_parts(taking)
    return chain([next(pieces)], pieces)


def _ask(taking: Taking) -> None:
    """Let the rows of a taking wait; only that one person is too few was wrong with it.

    The request keeps the table, the form and the view with both clocks, so what is released is what was asked for.
    """
    assert taking.who is not None
    who, view = taking.who, taking.here.view
    asked = {
        "table": taking.table,
        "form": taking.form,
        "lang": taking.here.lang,
        "area": view.area,
        "as_of": to_ms(view.as_of),
        "known_at": to_ms(view.known_at),
        "filters": dict(view.filters),
    }
    reason = " ".join(taking.reason.split())
    wanted = Request(taking.code, taking.actor, who.role, who.area, asked, reason, taking.total())
    takings.ask(taking.desk.store, wanted)


def _released(desk: Desk, who: Person | None, code: str) -> Taking:
    """Return the taking that somebody asked for and a second person released; raises TakingError for any other."""
    desk.gate.check_door(who, doors.of_page(second.PATH))
    assert who is not None
    row = takings.released(desk.store, who.name, code)
    here = Here("/rows", _view(row.asked), row.asked["lang"])
    table, form = row.asked["table"], row.asked["form"]
    return Taking(desk, who, who.name, here, table, form, row.reason, code, second=row.decided_by, waited=True)


def _view(asked: Any) -> View:
    """Return the view that a request is of."""
    as_of, known_at = (from_ms(asked[name]) for name in ("as_of", "known_at"))
    return View(as_of=as_of, known_at=known_at, area=asked["area"], filters=asked["filters"])
