"""Redistribution: stock from sites with more than their floor to those that run short, the shortest cover lifted first (DOMAIN 2)."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from layers.decisions._bed_travel import great_circle_km
from layers.decisions._supply_cover import KEY
from layers.decisions.flow import transport
from layers.decisions.rules import RuleSet

MOVES = [*KEY, "giver", "taker", "amount", "km"]
NO_POSITION_KM = 30.0  # a site without a position: as far as the other end of the city
HALVINGS = 60


def redistribute(sites: pd.DataFrame, places: pd.DataFrame, rules: Mapping[str, RuleSet]) -> pd.DataFrame:
    """Return MOVES: how much of each item goes from which site to which, in whole units.

    sites  site, item, unit, quantity, burn (a day; NaN: unknown, the site neither gives nor takes)
    Givers keep `donor_floor_days` of their own burn. In two steps: the highest cover, up to the target, to which every short
    site can be lifted at once (so the largest shortfall is as small as can be), then the least kilometres that do it.
    """
    target, floor = rules["supply-cover"].params["target_days"], rules["supply-reorder"].params["donor_floor_days"]
    where = places.drop_duplicates("site").set_index("site")[["lon", "lat"]].astype(float)
    known = sites[sites["burn"].notna() & sites["quantity"].notna()]
    found = [_of_item(rows, where, target, max(floor, target)) for _, rows in known.groupby(KEY, sort=True)]
    moves = pd.concat([rows for rows in found if len(rows)] or [pd.DataFrame(columns=MOVES)], ignore_index=True)
    return moves[MOVES]


def highest_cover(quantity: np.ndarray, burn: np.ndarray, supply: float, target: float) -> float:
    """Return the cover in days, at most `target`, to which `supply` can lift every site (bisection)."""
    low, high = 0.0, target
    if _lift(quantity, burn, high) <= supply:
        return target
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if _lift(quantity, burn, middle) <= supply else (low, middle)
    return low


def _lift(quantity: np.ndarray, burn: np.ndarray, cover: float) -> float:
    return float(np.maximum(cover * burn - quantity, 0).sum())


def _of_item(rows: pd.DataFrame, where: pd.DataFrame, target: float, floor: float) -> pd.DataFrame:
    rows = rows.sort_values("site")
    quantity, burn = rows["quantity"].to_numpy(float), rows["burn"].to_numpy(float)
    spare = np.floor(np.maximum(quantity - floor * burn, 0))
    cover = highest_cover(quantity, burn, float(spare.sum()), target)
    wanted = np.floor(np.maximum(cover * burn - quantity, 0) + 1e-6)
    givers, takers = np.flatnonzero(spare > 0), np.flatnonzero(wanted > 0)
    if not len(givers) or not len(takers):
        return pd.DataFrame(columns=MOVES)
    at = where.reindex(rows["site"]).to_numpy()
    km = great_circle_km(at[givers, :1], at[givers, 1:], at[None, takers, 0], at[None, takers, 1])
    km = np.where(np.isnan(km), NO_POSITION_KM, km)
    amounts = transport(km, spare[givers], wanted[takers]).assignment
    one, other = np.nonzero(amounts)
    site = rows["site"].to_numpy()
    return pd.DataFrame(
        {
            **{name: rows[name].iloc[0] for name in KEY},
            "giver": site[givers[one]],
            "taker": site[takers[other]],
            "amount": amounts[one, other],
            "km": km[one, other],
        }
    )


def with_moves(sites: pd.DataFrame, moves: pd.DataFrame) -> pd.DataFrame:
    """Return the sites with moved_in, moved_out and cover_after: days of cover once the moves are done."""
    came = moves.groupby(["taker", *KEY])["amount"].sum().rename_axis(["site", *KEY]).rename("moved_in")
    went = moves.groupby(["giver", *KEY])["amount"].sum().rename_axis(["site", *KEY]).rename("moved_out")
    found = sites.join(came, on=["site", *KEY]).join(went, on=["site", *KEY])
    found = found.assign(**{name: found[name].astype(float).fillna(0.0) for name in ("moved_in", "moved_out")})
    rest = found["quantity"] + found["moved_in"] - found["moved_out"]
    after = (rest / found["burn"].where(found["burn"] > 0)).mask(found["burn"] == 0, found["days_of_cover"])
    return found.assign(cover_after=after)
