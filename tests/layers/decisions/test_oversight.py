"""What calls for a question in the journal: how much, by whom, within what, and that nobody answers for themselves."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from layers.decisions import oversight
from layers.decisions.oversight import OversightError, findings, judged
from layers.store import journal, open_store

NOON = datetime(2026, 11, 28, 4, 0, tzinfo=UTC)


def entries(text):
    """Entries of the journal: minute, actor, action, amount."""
    rows = []
    for seq, line in enumerate(text.strip().splitlines(), start=1):
        minute, actor, action, amount = (part.strip() for part in line.split("|"))
        name = {"exported": "rows", "open-person": "persons", "sign-in-locked": "address"}.get(action, "other")
        detail = {name: int(amount) if amount.isdecimal() else amount}
        subject = amount if action == "oversight" else "unknown" if action == "sign-in-locked" else "rows/cases.csv"
        rows.append({"seq": seq, "at": NOON + timedelta(minutes=int(minute)), "actor": actor, "action": action,
                     "subject": subject, "detail": detail})  # fmt: skip
    return rows


def told(text):
    return [(one.id, one.who, one.span, one.value) for one in judged(entries(text))]


def test_many_rows_within_an_hour_call_for_a_question():
    assert told("0 | 甲 | exported | 3000\n 59 | 甲 | exported | 2000") == [("rows-2", "甲", "hour", 5000)]
    assert told("0 | 甲 | exported | 3000\n 59 | 甲 | exported | 1999") == []


def test_an_hour_is_over_after_an_hour():
    assert told("0 | 甲 | exported | 3000\n 60 | 甲 | exported | 2000") == []


def test_many_rows_in_small_pieces_over_a_day_do_too():
    assert told("\n".join(f"{hour * 61} | 甲 | exported | 4000" for hour in range(5))) == [("rows-5", "甲", "day", 20000)]  # fmt: skip


def test_what_two_accounts_took_is_not_one_accounts():
    assert told("0 | 甲 | exported | 3000\n 1 | 乙 | exported | 4999") == []


def test_a_finding_grows_while_it_is_true_and_another_begins_when_it_was_over():
    found = told(
        "0 | 甲 | exported | 5000\n 10 | 甲 | exported | 800\n 300 | 甲 | exported | 10\n 301 | 甲 | exported | 5000"
    )
    assert found == [("rows-4", "甲", "hour", 5010), ("rows-1", "甲", "hour", 5800)]


def test_what_comes_after_an_answer_is_judged_anew():
    text = "0 | 甲 | exported | 5000\n 1 | 审计 | oversight | rows-1\n 2 | 甲 | exported | 4999"
    assert [one.is_answered for one in judged(entries(text))] == [True]
    again = judged(entries(text + "\n 3 | 甲 | exported | 1"))
    assert [(one.id, one.is_answered) for one in again] == [("rows-4", False), ("rows-1", True)]


@pytest.mark.parametrize(
    ("action", "amount", "times", "id"),
    [
        ("export", "0", 6, "exports-6"),
        ("open-person", "10", 12, "persons-12"),
        ("reveal", "0", 40, "reveals-40"),
        ("sign-in-locked", "10.2.3.4", 3, "locks-3"),
    ],
)
def test_other_deeds_count_too(action, amount, times, id):
    lines = [f"1 | 甲 | {action} | {amount}"] * times
    who = amount if action == "sign-in-locked" else "甲"
    assert [one[:2] for one in told("\n".join(lines))] == [(id, who)]
    assert told("\n".join(lines[1:])) == []


def halves(text):
    """Minutes with a right password (-) and with a code that completes it (+): entries of the journal."""
    rows = []
    for seq, one in enumerate(text.split(), start=1):
        whole = one[0] == "+"
        about = {"actor": "甲", "action": "sign-in", "subject": "甲", "detail": {"by": "code"}}
        half = {"actor": "nobody", "action": "sign-in-half", "subject": "甲", "detail": {"address": "10.2.3.4"}}
        rows.append({"seq": seq, "at": NOON + timedelta(minutes=int(one[1:])), **(about if whole else half)})
    return [(one.id, one.who, one.span, one.value) for one in judged(rows)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("-0 -1 -2", [("halves-3", "甲", "hour", 3)]),
        ("-0 -1", []),
        ("-0 +1 -2 +3 -4 +5 -6 +7", []),  # every one was completed
        ("-0 -1 +2 -3 -4", [("halves-5", "甲", "hour", 3)]),  # somebody else's lie between
        ("+0 +1 +2 -3 -4 -5", [("halves-6", "甲", "hour", 3)]),  # what was completed before hides nothing
        ("-0 -61 -122 -183 -244 -305", [("halves-6", "甲", "day", 6)]),
        ("-0 -61 -122", []),
    ],
)
def test_right_passwords_that_no_code_follows_call_for_a_question(text, found):
    assert halves(text) == found


def test_the_bound_of_the_day_is_the_one_in_force_then():
    rule = next(one for one in oversight.bounds() if one.topic == "rows")
    strict = replace(rule, valid_to=NOON.date(), params={"hour": 10, "day": 10})
    lax = replace(rule, valid_from=NOON.date() + timedelta(days=1))
    both = entries("0 | 甲 | exported | 10\n 1440 | 乙 | exported | 10")
    assert [(one.who, one.bound) for one in judged(both, [strict, lax])] == [("甲", 10)]


def test_a_hundred_thousand_entries_are_judged_in_seconds():
    rows = entries("\n".join(f"{n // 60} | 甲 | exported | 1" for n in range(100_000)))
    began = datetime.now(UTC)
    judged(rows)
    assert datetime.now(UTC) - began < timedelta(seconds=20)


def test_whoever_asks_again_gets_what_the_whole_journal_gives(store):
    judge = oversight.Judge()
    assert [one.id for one in judge.findings(store.read)] == ["rows-1"]
    journal.add(store, "乙", "exported", "rows/cases.csv", {"rows": 3_000})
    assert judge.findings(store.read) == findings(store)
    journal.add(store, "乙", "exported", "rows/cases.csv", {"rows": 3_000})
    oversight.answer(store, "审计", "rows-1", "疾控中心书面申请", judge)
    assert judge.findings(store.read) == findings(store)
    assert [(one.id, one.is_answered) for one in findings(store)] == [("rows-3", False), ("rows-1", True)]
    assert judge.last == 4


# ---- answering


@pytest.fixture
def store(empty, tmp_path):
    made = open_store(empty, "production", keys=tmp_path / "keys")
    journal.add(made, "甲", "exported", "rows/cases.csv", {"rows": 6_000})
    yield made
    made.close()


def test_an_answer_is_kept_in_the_journal_and_the_chain_stays_whole(store):
    oversight.answer(store, "审计", "rows-1", "  疾控中心  书面申请 ")
    one = findings(store)[0]
    assert (one.by, one.remark, one.is_answered) == ("审计", "疾控中心 书面申请", True)
    entry = journal.entries(store).iloc[0]
    assert (entry["action"], entry["subject"], entry["detail"]["account"]) == ("oversight", "rows-1", "甲")
    assert journal.verify(store).whole


@pytest.mark.parametrize(
    ("by", "id", "remark", "why"),
    [
        ("甲", "rows-1", "是我本人", "somebody else"),
        ("审计", "rows-2", "没有这条", "no finding"),
        ("审计", "rows-1", " x ", "characters"),
        ("审计", "rows-1", "长" * 501, "characters"),
    ],
)
def test_a_finding_is_answered_by_somebody_else_with_a_remark(store, by, id, remark, why):
    with pytest.raises(OversightError, match=why):
        oversight.answer(store, by, id, remark)
    assert [one.is_answered for one in findings(store)] == [False]


def test_a_finding_is_answered_once(store):
    oversight.answer(store, "审计", "rows-1", "已核实属实")
    with pytest.raises(OversightError, match="answered by 审计"):
        oversight.answer(store, "审计二", "rows-1", "再次核实")


def test_the_moments_of_a_finding_are_the_citys(store):
    assert str(findings(store)[0].begun_at.tzinfo) == "Asia/Shanghai"
