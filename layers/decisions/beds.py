"""Beds: who needs which kind now and in seven days, what is open, what is short, and which sites to open first."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import isnan
from typing import Any

import pandas as pd

from layers._view import View
from layers.decisions._bed_balance import KINDS, allocate, capacity, split_kinds, warnings
from layers.decisions._bed_demand import NEEDS, Projection, Window, demand, look_back, project, projected, shares
from layers.decisions._bed_facts import FEEDS, BedFacts, gather
from layers.decisions._bed_sites import Opening, offers, order, serves
from layers.decisions._inputs import as_date, cell, complete_day, digest, numbers, records
from layers.decisions._proposal import Plan, Proposal, Reason, Words
from layers.decisions._silence import Silence
from layers.decisions._words import count, listed
from layers.decisions.rules import RuleSet, caveats, find, foreign, in_force
from layers.store import Store

__all__ = ["BedFacts", "gather", "plan", "propose"]
TITLE = Words("床位扩充建议", "Bed proposals")
TOPICS = ("placement", "severity-share", "projection")
STEP = "definition-step"
NEED_WORDS = {
    "critical": Words("危重型", "critical"),
    "severe": Words("重型", "severe"),
    "light": Words("轻型和普通型", "mild and ordinary"),
    "suspected": Words("疑似（单间）", "suspected (single room)"),
    "observed": Words("密接、发热及无症状", "contacts, feverish and asymptomatic"),
}
KIND_WORDS = {
    "icu": Words("ICU", "ICU"),
    "severe": Words("重症", "severe"),
    "ordinary": Words("普通", "ordinary"),
    "fangcang": Words("方舱", "fangcang"),
    "isolation": Words("隔离", "isolation"),
    "unsplit": Words("未分类", "unsplit"),
}


SILENT = {
    "beds": Words("开放和占用床位是末次报送时的情况。", "Open and used beds are those of that delivery."),
    **dict.fromkeys(
        ("cases", "contacts", "fever"),
        Words("此后的新增不明，需求可能偏低。", "Who came since is not known: the need may be too low."),
    ),
}


def plan(store: Store, view: View) -> Plan:
    """Return the bed plan of a view."""
    return propose(gather(store, view), view)


def propose(facts: BedFacts, view: View, rules: Iterable[RuleSet] | None = None) -> Plan:
    """Return which sites to open, in order, and which kinds no site can give; pure.

    tables  balance (area x need: demand, beds, shortage now and in seven days), beds (area x kind), projection, sites,
            hospitals (site x kind, resolved), warnings (reports whose figures do not agree)
    Area "*" is everything in the view; districts are balanced alone, so their shortages may add up to more than the city's.
    """
    last = complete_day(view)
    known = None if rules is None else tuple(rules)
    held = {topic: in_force(topic, as_date(last), known) for topic in TOPICS}
    step = find(STEP, as_date(last), known)
    used = [*held.values(), *([step] if step else [])]
    work = _Work.of(facts, held, look_back(facts.daily, last, held["projection"], step))
    mark = digest(facts.frames(), used, view)
    silence = Silence(facts.feeds, view, FEEDS)
    return Plan(
        kind="beds",
        title=TITLE,
        proposals=_proposals(work, held, view, mark),
        summary=_summary(work),
        tables={
            "balance": work.balance,
            "beds": work.beds.rename_axis("area").reset_index(),
            "projection": _projection_table(work),
            "sites": work.sites,
            "hospitals": split_kinds(facts.hospitals),
            "warnings": work.warnings,
        },
        rules=tuple(rule.id for rule in used),
        as_of=view.as_of,
        known_at=view.known_at,
        area=view.area,
        inputs_hash=mark,
        caveats=_caveats(facts, work, used, silence),
        silence=silence.headlines,
    )


@dataclass(frozen=True)
class _Work:
    """Everything computed, before anything is said about it."""

    need: pd.DataFrame
    beds: pd.DataFrame
    window: Window
    projections: dict[tuple[str, str], Projection]
    balance: pd.DataFrame
    openings: list[Opening]
    sites: pd.DataFrame
    warnings: pd.DataFrame

    @classmethod
    def of(cls, facts: BedFacts, rules: dict[str, RuleSet], window: Window) -> "_Work":
        need = demand(facts.states, shares(rules["severity-share"]))
        beds = capacity(facts.hospitals, list(need.index))
        projections = project(need, facts.daily, window, rules["projection"])
        balance = _balance(need, projected(need, projections), beds, rules["placement"])
        found = offers(facts.hospitals)
        openings = order(found, _worst(balance), _unmet(balance), _places(facts.districts), rules["placement"])
        return cls(
            need, beds, window, projections, balance, openings, _ranked(found, openings), warnings(facts.hospitals)
        )

    def shortage(self, need: str) -> float:
        """The worse of the shortage now and in seven days, in the whole view."""
        return _worst(self.balance)[need]


def _balance(now: pd.DataFrame, then: pd.DataFrame, beds: pd.DataFrame, rule: RuleSet) -> pd.DataFrame:
    rows = []
    for area in beds.index:
        here = numbers(beds.loc[area])
        today = (now if area == "*" else now.reindex([area]))[list(NEEDS)].fillna(0.0).sum()
        label = "" if area == "*" else area or "?"
        later = {need: cell(then, label, need) if label in then.index else 0.0 for need in NEEDS}
        first, second = allocate(numbers(today), here, rule), allocate(later, here, rule)
        for one, two in zip(first, second, strict=True):
            rows.append({"area": area, **one, "demand_7d": two["demand"], "shortage_7d": two["shortage"]})
    columns = ["area", "need", "demand", "beds", "placed", "unsplit", "shortage", "demand_7d", "shortage_7d"]
    return pd.DataFrame(rows, columns=columns)


def _worst(balance: pd.DataFrame) -> dict[str, float]:
    """The whole view's shortage per need, the worse of now and later; NaN only where both are."""
    city = balance[balance["area"] == "*"].set_index("need")
    worst = city[["shortage", "shortage_7d"]].astype(float).max(axis=1)
    return {need: float(worst.get(need, float("nan"))) for need in NEEDS}


