"""What a reason's evidence says in both languages: it is kept as short English codes, which a person reads as a sentence's end."""

import re
from collections.abc import Mapping

from layers._times import day_start
from layers.decisions._bed_words import KIND_WORDS, SHORT_WORDS
from layers.decisions._proposal import Words
from layers.decisions._staff_asks import SKILL_WORDS
from layers.decisions._words import CONTROL, PERSON, STATUS

NAMED: Mapping[str, Words] = {**STATUS, **PERSON, **SHORT_WORDS, **SKILL_WORDS}
N = r"(?P<n>[\d.,]+|nan|unknown)"
# code -> how it is said; {name}, {kind} and {control} are put into words, the rest stands as it is
CODES: tuple[tuple[str, str, str], ...] = (
    (rf"(?P<name>\w+) (?P<day>\d{{4}}-\d\d-\d\d): {N}", "{name} {day}：{n}人", "{name} {day}: {n}"),
    (rf"(?P<name>\w+) now: {N}", "现有{name}：{n}人", "{name} now: {n}"),
    (r"control (?P<control>\w+) ?(?P<day>\S*)", "管控 {control} {day}", "control: {control} {day}"),
    (rf"building unknown: {N}", "楼栋不明：{n}例", "building unknown: {n}"),
    (r"building (?P<x>.+)", "楼栋 {x}", "building {x}"),
    (r"last case (?P<day>\S+)", "末例 {day}", "last case {day}"),
    (rf"offered (?P<x>\S+): {N}", "{x} 可提供 {n} 张", "offered {x}: {n}"),
    (rf"opens: {N}", "可启用：{n}张", "opens: {n}"),
    (rf"work days: {N}", "改造工期：{n}天", "work days: {n}"),
    (rf"demand (?P<name>\w+): {N}", "{name}需求：{n}", "demand {name}: {n}"),
    (rf"placed (?P<name>\w+): {N}", "{name}可安排：{n}", "placed {name}: {n}"),
    (rf"plan for (?P<name>\w+): {N}", "为{name}预备：{n}", "plan for {name}: {n}"),
    (rf"not usable: {N}", "不可用：{n}", "not usable: {n}"),
    (rf"unmet (?P<name>\w+): {N} person-days", "{name}未收治：{n}人·日", "unmet {name}: {n} person-days"),
    (r"team (?P<x>\S+)", "队伍 {x}", "team {x}"),
    (rf"gap (?P<x>\S+) (?P<name>\w+): {N}", "{x} 缺{name} {n}人", "gap {x}, {name}: {n}"),
    (rf"(?P<kind>\w+): {N} beds x (?P<x>\S+)", "{kind}床 {n} 张 × {x}", "{kind}: {n} beds × {x}"),
    (rf"have {N}", "在岗 {n}", "have {n}"),
    (rf"need {N}", "需要 {n}", "need {n}"),
    (rf"stock {N}", "库存 {n}", "stock {n}"),
    (r"stock (?P<x>.+)", "库存 {x}", "stock {x}"),
    (rf"daily use reported {N}", "上报日耗 {n}", "daily use reported {n}"),
    (rf"smoothed {N}", "平滑日耗 {n}", "smoothed {n}"),
    (rf"by staff {N}", "按人员推算日耗 {n}", "by staff {n}"),
    (rf"reorder point {N}", "再订货点 {n}", "reorder point {n}"),
    (r"short since day (?P<number>\d+)", "自 {day} 起低于目标", "short since {day}"),
    (rf"(?P<x>[\w-]+): {N}, (?P<y>[\d.]+) km", "自 {x} 调 {n}，{y} 公里", "{n} from {x}, {y} km"),
    (rf"shadow price {N}", "影子价格 {n}", "shadow price {n}"),
    (rf"solved again with \+{N}", "增加 {n} 后重新求解", "solved again with +{n}"),
)
PATTERNS = tuple((re.compile(f"^{code}$"), zh, en) for code, zh, en in CODES)


def evidence_words(text: str) -> Words:
    """Return one piece of a reason's evidence in both languages; what has no words of its own stays as it is kept."""
    for pattern, zh, en in PATTERNS:
        match = pattern.match(text)
        words = _words(match.groupdict()) if match else None
        if words:
            return Words(zh.format(**words[0]).strip(), en.format(**words[1]).strip())
    return Words(text, text)


def _words(found: dict[str, str]) -> tuple[dict[str, str], dict[str, str]] | None:
    """The parts of a code in Chinese and in English; None where one of them names nothing that is known."""
    if "number" in found:
        found = {**found, "day": f"{day_start(int(found['number'])):%Y-%m-%d}"}
    zh, en = dict(found), dict(found)
    for part, known in (("name", NAMED), ("kind", KIND_WORDS), ("control", CONTROL)):
        if part in found:
            if found[part] not in known:
                return None
            zh[part], en[part] = known[found[part]].zh, known[found[part]].en
    if found.get("n") in ("nan", "unknown"):
        zh["n"] = en["n"] = "–"
    return zh, en
