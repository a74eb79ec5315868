"""Trap 4, the pages that pydeck writes: a text ends their script, and they fetch from elsewhere. Nothing here is written that way."""

import ast
import re
from pathlib import Path

import pydeck
import pytest

from dashboard.pages import all_pages
from tests.office import CITY, Office

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("geo", "layers", "dashboard")
EVIL = "</script><img src=x onerror=alert(1)>"
HOST = re.compile(r"(?:https?:)?//([a-z0-9-]+(?:\.[a-z0-9-]+)+)", re.I)
WRITERS = {"to_html", "write_html", "to_notebook_html", "Deck", "iframe"}


def test_the_trap_is_one():
    """What this guards against: the name ends the script, and four hosts are asked."""
    layer = pydeck.Layer("ScatterplotLayer", [{"name": EVIL, "position": [0, 0]}], get_position="position")
    page = pydeck.Deck([layer], map_style=None).to_html(as_string=True)
    assert EVIL in page
    assert len(set(HOST.findall(page))) >= 3


def calls(path):
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            yield name, node.lineno


def test_trap_4_nothing_writes_a_page_by_pydeck_or_plotly():
    found = [
        f"{path.relative_to(ROOT)}:{line} {name}"
        for room in ROOMS
        for path in sorted((ROOT / room).rglob("*.py"))
        for name, line in calls(path)
        if name in WRITERS
    ]
    assert found == []


@pytest.mark.parametrize("path", [*all_pages(), "/sign-in", "/briefing/verify", "/nope"])
def test_trap_4_no_page_names_another_host(built, tmp_path, path):
    own = Office.copy(tmp_path, built)
    answer = own.browser(CITY).get(path, headers={"Accept": "text/html"})
    text = answer.get_data(as_text=True)
    assert set(HOST.findall(text)) <= {"www.w3.org"}
    assert re.findall(r"""(?:src|href)=["']?(?!/|#|data:)([^"'\s>]+)""", text) == []
    policy = answer.headers["Content-Security-Policy"]
    assert HOST.findall(policy) == []
    assert "unsafe-eval" not in policy
    assert "'unsafe-inline'" not in policy.split("script-src")[1].split(";")[0]
