"""The daily line lists of cases, contacts and fever patients, with what is wrong with such lists."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from layers.scenario.epidemic import SOURCES, Epidemic
from layers.scenario.outbox import Outbox, printed_points

STATUS_ZH = {"suspected": "疑似病例", "clinical": "临床诊断病例", "confirmed": "确诊病例", "asymptomatic": "无症状感染者", "excluded": "已排除", "cured": "治愈出院", "dead": "死亡"}  # fmt: skip
SEVERITY_ZH = {"mild": "轻型", "ordinary": "普通型", "severe": "重型", "critical": "危重型", "": ""}
SENDERS = {  # source -> (datum, clock, who)
    "cdc": ("wgs84", "18:05", "市疾控中心"),
    "hospitals": ("bd09", "18:08", "定点医院网络直报"),
    "streets": ("gcj02", "18:12", "街道社区排查"),
}
# Hospitals report with their own column names and codes; this is the profile that reads them.
HOSPITAL_COLUMNS = {"病例编号": "患者编号", "现住址": "家庭住址", "区": "所属区", "状态": "诊断代码", "状态日期": "诊断日期", "临床分型": "分型代码", "收治医院": "报告医院", "报告时间": "上报时间"}  # fmt: skip
HOSPITAL_STATUS = {"suspected": "1", "clinical": "2", "confirmed": "3", "excluded": "4", "cured": "5", "dead": "6", "asymptomatic": "7"}  # fmt: skip
HOSPITAL_SEVERITY = {"mild": "A", "ordinary": "B", "severe": "C", "critical": "D"}
AGAIN, CORRECTED, REDATED, RETRACTED, BROKEN = 0.015, 0.02, 0.006, 0.004, 0.0012  # shares of rows; invented
TOO_OLD = 230

_ENGLISH = {"病例编号": "case_id", "现住址": "address", "区": "district", "经度": "lon", "纬度": "lat", "年龄": "age", "性别": "sex", "姓名": "name", "联系电话": "phone", "证件号码": "id_number", "报告时间": "reported_at", "作废": "withdrawn", "备注": "note", "状态": "status", "状态日期": "status_at", "临床分型": "severity", "发病日期": "onset_at", "收治医院": "hospital", "来源地": "origin"}  # fmt: skip


@dataclass(frozen=True)
class CaseFiles:
    """Every row that will be sent, by day and source: `rows` has the columns of the file, `day`, `source`, `dirt`."""

    rows: pd.DataFrame

    @classmethod
    def prepare(cls, epidemic: Epidemic, seed: int) -> "CaseFiles":
        """Lay out all rows of the epidemic, then add what goes wrong on the way."""
        rng = np.random.default_rng([seed, 7])
        events = epidemic.events[epidemic.events["kind"] == "case"].drop(columns="kind")
        rows = events.merge(epidemic.cases.drop(columns="dirt"), on="id", validate="many_to_one")
        rows = rows.assign(day=rows["reported"], dirt="", withdrawn="", minute=rng.integers(0, 560, len(rows)))
        rows["age"] = rows["age"].where(~rows["id"].isin(_some(epidemic.cases["id"], 0.0002, rng)), TOO_OLD)
        added = [_again(rows, rng), _corrected(rows, rng), _redated(rows, rng), _withdrawn(rows, rng), _broken(rows, rng)]
        return cls(pd.concat([rows, *added], ignore_index=True))

    def send(self, outbox: Outbox, day: date, profile: Path, *, first: bool) -> None:
        """Send the day's files of each source; the first delivery brings everything older too."""
        due = self.rows["day"] <= day.toordinal() if first else self.rows["day"] == day.toordinal()
        rows = self.rows[due]
        for source in SOURCES:
            frame, clock, sender = SENDERS[source]
            table = _table(rows[rows["source"] == source], frame)
            name, encoding = _format(source, day)
            if source == "hospitals":
                table = table.rename(columns=HOSPITAL_COLUMNS)
            elif day.toordinal() % 3 == 0 and source == "cdc":
                table = table.rename(columns=_ENGLISH)
            used = profile if source == "hospitals" else None
            outbox.send("cases", day, clock, name, table, source=sender, datum=frame, profile=used, encoding=encoding)


