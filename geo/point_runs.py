"""Runs: lists of lists kept in one array, as where each begins and how long it is."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

Longs = NDArray[np.int64]


def starts(values: NDArray[Any]) -> Longs:
    """Return where each run of equal values begins."""
    if not len(values):
        return np.empty(0, dtype=np.int64)
    return np.flatnonzero(np.r_[True, values[1:] != values[:-1]])


def starts_of_pairs(values: NDArray[Any], others: NDArray[Any]) -> Longs:
    """Return where each run begins in which both lists stay the same."""
    if not len(values):
        return np.empty(0, dtype=np.int64)
    return np.flatnonzero(np.r_[True, (values[1:] != values[:-1]) | (others[1:] != others[:-1])])


def offsets(counts: NDArray[Any]) -> Longs:
    """Return where each run begins when runs of these lengths follow each other."""
    return np.cumsum(counts, dtype=np.int64) - counts


def spread(begin: NDArray[Any], counts: NDArray[Any]) -> Longs:
    """Return begin, begin + 1, … for each run, one after the other."""
    shift = begin - offsets(counts)
    return np.repeat(shift, counts) + np.arange(int(counts.sum()), dtype=np.int64)


def slices(weights: Longs, at_most: int) -> Iterator[slice]:
    """Cut a list into slices that weigh about `at_most` each; one heavy item makes its slice as heavy as it is."""
    if not len(weights):
        return
    part = np.cumsum(weights, dtype=np.int64) // at_most
    begins = starts(part)
    for begin, end in zip(begins, np.r_[begins[1:], len(weights)], strict=True):
        yield slice(int(begin), int(end))
