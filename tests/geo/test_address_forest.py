"""The walk over arrays gives what scikit-learn gives."""

import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier

from geo.address_forest import Forest, _taken_apart, fit_forest

RANDOM = np.random.default_rng(5)
X = np.column_stack([RANDOM.integers(0, 6, 900), RANDOM.normal(size=900), RANDOM.integers(0, 2, 900)]).astype(float)
Y = (X[:, 0] + X[:, 1] + RANDOM.normal(size=900)) > 3


def test_probabilities_are_those_of_the_fitted_model():
    model = HistGradientBoostingClassifier(max_iter=40, max_leaf_nodes=9, random_state=1).fit(X, Y)
    assert _taken_apart(model).probabilities(X) == pytest.approx(model.predict_proba(X)[:, 1], abs=1e-12)


def test_directions_are_kept():
    forest = fit_forest(X, Y, np.ones(len(X)), [1, 1, 0], seed=1)
    ladder = np.column_stack([np.arange(6.0), np.zeros(6), np.zeros(6)])
    assert (np.diff(forest.probabilities(ladder)) >= 0).all()


def test_a_forest_survives_being_taken_apart():
    forest = fit_forest(X, Y, np.ones(len(X)), [0, 0, 0], seed=1)
    again = Forest.from_arrays(forest.arrays())
    assert (again.probabilities(X) == forest.probabilities(X)).all()
    assert forest.probabilities(X[:0]).shape == (0,)
