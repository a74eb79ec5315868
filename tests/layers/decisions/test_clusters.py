"""Clusters of a view: what is found, what is said about it, and what must not be taken for a cluster."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from layers._errors import Cancelled, ViewError
from layers._times import day_number, parse_time
from layers._view import View
from layers.decisions import clusters
from layers.decisions._cluster_levels import homes, scanned, unit_of
from layers.decisions.clusters import ClusterFacts, Clusters, mark, search
from layers.decisions.rules import all_rules
from layers.store import open_store
from tests import city

END = parse_time("2020-03-10T23:59:59")
LAST = day_number(END) - 1
VIEW = View(as_of=END, known_at=END)
# Fewer replicates, so that the tests are quick; p can still be 0.01.
RULES = tuple(
    replace(rule, params={**rule.params, "replicates": 99}) if rule.topic == "cluster-scan" else rule
    for rule in all_rules()
)
SETTINGS = next(rule for rule in RULES if rule.topic == "cluster-scan").params


def town(side: int = 12, *, people: float = 1000, streets: int = 3, communities: int = 2) -> pd.DataFrame:
    """A square town, compounds 300 m apart; streets are blocks of 3 x 3 compounds, communities rows of them."""
    at = np.stack(np.meshgrid(np.arange(side), np.arange(side)), axis=-1).reshape(-1, 2)
    block, row = at // streets, at % streets // (streets // communities + 1)
    return pd.DataFrame(
        {
            "code": [f"C{n:03}" for n in range(len(at))],
            "name": [f"小区{n}" for n in range(len(at))],
            "district": "420102",
            "street": [f"街道{x}{y}" for x, y in block],
            "community": [f"社区{y}" for y in row[:, 1]],
            "households": people / 2,
            "population": float(people),
            "lon": 114.2 + at[:, 0] * 0.003,
            "lat": 30.5 + at[:, 1] * 0.0027,
        }
    )


def cases(compounds: pd.DataFrame, *, hot: tuple[int, ...] = (), many: int = 12, seed: int = 0) -> pd.DataFrame:
    """About one case a compound over 28 days, and `many` more in the last days in the hot ones."""
    random = np.random.default_rng(seed)
    n = random.poisson(1.5, len(compounds))
    rows = pd.DataFrame(
        {"area": np.repeat(compounds["code"], n), "day": LAST - random.integers(0, 28, n.sum()), "n": 1}
    )
    more = [(compounds["code"].iloc[at], LAST - k % 5, 1) for at in hot for k in range(many)]
    return (
        pd.concat([rows, pd.DataFrame(more, columns=["area", "day", "n"])])
        .groupby(["area", "day"], as_index=False)
        .sum()
    )


def facts(compounds: pd.DataFrame, recent: pd.DataFrame, new: int | None = None) -> ClusterFacts:
    window = int(recent.loc[recent["day"] > LAST - SETTINGS["days"], "n"].sum())
    heard = pd.DataFrame({"feed": ["cases"], "source": ["疾控"], "last": [END]})
    return ClusterFacts(compounds, recent, LAST, window if new is None else new, heard)


BLOCK = (39, 40, 41, 51, 52, 53, 63, 64, 65)  # columns 3..5, rows 3..5: exactly one street


@pytest.fixture(scope="module")
def found() -> Clusters:
    compounds = town()
    return search(facts(compounds, cases(compounds, hot=BLOCK)), VIEW, RULES)


def test_a_planted_cluster_is_found_with_its_evidence(found: Clusters) -> None:
    best = found.clusters.iloc[0]
    codes = {f"C{n:03}" for n in BLOCK}
    assert len(codes & set(best["codes"])) >= 8
    assert (found.model, found.measure) == ("poisson", "population")
    assert best["p"] == 0.01
    assert best["observed"] > 3 * best["expected"]
    assert best["ratio"] == pytest.approx(best["observed"] / best["expected"])
    assert LAST - 14 < best["first_day"] <= best["last_day"] <= LAST
    assert 114.209 <= best["lon"] <= 114.215
    assert found.figures["replicates"] == 99


def test_the_same_state_gives_the_same_clusters(found: Clusters) -> None:
    compounds = town()
    shuffled = compounds.sample(frac=1, random_state=1).sort_values("code")
    again = search(facts(shuffled, cases(compounds, hot=BLOCK)), VIEW, RULES)
    assert again.to_json() == found.to_json()
    assert mark(facts(compounds, cases(compounds, hot=BLOCK)), VIEW, RULES) == found.inputs_hash
    assert mark(facts(compounds, cases(compounds)), VIEW, RULES) != found.inputs_hash


def test_what_is_kept_is_what_was_found(found: Clusters, tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path / 'store.db'}", "drill")
    assert clusters.kept(store, found.inputs_hash) is None
    clusters.keep(store, found)
    clusters._in_memory.clear()
    read = clusters.kept(store, found.inputs_hash)
    assert read is not None
    assert read.to_json() == found.to_json()
    clusters._in_memory.clear()


def test_maup_a_cluster_that_streets_and_communities_show_too_is_stable(found: Clusters) -> None:
    """DOMAIN 4, MAUP: the cluster fills a street, so every way to cut the map shows it."""
    best = found.clusters.iloc[0]
    assert best["at_community"] > 0.5
    assert best["at_street"] > 0.5
    assert best["stable"] == "yes"


def test_maup_a_cluster_that_no_street_shows_is_not_stable() -> None:
    """DOMAIN 4, MAUP: one compound among eight quiet ones of its street drowns when the map is cut by streets."""
    compounds = town()
    recent = cases(compounds, hot=(52,), many=6)
    best = search(facts(compounds, recent), VIEW, RULES).clusters.iloc[0]
    assert best["codes"] == ["C052"]
    assert best["at_street"] == 0
    assert best["stable"] == "no"


def test_maup_with_too_few_streets_stability_is_unknown_and_said() -> None:
    compounds = town(6)
    got = search(facts(compounds, cases(compounds, hot=(14,), many=20)), VIEW, RULES)
    assert set(got.clusters["stable"]) <= {"unknown", "no"}
    assert np.isnan(got.clusters["at_street"]).all()
    assert any("Too few units to scan by" in words.en and "street" in words.en for words in got.caveats)


def test_denominators_unknown_gives_a_scan_without_them_and_says_so() -> None:
    """DOMAIN 4, denominators: neither population nor households known: no rate is made up, days are compared with places."""
    compounds = town().assign(population=np.nan, households=np.nan)
    got = search(facts(compounds, cases(compounds, hot=BLOCK)), VIEW, RULES)
    assert (got.model, got.measure) == ("space_time", "")
    best = got.clusters.iloc[0]
    assert set(best["codes"]) & {f"C{n:03}" for n in BLOCK}
    assert best["last_day"] == LAST
    assert got.clusters["people"].isna().all()
    assert got.compounds["gi_z"].isna().all()
    assert any("space-time permutation" in words.en for words in got.caveats)


def test_denominators_households_stand_in_for_population_and_are_named() -> None:
    compounds = town().assign(population=np.nan)
    got = search(facts(compounds, cases(compounds)), VIEW, RULES)
    assert got.measure == "households"
    assert any("households are the denominator" in words.en for words in got.caveats)


def test_denominators_few_unknown_ones_are_left_out_and_counted() -> None:
    compounds = town()
    compounds.loc[[0, 1], "population"] = [np.nan, 0]
    recent = cases(compounds)
    window = recent[recent["day"] > LAST - 14].set_index("area")["n"].groupby(level=0).sum()
    got = search(facts(compounds, recent), VIEW, RULES)
    assert got.figures["without_people"] == window.reindex(["C000", "C001"]).sum()
    assert got.figures["cases"] + got.figures["without_people"] == window.sum()


def test_geocoding_error_is_no_location_unplaced_cases_are_counted_and_the_total_adds_up() -> None:
    """DOMAIN 4, geocoding error: 17 cases of the area have no compound; they are scanned nowhere and told."""
    compounds = town()
    compounds.loc[5, ["lon", "lat"]] = np.nan
    recent = cases(compounds)
    placed = int(recent.loc[recent["day"] > LAST - 14, "n"].sum())
    got = search(facts(compounds, recent, placed + 17), VIEW, RULES).figures
    assert got["unplaced"] == 17
    assert got["cases"] + got["without_place"] + got["without_people"] + got["unplaced"] == got["new"]
    said = search(facts(compounds, recent, placed + 17), VIEW, RULES).caveats
    assert any("17 more cases are placed in no compound" in words.en for words in said)


def test_small_numbers_a_significant_cluster_of_few_cases_is_counted_and_not_shown() -> None:
    """DOMAIN 4, small numbers: three cases where almost nobody lives are unlikely by chance, and too few to show."""
    compounds = town()
    compounds.loc[70, "population"] = 2
    recent = (
        pd.DataFrame({"area": [*compounds["code"][::3], *["C070"] * 3], "day": LAST - 1, "n": 1})
        .groupby(["area", "day"], as_index=False)
        .sum()
    )
    got = search(facts(compounds, recent), VIEW, RULES)
    assert got.figures["small"] >= 1
    assert (got.clusters["observed"] >= 5).all()
    assert not any("C070" in codes for codes in got.clusters["codes"])


def test_small_numbers_no_rate_is_told_on_few_cases(found: Clusters) -> None:
    few = found.compounds["cases"] < 5
    assert few.any()
    assert found.compounds.loc[few, "rate"].isna().all()
    assert found.compounds.loc[~few, "rate"].notna().any()


def test_multiple_testing_an_even_town_has_no_cluster() -> None:
    """DOMAIN 4, multiple testing: 144 compounds, thousands of circles, chance alone."""
    compounds = town()
    got = search(facts(compounds, cases(compounds, seed=3)), VIEW, RULES)
    assert got.clusters.empty
    assert got.figures["chance"] > 0
    assert got.compounds.empty


def test_definition_change_within_the_window_is_said() -> None:
    """DOMAIN 4, definition change: clinical cases written up on 12 February look like a cluster."""
    view = replace(VIEW, as_of=parse_time("2020-02-20T23:59:59"))
    last = day_number(view.as_of) - 1
    compounds = town()
    recent = cases(compounds).assign(day=lambda rows: rows["day"] - LAST + last)
    got = search(replace(facts(compounds, recent), last_day=last), view, RULES)
    assert any("case definition changed within the window" in words.en for words in got.caveats)
    assert not any(
        "changed within" in words.en for words in search(facts(compounds, cases(compounds)), VIEW, RULES).caveats
    )


def test_unit_change_units_without_a_name_are_left_out_not_thrown_together() -> None:
    compounds = town()
    compounds.loc[:20, "community"] = ""
    unit = unit_of(compounds, "community")
    assert unit[:21].isna().all()
    assert unit_of(compounds, "street").notna().all()
    room = homes(compounds, cases(compounds), LAST, SETTINGS)
    rows = scanned(room, "community", LAST, SETTINGS, None)
    assert rows is not None
    assert not any(set(range(21)) & set(members) for members in rows["members"])


def test_progress_counts_all_three_levels_and_cancelling_ends_the_search() -> None:
    compounds = town()
    told: list[tuple[int, int, str, str]] = []
    search(facts(compounds, cases(compounds)), VIEW, RULES, lambda *step: told.append(step))
    assert told[-1][:2] == (297, 297)
    assert {step[3] for step in told} == {f"scanning by {level}" for level in ("compound", "community", "street")}

    def stop(*_: object) -> None:
        raise Cancelled("stopped")

    with pytest.raises(Cancelled):
        search(facts(compounds, cases(compounds)), VIEW, RULES, stop)


def test_nobody_ill_and_nothing_known_are_no_clusters() -> None:
    assert search(ClusterFacts(last_day=LAST), VIEW, RULES).clusters.empty
    compounds = town()
    assert search(facts(compounds, cases(compounds).iloc[:0]), VIEW, RULES).clusters.empty


def test_the_store_is_read_at_the_view_and_one_compound_is_refused(tmp_path: Path) -> None:
    store = city.found(open_store(f"sqlite:///{tmp_path / 'city.db'}", "drill"), tmp_path)
    rows = [{"case_id": str(n), "status_at": "2020-02-09"} for n in range(3)]
    city.cases(
        store,
        tmp_path,
        "2020-02-10T18:00",
        *rows,
        {"case_id": "9", "address": "不知道在哪里", "status_at": "2020-02-09"},
    )
    got = clusters.gather(store, store.view())
    assert got.recent[["area", "n"]].values.tolist() == [["C1", 3]]
    assert got.new == 4
    assert search(got, store.view(), RULES).figures["unplaced"] == 1
    with pytest.raises(ViewError, match="one compound"):
        clusters.gather(store, store.view("compound:C1"))


def test_a_server_remembers_the_newest_results_and_no_more(monkeypatch):
    monkeypatch.setattr(clusters, "_in_memory", {})
    for number in range(clusters.IN_MEMORY + 3):
        clusters._remembered(str(number), found := object())
    assert len(clusters._in_memory) == clusters.IN_MEMORY
    assert clusters.kept(open_store("sqlite://", "drill"), str(clusters.IN_MEMORY + 2)) is found
