"""Where high values lie among high ones: Gi* (Getis & Ord 1992, Ord & Getis 1995) and local Moran (Anselin 1995).

Feed them rates from geo.small_areas, not raw ones, and correct p-values for the many places looked at: `false_discovery`.
Rows of unknown value (NaN) take no part and are NaN; so is a row without neighbours, which has no neighbourhood to compare.
"""

from typing import Any

import numpy as np
import pandas as pd
import scipy.sparse as sp
from numpy.typing import ArrayLike, NDArray
from scipy.spatial import cKDTree

from geo.errors import GeoError
from geo.small_areas import eb_deviates

Floats = NDArray[np.float64]


def nearest_weights(xy: ArrayLike, k: int) -> sp.csr_matrix:
    """Return 1 for each of the k nearest other rows; xy in metres. Fewer rows than that: all others."""
    points = np.asarray(xy, dtype=float)
    n = len(points)
    if points.ndim != 2 or points.shape[1] != 2 or not np.isfinite(points).all() or k < 1:
        raise GeoError(
            f"xy {points.shape} and k {k}: wanted (n, 2) metres, every one known, and at least one neighbour"
        )
    if n < 2:
        return sp.csr_matrix((n, n))
    few = min(k, n - 1)
    far, near = cKDTree(points).query(points, k=few + 1)
    far = np.where(
        near == np.arange(n)[:, None], -1.0, far
    )  # among rows at one point the row itself need not come first
    order = np.argsort(far, axis=1, kind="stable")[:, 1:]
    columns = np.take_along_axis(near, order, axis=1)
    return sp.csr_matrix((np.ones(n * few), (np.repeat(np.arange(n), few), columns.ravel())), (n, n))


def getis_ord(values: ArrayLike, weights: sp.csr_matrix) -> Floats:
    """Return Gi* as a z-score per row, the row itself included: above 1.96 a hot spot before any correction, below -1.96 a cold one.

    weights  (n, n); a row that does not weigh itself does so like the most of its neighbours (1 where weights are 0 and 1)
    Equal values everywhere: NaN, because nothing stands out.
    """
    x, matrix, known = _usable(values, weights)
    found = np.full(len(known), np.nan)
    n = len(x)
    if n < 2 or not x.std() > 1e-12 * np.abs(x).max():
        return found
    islands = _islands(matrix)
    own = np.where(matrix.diagonal() == 0, matrix.max(axis=1).toarray().ravel(), 0.0)
    matrix = (matrix + sp.diags_array(own)).tocsr()
    total, squares = (np.asarray(m.sum(axis=1)).ravel() for m in (matrix, matrix.multiply(matrix)))
    spread = x.std() * np.sqrt(np.maximum(0.0, n * squares - total**2) / (n - 1))
    lag = matrix @ x - x.mean() * total
    found[known] = np.where(islands, np.nan, np.divide(lag, spread, out=np.full(n, np.nan), where=spread > 1e-300))
    return found


def local_moran(values: ArrayLike, weights: sp.csr_matrix, permutations: int = 999, seed: int = 0) -> pd.DataFrame:
    """Return i, z, p per row: positive i lies among its like, negative i among its opposite.

    i  z_i * mean of the neighbours' z / (sum(z^2) / n): n in the denominator, as spdep's localmoran; esda's is (n - 1) / n of it.
       Weights are standardised by row, the diagonal left out
    z  i less its mean over the permutations, in their standard deviations
    p  (r + 1) / (permutations + 1), one-sided towards the nearer end: r permutations of the other rows reach at least as far
       (conditional permutation, Anselin 1995); double it for a test of both sides
    """
    x, matrix, known = _usable(values, weights)
    frame = pd.DataFrame(np.nan, index=np.arange(len(known)), columns=["i", "z", "p"])
    n = len(x)
    if n < 3 or not x.std() > 1e-12 * np.abs(x).max():
        return frame
    z = x - x.mean()
    m2 = float(z @ z) / n
    matrix = _by_row(matrix)
    found = np.where(_islands(matrix), np.nan, z * (matrix @ z) / m2)
    deviate, p = _permuted(z, matrix, found, m2, permutations, np.random.default_rng(seed))
    frame.loc[known] = np.column_stack([found, deviate, p])
    return frame


