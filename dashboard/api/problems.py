"""Errors as programs read them: `application/problem+json` (RFC 9457), title and detail in Chinese and in English."""

import json
import logging
from collections.abc import Mapping, Sequence
from typing import Any

from flask import Blueprint, Response, make_response, request
from sqlalchemy.exc import InterfaceError, OperationalError
from werkzeug.exceptions import HTTPException

from dashboard.calls import CallError
from dashboard.errors import Refusal
from dashboard.roles import AccessError
from dashboard.text import LANGS, both, say
from layers._errors import LayerError, StoreError, ViewError
from layers.intake import review
from layers.intake.ordering import OrderElsewhereError
from layers.store.order_states import OrderMovedError

TYPE = "application/problem+json"
KIND = "urn:fangyi:problem:"
STATUS: Sequence[tuple[type[Exception], int]] = (  # the first that fits
    (AccessError, 403),
    (OrderElsewhereError, 403),
    (review.ElsewhereError, 403),
    (OrderMovedError, 409),
    (StoreError, 503),
    (ViewError, 400),
    (CallError, 400),
    (LayerError, 422),
    (Refusal, 400),
)
TOLD = (400, 401, 403, 404, 405, 409, 413, 415, 422, 429, 500, 503)  # statuses with words: `api.title_...`
WAIT_S = 10  # after which a store that could not be written may be asked again
log = logging.getLogger(__name__)


class Problem(Exception):
    """A request cannot be answered as it stands.

    key     words of dashboard/words: `api.KEY`, filled with `values`
    errors  what is wrong where: row, column, found, wanted
    more    further members of the problem
    """

    def __init__(
        self,
        status: int,
        key: str = "",
        *,
        errors: Sequence[Mapping[str, Any]] = (),
        headers: Mapping[str, str] | None = None,
        more: Mapping[str, Any] | None = None,
        **values: Any,
    ) -> None:
        super().__init__(key)
        self.status, self.key, self.errors, self.headers = status, key, list(errors), dict(headers or {})
        self.more = dict(more or {})
        self.said = dict(zip(LANGS, both(f"api.{key}", **values), strict=True)) if key else {}


def only_parameters(*wanted: str) -> None:
    """Raise a Problem for a parameter of this request that is none of the wanted ones: one that is misspelt must not pass for left out."""
    for name in request.args:
        if name not in wanted:
            raise Problem(400, "parameter_unknown", name=name[:60], wanted=", ".join(wanted) or "-")


def answered(problem: Problem) -> Response:
    """Return a problem as an answer; its one title and detail are in the language that the program asks for."""
    status = problem.status if problem.status in TOLD else 400
    words = {lang: {"title": say(f"api.title_{status}", lang)} for lang in LANGS}
    for lang, text in problem.said.items():
        words[lang]["detail"] = text
    lang = "en" if request.accept_languages.best_match(["zh", "en"]) == "en" else "zh"
    kind = (problem.key or f"status-{problem.status}").replace("_", "-")
    body = {"type": KIND + kind, "status": problem.status, **words[lang], **words}
    if problem.errors:
        body["errors"] = problem.errors
    text = json.dumps(body | problem.more, ensure_ascii=False)
    answer = make_response(
        text.encode("utf-8", "backslashreplace"), problem.status
    )  # half a pair of UTF-16 as JSON escapes it
    answer.content_type = TYPE
    answer.headers["Content-Language"] = lang
    answer.headers["Cache-Control"] = "no-store"
    answer.headers.update(problem.headers)
    return answer


def of(error: Exception) -> Problem:
    """Return any error as a problem; of one that nobody foresaw nothing is told but that it happened."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, HTTPException):
        return Problem(error.code or 500)
    wait = {"Retry-After": str(WAIT_S)}
    if isinstance(error, OperationalError | InterfaceError):  # its text repeats the statement with its values
        log.error("the API found no store", exc_info=error.orig)
        return Problem(503, "unreachable", headers=wait)
    status = next((code for kind, code in STATUS if isinstance(error, kind)), 0)
    if not status:
        log.error("the API failed", exc_info=error)
        return Problem(500)
    problem = Problem(status, headers=wait if status == 503 else None)
    problem.said = {lang: error.said(lang) for lang in LANGS}  # type: ignore[attr-defined]
    return problem


def register(routes: Blueprint) -> None:
    """Let every error of some routes be a problem."""
    routes.register_error_handler(Exception, lambda error: answered(of(error)))