def _unmet(balance: pd.DataFrame) -> pd.DataFrame:
    """Where beds are short: need (columns) per district; where no district is short, where the demand is."""
    rows = balance[balance["area"] != "*"].assign(n=lambda b: b[["shortage", "shortage_7d"]].astype(float).max(axis=1))
    short = rows.pivot_table(index="area", columns="need", values="n", aggfunc="sum").reindex(columns=list(NEEDS))
    every = rows.pivot_table(index="area", columns="need", values="demand", aggfunc="sum").reindex(columns=list(NEEDS))
    return short.where(short.sum() > 0, every)


def _places(districts: pd.DataFrame) -> pd.DataFrame:
    return districts.drop_duplicates("code").set_index("code")[["lon", "lat"]]


def _ranked(found: pd.DataFrame, openings: list[Opening]) -> pd.DataFrame:
    key = found["id"].astype(str) + "|" + found["bed_kind"].astype(str)
    said = pd.DataFrame(
        [(o.id, at, o.need, o.covered, o.distance_km) for at, o in enumerate(openings, start=1)],
        columns=["key", "rank", "need", "covered", "distance_km"],
    )
    return found.assign(key=key).merge(said, on="key").sort_values("rank").drop(columns="key").reset_index(drop=True)


def _proposals(work: _Work, rules: dict[str, RuleSet], view: View, mark: str) -> tuple[Proposal, ...]:
    common = {"as_of": view.as_of, "known_at": view.known_at, "inputs_hash": mark, "rule_id": rules["placement"].id}
    left = {need: work.shortage(need) for need in NEEDS}
    found = []
    for site in records(work.sites):
        found.append(_site(site, work, rules, left, common))
        if site["need"]:
            left[site["need"]] -= site["covered"]
    lacking = [need for need in NEEDS if left[need] > 0]
    return (*found, *(_lacking(need, left[need], work, rules, common) for need in lacking))


