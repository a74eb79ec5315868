"""Supplies: how many days each site's and the city's stock lasts at the present use; what is unknown stays unknown."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from math import inf, isinf, isnan
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import select

from layers._times import day_number
from layers._view import View
from layers.decisions._inputs import as_date, blank, complete_day, digest, records
from layers.decisions._proposal import Plan, Proposal, Reason, Words
from layers.decisions._silence import Silence, hear, no_deliveries
from layers.decisions._words import day as said_day
from layers.decisions.rules import RuleSet, caveats, in_force
from layers.store import Store
from layers.store.asof import known, newest
from layers.store.schema import hospital, stock

TITLE = Words("物资保障建议", "Supply proposals")
TOPIC = "supply-cover"
FEEDS = ("supplies",)
KEY = ["item", "unit"]


@dataclass(frozen=True)
class SupplyFacts:
    """Frames for one view; every one may be empty.

    stock  site, name, district, item, unit, quantity, daily_use, day (number of the day counted)
    feeds  feed, source, last: newest delivery of each source; without rows: nothing was ever delivered
    """

    stock: pd.DataFrame = field(default_factory=lambda: blank("site name district item unit quantity daily_use day"))
    feeds: pd.DataFrame = field(default_factory=no_deliveries)


USED_SINCE = {
    "supplies": Words("此后的消耗未扣，库存可能已更少。", "What was used since is not taken off: there may be less."),
}


def gather(store: Store, view: View) -> SupplyFacts:
    """Read the newest count of every site and item; names and districts of sites that are hospitals."""
    rows = store.read(newest(stock, view, by=("site", "item", "unit")))
    sites = store.read(select(hospital.c.code, hospital.c.name, hospital.c.district).where(known(hospital, view)))
    rows = rows.merge(sites.drop_duplicates("code"), left_on="site", right_on="code", how="left")
    rows = rows.assign(day=[day_number(moment) for moment in rows["happened_at"]])
    rows = rows.assign(
        unit=rows["unit"].fillna(""), name=rows["name"].fillna(rows["site"]), district=rows["district"].fillna("")
    )
    if view.district:
        rows = rows[rows["district"] == view.district]
    stocks = rows[list(SupplyFacts().stock.columns)].reset_index(drop=True)
    return SupplyFacts(stocks, hear(store, view, FEEDS))


def plan(store: Store, view: View) -> Plan:
    """Return the supply plan of a view."""
    return propose(gather(store, view), view)


def propose(facts: SupplyFacts, view: View, rules: Iterable[RuleSet] | None = None) -> Plan:
    """Return what to replenish, shortest cover first, and whom to ask for their use; pure.

    tables  sites (site x item), city (item): quantity, daily_use, days_of_cover, stock_minus_need, reading
    """
    rule = in_force(TOPIC, as_date(complete_day(view)), None if rules is None else tuple(rules))
    mark = digest({"stock": facts.stock, "feeds": facts.feeds}, [rule], view)
    silence = Silence(facts.feeds, view, FEEDS)
    sites, city = site_cover(facts.stock), city_cover(facts.stock)
    return Plan(
        kind="supplies",
        title=TITLE,
        proposals=_proposals(sites, rule, view, mark),
        summary=_summary(sites, city, rule),
        tables={"sites": sites, "city": city},
        rules=(rule.id,),
        as_of=view.as_of,
        known_at=view.known_at,
        area=view.area,
        inputs_hash=mark,
        caveats=() if facts.stock.empty else (*silence.caveats(USED_SINCE), *_caveats(sites, rule)),
        silence=silence.headlines,
    )


def days_of_cover(quantity: pd.Series, daily_use: pd.Series) -> pd.Series:
    """Return stock divided by use a day: NaN where either is unknown, infinity where nothing is used, never a division by 0."""
    quantity, use = quantity.astype(float), daily_use.astype(float)
    cover = quantity / use.where(use > 0)
    return cover.mask((use == 0) & quantity.notna(), inf)


def site_cover(stock: pd.DataFrame) -> pd.DataFrame:
    """Return the stock with days_of_cover, stock_minus_need (a day's use less) and reading: known, unused or unknown."""
    rows = stock.sort_values(["site", *KEY]).reset_index(drop=True)
    return _read(rows.assign(quantity=rows["quantity"].astype(float), daily_use=rows["daily_use"].astype(float)))


def city_cover(stock: pd.DataFrame) -> pd.DataFrame:
    """Return one row per item and unit over all sites whose use is known; sites, sites_unknown say how many that are.

    Stock of a site that did not report its use is left out (`quantity_unknown`): counting it would promise too many days.
    """
    rows = stock.assign(quantity=stock["quantity"].astype(float), daily_use=stock["daily_use"].astype(float))
    known_use = rows["daily_use"].notna() & rows["quantity"].notna()
    some = rows[known_use].groupby(KEY)[["quantity", "daily_use"]].sum()
    every = rows.groupby(KEY)
    found = pd.DataFrame(index=every.size().index).join(some)
    unknown = rows[~known_use].groupby(KEY)
    found = found.assign(
        sites=every.size(),
        sites_unknown=unknown.size().reindex(found.index).fillna(0).astype(int),
        quantity_unknown=unknown["quantity"].sum().reindex(found.index).fillna(0.0),
    )
    return _read(found.reset_index())


def _read(rows: pd.DataFrame) -> pd.DataFrame:
    cover = days_of_cover(rows["quantity"], rows["daily_use"])
    reading = np.where(cover.isna(), "unknown", np.where(np.isinf(cover), "unused", "known"))
    return rows.assign(days_of_cover=cover, stock_minus_need=rows["quantity"] - rows["daily_use"], reading=reading)


def _proposals(sites: pd.DataFrame, rule: RuleSet, view: View, mark: str) -> tuple[Proposal, ...]:
    common = {
        "as_of": view.as_of,
        "known_at": view.known_at,
        "inputs_hash": mark,
        "rule_id": rule.id,
        "caveats": caveats([rule]),
    }
    short = sites[sites["days_of_cover"] < rule.params["target_days"]]
    short = short.sort_values(["days_of_cover", "site", *KEY])
    unknown = sites[sites["reading"] == "unknown"].groupby("site", sort=True)
    return (
        *(_replenish(row, rule, common) for row in records(short)),
        *(_ask(str(site), rows, rule, common) for site, rows in unknown),
    )


def _replenish(row: dict[str, Any], rule: RuleSet, common: dict[str, Any]) -> Proposal:
    target, cover = rule.params["target_days"], row["days_of_cover"]
    wanted = float(np.ceil(target * row["daily_use"] - row["quantity"]))
    unit = row["unit"] or ""
    when = said_day(int(row["day"]))
    return Proposal(
        subject=f"{row['site']}|{row['item']}" + (f"|{unit}" if unit else ""),
        action="replenish",
        reasons=(
            Reason(
                rule.id,
                f"{when.zh}库存{row['quantity']:,.0f}{unit}，日耗{row['daily_use']:,.0f}{unit}，可用{cover:.2f}天"
                f"{'，不足一天的警戒线' if cover < rule.params['urgent_days'] else ''}。",
                f"{when.en}: {row['quantity']:,.0f} {unit} in stock, {row['daily_use']:,.0f} used a day: {cover:.2f} days"
                f"{', below the urgent line' if cover < rule.params['urgent_days'] else ''}.".replace("  ", " "),
                (f"stock {row['quantity']:.0f}", f"daily use {row['daily_use']:.0f}"),
            ),
            Reason(
                rule.id,
                f"补充{wanted:,.0f}{unit}可达{target:g}天。",
                f"{wanted:,.0f} {unit} more reach {target:g} days.".replace("  ", " "),
            ),
        ),
        flips_if=Words(
            f"库存达到{target * row['daily_use']:,.0f}{unit}，或日耗降到{row['quantity'] / target:,.0f}{unit}以下。",
            f"A stock of {target * row['daily_use']:,.0f}, or a use below {row['quantity'] / target:,.0f} a day.",
        ),
        name=row["name"],
        district=row["district"],
        figures={"item": row["item"], "days_of_cover": cover, "quantity": row["quantity"], "daily_use": row["daily_use"], "wanted": wanted},
        **common,
    )  # fmt: skip


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


def _summary(sites: pd.DataFrame, city: pd.DataFrame, rule: RuleSet) -> dict[str, float]:
    cover = sites["days_of_cover"]
    known_city = [n for n in city["days_of_cover"] if not isnan(n) and not isinf(n)]
    return {
        "items": len(city),
        "sites": int(sites["site"].nunique()),
        "below_target": int((cover < rule.params["target_days"]).sum()),
        "urgent": int((cover < rule.params["urgent_days"]).sum()),
        "unknown": int((sites["reading"] == "unknown").sum()),
        "shortest_city_days": min(known_city, default=float("nan")),
    }


def _caveats(sites: pd.DataFrame, rule: RuleSet) -> tuple[Words, ...]:
    found = [*caveats([rule])]
    n, unknown = len(sites), int((sites["reading"] == "unknown").sum())
    if unknown:
        found.append(
            Words(
                f"{n:,}条库存中{unknown:,}条未报日消耗，未计入全市可用天数。",
                f"{unknown:,} of {n:,} stocks have no daily use and are left out of the city's days of cover.",
            )
        )
    return tuple(found)
