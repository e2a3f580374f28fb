"""What is joined has to meet, and a city hangs together."""

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import Point, box

from incomelens.common.errors import InputError
from incomelens.common.places import (
    check_on_globe,
    groups_apart,
    meeting,
    stray_and_torn,
    told_extent,
)

PARIS = box(2.25, 48.8, 2.45, 48.9)
NAMES = ("sales", "districts")


def series(*shapes, crs="EPSG:4326"):
    return gpd.GeoSeries(list(shapes), crs=crs)


def refused(ours, others):
    with pytest.raises(InputError) as caught:
        meeting(ours, others, names=NAMES)
    return str(caught.value)


def test_those_that_meet_are_told_one_by_one_and_the_share_is_their_mean(caplog):
    points = series(Point(2.3, 48.85), Point(2.5, 48.85), Point(2.45, 48.9), None)
    assert meeting(points, series(PARIS), names=NAMES).tolist() == [True, False, True, False]
    assert "2 of 4 sales (50 %) meet districts; sales lie in longitude 2.3 to 2.5" in caplog.text


def test_a_tenth_that_does_not_meet_is_no_alarm(caplog):
    points = series(*[Point(2.3, 48.85)] * 9, Point(5, 48))
    assert meeting(points, series(PARIS), names=NAMES).sum() == 9
    assert not [record for record in caplog.records if record.levelname == "WARNING"]


corners = st.tuples(st.floats(2.0, 3.0), st.floats(48.0, 49.0))
squares = st.lists(corners.map(lambda at: box(*at, at[0] + 0.05, at[1] + 0.05)), min_size=1)


@given(ours=squares, others=squares, crs=st.sampled_from(["EPSG:2154", "EPSG:3035", "EPSG:32631"]))
@settings(max_examples=60)
def test_what_meets_does_so_in_any_reference_system(ours, others, crs):
    crossing = shapely.intersects(np.array(ours)[:, None], np.array(others)[None, :])
    apart = shapely.distance(np.array(ours)[:, None], np.array(others)[None, :])
    # Straight lines of one system are curves of another: what hardly meets may go either way.
    inner = shapely.intersection(np.array(ours)[:, None], np.array(others)[None, :])
    clear = np.where(crossing, shapely.area(inner) > 1e-5, apart > 1e-3)
    try:
        found = meeting(series(*ours).to_crs(crs), series(*others), names=NAMES, least=0.0)
    except InputError:
        found = np.zeros(len(ours), dtype=bool)
    sure = clear.all(axis=1)
    np.testing.assert_array_equal(found[sure], crossing.any(axis=1)[sure])


@given(
    place=st.tuples(st.floats(-170, 170), st.floats(-70, 70)),
    east=st.floats(0.5, 8),
    crs=st.sampled_from(["EPSG:4326", "EPSG:3857"]),
)
@settings(max_examples=60)
def test_two_places_that_do_not_meet_are_refused_with_both_extents(place, east, crs):
    west, south = place
    ours = series(box(west, south, west + 0.1, south + 0.1))
    others = series(box(west + east, south, west + east + 0.1, south + 0.1)).to_crs(crs)
    message = refused(ours, others)
    assert f"sales lie in {told_extent(ours)}, districts in {told_extent(others)}" in message


def test_exchanged_axes_are_named():
    swapped = series(Point(48.85, 2.3), Point(48.86, 2.31))
    assert "if the axes of sales were exchanged" in refused(swapped, series(PARIS))
    metres = shapely.transform(series(PARIS).to_crs("EPSG:2154")[0], lambda xy: xy[:, ::-1])
    message = refused(series(Point(2.3, 48.85)), series(metres, crs="EPSG:2154"))
    assert "if the axes of districts were exchanged" in message


def test_a_missing_minus_is_named():
    new_york = series(box(-74.2, 40.5, -73.7, 40.9))
    message = refused(series(Point(74.0, 40.7)), new_york)
    assert "if longitudes of sales had the other sign: west is negative" in message


def test_a_wrong_reference_system_is_named():
    paris = series(PARIS).to_crs("EPSG:2154")
    wrong = series(*paris.centroid, crs="EPSG:3035")
    message = refused(wrong, paris)
    assert "sales are said to be in EPSG:3035 and districts in EPSG:2154: one of the two" in message


