"""The second factor in the store, on both databases: published codes, each once, sealed and bound to its account, recovery codes, and what lies halfway."""

import base64
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from layers._errors import StoreError
from layers.store import accounts, backups, factors, halfway, journal, migrations, sessions, soundness
from layers.store.accounts import Account, AccountError
from layers.store.schema import account, code_try, recovery_code, second_factor
from tests import databases

GOOD = "seven lanterns at dusk"
WHO, OTHER = Account(1, "江岸值班", "district", "420102"), Account(2, "总值班", "city", "")
NOW = 1_700_000_010.0  # the middle of a step of 30 s, or nearly
# RFC 6238, appendix B, SHA-1: the secret is the ASCII text 12345678901234567890; of its eight digits the last six.
SECRET = base64.b32encode(b"12345678901234567890").decode()
PUBLISHED = [
    (59, "94287082"),
    (1111111109, "07081804"),
    (1111111111, "14050471"),
    (1234567890, "89005924"),
    (2000000000, "69279037"),
    (20000000000, "65353130"),
]


pytestmark = pytest.mark.usefixtures("cheap_hashes")


@pytest.fixture
def store(tmp_path, empty):
    store = databases.opened(empty, tmp_path, "production")
    for who in (WHO, OTHER):
        accounts.add(store, "root", who.name, who.role, who.area, GOOD)
    yield store
    store.close()


def quiet(*_said):
    pass


def set_up(store, who=WHO, at=NOW):
    """Give an account a second factor as its holder does; return secret and recovery codes."""
    secret = factors.shown(store, who, "held")
    with store.writing() as connection:
        codes = factors.confirm(connection, who, factors.code_of(secret, at), "held", at)
    return secret, codes


def given(store, text, at=NOW, who=WHO):
    with store.writing() as connection:
        return factors.accepted(connection, who, text, at)


def told(store):
    rows = journal.entries(store)[::-1]
    return [(row.actor, row.action, row.subject) for row in rows.itertuples() if "factor" in row.action or "recovery" in row.action]  # fmt: skip


@pytest.mark.parametrize(("at", "code"), PUBLISHED)
def test_the_codes_are_those_of_the_standard(store, monkeypatch, at, code):
    assert factors.code_of(SECRET, at) == code[-6:]
    monkeypatch.setattr("layers.store.factors.pyotp.random_base32", lambda: SECRET)
    assert factors.give(store, "root", WHO.name)[0] == SECRET
    assert given(store, code[-6:], at=float(at)) == factors.CODE


def test_a_factor_counts_from_its_first_code_on(store):
    secret = factors.shown(store, WHO, "held")
    assert factors.shown(store, WHO, "held") == secret  # the page was loaded again
    assert re.fullmatch("[A-Z2-7]{32}", secret)  # 160 bits
    assert factors.of(store, WHO.id) is None
    assert given(store, factors.code_of(secret, NOW)) == ""
    with store.writing() as connection:
        assert factors.confirm(connection, WHO, "000000", "held", NOW) is None
    assert not factors.in_use(store)
    set_up(store)
    assert factors.of(store, WHO.id).left == factors.CODES
    assert factors.in_use(store)
    assert dict(accounts.every(store).set_index("name")["factor"]) == {WHO.name: True, OTHER.name: False}
    with pytest.raises(AccountError, match="already"):
        factors.shown(store, WHO, "held")
    assert told(store) == [(WHO.name, "account-factor", WHO.name)]


def test_every_browser_is_shown_a_secret_of_its_own_and_confirms_that_one(store):
    mine, theirs = (factors.shown(store, WHO, held) for held in ("mine", "theirs"))
    assert len({mine, theirs, factors.shown(store, OTHER, "mine")}) == 3
    with store.writing() as connection:
        assert factors.confirm(connection, WHO, factors.code_of(theirs, NOW), "mine", NOW) is None
        assert factors.confirm(connection, WHO, factors.code_of(mine, NOW), "mine", NOW)
    assert given(store, factors.code_of(theirs, NOW + 30)) == ""
    assert given(store, factors.code_of(mine, NOW + 30)) == "code"


def test_one_that_an_older_program_kept_before_its_first_code_does_not_count(store):
    factors.give(store, "root", WHO.name)
    with store.writing() as connection:
        connection.execute(update(second_factor).values(confirmed_at=None))
    assert factors.of(store, WHO.id) is None
    secret, _ = set_up(store)
    assert given(store, factors.code_of(secret, NOW + 30)) == "code"


@pytest.mark.parametrize(("off", "way"), [(-60, ""), (-30, "code"), (0, "code"), (30, "code"), (60, "")])
def test_a_code_counts_one_step_early_or_late_and_no_more(store, off, way):
    secret, _ = set_up(store, at=NOW - 600)
    assert given(store, factors.code_of(secret, NOW + off)) == way


