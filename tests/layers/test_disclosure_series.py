"""A series of releases, each held against all before it: whoever has them all and tries every table still knows no count of a few (fault matrix 20)."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from layers.decisions.disclosure import DisclosureError, protect, revealed

K = 4  # a count of 1..3 has to be able to be three numbers at least
PARTS = {"A": ["A"], "B": ["B"], "": ["A", "B"]}
NAMES = ["area", "first", "last", "count", "less_first", "less_last"]


@dataclass(frozen=True)
class World:
    """Two areas over a few days, and every table of at most `most` persons of an area on a day."""

    days: int
    most: int

    @cached_property
    def atoms(self):
        return [(area, day) for area in ("A", "B") for day in range(self.days)]

    @cached_property
    def spans(self):
        return [(first, last) for first in range(self.days) for last in range(first, self.days)]

    @cached_property
    def tables(self):
        return np.indices((self.most + 1,) * len(self.atoms), dtype=np.int16).reshape(len(self.atoms), -1)

    def sums(self, tables, area, first, last):
        """What a cell is in each table."""
        return sum(
            tables[at] for at, (one, day) in enumerate(self.atoms) if one in PARTS[area] and first <= day <= last
        )

    def truth(self, table):
        rows = [[*atom, n] for atom, n in zip(self.atoms, table, strict=True)]
        return pd.DataFrame(rows, columns=["area", "day", "count"])

    def release(self, table, asked):
        """The cells that somebody wants to publish, with their true counts; a change takes the days before off."""
        rows, own = [], np.array(table)[:, None]
        for area, (first, last), less in asked:
            n = int(self.sums(own, area, first, last)[0])
            off = (0, first - 1) if less and first > 0 else (np.nan, np.nan)
            rows.append(
                [area, first, last, n - (int(self.sums(own, area, *off)[0]) if less and first > 0 else 0), *off]
            )
        return pd.DataFrame(rows, columns=NAMES).drop_duplicates(ignore_index=True)

    def agreeing(self, releases):
        """The tables that agree with all that was published; zeros are shown, so a hidden count is 1 at least."""
        tables = self.tables
        for cell in pd.concat(releases).itertuples() if releases else ():
            found, hidden = self.sums(tables, cell.area, cell.first, cell.last), np.isnan(cell.count)
            if not np.isnan(cell.less_first):
                found = found - self.sums(tables, cell.area, cell.less_first, cell.less_last)
                if hidden:
                    continue
            tables = tables[:, (found >= 1) if hidden else (found == cell.count)]
        return tables

    def known(self, table, releases):
        """The small counts of any area over any days that can be fewer than K - 1 numbers: (area, first, last, count, numbers)."""
        tables, own, found = self.agreeing(releases), np.array(table)[:, None], []
        for area, (first, last) in ((area, span) for area in PARTS for span in self.spans):
            n = int(self.sums(own, area, first, last)[0])
            if 1 <= n < K:
                numbers = np.flatnonzero(np.bincount(self.sums(tables, area, first, last)))
                found += [(area, first, last, n, numbers.tolist())] if len(numbers) < K - 1 else []
        return found

    def publish(self, table, wanted):
        """The releases of a series that go out, each protected against those before it."""
        out = []
        for asked in wanted:
            try:
                out.append(protect(self.release(table, asked), out, self.truth(table), PARTS, K))
            except DisclosureError:
                continue  # nothing goes out
        return out

    def any_table(self):
        return st.lists(st.sampled_from([0, 1, 1, 2, 3, 6]), min_size=len(self.atoms), max_size=len(self.atoms))

    def any_series(self, changes, least, most):
        cell = st.tuples(st.sampled_from(list(PARTS)), st.sampled_from(self.spans), changes)
        return st.lists(st.lists(cell, min_size=1, max_size=6), min_size=least, max_size=most)


THREE, TWO = World(3, 8), World(2, 24)  # a change may allow many persons on a day, so its tables reach further


@settings(max_examples=30, deadline=None)
@given(THREE.any_table(), THREE.any_series(st.just(False), 2, 4))
def test_no_series_of_counts_makes_a_small_one_known(table, wanted):
    assert THREE.known(table, THREE.publish(table, wanted)) == []


@settings(max_examples=30, deadline=None)
@given(TWO.any_table(), TWO.any_series(st.booleans(), 1, 3))
def test_no_series_with_changes_makes_a_small_one_known(table, wanted):
    assert TWO.known(table, TWO.publish(table, wanted)) == []


@settings(max_examples=20, deadline=None)
@given(THREE.any_table())
def test_a_bulletin_a_day_of_all_districts_and_the_city_makes_none_known(table):
    daily = [[(area, (day, day), False) for area in PARTS] for day in range(3)]
    out = THREE.publish(table, daily)
    assert len(out) == 3  # each day can be published
    assert THREE.known(table, out) == []


@settings(max_examples=40, deadline=None)
@given(THREE.any_table(), THREE.any_series(st.just(False), 2, 3))
def test_whatever_brute_force_finds_stops_the_release(table, wanted):
    """Unprotected releases: where the last one makes a small count known that was not known before, `revealed` finds something."""
    releases = [THREE.release(table, asked) for asked in wanted]
    before = {one[:3] for one in THREE.known(table, releases[:-1])}
    new = {one[:3] for one in THREE.known(table, releases)} - before
    assert not new or len(revealed(releases[-1], releases[:-1], THREE.truth(table), PARTS, K))


def test_days_that_lie_between_published_ones_are_not_made_known():
    """A has 7, 1 and 1: days 0-2 and day 0 tell that days 1-2 have 2, also where another area's release tells these days apart."""
    table = [7, 1, 1, 7, 7, 7]
    wanted = [[("B", (1, 1), False)], [("A", (0, 0), False)], [("A", (0, 2), False)]]
    assert THREE.known(table, [THREE.release(table, asked) for asked in wanted]) == [("A", 1, 2, 2, [2])]
    assert THREE.known(table, THREE.publish(table, wanted)) == []


def test_a_count_of_which_only_every_second_number_is_possible_is_not_made_known():
    """9 in all, and A grew by 7: A is 7 + 2n, so B is 2 or 0, and not 1."""
    table = [0, 7, 0, 2]
    wanted = [[("A", (1, 1), True), ("", (0, 1), False)]]
    assert ("B", 0, 1, 2, [0, 2]) in TWO.known(table, [TWO.release(table, asked) for asked in wanted])
    assert TWO.known(table, TWO.publish(table, wanted)) == []


def test_a_refused_release_would_have_told():
    table = [2, 0, 0, 7, 0, 0]
    before = [THREE.release(table, [("", (0, 0), False), ("B", (0, 0), False)])]
    with pytest.raises(DisclosureError):
        protect(THREE.release(table, [("", (0, 0), False)]), before, THREE.truth(table), PARTS, K)
    assert ("A", 0, 0, 2, [2]) in THREE.known(table, before)
