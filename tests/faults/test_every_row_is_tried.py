"""The document of faults is true: every row and trap is in it, and every test that it names exists."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "FAULTS.md").read_text("utf-8")
NAMED = sorted(set(re.findall(r"`(tests/[\w/]+\.py)::(test_\w+)`", TEXT)))


def numbers(title):
    part = TEXT.split(f"## {title}\n")[1].split("\n## ")[0]
    rows = [line for line in part.splitlines() if re.match(r"\| \d+ \|", line)]
    assert all("`tests/" in row for row in rows)
    return [int(row.split("|")[1]) for row in rows]


@cache
def declared_in(path):
    return {
        node.name for node in ast.walk(ast.parse((ROOT / path).read_text("utf-8"))) if isinstance(node, ast.FunctionDef)
    }


def test_every_row_and_every_trap_is_there_with_its_tests():
    assert numbers("The 25 faults") == list(range(1, 26))
    assert numbers("The ten traps") == list(range(1, 11))


@pytest.mark.parametrize(("path", "name"), NAMED, ids=lambda one: one.rsplit("/", 1)[-1])
def test_every_test_that_is_named_exists(path, name):
    assert name in declared_in(path)
