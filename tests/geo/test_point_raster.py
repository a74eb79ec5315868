"""What drawing polygons into cells rests on: an edge is never thought to reach less far than it does."""

from fractions import Fraction

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st

from geo.point_raster import reach_in_row

WITHIN = st.floats(-2, 2).map(lambda v: 114 + v)
RISES = st.sampled_from([0.0, 5e-324, 1e-300, 1.5e-14, 1e-12, 1e-9, 1e-6, 1e-3, 0.03, 0.7, 2.0])
ULP = float(np.spacing(116.0))


@settings(max_examples=300, deadline=None)
@given(WITHIN, WITHIN, WITHIN, RISES, st.booleans(), st.floats(112, 116), st.sampled_from([1e-3, 0.1, 1.0]))
@example(113.1, 114.9, 0.0, 5e-324, True, -0.05, 0.1)
def test_the_reach_in_a_row_is_never_too_little(x0, x1, y0, rise, down, floor, side):
    """Against fractions, which do not round."""
    y1 = y0 - rise if down else y0 + rise
    west, east = reach_in_row(np.array([[x0, y0, x1, y1]]), np.array([floor]), np.array([floor + side]), 16 * ULP, ULP)
    for y in (Fraction(y) for y in (floor, floor + side, y0, y1)):
        if not max(floor, min(y0, y1)) <= y <= min(floor + side, max(y0, y1)):
            continue
        for x in (
            (x0, x1)
            if y0 == y1
            else [Fraction(x0) + (y - Fraction(y0)) * (Fraction(x1) - Fraction(x0)) / (Fraction(y1) - Fraction(y0))]
        ):
            assert west[0] <= x <= east[0]


def test_the_reach_in_a_row_is_no_wider_than_the_wall_there():
    """A wall from (0, 0) to (10, 10) passes the row from 4 to 5 between 4 and 5."""
    west, east = reach_in_row(np.array([[0.0, 0.0, 10.0, 10.0]]), np.array([4.0]), np.array([5.0]), 1e-9, 1e-15)
    assert (round(west[0], 6), round(east[0], 6)) == (4, 5)
