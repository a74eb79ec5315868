"""The compliance page: it looks at the store as it is now, says what it saw, and claims nothing that it did not see."""

import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import delete, insert, update

from dashboard.compliance import run
from dashboard.compliance.run import CHECKS, looked
from dashboard.roles import AccessError, Person
from dashboard.text import LANGS, say
from layers._errors import StoreError
from layers._times import SHANGHAI, to_ms
from layers.intake import retention
from layers.store import accounts, destruction, factors, identities, journal, tokens
from layers.store.schema import account, batch, printed, released
from layers.store.schema import journal as entries
from layers.store.tokens import Token
from tests.office import ADMIN, AUDITOR, CITY, COMMUNITY, DISTRICT, PUBLIC, STREET, Office, said

PASSWORD = "correct horse 9 battery"


@pytest.fixture
def own(built, tmp_path):
    shutil.copytree(built.parent / "keys", tmp_path / "keys", dirs_exist_ok=True)
    place = Office.copy(tmp_path, built)
    yield place
    place.store.close()


def state(own, name):
    """What a check says now: its state and the values of its words."""
    desk = own.app.server.extensions["desk"]
    desk.memory.kept.clear()
    vars(desk).pop("judge", None)  # these tests change what was written, which nothing else does
    with own.app.server.test_request_context("/"):
        found = looked(desk, AUDITOR).found
    at = next(at for at, check in enumerate(CHECKS) if check.name == name)
    return found[at].state, dict(found[at].values)


def test_auditor_and_city_see_it_and_nobody_else(own):
    for who in (AUDITOR, CITY):
        assert own.browser(who).get("/compliance").status_code == 200
        assert "合规自查" in said(own.page(who, "/compliance"))
    for who in (ADMIN, PUBLIC, DISTRICT, STREET, COMMUNITY):
        assert own.browser(who).get("/compliance").status_code == 403
    with pytest.raises(AccessError):
        looked(own.app.server.extensions["desk"], Person("x", "district", "420102"))


@pytest.mark.parametrize("lang", LANGS)
def test_every_check_stands_with_its_clause_state_and_evidence(own, lang):
    shown = said(own.page(AUDITOR, "/compliance", f"?lang={lang}"))
    for check in CHECKS:
        assert say(f"compliance.is_{check.name}", lang) in shown
    assert not any(word in shown.lower() for word in ("certified", "通过认证", "符合等保"))


def test_what_is_known_from_memory_alone_waits_for_review(own):
    assert all(check.review for check in CHECKS if check.standard == "mlps")
    shown = said(own.page(AUDITOR, "/compliance"))
    assert shown.count("待核对条文") == sum(check.review for check in CHECKS)


def test_no_person_stands_on_it(own):
    for who in (AUDITOR, CITY):
        shown = said(own.page(who, "/compliance"))
        assert not [word for word in ("春风里", "case:", "与同事聚餐", "长江花园") if word in shown]


def test_a_changed_entry_is_told(own):
    assert state(own, "chain")[0] == "supports"
    with own.store.writing() as connection:
        connection.execute(update(entries).where(entries.c.seq == 3).values(actor="x"))
    assert state(own, "chain") == ("not", {"n": state(own, "chain")[1]["n"], "at": 3})


def test_half_a_year_cannot_be_shown_by_a_young_store(own):
    assert state(own, "half_a_year")[0] == "unknown"
    with own.store.writing() as connection:
        old = to_ms(datetime.now(UTC) - timedelta(days=200))
        connection.execute(update(entries).where(entries.c.seq == 1).values(at=old))
    assert state(own, "half_a_year")[0] == "supports"


