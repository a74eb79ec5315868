"""Clusters of a view: where and when more cases lie together than chance explains, how sure that is, and whether it lasts
when the map is cut otherwise. A search takes a minute for a city, so its result is kept by the digest of what it was made from.
"""

import json
import os
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from layers._times import day_start
from layers._view import View
from layers.decisions._cluster_facts import ClusterFacts, gather, held
from layers.decisions._cluster_levels import LEVELS, Homes, homes, hot_spots, scanned, shared
from layers.decisions._cluster_words import LEVEL_WORDS, what_to_know
from layers.decisions._inputs import digest
from layers.decisions._proposal import Words, plain
from layers.decisions.rules import RuleSet
from layers.store import Store

__all__ = ["ClusterFacts", "Clusters", "gather", "keep", "kept", "mark", "search"]
FORM = "2"  # of what is kept; another number makes kept results unreadable, and so found anew
COLUMNS = [
    *("rank", "codes", "names", "districts", "lon", "lat", "radius_m", "observed", "expected", "ratio", "llr", "p"),
    *("first_day", "last_day", "people", "at_community", "at_street", "stable"),
]
COMPOUND_COLUMNS = ["code", "rank", "cases", "rate", "gi_z", "gi_q", "moran_i", "moran_q"]
Progress = Callable[[int, int, str, str], None]
_in_memory: dict[str, "Clusters"] = {}  # of stores that keep no files, and of this process


@dataclass(frozen=True)
class Clusters:
    """What a search found.

    clusters   one row per cluster of compounds with p at most alpha, most likely first: COLUMNS. codes: compounds inside, most cases first;
               at_community, at_street: share of its cases inside clusters of that level (NaN: too few units to look);
               stable: "yes", "no" or "unknown"
    compounds  compounds in a cluster or with a hot neighbourhood: COMPOUND_COLUMNS; rank 0: in none
    figures    cases (scanned), new (in the area), unplaced (new, but in no compound), without_place, without_people,
               small (clusters of too few cases), chance (with p above alpha), replicates, window_days
    model      "poisson" or "space_time"
    """

    clusters: pd.DataFrame
    compounds: pd.DataFrame
    figures: dict[str, float]
    model: str
    measure: str
    rules: tuple[str, ...]
    area: str
    as_of: str
    known_at: str
    inputs_hash: str
    caveats: tuple[Words, ...] = field(default=())

    def to_json(self) -> str:
        """Return everything as JSON; equal clusters give equal text."""
        content = {
            name: plain(value)
            for name, value in self.__dict__.items()
            if name not in ("clusters", "compounds", "caveats")
        }
        tables = {
            name: [plain(row) for row in getattr(self, name).to_dict("records")] for name in ("clusters", "compounds")
        }
        said = [asdict(words) for words in self.caveats]
        return json.dumps(
            content | tables | {"caveats": said, "form": FORM}, sort_keys=True, ensure_ascii=False, allow_nan=False
        )

    @classmethod
    def from_json(cls, text: str) -> "Clusters":
        """Return what `to_json` wrote."""
        found: dict[str, Any] = json.loads(text)
        tables = {
            "clusters": pd.DataFrame(found.pop("clusters"), columns=COLUMNS),
            "compounds": pd.DataFrame(found.pop("compounds"), columns=COMPOUND_COLUMNS),
        }
        for name in ("radius_m", "at_community", "at_street", "people"):
            tables["clusters"][name] = pd.to_numeric(tables["clusters"][name])
        for name in COMPOUND_COLUMNS[1:]:
            tables["compounds"][name] = pd.to_numeric(tables["compounds"][name])
        said = tuple(Words(**words) for words in found.pop("caveats"))
        found.pop("form")
        return cls(tables["clusters"], tables["compounds"], caveats=said, rules=tuple(found.pop("rules")), **found)


def mark(facts: ClusterFacts, view: View, rules: Iterable[RuleSet] | None = None) -> str:
    """Return the digest of everything that a search of these facts rests on.

    Clocks count only by what was known at them: a minute later nothing else is found.
    """
    last = day_start(facts.last_day + 1)
    still = replace(view, as_of=last, known_at=last, filters={})
    return digest(facts.frames(), held(view, rules).values(), still, f"clusters {FORM}")


def search(
    facts: ClusterFacts, view: View, rules: Iterable[RuleSet] | None = None, progress: Progress | None = None
) -> Clusters:
    """Return the clusters of a view; pure: equal inputs give equal clusters.

    progress  told (done, all, zh, en) after each replicate; what it raises (Cancelled) ends the search
    """
    rules = None if rules is None else tuple(rules)
    in_use = held(view, rules)
    settings = in_use["cluster-scan"].params
    found = homes(facts.compounds, facts.recent, facts.last_day, settings)
    levels = {
        level: scanned(found, level, facts.last_day, settings, _teller(progress, at, level, settings["replicates"]))
        for at, level in enumerate(LEVELS)
    }
    table, figures = _table(found, levels, settings)
    spots = hot_spots(found, settings)
    figures |= _figures(facts, found, settings)
    few = tuple(level for level, rows in levels.items() if rows is None)
    return Clusters(
        clusters=table,
        compounds=_compounds(found, table, spots, settings),
        figures=figures,
        model="poisson" if found.measure else "space_time",
        measure=found.measure,
        rules=tuple(rule.id for rule in in_use.values()),
        area=view.area,
        as_of=view.as_of.isoformat(),
        known_at=view.known_at.isoformat(),
        inputs_hash=mark(facts, view, rules),
        caveats=what_to_know(facts, view, found.measure, figures, in_use, rules, few),
    )


