"""Sums over urban classes: by hand, by brute force, against rasterstats."""

import numpy as np
import pytest
import rasterio.features
import shapely
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose
from rasterio import Affine
from rasterstats import zonal_stats

from incomelens.attribution.zonal import N_TRANSFORMS, transformed, undone, zonal_sums
from incomelens.cells.urban_classes import EXCLUDED, UNKNOWN, land_use_list
from incomelens.common.errors import InputError

NAMES = land_use_list().names
VALUES = land_use_list().value_of

PX = 6
maps_of_tiles = arrays(np.float32, (2, 3, PX, PX), elements=st.floats(0, 1e6, width=32))
land_uses = arrays(
    np.uint8, (2, PX, PX), elements=st.sampled_from([UNKNOWN, 1, 2, 7, 19, EXCLUDED])
)


def sums(maps, land_use, **options):
    return zonal_sums(torch.as_tensor(maps), torch.as_tensor(land_use), **options)


def by_numpy(values, transform):
    if transform >= 4:
        values = np.fliplr(values)
    return np.rot90(values, transform % 4)


def test_two_classes_and_an_airport_by_hand():
    found = sums(
        np.array([[[[1.0, 2.0], [4.0, 8.0]]]], dtype=np.float32),
        np.array([[[VALUES["dense"], VALUES["roads"]], [VALUES["roads"], EXCLUDED]]], np.uint8),
    )
    dense, roads = NAMES.index("dense"), NAMES.index("roads")
    # Counter-clockwise turns of (1 2 / 4 8): (2 8 / 1 4), (8 4 / 2 1), (4 1 / 8 2).
    assert_allclose(found.activation[0, :4, 0, dense], [1, 2, 8, 4])
    assert_allclose(found.activation[0, :4, 0, roads], [6, 9, 6, 9])
    # Mirrored, (2 1 / 8 4), then turned: (1 4 / 2 8), (4 8 / 1 2), (8 2 / 4 1).
    assert_allclose(found.activation[0, 4:, 0, dense], [2, 1, 4, 8])
    assert_allclose(found.area_share[0, [dense, roads]], [1 / 3, 2 / 3])
    assert_allclose(found.excluded_share, [0.25])
    assert found.activation.shape == (1, 8, 1, len(NAMES))


@given(maps=maps_of_tiles, land_use=land_uses)
def test_sums_are_those_of_transforming_every_map(maps, land_use):
    found = sums(maps, land_use)
    for tile in range(2):
        for transform in range(N_TRANSFORMS):
            for at in range(3):
                turned = by_numpy(maps[tile, at].astype(float), transform)
                expected = [turned[land_use[tile] == VALUES[name]].sum() for name in NAMES]
                assert_allclose(found.activation[tile, transform, at], expected, rtol=1e-12)


@given(land_use=land_uses, level=st.floats(1e-3, 1e3))
def test_evenly_spread_maps_give_ratio_one_for_all_transforms(land_use, level):
    found = sums(np.full((2, 1, PX, PX), level), land_use)
    total = found.activation.sum(axis=-1, keepdims=True)
    shares = np.broadcast_to(found.area_share[:, None, None], found.activation.shape)
    assert_allclose(found.activation, shares * total)


@given(maps=maps_of_tiles, land_use=land_uses)
def test_shares_add_up_to_one_and_nothing_is_lost(maps, land_use):
    found = sums(maps, land_use)
    used = ((land_use != UNKNOWN) & (land_use != EXCLUDED)).reshape(2, -1)
    assert_allclose(found.area_share.sum(axis=1), used.any(axis=1))
    assert_allclose(found.excluded_share, 1 - used.mean(axis=1), atol=1e-12)
    in_sums = (maps.astype(float) * used.reshape(2, 1, PX, PX)).sum(axis=(-2, -1))
    assert_allclose(found.activation[:, 0].sum(axis=-1), in_sums, rtol=1e-12)
    assert ((found.area_share > 0) | (found.activation[:, 0] == 0).all(axis=1)).all()


def test_the_eight_transforms_differ_and_are_undone():
    values = torch.arange(PX * PX).reshape(1, PX, PX)
    all_of_them = [transformed(values, number) for number in range(N_TRANSFORMS)]
    assert len({tuple(one.flatten().tolist()) for one in all_of_them}) == 8
    assert torch.equal(all_of_them[0], values)
    for number, one in enumerate(all_of_them):
        assert torch.equal(undone(one, number), values)


def test_one_transform_is_the_first_of_eight():
    rng = np.random.default_rng(0)
    maps, land_use = rng.random((3, 2, PX, PX)), rng.integers(0, 20, (3, PX, PX), dtype=np.uint8)
    one = sums(maps, land_use, n_transforms=1)
    assert_allclose(one.activation, sums(maps, land_use).activation[:, :1])


def test_sums_over_polygons_equal_rasterstats():
    px, side = 50, 200.0
    rng = np.random.default_rng(3)
    west, north = 3_763_200.0, 2_893_600.0
    transform = Affine(side / px, 0, west, 0, -side / px, north)
    square = shapely.box(west, north - side, west + side, north)
    seeds = shapely.MultiPoint(rng.uniform([west, north - side], [west + side, north], (7, 2)))
    cells = shapely.get_parts(shapely.voronoi_polygons(seeds, extend_to=square))
    polygons = shapely.intersection(cells, square)
    codes = np.arange(1, len(polygons) + 1, dtype=np.uint8)
    land_use = rasterio.features.rasterize(
        zip(polygons, codes, strict=True), (px, px), transform=transform, dtype="uint8"
    )
    maps = rng.gamma(0.3, size=(2, px, px)).astype(np.float32)
    found = sums(maps[None], land_use[None], n_transforms=1)
    for at in (0, 1):
        theirs = [
            (one["sum"], one["count"])
            for one in zonal_stats(
                polygons, maps[at].astype(float), affine=transform, stats="sum count", nodata=-1
            )
        ]
        expected, counts = np.array(theirs).T
        ours = found.activation[0, 0, at, : len(codes)]
        assert_allclose(ours, expected, rtol=0, atol=1e-6 * expected.sum())
    assert_allclose(found.area_share[0, : len(codes)], counts / px**2)


def test_a_tile_without_any_class_has_no_share_and_no_sum():
    found = sums(np.ones((1, 1, 2, 2)), np.array([[[0, 255], [255, 0]]], np.uint8))
    assert found.excluded_share == 1
    assert not found.area_share.any()
    assert not found.activation.any()


def test_a_value_that_no_class_has_is_named():
    with pytest.raises(InputError, match=r"land use has values 20.*; expected 1\.\.19, 0 or 255"):
        sums(np.ones((1, 1, 2, 2)), np.array([[[1, 20], [1, 1]]], np.uint8))


@pytest.mark.parametrize("shape", [(1, 1, 2, 3), (1, 2, 2), (2, 1, 2, 2)])
def test_shapes_that_do_not_belong_together_are_refused(shape):
    with pytest.raises(InputError, match=r"expected \(n, n_maps, px, px\) and \(n, px, px\)"):
        sums(np.ones(shape), np.ones((1, 2, 2), np.uint8))
