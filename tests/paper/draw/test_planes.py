"""Planes: what lies far from a country's other areas comes into insets, in place and size told."""

import geopandas as gpd
import numpy as np
import pytest
from numpy.testing import assert_allclose
from shapely import Point, box

from incomelens.paper.draw.maps import draw_map, quantile_classes
from incomelens.paper.draw.planes import INSET, local_projection
from incomelens.paper.draw.style import paper_figure

# Two states side by side, islands, and a state on both sides of the date line.
AREAS = {
    "Kansas": [box(-102 + x, 37, -101 + x, 40) for x in range(6)],
    "Missouri": [box(-96 + x, 36, -95 + x, 40) for x in range(4)],
    "Hawaii": [box(-156, 19, -155, 20), box(-160, 21.8, -159.3, 22.3)],
    "Alaska": [box(-165, 60, -140, 70), box(172, 52, 174, 53), box(-150, 60, -149, 61)],
}


@pytest.fixture
def country():
    rows = [(area, shape) for area, shapes in AREAS.items() for shape in shapes]
    area, shapes = zip(*rows, strict=True)
    table = gpd.GeoDataFrame({"area": area}, geometry=list(shapes), crs=4326)
    return table.sample(frac=1, random_state=0)  # rows of a part need not follow each other


def test_far_areas_lie_below_the_others_and_nothing_overlaps(country):
    plane = local_projection(country)
    assert plane.index.equals(country.index)
    main = plane[plane[INSET].isna()]
    assert set(main["area"]) == {"Kansas", "Missouri"}
    boxes = [box(*part.total_bounds) for _, part in plane.groupby(INSET)]
    assert len(boxes) == 2
    boxes.append(box(*main.total_bounds))
    for n, one in enumerate(boxes):
        assert not any(one.intersects(other) for other in boxes[:n])


def test_the_country_itself_is_drawn_as_without_what_is_far(country):
    near = country[country["area"].isin(["Kansas", "Missouri"])]
    alone, among = local_projection(near), local_projection(country)
    assert INSET not in alone
    assert among.loc[near.index].geometry.geom_equals(alone.geometry).all()


def test_an_inset_tells_its_size_and_keeps_its_areas_to_it(country):
    plane = local_projection(country)
    told = plane.groupby("area")[INSET].first()
    name, size = told["Alaska"].split("\n× ")
    assert name == "Alaska"
    alone = local_projection(country[country["area"] == "Alaska"])
    ratio = plane.loc[alone.index].area / alone.area
    assert_allclose(ratio, ratio.iloc[0])
    assert np.sqrt(ratio.iloc[0]) == pytest.approx(float(size), abs=0.005)


def test_islands_beyond_the_date_line_stay_with_their_state(country):
    plane = local_projection(country[country["area"] == "Alaska"])
    west, _, east, _ = plane.total_bounds
    assert east - west < 3e6


def test_a_district_without_an_area_stays_where_it_lies(country):
    whole = local_projection(country)
    row = country.index[country["area"] == "Kansas"][0]
    plane = local_projection(country.assign(area=country["area"].mask(country.index == row)))
    assert plane[INSET].isna().equals(whole[INSET].isna())
    assert plane.geometry.geom_equals(whole.geometry).all()


def test_districts_and_areas_without_a_shape_are_no_hindrance(country):
    hawaii = country["area"] == "Hawaii"
    country.loc[hawaii, "geometry"] = None
    country.loc[country.index[country["area"] == "Missouri"][0], "geometry"] = Point()
    plane = local_projection(country)
    assert plane.index.equals(country.index)
    assert plane.geometry[hawaii].isna().all()
    assert {name.split("\n")[0] for name in plane[INSET].dropna()} == {"Alaska"}


def test_places_of_a_country_become_discs_in_insets_too(country):
    points = country.set_geometry(country.geometry.representative_point())
    plane = local_projection(points)
    assert (plane.area > 0).all()
    assert plane[INSET].nunique() == 2


def test_insets_are_framed_and_named(country):
    plane = local_projection(country)
    values = np.arange(len(plane), dtype=float)
    with paper_figure(89.0, 89.0) as figure:
        axes = figure.panel(2.0, 2.0, 85.0, 85.0)
        draw_map(axes, plane, values, quantile_classes(values, 4))
    written = {text.get_text() for text in axes.texts}
    assert written == set(plane[INSET].dropna())
    assert len(axes.patches) == 2
