"""The terms of docs/WORDS.md as screens explain them: read once, in both languages, and found again in the titles of a page."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

from dash import html
from dash.development.base_component import Component

from dashboard.settings import ROOT
from dashboard.text import WORDS, pick, texts

BOOK = ROOT / "docs" / "WORDS.md"
TIP = "term-tip"  # the one box that explains what the pointer or the keyboard rests on (assets/help.js)
LONG = 3  # a word of so many characters is told inside a longer title; shorter ones at its beginning or end
SHORT_TITLE = 6


class GlossaryError(LookupError):
    """A row of docs/WORDS.md is not one term, its Chinese word and its meaning."""


@dataclass(frozen=True)
class Term:
    """One term: its key, the word as code writes it, the words on screen, its section and its meaning, each as (zh, en)."""

    key: str
    code: str
    names: tuple[str, str]
    section: tuple[str, str]
    meaning: tuple[str, str]

    def told(self, lang: str) -> dict[str, str]:
        """Return what a browser shows of it."""
        other = "en" if lang == "zh" else "zh"
        told = {"key": self.key, "name": pick(self.names, lang), "other": pick(self.names, other), "code": self.code}
        return told | {"section": pick(self.section, lang), "meaning": pick(self.meaning, lang)}


@cache
def _chinese() -> Mapping[str, Any]:
    return tomllib.loads((WORDS / "terms.toml").read_text("utf-8"))


@cache
def terms() -> tuple[Term, ...]:
    """Return every term in the order of the book; raises GlossaryError naming a row that is not complete."""
    chinese = _chinese()
    found, section = [], ("", "")
    for line in BOOK.read_text("utf-8").splitlines():
        if line.startswith("## "):
            section = (chinese["sections"].get(line[3:], line[3:]), line[3:])
        elif line.startswith("| ") and not line.startswith("| term |"):
            found.append(_term([cell.strip() for cell in line.strip("|").split("|")], section, chinese["terms"]))
    return tuple(found)


def _term(cells: list[str], section: tuple[str, str], chinese: Mapping[str, str]) -> Term:
    if len(cells) != 3 or not all(cells):
        raise GlossaryError(f"row {' | '.join(cells)!r} of {BOOK.name}: wanted term, Chinese word and meaning")
    written, zh, meaning = cells
    told = (_bare(chinese.get(written, meaning)), _bare(meaning))  # tests see to it that none is missing
    plain = written.replace("`", "")
    key = re.sub(r"\W+", "-", plain).strip("-") + (
        "" if "`" in written else "-"
    )  # `override` and override are two terms
    return Term(key, plain, (zh, plain.replace("_", " ")), section, told)


def _bare(text: str) -> str:
    return text.replace("`", "")


@cache
def _index() -> dict[str, Term]:
    """Return words on screen -> term: the Chinese word and the English one."""
    found: dict[str, Term] = {}
    for term in terms():
        english = re.sub(r" \(.*\)", "", term.names[1])
        for word in (*term.names[0].split("、"), *english.split(", ")):
            found.setdefault(word.lower(), term)
    return found


@cache
def _chinese_of() -> dict[str, str]:
    return {texts("en")[key].lower(): zh for key, zh in texts("zh").items() if "{" not in zh}


@lru_cache(maxsize=4096)  # titles may carry a number
def explained(title: str) -> Term | None:
    """Return the term that a title is, or speaks of: the longest one in it; None where it holds none."""
    chinese = _chinese_of().get(title.strip().lower(), title.strip())  # an English word alone may be several terms
    if (whole := _index().get(chinese.lower())) is not None:
        return whole
    general = _chinese()["general"]["words"]
    held = [
        word
        for word in _index()
        if not word.isascii() and word in chinese and word not in general and _stands_out(word, chinese)
    ]
    best = max(held, key=len, default=None)
    return _index()[best] if best else None


def _stands_out(word: str, title: str) -> bool:
    """A long word anywhere, a short one where a short title begins or ends with it."""
    edge = len(title) <= SHORT_TITLE and (title.startswith(word) or title.endswith(word))
    return len(word) >= LONG or (len(word) > 1 and edge)


def termed(title: Any) -> Any:
    """Return a title so that its term can be asked for by pointer and keyboard; one without a term stays as it is."""
    term = explained(title) if isinstance(title, str) else None
    if term is None:
        return title
    described: dict[str, str] = {"data-term": term.key, "aria-describedby": TIP}
    return html.Span(title, className="term", tabIndex="0", **described)


def help_button(lang: str) -> Component:
    """Return the button that opens glossary, keys and the tour; assets/help.js answers it."""
    words = texts(lang)["help.open"]
    icon = html.I(className="icon help", **{"aria-hidden": "true"})
    return html.Button(icon, className="help-open", title=words, **{"data-help": "", "aria-label": words})
