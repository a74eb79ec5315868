"""Community workers: how many the gates, checks and deliveries of closed compounds take, street by street."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from layers.decisions.rules import RuleSet

BY = ["district", "street"]
COLUMNS = [
    *(*BY, "compounds", "sealed", "households", "households_unknown"),
    *("gate_workers", "check_workers", "delivery_workers", "workers"),
]


def work(compounds: pd.DataFrame, rule: RuleSet) -> pd.DataFrame:
    """Return one row per district and street: COLUMNS; largest need first.

    compounds  code, district, street, households, state (of those under an order)
    sealed     compounds sealed whole or by building
    workers    people employed, not posts: hours of work / hours a day / share of days at work
    A compound without a known number of households needs its gate; its checks and deliveries are not known, so `workers` is
    the least, and `households_unknown` counts such compounds. `households` is NaN where none is known.
    """
    if compounds.empty:
        return pd.DataFrame(columns=COLUMNS)
    rows = compounds.assign(**{name: compounds[name].fillna("") for name in BY})
    rows = rows.assign(**_hours(rows, rule.params), sealed=rows["state"].isin(["sealed", "building_sealed"]))
    rows = rows.assign(unknown=rows["households"].isna())
    sums = rows.groupby(BY, sort=True).agg(
        compounds=("code", "size"),
        sealed=("sealed", "sum"),
        households=("households", lambda values: values.sum(min_count=1)),
        households_unknown=("unknown", "sum"),
        gate=("gate_h", "sum"),
        check=("check_h", "sum"),
        delivery=("delivery_h", "sum"),
    )
    each = rule.params["hours_a_day"] * rule.params["days_on"] / (rule.params["days_on"] + rule.params["days_off"])
    for part in ("gate", "check", "delivery"):
        sums[f"{part}_workers"] = (sums[part] / each).round(1)
    sums["workers"] = np.ceil(sums[["gate", "check", "delivery"]].sum(axis=1) / each - 1e-9)
    found = sums.reset_index()[COLUMNS]
    return found.sort_values(["workers", *BY], ascending=[False, True, True]).reset_index(drop=True)


def _hours(rows: pd.DataFrame, params: Mapping[str, Any]) -> dict[str, pd.Series]:
    """Hours of work a day of each compound; 0 for what is not known, which `households_unknown` counts."""
    households, state = rows["households"].astype(float), rows["state"]
    minutes = {
        "check_h": households * state.map(params["checks_a_day"]).fillna(0.0) * params["check_min"],
        "delivery_h": households * state.map(params["deliveries_a_day"]).fillna(0.0) * params["delivery_min"],
    }
    hours = {name: values.fillna(0.0) / 60 for name, values in minutes.items()}
    return hours | {"gate_h": pd.Series(24.0 * params["gate_posts"], index=rows.index)}
