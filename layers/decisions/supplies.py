"""Supplies: how many days each site's and the city's stock lasts, what to move where, what to order; unknown stays unknown."""

from collections.abc import Iterable, Mapping
from math import isinf, isnan
from typing import Any

import numpy as np
import pandas as pd

from layers._view import View
from layers.decisions._inputs import as_date, complete_day, digest, grouped, records
from layers.decisions._proposal import Plan, Proposal, Reason, Words
from layers.decisions._silence import Silence
from layers.decisions._supply_cover import (
    KEY,
    city_cover,
    days_of_cover,
    site_cover,
    with_age,
    with_burn,
    with_reorder,
)
from layers.decisions._supply_facts import FEEDS, SupplyFacts, gather
from layers.decisions._supply_moves import redistribute, with_moves
from layers.decisions._words import count, listed
from layers.decisions._words import day as said_day
from layers.decisions.rules import RuleSet, caveats, in_force
from layers.decisions.whatif import WhatIf
from layers.store import Store

__all__ = ["SupplyFacts", "city_cover", "days_of_cover", "gather", "plan", "propose", "site_cover"]
TITLE = Words("物资保障建议", "Supply proposals")
TOPIC = "supply-cover"
TOPICS = (TOPIC, "supply-reorder", "supply-ratio", "staff-rest", "whatif-scale")

USED_SINCE = {
    "supplies": Words("此后的消耗未扣，库存可能已更少。", "What was used since is not taken off: there may be less."),
}


def plan(store: Store, view: View) -> Plan:
    """Return the supply plan of a view."""
    return propose(gather(store, view), view)


def propose(facts: SupplyFacts, view: View, rules: Iterable[RuleSet] | None = None) -> Plan:
    """Return what to replenish, shortest cover first, what can be moved there, and whom to ask for their use; pure.

    tables  sites (site x item), city (item): quantity, daily_use, burn, days_of_cover, stock_minus_need, reading; sites also
            burn_source, reorder_point, short_since, moved_in, cover_after; moves (item, giver, taker, amount, km)
    Assumptions of the view (`WhatIf`) change what is used, are named in the caveats and are part of the hash.
    """
    last = complete_day(view)
    known = None if rules is None else tuple(rules)
    held = {topic: in_force(topic, as_date(last), known) for topic in TOPICS}
    rule, what_if = held[TOPIC], WhatIf.of(view)
    mark, silence = digest(facts.frames(), held.values(), view), Silence(facts.feeds, view, FEEDS)
    sites, moves = _sites(facts, held, what_if, last)
    city = city_cover(sites[[*facts.stock.columns, "burn"]])
    nothing = facts.stock.empty and not what_if.assumes
    told = (*what_if.caveats(), *silence.caveats(USED_SINCE), *_caveats(sites, held))
    return Plan(
        kind="supplies",
        title=TITLE,
        proposals=_proposals(sites, moves, held, view, mark),
        summary=_summary(sites, city, moves, rule),
        tables={"sites": sites, "city": city, "moves": moves},
        rules=tuple(rule.id for rule in held.values()),
        as_of=view.as_of,
        known_at=view.known_at,
        area=view.area,
        inputs_hash=mark,
        caveats=() if nothing else told,
        silence=silence.headlines,
    )


