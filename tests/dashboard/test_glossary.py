"""Every term of WORDS.md can be asked for on screen, in both languages."""

import json
import re
import tomllib

import pytest
from flask import Flask

from dashboard import parts
from dashboard.glossary import BOOK, TIP, GlossaryError, _term, explained, termed, terms
from dashboard.text import WORDS
from dashboard.wording import words_blueprint

HAN = re.compile(r"[\u3400-\u9fff]")
ROWS = [
    line for line in BOOK.read_text("utf-8").splitlines() if line.startswith("| ") and "| term |" not in f"{line[:8]}"
]


def test_every_row_has_a_term_a_chinese_word_and_both_meanings():
    assert len(terms()) == len(ROWS) >= 200
    for term in terms():
        assert all(part.strip() for part in (term.code, *term.names, *term.section, *term.meaning)), term
        assert all(HAN.search(part[0]) for part in (term.names, term.meaning, term.section)), term
        assert re.search("[A-Za-z]", term.meaning[1]), term


def test_no_meaning_lacks_or_is_left_over_and_no_two_terms_share_a_key():
    written = [line.split("|")[1].strip() for line in ROWS]
    assert set(tomllib.loads((WORDS / "terms.toml").read_text("utf-8"))["terms"]) ^ set(written) == set()
    assert len({term.key for term in terms()}) == len(terms())


def test_a_row_that_is_not_complete_is_named():
    with pytest.raises(GlossaryError, match="`new` | 新 | .*wanted term"):
        _term(["`new`", "新", ""], ("", ""), {})


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("床位使用率", "床位使用率"),
        ("Occupancy", "床位使用率"),
        ("无疫情小区：待办", "无疫情小区"),
        ("Days of cover", "可用天数"),
        ("累计确诊", "确诊"),
        ("小区编号", None),  # too common a word to be explained in every title
        ("Nothing of ours", None),
        ("", None),
    ],
)
def test_a_title_is_explained_by_the_longest_term_in_it(title, name):
    found = explained(title)
    assert (found.names[0] if found else None) == name


def test_a_title_with_a_term_takes_the_keyboard_and_is_described():
    shown = termed("床位使用率").to_plotly_json()["props"]
    assert shown["children"] == "床位使用率"
    assert (shown["data-term"], shown["tabIndex"], shown["aria-describedby"]) == ("occupancy-", "0", TIP)
    assert termed("无此词") == "无此词"
    assert '"data-term": "occupancy-"' in json.dumps(
        parts.tile("床位使用率", "5").to_plotly_json(), default=lambda c: c.to_plotly_json()
    )


@pytest.mark.parametrize(("lang", "name"), [("zh", "小区"), ("en", "compound")])
def test_the_glossary_travels_once_in_the_language_of_the_page(lang, name):
    app = Flask("any")
    app.register_blueprint(words_blueprint())
    client = app.test_client()
    answer = client.get(f"/words/glossary/{lang}.json")
    told = answer.get_json()
    assert (told[0]["name"], len(told)) == (name, len(terms()))
    assert (
        client.get(f"/words/glossary/{lang}.json", headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304
    )
    assert client.get("/words/glossary/fr.json").status_code == 404
