"""Answers to the call for a page, kept as they leave the server: laid out, written and gzipped once for every screen that may see the same.

An answer is kept under what `Sheets.key` names: page, view, language, scale, turn, the reader's role, area and name, what the reader
saved, and how the store stood. So no answer reaches a reader for whom it was not made, and none outlives what it was made from.
Fifty screens that hear of the same news wait for one answer, and only `AT_ONCE` answers are made at a time: what is made by turns
is there sooner, on average, than what is made side by side.
"""

import gzip
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from threading import Semaphore
from typing import Any

from flask import Flask, Response, g, request

from dashboard.desk import Desk
from dashboard.memory import Memory
from dashboard.pages import Asked, all_pages
from dashboard.pages._live import Sheets
from dashboard.view import WALL
from layers._errors import ViewError

SHOWN = "..page.children...deck-spec.data.."  # the callback that brings a page
KEPT = 96  # answers, 10 to 60 kB each
AT_ONCE = 3
LEVEL = 5  # of gzip, as in `compressed`


class _SingleError(Exception):
    """An answer for the one who asked alone: a refusal, or what no page has marked as whole."""

    def __init__(self, answer: Response) -> None:
        super().__init__("not to be kept")
        self.answer = answer


@dataclass
class Answers:
    """The kept answers of one process."""

    sheets: Sheets
    memory: Memory = field(default_factory=lambda: Memory(most=KEPT))
    slots: Semaphore = field(default_factory=lambda: Semaphore(AT_ONCE))

    def get(self, desk: Desk, body: Mapping[str, Any], make: Callable[[], Response]) -> Response | None:
        """Return the answer to a call that asks for a page; None where it is the caller's alone, and Dash is to answer."""
        values = {f"{one['id']}.{one['property']}": one.get("value") for one in [*body["inputs"], *body["state"]]}
        key = self._key(desk, values, body.get("changedPropIds", []))
        if key is None:
            return None
        try:
            zipped = self.memory.get(key, lambda: self._made(make))
        except _SingleError as single:
            return single.answer
        packed = "gzip" in request.headers.get("Accept-Encoding", "")
        answer = Response(zipped if packed else gzip.decompress(zipped), content_type="application/json")
        answer.headers["Vary"] = "Accept-Encoding, Cookie"
        if packed:
            answer.headers["Content-Encoding"] = "gzip"
        return answer

    def _key(self, desk: Desk, values: Mapping[str, Any], changed: list[str]) -> Any:
        path, turn, scale = values["url.pathname"], values["wall-page.data"] or "", values["scale.data"]
        page, pick = all_pages().get(path), values["pick.data"]
        if page is None or scale is None or (turn and path != WALL and changed == ["wall-page.data"]):
            return None
        who, stand = desk.gate.who(request), self.sheets.watch.beat(0)
        try:
            asked = Asked.at(
                desk, who, path, values["url.search"], scale=scale, turn=turn, review=values["review.data"]
            )
        except ViewError:
            return None  # the page says what is wrong with its address
        if asked.here.pick or (pick and pick.get("id")):
            return None  # a page with somebody's choice on it
        return self.sheets.key(asked, page, "answer", stand)

    def _made(self, make: Callable[[], Response]) -> bytes:
        with self.slots:
            answer = make()
        if answer.status_code != 200 or not g.get("whole"):
            raise _SingleError(answer)
        return gzip.compress(answer.get_data(), LEVEL, mtime=0)


def is_whole() -> None:
    """Say of the answer under way that it is a whole page, and the same for all who may see it."""
    g.whole = True


def made_by(server: Flask, endpoint: str) -> Callable[[], Response]:
    """Return what makes the answer of an endpoint to the present request."""

    def make() -> Response:
        return server.make_response(server.view_functions[endpoint]())

    return make
