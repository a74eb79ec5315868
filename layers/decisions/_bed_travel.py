"""How far it is: great circle, detour and speed. Indicative, because the store has no roads."""

from typing import Any

import numpy as np

from layers.decisions.rules import RuleSet

EARTH_KM = 6371.0088  # mean radius of the earth (IUGG)


def great_circle_km(lon: Any, lat: Any, lons: np.ndarray, lats: np.ndarray) -> np.ndarray:
    """Return kilometres along the sphere (haversine): a straight line over the ground, not a travel distance."""
    x, y, xs, ys = (np.radians(np.asarray(value, dtype=float)) for value in (lon, lat, lons, lats))
    half = np.sin((ys - y) / 2) ** 2 + np.cos(y) * np.cos(ys) * np.sin((xs - x) / 2) ** 2
    return np.asarray(2 * EARTH_KM * np.arcsin(np.sqrt(half)))


def minutes(km: Any, rule: RuleSet) -> np.ndarray:
    """Return minutes on the road for straight-line kilometres: x detour / speed."""
    return np.asarray(np.asarray(km, dtype=float) * rule.params["detour"] / rule.params["speed_kmh"] * 60)


def minutes_between(
    lons: np.ndarray, lats: np.ndarray, to_lons: np.ndarray, to_lats: np.ndarray, rule: RuleSet
) -> np.ndarray:
    """Return minutes from each place (rows) to each site (columns); NaN where either has no position."""
    one, other = (np.asarray(values, dtype=float)[:, None] for values in (lons, lats))
    return minutes(great_circle_km(one, other, np.asarray(to_lons)[None], np.asarray(to_lats)[None]), rule)