def test_accounts_are_looked_at(own):
    assert state(own, "separate")[0] == "unknown"
    accounts.add(own.store, "test", "审计", "auditor", "", PASSWORD)
    assert state(own, "separate")[0] == "not"
    accounts.add(own.store, "test", "管账号", "admin", "", PASSWORD)
    assert state(own, "separate") == ("supports", {"auditors": 1, "admins": 1})
    assert state(own, "defaults")[0] == "supports"
    accounts.add(own.store, "test", "Admin", "city", "", PASSWORD)
    assert state(own, "defaults") == ("not", {"n": 3, "found": 1})
    assert state(own, "passwords")[0] == "supports"
    with own.store.writing() as connection:
        connection.execute(update(account).where(account.c.name == "Admin").values(password="md5:1"))
    assert state(own, "passwords") == ("not", {"n": 3, "other": 1, "way": "Argon2id"})


def test_a_second_factor_is_claimed_where_no_password_opens_anything_alone(own):
    assert state(own, "second_factor")[0] == "unknown"  # no account
    for name in ("甲", "乙"):
        accounts.add(own.store, "test", name, "city", "", PASSWORD)
    assert state(own, "second_factor")[0] == "not"
    factors.give(own.store, "test", "甲")
    found, told = state(own, "second_factor")
    assert (found, told["n"], told["has"], told["alone"]) == ("not", 2, 1, 1)
    factors.give(own.store, "test", "乙")
    assert state(own, "second_factor")[0] == "supports"
    factors.reset(own.store, "test", "乙")
    accounts.set_disabled(own.store, "test", "乙", True)
    found, told = state(own, "second_factor")
    assert (found, told["n"], told["alone"]) == ("supports", 1, 0)


@pytest.mark.parametrize(("roles", "found"), [({"city"}, "supports"), ({"admin"}, "not")])
def test_a_second_factor_that_is_demanded_is_one(built, tmp_path, roles, found):
    place = Office.copy(tmp_path, built, second_factor=frozenset(roles))
    accounts.add(place.store, "test", "甲", "city", "", PASSWORD)
    assert state(place, "second_factor")[0] == found
    place.store.close()


@pytest.mark.parametrize(("asked", "found"), [(set(), "unknown"), ({"mfa"}, "supports")])
def test_a_provider_is_believed_about_a_second_factor_where_it_has_to_say_so(built, tmp_path, asked, found):
    place = Office.copy(tmp_path, built, oidc_factor=frozenset(asked))
    identities.enter(place.store, "https://issuer", "1", "甲", "city", "")
    assert state(place, "second_factor")[0] == found
    place.store.close()


def test_an_address_that_nobody_listed_is_told(own, monkeypatch):
    assert state(own, "doors")[0] == "supports"
    monkeypatch.setitem(run.doors.ROUTES, "/readyz", frozenset())
    assert state(own, "doors") == ("not", state(own, "doors")[1] | {"closed": 1})


def test_backup_and_restore_are_as_old_as_the_journal_says(own):
    assert state(own, "backed_up")[0] == "not"
    assert state(own, "restored")[0] == "unknown"
    journal.add(own.store, "x", "backup", "f")
    journal.add(own.store, "x", "restore", "f")
    assert (state(own, "backed_up")[0], state(own, "restored")[0]) == ("supports", "supports")
    with own.store.writing() as connection:
        old = to_ms(datetime.now(UTC) - timedelta(days=100))
        connection.execute(update(entries).where(entries.c.action.in_(["backup", "restore"])).values(at=old))
    assert (state(own, "backed_up")[0], state(own, "restored")[0]) == ("not", "not")


def test_a_value_that_lies_open_is_told(own):
    assert state(own, "sealed")[0] == "supports"
    with own.store.writing() as connection:
        connection.exec_driver_sql("UPDATE person SET address = '春风里3栋' WHERE subject = '1'")
    assert state(own, "sealed") == ("not", state(own, "sealed")[1] | {"bare": "1"})


def test_masking_is_tried_on_real_rows(own, monkeypatch):
    found, values = state(own, "masked")
    assert (found, values["n"] >= 4) == ("supports", True)
    monkeypatch.setattr("dashboard.access.masked", lambda rows: rows)
    assert state(own, "masked")[0] == "not"


