"""What a result weighs is near what it takes, and the memory of the desk lets the least used go by weight and by number."""

import gc
import sys
import types

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from dashboard.memory import Memory
from dashboard.weight import weight
from layers.decisions._proposal import Words

NO_DATA = (type, types.ModuleType, types.FunctionType, types.BuiltinFunctionType)


def taken(root):
    """Bytes of everything that can be reached, each once: slow and exact."""
    seen, todo, total = set(), [root], 0
    while todo:
        one = todo.pop()
        if id(one) in seen or isinstance(one, NO_DATA):
            continue
        seen.add(id(one))
        total += sys.getsizeof(one)
        todo += gc.get_referents(one)
    return total


@pytest.mark.parametrize(
    "value",
    [
        np.arange(100_000),
        [Words(f"第{n}号小区封控", f"Seal compound {n}") for n in range(5_000)],
        {n: (float(n), [str(n)]) for n in range(5_000)},
        [[Words(f"{n}", f"{n}!")] for n in range(30)],
        b"x" * 1_000_000,
    ],
    ids=["array", "words", "dict", "short list", "bytes"],
)
def test_the_weight_of_a_result_is_what_it_takes(value):
    assert weight(value) == pytest.approx(taken(value), rel=0.35)


def test_a_table_weighs_its_columns_and_the_texts_behind_them():
    table = pd.DataFrame({"n": np.arange(50_000), "name": [f"第{n:05}号" for n in range(50_000)]}).astype(
        {"name": object}
    )
    texts = 50_000 * sys.getsizeof("第00000号")
    assert weight(table) == pytest.approx(50_000 * (8 + 8) + texts, rel=0.01)


def test_shapes_weigh_by_their_corners():
    coarse, fine = (gpd.GeoDataFrame(geometry=[shapely.Point(0, 0).buffer(1, quad_segs=q)] * 500) for q in (4, 400))
    assert weight(fine) > 500 * 16 * 1_601
    assert weight(coarse) < weight(fine) / 20


def test_what_holds_itself_ends():
    ring: list[object] = []
    ring.append(ring)
    assert weight(ring) > 0


def test_the_least_used_goes_when_together_they_weigh_too_much():
    memory, block = Memory(most_bytes=3_500_000), lambda: b"x" * 1_000_000
    for name in "abc":
        memory.get(name, block)
    memory.get("a", block)  # used again: now b is the least used
    memory.get("d", block)
    assert list(memory.kept) == ["c", "a", "d"]
    memory.get("huge", lambda: b"x" * 9_000_000)
    assert list(memory.kept) == ["huge"]  # what came last stays: it has an asker
    assert memory.weights.keys() == memory.kept.keys()


def test_the_least_used_goes_when_there_are_too_many():
    memory = Memory(most=2)
    for name in "abc":
        memory.get(name, str)
    assert list(memory.kept) == ["b", "c"]
