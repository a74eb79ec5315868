"""What the life of compounds adds up to: the curve by day, the rounds, communities and streets, all as n of N."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from layers.decisions._life_terms import HOLDING, STATES, Life
from layers.decisions._words import iso

UNITS = {"communities": ["district", "street", "community"], "streets": ["district", "street"]}


def removed(before: int, added: int, now: int) -> int:
    """Return how many lost the title between two publications: those there were, and those added, that are there no more.

    Wuhan 2020-03-08: 2,076 + 1,027 new - 3,021 = 82 (Changjiang Daily 2020-03-09; DOMAIN 3, V19).
    """
    return before + added - now


def implied(n: int, share_pct: float) -> float:
    """Return the whole that a published count and its percentage imply: 3,021 at 42.5 % are 3,021 of 7,108 (V19)."""
    return n / share_pct * 100


def curve(life: Life, first: int, districts: Sequence[str]) -> pd.DataFrame:
    """Return one row per day and district, and one per day for the city (district ""): compounds by state at 24:00.

    day, district, compounds, one column per state, no_epidemic (certified, settled and relaxed together), round (whether one
    was held that day). `districts` are those of the compounds, in the order of `life`.
    """
    names = sorted(set(districts))
    of = np.array([names.index(one) for one in districts], dtype=np.int64)
    width = len(STATES)
    parts = []
    for day, states in enumerate(life.daily, start=first):
        counts = np.bincount(of * width + states, minlength=len(names) * width).reshape(len(names), width)
        rows = pd.DataFrame(np.vstack([counts.sum(axis=0), counts]), columns=list(STATES))
        rows.insert(0, "day", iso(day))
        rows.insert(1, "district", ["", *names])
        parts.append(rows.assign(round=day in life.held))
    if not parts:
        return pd.DataFrame(columns=["day", "district", "compounds", *STATES, "no_epidemic", "round"])
    found = pd.concat(parts, ignore_index=True)
    found.insert(2, "compounds", found[list(STATES)].sum(axis=1))
    return found.assign(no_epidemic=found[list(HOLDING)].sum(axis=1))


def rounds(life: Life, first: int) -> pd.DataFrame:
    """Return one row per round that was held: day, no_epidemic, added and removed since the round before, compounds, share_pct."""
    holding = np.array([state in HOLDING for state in STATES])
    before, rows = np.zeros(life.daily.shape[1] if life.daily.ndim == 2 else 0, dtype=bool), []
    for day in life.held:
        now = holding[life.daily[day - first]]
        total = int(now.sum())
        added = int((now & ~before).sum())
        gone = removed(int(before.sum()), added, total)
        rows.append((iso(day), total, added, gone, len(now), round(total / len(now) * 100, 1) if len(now) else np.nan))
        before = now
    return pd.DataFrame(rows, columns=["day", "no_epidemic", "added", "removed", "compounds", "share_pct"])


def roll_up(state: pd.DataFrame, unit: str) -> pd.DataFrame:
    """Return one row per community or street: it is free of the epidemic when all its compounds are.

    state   district, street, community, life: one row per compound; those whose unit is not known are left out and counted
            by `unknown_unit`
    Columns: the unit's own, compounds (N), no_epidemic, suspended, cancelled, candidate (n), life: certified when n = N,
    suspended when only suspended ones are missing, cancelled when one was cancelled, else closed. A street also has
    communities and communities_free.
    From 2020-04-04 an asymptomatic infection takes the title of its community and street too (Changjiang Daily 2020-04-05):
    it takes the compound's, and so theirs.
    """
    keys = UNITS[unit]
    rows = state[_known(state, keys)]
    flags = {name: rows["life"] == name for name in ("suspended", "cancelled", "candidate")}
    flagged = rows[keys].assign(compounds=1, no_epidemic=rows["life"].isin(HOLDING), **flags)
    found = flagged.groupby(keys, as_index=False).sum()
    numbers = ["compounds", "no_epidemic", "suspended", "cancelled", "candidate"]
    found = found.astype(dict.fromkeys(numbers, int))
    full = found["no_epidemic"] == found["compounds"]
    nearly = found["no_epidemic"] + found["suspended"] == found["compounds"]
    life = np.select([full, nearly, found["cancelled"] > 0], ["certified", "suspended", "cancelled"], "closed")
    found = found.assign(life=life.astype(object))
    return found if unit == "communities" else _with_communities(found, rows)


def unknown_unit(state: pd.DataFrame, unit: str) -> int:
    """Return how many compounds have no known community or street, and so count in none."""
    return int((~_known(state, UNITS[unit])).sum())


def _known(state: pd.DataFrame, keys: list[str]) -> pd.Series:
    return (state[keys].fillna("").astype(str) != "").all(axis=1)


def _with_communities(streets: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    below = roll_up(rows, "communities")
    free = below.assign(free=below["life"] == "certified").groupby(["district", "street"])["free"].agg(["size", "sum"])
    at = pd.MultiIndex.from_frame(streets[["district", "street"]])
    counts = free.reindex(at).fillna(0).astype(int).to_numpy()
    return streets.assign(communities=counts[:, 0], communities_free=counts[:, 1])
