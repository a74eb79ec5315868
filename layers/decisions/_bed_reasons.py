"""What is proposed about beds, in sentences with their numbers: sites to open, hold or ask about, and beds that no site can give."""

from math import isnan
from typing import Any

from layers.decisions._bed_demand import NEEDS
from layers.decisions._bed_sites import serves
from layers.decisions._bed_travel import minutes
from layers.decisions._bed_words import KIND_WORDS, NEED_WORDS, figure
from layers.decisions._bed_work import Work
from layers.decisions._inputs import cell, records
from layers.decisions._proposal import Proposal, Reason, Words
from layers.decisions._words import count, day
from layers.decisions.rules import RuleSet, caveats


def proposals(work: Work, common: dict[str, Any]) -> tuple[Proposal, ...]:
    """Return a proposal per site in the order of opening, then one per need that every site together leaves short.

    common  as_of, known_at, inputs_hash
    """
    common = {**common, "rule_id": work.rules["placement"].id}
    left = {need: work.worst[need] for need in NEEDS}
    found = []
    for site in records(work.sites):
        found.append(_site(site, work, left, common))
        if site["need"]:
            left[site["need"]] -= site["covered"]
    lacking = [need for need in NEEDS if left[need] > 0]
    return (*found, *(_lacking(need, left[need], work, common) for need in lacking))


def _site(site: dict[str, Any], work: Work, left: dict[str, float], common: dict[str, Any]) -> Proposal:
    offered, covered, rules = site["offered"], site["covered"], work.rules
    action = "survey" if isnan(offered) else "open" if site["need"] else "reserve"
    unknown = all(isnan(left[need]) for need in serves(site["bed_kind"], rules["placement"]))
    ride = float(minutes(site["distance_km"], rules["travel"]))
    return Proposal(
        subject=site["id"],
        action=action,
        reasons=(_gives(site, rules), *_because(site, work, left, action, unknown)),
        flips_if=_flips(action, site, left, unknown),
        name=site["name"] or "",
        district=site["district"],
        figures={"beds": offered, "covered": covered, "distance_km": site["distance_km"], "minutes": ride,
                 "opens_in_days": site["opens"], "rank": site["rank"]},
        caveats=_indicative(rules, site["bed_kind"] == "unsplit"),
        **common,
    )  # fmt: skip


def _gives(site: dict[str, Any], rules: dict[str, RuleSet]) -> Reason:
    kind, offered = KIND_WORDS[site["bed_kind"]], site["offered"]
    beds = Words("可设床位未报", "beds not known") if isnan(offered) else Words(f"{offered:,.0f}张", f"{offered:,.0f}")
    evidence = f"offered {site['id']}: {'unknown' if isnan(offered) else f'{offered:.0f}'}"
    zh, en = f"可提供{kind.zh}床位：{beds.zh}。", f"It can give {kind.en} beds: {beds.en}."
    return Reason(rules["placement"].id, zh, en, (evidence,))


def _because(site: dict[str, Any], work: Work, left: dict[str, float], action: str, unknown: bool) -> list[Reason]:
    rule = work.rules["placement"].id
    if site["need"]:
        return [_opens(site, work), *why(site["need"], work), _covers(site, left[site["need"]], work.rules)]
    if action == "survey":
        return [Reason(rule, "床位数不明，暂不能排序。", "It cannot be ranked until they are known.")]
    if unknown:
        zh = "它所能承担的床位各院未报，缺口不明，无法判断是否需要启用。"
        en = "Nobody reported the beds it would add to: the shortage is unknown, and so is whether it is needed."
        return [Reason(rule, zh, en)]
    zh, en = (
        "目前没有由它承担的缺口，或此前的场所已经补足。",
        "Nothing is short that it could take, or the sites before it cover it.",
    )
    return [Reason(rule, zh, en)]


def _opens(site: dict[str, Any], work: Work) -> Reason:
    """When it can take patients, if it is ordered now."""
    rule, when = work.rules["opening"], day(int(work.today + site["opens"]))
    n = int(site["opens"])
    return Reason(
        rule.id,
        f"现在下令，{n}天后即{when.zh}可收治（同时改造{rule.params['at_once']}处）。",
        f"Ordered now, it takes patients in {count(n, 'day')}, on {when.en} ({rule.params['at_once']} sites are made ready at a time).",
        (f"opens: {n}", f"work days: {site['work_days']}"),
    )


def _covers(site: dict[str, Any], left: float, rules: dict[str, RuleSet]) -> Reason:
    km = site["distance_km"]
    ride = float(minutes(km, rules["travel"]))
    far_zh = "" if isnan(km) else f"，距缺口所在区平均直线距离{km:.1f}公里，车程约{ride:.0f}分钟（估算）"
    far_en = (
        ""
        if isnan(km)
        else f"; {km:.1f} km in a straight line from where beds are short, about {ride:.0f} minutes by road (indicative)"
    )
    return Reason(
        rules["placement"].id,
        f"启用后补上{site['covered']:,.0f}张，尚缺{left - site['covered']:,.0f}张{far_zh}。",
        f"It covers {site['covered']:,.0f}, leaving {left - site['covered']:,.0f} short{far_en}.",
    )