def kept(store: Store, name: str) -> Clusters | None:
    """Return the kept result with this mark, None where nobody has searched yet."""
    if name in _in_memory:
        return _in_memory[name]
    path = _path(store, name)
    if path is None or not path.is_file():
        return None
    found = _in_memory[name] = Clusters.from_json(path.read_text("utf-8"))
    return found


def keep(store: Store, found: Clusters) -> None:
    """Keep a result: in memory, and in the store's folder where it has one."""
    _in_memory[found.inputs_hash] = found
    path = _path(store, found.inputs_hash)
    if path is None:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=path.parent, delete=False) as file:
        file.write(found.to_json())
    os.replace(file.name, path)  # a reader sees the whole file or none


def _path(store: Store, name: str) -> Path | None:
    return None if store.cache is None else store.cache / f"clusters-{name[:32]}.json"


def _teller(progress: Progress | None, at: int, level: str, replicates: int) -> Callable[[int, int], None] | None:
    if progress is None:
        return None
    words = LEVEL_WORDS[level]

    def told(done: int, _: int) -> None:
        progress(at * replicates + done, len(LEVELS) * replicates, f"按{words.zh}扫描", f"scanning by {words.en}")

    return told


def _table(
    found: Homes, levels: dict[str, pd.DataFrame | None], settings: Any
) -> tuple[pd.DataFrame, dict[str, float]]:
    table = levels["compound"]
    if table is None or table.empty:
        return pd.DataFrame(columns=COLUMNS), {"small": 0, "chance": 0}
    likely = table[table["p"] <= settings["alpha"]]
    shown = likely[likely["observed"] >= settings["min_cases"]].reset_index(drop=True)
    cases = found.rows["cases"].to_numpy()
    shares = {
        level: [shared(members, levels[level], cases, settings["alpha"]) for members in shown["members"]]
        for level in LEVELS[1:]
    }
    rows = [_row(found, one) for one in shown.to_dict("records")]
    out = pd.DataFrame(rows, columns=[c for c in COLUMNS if not c.startswith(("at_", "stable", "rank"))])
    out.insert(0, "rank", np.arange(1, len(out) + 1))
    out = out.assign(at_community=shares["community"], at_street=shares["street"])
    out["stable"] = [_stable(a, b, settings["same_share"]) for a, b in zip(*shares.values(), strict=True)]
    return out[COLUMNS], {"small": len(likely) - len(shown), "chance": len(table) - len(likely)}


def _row(found: Homes, one: dict[str, Any]) -> dict[str, Any]:
    inside = found.rows.iloc[list(one["members"])]
    x, y = inside["x"].mean(), inside["y"].mean()
    first = inside.sort_values(["cases", "code"], ascending=[False, True])
    return {
        "codes": first["code"].tolist(),
        "names": first["name"].fillna("").tolist()[:3],
        "districts": sorted(set(inside["district"].dropna())),
        "lon": float(inside["lon"].mean()),
        "lat": float(inside["lat"].mean()),
        "radius_m": float(np.hypot(inside["x"] - x, inside["y"] - y).max()),
        **{name: one[name] for name in ("observed", "expected", "llr", "p", "first_day", "last_day")},
        "ratio": one["observed"] / one["expected"] if one["expected"] else np.nan,
        "people": float(inside["people"].sum()) if found.measure else np.nan,
    }


def _stable(community: float, street: float, wanted: float) -> str:
    known = [share for share in (community, street) if not np.isnan(share)]
    if any(share < wanted for share in known):
        return "no"
    return "yes" if len(known) == 2 else "unknown"


def _compounds(found: Homes, table: pd.DataFrame, spots: pd.DataFrame, settings: Any) -> pd.DataFrame:
    rank = {code: at for at, codes in zip(table["rank"], table["codes"], strict=True) for code in codes}
    rows = found.rows[["code", "cases"]].merge(spots, on="code", how="left")
    rows["rank"] = rows["code"].map(rank).fillna(0).astype(int)
    hot = (rows["gi_q"] <= settings["alpha"]) | (rows["moran_q"] <= settings["alpha"])
    # A rate on few cases says little and may point at a person: the statistics stay, the number does not.
    rows["rate"] = rows["rate"].where(rows["cases"] >= settings["min_cases"])
    return rows.loc[(rows["rank"] > 0) | hot, COMPOUND_COLUMNS].reset_index(drop=True)


def _figures(facts: ClusterFacts, found: Homes, settings: Any) -> dict[str, float]:
    placed = int(facts.recent.loc[facts.recent["day"] > facts.last_day - settings["days"], "n"].sum())
    return {
        "cases": int(found.rows["cases"].sum()),
        "new": np.nan if facts.new is None else facts.new,
        "unplaced": np.nan if facts.new is None else facts.new - placed,
        "without_place": found.without_place,
        "without_people": found.without_people,
        "replicates": settings["replicates"],
        "window_days": settings["days"],
        "last_day": facts.last_day,
    }
