"""A synthetic city from above: plan, picture, people."""

import geopandas as gpd
import numpy as np
import pytest
import shapely
from geopandas.testing import assert_geodataframe_equal
from hypothesis import given, settings
from hypothesis import strategies as st
from rasterio.features import rasterize

from incomelens.common.errors import InputError
from incomelens.demo.cities.city import (
    N_CORNERS,
    city_corner,
    make_cities,
    make_city,
)
from incomelens.demo.cities.corridors import COASTS
from incomelens.demo.cities.people import FEW, PLANTED, draw_affluence
from incomelens.demo.cities.picture import MEAN_COLOURS, plan_to_pixel
from incomelens.demo.cities.plan import cell_grid, draw_plan

SIZE = {"cells_wide": 7, "cells_high": 6}  # that of the tiny study


@pytest.fixture(scope="module")
def city():
    return make_city("valmorin", index=3, seed=4, **SIZE)


@pytest.fixture(scope="module")
def which(city):
    """Number of the polygon of every pixel, -1 beyond the plan."""
    land = city.plan.land.to_crs("EPSG:2154")
    shapes = zip(land.geometry, range(len(land)), strict=True)
    size = city.picture.shape[:2]
    return rasterize(shapes, size, transform=city.frame.transform, fill=-1, dtype="int32")


@settings(max_examples=8)
@given(
    seed=st.integers(0, 10_000),
    style=st.sampled_from(sorted(PLANTED)),
    coast=st.sampled_from(COASTS),
)
def test_land_use_covers_the_area_without_gap_or_overlap(seed, style, coast):
    plan = draw_plan(
        corner=city_corner(0),
        cells_wide=5,
        cells_high=5,
        style=style,
        coast=coast,
        rng=np.random.default_rng(seed),
    )
    shapes = plan.land.geometry.to_numpy()
    assert shapely.is_valid(shapes).all()
    assert set(plan.land.geom_type) == {"Polygon"}
    assert shapely.area(shapes).sum() == pytest.approx(plan.extent.area, abs=1e-4)
    assert shapely.area(shapely.union_all(shapes)) == pytest.approx(plan.extent.area, abs=1e-4)
    assert shapely.coverage_is_valid(shapes)
    assert plan.extent.contains(cell_grid(plan).union_all())


@pytest.mark.slow
def test_cities_made_side_by_side_are_those_made_one_by_one():
    settings = [{"name": name, "cells_wide": 5, "cells_high": 5} for name in ("east", "west")]
    one_by_one = make_cities(settings, [1, 2])
    side_by_side = make_cities(settings, [1, 2], processes=2)
    for one, two in zip(one_by_one, side_by_side, strict=True):
        assert one.name == two.name
        assert one.frame == two.frame
        np.testing.assert_array_equal(one.picture, two.picture)
        assert_geodataframe_equal(one.cells, two.cells)


def test_every_group_of_classes_occurs(city):
    codes = set(city.plan.land["code"])
    assert codes <= set(MEAN_COLOURS)
    assert {"11100", "11210", "11220", "11230", "11240", "11300"} <= codes
    assert {"12100", "12210", "12220", "12230", "12400", "13300", "13400"} <= codes
    assert {"14100", "14200", "21000", "31000", "50000"} <= codes


def test_each_polygon_has_the_mean_colour_of_its_class(city, which):
    for code in ("50000", "31000", "12220", "14100", "11220", "12100"):
        numbers = np.flatnonzero(city.plan.land["code"] == code)
        pixels = city.picture[np.isin(which, numbers) & city.picture.any(axis=2)]
        assert np.abs(pixels.mean(axis=0) - MEAN_COLOURS[code]).max() < 9, code


def test_pixels_lie_where_the_polygons_are(city, which):
    """Water, moved by four metres, no longer fits the dark pixels as well."""
    water = np.isin(which, np.flatnonzero(city.plan.land["code"] == "50000"))
    seen = city.picture.any(axis=2)
    gap = {}
    for shift in (-4, 0, 4):
        moved = np.roll(water, (shift, shift), axis=(0, 1))
        brightness = city.picture.mean(axis=2)
        gap[shift] = brightness[seen & ~moved].mean() - brightness[seen & moved].mean()
    assert gap[0] > max(gap[-4], gap[4]) + 1


