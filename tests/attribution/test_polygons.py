"""Ratios of polygons: by hand on four quarters, and what they imply for any map."""

import geopandas as gpd
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose
from shapely.geometry import box

from incomelens.attribution.polygons import polygon_ratios
from incomelens.common.errors import InputError

EAST, NORTH = 1000.0, 5000.0
PLACE = {"easting": EAST, "northing": NORTH, "size_m": 200.0}


def land(*boxes, classes=None):
    """Polygons from (west, south, east, north) in metres from the cell's corner."""
    names = classes or ["dense", "low", "water", "natural"][: len(boxes)]
    return gpd.GeoDataFrame(
        {"identifier": [f"{place}" for place in range(len(boxes))], "urban_class": names},
        geometry=[box(EAST + w, NORTH + s, EAST + e, NORTH + n) for w, s, e, n in boxes],
        crs=3035,
    )


# North-west, the east as a whole (beyond the cell), south-west, and one far away.
QUARTERS = land((0, 100, 100, 200), (100, -50, 400, 300), (0, 0, 100, 100), (900, 0, 1000, 100))


def test_a_quarter_with_half_of_the_activation_has_ratio_two():
    saliency = np.array([[3.0, 1.0], [2.0, 0.0]], dtype=np.float32)
    found = polygon_ratios(saliency, QUARTERS, **PLACE)
    assert list(found["identifier"]) == ["0", "1", "2"]
    assert list(found["n_pixels"]) == [1, 2, 1]
    assert_allclose(found["activation_sum"], [3, 1, 2])
    assert_allclose(found["area_share"], [0.25, 0.5, 0.25])
    assert_allclose(found["ratio"], [2, 1 / 3, 4 / 3])
    assert_allclose(found.geometry.area, [1e4, 2e4, 1e4])


@settings(max_examples=25)
@given(saliency=arrays(np.float32, (6, 6), elements=st.floats(0, 100, width=32)))
def test_ratios_weighted_by_area_have_mean_one_and_no_unit(saliency):
    found = polygon_ratios(saliency, QUARTERS, **PLACE)
    if saliency.sum() == 0:
        assert found["ratio"].isna().all()
        return
    assert (found["ratio"] * found["area_share"]).sum() == pytest.approx(1)
    assert_allclose(polygon_ratios(4 * saliency, QUARTERS, **PLACE)["ratio"], found["ratio"])


def test_land_that_is_left_out_is_in_neither_sum():
    quarters = land(
        (0, 100, 100, 200), (100, 0, 200, 200), (0, 0, 100, 100), classes=["dense", None, "low"]
    )
    found = polygon_ratios(np.array([[3.0, 9.0], [1.0, 9.0]]), quarters, **PLACE)
    assert_allclose(found["ratio"], [1.5, np.nan, 0.5])
    assert_allclose(found["area_share"], [0.5, np.nan, 0.5])


def test_polygon_without_a_pixel_has_no_ratio():
    found = polygon_ratios(np.ones((2, 2)), land((0, 0, 200, 199), (0, 199, 200, 200)), **PLACE)
    assert_allclose(found["ratio"], [1.0, np.nan])
    assert found["n_pixels"].tolist() == [4, 0]


def test_misuse_is_told():
    with pytest.raises(InputError, match=r"shape \(2, 3\), smallest value 1"):
        polygon_ratios(np.ones((2, 3)), QUARTERS, **PLACE)
    with pytest.raises(InputError, match="smallest value -1"):
        polygon_ratios(-np.ones((2, 2)), QUARTERS, **PLACE)
    with pytest.raises(InputError, match="no polygon in the cell at easting 9000"):
        polygon_ratios(np.ones((2, 2)), QUARTERS, easting=9000, northing=NORTH, size_m=200)
