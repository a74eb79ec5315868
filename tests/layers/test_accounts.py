"""Accounts and sessions: hashes, changes in the journal, and what ends a session, on both databases."""

from datetime import UTC, datetime, timedelta

import pytest
from argon2 import PasswordHasher
from sqlalchemy import select, update

from layers.store import accounts, factors, identities, journal, journal_reading, passwords, sessions
from layers.store.accounts import AccountError
from layers.store.journal_reading import Wanted
from layers.store.passwords import PasswordError
from layers.store.schema import account, session
from tests import databases

GOOD = "seven lanterns at dusk"


pytestmark = pytest.mark.usefixtures("cheap_hashes")


@pytest.fixture
def store(tmp_path, empty):
    store = databases.opened(empty, tmp_path, "production")
    accounts.add(store, "root", "江岸值班", "district", "420102", GOOD)
    yield store
    store.close()


def signed_in(store, number=1, replaced=""):
    with store.writing() as connection:
        return sessions.begin(connection, number, replaced)


def why(store):
    rows = store.read(select(session.c.why).order_by(session.c.id))
    return rows["why"].astype(object).where(rows["why"].notna(), None).tolist()


def test_the_right_password_opens_the_account_and_no_other_does(store):
    assert accounts.checked(store, " 江岸值班 ", GOOD) == accounts.Account(1, "江岸值班", "district", "420102")
    assert accounts.checked(store, "江岸值班", GOOD + " ") is None
    assert accounts.checked(store, "nobody", GOOD) is None
    assert accounts.checked(store, "江岸值班", "") is None


def test_the_store_and_its_journal_hold_no_password(store):
    accounts.set_password(store, "root", "江岸值班", "nine boats upon a lake")
    said = store.read(select(account)).to_csv() + journal.entries(store).to_csv()
    assert GOOD not in said
    assert "nine boats" not in said
    assert store.read(select(account.c.password)).iloc[0, 0].startswith("$argon2id$")
    assert "password" not in accounts.every(store)


def test_an_unknown_name_costs_the_same_hashing(store, monkeypatch):
    asked = []
    monkeypatch.setattr(passwords, "fits", lambda password, kept: bool(asked.append(kept)))
    accounts.checked(store, "nobody", GOOD)
    accounts.checked(store, "江岸值班", GOOD)
    identities.enter(store, "https://issuer", "1", "总值班", "city", "")  # has no password here
    accounts.checked(store, "总值班", GOOD)
    unknown, known, vouched = (kept.split("$")[1:4] for kept in asked)
    assert unknown == known == vouched  # kind, version and costs


def test_no_password_opens_the_account_of_a_provider(store):
    identities.enter(store, "https://issuer", "1", "总值班", "city", "")
    for word in ("", "nobody's password", GOOD):
        assert accounts.checked(store, "总值班", word) is None


@pytest.mark.parametrize("name", ["江岸\0值班", "\0", "\ud800", "江岸值班\u2060"])
def test_a_name_that_no_account_can_bear_is_nobodys(store, name):
    assert accounts.checked(store, name, GOOD) is None
    with store.writing() as connection:
        assert accounts.known(connection, name) == ""


@pytest.mark.parametrize(
    ("password", "said"),
    [("short", "5 characters"), ("x" * 201, "201"), ("abababababab", "repeats"), ("江岸值班-江岸值班-123", "name")],
)
def test_a_weak_password_is_refused_without_being_repeated(store, password, said):
    with pytest.raises(PasswordError, match=said) as error:
        accounts.set_password(store, "root", "江岸值班", password)
    assert password not in str(error.value)
    assert accounts.checked(store, "江岸值班", GOOD)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "  ",
        "x" * 61,
        "a\nb",
        "a\u202eb",
        "nobody",
        "Drill",
        "Command",
        "alerts",
        "ｎｏｂｏｄｙ",
        "ａｐｉ：x",
        "no\xadbody",
        "江岸\u2060值班",
        "\u3164",
        "a\x85b",
        "a\ufe0f",
        "a\U000e0041",
        "\ud800",
    ],
)
def test_a_name_that_cannot_be_read_or_that_the_journal_gives_to_nobody_is_none(store, name):
    with pytest.raises(AccountError):
        accounts.add(store, "root", name, "city", "", GOOD)


@pytest.mark.parametrize("name", ["Duty", "ｄｕｔｙ", "DUTY"])
def test_a_name_that_is_read_as_anothers_is_taken(store, name):
    accounts.add(store, "root", "duty", "city", "", GOOD)
    with pytest.raises(AccountError, match="there is an account 'duty' already"):
        accounts.add(store, "root", name, "city", "", GOOD)
    with pytest.raises(identities.IdentityError):
        identities.enter(store, "https://issuer", "1", name, "city", "")


@pytest.mark.parametrize("name", ["\U00031350\u4e00", "𠮷野", "Zoë", "duty-2", "值班（夜）"])
def test_letters_of_any_script_name_an_account(store, name):
    accounts.add(store, "root", name, "city", "", GOOD)
    assert accounts.checked(store, name, GOOD)


