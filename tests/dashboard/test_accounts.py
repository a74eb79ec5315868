"""Accounts from the terminal: passwords come from a terminal or standard input, and nothing of them is said."""

import io
import re

import pytest

from dashboard.__main__ import REFUSED, main
from layers.store import accounts, factors, journal, open_store
from tests import city, office
from tests.codes import code_now

GOOD = "seven lanterns at dusk"
OFFICER = ("--name", "江岸值班", "--role", "district", "--area", "420102")


@pytest.fixture(scope="module")
def url(tmp_path_factory):
    folder = tmp_path_factory.mktemp("accounts")
    city.found(open_store(f"sqlite:///{folder / 'own.db'}", "production"), folder).close()
    return f"sqlite:///{folder / 'own.db'}"


@pytest.fixture
def account(url, monkeypatch):
    """Run the command with a line on standard input."""
    monkeypatch.setenv("FANGYI_MODE", "production")
    monkeypatch.setenv("FANGYI_SECRET", office.SECRET)

    def run(*arguments, line=""):
        monkeypatch.setattr("sys.stdin", io.StringIO(f"{line}\n"))
        return main(["account", *arguments, "--store", url, "--by", "root"])

    return run


def test_an_account_is_made_changed_and_listed_and_the_journal_says_who_did_it(account, url, capsys):
    assert account("add", *OFFICER, line=GOOD) == 0
    assert account("disable", "--name", "江岸值班") == 0
    assert account("list") == 0
    assert "江岸值班  district 420102  disabled" in capsys.readouterr().out
    assert account("enable", "--name", "江岸值班") == 0
    assert account("password", "--name", "江岸值班", line="nine boats upon a lake") == 0
    store = open_store(url)
    assert accounts.checked(store, "江岸值班", "nine boats upon a lake").area == "420102"
    told = journal.entries(store, 4)
    assert set(told["actor"]) == {"root"}
    store.close()
    said = capsys.readouterr()
    assert "nine boats" not in said.out + said.err


@pytest.mark.parametrize(
    ("arguments", "line", "said"),
    [
        (("--name", "a", "--role", "district"), GOOD, "wanted a district"),
        (("--name", "a", "--role", "city", "--area", "420102"), GOOD, "wanted a city"),
        (("--name", "a", "--role", "district", "--area", "429999"), GOOD, "is not known"),
        (("--name", " ", "--role", "city"), GOOD, "no name"),
        (("--name", "a", "--role", "city"), "letmein", "7 characters"),
        (("--name", "a", "--role", "city"), "", "0 characters"),
    ],
)
def test_what_makes_no_account_is_refused_in_one_line(account, url, capsys, arguments, line, said):
    before = len(accounts.every(store := open_store(url)))
    assert account("add", *arguments, line=line) == REFUSED
    told = capsys.readouterr().err
    assert told.startswith("error: ")
    assert said in told
    assert not line or line not in told
    assert len(accounts.every(store)) == before
    store.close()


def test_two_passwords_that_differ_change_nothing(account, monkeypatch, capsys):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    answers = iter([GOOD, GOOD + "!"])
    monkeypatch.setattr("dashboard.commands.account.getpass.getpass", lambda _prompt: next(answers))
    monkeypatch.setenv("FANGYI_MODE", "production")
    assert account("list") == 0
    monkeypatch.setattr("io.StringIO", Terminal)
    assert account("add", "--name", "b", "--role", "city") == REFUSED
    assert "the two passwords differ" in capsys.readouterr().err


def test_a_second_factor_is_given_and_reset_and_its_secret_is_printed_once(account, url, capsys):
    assert account("add", "--name", "c", "--role", "city", line=GOOD) == 0
    capsys.readouterr()
    assert account("second-factor", "--name", "c") == 0
    said = capsys.readouterr().out
    secret = re.search(r"otpauth://totp/\S*secret=([A-Z2-7]{32})&issuer=%E9%98%B2", said)[1]
    codes = re.findall(r"[a-z2-9]{4}-[a-z2-9]{4}-[a-z2-9]{4}", said)
    assert len(codes) == factors.CODES
    assert account("list") == 0
    listed = capsys.readouterr().out
    assert "1 with a second factor" in listed
    assert secret not in listed
    store = open_store(url)
    who = accounts.checked(store, "c", GOOD)
    with store.writing() as connection:
        assert factors.accepted(connection, who, code_now(secret)) == factors.CODE
    assert account("second-factor", "--name", "c") == REFUSED
    assert account("reset-factor", "--name", "c") == 0
    assert account("reset-factor", "--name", "c") == REFUSED
    told = journal.entries(store, 2)
    assert told["action"].tolist() == ["account-factor-reset", "account-factor"]
    assert set(told["actor"]) == {"root"}
    assert secret not in str(journal.entries(store).to_dict("records"))
    store.close()
