"""How long stock lasts: the use a day, days of cover, reorder points and the age of a shortage; what is unknown stays unknown (DOMAIN 2)."""

from collections.abc import Mapping
from math import inf

import numpy as np
import pandas as pd

from layers.decisions._staff_need import duty_share
from layers.decisions.rules import RuleSet

KEY = ["item", "unit"]
EACH = ["site", *KEY]


def days_of_cover(quantity: pd.Series, daily_use: pd.Series) -> pd.Series:
    """Return stock divided by use a day: NaN where either is unknown, infinity where nothing is used, never a division by 0."""
    quantity, use = quantity.astype(float), daily_use.astype(float)
    cover = quantity / use.where(use > 0)
    return cover.mask((use == 0) & quantity.notna(), inf)


def site_cover(stock: pd.DataFrame) -> pd.DataFrame:
    """Return the stock with days_of_cover, stock_minus_need (a day's use less) and reading: known, unused or unknown.

    What is used is `burn` where the stock has it, else `daily_use`.
    """
    rows = stock.sort_values(EACH).reset_index(drop=True)
    return _read(rows.assign(quantity=rows["quantity"].astype(float), daily_use=rows["daily_use"].astype(float)))


def city_cover(stock: pd.DataFrame) -> pd.DataFrame:
    """Return one row per item and unit over all sites whose use is known; sites, sites_unknown say how many that are.

    Stock of a site whose use is not known is left out (`quantity_unknown`): counting it would promise too many days.
    """
    rows = stock.assign(quantity=stock["quantity"].astype(float), daily_use=stock["daily_use"].astype(float))
    used = "burn" if "burn" in rows else "daily_use"
    known_use = rows[used].notna() & rows["quantity"].notna()
    sums = ["quantity", *dict.fromkeys(("daily_use", used))]
    some = rows[known_use].groupby(KEY)[sums].sum()
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
    use = rows["burn"] if "burn" in rows else rows["daily_use"]
    cover = days_of_cover(rows["quantity"], use)
    reading = np.where(cover.isna(), "unknown", np.where(np.isinf(cover), "unused", "known"))
    return rows.assign(days_of_cover=cover, stock_minus_need=rows["quantity"] - use, reading=reading)


def with_burn(
    stock: pd.DataFrame,
    history: pd.DataFrame,
    staff: pd.DataFrame,
    rules: Mapping[str, RuleSet],
    *,
    patients: float = 1.0,
    arrivals: float = 0.0,
) -> pd.DataFrame:
    """Return the stock with use_smoothed, use_by_staff, burn (the larger), burn_source (use | staff | ""), sigma, reports.

    use_smoothed  mean of the uses reported, each half as heavy as one `half_life_days` later; NaN where none was
    use_by_staff  people at work a day x what each needs at least; NaN where no ratio or no staff is known
    sigma         standard deviation of the reported uses, NaN with fewer than `least_reports` of them
    patients      factor by which use follows assumed patients;  arrivals: assumed more people, in per cent of those present
    """
    rule = rules["supply-reorder"].params
    seen = pd.concat([part for part in (history, stock[history.columns]) if len(part)] or [history], ignore_index=True)
    seen = seen.drop_duplicates([*EACH, "day"], keep="last").assign(use=lambda r: r["daily_use"].astype(float))
    seen = seen.dropna(subset=["use"])
    last = seen.groupby(EACH)["day"].transform("max")
    weight = 0.5 ** ((last - seen["day"]).astype(float) / rule["half_life_days"])
    sums = seen.assign(weight=weight, weighted=weight * seen["use"]).groupby(EACH)
    smoothed = (sums["weighted"].sum() / sums["weight"].sum()).rename("use_smoothed")
    reports = sums.size().rename("reports")
    sigma = sums["use"].std().where(reports >= rule["least_reports"]).rename("sigma")
    found = stock.join(pd.concat([smoothed, sigma, reports], axis=1), on=EACH)
    found["reports"] = found["reports"].fillna(0).astype(int)
    found["use_smoothed"] = found["use_smoothed"].astype(float) * patients
    people = found["site"].map(dict(zip(staff["site"], staff["people"], strict=True))).astype(float)
    each = found["item"].map(rules["supply-ratio"].params["a_day"]).astype(float)
    found["use_by_staff"] = people * (1 + arrivals / 100) * duty_share(rules["staff-rest"]) * each
    both = found[["use_smoothed", "use_by_staff"]]
    found["burn"] = both.max(axis=1)
    by_staff = both["use_by_staff"].fillna(-1) > both["use_smoothed"].fillna(-1)
    found["burn_source"] = np.where(found["burn"].isna(), "", np.where(by_staff, "staff", "use"))
    return found


def with_reorder(sites: pd.DataFrame, rule: RuleSet) -> pd.DataFrame:
    """Return the sites with safety and reorder_point: (lead + review) x burn + z x sigma x root of lead.

    Where sigma is not known there is no safety stock in the point (`safety` NaN): it is the least that must be there.
    """
    p = rule.params
    safety = p["z"] * sites["sigma"].astype(float) * p["lead_days"] ** 0.5
    point = (p["lead_days"] + p["review_days"]) * sites["burn"].astype(float) + safety.fillna(0.0)
    return sites.assign(safety=safety, reorder_point=point)


def with_age(sites: pd.DataFrame, history: pd.DataFrame, target_days: float, day: int) -> pd.DataFrame:
    """Return the sites with short_since: first day number of the run of counts below the target that lasts to now; NaN: not short.

    short_days counts that day as the first. The run begins no earlier than the history that was read.
    """
    if history.empty:
        since = pd.Series(np.nan, index=sites.index)
        since = since.mask(sites["days_of_cover"] < target_days, sites["day"].astype(float))
        return sites.assign(short_since=since, short_days=day - since + 1)
    seen = history.sort_values("day")
    if "burn" in sites:  # as today's cover: what was reported may be less than what is used
        seen = seen.join(sites.set_index(EACH)["burn"], on=EACH)
    seen = seen.assign(cover=days_of_cover(seen["quantity"], seen["burn" if "burn" in seen else "daily_use"]))
    seen = seen[seen["cover"].notna()]
    enough = seen[seen["cover"] >= target_days].groupby(EACH)["day"].max().rename("enough")
    seen = seen.join(enough, on=EACH)
    run = seen[seen["day"] > seen["enough"].fillna(-inf)].groupby(EACH)["day"].min().rename("short_since")
    found = sites.join(run, on=EACH)
    short = found["days_of_cover"] < target_days
    since = found["short_since"].astype(float).fillna(found["day"].astype(float)).where(short)
    return found.assign(short_since=since, short_days=day - since + 1)
