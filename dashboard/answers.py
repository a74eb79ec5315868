"""Answers to the call for a page, kept as they leave the server: laid out, written and gzipped once for every screen that may see the same.

An answer is kept under what `Sheets.key` names: page, view, language, scale, turn, the reader's role and area, what the reader saved,
and how the store stood. Colleagues who saved nothing share one in which each one's name is put as it leaves.
So no answer reaches a reader for whom it was not made, and none outlives what it was made from.
Fifty screens that hear of the same news wait for one answer, and only `AT_ONCE` answers are made at a time: what is made by turns
is there sooner, on average, than what is made side by side.
"""

import gzip
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from threading import Semaphore
from typing import Any

from flask import Flask, Response, g, request

from dashboard.access import SEEN
from dashboard.desk import Desk
from dashboard.memory import Memory
from dashboard.pages import Asked, all_pages
from dashboard.pages._live import Sheets
from dashboard.roles import Person
from dashboard.view import WALL
from layers._errors import ViewError

SHOWN = "..page.children...deck-spec.data.."  # the callback that brings a page
KEPT = 400  # answers, 10 to 60 kB each: every page of a city, its districts and some streets
AT_ONCE = 3
LEVEL = 5  # of gzip, as in `compressed`


class _SingleError(Exception):
    """An answer for the one who asked alone: a refusal, or what no page has marked as whole."""

    def __init__(self, answer: Response) -> None:
        super().__init__("not to be kept")
        self.answer = answer


@dataclass
class Answers:
    """The kept answers of one process; what took long is shared with the others of its server."""

    sheets: Sheets
    memory: Memory = field(init=False)
    slots: Semaphore = field(default_factory=lambda: Semaphore(AT_ONCE))

    def __post_init__(self) -> None:
        shelf = self.sheets.watch.desk.shelf
        self.memory = Memory(most=KEPT, shelf=None if shelf.alone else shelf)
        self.anybody = f"reader-{shelf.boot}"  # stands where a name comes, in an answer that colleagues share

    def get(self, desk: Desk, body: Mapping[str, Any], make: Callable[[], Response]) -> Response | None:
        """Return the answer to a call that asks for a page; None where it is the caller's alone, and Dash is to answer."""
        values = {f"{one['id']}.{one['property']}": one.get("value") for one in [*body["inputs"], *body["state"]]}
        found = self._key(desk, values, body.get("changedPropIds", []))
        if found is None:
            return None
        key, who = found
        try:
            zipped = self.memory.get(key, lambda: self._made(make, who))
        except _SingleError as single:
            if who is not None:
                single.answer.set_data(self._signed(single.answer.get_data(), who.name))
            return single.answer
        if who is not None:
            zipped = self._named(zipped, who.name)
        packed = "gzip" in request.headers.get("Accept-Encoding", "")
        answer = Response(zipped if packed else gzip.decompress(zipped), content_type="application/json")
        answer.headers["Vary"] = "Accept-Encoding, Cookie"
        if packed:
            answer.headers["Content-Encoding"] = "gzip"
        return answer

    def _key(self, desk: Desk, values: Mapping[str, Any], changed: list[str]) -> tuple[Any, Person | None] | None:
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
        nameless = self.sheets.is_nameless(asked, page)
        key = self.sheets.key(asked, page, "answer", stand, nameless=nameless)
        return None if key is None else (key, who if nameless else None)

    def _made(self, make: Callable[[], Response], who: Person | None) -> bytes:
        """Make an answer; for `who` and all colleagues who may see the same, without a name."""
        with self.slots:
            try:
                if who is not None:
                    request.environ[SEEN] = replace(who, name=self.anybody)
                answer = make()
            finally:
                if who is not None:
                    request.environ[SEEN] = who
        if answer.status_code != 200 or not g.get("whole"):
            raise _SingleError(answer)
        return gzip.compress(answer.get_data(), LEVEL, mtime=0)

    def _named(self, zipped: bytes, name: str) -> bytes:
        """The answer with the reader's name; zipped as fast as can be, since it is sent once."""
        return gzip.compress(self._signed(gzip.decompress(zipped), name), 1, mtime=0)

    def _signed(self, text: bytes, name: str) -> bytes:
        return text.replace(self.anybody.encode(), json.dumps(name)[1:-1].encode())


def is_whole() -> None:
    """Say of the answer under way that it is a whole page, and the same for all who may see it."""
    g.whole = True


def made_by(server: Flask, endpoint: str) -> Callable[[], Response]:
    """Return what makes the answer of an endpoint to the present request."""

    def make() -> Response:
        return server.make_response(server.view_functions[endpoint]())

    return make
