"""The house itself: what lies at the top, what it depends on, what must not be written anywhere."""

import ast
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
ROOMS = ("geo", "layers", "dashboard")
AGREED = {
    *("README.md", "CHANGELOG.md", "LICENSE", "Makefile", "pyproject.toml", "requirements.txt", "requirements-dev.txt"),
    *(".ci", ".gitignore", "assets", "dashboard", "docs", "geo", "layers", "tests"),
    *("Dockerfile", "compose.yaml", ".dockerignore"),
}
TEXT = {".py", ".toml", ".js", ".css", ".html", ".svg", ".md", ".txt", ".json", ".csv", ".yaml", ""}
LEFT = {"__pycache__", "node_modules"}
OUTSIDE = re.compile(r"""(?:https?|wss?)://([A-Za-z0-9][\w.-]*)|["'(]//([a-z0-9-]+\.[a-z][\w.-]*)""")
NAMESPACES_AND_SELF = {"127.0.0.1", "localhost", "www.w3.org"}
MACHINE_PATH = re.compile(r"(?<![\w.~-])/(?:work|home|root|Users)/\w+|\b[A-Z]:\\\\?Users\b")
CHINESE = re.compile(r"[\u4e00-\u9fff]")


def files(*places: str) -> list[Path]:
    """Text files below the named places, without what tools leave behind."""
    found = [p for place in places for p in ([ROOT / place] if (ROOT / place).is_file() else (ROOT / place).rglob("*"))]
    return sorted(p for p in found if p.is_file() and p.suffix in TEXT and not LEFT & set(p.parts))


def finds(pattern: re.Pattern[str], paths: list[Path]) -> list[tuple[str, str]]:
    """Every match of `pattern`, with the file that it stands in."""
    return [
        (str(p.relative_to(ROOT)), m.group()) for p in paths for m in pattern.finditer(p.read_text("utf-8", "replace"))
    ]


def optional() -> list[str]:
    """Packages of the optional groups, as they are written in pyproject.toml."""
    groups = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["dependency-groups"]
    return [line for group in groups.values() for line in group]


def requirements(name: str) -> list[str]:
    """Lines of a requirements file that name a package."""
    lines = (ROOT / name).read_text("utf-8").splitlines()
    return [line for line in lines if line and not line.startswith(("#", "-r "))]


def test_the_top_of_the_house_holds_only_what_was_agreed():
    listing = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    tracked = {line.split("/")[0] for line in listing.stdout.splitlines()}
    if not tracked:
        pytest.skip("git tracks no files here, so the top level cannot be told from what lies about")
    assert tracked - AGREED == set()


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_each_requirement_is_pinned_and_says_what_it_is_for(name):
    pinned = re.compile(r"[\w.-]+(\[\w+\])?==[\w.]+ +# \S.*")
    assert [line for line in requirements(name) if not pinned.fullmatch(line)] == []


def test_what_the_rooms_import_is_pinned():
    pinned = {_canonical(re.split(r"[=[]", line)[0]) for line in requirements("requirements.txt") + optional()}
    owners = packages_distributions()
    wanted = {name for path in files(*ROOMS) if path.suffix == ".py" for name in _imports(path)}
    foreign = wanted - set(sys.stdlib_module_names) - set(ROOMS)
    assert {name for name in foreign if not pinned & {_canonical(o) for o in owners.get(name, [name])}} == set()


def test_optional_packages_are_pinned_and_say_what_they_are_for():
    text = (ROOT / "pyproject.toml").read_text("utf-8")
    block = text.split("[dependency-groups]")[1].split("\n\n")[0]
    lines = [line for line in block.splitlines() if line.startswith(" ")]
    assert [line for line in lines if not re.fullmatch(r' +"[\w.-]+==[\w.]+", +# \S.*', line)] == []
    assert len(lines) == len(optional()) >= 4


def test_what_comes_from_npm_is_for_tests_alone_pinned_and_names_no_host():
    wanted = json.loads((ROOT / "tests" / "package.json").read_text("utf-8"))
    locked = json.loads((ROOT / "tests" / "package-lock.json").read_text("utf-8"))["packages"]
    pinned = {name: about["version"] for path, about in locked.items() if (name := path.removeprefix("node_modules/"))}
    assert wanted["devDependencies"] == pinned
    assert "dependencies" not in wanted
    assert all(about["integrity"] for path, about in locked.items() if path)
    assert finds(OUTSIDE, files("tests/package.json", "tests/package-lock.json")) == []


