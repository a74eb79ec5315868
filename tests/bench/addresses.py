"""Addresses to compounds, this matcher beside its peers: the same queries in one run, one JSON line a figure.

python -m tests.bench.addresses [--small] [--rounds N]

The queries are those of a drill city that is grown for the purpose, and real ones where FANGYI_REAL_DATA (default: the folder
shared/data beside the project) holds wuhan2020/addresses. Nobody is told the right answers.
"""

import argparse
import json
import re
import statistics
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from dashboard.settings import from_environment
from layers.scenario import addresses
from layers.scenario.city import make_city
from tests.bench.address_peers import DISTRICTS, PEERS, Answer
from tests.bench.points import watched
from tests.bench.province import invented_persons

Say = Callable[..., None]
PRECISION = 0.99
DRILL_QUERIES, SMALL_CITY, SMALLER = 20_000, 2_000, 20
REMATCHED = 50_000  # cases of the drill city, at most
REAL = ("queries_noisy.jsonl", "queries_listing_site.jsonl", "queries_other_cities.jsonl")


@dataclass(frozen=True)
class Queries:
    """Addresses with the position that each means (-1: no listed compound), in an order that hides nothing."""

    name: str
    compounds: pd.DataFrame
    texts: list[str]
    truth: np.ndarray


def measure(say: Say, rounds: int, small: bool) -> None:
    """Say what each peer finds and how fast, for all sets of queries."""
    with tempfile.TemporaryDirectory() as folder:
        for queries in (drill(small), *_real(small)):
            for name, (prepare, most) in PEERS.items():
                ask, (seconds, _, mb) = watched(lambda p=prepare, q=queries: p(q.compounds, Path(folder)))
                say("addresses.prepare", seconds, "s", peer=name, queries=queries.name, extra_mb=round(mb))
                _peer(say, name, ask, queries, max(1, most // (SMALLER if small else 1)), rounds)
            _districts(say, queries)


def drill(small: bool, count: int = DRILL_QUERIES) -> Queries:
    """Addresses of a drill city, with every mistake at the rates of docs/DRILL.md; those of unknown places mean nothing listed."""
    city = make_city(compounds=SMALL_CITY) if small else make_city()
    random = np.random.default_rng(20200211)
    persons = invented_persons(city, count // (SMALLER if small else 1), random)
    written = addresses.write(random, city, persons)
    nowhere = written["fault"].isin(["unknown", "street"])
    truth = np.where(nowhere, -1, persons["compound"])
    columns = ["compound_id", "name", "aliases", "addresses", "areas", "district", "street", "community", "lon", "lat"]
    compounds = pd.DataFrame(city.compounds[columns])
    return Queries("drill", compounds, written["address"].tolist(), truth)


def rematch(say: Say, seconds: float, count: int, small: bool) -> None:
    """Say how much faster than rapidfuzz alone so many cases are matched, given the seconds that we need for them."""
    queries = drill(small)
    for name in ("rapidfuzz WRatio", "rapidfuzz ratio"):
        prepare, most = PEERS[name]
        ask, some = prepare(queries.compounds, Path()), queries.texts[: most // 3]
        _, (took, _, _) = watched(lambda a=ask, s=some: a(s))
        whole = took / len(some) * count
        say(
            "match.cases_baseline",
            whole,
            "s",
            peer=name,
            cases=count,
            measured=len(some),
            ratio=round(whole / seconds, 1),
        )


def _real(small: bool) -> Iterator[Queries]:
    folder = from_environment(mode="drill").real_data / "wuhan2020" / "addresses"
    if not folder.is_dir():
        return
    rows = pd.DataFrame(_lines(folder / "gazetteer.jsonl"))
    names = {"id": "compound_id", "names": "aliases", "addrs": "addresses", "biz": "areas", "lng": "lon"}
    compounds = rows.rename(columns=names)
    at = {code: i for i, code in enumerate(compounds["compound_id"])}
    for file in REAL:
        lines = _lines(folder / file)
        order = np.random.default_rng(len(lines)).permutation(len(lines))[: len(lines) // (SMALLER if small else 1)]
        texts = [lines[i]["query"] for i in order]
        truth = np.array([at[t] if (t := lines[i]["truth"]) is not None else -1 for i in order])
        yield Queries(file.removesuffix(".jsonl"), compounds, texts, truth)


def _lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def _peer(say: Say, name: str, ask: Answer, queries: Queries, most: int, rounds: int) -> None:
    texts, truth = queries.texts[:most], queries.truth[:most]
    runs = []
    for _ in range(rounds):
        (position, score), run = watched(lambda: ask(texts))
        runs.append(run)
    wall, cpu, memory = (statistics.median(values) for values in zip(*runs, strict=True))
    listed = truth >= 0
    right = listed & (position == truth)
    figures: dict[str, Any] = {}
    if listed.any():
        figures["top1"] = round(float(right[listed].mean()), 4)
        figures["recall_at_99"] = round(recall_at(score, right, int(listed.sum())), 4)
    if name == "ours":
        accepted = score > 1
        figures["accepted"] = round(float(accepted.mean()), 4)
        if listed.any():
            figures["accepted_right"] = round(float(right[accepted].mean()), 4)
            figures["recall"] = round(float((right & accepted).sum() / listed.sum()), 4)
    say(
        "addresses.match",
        len(texts) / wall,
        "addresses/s",
        peer=name,
        queries=queries.name,
        count=len(texts),
        a_processor_s=round(len(texts) / cpu),
        extra_mb=round(memory),
        **figures,
    )


def recall_at(score: np.ndarray, right: np.ndarray, listed: int, precision: float = PRECISION) -> float:
    """Return the best recall that any threshold gives with that precision, chosen by someone who knows the answers."""
    order = np.argsort(-score, kind="stable")
    hits, asked = np.cumsum(right[order]), np.arange(1, len(order) + 1)
    ends = np.r_[np.diff(score[order]) != 0, True]  # a threshold cannot part equal scores
    good = ends & (hits >= precision * asked)
    return float(hits[good].max() / listed) if good.any() else 0.0


def _districts(say: Say, queries: Queries) -> None:
    """Of the addresses that state the right district, full or short, say for how many it is found, missed, or another."""
    own = queries.compounds["district"].fillna("").to_numpy(object)
    known = {name for name in own if name.endswith("区") and "开发" not in name and "东湖" not in name}
    stated = [
        (text, own[at])
        for text, at in zip(queries.texts, queries.truth, strict=True)
        if at >= 0 and own[at] in known and _states(text, own[at])
    ]
    if not stated:
        return
    texts = [text for text, _ in stated]
    for name, (prepare, there) in DISTRICTS.items():
        if not there:
            say("addresses.skipped", 0, "not installed", peer=name)
            continue
        ask = prepare(queries.compounds)
        found, (wall, _, _) = watched(lambda a=ask: a(texts))
        right = sum(f == district for f, (_, district) in zip(found, stated, strict=True))
        missing = sum(f == "" for f in found)
        say(
            "addresses.district",
            len(texts) / wall,
            "addresses/s",
            peer=name,
            queries=queries.name,
            count=len(texts),
            right=round(right / len(texts), 4),
            missing=round(missing / len(texts), 4),
            wrong=round((len(texts) - right - missing) / len(texts), 4),
        )


def _states(text: str, district: str) -> bool:
    short = district.removesuffix("区") if len(district) > 2 else district
    return re.match(rf"(?:湖北省?)?(?:武汉市?)?{short}", text) is not None


def main() -> None:
    """Measure the addresses alone."""
    from tests.bench.run import say

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--small", action="store_true", help="a twentieth of the queries, and a small drill city")
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    measure(say, args.rounds, args.small)


if __name__ == "__main__":
    main()
