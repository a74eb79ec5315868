"""Where the invented persons live: compounds at risk, buildings that cluster, households that share a door."""

import numpy as np
import pandas as pd

from layers.scenario.city import City

SHARED_DOOR = 0.3  # share of cases that live behind the same door as the case before them in their compound
AGES = (np.array([0, 20, 40, 60, 80, 96]), np.array([0.02, 0.20, 0.38, 0.33, 0.07]))


def risk(city: City) -> np.ndarray:
    """Return the chance of each compound to be the home of a case; sums to 1.

    Districts get their published share of the city's cases; inside one, compounds go by their weight, which holds people,
    nearness to the first cases and a gamma factor: few compounds have many cases.
    """
    compounds = city.compounds
    weight = compounds["weight"].astype(float)
    share = compounds["district_code"].map(city.districts.set_index("code")["cases"])
    chance = (share * weight / weight.groupby(compounds["district_code"]).transform("sum")).to_numpy()
    return np.asarray(chance / chance.sum())


def dwell(rng: np.random.Generator, city: City, chance: np.ndarray, size: int) -> pd.DataFrame:
    """Return compound (position), building, unit, room of `size` persons; the order of rows is the order of infection."""
    compound = rng.choice(len(chance), size, p=chance)
    buildings = np.maximum(city.compounds["buildings"].to_numpy(int)[compound], 1)
    # The square makes a few buildings of a compound carry most of its cases; the shift hides which.
    building = (buildings * rng.random(size) ** 2).astype(int)
    home = pd.DataFrame(
        {
            "compound": compound,
            "building": (building + compound * 7) % buildings + 1,
            "unit": rng.integers(1, 4, size),
            "room": rng.integers(1, 19, size) * 100 + rng.integers(1, 5, size),
        }
    )
    return _share_doors(rng, home)


def _share_doors(rng: np.random.Generator, homes: pd.DataFrame) -> pd.DataFrame:
    order = homes.sort_values("compound", kind="stable").index.to_numpy()
    compound = homes["compound"].to_numpy()[order]
    joins = np.zeros(len(order), dtype=bool)
    joins[1:] = (compound[1:] == compound[:-1]) & (rng.random(len(order) - 1) < SHARED_DOOR)
    leader = order[np.maximum.accumulate(np.where(joins, 0, np.arange(len(order))))]
    shared = homes.loc[leader, ["building", "unit", "room"]].to_numpy()
    homes.loc[order, ["building", "unit", "room"]] = shared
    return homes


def ages(rng: np.random.Generator, size: int) -> np.ndarray:
    """Draw ages: mostly from 40 to 80, as among the first 44,672 cases (China CDC Weekly 2020)."""
    band = rng.choice(len(AGES[1]), size, p=AGES[1])
    return rng.integers(AGES[0][band], AGES[0][band + 1])