def _sites(
    facts: SupplyFacts, rules: Mapping[str, RuleSet], what_if: WhatIf, day: int
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the stock with all that follows from it, and what to move; a refused site uses nothing and gives all it has."""
    patients = what_if.patients(rules["whatif-scale"].params["stay_days"])
    present = float(pd.to_numeric(facts.staff["people"]).sum())
    more = what_if.arrivals / present * 100 if present else 0.0
    stock = with_burn(facts.stock, facts.history, facts.staff, rules, patients=patients, arrivals=more)
    stock["burn"] = stock["burn"].mask(stock["site"].isin(what_if.refused), 0.0)
    sites = with_reorder(site_cover(stock), rules["supply-reorder"])
    sites = with_age(sites, facts.history, rules[TOPIC].params["target_days"], day)
    moves = redistribute(sites, facts.places, rules)
    return with_moves(sites, moves), moves


def _proposals(
    sites: pd.DataFrame, moves: pd.DataFrame, rules: Mapping[str, RuleSet], view: View, mark: str
) -> tuple[Proposal, ...]:
    rule = rules[TOPIC]
    common = {
        "as_of": view.as_of,
        "known_at": view.known_at,
        "inputs_hash": mark,
        "rule_id": rule.id,
        "caveats": caveats([rule, rules["supply-reorder"]]),
    }
    short = sites[sites["days_of_cover"] < rule.params["target_days"]]
    short = short.sort_values(["days_of_cover", "site", *KEY])
    unknown = sites[sites["reading"] == "unknown"].groupby("site", sort=True)
    names = dict(zip(sites["site"], sites["name"], strict=True))
    come = grouped(moves.sort_values("amount", ascending=False, kind="stable"), ["taker", *KEY])
    return (
        *(
            _replenish(row, come.get((row["site"], row["item"], row["unit"]), []), names, rules, common)
            for row in records(short)
        ),
        *(_ask(str(site), rows, rule, common) for site, rows in unknown),
    )


def _replenish(
    row: dict[str, Any],
    moves: list[dict[str, Any]],
    names: Mapping[str, str],
    rules: Mapping[str, RuleSet],
    common: dict[str, Any],
) -> Proposal:
    rule = rules[TOPIC]
    target, cover, unit = rule.params["target_days"], row["days_of_cover"], row["unit"] or ""
    wanted = float(np.ceil(target * row["burn"] - row["quantity"]))
    figures = {"item": row["item"], "days_of_cover": cover, "quantity": row["quantity"], "daily_use": row["daily_use"]}
    return Proposal(
        subject=f"{row['site']}|{row['item']}" + (f"|{unit}" if unit else ""),
        action="replenish",
        reasons=(_lasts(row, unit, rule), *_reaches(row, wanted, unit, moves, names, rules), *_ages(row, rules)),
        flips_if=Words(
            f"库存达到{target * row['burn']:,.0f}{unit}，或日耗降到{row['quantity'] / target:,.0f}{unit}以下。",
            f"A stock of {target * row['burn']:,.0f}, or a use below {row['quantity'] / target:,.0f} a day.",
        ),
        name=row["name"],
        district=row["district"],
        figures=figures
        | {"burn": row["burn"], "wanted": wanted, "moved_in": row["moved_in"], "short_days": row["short_days"]},
        **common,
    )


def _lasts(row: dict[str, Any], unit: str, rule: RuleSet) -> Reason:
    cover, urgent, when = row["days_of_cover"], rule.params["urgent_days"], said_day(int(row["day"]))
    by_staff = row["burn_source"] == "staff"
    return Reason(
        rule.id,
        f"{when.zh}库存{row['quantity']:,.0f}{unit}，{'按在岗人数' if by_staff else ''}日耗{row['burn']:,.0f}{unit}，可用{cover:.2f}天"
        f"{'，不足一天的警戒线' if cover < urgent else ''}。",
        f"{when.en}: {row['quantity']:,.0f} {unit} in stock, {row['burn']:,.0f} used a day{' (by staff at work)' if by_staff else ''}: "
        f"{cover:.2f} days{', below the urgent line' if cover < urgent else ''}.".replace("  ", " "),
        (
            f"stock {row['quantity']:.0f}",
            f"daily use reported {row['daily_use']:.0f}",
            f"smoothed {row['use_smoothed']:.1f}",
            f"by staff {row['use_by_staff']:.1f}",
        ),
    )


def _reaches(
    row: dict[str, Any],
    wanted: float,
    unit: str,
    moves: list[dict[str, Any]],
    names: Mapping[str, str],
    rules: Mapping[str, RuleSet],
) -> list[Reason]:
    rule = rules[TOPIC]
    target = rule.params["target_days"]
    found = [
        Reason(
            rule.id,
            f"补充{wanted:,.0f}{unit}可达{target:g}天。",
            f"{wanted:,.0f} {unit} more reach {target:g} days.".replace("  ", " "),
            (f"reorder point {row['reorder_point']:.0f}",),
        )
    ]
    if moves:
        some = [(names.get(r["giver"], r["giver"]), r["amount"]) for r in moves[:3]]
        told = listed([Words(f"{name}{n:,.0f}{unit}", f"{n:,.0f} from {name}") for name, n in some])
        reorder = rules["supply-reorder"]
        found.append(
            Reason(
                reorder.id,
                f"可先调入{row['moved_in']:,.0f}{unit}（{told.zh}），调后{row['cover_after']:.2f}天。",
                f"{row['moved_in']:,.0f} can be moved here first ({told.en}): {row['cover_after']:.2f} days then.",
                tuple(f"{r['giver']}: {r['amount']:.0f}, {r['km']:.1f} km" for r in moves),
            )
        )
    return found


def _ages(row: dict[str, Any], rules: Mapping[str, RuleSet]) -> list[Reason]:
    if not row["short_days"] > 1:
        return []
    since = said_day(int(row["short_since"]))
    return [
        Reason(
            rules[TOPIC].id,
            f"自{since.zh}起一直低于目标，已{row['short_days']:.0f}天。",
            f"Below the target since {since.en}: {count(row['short_days'], 'day')}.",
            (f"short since day {row['short_since']:.0f}",),
        )
    ]


def _ask(site: str, rows: pd.DataFrame, rule: RuleSet, common: dict[str, Any]) -> Proposal:
    items = rows["item"].astype(str).tolist()
    some = items[:5]
    more_zh, more_en = (f"等{len(items)}种", f" and {len(items) - 5} more") if len(items) > 5 else ("", "")
    return Proposal(
        subject=site,
        action="ask_use",
        reasons=(
            Reason(
                rule.id,
                f"{'、'.join(some)}{more_zh}未报日消耗，可用天数不明。",
                f"Daily use not reported for {', '.join(some)}{more_en}: days of cover unknown.",
                tuple(f"stock {item}" for item in some),
            ),
        ),
        flips_if=Words("补报日消耗后重新计算。", "Computed once the daily use is reported."),
        name=rows["name"].iloc[0],
        district=rows["district"].iloc[0],
        figures={"items": len(items)},
        **common,
    )


def _summary(sites: pd.DataFrame, city: pd.DataFrame, moves: pd.DataFrame, rule: RuleSet) -> dict[str, float]:
    cover = sites["days_of_cover"]
    known_city = [n for n in city["days_of_cover"] if not isnan(n) and not isinf(n)]
    return {
        "items": len(city),
        "sites": int(sites["site"].nunique()),
        "below_target": int((cover < rule.params["target_days"]).sum()),
        "urgent": int((cover < rule.params["urgent_days"]).sum()),
        "unknown": int((sites["reading"] == "unknown").sum()),
        "shortest_city_days": min(known_city, default=float("nan")),
        "below_reorder": int((sites["quantity"] < sites["reorder_point"]).sum()),
        "oldest_short_days": float(sites["short_days"].max()) if sites["short_days"].notna().any() else float("nan"),
        "moves": len(moves),
        "below_target_after": int((sites["cover_after"] < rule.params["target_days"] - 0.01).sum()),
    }


def _caveats(sites: pd.DataFrame, rules: Mapping[str, RuleSet]) -> tuple[Words, ...]:
    found = []
    unsure = int((sites["burn"].notna() & sites["sigma"].isna()).sum())
    if unsure:
        found.append(
            Words(
                f"{unsure:,}条库存报送次数太少，再订货点未含安全库存。",
                f"{count(unsure, 'stock')} with too few reports: the reorder point holds no safety stock.",
            )
        )
    n, unknown = len(sites), int((sites["reading"] == "unknown").sum())
    if unknown:
        found.append(
            Words(
                f"{n:,}条库存中{unknown:,}条未报日消耗，未计入全市可用天数。",
                f"{unknown:,} of {n:,} stocks have no daily use and are left out of the city's days of cover.",
            )
        )
    return (*found, *caveats(rules.values()))