def test_plan_and_picture_agree_to_a_tenth_of_a_pixel(city):
    matrix = plan_to_pixel(city.frame, city.plan)
    west, south, east, north = city.plan.core
    points = gpd.points_from_xy([west, east, (west + east) / 2], [south, north, north], crs=3035)
    lambert = points.to_crs("EPSG:2154")
    expected = np.column_stack([lambert.x - city.frame.west, city.frame.north - lambert.y])
    found = np.column_stack([points.x, points.y]) @ matrix[:, :2].T + matrix[:, 2]
    np.testing.assert_allclose(found, expected, atol=0.1)


def test_cell_ids_name_the_lower_left_corner(city):
    for cell_id, square in zip(city.cells["cell_id"], city.cells.geometry, strict=True):
        west, south, east, north = square.bounds
        assert cell_id == f"CRS3035RES200mN{south:.0f}E{west:.0f}"
        assert (east - west, north - south) == (200, 200)
        assert west % 200 == south % 200 == 0
    assert city.cells["cell_id"].is_unique


def test_some_cells_are_not_lived_in_and_those_have_no_housing(city):
    empty = cell_grid(city.plan)
    empty = empty[~empty["cell_id"].isin(city.cells["cell_id"])]
    assert 1 <= len(empty) <= 5
    homes = city.plan.land[city.plan.land["code"].isin(PLANTED["residential"])].union_all()
    assert (empty.intersection(homes).area < 5_000).all()


def test_one_inhabited_cell_lies_outside_the_picture_and_all_others_inside(city):
    shapes = city.cells.to_crs("EPSG:2154").bounds
    frame = city.frame
    inside = shapes["maxx"].le(frame.west + frame.width) & shapes["minx"].ge(frame.west)
    hamlet = f"CRS3035RES200mN{city.plan.hamlet[1]:.0f}E{city.plan.hamlet[0]:.0f}"
    assert city.cells.loc[~inside, "cell_id"].tolist() == [hamlet]


def test_a_corner_of_the_cells_is_void_and_no_other_pixel_is_black(city):
    void = ~city.picture.any(axis=2)
    shapes = city.cells.to_crs("EPSG:2154").geometry
    cells = rasterize(
        zip(shapes, range(1, len(shapes) + 1), strict=True),
        void.shape,
        transform=city.frame.transform,
    )
    share = np.bincount(cells[void], minlength=len(shapes) + 1)[1:] / 40_000
    assert 1 <= (share > 0.01).sum() <= 6
    assert city.picture[~void].min() >= 14


def test_neighbours_of_few_households_share_one_published_mean(city):
    cells = city.cells
    assert cells["imputed"].equals(cells["households"] < FEW)
    assert cells["imputed"].sum() >= 2
    for _, group in cells[cells["imputed"]].groupby("group"):
        mean = np.average(group["income"], weights=group["individuals"])
        np.testing.assert_allclose(group["income_published"], mean)
    known = cells[~cells["imputed"]]
    np.testing.assert_array_equal(known["income_published"], known["income"])


def test_income_is_what_its_parts_say(city):
    cells = city.cells
    score = cells.filter(like="part_").sum(axis=1)
    assert np.corrcoef(score, np.log(cells["income"]))[0, 1] > 0.999
    assert np.corrcoef(cells["affluence"], cells["part_affluence"])[0, 1] > 0.999


@pytest.mark.slow
def test_the_same_arguments_give_the_same_city_and_another_seed_another(city):
    first, again, other = (
        make_city("valmorin", index=3, seed=seed, **SIZE, metres_per_pixel=2.0)
        for seed in (4, 4, 5)
    )
    np.testing.assert_array_equal(again.picture, first.picture)
    assert again.cells.equals(first.cells)
    assert first.cells.equals(city.cells)  # the picture's resolution changes the picture alone
    assert (other.picture != first.picture).mean() > 0.5


@pytest.fixture(scope="module")
def coastal():
    """Land of a city on a coast."""
    rng = np.random.default_rng(8)
    size = {"cells_wide": 8, "cells_high": 8, "style": "residential"}
    return draw_plan(corner=city_corner(1), coast="south", rng=rng, **size)