def test_running_code_knows_no_outside_address():
    found = finds(OUTSIDE, files(*ROOMS, "assets"))
    assert [hit for hit in found if OUTSIDE.search(hit[1]).expand(r"\1\2") not in NAMESPACES_AND_SELF] == []


@pytest.mark.parametrize(
    ("line", "host"),
    [
        ('src="https://cdn.example.com/a.js"', "cdn.example.com"),
        ("url(//fonts.example.com/x)", "fonts.example.com"),
        ('f"http://{host}:{port}"', None),
        ("// a remark (see below)", None),
    ],
)
def test_an_outside_address_is_told_from_a_remark(line, host):
    found = OUTSIDE.search(line)
    assert (found and found.expand(r"\1\2")) == host


def test_no_file_names_a_path_of_one_machine():
    assert finds(MACHINE_PATH, files(*ROOMS, "assets", "docs", "tests", ".ci", *_top_files())) == []


SECRET = re.compile(
    r"BEGIN [A-Z ]*PRIVATE KEY-----|FANGYI_SECRET=[\"']?[A-Za-z0-9_-]{24,}|\$argon2id?\$v=|://(?!me:)[^/\s:@{}\"]+:[^/\s:@{}\"]+@"
)


def test_no_file_holds_a_secret():
    assert finds(SECRET, files(*ROOMS, "assets", "tests", "docs", *_top_files())) == []


@pytest.mark.parametrize(
    "line",
    [
        "-----BEGIN EC PRIVATE" + " KEY-----",
        "FANGYI_SECRET=" + "kR3" * 10,
        "postgresql://city:" + "pass@db/fangyi",
        "$argon2id" + "$v=19$m=65536",
    ],
)
def test_a_secret_is_told(line):
    assert SECRET.search(line)


def test_every_module_says_in_a_sentence_what_it_is_for():
    modules = [p for p in files(*ROOMS, "tests") if p.suffix == ".py" and p.read_text("utf-8").strip()]
    silent = [p for p in modules if not (ast.get_docstring(ast.parse(p.read_text("utf-8"))) or "").strip()]
    assert [str(p.relative_to(ROOT)) for p in silent] == []


def test_no_function_is_longer_than_a_screen():
    long = [
        f"{path.relative_to(ROOT)}: {node.name}"
        for path in files(*ROOMS)
        if path.suffix == ".py"
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno - node.lineno >= 60
    ]
    assert long == []


def test_words_have_a_term_a_chinese_word_and_a_meaning():
    rows = _table(ROOT / "docs" / "WORDS.md")
    assert len(rows) >= 60
    assert [row for row in rows if len(row) != 3 or not all(row)] == []
    assert [row for row in rows if not CHINESE.search(row[1]) or not re.search("[A-Za-z]", row[0])] == []


def test_no_word_is_explained_twice():
    terms = [row[0] for row in _table(ROOT / "docs" / "WORDS.md")]
    assert sorted(t for t in set(terms) if terms.count(t) > 1) == []


@pytest.mark.skipif(not shutil.which("make"), reason="make is not installed")
def test_make_alone_lists_the_targets():
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("MAKE", "MFLAGS"))}
    shown = subprocess.run(["make"], cwd=ROOT, env=clean, capture_output=True, text=True, check=True).stdout
    assert {"demo", "run", "test", "check", "scale", "bench", "real"} <= {
        line.split()[1] for line in shown.splitlines()
    }


def test_the_build_server_may_run_its_script():
    assert os.access(ROOT / ".ci" / "run", os.X_OK)


def _top_files() -> list[str]:
    return [name for name in AGREED if (ROOT / name).is_file()]


def _canonical(name: str) -> str:
    return re.sub("[-_.]+", "-", name).lower()


def _imports(path: Path) -> set[str]:
    nodes = list(ast.walk(ast.parse(path.read_text("utf-8"))))
    names = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    names += [node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module and not node.level]
    return {name.split(".")[0] for name in names}


def _table(path: Path) -> list[list[str]]:
    lines = [line for line in path.read_text("utf-8").splitlines() if line.startswith("|")]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return [row for row in rows if row[0] != "term" and not set("".join(row)) <= set("-: ")]
