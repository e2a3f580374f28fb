"""Maps: no distortion, a scale bar of the right length, classes that hold equal counts."""

from itertools import pairwise

import geopandas as gpd
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from matplotlib_scalebar.scalebar import ScaleBar
from numpy.testing import assert_allclose
from shapely import Point

from incomelens.common.errors import InputError
from incomelens.paper.draw.maps import (
    draw_bar_inside,
    draw_class_legend,
    draw_map,
    quantile_classes,
)
from incomelens.paper.draw.planes import local_projection
from incomelens.paper.draw.style import paper_figure

incomes = arrays(float, st.integers(1, 300), elements=st.floats(1e3, 3e5))


@pytest.fixture
def axes():
    with paper_figure(89.0, 89.0) as figure:
        yield figure.panel(2.0, 2.0, 85.0, 85.0)


def test_projection_keeps_areas_and_lengths(districts):
    plane = local_projection(districts)
    assert_allclose(plane.area, 1e6, rtol=1e-4)
    assert_allclose(plane.length, 4e3, rtol=1e-4)


def test_a_country_on_both_sides_of_the_date_line_lies_together():
    places = {"Attu": (172.9, 52.9), "Anchorage": (-149.9, 61.2), "Maine": (-67.0, 44.9)}
    country = gpd.GeoDataFrame(
        {"name": list(places)}, geometry=[Point(*p) for p in places.values()], crs=4326
    )
    easting = local_projection(country).geometry.centroid.x
    assert easting.is_monotonic_increasing
    assert np.ptp(easting) < 9e6


def test_very_many_districts_are_drawn_as_pixels(axes, districts, monkeypatch):
    plane = local_projection(districts)
    values = plane["per_capita_income"].to_numpy()
    for most, as_pixels in ((len(plane), False), (len(plane) - 1, True)):
        monkeypatch.setattr("incomelens.paper.draw.maps.MOST_DISTRICTS_AS_OUTLINES", most)
        draw_map(axes, plane, values, quantile_classes(values, 4))
        assert axes.collections[-1].get_rasterized() is as_pixels


def test_map_has_equal_aspect_and_no_frame(axes, districts):
    plane = local_projection(districts)
    values = plane["per_capita_income"].to_numpy()
    draw_map(axes, plane, values, quantile_classes(values, 4))
    assert axes.get_aspect() == 1.0
    assert not axes.axison
    axes.figure.canvas.draw()
    box, (west, east), (south, north) = axes.bbox, axes.get_xlim(), axes.get_ylim()
    pixels_per_metre = box.width / (east - west), box.height / (north - south)
    assert pixels_per_metre[0] == pytest.approx(pixels_per_metre[1])


def test_district_without_value_is_hatched(axes, districts):
    plane = local_projection(districts)
    values = plane["per_capita_income"].to_numpy()
    draw_map(axes, plane, values, quantile_classes(values, 4))
    hatched = [layer for layer in axes.collections if layer.get_hatch()]
    assert [len(layer.get_paths()) for layer in hatched] == [1]


def test_district_without_polygon_is_left_out(axes, districts):
    plane = local_projection(districts)
    plane.loc[0, "geometry"] = None
    values = plane["per_capita_income"].to_numpy()
    draw_map(axes, plane, values, quantile_classes(values, 4))
    assert sum(len(layer.get_paths()) for layer in axes.collections) == len(plane) - 1


def test_scale_bar_is_round_and_as_long_as_it_says(axes, districts):
    plane = local_projection(districts)
    values = plane["per_capita_income"].to_numpy()
    draw_map(axes, plane, values, quantile_classes(values, 4))
    draw_bar_inside(axes, plane)
    axes.figure.canvas.draw()
    (bar,) = [artist for artist in axes.artists if isinstance(artist, ScaleBar)]
    assert bar.info.length_px == pytest.approx(1000.0)
    assert bar.info.scale_text == "1 km"


def test_classes_of_even_data_are_round_and_even():
    values = np.linspace(0.0, 100_000.0, 1001)
    classes = quantile_classes(values, 5)
    assert_allclose(classes.breaks, [20_000, 40_000, 60_000, 80_000])
    assert np.bincount(classes.of(values)).min() >= 200


@given(values=incomes)
def test_classes_rise_and_cover_every_value(values):
    classes = quantile_classes(values, 8)
    assert (np.diff(classes.breaks) > 0).all()
    assert set(classes.of(values)) <= set(range(classes.n))
    assert classes.n <= 8


@given(values=incomes)
def test_printed_limits_are_told_apart(values):
    limits = quantile_classes(values, 8).limits(1.0)
    assert len(set(limits)) == len(limits)


def test_equal_values_make_one_class():
    assert quantile_classes(np.full(9, 3.0), 5).n == 1


def test_limits_are_printed_in_the_legends_unit():
    classes = quantile_classes(np.linspace(0.0, 100_000.0, 1001), 4)
    assert classes.limits(1.0) == ["25,000", "50,000", "75,000"]
    assert classes.limits(1e-3) == ["25", "50", "75"]


def test_map_without_any_value_is_refused():
    with pytest.raises(InputError, match="at least one district with a value; all are missing"):
        quantile_classes(np.array([np.nan, np.nan]), 5)


def test_legend_names_what_is_missing(axes):
    draw_class_legend(axes, quantile_classes(np.arange(9.0), 3), title="x", missing="no income")
    assert "no income" in [text.get_text() for text in axes.texts]


@pytest.mark.parametrize("n_classes", [4, 9, 40])
def test_limits_in_the_legend_do_not_run_into_each_other(axes, n_classes):
    values = np.linspace(-73_000.0, 73_000.0, 1001)
    draw_class_legend(axes, quantile_classes(values, n_classes), title="x")
    renderer = axes.figure.canvas.get_renderer()
    boxes = [t.get_window_extent(renderer) for t in axes.texts if t.get_text() != "x"]
    assert len(boxes) >= 3
    assert all(left.x1 < right.x0 for left, right in pairwise(boxes))
