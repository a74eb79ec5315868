"""The route by which rows leave: asked for with a reason, through the gate, streamed."""

from collections.abc import Iterator
from itertools import chain

from flask import Blueprint, Response, abort, request

from dashboard.desk import Desk
from dashboard.downloads import TYPES
from dashboard.row_files import FORMS, csv_parts, xlsx_parts
from dashboard.rows import TABLES, RowsError, Taking
from dashboard.text import both

IN_A_SHEET = 100_000  # rows of a workbook that a browser may wait for


def rows_blueprint(desk: Desk) -> Blueprint:
    """Return the route POST /rows/<table>.<format>, whose form holds `reason` and whose query string is the page's.

    A file that is taken leaves two entries in the journal: who took which rows of which view why, and how many went out.
    """
    routes = Blueprint("rows", __name__)

    @routes.post("/rows/<table>.<form>")
    def take(table: str, form: str) -> Response:
        if table not in TABLES or form not in FORMS:
            abort(404)
        who = desk.gate.who(request)
        here = desk.here(who, "/rows", request.query_string.decode())
        taking = Taking(desk, who, who.name if who else "", here, table, form, request.form.get("reason", ""))
        answer = Response(csv_parts(taking) if form == "csv" else _workbook(taking), content_type=TYPES[form])
        answer.headers["Content-Disposition"] = f'attachment; filename="fangyi_{table}_{taking.code}.{form}"'
        answer.headers["Cache-Control"] = "no-store"
        return answer

    return routes


def _workbook(taking: Taking) -> Iterator[bytes]:
    """The workbook, written now, so that what is refused is refused before an answer begins."""
    total = taking.total()
    if total > IN_A_SHEET:
        raise RowsError(*both("rows.browser", n=f"{total:,}", most=f"{IN_A_SHEET:,}")[::-1])
    pieces = xlsx_parts(taking)
    return chain([next(pieces)], pieces)
