"""Tokens in both databases: what a holder may do, and keys that are taken once."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select, update

from layers._times import to_ms
from layers.store import accounts, journal, sessions, tokens
from layers.store.accounts import AccountError
from layers.store.schema import api_key, api_token
from layers.store.tokens import Token, TokenError
from tests import databases

LATER = datetime.now(UTC) + timedelta(days=30)
TOKEN = Token(0, "his-1", "一院", ("beds",), {"hospital": ["H1"]}, "district", "420102", ("orders",), 60)


@pytest.fixture
def store(empty, tmp_path):
    found = databases.opened(empty, tmp_path, "production")
    yield found
    found.close()


def test_a_holder_may_what_was_stated_until_it_is_over(store):
    secret = tokens.add(store, "root", TOKEN, LATER)
    found = tokens.holder(store, secret)
    assert replace(found, id=0) == TOKEN
    assert tokens.holder(store, secret + "x") is None
    assert tokens.holder(store, sessions.digest(secret)) is None  # what the store holds opens nothing
    with pytest.raises(TokenError, match="already"):
        tokens.add(store, "root", TOKEN, LATER)
    with store.writing() as connection:
        connection.execute(update(api_token).values(expires_at=to_ms(datetime.now(UTC)) - 1))
    assert tokens.holder(store, secret) is None
    tokens.disable(store, "root", "his-1")
    assert journal.verify(store).whole
    assert list(journal.entries(store, 2)["action"]) == ["token-disable", "token-add"]


def test_a_key_is_taken_once_however_many_ask_at_once(store):
    tokens.add(store, "root", TOKEN, LATER)
    tokens.add(store, "root", replace(TOKEN, name="his-2"), LATER)
    one, other = (Token(int(id), name, "a") for id, name in tokens.every(store)[["id", "name"]].to_numpy())
    with ThreadPoolExecutor(8) as hands:
        found = list(hands.map(lambda n: tokens.claim(store, one, "k", f"content {n % 2}"), range(16)))
    assert found.count(True) == 8
    assert tokens.claim(store, other, "k", "content of another")  # each token has keys of its own
    assert store.read(select(func.count().label("n")).select_from(api_key))["n"][0] == 2


def test_a_key_is_forgotten_after_a_month(store):
    tokens.add(store, "root", TOKEN, LATER)
    one = Token(int(tokens.every(store)["id"][0]), "his-1", "a")
    assert tokens.claim(store, one, "k", "a")
    with store.writing() as connection:
        connection.execute(update(api_key).values(claimed_at=to_ms(datetime.now(UTC) - tokens.KEPT) - 1))
    assert tokens.claim(store, one, "other", "b")
    assert tokens.claim(store, one, "k", "c")


@pytest.mark.parametrize("name", ["api:his-1", "API:his-1", " api:x"])
def test_no_account_passes_for_a_program(name):
    with pytest.raises(AccountError, match="api:"):
        accounts.named(name)
