"""What every decision hands over: proposals with their reasons, and the plan that holds them."""

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from typing import Any

import numpy as np
import pandas as pd


@dataclass(frozen=True, slots=True)
class Words:
    """The same sentence in Chinese and in English."""

    zh: str
    en: str

    def said(self, lang: str) -> str:
        """Return the sentence in `lang`: "en" English, anything else Chinese."""
        return self.en if lang == "en" else self.zh


@dataclass(frozen=True, slots=True)
class Reason:
    """One sentence of a proposal, the rule that makes it count, and the counts that support it.

    rule      id of the rule, as `RuleSet.id`: "no-epidemic/first@2020-03-01"
    evidence  counts with their days, for example "confirmed 2020-02-12: 2"
    """

    rule: str
    zh: str
    en: str
    evidence: tuple[str, ...] = ()

    def said(self, lang: str) -> str:
        """Return the sentence in `lang`."""
        return self.en if lang == "en" else self.zh


@dataclass(frozen=True, slots=True)
class Proposal:
    """One thing that could be done about one subject, why, and what would change our mind.

    subject   code of a compound, hospital, team or site, or a site and an item
    action    a key of ACTIONS
    flips_if  the smallest change that would make it another action
    figures   the numbers that a table shows beside it
    """

    subject: str
    action: str
    reasons: tuple[Reason, ...]
    rule_id: str
    as_of: datetime
    known_at: datetime
    inputs_hash: str
    flips_if: Words
    name: str = ""
    district: str = ""
    figures: Mapping[str, float | str] = field(default_factory=dict)
    caveats: tuple[Words, ...] = ()


ACTIONS: Mapping[str, Words] = {
    "seal": Words("封控小区", "Seal the compound"),
    "seal_building": Words("楼栋封控", "Seal the building"),
    "keep": Words("维持现状", "Keep as it is"),
    "candidate": Words("可申报无疫情小区", "Candidate for release"),
    "certify": Words("评定为无疫情小区", "Certify as no-epidemic"),
    "suspend": Words("暂停无疫情小区", "Suspend the title"),
    "cancel": Words("取消无疫情小区", "Cancel the title"),
    "restore": Words("恢复无疫情小区", "Restore the title"),
    "relax": Words("可申请放宽", "May be relaxed"),
    "open": Words("启用", "Open the site"),
    "reserve": Words("备用", "Hold in reserve"),
    "survey": Words("核实床位数", "Find out how many beds"),
    "add_beds": Words("增设床位", "Add beds"),
    "assign": Words("整建制派驻", "Send the whole team"),
    "stand_by": Words("机动待命", "Stand by"),
    "lend": Words("人员富余，可支援", "Has staff to lend"),
    "recruit": Words("申请增援", "Ask for more staff"),
    "rotate": Words("安排轮休", "Let the team rest"),
    "post_workers": Words("增派社区力量", "Post community workers"),
    "replenish": Words("补充物资", "Replenish"),
    "transfer": Words("调拨物资", "Move stock"),
    "relieve": Words("补短板", "Relieve the bottleneck"),
    "ask_use": Words("补报日消耗", "Ask for daily use"),
    "state": Words("可以认定", "May be stated"),
    "watch": Words("候选，待确认", "Candidate, to be watched"),
    "withhold": Words("不作判断", "Not to be claimed"),
}


@dataclass(frozen=True)
class Plan:
    """Everything proposed for one view: a pure function of facts, rules and view.

    summary  figure -> number, for tiles
    tables   name -> frame, what the proposals were read from
    rules    ids of every rule used
    caveats  what a reader must know before signing
    silence  feeds that are overdue, in few words, for screens that have no room for caveats
    """

    kind: str
    title: Words
    proposals: tuple[Proposal, ...]
    summary: Mapping[str, float]
    tables: Mapping[str, pd.DataFrame]
    rules: tuple[str, ...]
    as_of: datetime
    known_at: datetime
    area: str
    inputs_hash: str
    caveats: tuple[Words, ...] = ()
    silence: tuple[Words, ...] = ()

    def to_frame(self, lang: str = "zh") -> pd.DataFrame:
        """Return one row a proposal, in order: what, why, under which rule, what would flip it, and its figures."""
        rows = [_row(proposal, lang) for proposal in self.proposals]
        return pd.DataFrame(rows, columns=None if rows else list(FIXED))

    def to_json(self) -> str:
        """Return the plan as JSON: keys sorted, NaN and NaT null, infinity "inf"; equal plans give equal text."""
        content = {
            "kind": self.kind,
            "title": asdict(self.title),
            "proposals": [plain_proposal(p) for p in self.proposals],
            "summary": plain(self.summary),
            "tables": {name: _records(table) for name, table in self.tables.items()},
            "rules": self.rules,
            "as_of": self.as_of,
            "known_at": self.known_at,
            "area": self.area,
            "inputs_hash": self.inputs_hash,
            "caveats": [asdict(words) for words in self.caveats],
        }
        return json.dumps(content, sort_keys=True, ensure_ascii=False, allow_nan=False, default=plain)


FIXED = (
    *("subject", "name", "district", "action", "action_text", "reasons", "caveats", "rule", "flips_if"),
    *("as_of", "known_at", "inputs_hash"),
)


def plain(value: Any) -> Any:
    """Return `value` as JSON can hold it: times as ISO 8601, NaN as None, infinity as "inf"."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None if math.isnan(value) else "inf" if value > 0 else "-inf"
    if value is None or isinstance(value, str | int):
        return value
    if isinstance(value, np.generic):
        return plain(value.item())
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if value is pd.NaT or value is pd.NA:
        return None
    return value.isoformat() if isinstance(value, date) else str(value)


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    columns = [[plain(value) for value in table[name].tolist()] for name in table.columns]
    return [dict(zip(table.columns, row, strict=True)) for row in zip(*columns, strict=True)]


def plain_proposal(p: Proposal) -> dict[str, Any]:
    """Return a proposal as JSON may hold it, but for its two times."""
    return {
        **{name: getattr(p, name) for name in ("subject", "name", "district", "action", "rule_id")},
        **{name: getattr(p, name) for name in ("as_of", "known_at", "inputs_hash")},
        "figures": plain(p.figures),
        "action_text": asdict(ACTIONS[p.action]),
        "reasons": [{"rule": r.rule, "zh": r.zh, "en": r.en, "evidence": r.evidence} for r in p.reasons],
        "flips_if": {"zh": p.flips_if.zh, "en": p.flips_if.en},
        "caveats": [{"zh": c.zh, "en": c.en} for c in p.caveats],
    }


def _row(p: Proposal, lang: str) -> dict[str, Any]:
    between = " " if lang == "en" else ""
    return {
        "subject": p.subject,
        "name": p.name,
        "district": p.district,
        "action": p.action,
        "action_text": ACTIONS[p.action].said(lang),
        "reasons": between.join(r.said(lang) for r in p.reasons),
        "caveats": between.join(c.said(lang) for c in p.caveats),
        "rule": p.rule_id,
        "flips_if": p.flips_if.said(lang),
        "as_of": p.as_of.isoformat(),
        "known_at": p.known_at.isoformat(),
        "inputs_hash": p.inputs_hash,
        **p.figures,
    }
