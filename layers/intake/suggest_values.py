"""What the values of a delivered column look like: dates, numbers, places on the map, states, telephones, addresses."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
import shapely
from rapidfuzz.fuzz import ratio

from layers.intake._feed import Column
from layers.intake.parsing import parse
from layers.intake.suggest_names import plain

PHONE = re.compile(r"(?:\+?86)?1[3-9]\d{9}|0\d{2,3}-?\d{7,8}")
IDENTITY = re.compile(r"\d{17}[\dXx]")
PERSON_NAMES = {"姓名", "name", "patientname", "病人姓名", "患者姓名", "联系人", "fullname"}
ADDRESS = re.compile(r"[路街巷弄村里园苑庭城寓邨坊]|号|栋|幢|小区|单元")
DISTRICT = re.compile(r".{1,7}(?:区|县|市|州|旗|浦东|黄浦)")
HOSPITAL = re.compile(r"医院|方舱|卫生院|诊所|卫生服务中心|院区|卫生中心")
RANGES = {"lon": (73.0, 136.0), "lat": (3.0, 54.0)}
SEX = {"男", "女", "m", "f", "male", "female"}


@dataclass(frozen=True)
class Look:
    """The filled values of one column."""

    values: tuple[Any, ...]

    @classmethod
    def at(cls, values: Sequence[Any]) -> "Look":
        """Look at values."""
        return cls(tuple(values))

    def share(self, pattern: re.Pattern[str], *, whole: bool = False) -> float:
        """Return the share of values that a pattern describes."""
        texts = [";".join(map(str, v)) if isinstance(v, list) else str(v) for v in self.values]
        hits = sum(bool(pattern.fullmatch(t) if whole else pattern.search(t)) for t in texts)
        return hits / len(texts) if texts else 0.0

    def fits(self, ours: Column, *, is_key: bool) -> tuple[float | None, str, str]:
        """Return the share of values that could stand in one of our columns, None where any text could, and why."""
        if not self.values:
            return None, "", ""
        if ours.type == "geometry":
            shapes = sum(isinstance(v, shapely.Geometry) for v in self.values)
            return shapes / len(self.values), "内容是图形", "its values are shapes"
        if any(isinstance(v, shapely.Geometry) for v in self.values):
            return 0.0, "", ""
        if ours.codes is not None:
            return self._codes(ours)
        if ours.type in ("text", "list"):
            return self._text(ours, is_key)
        return self._typed(ours)

    def telling(self, ours: Column) -> bool:
        """Return whether values alone can tell this column: any file is full of numbers and dates."""
        if ours.codes is not None:
            return len({str(v).lower() for v in self.values}) > 1 or not all(str(v).isdigit() for v in self.values)
        return ours.type in ("lon", "lat", "geometry") or ours.name in ("address", "district", "phone", "id_number")

    def _codes(self, ours: Column) -> tuple[float, str, str]:
        known = {word.lower() for word in ours.codes or {}}
        hits = sum(str(v).lower() in known for v in self.values) / len(self.values)
        seen = list(dict.fromkeys(str(v) for v in self.values))[:3]
        return hits, f"值都是已知的{ours.zh}（{'、'.join(seen)}）", f"its values are known ({', '.join(seen)})"

    def _text(self, ours: Column, is_key: bool) -> tuple[float | None, str, str]:
        if ours.name in ("address", "addresses"):
            return self.share(ADDRESS), "内容像地址", "its values look like addresses"
        if ours.name == "district":
            if all(str(v).isascii() for v in self.values):
                return None, "", ""  # written in letters or as codes
            return self.share(DISTRICT, whole=True), "内容像区名", "its values look like districts"
        if ours.name == "phone":
            return self.share(PHONE, whole=True), "内容像电话号码", "its values look like telephone numbers"
        if ours.name == "id_number":
            return self.share(IDENTITY, whole=True), "内容像证件号码", "its values look like identity numbers"
        if ours.refers == "hospital":
            return max(self.share(HOSPITAL), 0.8), "内容像医院名", "its values look like hospitals"
        if is_key and len(self.values) > 1:
            return 0.8 + 0.2 * self._distinct(), "每行不同，像编号", "each row has its own, as an id has"
        return None, "", ""

    def _typed(self, ours: Column) -> tuple[float, str, str]:
        typed, bad = parse(pd.Series(list(self.values), dtype=object), ours)
        good = ~bad
        if ours.type in RANGES:
            low, high = RANGES[ours.type]
            numbers = pd.to_numeric(typed, errors="coerce")
            good &= (numbers.between(low, high) | (numbers.abs() > 1000)).to_numpy()  # metres are told elsewhere
            return float(good.mean()), f"数值在{ours.zh}范围内", f"its numbers could be a {ours.name}"
        words = {
            "time": ("内容是日期或时间", "its values are dates or times"),
            "integer": ("内容是整数", "its values are whole numbers"),
            "number": ("内容是数字", "its values are numbers"),
            "boolean": ("内容是“是/否”", "its values are yes or no"),
        }
        return float(good.mean()), *words[ours.type]

    def _distinct(self) -> float:
        return len({str(v) for v in self.values}) / len(self.values)


def looks_personal(theirs: str, look: Look) -> tuple[str, str] | None:
    """Return what of a person a column seems to hold, in both languages, None where nothing does."""
    if look.share(IDENTITY, whole=True) > 0.3 or plain(theirs) in (
        "身份证",
        "身份证号",
        "证件号码",
        "idcard",
        "idnumber",
    ):
        return "证件号码", "identity numbers"
    if look.share(PHONE, whole=True) > 0.3 or plain(theirs) in (
        "手机",
        "手机号",
        "电话",
        "联系电话",
        "phone",
        "mobile",
    ):
        return "电话", "telephone numbers"
    if plain(theirs) in PERSON_NAMES - {"name"}:
        return "姓名", "names"
    return None


def matches(value: str, column: Column) -> tuple[str, float]:
    """Return the code that an unknown value may mean, "" none, and how sure: the longest spelling in it, else the nearest."""
    text = plain(value)
    spellings = {plain(word): code for word, code in (column.codes or {}).items() if len(plain(word)) > 1}
    inside = max((word for word in spellings if word in text or (len(text) > 1 and text in word)), key=len, default="")
    if inside:
        return spellings[inside], 0.8
    best = max(spellings, key=lambda word: ratio(text, word), default="")
    close = ratio(text, best) if best else 0
    return (spellings[best], 0.6) if close >= 75 else ("", 0.0)