def test_every_change_stands_in_the_journal_and_a_refused_one_does_not(store):
    with pytest.raises(AccountError, match="already"):
        accounts.add(store, "root", "江岸值班", "city", "", GOOD)
    with pytest.raises(AccountError, match="already"):
        accounts.set_disabled(store, "root", "江岸值班", False)
    with pytest.raises(AccountError, match="no account"):
        accounts.set_disabled(store, "root", "江汉值班", True)
    accounts.set_disabled(store, "root", "江岸值班", True)
    accounts.set_disabled(store, "root", "江岸值班", False)
    accounts.set_password(store, "root", "江岸值班", GOOD)
    told = journal.entries(store)
    actions = ["account-add", "account-disable", "account-enable", "account-password"]
    assert told["action"].tolist()[::-1] == actions
    assert set(told["subject"]) == {"江岸值班"}
    assert journal.verify(store).whole


def test_a_session_is_its_holders_until_it_ends(store):
    token = signed_in(store)
    assert sessions.holder(store, token) == ("江岸值班", "district", "420102")
    assert token not in store.read(select(session)).to_csv()
    with store.writing() as connection:
        sessions.end(connection, token)
    assert sessions.holder(store, token) is None
    assert sessions.holder(store, "") is None


def test_who_signs_in_again_gets_another_token_and_the_old_one_opens_nothing(store):
    old = signed_in(store)
    new = signed_in(store, replaced=old)
    assert new != old
    assert (sessions.holder(store, old), bool(sessions.holder(store, new))) == (None, True)
    assert why(store) == ["replaced", None]


@pytest.mark.parametrize("change", ["disabled", "password"])
def test_a_disabled_account_and_a_new_password_end_every_session(store, change):
    tokens = [signed_in(store), signed_in(store)]
    if change == "disabled":
        accounts.set_disabled(store, "root", "江岸值班", True)
        assert accounts.checked(store, "江岸值班", GOOD) is None
        accounts.set_disabled(store, "root", "江岸值班", False)  # what ended does not come back
    else:
        accounts.set_password(store, "root", "江岸值班", "nine boats upon a lake")
    assert [sessions.holder(store, token) for token in tokens] == [None, None]
    assert why(store) == [change, change]


@pytest.mark.parametrize("change", ["password", "disabled", ""])
def test_an_account_stands_as_it_was_checked_until_it_is_changed(store, change):
    found = accounts.checked(store, "江岸值班", GOOD)
    if change == "password":
        accounts.set_password(store, "root", "江岸值班", GOOD)
    elif change:
        accounts.set_disabled(store, "root", "江岸值班", True)
    with store.writing() as connection:
        assert accounts.still(connection, found) == (None if change else found)
        assert accounts.still(connection, None) is None


def test_a_session_without_a_second_factor_is_over_where_its_role_needs_one(store):
    token = signed_in(store)
    assert sessions.holder(store, token, {"city"}) == ("江岸值班", "district", "420102")
    assert sessions.holder(store, token, {"city", "district"}) is None
    factors.give(store, "root", "江岸值班")
    assert sessions.holder(store, token) is None  # a password alone began it
    assert sessions.holder(store, signed_in(store), {"district"})
    who = identities.enter(store, "https://issuer", "1", "江汉值班", "district", "420103")
    assert sessions.holder(store, signed_in(store, who.id), {"district"})


def test_a_session_ends_after_one_shift_however_busy(store):
    token = signed_in(store)
    old = int((datetime.now(UTC) - sessions.LONGEST - timedelta(seconds=1)).timestamp() * 1000)
    with store.writing() as connection:
        connection.execute(update(session).values(begun_at=old))
    assert sessions.holder(store, token) is None


def test_a_hash_of_other_costs_is_made_anew_at_the_next_sign_in(store, monkeypatch):
    before = store.read(select(account.c.password)).iloc[0, 0]
    monkeypatch.setattr(passwords, "HASHER", PasswordHasher(time_cost=2, memory_cost=8, parallelism=1))
    assert accounts.checked(store, "江岸值班", GOOD)
    assert store.read(select(account.c.password)).iloc[0, 0] != before
    assert accounts.checked(store, "江岸值班", GOOD)


def test_sessions_of_an_account_are_counted_and_ended_together(store):
    accounts.add(store, "root", "总值班", "city", "", GOOD)
    signed_in(store), signed_in(store)
    rows = accounts.every(store).set_index("name")
    assert rows["open"].to_dict() == {"江岸值班": 2, "总值班": 0}
    assert rows["last_at"].notna().to_dict() == {"江岸值班": True, "总值班": False}
    assert accounts.end_sessions(store, "root", " 江岸值班 ") == 2
    assert accounts.end_sessions(store, "root", "江岸值班") == 0
    assert accounts.every(store)["open"].sum() == 0
    assert why(store) == ["ended", "ended"]
    last = journal_reading.matching(store, Wanted(action="account-sessions"), 1).iloc[0]
    assert (last["actor"], last["subject"], last["detail"]) == ("root", "江岸值班", {"ended": 0})
    assert journal_reading.values(store, "action")["account-sessions"] == 2
    with pytest.raises(AccountError):
        accounts.end_sessions(store, "root", "nobody")


def test_the_journal_is_asked_for_by_deed_person_day_and_number(store):
    now = datetime.now(UTC)
    ask = lambda **which: journal_reading.number(store, Wanted(**which))  # noqa: E731
    assert ask() == ask(actor="root") == ask(action="account-add") == ask(first=now - timedelta(hours=1)) == 1
    assert ask(actor="x") == ask(action="x") == ask(first=now + timedelta(hours=1)) == ask(until=now - timedelta(hours=1)) == 0  # fmt: skip
    assert (ask(before=1), ask(before=2)) == (0, 1)
