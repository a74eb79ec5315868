"""The small map: what is asked about is in sight, numbered in order, and true to scale."""

import re
from base64 import b64decode

import pytest
import shapely

from dashboard.minimap import HIGH, WIDE, Frame, picture

A, B = shapely.box(114.300, 30.500, 114.304, 30.503), shapely.box(114.310, 30.505, 114.312, 30.507)


def drawn(image):
    return b64decode(image.src.partition("base64,")[2]).decode()


def test_everything_in_question_lies_inside_the_picture():
    frame = Frame([A, B, shapely.Point(114.29, 30.49)])
    corners = frame.at([(114.29, 30.49), (114.312, 30.507), (114.300, 30.503)])
    assert (corners > 0).all()
    assert (corners[:, 0] < WIDE).all()
    assert (corners[:, 1] < HIGH).all()


def test_metres_are_metres_in_both_directions():
    """1,000 m east (0.010437 degrees at 30.5 N) and north (0.008993) are as many units as the frame says."""
    frame = Frame([A])
    middle, east, north = frame.at(
        [(frame.lon, frame.lat), (frame.lon + 0.010437, frame.lat), (frame.lon, frame.lat + 0.008993)]
    )
    units = WIDE / frame.metres * 1000
    assert east[0] - middle[0] == pytest.approx(units, rel=0.001)
    assert middle[1] - north[1] == pytest.approx(units, rel=0.001)


def test_a_single_point_is_shown_with_land_around_it():
    assert Frame([shapely.Point(114.3, 30.5)]).metres == 1200


def test_places_are_numbered_in_their_order_and_the_unknown_one_keeps_its_number():
    svg = drawn(picture(Frame([A, B]), [A, None, B]))
    assert sorted(re.findall(r">(\d)</text>", svg)) == ["1", "3"]
    assert svg.rindex(">1</text>") > svg.rindex(">3</text>")  # the likeliest lies on top


def test_land_beyond_the_edge_is_cut_off_and_the_point_is_marked():
    river = shapely.LineString([(100, 30.5), (130, 30.5)])
    svg = drawn(picture(Frame([A]), [A], point=(114.302, 30.5015), roads=[river], borders=[river], water=[A.buffer(5)]))
    numbers = [abs(float(n)) for n in re.findall(r"-?\d+\.\d(?=[ ,])", svg)]
    assert max(numbers) < 1.2 * WIDE
    assert svg.count("#f8c54a") == 2
    assert re.search(r">\d+ k?m</text>", svg)