def hospital_profile() -> str:
    """Return the mapping profile for the hospitals' files."""
    zh = {theirs: ours for ours, theirs in HOSPITAL_COLUMNS.items()}
    lines = ["[columns]", *(f'{_ENGLISH[ours]} = "{theirs}"' for theirs, ours in zh.items()), "", "[codes.status]"]
    lines += [f'"{code}" = "{status}"' for status, code in HOSPITAL_STATUS.items()]
    lines += ["", "[codes.severity]", *(f'"{code}" = "{severity}"' for severity, code in HOSPITAL_SEVERITY.items())]
    return "\n".join(lines) + "\n"


def _format(source: str, day: date) -> tuple[str, str]:
    """GB18030 and UTF-8 by turns, a workbook now and then."""
    stem = f"cases_{source}_{day}"
    if source != "cdc" and day.toordinal() % 7 == 2:
        return f"{stem}.xlsx", ""
    return f"{stem}.csv", "gb18030" if day.toordinal() % 2 == 0 else "utf-8-sig"


def _table(rows: pd.DataFrame, datum: str) -> pd.DataFrame:
    """The rows in the words and columns of the form."""
    lon, lat = printed_points(rows["lon"], rows["lat"], datum, rows["astray"])
    hospital = datum == SENDERS["hospitals"][0]
    status = rows["status"].map(HOSPITAL_STATUS if hospital else STATUS_ZH).fillna(rows["status"])
    severity = rows["severity"].map(HOSPITAL_SEVERITY if hospital else SEVERITY_ZH).fillna("")
    return pd.DataFrame(
        {
            "病例编号": rows["id"],
            "姓名": rows["name"],
            "性别": rows["sex"],
            "年龄": rows["age"],
            "证件号码": rows["id_number"],
            "联系电话": rows["phone"],
            "现住址": rows["address"],
            "区": rows["district"],
            "经度": lon,
            "纬度": lat,
            "状态": status,
            "状态日期": _days(rows["happened"], slashes=hospital),
            "临床分型": severity,
            "发病日期": _days(rows["onset"], slashes=hospital),
            "收治医院": rows["hospital"],
            "来源地": rows["origin"],
            "报告时间": _times(rows["reported"], rows["minute"]),
            "作废": rows["withdrawn"],
            "备注": rows["note"],
        }
    )


def _days(ordinals: pd.Series, *, slashes: bool) -> list[str]:
    written = {d: "" if d == 0 else date.fromordinal(d).isoformat() for d in set(ordinals.tolist())}
    return [written[d].replace("-", "/") if slashes else written[d] for d in ordinals.tolist()]


def _times(ordinals: pd.Series, minutes: pd.Series) -> list[str]:
    """Written down between 08:00 and 17:20 of the day."""
    pairs = zip(ordinals.tolist(), minutes.tolist(), strict=True)
    return [f"{date.fromordinal(d)} {8 + m // 60:02d}:{m % 60:02d}" for d, m in pairs]


def _some(values: pd.Series, share: float, rng: np.random.Generator) -> pd.Series:
    """A random share of the values, at least two."""
    count = min(len(values), max(2, round(len(values) * share)))
    return values.iloc[np.sort(rng.choice(len(values), count, replace=False))]


def _pick(rows: pd.DataFrame, share: float, rng: np.random.Generator) -> pd.DataFrame:
    return rows.loc[_some(pd.Series(rows.index), share, rng)]