def test_a_code_counts_once_and_none_before_it_does(store):
    secret, _ = set_up(store, at=NOW - 600)
    assert given(store, factors.code_of(secret, NOW)) == "code"
    assert given(store, factors.code_of(secret, NOW)) == ""
    assert given(store, factors.code_of(secret, NOW - 30)) == ""
    assert given(store, factors.code_of(secret, NOW + 30)) == "code"


def test_the_code_that_set_it_up_is_used_up(store):
    secret, _ = set_up(store)
    assert given(store, factors.code_of(secret, NOW)) == ""


def test_of_many_at_once_one_alone_counts(store):
    secret, _ = set_up(store, at=NOW - 600)
    code = factors.code_of(secret, NOW)
    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(lambda _: given(store, code), range(8))) == [""] * 7 + ["code"]


@pytest.mark.parametrize("text", ["{0} {1}", " {0}{1}\n", "\uff11"])
def test_a_code_may_be_typed_with_a_gap_or_full_width(store, text):
    secret, _ = set_up(store, at=NOW - 600)
    code = factors.code_of(secret, NOW)
    wide = "".join(chr(ord(one) + 0xFEE0) for one in code)
    assert given(store, wide if text == "\uff11" else text.format(code[:3], code[3:])) == "code"


@pytest.mark.parametrize("text", ["", "0", "1234567", "abcdef", "١٢٣٤٥٦", "\udcff", "0" * 60])
def test_what_is_no_code_is_none(store, text):
    set_up(store, at=NOW - 600)
    assert given(store, text) == ""


def test_codes_of_another_account_and_of_nobody_do_not_count(store):
    secret, codes = set_up(store, at=NOW - 600)
    set_up(store, OTHER, at=NOW - 600)
    for text in (factors.code_of(secret, NOW), codes[0]):
        assert given(store, text, who=OTHER) == given(store, text, who=None) == ""
    assert given(store, factors.code_of(factors.NOBODY, NOW), who=None) == ""


# ---- at rest


def test_the_store_and_its_journal_hold_no_secret_and_no_code(store):
    secret, codes = set_up(store)
    given(store, codes[0])
    said = "".join(store.read(select(table)).to_csv() for table in (second_factor, recovery_code)) + journal.entries(store).to_csv()  # fmt: skip
    for text in (secret, *codes, *(one.replace("-", "") for one in codes)):
        assert text not in said


def test_a_secret_that_was_copied_to_another_account_does_not_open(store):
    secret, _ = set_up(store, at=NOW - 600)
    set_up(store, OTHER, at=NOW - 600)
    mine = store.read(select(second_factor.c.secret).where(second_factor.c.account == WHO.id)).iloc[0, 0]
    with store.writing() as connection:
        connection.execute(update(second_factor).where(second_factor.c.account == OTHER.id).values(secret=mine))
    with pytest.raises(StoreError, match="moved here from another row"):
        given(store, factors.code_of(secret, NOW), who=OTHER)
    (wrong,) = soundness.examine(store, lambda *_: None).wrong
    assert "second_factor.secret of 2" in wrong


def test_without_the_folder_of_keys_nothing_opens(store, tmp_path):
    set_up(store)
    (key,) = (path for path in store.ring.folder.iterdir() if path.name.endswith("-factors.key"))
    assert key.stat().st_mode & 0o077 == 0
    store.ring._held.pop("factors", None), store.ring._ciphers.pop("factors", None)
    key.unlink()
    for ask in (lambda: given(store, "123456"), lambda: set_up(store, OTHER)):
        with pytest.raises(StoreError, match="the key factors .* put the copy of the folder of keys back"):
            ask()
    assert not key.exists()
    factors.reset(store, "root", WHO.name)  # it is lost for good
    assert factors.of(store, OTHER.id) is None
    set_up(store, OTHER)
    assert key.exists()


def test_a_backup_keeps_it_and_what_was_used_stays_used(store, tmp_path, empty):
    secret, codes = set_up(store, at=NOW - 600)
    used = factors.code_of(secret, NOW)
    assert given(store, used) == "code"
    assert given(store, codes[0]) == "recovery"
    out = tmp_path / "city.backup"
    backups.write_receipt(backups.backup(store, out, quiet), out.with_name(out.name + backups.SIDECAR))
    factors.reset(store, "root", WHO.name)
    store.close()
    backups.restore(out, empty, tmp_path / "keys", "production", quiet, may_replace=True)
    back = databases.opened(empty, tmp_path, "production")
    assert given(back, used) == given(back, codes[0]) == ""
    assert given(back, factors.code_of(secret, NOW + 30)) == "code"
    assert given(back, codes[1]) == "recovery"
    set_up(back, OTHER)  # and numbers go on
    back.close()


