"""The page of the journal: what the auditor reads in it, by whom, what and when, without anybody's record, and that it is whole."""

import pandas as pd
import pytest
from sqlalchemy import update

from dashboard import audit
from dashboard.roles import AccessError
from layers.store import journal
from layers.store.schema import journal as entries
from tests.office import ADMIN, AUDITOR, CITY, PUBLIC, Office, said

DAY = 24 * 3600 * 1000


@pytest.fixture(scope="module")
def place(built, tmp_path_factory):
    office = Office.copy(tmp_path_factory.mktemp("journal"), built)
    with office.store.writing() as connection:
        journal.write(connection, "alerts", "alert", "1", {"rule": 5, "subject": "hospitals"})
        journal.write(connection, "command", "alert rule", "6", {"name": "床位", "kind": "shortage"})
        journal.write(connection, "江岸值班", "review", "case:2", {"batch": 7, "key": "case:2", "persons": 1})
        journal.write(connection, "nobody", "sign-in-refused", "unknown", {"address": "10.2.3.4"})
        journal.write(connection, "总值班", "order", "L-1", {"step": "give", "decision": "lockdown", "action": "close"})
        journal.write(connection, "总值班", "strange deed", "x", {})
    yield office
    office.store.close()


@pytest.fixture
def own(built, tmp_path):
    office = Office.copy(tmp_path, built)
    yield office
    office.store.close()


def shown(place, search=""):
    return said(place.page(AUDITOR, "/journal", search))


def test_the_auditor_reads_who_did_what_in_both_languages(place):
    zh, en = shown(place), shown(place, "?lang=en")
    for word in (
        "操作日志",
        "江岸值班",
        "核对匹配",
        "登录被拒",
        "未登录者",
        "地址 10.2.3.4",
        "步骤 下达 · 决策 封控管理",
        "未知账号",
        "警报值守程序",
        "规则 5 · 对象 医院与收治点",
        "命令行（未署名）",
        "种类 将要短缺",
    ):
        assert word in zh
    for word in ("Journal", "match decided", "sign-in refused", "nobody signed in", "from 10.2.3.4", "strange deed"):
        assert word in en


def test_whose_record_it_was_about_is_not_told(place):
    assert "case:…" in shown(place)
    assert "case:2" not in shown(place)
    assert "case:2" in said_raw(place)


def said_raw(place):
    return str(journal.entries(place.store)["subject"].tolist())


@pytest.mark.parametrize(
    ("search", "there", "gone"),
    [
        ("?action=order", ["L-1"], ["10.2.3.4", "case:…"]),
        ("?actor=江岸值班", ["case:…"], ["L-1", "10.2.3.4"]),
        ("?action=order&actor=江岸值班", ["没有符合条件的记录"], ["L-1"]),
        ("?last=2020-01-01", ["没有符合条件的记录"], ["L-1"]),
        ("?first=2020-01-01&last=2199-12-31", ["L-1", "case:…", "10.2.3.4"], []),
        ("?first=yesterday&before=x", ["L-1", "case:…", "10.2.3.4", "“yesterday”不是日期"], []),
    ],
)
def test_the_list_is_narrowed_by_deed_person_and_day(place, search, there, gone):
    text = shown(place, search)
    assert [word for word in there if word not in text] == []
    assert [word for word in gone if word in text] == []


def test_a_day_begins_and_ends_at_midnight_of_the_city(own):
    with own.store.writing() as connection:
        for number, at in enumerate((0, 1, DAY - 1, DAY)):  # milliseconds after 00:00 of 10 February 2020 in Shanghai
            journal.write(connection, f"w{number}", "plan", "x", {})
            connection.execute(update(entries).where(entries.c.actor == f"w{number}").values(at=1581264000000 + at - 1))
    rows = [row for row in ("w0", "w1", "w2", "w3") if f'"actor":"{row}"' in _bare(shown(own, "?first=2020-02-10&last=2020-02-10"))]  # fmt: skip
    assert rows == ["w1", "w2", "w3"]


def _bare(text):
    return text.replace('": ', '":')


def test_older_entries_are_a_page_further(place, monkeypatch):
    monkeypatch.setattr(audit, "MOST", 2)
    first = shown(place)
    number = len(journal.entries(place.store, 10_000)) - 1
    assert f"before={number}" in first
    assert "case:…" not in first
    assert "case:…" in shown(place, f"?before={number}")
    assert "回到最新" in shown(place, f"?before={number}")


def test_a_filter_changes_the_address(place):
    client = place.browser(AUDITOR)
    client.get("/healthz")
    output = next(one for one, entry in place.app.callback_map.items() if entry["inputs"][0]["id"] == "journal-action")
    values = {"journal-action.value": "order", "url.pathname": "/journal", "url.search": "?lang=en&before=3"}
    assert "?lang=en&action=order" in said(place.call(client, output, values))


def test_a_journal_that_was_changed_is_said_to_be_broken(own):
    assert "完整" in shown(own)
    assert "已断裂" not in shown(own)
    check = {"journal-check.n_clicks": 1, "url.search": ""}
    client = own.browser(AUDITOR)
    assert "已断裂" not in said(own.call(client, "journal-chain.children", check))
    with own.store.writing() as connection:
        connection.execute(update(entries).where(entries.c.seq == 3).values(actor="somebody else"))
    told = said(own.call(client, "journal-chain.children", check))
    assert "已断裂" in told
    assert "第3条与封存时不符" in told
    own.app.server.extensions["desk"].memory.kept.clear()  # a minute later
    assert "已断裂" in shown(own)


def test_a_long_journal_is_verified_when_somebody_asks(own, monkeypatch):
    monkeypatch.setattr(audit, "BY_ITSELF", 2)
    assert "尚未核验" in shown(own)
    check = {"journal-check.n_clicks": 1, "url.search": ""}
    assert "尚未核验" not in said(own.call(own.browser(AUDITOR), "journal-chain.children", check))


@pytest.mark.parametrize("who", [CITY, ADMIN, PUBLIC, None], ids=lambda one: one.role if one else "nobody")
def test_nobody_else_is_given_the_journal(place, who):
    desk = place.app.server.extensions["desk"]
    for ask in (
        lambda: audit.entries(desk, who, audit.Wanted()),
        lambda: audit.number(desk, who, audit.Wanted()),
        lambda: audit.values(desk, who, "actor"),
        lambda: audit.chain(desk, who),
    ):
        with pytest.raises(AccessError):
            ask()


def test_whoever_has_no_map_is_led_from_its_place_to_their_own(place):
    assert place.browser(AUDITOR).get("/").headers["Location"] == "/journal"
    assert place.browser(ADMIN).get("/").headers["Location"] == "/accounts"
    assert place.browser(CITY).get("/").status_code == 200
    assert '"/journal"' not in said(place.page(CITY, "/quality"))
    assert '"/quality"' not in shown(place)


def test_no_part_of_a_number_with_spaces_is_shown():
    rows = pd.DataFrame(
        {"subject": ["case:WH 001,A"], "detail": [{"key": "case:WH 001", "remark": "见case:WH-7，已核"}]}
    )
    found = audit.masked(rows).iloc[0]
    assert (found["subject"], found["detail"]) == ("case:…", {"key": "case:…", "remark": "见case:…，已核"})