def _again(rows: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """The same row once more the day after."""
    lasting = rows[rows["written_off"] == 0]
    return _pick(lasting, AGAIN, rng).pipe(lambda r: r.assign(day=r["day"] + 1, dirt="again"))


def _corrected(rows: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """The newest row of a person again, some days later, with the address as it should have been."""
    newest = rows[rows["written_off"] == 0].drop_duplicates("id", keep="last")
    wrong = newest[newest["address"] != newest["plain"]]
    later = _pick(wrong, CORRECTED, rng)
    wait = rng.integers(1, 6, len(later))
    return later.assign(
        address=later["plain"], day=later["day"] + wait, reported=later["reported"] + wait, dirt="address corrected"
    )


def _redated(rows: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """A laboratory confirmation turns out to be a day older."""
    confirmed = rows[(rows["status"] == "confirmed") & (rows["written_off"] == 0)].drop_duplicates("id")
    later = _pick(confirmed[confirmed["address"] == confirmed["plain"]], REDATED, rng)
    wait = rng.integers(1, 4, len(later))
    return later.assign(
        happened=later["happened"] - 1, severity="", day=later["day"] + wait, reported=later["reported"] + wait, dirt="date corrected"
    )  # fmt: skip


def _withdrawn(rows: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Records written off by the bulletin, and a few suspected who never should have been in the list."""
    counted = rows[rows["written_off"] > 0].drop_duplicates("id", keep="last")
    off = counted.assign(day=counted["written_off"], reported=counted["written_off"], note="核销：重复统计")
    known = rows["id"].value_counts()
    once = rows[(rows["status"] == "suspected") & rows["id"].isin(known.index[known == 1])]
    few = _pick(once, RETRACTED * 10, rng)
    few = few.assign(day=few["day"] + 2, reported=few["reported"] + 2, note="非本辖区，撤回")
    return pd.concat([off, few]).assign(withdrawn="是", dirt="withdrawn")


def _broken(rows: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Tomorrow's rows sent too early: with a status that is none, or with tomorrow's date."""
    ready = _pick(rows[(rows["happened"] == rows["day"]) & (rows["status"] == "suspected")], BROKEN * 4, rng)
    unknown = rng.random(len(ready)) < 0.5
    status = np.where(unknown, "待核实", ready["status"])
    dirt = np.where(unknown, "unknown status", "future date")
    return ready.assign(day=ready["day"] - 1, reported=ready["reported"] - 1, status=status, dirt=dirt)


@dataclass(frozen=True)
class RegisterFiles:
    """The daily lists of contacts (JSON lines) and of fever patients (CSV)."""

    contacts: pd.DataFrame
    fever: pd.DataFrame

    @classmethod
    def prepare(cls, epidemic: Epidemic, seed: int) -> "RegisterFiles":
        """Join persons and transitions."""
        rng = np.random.default_rng([seed, 8])
        found = []
        for kind, people in (("contact", epidemic.contacts), ("fever", epidemic.fever)):
            events = epidemic.events[epidemic.events["kind"] == kind].drop(columns="kind")
            rows = events.merge(people.drop(columns="dirt"), on="id", validate="many_to_one")
            rows = rows.assign(day=rows["reported"], minute=rng.integers(0, 560, len(rows)))
            again = _pick(rows, AGAIN, rng)
            found.append(pd.concat([rows, again.assign(day=again["day"] + 1)], ignore_index=True))
        return cls(*found)

    def send(self, outbox: Outbox, day: date, *, first: bool) -> None:
        """Send the day's two lists."""
        due = [r[r["day"] <= day.toordinal() if first else r["day"] == day.toordinal()] for r in (self.contacts, self.fever)]
        outbox.send("contacts", day, "18:20", f"contacts_{day}.jsonl", _contacts(due[0]), source="市疾控中心流调组", datum="wgs84")
        name = f"fever_{day}.csv"
        outbox.send("fever", day, "18:30", name, _fever(due[1]), source="各区发热门诊", datum="gcj02", encoding="gb18030")


def _contacts(rows: pd.DataFrame) -> pd.DataFrame:
    lon, lat = printed_points(rows["lon"], rows["lat"], "wgs84", rows["astray"])
    table = pd.DataFrame({"contact_id": rows["id"], "state": rows["status"], "state_at": _days(rows["happened"], slashes=False)})
    table = table.assign(case_id=rows["case_id"], exposed_at=_days(rows["exposed"], slashes=False))
    return table.assign(
        **{c: rows[c] for c in ("name", "sex", "age", "id_number", "phone", "address", "district")},
        lon=lon,
        lat=lat,
        reported_at=_times(rows["reported"], rows["minute"]),
        note=rows["note"],
    )


def _fever(rows: pd.DataFrame) -> pd.DataFrame:
    lon, lat = printed_points(rows["lon"], rows["lat"], "gcj02", rows["astray"])
    return pd.DataFrame(
        {
            "登记编号": rows["id"],
            "姓名": rows["name"],
            "性别": rows["sex"],
            "年龄": rows["age"],
            "联系电话": rows["phone"],
            "现住址": rows["address"],
            "区": rows["district"],
            "经度": lon,
            "纬度": lat,
            "排查状态": rows["status"].map({"fever": "发热未排除", "fever_excluded": "已排除"}),
            "状态日期": _days(rows["happened"], slashes=False),
            "体温": rows["temperature"],
            "报告时间": _times(rows["reported"], rows["minute"]),
            "备注": rows["note"],
        }
    )
