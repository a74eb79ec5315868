"""How plans speak: days, lists and counts in Chinese and English."""

from collections.abc import Iterable, Sequence
from functools import lru_cache

from layers.decisions._inputs import as_date
from layers.decisions._proposal import Words

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
STATUS = {
    "confirmed": Words("确诊", "confirmed"),
    "clinical": Words("临床诊断", "clinically diagnosed"),
    "asymptomatic": Words("无症状感染者", "asymptomatic"),
}
PERSON = {  # somebody who is in the status now
    "suspected": Words("疑似", "suspected person"),
    "fever": Words("发热患者", "fever patient"),
    "contact": Words("密切接触者", "close contact"),
    "asymptomatic": Words("无症状感染者", "asymptomatic person"),
}
CONTROL = {
    "sealed": Words("封控", "sealed"),
    "building_sealed": Words("楼栋封控", "building sealed"),
    "controlled": Words("封闭管理", "closed"),
    "guarded": Words("防范", "guarded"),
    "open": Words("开放", "open"),
}
ITEMS = {  # the six 到位 items of DOMAIN 1.2
    "publicity": Words("宣传", "publicity"),
    "closure": Words("封控", "closure"),
    "screening": Words("排查", "screening"),
    "disinfection": Words("消杀", "disinfection"),
    "supply": Words("保供", "supply"),
    "organisation": Words("组织", "organisation"),
}


@lru_cache(maxsize=4096)
def day(number: int) -> Words:
    """Return one day: 2月12日, 12 Feb."""
    when = as_date(number)
    return Words(f"{when.month}月{when.day}日", f"{when.day} {MONTHS[when.month - 1]}")


@lru_cache(maxsize=4096)
def iso(number: int) -> str:
    """Return one day as 2020-02-12."""
    return as_date(number).isoformat()


def iso_days(numbers: Iterable[float]) -> list[str]:
    """Return days as 2020-02-12, "" for those that are not known."""
    return ["" if number != number else iso(int(number)) for number in numbers]


def days(numbers: Iterable[int]) -> Words:
    """Return several days, the month said once: 2月12日、13日, 12, 13 Feb."""
    return _days(tuple(sorted(set(numbers))))


@lru_cache(maxsize=8192)
def _days(numbers: tuple[int, ...]) -> Words:
    zh: list[str] = []
    en: dict[str, list[str]] = {}
    month = 0
    for when in map(as_date, numbers):
        zh.append(f"{when.day}日" if when.month == month else f"{when.month}月{when.day}日")
        month = when.month
        en.setdefault(MONTHS[when.month - 1], []).append(str(when.day))
    return Words("、".join(zh), ", ".join(f"{', '.join(found)} {name}" for name, found in en.items()))


def listed(words: Sequence[Words]) -> Words:
    """Return words one after another: 、 in Chinese, commas in English."""
    return Words("、".join(w.zh for w in words), ", ".join(w.en for w in words))


def count(number: float, one: str, many: str = "") -> str:
    """Return an English count with its noun: 1 case, 2 cases."""
    return f"{number:,.0f} {one if number == 1 else many or one + 's'}"
