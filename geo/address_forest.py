"""Trees that give an address match its probability: fitted by scikit-learn, kept as plain arrays, walked by numpy.

Kept so for three reasons: a file of arrays can be read without trusting its writer, as a pickle cannot; it does not tie a
deployment to one version of scikit-learn; and small batches are answered without waking threads.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
_ROWS = 2048  # at a time: the walk then stays in the processor's cache


@dataclass(frozen=True)
class Forest:
    """Binary trees of one ensemble, node by node; a leaf leads to itself.

    feature, threshold  per node: go right when the feature is greater
    child               two per node: where to go left and right
    value               per node: what a leaf adds to the log odds
    roots               first node of each tree; depth: steps after which every walk has reached a leaf
    """

    feature: NDArray[np.int64]
    threshold: Floats
    child: NDArray[np.int64]
    value: Floats
    roots: NDArray[np.int64]
    depth: int
    baseline: float

    def probabilities(self, x: Floats) -> Floats:
        """Return the probability for each row of `x`; an empty `x` gives none."""
        parts = [self._walk(x[at : at + _ROWS]) for at in range(0, len(x), _ROWS)]
        return np.concatenate(parts) if parts else np.empty(0)

    def _walk(self, x: Floats) -> Floats:
        node = np.repeat(self.roots[None, :], len(x), axis=0)
        row = np.arange(len(x))[:, None]
        for _ in range(self.depth):
            right = x[row, self.feature[node]] > self.threshold[node]
            node = self.child[2 * node + right]
        return np.asarray(1 / (1 + np.exp(-(self.baseline + self.value[node].sum(axis=1)))))

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return all of it as named arrays, to be kept in a file."""
        return {name: np.asarray(getattr(self, name)) for name in self.__dataclass_fields__}

    @classmethod
    def from_arrays(cls, kept: Mapping[str, NDArray[Any]]) -> "Forest":
        """Return the forest that `arrays` took apart; raises KeyError when something is missing."""
        return cls(
            feature=kept["feature"],
            threshold=kept["threshold"],
            child=kept["child"],
            value=kept["value"],
            roots=kept["roots"],
            depth=int(kept["depth"]),
            baseline=float(kept["baseline"]),
        )


def fit_forest(x: Floats, right: NDArray[np.bool_], weight: Floats, directions: list[int], seed: int) -> Forest:
    """Fit a gradient-boosted forest; `directions` says per column whether the probability may only rise (1) or fall (-1)."""
    from sklearn.ensemble import HistGradientBoostingClassifier  # a second to import: only who fits waits for it

    model = HistGradientBoostingClassifier(
        max_iter=180,
        learning_rate=0.08,
        max_leaf_nodes=12,
        min_samples_leaf=30,
        l2_regularization=1.0,
        monotonic_cst=directions,
        early_stopping=False,
        random_state=seed,
    )
    with _threads().limit(limits=1, user_api="openmp"):  # two threads that wait for each other took ten times as long
        model.fit(x, right, weight)
    return _taken_apart(model)


def _taken_apart(model: Any) -> Forest:
    trees = [stage[0].nodes for stage in model._predictors]
    starts = np.cumsum([0, *(len(tree) for tree in trees)])
    nodes = np.concatenate(trees)
    own = np.arange(len(nodes))
    first = np.repeat(starts[:-1], [len(tree) for tree in trees])
    leaf = nodes["is_leaf"].astype(bool)
    left = np.where(leaf, own, nodes["left"].astype(np.int64) + first)
    right = np.where(leaf, own, nodes["right"].astype(np.int64) + first)
    return Forest(
        feature=np.where(leaf, 0, nodes["feature_idx"]).astype(np.int64),
        threshold=np.where(leaf, np.inf, nodes["num_threshold"]).astype(float),
        child=np.column_stack([left, right]).ravel(),
        value=nodes["value"].astype(float),
        roots=starts[:-1].astype(np.int64),
        depth=int(nodes["depth"].max()),
        baseline=float(np.ravel(model._baseline_prediction)[0]),
    )


@cache
def _threads() -> Any:
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()
