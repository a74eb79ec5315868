"""Other ways to find the compound that an address means: each prepares once and then answers all addresses.

A peer is a function of the compounds and returns how to ask it; the answer is for each address the best position (-1 for none)
and a score that should be the higher the surer it is.
"""

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd
from rapidfuzz import fuzz, process
from sklearn.feature_extraction.text import TfidfVectorizer

from geo.address_match import AddressMatcher
from geo.address_model import judge_for
from geo.address_spelling import normalise
from geo.gazetteer import Gazetteer, list_of

Found = tuple[np.ndarray, np.ndarray]
Answer = Callable[[list[str]], Found]
AT_ONCE = 1_000  # addresses, where a peer makes a table of all compounds


def ours(compounds: pd.DataFrame, cache: Path) -> Answer:
    """This project's matcher, its judge fitted to these compounds."""
    gazetteer = Gazetteer.from_frame(compounds)
    matcher = AddressMatcher(gazetteer, judge_for(gazetteer, cache))

    def ask(addresses: list[str]) -> Found:
        answers = matcher.match(addresses)
        # What is accepted comes before what is not, whatever its probability: that is the order in which it is believed.
        score = [a.probability + (a.status == "accepted") for a in answers]
        return np.array([a.position for a in answers]), np.array(score)

    return ask


def wratio(compounds: pd.DataFrame, cache: Path) -> Answer:
    """The best of rapidfuzz' weighted ratios over district, address and name in one string."""
    return _best_of(_whole(compounds), fuzz.WRatio)


def ratio(compounds: pd.DataFrame, cache: Path) -> Answer:
    """The best of rapidfuzz' plain ratios over the same strings."""
    return _best_of(_whole(compounds), fuzz.ratio)


def substring(compounds: pd.DataFrame, cache: Path) -> Answer:
    """The longest name that stands in the address letter by letter, both in normal spelling."""
    named = [(normalise(name), at) for at, names in enumerate(_names(compounds)) for name in names]
    named = sorted((pair for pair in named if len(pair[0]) >= 2), key=lambda pair: -len(pair[0]))

    def ask(addresses: list[str]) -> Found:
        found = [next(((len(n), at) for n, at in named if n in text), (0, -1)) for text in map(normalise, addresses)]
        return np.array([at for _, at in found]), np.array([length for length, _ in found], dtype=float)

    return ask


def tfidf(compounds: pd.DataFrame, cache: Path) -> Answer:
    """The name whose runs of one to three characters weigh most like those of the address (cosine)."""
    names = [(normalise(name), at) for at, names in enumerate(_names(compounds)) for name in names]
    owner = np.array([at for _, at in names])
    weigh = TfidfVectorizer(analyzer="char", ngram_range=(1, 3))
    table = weigh.fit_transform([name for name, _ in names]).T.tocsr()

    def ask(addresses: list[str]) -> Found:
        position, score = np.empty(len(addresses), dtype=int), np.empty(len(addresses))
        for at in range(0, len(addresses), AT_ONCE):
            part = slice(at, at + AT_ONCE)
            alike = weigh.transform([normalise(text) for text in addresses[part]]) @ table
            position[part] = owner[np.asarray(alike.argmax(axis=1)).ravel()]
            score[part] = alike.max(axis=1).toarray().ravel()
        return position, score

    return ask


# name -> peer, the most addresses that it answers in bearable time
PEERS: dict[str, tuple[Callable[[pd.DataFrame, Path], Answer], int]] = {
    "rapidfuzz WRatio": (wratio, 300),
    "rapidfuzz ratio": (ratio, 2_000),
    "exact substring": (substring, 4_000),
    "TF-IDF cosine": (tfidf, 20_000),
    "ours": (ours, 20_000),
}


def our_districts(compounds: pd.DataFrame) -> Callable[[list[str]], list[str]]:
    """How to ask this project's reader for the district that an address states, "" for none."""
    matcher = AddressMatcher(Gazetteer.from_frame(compounds))

    def ask(addresses: list[str]) -> list[str]:
        found = [matcher.finder.reader.read(text).districts for text in addresses]
        return [districts[0][1] if districts else "" for districts in found]

    return ask


def cpca_districts(compounds: pd.DataFrame) -> Callable[[list[str]], list[str]]:
    """How to ask cpca, which knows all of China and no compounds."""
    import cpca

    return lambda addresses: cpca.transform(addresses)["区"].fillna("").tolist()


DISTRICTS = {"cpca": (cpca_districts, find_spec("cpca") is not None), "ours": (our_districts, True)}


def _best_of(whole: list[str], scorer: Callable[..., float]) -> Answer:
    def ask(addresses: list[str]) -> Found:
        found = [process.extractOne(text, whole, scorer=scorer) for text in addresses]
        return np.array([at for _, _, at in found]), np.array([score for _, score, _ in found])

    return ask


def _whole(compounds: pd.DataFrame) -> list[str]:
    addresses = [list_of(value) for value in compounds["addresses"]]
    districts = compounds["district"].fillna("")
    rows = zip(districts, addresses, compounds["name"], strict=True)
    return [f"{district}{''.join(listed[:1])}{name}" for district, listed, name in rows]


def _names(compounds: pd.DataFrame) -> list[list[str]]:
    return [[n, *list_of(a)] for n, a in zip(compounds["name"], compounds["aliases"], strict=True)]
