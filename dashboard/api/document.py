"""The API described: OpenAPI 3.1, made from the routes' own limits and the columns that feeds declare."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from flask import Blueprint, Response, make_response, request

from dashboard.api import bodies, reads, schemas
from dashboard.api.schemas import said
from dashboard.desk import Desk
from dashboard.orders import STATE, WHICH
from dashboard.text import both
from layers.intake.feeds import all_feeds

VERSION = "1.0.0"
REFUSED = (400, 401, 403, 404, 429, 503)
BODIED = (*REFUSED, 409, 413, 415, 422)
BED = {"hospital": "H1", "kind": "icu", "reported_for": "2020-02-10T08:00:00+08:00", "open": 40, "used": 39, "free": 1}
STOCK = {
    "kind": "stock",
    "day": "2020-02-10",
    "site": "H1",
    "item": "N95",
    "unit": "pieces",
    "quantity": 5200,
    "daily_use": 800,
}
EXAMPLES: Mapping[str, Sequence[Mapping[str, Any]]] = {  # of what is sent most: as it stands in docs/API.md
    "beds": (BED, BED | {"kind": "ordinary", "open": 300, "used": 284, "free": 16}),
    "supplies": (STOCK, {"kind": "handout", "day": "2020-02-10", "site": "H1", "item": "N95", "unit": "pieces", "quantity": 400}),
}  # fmt: skip


def routes(_desk: Desk) -> Blueprint:
    """Return the route `/api/v1/openapi.json`."""
    made = Blueprint("api_document", __name__)

    @made.get("/api/v1/openapi.json", provide_automatic_options=False)
    def openapi() -> Response:
        text, tag = _written()
        held = request.if_none_match.contains_weak(tag)
        answer = make_response("" if held else text, 304 if held else 200)
        answer.content_type = "application/json"
        answer.set_etag(tag, weak=True)
        answer.headers["Cache-Control"] = "no-cache"
        return answer

    return made


@cache
def _written() -> tuple[str, str]:
    text = json.dumps(document(), ensure_ascii=False)
    return text, hashlib.blake2b(text.encode(), digest_size=12).hexdigest()


def document() -> dict[str, Any]:
    """Return the whole description."""
    return {
        "openapi": "3.1.0",
        "info": {"title": " ".join(both("app.name")), "version": VERSION, "description": said("info")},
        "servers": [{"url": "/"}],
        "security": [{"token": []}],
        "paths": {**_feeds(), **_reads(), **_orders(), **_own()},
        "components": {
            "schemas": schemas.components(),
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer", "description": said("token")}},
        },
    }


def _feeds() -> dict[str, Any]:
    """One address a feed, so that each has its own columns."""
    dry = _query("dry_run", "dry_run", {"type": "string", "enum": ["true", "1", "false", "0", ""]})
    schema = {"type": "string", "minLength": 1, "maxLength": 128, "pattern": "^[!-~]+$"}
    key = {"name": "Idempotency-Key", "in": "header", "description": said("key"), "schema": schema}
    paths = {}
    for name, feed in all_feeds().items():
        body = _body(f"batch_{name}")
        if name in EXAMPLES:
            records = [dict(one) for one in EXAMPLES[name]]
            body["content"]["application/json"]["examples"] = {name: {"value": {"records": records}}}
        words = said("deliver", feed=feed.title)
        paths[f"/api/v1/feeds/{name}/records"] = {
            "post": _operation(f"deliver_{name}", words, [dry, key], "Receipt", BODIED, body)
        }
    return paths


def _reads() -> dict[str, Any]:
    levels = list(dict.fromkeys(level for some in reads.LEVELS.values() for level in some))
    level = _query("level", "level", {"type": "string", "enum": levels})
    layer = _path("layer", {"type": "string", "enum": list(reads.PLACED)})
    clocks = _clocks()
    return {
        "/api/v1/counts": {"get": _operation("counts", said("counts"), [*clocks, level], "Counts", REFUSED)},
        "/api/v1/beds": {"get": _operation("beds", said("beds"), clocks, "Beds", REFUSED)},
        "/api/v1/stocks": {"get": _operation("stocks", said("stocks"), clocks, "Stocks", REFUSED)},
        "/api/v1/layers/{layer}": {
            "get": _operation(
                "layer", said("layer"), [layer, *clocks], "Features", REFUSED, kind="application/geo+json"
            )
        },
    }


def _orders() -> dict[str, Any]:
    state = _query("state", "state", {"type": "string", "enum": [*WHICH, *STATE]})
    number = _path("number", {"type": "string"})
    paths = {"/api/v1/orders": {"get": _operation("orders", said("orders"), [*_clocks(), state], "Orders", REFUSED)}}
    for step in ("acknowledge", "report"):
        operation = _operation(step, said(step), [number], "Order", BODIED, _body("Step"))
        paths[f"/api/v1/orders/{{number}}/{step}"] = {"post": operation}
    return paths


def _own() -> dict[str, Any]:
    about = {"operationId": "openapi", "summary": said("openapi"), "security": []}
    found = {"200": {"description": "OpenAPI 3.1", "content": {"application/json": {"schema": schemas.OBJECT}}}}
    text = {"200": {"description": "Prometheus", "content": {"text/plain": {"schema": schemas.TEXT}}}}
    metrics = {
        "operationId": "metrics",
        "summary": said("metrics"),
        "responses": text | _problems((401, 403, 429, 503)),
    }
    return {
        "/api/v1/openapi.json": {"get": about | {"responses": found | {"304": _unchanged()}}},
        "/metrics": {"get": metrics},
    }


def _operation(
    id: str,
    words: str,
    parameters: Sequence[Mapping[str, Any]],
    answer: str,
    refused: Sequence[int],
    body: Mapping[str, Any] | None = None,
    kind: str = "application/json",
) -> dict[str, Any]:
    found = {"description": answer, "content": {kind: {"schema": schemas.ref(answer)}}}
    if body is None:
        tag = {"description": said("etag"), "schema": schemas.TEXT}
        found["headers"] = {"ETag": tag}
    told = {"200": found} | ({"304": _unchanged()} if body is None else {}) | _problems(refused)
    made = {"operationId": id, "summary": words, "parameters": list(parameters), "responses": told}
    return made if body is None else made | {"requestBody": body}


def _problems(statuses: Sequence[int]) -> dict[str, Any]:
    content = {"application/problem+json": {"schema": schemas.ref("Problem")}}
    return {str(status): {"description": said(f"status_{status}"), "content": content} for status in statuses}


def _unchanged() -> dict[str, Any]:
    return {"description": said("etag")}


def _body(schema: str) -> dict[str, Any]:
    words = said("limits", most=bodies.MOST, largest=bodies.LARGEST)
    content = {"application/json": {"schema": schemas.ref(schema)}}
    return {"required": True, "description": words, "content": content}


def _clocks() -> list[dict[str, Any]]:
    return [_query(name, name, {"type": "string", "maxLength": 120}) for name in reads.CLOCKS]


def _query(name: str, key: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    return {"name": name, "in": "query", "description": said(key), "schema": dict(schema)}


def _path(name: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "description": said(name), "schema": dict(schema)}
