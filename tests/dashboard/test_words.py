"""The two language files say the same things, and every text of the source stands in them and nowhere else."""

import ast
import json
import re
import tomllib
from functools import cache
from pathlib import Path
from string import Formatter

import pytest

from dashboard.text import LANGS, WORDS, texts
from dashboard.wording import script

ROOT = Path(__file__).resolve().parents[2]
HAN = re.compile(r"[\u3400-\u9fff]")
MARKS = re.compile(r"[\u3001-\u303f\uff00-\uffef]")
SAYERS = ("say", "both", "w", "has")  # `w` is how a function shortens `asked.say`
NAMES_OF_PLACES = {"settings.py"}  # the city that is assumed where no setting names one
CODES = re.compile(  # what Chinese people write in Latin letters too
    r"(?<![A-Za-z])(?:WebGL|Rt?|WIS|LLR|PDF|PNG|PPTX|HTML|XLSX|CSV|JSON|GeoPackage|Excel|dpi|DRILL|English|python|dashboard|verify|code|CGCS2000|SHA-256|N95|MB|km|rematch|p90|A|B|naive|ID|Esc|Tab|Enter|Shift)(?![A-Za-z])",
    re.IGNORECASE,
)


@cache
def sources() -> dict[Path, ast.Module]:
    """Return the trees of the package dashboard, without the commands: a terminal speaks English."""
    found = [p for p in (ROOT / "dashboard").rglob("*.py") if "commands" not in p.parts and p.name != "__main__.py"]
    return {path: ast.parse(path.read_text("utf-8")) for path in sorted(found)}


def scripts() -> list[Path]:
    """Return the scripts that the browser runs."""
    return sorted((ROOT / "assets").glob("*.js"))


def said_by(script: Path) -> set[str]:
    """Return the keys that a script says: written out, or after the beginning that its own `say` puts before them."""
    source = script.read_text("utf-8")
    keys = set(re.findall(r"'(browser\.[\w.]+)'", source))
    for begun in re.findall(r"`(browser\.[\w.]+\.)\$\{\w+\}`", source):
        keys |= {begun + key for key in re.findall(r"\bsay\('([\w.]+)'", source)}
    return keys


@cache
def asked_for() -> tuple[dict[str, str], tuple[str, ...]]:
    """Return the keys that the source names, each with where, and the beginnings of those it puts together."""
    keys, begun = {}, []
    for path, tree in sources().items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                if node.value in texts("zh"):
                    keys.setdefault(node.value, f"{path.name}:{node.lineno}")
                elif re.fullmatch(r"[a-z]+\.[a-z.]*", node.value) and path.name in ("text.py", "paper.py"):
                    begun.append(node.value)  # "span.", "brief.paper.share": the rest is added where it is said
        for call in _calls(tree):
            if isinstance(key := call.args[0], ast.JoinedStr) and isinstance(key.values[0], ast.Constant):
                begun.append(key.values[0].value)
    for path in scripts():
        keys |= dict.fromkeys(said_by(path), path.name)
    return keys, tuple(begun)