def _site(
    site: dict[str, Any], work: _Work, rules: dict[str, RuleSet], left: dict[str, float], common: dict[str, Any]
) -> Proposal:
    kind, offered, covered = KIND_WORDS[site["bed_kind"]], site["offered"], site["covered"]
    action = "survey" if isnan(offered) else "open" if site["need"] else "reserve"
    unknown = all(isnan(left[need]) for need in serves(site["bed_kind"], rules["placement"]))
    beds = Words("可设床位未报", "beds not known") if isnan(offered) else Words(f"{offered:,.0f}张", f"{offered:,.0f}")
    reasons = [
        Reason(
            rules["placement"].id,
            f"可提供{kind.zh}床位：{beds.zh}。",
            f"It can give {kind.en} beds: {beds.en}.",
            (f"offered {site['id']}: {'unknown' if isnan(offered) else f'{offered:.0f}'}",),
        )
    ]
    if site["need"]:
        reasons += [*_why(site["need"], work, rules), _covers(site, left[site["need"]], rules)]
    elif action == "survey":
        reasons.append(
            Reason(rules["placement"].id, "床位数不明，暂不能排序。", "It cannot be ranked until they are known.")
        )
    elif unknown:
        zh = "它所能承担的床位各院未报，缺口不明，无法判断是否需要启用。"
        en = "Nobody reported the beds it would add to: the shortage is unknown, and so is whether it is needed."
        reasons.append(Reason(rules["placement"].id, zh, en))
    else:
        zh, en = (
            "目前没有由它承担的缺口，或此前的场所已经补足。",
            "Nothing is short that it could take, or the sites before it cover it.",
        )
        reasons.append(Reason(rules["placement"].id, zh, en))
    return Proposal(
        subject=site["id"],
        action=action,
        reasons=tuple(reasons),
        flips_if=_flips(action, site, left, unknown),
        name=site["name"] or "",
        district=site["district"],
        figures={"beds": offered, "covered": covered, "distance_km": site["distance_km"], "rank": site["rank"]},
        caveats=_indicative(rules, site["bed_kind"] == "unsplit"),
        **common,
    )


def _covers(site: dict[str, Any], left: float, rules: dict[str, RuleSet]) -> Reason:
    km = site["distance_km"]
    far_zh = "" if isnan(km) else f"，距缺口所在区平均直线距离{km:.1f}公里（非行车距离）"
    far_en = "" if isnan(km) else f"; {km:.1f} km in a straight line from where beds are short (not by road)"
    return Reason(
        rules["placement"].id,
        f"启用后补上{site['covered']:,.0f}张，尚缺{left - site['covered']:,.0f}张{far_zh}。",
        f"It covers {site['covered']:,.0f}, leaving {left - site['covered']:,.0f} short{far_en}.",
    )


def _why(need: str, work: _Work, rules: dict[str, RuleSet]) -> list[Reason]:
    """Demand against beds, and the projection with its numbers."""
    row = work.balance[(work.balance["area"] == "*") & (work.balance["need"] == need)].iloc[0]
    words, beds = NEED_WORDS[need], "未报" if isnan(row["beds"]) else f"{row['beds']:,.0f}张"
    beds_en = "not reported" if isnan(row["beds"]) else f"{row['beds']:,.0f}"
    unsplit = row["unsplit"]
    also_zh = f"（另占未分类床位{unsplit:,.0f}张）" if unsplit > 0 else ""
    also_en = f" (and {unsplit:,.0f} in beds that hospitals did not split)" if unsplit > 0 else ""
    balance = Reason(
        rules["placement"].id,
        f"{words.zh}现需{row['demand']:,.0f}张，对应床位{beds}{also_zh}，缺{_figure(row['shortage']).zh}；"
        f"七天后需{_figure(row['demand_7d']).zh}，缺{_figure(row['shortage_7d']).zh}。",
        f"{words.en.capitalize()}: {row['demand']:,.0f} needed, beds of the kind {beds_en}{also_en}, short "
        f"{_figure(row['shortage']).en}; in seven days {_figure(row['demand_7d']).en} needed, short {_figure(row['shortage_7d']).en}.",
        (f"demand {need}: {row['demand']:.0f}", f"placed {need}: {_figure(row['placed']).en}"),
    )
    formula = work.projections["", "cases" if need in NEEDS[:3] else need].formula()
    days = work.window.words()
    return [balance, Reason(rules["projection"].id, formula.zh + days.zh, f"{formula.en} {days.en}")]


def _figure(value: float) -> Words:
    return Words("不明", "unknown") if isnan(value) else Words(f"{value:,.0f}", f"{value:,.0f}")


def _flips(action: str, site: dict[str, Any], left: dict[str, float], unknown: bool) -> Words:
    if action == "survey":
        return Words("查明可设床位数后重新排序。", "Ranked again once its beds are known.")
    if action == "open":
        n = left[site["need"]]
        return Words(f"缺口减少{n:,.0f}张以上则不必启用。", f"Not needed if the shortage falls by {n:,.0f} or more.")
    if unknown:
        return Words("相应床位报送后重新判断。", "Judged again once such beds are reported.")
    return Words("同类缺口再增加1张即启用。", "Opened as soon as one more bed of its kind is short.")