def test_another_city_is_told_by_its_distance():
    lyon = series(Point(4.83, 45.76))
    message = refused(lyon, series(PARIS))
    assert "they lie 383 km apart: are both of the same city" in message


def test_shapes_that_lie_between_each_other_are_no_other_city():
    message = refused(series(Point(2.3, 48.85)), series(Point(2.2, 48.8), Point(2.4, 48.9)))
    assert "their extents overlap, yet they lie beside each other" in message


def test_coordinates_of_no_place_are_shown_as_they_are():
    feet = series(Point(980_000, 200_000), crs="EPSG:4326")
    message = refused(feet, series(PARIS))
    assert "no place on the globe (EPSG:4326, [980000, 200000, 980000, 200000])" in message


def squares_at(*places, side=0.01):
    return series(*(box(x, y, x + side, y + side) for x, y in places))


def grid(west, south, n=6):
    return [(west + 0.01 * i, south + 0.01 * j) for i in range(n) for j in range(n)]


def told(places, **options):
    shapes = squares_at(*places, **options)
    ids = [f"d{at}" for at in range(len(shapes))]
    return {one.reason: one for one in stray_and_torn(shapes, ids, what="districts") if one.n}


def test_a_city_of_one_piece_is_no_finding():
    assert told(grid(2.2, 48.8)) == {}


def test_a_district_far_from_all_others_is_named():
    found = told([*grid(2.2, 48.8), (4.8, 45.7)])
    assert list(found) == ["far_from_others"]
    assert (found["far_from_others"].n, found["far_from_others"].example) == (1, "d36")
    assert "1 of 37 districts lie more than 10 km from all others: d36; is their place right" in (
        found["far_from_others"].message
    )


def test_a_city_torn_in_two_is_told_with_the_size_of_both():
    found = told([*grid(2.2, 48.8), *grid(4.8, 45.7, n=4)])
    assert list(found) == ["torn_apart"]
    assert "2 groups more than 10 km apart: 36 (such as d0), 16 (such as d36)" in (
        found["torn_apart"].message
    )


def test_large_districts_have_large_gaps():
    places = [(0.3 * i, 45 + 0.3 * j) for i in range(5) for j in range(5)]
    assert told([*places, (3.0, 46)], side=0.3) == {}


def test_neighbours_across_180_degrees_are_one_group():
    assert groups_apart(squares_at((179.98, -17), (-179.99, -17)), gap_km=10).tolist() == [0, 0]


@given(
    sizes=st.lists(st.integers(1, 5), min_size=1, max_size=4),
    gap=st.floats(1.0, 200.0),
    latitude=st.floats(-60, 60),
)
@settings(max_examples=50)
def test_groups_are_those_that_were_put_apart(sizes, gap, latitude):
    """Steps of half the gap inside a group, of one and a half between groups."""
    degree = 111.2 * np.cos(np.radians(latitude))
    steps = [step for n in sizes for step in [1.5 * gap, *[0.5 * gap] * (n - 1)]]
    points = series(*(Point(x / degree, latitude) for x in np.cumsum(steps)))
    found = groups_apart(points, gap_km=gap)
    owner = np.repeat(np.arange(len(sizes)), sizes)
    assert len(set(zip(found, owner, strict=True))) == len(sizes) == found.max() + 1
    assert (np.diff(np.bincount(found)) <= 0).all()


def test_places_at_zero_are_refused_by_name():
    with pytest.raises(InputError, match=r"t\.csv: b lie at longitude and latitude 0, in the sea"):
        check_on_globe(squares_at((2.2, 48.8), (0, 0)), ["a", "b"], where="t.csv")


ACROSS = shapely.union(box(179.9, -17, 180, -16.9), box(-180, -17, -179.9, -16.9))


@pytest.mark.parametrize("third", [box(-179.9, -17, -179.8, -16.9), ACROSS])
def test_a_city_across_the_antimeridian_is_refused_by_name(third):
    fiji = series(*squares_at((178.4, -18.1), (178.5, -18.1)), third)
    with pytest.raises(InputError, match=r"both sides of the antimeridian .* c; longitudes there"):
        check_on_globe(fiji, ["a", "b", "c"], where="t.csv")


def test_a_country_is_not_across_the_antimeridian():
    check_on_globe(squares_at((-124, 40), (-67, 45), (2, 48)), ["a", "b", "c"], where="t.csv")