def moran(values: ArrayLike, weights: sp.csr_matrix) -> tuple[float, float]:
    """Return Moran's I of all rows and its z-score under randomisation (Cliff & Ord 1981); weights are standardised by row."""
    x, matrix, _ = _usable(values, weights)
    matrix = _by_row(matrix)
    n, s0 = len(x), float(matrix.sum())
    if n < 4 or not x.std() > 1e-12 * np.abs(x).max() or not s0:
        return np.nan, np.nan
    z = x - x.mean()
    found = n / s0 * float(z @ (matrix @ z)) / float(z @ z)
    both = matrix + matrix.T
    s1 = float(both.multiply(both).sum()) / 2
    s2 = float(((matrix.sum(axis=1) + matrix.sum(axis=0)) ** 2).sum())
    k = n * float((z**4).sum()) / float(z @ z) ** 2
    square = n * ((n**2 - 3 * n + 3) * s1 - n * s2 + 3 * s0**2) - k * ((n**2 - n) * s1 - 2 * n * s2 + 6 * s0**2)
    square /= (n - 1) * (n - 2) * (n - 3) * s0**2
    return found, (found + 1 / (n - 1)) / float(np.sqrt(square - 1 / (n - 1) ** 2))


def moran_of_rates(cases: ArrayLike, population: ArrayLike, weights: sp.csr_matrix) -> tuple[float, float]:
    """Return Moran's I of empirical Bayes deviates and its z-score: not led astray by unequal populations (Assunção & Reis 1999)."""
    return moran(eb_deviates(cases, population), weights)


def false_discovery(p: ArrayLike) -> Floats:
    """Return q per row (Benjamini & Hochberg 1995): of the rows with q at most 0.05 no more than 5 % are expected to be chance.

    NaN was no test and stays NaN.
    """
    given = np.asarray(p, dtype=float)
    found = np.full(given.shape, np.nan)
    tested = np.flatnonzero(np.isfinite(given))
    order = tested[np.argsort(given[tested], kind="stable")]
    steps = given[order] * len(order) / np.arange(1, len(order) + 1)
    found[order] = np.minimum(1.0, np.minimum.accumulate(steps[::-1])[::-1])
    return found


def _permuted(
    z: Floats, matrix: sp.csr_matrix, found: Floats, m2: float, permutations: int, random: np.random.Generator
) -> tuple[Floats, Floats]:
    """Each row keeps its own value and is given other rows as neighbours, by the same draws for all rows."""
    n, most = len(z), int(np.diff(matrix.indptr).max())
    deviate, p = np.full(n, np.nan), np.full(n, np.nan)
    if not permutations:
        return deviate, p
    draws = np.array([random.permutation(n - 1)[:most] for _ in range(permutations)])
    for row in np.flatnonzero(np.isfinite(found)):
        weight = matrix.data[matrix.indptr[row] : matrix.indptr[row + 1]]
        others = draws[:, : len(weight)]
        sims = z[row] * (z[others + (others >= row)] @ weight) / m2
        at_least = int((sims >= found[row]).sum())
        at_most = int((sims <= found[row]).sum())
        p[row] = (min(at_least, at_most) + 1) / (permutations + 1)
        spread = float(sims.std())
        deviate[row] = (found[row] - sims.mean()) / spread if spread > 0 else np.nan
    return deviate, p


def _usable(values: ArrayLike, weights: Any) -> tuple[Floats, sp.csr_matrix, NDArray[np.bool_]]:
    """The rows whose value is known, and the weights among them."""
    x = np.asarray(values, dtype=float)
    matrix = sp.csr_matrix(weights, dtype=float)
    if x.ndim != 1 or matrix.shape != (len(x), len(x)):
        raise GeoError(f"weights have the shape {matrix.shape} for {x.shape} values; wanted a sparse (n, n)")
    if not np.isfinite(matrix.data).all() or (matrix.data < 0).any():
        raise GeoError("a weight is negative or no number; wanted 0 or more")
    known = np.isfinite(x)
    matrix = matrix[known][:, known].tocsr()
    matrix.eliminate_zeros()
    return x[known], matrix, known


def _islands(matrix: sp.csr_matrix) -> NDArray[np.bool_]:
    return np.asarray(np.diff(matrix.indptr) - (matrix.diagonal() != 0) == 0)


def _by_row(matrix: sp.csr_matrix) -> sp.csr_matrix:
    matrix = (matrix - sp.diags_array(matrix.diagonal())).tocsr()
    matrix.eliminate_zeros()
    total = np.asarray(matrix.sum(axis=1)).ravel()
    return (sp.diags_array(np.divide(1.0, total, out=np.zeros(len(total)), where=total > 0)) @ matrix).tocsr()