def _lacking(need: str, n: float, work: _Work, rules: dict[str, RuleSet], common: dict[str, Any]) -> Proposal:
    words = NEED_WORDS[need]
    last = Reason(
        rules["placement"].id,
        f"备选场所全部启用后仍缺{n:,.0f}张，须在现有机构增设或改造。",
        f"With every site open {n:,.0f} are still short: add or convert beds where patients are treated.",
    )
    return Proposal(
        subject=need,
        action="add_beds",
        reasons=(*_why(need, work, rules), last),
        flips_if=Words(
            f"{words.zh}床位增加{n:,.0f}张即补足。", f"Settled by {count(n, 'more bed')} for {words.en} patients."
        ),
        name=words.zh,
        figures={"beds": n, "covered": 0.0, "distance_km": float("nan")},
        caveats=_indicative(rules, need in NEEDS[:3] and not isnan(cell(work.beds, "*", "unsplit"))),
        **common,
    )


def _indicative(rules: dict[str, RuleSet], unsplit: bool) -> tuple[Words, ...]:
    found = [*caveats([rules["placement"], rules["projection"]])]
    if unsplit:
        found.append(
            Words(
                "部分医院未按类别报送床位，其中重症、ICU各有多少不明；先按危重、重型使用计算。",
                "Some hospitals do not split their beds; how many are intensive care is unknown. The worst cases are counted in first.",
            )
        )
    return tuple(found)


def _summary(work: _Work) -> dict[str, float]:
    city = work.balance[work.balance["area"] == "*"].set_index("need")
    found: dict[str, float] = {}
    for need in NEEDS:
        for column in ("demand", "beds", "shortage", "demand_7d", "shortage_7d"):
            found[f"{column}_{need}"] = cell(city, need, column)
    found |= {f"open_{kind}": cell(work.beds, "*", kind) for kind in KINDS}
    found["sites_to_open"] = sum(1 for opening in work.openings if opening.need)
    found["beds_to_open"] = float(sum(o.offered for o in work.openings if o.need))
    found["reports_in_conflict"] = len(work.warnings)
    return found


def _projection_table(work: _Work) -> pd.DataFrame:
    rows = [
        {"area": area, "group": group, "now": p.now, "new_a_day": p.admitted, "left_a_day": p.left, "then": p.then}
        | {"formula_zh": p.formula().zh, "formula_en": p.formula().en}
        for (area, group), p in sorted(work.projections.items())
    ]
    columns = ["area", "group", "now", "new_a_day", "left_a_day", "then", "formula_zh", "formula_en"]
    return pd.DataFrame(rows, columns=columns).replace({"area": {"": "*", "?": ""}})


def _caveats(facts: BedFacts, work: _Work, used: list[RuleSet], silence: Silence) -> tuple[Words, ...]:
    if facts.hospitals.empty and facts.states.empty:
        return ()
    found = [*silence.caveats(SILENT), *caveats(used), *foreign(used, facts.districts["code"]), work.window.words()]
    unknown, share = work.need["unknown"].sum(), shares(used[1])
    if unknown > 0:
        found.append(
            Words(
                f"{unknown:,.0f}例未报分型，按公布的在院比例拆分（重型{share['severe']:.1%}，危重型{share['critical']:.1%}）。",
                f"{unknown:,.0f} cases without a severity were split by the published shares in hospital "
                f"(severe {share['severe']:.1%}, critical {share['critical']:.1%}).",
            )
        )
    found.append(
        Words(
            "可用床位按开放数计算；配套人员和供氧未计入，实际可用可能更少。",
            "Usable beds are taken as open beds; staff and oxygen are not counted in, so fewer may be usable.",
        )
    )
    extra = work.warnings["extra"].sum()
    if len(work.warnings):
        found.append(
            Words(
                f"{len(work.warnings)}条床位报告数字不符（占用多于开放共{extra:,.0f}张），均按原报保留。",
                f"{count(len(work.warnings), 'bed report')} with figures that do not add up ({extra:,.0f} more used than open); kept as reported.",
            )
        )
    city = work.balance[work.balance["area"] == "*"]
    unknown_beds = [NEED_WORDS[n] for n in city.loc[city["shortage"].isna() & (city["demand"] > 0), "need"]]
    if unknown_beds:
        words = listed(unknown_beds)
        found.append(
            Words(
                f"{words.zh}的床位未报，缺口不明。",
                f"No beds were reported for: {words.en}. Their shortage is unknown.",
            )
        )
    silent = cell(work.beds, "*", "silent_sites")
    if silent > 0:
        found.append(
            Words(
                f"{silent:.0f}家收治机构未报床位，合计只是下限。",
                f"No beds were reported by {count(silent, 'site')} that should treat patients: totals are a lower bound.",
            )
        )
    return tuple(found)
