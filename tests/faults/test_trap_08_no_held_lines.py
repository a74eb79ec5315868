"""Trap 8, lines that are held open: sixteen of them keep every other browser out. News are asked for, and each answer ends."""

import re
import time
from pathlib import Path

import pytest

from dashboard.app import create_app
from dashboard.settings import Settings
from layers.store import open_store
from tests import city

ROOT = Path(__file__).resolve().parents[2]
HELD = re.compile(r"\bEventSource\b|text/event-stream|\bWebSocket\(|websocket_callbacks|flask_sock|socketio|stream_with_context", re.I)  # fmt: skip
LONG = {"/rows/<table>.<form>", "/rows/released/<code>"}  # files, sent as they are read: they end


@pytest.fixture
def server(tmp_path):
    url = f"sqlite:///{tmp_path / 'store.db'}"
    store = city.found(open_store(url, "drill"), tmp_path)
    return create_app(Settings(store=url, mode="drill"), store).server


def test_trap_8_nothing_opens_a_line_that_stays():
    found = [
        f"{path.relative_to(ROOT)}: {hit.group()}"
        for folder in ("dashboard", "layers", "assets")
        for path in sorted((ROOT / folder).rglob("*"))
        if path.suffix in (".py", ".js")
        for hit in HELD.finditer(path.read_text("utf-8"))
    ]
    assert found == []


def test_trap_8_every_answer_to_a_question_ends_at_once(server):
    client = server.test_client()
    for rule in server.url_map.iter_rules():
        if "GET" not in rule.methods or rule.arguments or rule.rule in LONG:
            continue
        begun = time.monotonic()
        answer = client.get(rule.rule, buffered=True)
        assert time.monotonic() - begun < 20, rule.rule
        assert "event-stream" not in answer.content_type, rule.rule
        assert answer.headers.get("Content-Length") or answer.status_code in (304, 302), rule.rule


def test_trap_8_news_are_asked_for_and_nothing_new_is_no_content(server):
    client = server.test_client()
    first = client.get("/pulse")
    assert first.status_code == 200
    assert client.get("/pulse", headers={"If-None-Match": first.headers["ETag"]}).status_code == 304
