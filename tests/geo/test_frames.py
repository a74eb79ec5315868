"""The check at the door, zones and distances."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import pytest

from geo.crs import DEGREES, distance_m, metres_for
from geo.errors import FrameError, GeoError
from geo.frames import outside_box, require, require_lonlat


def test_a_missing_column_is_named_together_with_what_was_found():
    with pytest.raises(FrameError, match=r"beds: columns \['free'\] are missing; found \['hospital', 'open'\]"):
        require(pd.DataFrame(columns=["hospital", "open"]), "hospital", "free", name="beds")


def test_a_frame_in_another_system_is_refused():
    require(gpd.GeoDataFrame(geometry=[], crs=DEGREES), "geometry", crs=DEGREES)
    for crs in ("EPSG:4547", None):
        with pytest.raises(FrameError, match="wanted EPSG:4326"):
            require(gpd.GeoDataFrame(geometry=[], crs=crs), crs=DEGREES)
    with pytest.raises(FrameError, match="is None"):
        require(pd.DataFrame(), crs=DEGREES)


@pytest.mark.parametrize(
    ("lon", "lat", "reason"),
    [
        (114.3, 30.58, ""),
        (73.6, 39.4, ""),  # westernmost China
        (134.7, 48.4, ""),  # easternmost
        (30.58, 114.3, "swapped"),
        (0.0, 0.0, "zero"),
        (114.3, 0.0, "zero"),
        (np.nan, 30.58, "not finite"),
        (114.3, np.inf, "not finite"),
        (528_776.1, 3_384_449.0, "metres"),
        (38_528_776.1, 3_384_449.0, "metres"),
        (12_723_818.0, 3_578_000.0, "metres"),  # Web Mercator
        (-74.0, 40.7, "out of range"),
        (114.3, 95.0, "out of range"),
        (200.0, 30.0, "out of range"),
    ],
)
def test_a_position_that_cannot_be_true_gets_its_reason(lon, lat, reason):
    assert list(require_lonlat([lon, 114.0], [lat, 30.0])) == [reason, ""]


def test_columns_that_cannot_be_positions_are_refused_by_name():
    with pytest.raises(FrameError, match="cases: .* same number"):
        require_lonlat([114.3], [], "cases")
    with pytest.raises(FrameError, match="cases: not numbers"):
        require_lonlat(["114.3,30.5"], ["30.5"], "cases")


def test_the_edge_of_a_box_is_not_outside():
    box = (113.7, 29.9, 115.1, 31.4)
    lon, lat = [113.7, 115.1, 113.69, 114, 114, np.nan], [29.9, 31.4, 30, 31.41, 29.89, 30]
    assert list(outside_box(lon, lat, box)) == [False, False, True, True, True, False]


@pytest.mark.parametrize(
    ("lon", "system"),
    [(114.3, "EPSG:4547"), (112.6, "EPSG:4547"), (115.4, "EPSG:4547"), (115.6, "EPSG:4548"), (121.4, "EPSG:4549"),
     (73.7, "EPSG:4534"), (134.7, "EPSG:4554")],
)  # fmt: skip
def test_the_zone_of_a_longitude(lon, system):
    assert metres_for(lon) == system
    west, _, east, _ = pyproj.CRS(system).area_of_use.bounds
    assert west - 0.01 <= lon <= east + 0.01


@pytest.mark.parametrize("lon", [0.0, 73.0, 137.0, np.nan])
def test_a_longitude_without_a_chinese_zone_is_refused(lon):
    with pytest.raises(GeoError, match="zones"):
        metres_for(lon)


def test_distances_agree_with_the_geodesic():
    random = np.random.default_rng(5)
    lon, lat = random.uniform(80, 130, 500), random.uniform(18, 50, 500)
    lon2, lat2 = lon + random.uniform(-0.3, 0.3, 500), lat + random.uniform(-0.3, 0.3, 500)
    truth = pyproj.Geod(ellps="WGS84").inv(lon, lat, lon2, lat2)[2]
    assert distance_m(lon, lat, lon2, lat2) == pytest.approx(truth, rel=1e-4)


def test_one_minute_of_latitude_is_a_sea_mile():
    """1,852 m by definition of the unit; on the ellipsoid it is exact near 45 degrees."""
    assert distance_m(114, 45, 114, 45 + 1 / 60) == pytest.approx(1852, abs=1)
    assert np.isnan(distance_m(114, np.nan, 114, 30))
