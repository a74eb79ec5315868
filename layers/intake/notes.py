"""Row notes of a delivery in the words of the reader: row, column, value found, value wanted, why, and what became of the row."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pandas as pd

from layers.intake._feed import Column, Feed

HEADS = {
    "zh": ("行", "列", "发现", "应为", "原因", "处理"),
    "en": ("row", "column", "found", "wanted", "why", "outcome"),
}
OUTCOMES = {"rejected": ("未收", "refused"), "warned": ("已收，有提示", "taken, with a warning")}
POSITION = {"lon,lat": "经纬度", "": "整行"}
# What the checks ask for, as they write it, and in Chinese.
WANTED: Sequence[tuple[str, str | Callable[[re.Match[str]], str]]] = (
    (r"not later than the delivery", "不晚于报送时间"),
    (r"a date such as.*", "日期，如 2020-02-12；或时间，如 2020-02-12 18:00"),
    (r"(a whole number|a number)((?: [<>]= \S+)*)(.*)", lambda m: _number(m[1], m[2], m[3])),
    (r"text of at most (\d+) characters", r"不超过 \1 字的文本"),
    (r"text: its file keeps only 15 digits.*", "文本：表格只保留数字的前15位，请把该列设为文本"),
    (r"degrees in (\S+)(?: within (.*))?", lambda m: _degrees(m[1], m[2])),
    (r"an id of the record's own.*", "记录自己的编号；电话与证件号码请填入各自的列"),
    (r"no telephone and no identity.*", "不含电话与证件号码；它们有各自的列"),
    (r"a valid polygon", "有效的多边形"),
    (r"a shape", "图形"),
    (r"a list", "用分号隔开的列表"),
    (r"an outline or a point", "边界或坐标"),
    (r"quotation marks that open.*", "成对的引号"),
    (r"(\d+) values", r"\1 个值"),
    (r"at most ([\d,]+) characters in a value", r"每格不超过 \1 个字符"),
    (r"one JSON object a line", "每行一个JSON对象"),
    (r"Unicode text", "有效的Unicode文字"),
    (r"a GeoJSON geometry", "GeoJSON图形"),
    (r"used <= open", "占用不超过开放"),
    (r"free = open - used", "空余＝开放－占用"),
    (r"a hospital of the feed hospitals", "医院名录中的医院"),
    (r"a compound that stands", "现有的小区"),
    (r"one row a key; row (\d+) stands", r"每个主键一行；以第 \1 行为准"),
    (r"one row a key; the later.*", "每个主键一行"),
    (r"one person an id;.*", "一个编号只对应一个人"),
    (r"one id a person; also known as (.*)", r"一人一个编号；另有编号 \1"),
    (r"a withdrawal by (.*), or the person's identity number", r"由“\1”撤回，或注明同一证件号"),
    (r"是 or 否", "是 或 否"),
)
FOUND = (
    (r"(\d+) values", r"\1 个值"),
    (r"a value of more than ([\d,]+) characters", r"有一格超过 \1 个字符"),
    (r"a line that is no CSV.*", "无法解析的行"),
    (r"the same key", "主键重复"),
    (r"outline .*|(?:empty|repaired|invalid).*", "边界有误"),
)


def shown_notes(rows: Sequence[Mapping[str, Any]], feed: Feed | None, lang: str) -> pd.DataFrame:
    """Return notes (kind, row, column, found, wanted, zh, en) under the names of HEADS, refused rows first."""
    order = sorted(rows, key=lambda note: (note["kind"] != "rejected", note["row"] or 0))
    told = [
        (
            note["row"],
            column_title(str(note["column"] or ""), feed, lang),
            in_words(str(note["found"] or ""), lang, FOUND) or _nothing(lang),
            wanted(str(note["wanted"] or ""), str(note["column"] or ""), feed, lang),
            note[lang],
            OUTCOMES[note["kind"]][lang == "en"],
        )
        for note in order
    ]
    return pd.DataFrame(told, columns=list(HEADS[lang]))


def column_title(name: str, feed: Feed | None, lang: str) -> str:
    """Return what a column is called in a language."""
    if lang == "en":
        return name or "the whole row"
    if name in POSITION:
        return POSITION[name]
    known = {column.name: column.zh for column in feed.columns} if feed else {}
    return "、".join(known.get(part, part) for part in name.split(","))


def wanted(text: str, name: str, feed: Feed | None, lang: str) -> str:
    """Return what was wanted in a language."""
    if lang == "en":
        return text
    column = next((c for c in feed.columns if c.name == name), None) if feed else None
    must = text.removeprefix("a value: ")
    if column and column.codes and must.startswith("one of "):
        told = "以下之一：" + "、".join(spoken(column).values())
    else:
        told = in_words(must, lang, WANTED)
    if must == text:
        return told
    return f"必填：{column.meaning_zh if column and told == must else told}"


def spoken(column: Column) -> dict[str, str]:
    """Return code -> its first Chinese spelling, else the code itself."""
    out: dict[str, str] = {}
    for word, code in (column.codes or {}).items():
        if code not in out or (out[code] == code and not word.isascii()):
            out[code] = word
    return out


def in_words(text: str, lang: str, told: Sequence[tuple[str, Any]]) -> str:
    """Return a text in a language; one that nobody translated stays as it is."""
    if lang == "en":
        return text
    for pattern, words in told:
        match = re.fullmatch(pattern, text)
        if match:
            return words(match) if callable(words) else match.expand(words)
    return text


def _nothing(lang: str) -> str:
    return "（空）" if lang == "zh" else "(empty)"


def _number(kind: str, limits: str, unit: str) -> str:
    signs = limits.replace(">= ", "≥").replace("<= ", "≤").split()
    word = "整数" if kind == "a whole number" else "数字"
    return word + (f"（{'，'.join(signs)}）" if signs else "")


def _degrees(frame: str, box: str | None) -> str:
    named = "已声明坐标系" if frame == "a" else frame
    return f"{named} 的经纬度（度）" + (f"，在 {box} 范围内" if box else "")
