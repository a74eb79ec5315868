"""What calls for a question on the journal's page, the command beside it, and the counting of opened persons."""

from datetime import UTC, datetime

import pytest

from dashboard import opened
from dashboard.__main__ import main
from dashboard.opened import Opened
from dashboard.roles import AccessError
from layers.store import journal
from tests.office import AUDITOR, CITY, DISTRICT, SECRET, Office, said


@pytest.fixture
def own(built, tmp_path):
    office = Office.copy(tmp_path, built)
    journal.add(office.store, "江岸值班", "exported", "rows/cases.csv", {"rows": 6_000})
    yield office
    office.store.close()


def answer(own, who, id, remark):
    client = own.browser(who)
    field = {"id": {"index": id, "type": "oversight-remark"}, "property": "value", "value": remark}
    values = {"press-oversight.data": {"id": {"type": "oversight-do", "do": "answer", "index": id}, "n": 1}}
    values |= {"oversight-remark.value": [field], "url.search": ""}
    return own.call(client, "oversight.children", values)


def finding(own):
    entries = journal.entries(own.store)
    return f"rows-{len(entries)}"


def test_the_auditor_sees_what_calls_for_a_question_in_both_languages(own):
    assert "江岸值班 一小时内导出6,000行（界限5,000行）" in said(own.page(AUDITOR, "/journal"))
    assert "江岸值班 took out 6,000 rows within an hour (bound 5,000)" in said(
        own.page(AUDITOR, "/journal", "?lang=en")
    )


def test_the_auditor_sees_whose_password_somebody_has_alone(own):
    for _ in range(3):
        journal.add(own.store, "nobody", "sign-in-half", "江汉值班", {"address": "10.2.3.4"})
    page = own.page(AUDITOR, "/journal")
    assert "江汉值班 一小时内3次密码正确而未完成双因素（界限3次）" in said(page)
    assert "action=sign-in-half&first=" in said(page)  # the entries, whoever wrote them
    english = said(own.page(AUDITOR, "/journal", "?lang=en"))
    assert "江汉值班: password right 3 times without a second factor within an hour (bound 3)" in english


def test_the_auditor_answers_with_a_remark_once(own):
    id = finding(own)
    assert "说明有1个字" in said(answer(own, AUDITOR, id, "x"))
    done = said(answer(own, AUDITOR, id, "疾控书面申请"))
    assert "没有需核实的情况" in done
    assert "疾控书面申请" in done
    assert "已由“审计”核实" in said(answer(own, AUDITOR, id, "再次核实"))


def test_nobody_answers_for_themselves_and_only_the_auditor_answers(own):
    journal.add(own.store, AUDITOR.name, "exported", "rows/cases.csv", {"rows": 6_000})
    id = finding(own)
    assert "涉及本人，须由他人核实" in said(own.page(AUDITOR, "/journal"))
    assert "须由他人核实" in said(answer(own, AUDITOR, id, "是我本人"))
    assert answer(own, CITY, id, "是总值班").status_code == 403
    assert "oversight" not in set(journal.entries(own.store)["action"])


def test_nobody_else_is_given_the_findings(own):
    from dashboard import audit

    desk = own.app.server.extensions["desk"]
    for who in (CITY, DISTRICT, None):
        with pytest.raises(AccessError):
            audit.findings(desk, who)
        with pytest.raises(AccessError):
            audit.answer(desk, who, finding(own), "不该能写")


def test_the_command_ends_with_1_while_something_stands_unanswered(own, capsys, monkeypatch):
    monkeypatch.setenv("FANGYI_SECRET", SECRET)
    where = ["--store", own.settings.store, "--mode", "production"]
    id = finding(own)
    assert main(["audit", *where]) == 1
    told = capsys.readouterr().out
    assert f"{id}  江岸值班  rows 6,000 within one hour (bound 5,000)" in told
    answer(own, AUDITOR, id, "疾控书面申请")
    assert main(["audit", *where]) == 0
    assert "江岸值班" not in capsys.readouterr().out
    assert main(["audit", "--all", *where]) == 0
    assert "answered by 审计: 疾控书面申请" in capsys.readouterr().out


def test_the_log_is_told_once_of_what_calls_for_a_question(own, caplog):
    watch = own.app.server.extensions["watch"]
    for _ in range(2):
        watch.oversee()
    assert [one.message for one in caplog.records] == [
        f"oversight: {finding(own)}, 江岸值班: 6000 rows within one hour"
    ]


# ---- persons opened


class Clock:
    """A clock that a test moves."""

    now = datetime(2026, 11, 28, 4, 1, tzinfo=UTC)

    def __call__(self):
        return self.now


def persons(store):
    rows = journal.entries(store)
    mine = rows[rows["action"] == opened.ACTION].iloc[::-1]
    return [(row["actor"], row["detail"]["persons"], row["detail"]["since"][-5:]) for row in mine.to_dict("records")]


def test_opened_persons_are_told_in_steps_and_none_is_lost_at_the_turn_of_a_quarter(own):
    clock = Clock()
    told = Opened(own.store, clock)
    for n in range(25):
        told.note("甲", f"case:{n}")
        told.note("甲", f"case:{n}")  # a page that was made anew
    told.note("乙", "case:1")
    clock.now = datetime(2026, 11, 28, 4, 16, tzinfo=UTC)
    told.note("乙", "case:2")
    told.flush()
    found = persons(own.store)
    assert sum(n for who, n, _ in found if who == "甲") == 25
    assert [(n, since) for who, n, since in found if who == "甲"] == [(1, "12:00"), (10, "12:00"), (10, "12:00"), (4, "12:00")]  # fmt: skip
    assert [(n, since) for who, n, since in found if who == "乙"] == [(1, "12:00"), (1, "12:15")]


def test_which_persons_were_opened_stands_nowhere(own):
    own.call(own.browser(CITY), "detail.children", {"pick.data": {"layer": "person", "id": "case/1"}, "url.pathname": "/", "url.search": "", "scale.data": 1})  # fmt: skip
    own.call(own.browser(CITY), "detail.children", {"pick.data": {"layer": "person", "id": "case/99"}, "url.pathname": "/", "url.search": "", "scale.data": 1})  # fmt: skip
    own.app.server.extensions["desk"].opened.flush()
    rows = journal.entries(own.store)
    entry = rows[rows["action"] == opened.ACTION].to_dict("records")
    assert [(one["actor"], one["subject"], one["detail"]["persons"]) for one in entry] == [("总值班", "persons", 1)]
    assert "case:1" not in str(entry)