def test_a_step_down_takes_it_away_and_up_again_it_can_be_set_up(store, tmp_path, empty):
    set_up(store)
    with store.writing() as connection:
        halfway.begin(connection, WHO, WHO.name, "b")
        halfway.tried(connection, "w")
        migrations.take_down(connection, "17")
    store.close()
    back = databases.opened(empty, tmp_path, "production")
    assert factors.of(back, WHO.id) is None
    assert accounts.checked(back, WHO.name, GOOD) == WHO
    secret, _ = set_up(back, at=NOW - 600)
    assert given(back, factors.code_of(secret, NOW)) == "code"
    with back.engine.connect() as connection:
        assert migrations.differences(connection) == []
    back.close()


# ---- recovery codes


def test_each_recovery_code_counts_once_and_stands_in_the_journal(store):
    _, codes = set_up(store, at=NOW - 600)
    assert len(set(codes)) == factors.CODES == 10
    assert given(store, codes[0]) == "recovery"
    assert given(store, codes[0]) == ""
    assert given(store, codes[1].replace("-", " ").upper()) == "recovery"
    assert factors.of(store, WHO.id).left == 8
    assert told(store)[1:] == [(WHO.name, "account-recovery", WHO.name)] * 2
    assert [detail["left"] for detail in journal.entries(store, 2)["detail"]] == [8, 9]


def test_new_recovery_codes_make_the_older_ones_void(store):
    _, codes = set_up(store, at=NOW - 600)
    with store.writing() as connection:
        new = factors.renew(connection, WHO)
    assert given(store, codes[0]) == ""
    assert given(store, new[0]) == "recovery"


# ---- administered


def test_an_administrator_gives_one_that_counts_at_once_and_takes_it_away(store):
    secret, codes = factors.give(store, "root", WHO.name)
    assert given(store, factors.code_of(secret, NOW)) == "code"
    with pytest.raises(AccountError, match="already"):
        factors.give(store, "root", WHO.name)
    with store.writing() as connection:
        token = sessions.begin(connection, WHO.id)
        half = halfway.begin(connection, WHO, WHO.name, "b")
    factors.reset(store, "root", WHO.name)
    assert (sessions.holder(store, token), halfway.held(store, half, "b")) == (None, None)
    assert given(store, factors.code_of(secret, NOW + 30)) == given(store, codes[0]) == ""
    with pytest.raises(AccountError, match="no second factor"):
        factors.reset(store, "root", WHO.name)
    assert told(store) == [("root", "account-factor", WHO.name), ("root", "account-factor-reset", WHO.name)]


# ---- halfway


def test_halfway_in_belongs_to_one_browser_ends_once_and_is_of_minutes(store):
    with store.writing() as connection:
        token = halfway.begin(connection, WHO, WHO.name, "browser")
    assert halfway.held(store, token, "browser").who == WHO
    assert halfway.held(store, token, "another") is None
    assert sessions.holder(store, token) is None
    with store.writing() as connection:
        assert [halfway.end(connection, token, one) for one in ("another", "browser", "browser")] == [False, True, False]  # fmt: skip
    assert halfway.held(store, token, "browser") is None


@pytest.mark.parametrize("end", ["late", "disabled", "password", "disabled elsewhere"])
def test_what_ends_it_before_a_code(store, monkeypatch, end):
    with store.writing() as connection:
        token = halfway.begin(connection, WHO, WHO.name, "browser")
    if end == "late":
        monkeypatch.setattr(halfway, "LASTS", timedelta(0))
    elif end == "disabled elsewhere":
        with store.writing() as connection:
            connection.execute(update(account).values(disabled=True))
    elif end == "disabled":
        accounts.set_disabled(store, "root", WHO.name, True)
    else:
        accounts.set_password(store, "root", WHO.name, GOOD)
    assert halfway.held(store, token, "browser") is None


def test_ten_codes_in_a_quarter_of_an_hour_are_heard_and_the_next_waits(store):
    with store.writing() as connection:
        waits = [halfway.tried(connection, "w") for _ in range(12)]
        assert halfway.tried(connection, "another") == 0.0
    assert waits[:10] == [0.0] * 10
    assert all(800 < one <= 900 for one in waits[10:])
    with store.writing() as connection:
        connection.execute(update(code_try).values(at=code_try.c.at - 900_001))
        assert halfway.tried(connection, "w") == 0.0
        halfway.forgive(connection, "w")
        for _ in range(10):
            halfway.tried(connection, "w")
        connection.execute(update(code_try).values(at=code_try.c.at + 86_400_000))  # the clock was set back by a day
        assert halfway.tried(connection, "w") == 0.0
        halfway.forgive(connection, "w")
    assert store.read(select(code_try.c.whose))["whose"].tolist() == []
