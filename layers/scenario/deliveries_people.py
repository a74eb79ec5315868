"""Daily files of persons: cases from three providers that agree on nothing, contacts, fever patients."""

from datetime import time
from pathlib import Path

import pandas as pd

from layers.intake.feeds import feed_named
from layers.scenario.curve import day_of
from layers.scenario.formats import Delivery, write_jsonl, write_table
from layers.scenario.people import DATUMS
from layers.scenario.registers import CASE, CONTACT, FEVER, moment

SOURCES = {"cdc": "市疾控中心（演练）", "hospitals": "定点医院直报（演练）", "streets": "各街道排查（演练）"}
CLOCK = {"cdc": time(18, 5), "hospitals": time(18, 10), "streets": time(18, 15)}
RAGGED = ("hospitals", day_of("2020-02-08"))  # one file has a line with more cells than columns
STREET_WORDS = {  # the street offices' own form: our column -> theirs
    "case_id": "编号",
    "address": "住址",
    "district": "所属区",
    "lon": "X坐标",
    "lat": "Y坐标",
    "age": "年龄",
    "sex": "性别",
    "name": "姓名",
    "phone": "电话",
    "id_number": "身份证",
    "reported_at": "填报时间",
    "withdrawn": "撤销",
    "note": "说明",
    "status": "类别",
    "status_at": "日期",
    "severity": "轻重",
    "onset_at": "首发症状日期",
    "hospital": "医院",
}
STREET_CODES = {
    "status": {
        "suspected": "疑",
        "clinical": "临",
        "confirmed": "确",
        "asymptomatic": "无",
        "excluded": "排",
        "cured": "愈",
        "dead": "亡",
    },
    "severity": {"mild": "轻", "ordinary": "中", "severe": "重", "critical": "危"},
}
WORDS = {  # the words that Chinese files use for our codes; the feeds know them
    "status": {
        "suspected": "疑似病例",
        "clinical": "临床诊断病例",
        "confirmed": "确诊病例",
        "asymptomatic": "无症状感染者",
        "excluded": "排除",
        "cured": "治愈出院",
        "dead": "死亡",
    },
    "severity": {"mild": "轻型", "ordinary": "普通型", "severe": "重型", "critical": "危重型"},
    "state": {"contact": "隔离中", "contact_released": "解除观察", "fever": "发热未排除", "fever_excluded": "已排除"},
    "sex": {"male": "男", "female": "女"},
    "origin": {"local": "本地"},
}


def write_profile(folder: Path) -> Path:
    """Write the profile that reads the street offices' form."""
    lines = ["[columns]", *(f'{ours} = "{theirs}"' for ours, theirs in STREET_WORDS.items())]
    for name, codes in STREET_CODES.items():
        lines += [f"[codes.{name}]", *(f'"{theirs}" = "{ours}"' for ours, theirs in codes.items())]
    path = folder / "drill_streets_profile.toml"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def cases(folder: Path, rows: pd.DataFrame, day: int, date: str, profile: Path) -> list[Delivery]:
    """Write what each provider reports on a day; a provider without rows sends nothing."""
    out = []
    for provider, writer in (("cdc", _cdc), ("hospitals", _hospitals), ("streets", _streets)):
        told = rows.loc[rows["provider"] == provider, CASE]
        if len(told):
            path = writer(folder, told, day, date)
            out.append(
                Delivery(
                    "cases",
                    path,
                    DATUMS[provider],
                    profile if provider == "streets" else None,
                    SOURCES[provider],
                    moment(day, CLOCK[provider]),
                )
            )
    return out


def contacts(folder: Path, rows: pd.DataFrame, day: int, date: str) -> list[Delivery]:
    """Write the day's contacts as JSON lines, with the feed's English names and without positions."""
    path = write_jsonl(folder / f"drill_contacts_{date}.jsonl", rows[CONTACT].astype({"age": object}))
    return [Delivery("contacts", path, None, None, "市疾控中心流调组（演练）", moment(day, time(18, 20)))]


def fevers(folder: Path, rows: pd.DataFrame, day: int, date: str) -> list[Delivery]:
    """Write the day's fever patients as GB18030 CSV with Chinese names."""
    path = write_table(folder / f"drill_fever_{date}.csv", _in_chinese(rows[FEVER], "fever"), "gb18030")
    return [Delivery("fever", path, "gcj02", None, "各区发热门诊（演练）", moment(day, time(18, 30)))]


def _cdc(folder: Path, rows: pd.DataFrame, day: int, date: str) -> Path:
    """The CDC changes its export every day: UTF-8 with a mark, GB18030, a workbook."""
    name = f"drill_cases_cdc_{date}"
    if day % 3 == 0:
        return write_table(folder / f"{name}.csv", rows, "utf-8-sig")
    told = _in_chinese(rows, "cases")
    return (
        write_table(folder / f"{name}.csv", told, "gb18030")
        if day % 3 == 1
        else write_table(folder / f"{name}.xlsx", told)
    )


def _hospitals(folder: Path, rows: pd.DataFrame, day: int, date: str) -> Path:
    told = rows.assign(**{name: _dated(rows[name], "{0}/{1}/{2}") for name in ("status_at", "onset_at")})
    path = write_table(folder / f"drill_cases_hospitals_{date}.csv", _in_chinese(told, "cases"))
    if ("hospitals", day) == RAGGED:
        with path.open("a", encoding="utf-8", newline="") as file:
            file.write("WH-D-990001,这一行,被,错误地,拆成了" + "," * 30 + "很多列\n")
    return path


def _streets(folder: Path, rows: pd.DataFrame, day: int, date: str) -> Path:
    told = rows.assign(**{name: _dated(rows[name], "{0}年{1}月{2}日") for name in ("status_at", "onset_at")})
    for name, codes in STREET_CODES.items():
        told[name] = told[name].replace(codes)
    told = told.replace({"sex": WORDS["sex"]})[list(STREET_WORDS)].rename(columns=STREET_WORDS)
    return write_table(folder / f"drill_cases_streets_{date}.csv", told, "gb18030")


def _in_chinese(rows: pd.DataFrame, feed: str) -> pd.DataFrame:
    words = {name: codes for name, codes in WORDS.items() if name in rows}
    return rows.replace(words).rename(columns={column.name: column.zh for column in feed_named(feed).columns})


def _dated(values: pd.Series, form: str) -> pd.Series:
    """Write ISO dates in another habit, month and day without zeros."""
    known = {text: form.format(*(int(part) for part in text.split("-"))) for text in values.unique() if text}
    return values.replace(known)
