"""About how many bytes a kept result holds: exact for tables and arrays, judged by a sample for long lists of objects."""

import sys
from collections.abc import Collection, Mapping
from dataclasses import fields, is_dataclass
from itertools import islice
from typing import Any

import numpy as np
import pandas as pd
import shapely

SAMPLE = 64  # things of a list that are weighed; the others weigh as much on average
POINT, SHAPE = 16, 200  # bytes of a corner, and of a shape beside its corners
DEEPEST = 8  # levels of things in things


def weight(value: Any, depth: int = 0) -> int:
    """Return about how many bytes a value and what it holds take; what several hold together counts for each of them."""
    if isinstance(value, np.ndarray):
        return _array(value)
    if isinstance(value, pd.DataFrame | pd.Series | pd.Index):
        return _table(value)
    own = sys.getsizeof(value, 0)
    if depth > DEEPEST or isinstance(value, str | bytes | int | float | type):
        return own
    if isinstance(value, Mapping):
        return own + _sample(list(value.items()), depth)
    if isinstance(value, Collection):
        return own + _sample(value, depth)
    if is_dataclass(value):
        return own + sum(weight(getattr(value, one.name), depth + 1) for one in fields(value))
    return own


def _sample(things: Collection[Any], depth: int) -> int:
    count = len(things)
    step = max(1, count // SAMPLE)
    weighed = [weight(one, depth + 1) for one in islice(things, 0, None, step)]
    return int(sum(weighed) / len(weighed) * count) if weighed else 0


def _array(array: "np.ndarray[Any, Any]") -> int:
    return int(array.nbytes) + (_objects(array.ravel()) if array.dtype == object else 0)


def _table(table: Any) -> int:
    total = int(np.sum(table.memory_usage())) if not isinstance(table, pd.Index) else int(table.nbytes)
    columns = [table[name] for name in table.columns] if isinstance(table, pd.DataFrame) else [table]
    return total + sum(_objects(np.asarray(column, dtype=object)) for column in columns if column.dtype.kind == "O")


def _objects(values: Any) -> int:
    """Bytes behind the references of an array: texts, lists, shapes by their corners."""
    step = max(1, len(values) // SAMPLE)
    some = values[::step]
    weighed = [
        SHAPE + POINT * shapely.get_num_coordinates(one)
        if isinstance(one, shapely.Geometry)
        else weight(one, DEEPEST - 1)
        for one in some
    ]
    return int(sum(weighed) / len(weighed) * len(values)) if weighed else 0
