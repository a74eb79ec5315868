"""A delivery by the API: the same checks, the same transaction and the same receipt as a file; asked again under its key, the same answer."""

import hashlib
import json
import re
import secrets
import shutil
import tempfile
import time
from contextlib import suppress
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from threading import BoundedSemaphore
from typing import Any

from flask import Blueprint, Response, g, request

from dashboard.api import bodies
from dashboard.api.problems import Problem, only_parameters
from dashboard.desk import Desk
from dashboard.downloads import as_json
from layers.intake._feed import Feed
from layers.intake.feeds import all_feeds
from layers.intake.persons import TWICE
from layers.intake.receipt import filed
from layers.intake.run import run
from layers.store import Store, tokens
from layers.store.tokens import Token

KEY = re.compile(r"[\x21-\x7e]{1,128}")
REPLAYED = "Idempotent-Replay"
TRUTH = {"true": True, "1": True, "false": False, "0": False, "": False}

AT_ONCE = 4  # deliveries that a process works on: one writes at a time, and pages are to find threads
PATIENCE_S = 10.0  # for one's turn
FOLDER = "api"  # on the shelf: what is being read
LEFT_S = 3_600  # after which what a process that was killed left there is taken away


def routes(desk: Desk) -> Blueprint:
    """Return the route `/api/v1/feeds/<feed>/records`."""
    made, turns = Blueprint("api_records", __name__), BoundedSemaphore(AT_ONCE)

    @made.post("/api/v1/feeds/<feed>/records", provide_automatic_options=False)
    def deliver(feed: str) -> Response:
        known, token, dry = all_feeds().get(feed), g.token, _is_dry()
        if known is None:
            raise Problem(404)
        only_parameters("dry_run")
        key, body = _key(), bodies.content()
        told = bodies.read(body)
        members: dict[str, Any] = {"records": lambda value: True}
        bodies.only(told, **members | ({"datum": bodies.is_text} if known.has_position else {}))
        rows = bodies.records(known, told.get("records"), token.only or {})
        if not turns.acquire(timeout=PATIENCE_S):
            raise Problem(503, "busy", headers={"Retry-After": str(round(PATIENCE_S))})
        try:
            return _answered(desk, known, token, rows, told.get("datum"), key, dry)
        finally:
            turns.release()

    return made


def _answered(
    desk: Desk, feed: Feed, token: Token, rows: list[dict[str, Any]], datum: str | None, key: str, dry: bool
) -> Response:
    store = desk.store
    content, suffix = as_file(feed, rows)
    sha256 = hashlib.sha256(content).hexdigest()
    name = f"{token.name}_{_mark(key)}{suffix}"
    if key and not dry:
        asked = hashlib.sha256(f"{feed.name}|{datum}|{sha256}".encode()).hexdigest()
        if not tokens.claim(store, token, _digest(key), asked):
            raise Problem(409, "key_used")
        before = tokens.delivered(store, feed.name, name, sha256)
        if before is not None:
            return _told(store, before, replayed=True)
    with tempfile.TemporaryDirectory(dir=_swept(desk.shelf.place(FOLDER))) as folder:
        path = Path(folder) / name
        path.write_bytes(content)
        found = run(
            store, feed, path, datum=datum, source=token.source, dry_run=dry, actor=token.actor, bounds=token.only
        )
    if dry:
        notes = {kind: [asdict(note) for note in getattr(found, kind)] for kind in ("rejected", "warned")}
        return _as_answer(found.as_json(), notes)
    number = found.repeated or found.batch
    assert number is not None
    return _told(store, number, replayed=found.repeated is not None)


def _swept(home: Path) -> Path:
    """The folder of what is being read, without what nobody reads any more: it may name persons."""
    for left in home.iterdir():
        with suppress(FileNotFoundError):  # another process was faster
            if time.time() - left.stat().st_mtime > LEFT_S:
                shutil.rmtree(left, ignore_errors=True)
    return home


def as_file(feed: Feed, rows: list[dict[str, Any]]) -> tuple[bytes, str]:
    """Return records as a file that the intake reads, and its ending; row n of it is record n.

    A required column that no record has is there and empty: each row is then refused for it, by name.
    """
    absent = {column.name: None for column in feed.columns if column.required and column.type != "geometry"}
    rows = [absent | rows[0], *rows[1:]]
    if any(column.type == "geometry" for column in feed.columns):
        features = [
            {"type": "Feature", "geometry": row.get("geometry"), "properties": _without(row, "geometry")}
            for row in rows
        ]
        whole = {"type": "FeatureCollection", "features": features}
        return json.dumps(whole, ensure_ascii=False).encode(), ".geojson"
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode(), ".jsonl"


def _told(store: Store, number: int, replayed: bool) -> Response:
    """The answer of a delivery as the store keeps it: the second time the same as the first."""
    answer = _as_answer(*filed(store, number))
    if replayed:
        answer.headers[REPLAYED] = "true"
    return answer


def _as_answer(filed: dict[str, Any], notes: dict[str, list[dict[str, Any]]]) -> Response:
    """The receipt without who else has an identity number: it is no source's to find out whether somebody is known."""
    told = {
        "batch": None if filed["dry_run"] else filed["batch"],
        "feed": filed["feed"],
        "source": filed["source"],
        "known_at": filed["known_at"],
        "dry_run": filed["dry_run"],
        "datum": filed["datum"],
        "rows": {"read": filed["rows_read"], **filed["rows"], "rejected": filed["rows_rejected"]},
        "duplicates": filed["duplicates"],
        "withdrawn": filed["withdrawn"],
        "matched": filed["matched"],
        **{kind: [note for note in some if note["en"] != TWICE] for kind, some in notes.items()},
        "notices": filed["notices"],
    }
    if told["rows"]["rejected"] and told["rows"]["rejected"] == told["rows"]["read"]:
        raise Problem(422, "none_taken", more={"receipt": told}, found=told["rows"]["read"])
    answer = as_json(told)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _is_dry() -> bool:
    text = request.args.get("dry_run", "")
    if text not in TRUTH:
        raise Problem(400, "parameter", name="dry_run", found=text[:60], wanted="true, false")
    return TRUTH[text]


def _key() -> str:
    key = request.headers.get("Idempotency-Key")
    if key is not None and not KEY.fullmatch(key):
        raise Problem(400, "no_key")
    return key or ""


def _mark(key: str) -> str:
    """What tells deliveries of one token apart: its key, or else that it came now."""
    return _digest(key)[:16] if key else f"{datetime.now(UTC):%Y%m%dT%H%M%S}_{secrets.token_hex(3)}"


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


def _without(row: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in row.items() if key != name}