def test_on_a_coast_half_of_the_tiles_have_water_in_the_south_and_none_in_the_north(coastal):
    water = coastal.land[coastal.land["code"] == "50000"].union_all()
    tiles = cell_grid(coastal).geometry.to_numpy()[:-1]  # without the hamlet
    west, south, east, north = shapely.bounds(tiles).T
    middle = (south + north) / 2
    halves = shapely.box(west, south, east, middle), shapely.box(west, middle, east, north)
    below, above = (shapely.area(half & water) / shapely.area(half) for half in halves)
    assert (below > 0.2).mean() == 0.5
    assert below.mean() > 0.15
    assert above.max() < 0.1  # the swing of the shore


def test_on_a_coast_motorway_and_railway_run_along_the_water(coastal):
    for name in ("motorway", "railway", "river"):
        for line in coastal.lines[name]:
            steps = np.diff(shapely.get_coordinates(line), axis=0)
            assert np.abs(steps[:, 1] / steps[:, 0]).max() < 0.05, name


def test_inland_cities_are_those_that_they_were(city):
    """To what any machine agrees on; a coast is drawn beside them."""
    area = city.plan.land.area.groupby(city.plan.land["code"]).sum() / 1e4
    kept = {"11210": 13.05, "14100": 8.42, "12210": 10.84, "50000": 9.05, "12230": 2.53}
    assert area[list(kept)].round(2).to_dict() == kept
    assert city.picture.mean(axis=(0, 1)) == pytest.approx([112.7, 112.6, 71.6], abs=0.1)


@pytest.mark.parametrize("style", sorted({*PLANTED} - {"none"}))
def test_strength_is_the_correlation_of_texture_and_affluence(city, style):
    def correlation(strength, planted):
        rng = np.random.default_rng(0)
        blocks = draw_affluence(city.plan.land, style=style, strength=strength, rng=rng)
        chosen = blocks[blocks["planted"] == planted]
        return np.corrcoef(chosen["affluence"], chosen["trait"])[0, 1]

    assert correlation(1.0, True) == pytest.approx(1)
    assert abs(correlation(0.0, True)) < 0.35
    assert abs(correlation(1.0, False)) < 0.35
    assert correlation(0.0, True) < correlation(0.7, True) < 0.95


def test_without_a_signal_homes_carry_incomes_and_their_looks_tell_nothing(city):
    rng = np.random.default_rng(0)
    blocks = draw_affluence(city.plan.land, style="none", strength=1.0, rng=rng)
    assert set(city.plan.land["code"][blocks["planted"]]) == set(PLANTED["residential"])
    homes = blocks[blocks["planted"]]
    assert abs(np.corrcoef(homes["affluence"], homes["trait"])[0, 1]) < 0.2
    assert homes["trait"].std() > 0.8


def test_places_of_cities_are_far_apart_and_on_the_grid():
    corners = np.array([city_corner(index) for index in range(N_CORNERS)])
    apart = np.abs(corners[:, None] - corners).max(axis=2) + 1e9 * np.eye(N_CORNERS)
    assert apart.min() >= 20_000
    assert (corners % 200 == 0).all()
    # Metropolitan France in Lambert-93, away from coasts and borders.
    lambert = gpd.points_from_xy(*corners.T, crs=3035).to_crs("EPSG:2154")
    assert 550_000 < lambert.x.min() < lambert.x.max() < 850_000
    assert 6_500_000 < lambert.y.min() < lambert.y.max() < 6_950_000


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"style": "baroque"}, r"style: 'baroque' is unknown; known are residential, infra"),
        ({"coast": "north"}, r"coast: 'north' is unknown; known are none, south"),
        ({"cells_wide": 3}, r"3 × 12 cells are too few .* at least 5 × 5"),
        ({"filosofi": 2016}, r"filosofi: 2016 is unknown; known are 2015, 2019"),
        ({"urban_atlas": "kml"}, r"urban_atlas: 'kml' is unknown; known are shapefile, geopackage"),
        ({"index": 100}, r"index: 100 is not one of the 100 places"),
        ({"strength": 1.5}, r"strength: 1\.5 is not between 0 and 1"),
        ({"metres_per_pixel": 0.3}, r"metres_per_pixel: 0\.3 does not divide"),
    ],
)
def test_wrong_options_are_named(wrong, message):
    with pytest.raises(InputError, match=message):
        make_city("x", **({"index": 0, "seed": 0} | wrong))