def test_an_export_without_a_purpose_is_told(own):
    assert state(own, "purposes")[0] == "unknown"
    journal.add(own.store, "x", "export", "rows/cases.csv", {"reason": "list", "about": 1})
    assert state(own, "purposes")[0] == "supports"
    journal.add(own.store, "x", "reveal", "case:1", {})
    assert state(own, "purposes") == ("not", {"reads": 1, "takes": 1, "without": 1})


def test_a_finding_that_stands_for_a_week_is_told(own):
    journal.add(own.store, "x", "exported", "rows/cases.csv", {"rows": 6000})
    assert state(own, "answered")[0] == "supports"
    with own.store.writing() as connection:
        old = to_ms(datetime.now(UTC) - timedelta(days=8))
        connection.execute(update(entries).where(entries.c.action == "exported").values(at=old))
    assert state(own, "answered")[0] == "not"


def test_tokens_of_programs_are_counted_while_they_open_something(own):
    assert state(own, "third_parties")[0] == "unknown"
    ends = datetime.now(UTC) + timedelta(days=30)
    for name in ("beds-one", "beds-two"):
        tokens.add(own.store, "test", Token(0, name, "一院", ("beds",)), ends)
    tokens.disable(own.store, "test", "beds-two")
    assert state(own, "third_parties") == (
        "supports",
        {"n": 1, "ended": 1, "at": f"{ends.astimezone(SHANGHAI):%Y-%m-%d}"},
    )


def test_a_size_that_asks_nobody_is_told(built, tmp_path):
    place = Office.copy(tmp_path, built, second_rows=1_000_000)
    assert state(place, "second_person")[0] == "not"
    place.store.close()


def test_a_check_that_fails_leaves_the_others(own, monkeypatch):
    def fails(_desk):
        raise StoreError("no")

    monkeypatch.setattr(run, "CHECKS", (replace(CHECKS[0], look=fails), *CHECKS[1:]))
    assert state(own, "lock")[0] == "unknown"
    assert state(own, "chain")[0] == "supports"


def test_a_plan_that_somebody_takes_along_is_no_export_of_persons(own):
    assert own.browser(CITY).get("/plan/beds.csv").status_code == 200
    assert state(own, "purposes")[0] == "unknown"


def test_whoever_is_kept_too_long_is_told_whatever_was_destroyed_before(own):
    journal.add(own.store, "x", "destroy", "retention", {"persons": {"case": 1}})
    assert state(own, "destroyed") == ("not", {"n": "5", "command": "retention"})
    retention.carry_out(own.store, own.store.now(), "x")
    assert state(own, "destroyed")[0] == "supports"


def test_who_is_kept_too_long_is_counted_without_being_read(own, monkeypatch):
    def reads(*_):
        raise AssertionError("who is due was read")

    monkeypatch.setattr(retention, "due", reads)
    monkeypatch.setattr(destruction, "due", reads)
    assert state(own, "destroyed") == ("not", {"n": "5", "command": "retention"})


@pytest.mark.parametrize("kind", ["import", "review", "print", "publish"])
def test_processing_that_left_a_trace_and_no_entry_is_told(own, kind):
    """Every kind is held against what it left in the store; one entry of one kind proves nothing about the others."""
    traces = {
        "review": lambda c: c.execute(insert(batch).values(kind="review", feed="placement", source="x", settings="", receipt={}, known_at=1)),
        "print": lambda c: c.execute(insert(printed).values(code="X", at=1, actor="x", format="pdf", sha256="0", state={}, key_id="k", signature="s")),
        "publish": lambda c: c.execute(insert(released).values(number=1, at=1, actor="x", known_at=1, measure="cases", area="", first=1, last=1, n=9)),
        "import": lambda c: c.execute(delete(entries).where(entries.c.action == "import", entries.c.seq == 2)),
    }  # fmt: skip
    found, values = state(own, "processing")
    assert (found, values["without"]) == ("supports", 0)
    with own.store.writing() as connection:
        traces[kind](connection)
    assert state(own, "processing") == ("not", values | {"without": 1})
