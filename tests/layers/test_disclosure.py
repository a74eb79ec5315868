"""No figure that is made public tells a count of a few persons, alone or by subtraction from others and from earlier ones."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from layers.decisions.disclosure import DisclosureError, possible, protect, revealed

K = 5
PARTS = {"A": ["A"], "B": ["B"], "C": ["C"], "": ["A", "B", "C"]}
NONE = pd.DataFrame(columns=["area", "day", "count"])


def cells(*rows):
    """Rows (area, first, last, count), and of changes the days that are taken off."""
    names = ["area", "first", "last", "count", "less_first", "less_last"]
    return pd.DataFrame([[*row, *[np.nan] * (6 - len(row))] for row in rows], columns=names)


def counts(**areas):
    """What is true: area -> the counts of days 0, 1, ..."""
    rows = [(area, day, n) for area, some in areas.items() for day, n in enumerate(some)]
    return pd.DataFrame(rows, columns=["area", "day", "count"])


def hidden(release):
    return release.loc[release["count"].isna(), ["area", "first", "last"]].to_numpy().tolist()


def given_away(found):
    return found[["area", "first", "last", "count", "least", "most"]].to_numpy().tolist()


def test_a_small_count_is_not_given_back_by_the_total():
    """2 + 7 + 9 = 18: with 2 hidden alone, 18 - 7 - 9 tells it; with 7 hidden as well it is one of 1..8."""
    day = cells(("A", 0, 0, 2), ("B", 0, 0, 7), ("C", 0, 0, 9), ("", 0, 0, 18))
    truth = counts(A=[2], B=[7], C=[9])
    alone = day.assign(count=[np.nan, 7, 9, 18])
    assert given_away(revealed(alone, [], truth, PARTS, K)) == [["A", 0, 0, 2, 2.0, 2.0]]
    safe = protect(day, [], truth, PARTS, K)
    assert hidden(safe) == [["A", 0, 0], ["B", 0, 0]]
    found = possible(safe, cells(("A", 0, 0, np.nan)), PARTS)
    assert found[["least", "most"]].to_numpy().tolist() == [[1.0, 8.0]]


def test_a_hidden_week_is_not_given_back_by_the_change_since_the_week_before():
    """A dashboard of England hid the week of a small area (below 3) and showed its change: 12 - 10 = 2."""
    weeks = cells(("A", 0, 6, 12), ("A", 7, 13, np.nan), ("A", 7, 13, -10, 0, 6))
    truth = counts(A=[12] + [0] * 6 + [2] + [0] * 6)
    assert given_away(revealed(weeks, [], truth, PARTS, 4)) == [["A", 7, 13, 2, 2.0, 2.0]]
    safe = protect(weeks, [], truth, PARTS, 4)
    assert safe["count"].isna().tolist() == [False, True, True]
    assert revealed(safe, [], truth, PARTS, 4).empty


def test_a_running_week_is_not_given_back_by_the_one_of_the_day_before():
    """Sums of seven days, published daily: the day that comes in less the day that drops out, which was published when it was new."""
    truth = counts(A=[3] + [6] * 6 + [1])
    first = cells(("A", 0, 6, 39), ("A", 1, 6, 36))
    second = cells(("A", 1, 7, 37))
    assert given_away(revealed(second, [first], truth, PARTS, K)) == [
        ["A", 0, 0, 3, 3.0, 3.0],
        ["A", 7, 7, 1, 1.0, 1.0],
    ]


def test_a_day_is_not_given_away_by_totals_of_two_days():
    truth = counts(A=[40, 2], B=[50, 30], C=[0, 0])
    before = cells(("A", 0, 0, 40), ("B", 0, 0, 50), ("", 0, 0, 90))
    after = cells(("A", 0, 1, 42), ("B", 0, 1, 80), ("", 0, 1, 122))
    assert given_away(revealed(after, [before], truth, PARTS, K)) == [["A", 1, 1, 2, 2.0, 2.0]]
    safe = protect(after, [before], truth, PARTS, K)
    assert hidden(safe) == [["A", 0, 1], ["B", 0, 1]]  # 32 new in the city: of A 1..31, since C is known to have none
    assert revealed(safe, [before], truth, PARTS, K).empty


def test_what_earlier_releases_gave_away_stops_every_release_that_would_repeat_it():
    truth = counts(A=[2], B=[7], C=[9])
    before = cells(("", 0, 0, 18), ("B", 0, 0, 7), ("C", 0, 0, 9))
    with pytest.raises(DisclosureError, match="A, 1970-01-01: .* the count is 2") as refused:
        protect(cells(("", 0, 0, 18)), [before], truth, PARTS, K)
    assert "可推出人数为2" in refused.value.zh


def test_a_correction_between_two_releases_hides_nothing_from_the_check():
    truth = counts(A=[2], B=[7], C=[9])
    before = cells(("B", 0, 0, 8), ("", 0, 0, 30))  # corrected since
    release = cells(("A", 0, 0, np.nan), ("B", 0, 0, 7), ("C", 0, 0, 9), ("", 0, 0, 18))
    assert given_away(revealed(release, [before], truth, PARTS, K)) == [["A", 0, 0, 2, 2.0, 2.0]]
    with pytest.raises(ValueError, match="contradict"):
        possible(pd.concat([before, release]), cells(("A", 0, 0, np.nan)), PARTS)


def test_zeros_and_counts_of_many_stay():
    day = cells(("A", 0, 0, 0), ("B", 0, 0, 70), ("C", 0, 0, 5), ("", 0, 0, 75))
    assert hidden(protect(day, [], counts(A=[0], B=[70], C=[5]), PARTS, K)) == []


def test_nothing_published_limits_nothing():
    found = possible(cells(("B", 0, 0, 7)), cells(("A", 0, 0, np.nan), ("B", 0, 0, np.nan)), PARTS)
    assert found[["least", "most"]].to_numpy().tolist() == [[0, np.inf], [7, 7]]
    assert revealed(cells(("B", 0, 0, 7)), [], NONE, PARTS, K).empty


# ---- against trying every table: two areas, two days, at most 12 persons

PAIR = {"A": ["A"], "B": ["B"], "": ["A", "B"]}
ATOMS = [(area, day) for area in ("A", "B") for day in (0, 1)]
SPANS = [(area, *days) for area in PAIR for days in ((0, 0), (1, 1), (0, 1))]
TABLES = np.indices((13,) * 4).reshape(4, -1)


def in_every_table(area, first, last):
    return sum(TABLES[at] for at, (one, day) in enumerate(ATOMS) if one in PAIR[area] and first <= day <= last)


def tried(release):
    """Least and most of each area and day over the tables that agree with a release."""
    agree = np.ones(TABLES.shape[1], dtype=bool)
    for cell in release.itertuples():
        found = in_every_table(cell.area, cell.first, cell.last)
        agree &= (found >= 1) if np.isnan(cell.count) else (found == cell.count)
    return [[some.min(), some.max()] for some in TABLES[:, agree]]


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, 3), min_size=4, max_size=4), st.lists(st.sampled_from(["shown", "hidden", "absent"]), min_size=8, max_size=8))  # fmt: skip
def test_ranges_are_what_trying_every_table_finds_and_no_small_count_is_left_open(table, what):
    truth = pd.DataFrame([[*atom, n] for atom, n in zip(ATOMS, table, strict=True)], columns=["area", "day", "count"])
    is_true = [float(sum(n for (one, day), n in zip(ATOMS, table, strict=True) if one in PAIR[area] and first <= day <= last)) for area, first, last in SPANS]  # fmt: skip
    full = cells(*((*span, n) for span, n in zip(SPANS, is_true, strict=True)))
    chosen = np.array([*what, "shown"])  # the total of all is always known
    release = full.assign(count=full["count"].mask((chosen == "hidden") & (full["count"] > 0)))[chosen != "absent"]
    asked = cells(*((area, day, day, np.nan) for area, day in ATOMS))
    assert possible(release, asked, PAIR)[["least", "most"]].to_numpy().tolist() == tried(release)
    safe = protect(full[chosen != "absent"], [], truth, PAIR, 4)
    for (least, most), n in zip(tried(safe), table, strict=True):
        assert not 1 <= n <= 3 or most - least >= 2
