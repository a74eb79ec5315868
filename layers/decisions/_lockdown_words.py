"""What is said about the life of a compound: why it is in its state, what is allowed there, what comes next."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from layers.decisions._life_terms import HOLDING, STATES
from layers.decisions._proposal import ACTIONS, Reason, Words
from layers.decisions._words import ITEMS, PERSON, count, day, iso, listed
from layers.decisions.rules import RuleSet

LIFE = (
    "life",
    "life_since",
    "certified_on",
    "run_days",
    "life_cause",
    "cause_day",
    "error_from",
    "earliest",
    "community_free",
)
NAMES: Mapping[str, Words] = {
    "before": Words("封闭前", "before the closure"),
    "closed": Words("封闭管理", "closed"),
    "candidate": Words("符合条件待评定", "candidate"),
    "certified": Words("无疫情小区", "no-epidemic"),
    "settled": Words("无疫情满七天", "no-epidemic for seven days"),
    "relaxed": Words("已放宽", "relaxed"),
    "suspended": Words("暂停", "suspended"),
    "cancelled": Words("取消", "cancelled"),
}
GRADES: Mapping[str, Words] = {  # what is allowed, by the words of the relaxation rules
    "inside": Words("封闭管理：非就医、防疫、必需岗位不外出", "closed: out only for care, epidemic work and essential posts"),
    "turns": Words("小区内分批、分时、分楼栋活动，不聚集", "movement inside by turns and buildings, no gathering"),
    "free": Words("小区内个人自由活动", "individual free movement inside"),
    "shops": Words("小区商铺经核查复业", "shops inside reopen after inspection"),
    "shopping": Words("每户每天1人在无疫情社区内购物，2小时以内", "one person a household may shop in the community each day, 2 h at most"),
    "stop": Words("已放宽的措施立即停止", "relaxations stop at once"),
}  # fmt: skip


def allowed(life: str, rule: RuleSet | None, *, community_free: bool, closed: bool = True) -> tuple[str, ...]:
    """Return the keys of GRADES that hold in a state under the relaxation rule in force (None: none yet)."""
    if not closed and life not in ("suspended", "cancelled"):
        return ()
    if rule is None or life not in HOLDING:
        return ("inside", "stop") if rule is not None and life in ("suspended", "cancelled") else ("inside",)
    more = rule.params["community"] if community_free else []
    settled = rule.params["settled"] if life in ("settled", "relaxed") else []
    return ("inside", *rule.params["certified"], *settled, *more)


def grades(rule: RuleSet | None, closed: bool) -> pd.DataFrame:
    """Return what is allowed in every state under the rule in force: state, community_free, allowed_zh, allowed_en, rule."""
    rows = []
    for life in STATES[1:]:
        for free in (False, True) if life in HOLDING else (False,):
            words = listed([GRADES[key] for key in allowed(life, rule, community_free=free, closed=closed)])
            rows.append((life, free, words.zh, words.en, rule.id if rule else ""))
    return pd.DataFrame(rows, columns=["state", "community_free", "allowed_zh", "allowed_en", "rule"])


def life_reason(row: Any, release: RuleSet | None, relaxation: RuleSet | None) -> Reason | None:
    """Return why a compound is certified, suspended or cancelled, since when; None in every other state."""
    if release is None or row.life not in (*HOLDING, "suspended", "cancelled"):
        return None
    said = {"suspended": _suspended, "cancelled": _cancelled}.get(row.life, _holding)(row)
    if row.life in HOLDING:
        may = [
            GRADES[key]
            for key in allowed(row.life, relaxation, community_free=bool(row.community_free))
            if key != "inside"
        ]
        if may:
            words = listed(may)
            said = Words(f"{said.zh}可：{words.zh}。", f"{said.en} Allowed: {words.en}.")
    rule = relaxation.id if relaxation and row.life in ("settled", "relaxed") else release.id
    evidence = [f"state {row.life} {iso(int(row.life_since))}"]
    if row.cause_day == row.cause_day:
        evidence.append(f"case {iso(int(row.cause_day))}")
    return Reason(rule, said.zh, said.en, tuple(evidence))


def _holding(row: Any) -> Words:
    since, run = day(int(row.certified_on)), row.run_days
    so_far = Words(f"，至今连续{run:.0f}天", f", {count(run, 'day')} in a row") if run > 0 else Words("", "")
    text = Words(f"{since.zh}一轮评定为无疫情小区{so_far.zh}", f"No-epidemic since the round of {since.en}{so_far.en}")
    if row.life_cause == "released":
        back = day(int(row.life_since))
        return Words(
            f"{text.zh}；{back.zh}排除后恢复，暂停天数计入。",
            f"{text.en}; restored on {back.en}, suspended days count.",
        )
    return Words(f"{text.zh}。", f"{text.en}.")


def _suspended(row: Any) -> Words:
    since, who = (
        day(int(row.life_since)),
        PERSON.get(row.life_cause, Words("四类人员", "person of the four categories")),
    )
    return Words(
        f"{since.zh}新增{who.zh}未排除，无疫情小区暂停，放宽措施立即停止。",
        f"Suspended on {since.en}: a {who.en} not yet excluded; relaxations stop at once.",
    )


def _cancelled(row: Any) -> Words:
    since = day(int(row.life_since))
    case = day(int(row.cause_day)) if row.cause_day == row.cause_day else None
    zh = f"{since.zh}因{case.zh}病例取消无疫情小区，重新计算14天" if case else f"{since.zh}取消无疫情小区"
    en = (
        f"Cancelled on {since.en} for a case of {case.en}; the clock starts again"
        if case
        else f"Cancelled on {since.en}"
    )
    if row.error_from == row.error_from:
        wrong = day(int(row.error_from))
        zh += f"；病例迟报，{wrong.zh}起的评定有误"
        en += f"; reported late, so the title was wrong from {wrong.en}"
    return Words(zh + "，放宽措施立即停止。", en + "; relaxations stop at once.")


def life_flips(row: Any) -> Words | None:
    """Return what would move a certified or suspended compound on, and when at the earliest; None in other states."""
    if row.life == "suspended":
        return Words(
            "全部排除或解除即恢复（暂停天数计入）；转为确诊即取消。",
            "Restored once all are excluded or released (suspended days count); cancelled if one is confirmed.",
        )
    if row.life not in HOLDING:
        return None
    zh = "新增1例确诊即取消，新增1例疑似、发热或密接即暂停"
    en = "1 new confirmed cancels it; 1 new suspected, feverish person or contact suspends it"
    if row.life == "certified" and row.earliest == row.earliest:
        due = iso(int(row.earliest))
        zh, en = zh + f"；最早{due}满连续天数", en + f"; its days in a row are full on {due} at the earliest"
    if row.life == "settled":
        zh, en = zh + "；经申请批准后可放宽", en + "; relaxed on application and approval"
    return Words(zh + "。", en + ".")


def not_in_place(row: Any) -> tuple[Words, ...]:
    """Return what to say when a compound holds the title and its newest assessment lacks an item: the title stays, our choice."""
    if row.life not in HOLDING or not row.items_missing:
        return ()
    items = listed([ITEMS[name] for name in row.items_missing])
    return (
        Words(
            f"最近评估{items.zh}未到位：称号未因此取消，请立即核查。",
            f"The newest assessment lacks {items.en}: the title stands, to be checked at once.",
        ),
    )


def overridden(ordered: str, rule: str) -> tuple[Reason, ...]:
    """Return the sentence on an order that differs from what was proposed; `ordered` as `note_of` writes it."""
    if not ordered:
        return ()
    zh, en, number = ordered.split("\n")
    return (Reason(rule, zh, en, (f"order {number}",)),)


def note_of(proposed: str, ordered: str, owner: str, why: str, number: str) -> str:
    """Return both languages of an override and its number, one a line: equal overrides read alike."""
    was, now = ACTIONS[proposed] if proposed in ACTIONS else Words(proposed, proposed), _action(ordered)
    reason = " ".join((why or "").split())
    zh = f"人工改定：原建议{was.zh}，{owner}下令{now.zh}" + (f"，理由：{reason}。" if reason else "。")
    en = f"Overridden: proposed {was.en}, ordered {now.en} by {owner}" + (f" because: {reason}" if reason else ".")
    return f"{zh}\n{en}\n{number}"


def _action(name: str) -> Words:
    return ACTIONS.get(name, Words(name, name))
