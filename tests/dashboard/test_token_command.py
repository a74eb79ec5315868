"""Tokens from the terminal: printed once, listed without themselves, closed for good; the journal knows who did it."""

import pytest

from dashboard.__main__ import REFUSED, main
from layers.store import journal, open_store, tokens
from tests import city, office


@pytest.fixture(scope="module")
def url(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tokens")
    city.found(open_store(f"sqlite:///{folder / 'own.db'}", "production"), folder).close()
    return f"sqlite:///{folder / 'own.db'}"


@pytest.fixture
def token(url, monkeypatch):
    """Run the command."""
    monkeypatch.setenv("FANGYI_MODE", "production")
    monkeypatch.setenv("FANGYI_SECRET", office.SECRET)
    return lambda *arguments: main(["token", *arguments, "--store", url, "--by", "root"])


MADE = ("--name", "his-1", "--source", "一院信息科", "--feeds", "beds,supplies", "--only", "hospital=H1")
READS = ("--role", "district", "--area", "420102", "--orders", "--metrics", "--days", "30")


def test_a_token_is_printed_once_and_the_journal_says_who_made_it(token, url, capsys):
    assert token("add", *MADE, "--only", "site=H1", *READS) == 0
    secret = capsys.readouterr().out.strip()
    assert secret.startswith("fangyi_")
    store = open_store(url)
    found = tokens.holder(store, secret)
    assert (found.feeds, found.only) == (("beds", "supplies"), {"hospital": ["H1"], "site": ["H1"]})
    assert (found.role, found.area, found.rights) == ("district", "420102", ("orders", "metrics"))
    assert token("list") == 0
    told = capsys.readouterr().out
    assert "his-1  一院信息科  writes beds,supplies  only hospital=H1; site=H1  reads as district 420102" in told
    assert secret not in told
    assert token("disable", "--name", "his-1") == 0
    assert tokens.holder(store, secret) is None
    assert token("list") == 0
    assert "disabled" in capsys.readouterr().out
    entries = journal.entries(store, 2)
    assert list(entries["action"]) == ["token-disable", "token-add"]
    assert set(entries["actor"]) == {"root"}
    assert secret not in str(entries["detail"].tolist())
    store.close()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--name", "x", "--source", "a", "--feeds", "beds"), "no name of a token"),
        (("--name", "HIS 1", "--source", "a", "--feeds", "beds"), "no name of a token"),
        (("--name", "a1", "--source", "a"), "would open nothing"),
        (("--name", "a1", "--source", " ", "--feeds", "beds"), "--source is empty"),
        (("--name", "a1", "--source", "a", "--feeds", "chairs"), "no feed 'chairs'"),
        (("--name", "a1", "--source", "a", "--feeds", "beds,staff", "--only", "kind=icu"), "feed staff has none"),
        (("--name", "a1", "--source", "a", "--feeds", "beds", "--only", "colour=red"), "no feed of this token has"),
        (("--name", "a1", "--source", "a", "--feeds", "beds", "--only", "hospital"), "COLUMN=VALUE"),
        (("--name", "a1", "--source", "a", "--role", "district"), "wanted a district"),
        (("--name", "a1", "--source", "a", "--role", "district", "--area", "429999"), "not known"),
        (("--name", "a1", "--source", "a", "--feeds", "beds", "--area", "420102"), "no role was stated"),
        (("--name", "a1", "--source", "a", "--orders"), "a role as well"),
        (("--name", "a1", "--source", "a", "--feeds", "beds", "--days", "0"), "over already"),
        (("--name", "a1", "--source", "a", "--feeds", "beds", "--days", "-99999999999"), "over already"),
        (
            ("--name", "a1", "--source", "a", "--feeds", "beds", "--days", "401"),
            "at most 400: it lies in a file of another machine",
        ),
        (("--name", "a1", "--source", "a", "--feeds", "beds", "--days", "99999999999"), "at most 400"),
        (("--name", "a1", "--source", "a", "--feeds", "beds", "--per-minute", "0"), "requests a minute"),
    ],
)
def test_what_makes_no_token_is_refused_in_one_line(token, url, capsys, arguments, said):
    assert token("add", *arguments) == REFUSED
    told = capsys.readouterr()
    assert told.err.startswith("error: ")
    assert said in told.err
    assert told.out == ""


def test_a_name_is_taken_once_and_closed_once(token, capsys):
    assert token("add", "--name", "twice", "--source", "a", "--feeds", "beds") == 0
    assert token("add", "--name", "twice", "--source", "b", "--feeds", "beds") == REFUSED
    assert token("disable", "--name", "twice") == 0
    assert token("disable", "--name", "twice") == REFUSED
    assert token("disable", "--name", "nobody") == REFUSED
    told = capsys.readouterr().err
    assert "there is a token 'twice' already" in told
    assert "disabled already" in told


def test_what_was_done_about_tokens_is_said_in_words_on_the_journal(url):
    from dashboard.pages._journal_words import kind, told

    store = open_store(url)
    entries = journal.entries(store, 100)
    done = entries[entries["action"].str.startswith("token-")]
    assert {kind(action, "zh") for action in done["action"]} == {"发放令牌", "停用令牌"}
    said = told(done[done["action"] == "token-add"]["detail"].iloc[-1], "zh")
    assert "可报送 beds、supplies" in said
    assert "per_minute" not in said
    store.close()