def why(need: str, work: Work) -> list[Reason]:
    """Return demand against usable beds, and what the coming days bring, with the numbers."""
    row = work.balance[(work.balance["area"] == "*") & (work.balance["need"] == need)].iloc[0]
    words, beds = NEED_WORDS[need], "未报" if isnan(row["beds"]) else f"{row['beds']:,.0f}张"
    beds_en = "not reported" if isnan(row["beds"]) else f"{row['beds']:,.0f}"
    unsplit = row["unsplit"]
    also_zh = f"（另占未分类床位{unsplit:,.0f}张）" if unsplit > 0 else ""
    also_en = f" (and {unsplit:,.0f} in beds that hospitals did not split)" if unsplit > 0 else ""
    now, later = _short_by(row["shortage"]), _short_by(row["shortage_7d"])
    balance = Reason(
        work.rules["placement"].id,
        f"{words.zh}现需{row['demand']:,.0f}张，对应可用床位{beds}{also_zh}，{now.zh}；"
        f"七天后需{figure(row['demand_7d']).zh}，{later.zh}。",
        f"{words.en.capitalize()}: {row['demand']:,.0f} needed, usable beds of the kind {beds_en}{also_en}, {now.en}; "
        f"in seven days {figure(row['demand_7d']).en} needed, {later.en}.",
        (f"demand {need}: {row['demand']:.0f}", f"placed {need}: {figure(row['placed']).en}"),
    )
    return [balance, _coming(need, work) if need in work.outlook.short else _projected(need, work)]


def _short_by(beds: float) -> Words:
    return Words("不缺", "none short") if beds == 0 else Words(f"缺{figure(beds).zh}", f"short {figure(beds).en}")


def _coming(need: str, work: Work) -> Reason:
    """The worst of the coming days, as planned for."""
    short, rule = work.outlook.short[need], work.rules["occupancy"]
    at, share = int(short.argmax()), rule.params["plan_for"]
    when, n = day(work.today + 1 + at), float(short[at])
    return Reason(
        rule.id,
        f"预测今后{len(short)}天中{when.zh}最缺，不超过{n:,.0f}张的把握为{share:.0%}。",
        f"Of the coming {len(short)} days {when.en} is the worst: with a chance of {share:.0%} no more than {n:,.0f} are short.",
        (f"plan for {need}: {n:.0f}",),
    )


def _projected(need: str, work: Work) -> Reason:
    formula, days = (
        work.standing.projections["", "cases" if need in NEEDS[:3] else need].formula(),
        work.standing.window.words(),
    )
    return Reason(work.rules["projection"].id, formula.zh + days.zh, f"{formula.en} {days.en}")


def _flips(action: str, site: dict[str, Any], left: dict[str, float], unknown: bool) -> Words:
    if action == "survey":
        return Words("查明可设床位数后重新排序。", "Ranked again once its beds are known.")
    if action == "open":
        n = left[site["need"]]
        return Words(f"缺口减少{n:,.0f}张以上则不必启用。", f"Not needed if the shortage falls by {n:,.0f} or more.")
    if unknown:
        return Words("相应床位报送后重新判断。", "Judged again once such beds are reported.")
    return Words("同类缺口再增加1张即启用。", "Opened as soon as one more bed of its kind is short.")


def _lacking(need: str, n: float, work: Work, common: dict[str, Any]) -> Proposal:
    words = NEED_WORDS[need]
    last = Reason(
        work.rules["placement"].id,
        f"备选场所全部启用后仍缺{n:,.0f}张，须在现有机构增设或改造。",
        f"With every site open {n:,.0f} are still short: add or convert beds where patients are treated.",
    )
    return Proposal(
        subject=need,
        action="add_beds",
        reasons=(*why(need, work), *_not_staffed(need, work), last),
        flips_if=Words(
            f"{words.zh}床位增加{n:,.0f}张即补足。", f"Settled by {count(n, 'more bed')} for {words.en} patients."
        ),
        name=words.zh,
        figures={"beds": n, "covered": 0.0, "distance_km": float("nan")},
        caveats=_indicative(work.rules, need in NEEDS[:3] and not isnan(cell(work.standing.beds, "*", "unsplit"))),
        **common,
    )


def _not_staffed(need: str, work: Work) -> list[Reason]:
    """Open beds of the kind that cannot be used for want of staff or oxygen: the cheapest beds to win."""
    rows = work.standing.kinds[
        work.standing.kinds["kind"].isin(work.rules["placement"].params[need]) & (work.standing.kinds["lost"] > 0)
    ]
    if rows.empty:
        return []
    n = float(rows["lost"].sum())
    zh, en = (
        f"其中{n:,.0f}张已开放，但人员或供氧不足而不能用。",
        f"{count(n, 'bed')} of the kind are open and cannot be used for want of staff or oxygen.",
    )
    return [Reason(work.rules["staff-ratio"].id, zh, en, (f"not usable: {n:.0f}",))]


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