def _calls(tree: ast.Module) -> list[ast.Call]:
    return [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and node.args
        and (node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")) in SAYERS
    ]


def _places(words: str) -> tuple[set[str], set[str]]:
    """Return the values that a text writes, and those that only choose a form."""
    found = [(name, spec or "") for _, name, spec, _ in Formatter().parse(words) if name]
    written = {name for name, spec in found if "|" not in spec}
    return written, {name for name, spec in found if "|" in spec}


def test_both_files_have_the_same_keys():
    zh, en = (set(texts(lang)) for lang in LANGS)
    assert (zh - en, en - zh) == (set(), set())
    assert len(zh) > 900


def test_both_languages_put_the_same_values_in():
    wrong = {}
    for key, zh in texts("zh").items():
        (written, chosen), (also, forms) = _places(zh), _places(texts("en")[key])
        if written != also or not chosen <= written | forms:
            wrong[key] = (zh, texts("en")[key])
    assert wrong == {}


def test_every_text_is_written_in_both_languages():
    silent = [k for k, zh in texts("zh").items() if not zh.strip() and not texts("en")[k].strip()]
    assert silent == []
    assert [k for k, zh in texts("zh").items() if not zh.strip()] == []
    # English has no measure words, so those alone may be empty
    assert [k for k, en in texts("en").items() if not en.strip() and len(texts("zh")[k]) > 1] == []


def test_the_english_file_has_no_chinese_but_the_name_of_the_language():
    assert {k for k, en in texts("en").items() if HAN.search(en)} == {"language.other"}


def test_the_chinese_file_has_no_english_sentences():
    mixed = {}
    for key, zh in texts("zh").items():
        left = CODES.sub("", re.sub(r"\{[^}]*\}|%-?\w|<br>|`[^`]*`", "", zh))
        if key not in ("language.other",) and re.search(r"[A-Za-z]{2,}", left):
            mixed[key] = zh
    assert mixed == {}


def test_no_key_is_missing():
    missing = [
        f"{path.name}:{call.lineno}: {key.value}"
        for path, tree in sources().items()
        for call in _calls(tree)
        if isinstance(key := call.args[0], ast.Constant) and key.value not in texts("zh")
    ]
    assert missing == []


@pytest.mark.parametrize("path", scripts(), ids=lambda path: path.name)
def test_a_script_says_only_what_is_written_and_nothing_by_itself(path):
    assert {key for key in said_by(path) if key not in texts("zh")} == set()
    code = re.sub(r"/\*.*?\*/|(?<![:'])//[^\n]*", "", path.read_text("utf-8"), flags=re.DOTALL)
    assert HAN.findall(code) == []


def test_scripts_get_texts_that_they_can_put_values_in():
    told = script().decode()
    words = json.loads(told[told.index('= {"') + 2 : -2])
    assert set(words) == set(LANGS)
    for lang in LANGS:
        assert words[lang]["manner.day"] == texts(lang)["manner.day"]
        assert [text for text in words[lang].values() if "{{" in text or re.search(r"\{\w+![rs]", text)] == []


def test_no_key_is_unused():
    keys, begun = asked_for()
    left = [key for key in texts("zh") if key not in keys]
    assert [key for key in left if not key.startswith(begun)] == []


def test_every_value_that_a_text_wants_is_given():
    wrong = []
    for path, tree in sources().items():
        for call in _calls(tree):
            key = call.args[0]
            if not isinstance(key, ast.Constant) or any(one.arg is None for one in call.keywords):
                continue
            wanted = set().union(*(set().union(*_places(texts(lang)[key.value])) for lang in LANGS))
            given = {one.arg for one in call.keywords}
            if wanted != given:
                wrong.append(f"{path.name}:{call.lineno}: {key.value} wants {sorted(wanted)}, is given {sorted(given)}")
    assert wrong == []


def test_nothing_is_joined_by_chinese_marks_in_every_language():
    found = [
        f"{path.name}:{node.lineno}"
        for path, tree in sources().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr == "join" and isinstance(node.value, ast.Constant)
        if MARKS.search(str(node.value.value))
    ]
    assert found == []


def test_no_sentence_stands_in_the_source():
    found = []
    for path, tree in sources().items():
        remarks = {id(n.value) for n in ast.walk(tree) if isinstance(n, ast.Expr) and isinstance(n.value, ast.Constant)}
        found += [
            f"{path.relative_to(ROOT)}:{node.lineno}: {node.value[:40]}"
            for node in ast.walk(tree)
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in remarks
            if HAN.search(node.value) and path.name not in NAMES_OF_PLACES
        ]
    assert found == []


@pytest.mark.parametrize("lang", LANGS)
def test_the_files_are_in_order(lang):
    lines = [line for line in (WORDS / f"{lang}.toml").read_text("utf-8").splitlines() if line and line[0] != "#"]
    sections = [line for line in lines if line.startswith("[")]
    assert sections[0] == "[manner]"
    assert sections[1:] == sorted(sections[1:])
    for section, table in tomllib.loads("\n".join(lines)).items():
        assert list(table) == sorted(table) or section in ("brief", "browser")


# ---- layers compose their sentences, so they keep both languages side by side

COMPOSED = ("Words", "Reason", "Mark", "LegendRow", "Promise", "Check", "RowNote")


def _literal(node: ast.expr) -> str | None:
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "0" for part in node.values)
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def alone(tree: ast.AST) -> list[int]:
    """Return the lines where something is said in Chinese and not, right after it, in English."""
    found = []
    for node in ast.walk(tree):
        name = getattr(node.func, "id", "") if isinstance(node, ast.Call) else ""
        if name not in COMPOSED:
            continue
        said = [_literal(arg) for arg in node.args]
        for at, words in enumerate(said):
            after = node.args[at + 1] if at + 1 < len(said) else None
            english = said[at + 1] if after is not None else None
            second = at > 0 and bool(HAN.search(said[at - 1] or ""))
            if (
                words
                and HAN.search(words)
                and not second
                and (after is None or english is not None and _silent(english))
            ):
                found.append(node.lineno)
    return found


def _silent(english: str) -> bool:
    return not english.strip() or bool(HAN.search(re.sub(r"“[^”]*”|\"[^\"]*\"", "", english)))


def test_layers_say_everything_in_both_languages():
    said = {}
    for path in (ROOT / "layers").rglob("*.py"):
        if lines := alone(ast.parse(path.read_text("utf-8"))):
            said[str(path.relative_to(ROOT))] = lines
    assert said == {}


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        ('Words("封控", "sealed")', []),
        ('Words("封控", "")', [1]),
        ('Words("封控", "封控")', [1]),
        ('Words(f"{n}人", f"{n} persons")', []),
        ('Words("封控", english)', []),
        ('Words("封控")', [1]),
    ],
)
def test_a_sentence_in_one_language_is_found(source, lines):
    assert alone(ast.parse(source)) == lines
