"""What open screens ask by themselves: `/pulse` each second for news, `/selfcheck` each minute for what they ought to show.

The pulse is polled, not pushed. Held connections (server-sent events) take a thread of the server each, so a handful of walls
starve every other request; an answer of no news (304) costs a fraction of a millisecond and comes back by itself after the
server was away (figures: docs/UI.md).
"""

import hashlib
import json
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import dash
from flask import Blueprint, Response, make_response, request

from dashboard.desk import Desk
from dashboard.downloads import as_json
from dashboard.memory import Memory
from dashboard.pages import Asked
from dashboard.pages._wall_figures import again, written
from dashboard.watch import Watch

MADE_OF = (".py", ".js", ".css", ".toml")  # files that a screen is made by
SHARED_S = 5.0  # one count serves every wall that checks itself within this time
COUNTED = 16  # counts kept: by area and reader


def live_blueprint(desk: Desk, watch: Watch, code: str) -> Blueprint:
    """Return the routes `/pulse` and `/selfcheck`.

    code  changes with the program: a screen that sees another one loads itself anew
    """
    routes, counted = Blueprint("live", __name__), Memory(most=COUNTED)

    @routes.get("/pulse")
    def pulse() -> Response:
        return _tagged(told(desk, watch, code))

    @routes.get("/selfcheck")
    def selfcheck() -> Response:
        asked = Asked.at(desk, desk.gate.who(request), "/wall", request.query_string.decode())
        found = {
            "now": datetime.now(UTC).timestamp() * 1000,
            "figures": figures(asked, counted),
            "server": watch.told(),
        }
        return as_json(told(desk, watch, code) | found)

    return routes


def code_of(*folders: Path) -> str:
    """Return a digest of Dash and of the program's files in some folders, by which a screen knows the program that it was made by."""
    digest = hashlib.blake2b(dash.__version__.encode(), digest_size=8)
    for folder in folders:
        for path in sorted(one for one in folder.rglob("*") if one.suffix in MADE_OF):
            digest.update(str(path.relative_to(folder)).encode() + path.read_bytes())
    return digest.hexdigest()


def told(desk: Desk, watch: Watch, code: str) -> dict[str, Any]:
    """Return what a pulse says: how the store stands, which program runs since when, and which plans are being worked out."""
    now = watch.beat()
    return {
        "revision": now.revision,
        "facts": now.facts,
        "orders": now.orders,
        "alerts": now.alerts,
        "saved": now.saved,
        "as_of": desk.store.rest(now.known_at).isoformat(),
        "known_at": now.known_at.isoformat(),
        "code": code,
        "boot": watch.boot,
        "working": desk.memory.working(),
    }


def figures(asked: Asked, counted: Memory) -> dict[str, str]:
    """Return the wall's figures as they ought to stand on the screen, counted in the store itself and not taken from the desk's memory.

    Walls that ask within some seconds, while nothing is new, share one count.
    """
    view, who, store = asked.here.view, asked.who, asked.desk.store
    known = store.revision(view.known_at)
    if not known or who is None:
        return {}
    key = (known, view.area, view.as_of, view.known_at, who.role, who.area, int(time.monotonic() // SHARED_S))
    return counted.get(key, lambda: written(again(asked)))


def _tagged(content: Mapping[str, Any]) -> Response:
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    tag = hashlib.blake2b(text.encode(), digest_size=8).hexdigest()
    if request.if_none_match.contains_weak(tag):
        answer = Response(status=304)
    else:
        answer = make_response(text)
        answer.content_type = "application/json"
    answer.set_etag(tag, weak=True)
    answer.headers["Cache-Control"] = "no-cache"
    return answer
