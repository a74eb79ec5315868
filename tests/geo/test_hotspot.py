"""Local statistics against spdep's on Pennsylvania (V13), hand-worked ones, and their edges."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

from geo.errors import GeoError
from geo.hotspot import false_discovery, getis_ord, local_moran, moran, moran_of_rates, nearest_weights
from geo.small_areas import eb_global, eb_local

CHAIN = sp.csr_matrix(np.diag(np.ones(4), 1) + np.diag(np.ones(4), -1))  # five places in a row


@pytest.fixture(scope="module")
def counties(real_data: Path) -> pd.DataFrame:
    folder = real_data / "validation/scan"
    return pd.read_csv(folder / "pennLC.csv").join(
        pd.read_csv(folder / "pennLC_spdep_expected.csv").drop(columns="county")
    )


@pytest.fixture(scope="module")
def five_nearest(counties: pd.DataFrame) -> sp.csr_matrix:
    return nearest_weights(counties[["x", "y"]].to_numpy(), 5)


def test_gi_star_is_that_of_spdep(counties: pd.DataFrame, five_nearest: sp.csr_matrix) -> None:
    found = getis_ord(counties["cases"] / counties["pop"], five_nearest)
    assert found == pytest.approx(counties["Gstar_z"].to_numpy(), abs=1e-9)  # V13


def test_local_moran_has_n_in_the_denominator(counties: pd.DataFrame, five_nearest: sp.csr_matrix) -> None:
    found = local_moran(counties["cases"] / counties["pop"], five_nearest)["i"].to_numpy()
    assert found == pytest.approx(
        counties["localI"].to_numpy(), abs=1e-9
    )  # V13: spdep has n in it, esda n - 1: its values are 66/67 of these


def test_empirical_bayes_is_that_of_spdep(counties: pd.DataFrame, five_nearest: sp.csr_matrix) -> None:
    assert eb_global(counties["cases"], counties["pop"]) == pytest.approx(counties["EB_global"].to_numpy(), abs=1e-9)
    local = eb_local(counties["cases"], counties["pop"], five_nearest)
    assert local == pytest.approx(counties["EB_local"].to_numpy(), abs=1e-9)


def test_small_numbers_raw_county_rates_are_far_off_the_shrunk_ones(counties: pd.DataFrame) -> None:
    """DOMAIN 4, small numbers: even counties of Pennsylvania are off by up to 62 %."""
    rate, shrunk = counties["cases"] / counties["pop"], eb_global(counties["cases"], counties["pop"])
    assert (abs(rate - shrunk) / shrunk).max() > 0.3
    off = abs(rate - shrunk) / shrunk
    assert counties["pop"].iloc[int(off.argmax())] < counties["pop"].median()


def test_moran_of_the_whole_map(counties: pd.DataFrame, five_nearest: sp.csr_matrix) -> None:
    assert moran(counties["cases"] / counties["pop"], five_nearest) == pytest.approx((0.1801966, 2.792625), abs=1e-6)
    assert moran_of_rates(counties["cases"], counties["pop"], five_nearest)[0] == pytest.approx(0.2109342, abs=1e-7)


def test_gi_star_by_hand() -> None:
    x = np.array([1.0, 2, 3, 4, 10])
    mean, spread = 4.0, np.sqrt(np.mean(x**2) - 16)
    last = (14 - 2 * mean) / (spread * np.sqrt((5 * 2 - 4) / 4))  # the last place and its one neighbour
    assert getis_ord(x, CHAIN)[-1] == pytest.approx(last)
    assert getis_ord(x, CHAIN + sp.identity(5))[-1] == pytest.approx(last)  # weights that hold the place already


def test_local_moran_by_hand() -> None:
    x = np.array([1.0, 2, 3, 4, 10])
    z, m2 = x - 4, np.mean((x - 4) ** 2)
    found = local_moran(x, CHAIN, permutations=99)
    assert found["i"].tolist() == pytest.approx(
        [z[0] * z[1] / m2, z[1] * (z[0] + z[2]) / 2 / m2, z[2] * (z[1] + z[3]) / 2 / m2, 0, z[4] * z[3] / m2]
    )
    assert list(found.columns) == ["i", "z", "p"]
    assert found["p"].between(0.01, 1).all()


def test_equal_seed_equal_answer_and_another_order_of_weights_changes_nothing() -> None:
    random = np.random.default_rng(0)
    x, weights = random.normal(size=50), nearest_weights(random.uniform(0, 9, (50, 2)), 4)
    first = local_moran(x, weights, 199, seed=5)
    assert first.equals(local_moran(x, weights, 199, seed=5))
    assert not first["p"].equals(local_moran(x, weights, 199, seed=6)["p"])


def test_planted_hot_spot_is_found_and_chance_is_not() -> None:
    random = np.random.default_rng(0)
    xy = np.stack(np.meshgrid(np.arange(12.0), np.arange(12.0)), axis=-1).reshape(-1, 2) * 100
    x = random.normal(size=144)
    hot = np.hypot(*(xy - 500).T) < 150
    x[hot] += 4
    weights = nearest_weights(xy, 8)
    assert getis_ord(x, weights)[hot].min() > 3
    q = false_discovery(local_moran(x, weights, 999)["p"])
    assert (q[hot] <= 0.05).mean() > 0.7


def test_multiple_testing_chance_alone_gives_no_hot_spot_after_correction() -> None:
    """DOMAIN 4, multiple testing: of 400 places of pure chance some 5 % are below 0.05, and none survives."""
    random = np.random.default_rng(3)
    p = local_moran(random.normal(size=400), nearest_weights(random.uniform(0, 9, (400, 2)), 6))["p"]
    assert (p <= 0.05).sum() > 20
    assert (false_discovery(p) <= 0.05).sum() == 0


def test_false_discovery_by_hand() -> None:
    found = false_discovery([0.01, np.nan, 0.04, 0.03, 0.005])
    assert found == pytest.approx([0.02, np.nan, 0.04, 0.04, 0.02], nan_ok=True)
    assert false_discovery([]).tolist() == []


def test_unknown_values_and_islands_are_unknown_and_leave_the_others_alone() -> None:
    x = np.array([1.0, 2, 3, 4, 10, np.nan, 7])
    weights = sp.block_diag([CHAIN, sp.csr_matrix((2, 2))]).tolil()
    weights[4, 5] = weights[5, 4] = 1  # the only neighbour of the sixth, whose value nobody knows
    gi, lisa = getis_ord(x, weights.tocsr()), local_moran(x, weights.tocsr(), 99)
    assert np.isnan(gi[[5, 6]]).all()
    assert lisa.loc[[5, 6]].isna().all(axis=None)
    assert np.isfinite(gi[:5]).all()
    assert lisa.loc[:4].notna().all(axis=None)


@pytest.mark.parametrize("values", [[3.0] * 5, [np.nan] * 5, [1.0, np.nan, np.nan, np.nan, np.nan]])
def test_nothing_stands_out_where_nothing_differs(values: list[float]) -> None:
    assert np.isnan(getis_ord(values, CHAIN)).all()
    assert local_moran(values, CHAIN, 9).isna().all(axis=None)
    assert np.isnan(moran(values, CHAIN)[0])


def test_denominators_unknown_or_zero_population_has_no_rate() -> None:
    """DOMAIN 4, denominators: a rate without a denominator is unknown, not zero, and moves nobody else's."""
    cases, people = [1, 2, 3, 4, 5], [10.0, np.nan, 0, 20, 30]
    for found in (eb_global(cases, people), eb_local(cases, people, CHAIN)):
        assert np.isnan(found[[1, 2]]).all()
        assert np.isfinite(found[[0, 3, 4]]).all()
    assert eb_global([1, 4, 5], [10.0, 20, 30]) == pytest.approx(eb_global(cases, people)[[0, 3, 4]])
    assert np.isnan(eb_global([1], [0])).all()
    assert eb_global([0, 0], [10, 20]).tolist() == [0, 0]


def test_nearest_weights_of_rows_at_one_point_leave_the_row_itself_out() -> None:
    weights = nearest_weights([[0, 0], [0, 0], [0, 0], [5, 5]], 2)
    assert weights.diagonal().tolist() == [0] * 4
    assert np.diff(weights.indptr).tolist() == [2] * 4
    assert nearest_weights([[0, 0]], 3).shape == (1, 1)


@pytest.mark.parametrize(
    "call",
    [
        lambda: getis_ord([1, 2], CHAIN),
        lambda: getis_ord([1, 2, 3, 4, 5], -CHAIN),
        lambda: nearest_weights([[0, np.nan]], 1),
        lambda: eb_global([1], [1, 2]),
        lambda: eb_local([1.0], [2.0], CHAIN),
    ],
)
def test_what_makes_no_sense_is_refused(call) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(GeoError):
        call()
