"""From native pixels to the grid of a cell."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from pyproj import CRS
from rasterio import Affine
from rasterio.warp import Resampling, reproject

from incomelens.tiles.mosaic import Patch
from incomelens.tiles.orthophoto import Grid
from incomelens.tiles.warp import CellFrames, _pixel_positions, cell_frames, reach_px, warp_cell

from .ground import CELL_CRS, IMAGERY_CRS, SOUTH, WEST, gentle, noise, to_imagery

CELL = np.array([[WEST, SOUTH, WEST + 200, SOUTH + 200]])
FRAMES = cell_frames(CELL, crs=CRS(CELL_CRS), imagery_crs=CRS(IMAGERY_CRS))


def patch_of(ground, *, pixel: float, tile_px: int, frames: CellFrames = FRAMES) -> Patch:
    """Native pixels around the first cell, every one as `ground` shows it."""
    west, south, east, north = frames.bounds(0)
    margin = reach_px(frames, 0, tile_px=tile_px, pixel=pixel)
    cols = np.arange(np.floor(west / pixel) - margin, np.ceil(east / pixel) + margin)
    rows = np.arange(np.ceil(north / pixel) + margin, np.floor(south / pixel) - margin, -1)
    image = ground(*np.meshgrid((cols + 0.5) * pixel, (rows - 0.5) * pixel))
    grid = Grid(float(cols[0] * pixel), float(rows[0] * pixel), pixel)
    return Patch(image, np.zeros(image.shape[1:], dtype=bool), grid)


def pixel_centres(tile_px: int):
    """Place in EPSG:2154 of the centre of each pixel of the tile, rows from north to south."""
    share = (np.arange(tile_px) + 0.5) / tile_px
    return to_imagery(*np.meshgrid(WEST + 200 * share, SOUTH + 200 * (1 - share)))


@pytest.mark.parametrize(
    ("pixel", "tile_px"), [(0.2, 800), (0.5, 100), (1.0, 128), (2.0, 200), (0.2, 128)]
)
def test_colour_tells_the_ground_under_every_pixel(pixel, tile_px):
    """A quarter of a grey level a metre; the mean over 1/16 of a tile tells a few centimetres."""
    warped = warp_cell(patch_of(gentle, pixel=pixel, tile_px=tile_px), FRAMES, 0, tile_px=tile_px)
    expected = gentle(*pixel_centres(tile_px)).astype(float)
    error = np.moveaxis(warped.image, 2, 0) - expected
    assert np.abs(error).max() <= 1
    quarter = tile_px // 4
    for rows in range(0, tile_px - quarter + 1, quarter):
        for cols in range(0, tile_px - quarter + 1, quarter):
            part = error[:, rows : rows + quarter, cols : cols + quarter]
            assert_allclose(part.mean(axis=(1, 2)), 0, atol=0.1)
    assert warped.void_share == 0


def test_coordinates_are_those_of_the_projection_to_a_hundredth_of_a_pixel():
    patch = patch_of(noise, pixel=0.2, tile_px=80)
    col, row = _pixel_positions(patch, FRAMES, 0, 80)
    easting, northing = pixel_centres(80)
    assert_allclose(patch.grid.west + col * 0.2, easting, atol=1e-5)
    assert_allclose(patch.grid.north - row * 0.2, northing, atol=1e-5)


@pytest.mark.parametrize(
    ("pixel", "tile_px"), [(0.2, 800), (0.5, 800), (1.0, 128), (0.2, 128), (1.0, 200)]
)
def test_parity_with_gdal_within_one_grey_level(pixel, tile_px):
    patch = patch_of(noise, pixel=pixel, tile_px=tile_px)
    ours = warp_cell(patch, FRAMES, 0, tile_px=tile_px).image
    theirs = np.zeros((3, tile_px, tile_px), dtype=np.uint8)
    scale = min(1.0, pixel * tile_px / 200)
    reproject(
        patch.image,
        theirs,
        src_transform=Affine(pixel, 0, patch.grid.west, 0, -pixel, patch.grid.north),
        src_crs=IMAGERY_CRS,
        dst_transform=Affine(200 / tile_px, 0, WEST, 0, -200 / tile_px, SOUTH + 200),
        dst_crs=CELL_CRS,
        resampling=Resampling.bilinear,
        tolerance=0,  # its own coordinates are otherwise an eighth of a pixel off
        XSCALE=scale,  # otherwise guessed from the size of the window
        YSCALE=scale,
    )
    difference = np.abs(np.moveaxis(ours, 2, 0).astype(int) - theirs)
    # The centre row and column of the kernel may differ in whether a weight of zero counts.
    assert difference.max() <= 1


def test_shrinking_averages_what_lies_between_the_samples():
    """Columns of 0.2 m, black or white by turns, are grey at 1.56 m and not one or the other."""

    def stripes(easting, northing):
        return np.stack([np.where(np.floor(easting / 0.2) % 2, 241, 11)] * 3).astype(np.uint8)

    image = warp_cell(patch_of(stripes, pixel=0.2, tile_px=128), FRAMES, 0, tile_px=128).image
    assert_allclose(image.astype(float), 126, atol=6)


@settings(max_examples=25)
@given(seed=st.integers(0, 10_000), void_rate=st.floats(0, 1), tile_px=st.sampled_from([20, 64]))
def test_void_pixels_take_no_part_and_their_area_is_told(seed, void_rate, tile_px):
    patch = patch_of(lambda e, n: np.full((3, *e.shape), 77, np.uint8), pixel=2.0, tile_px=tile_px)
    void = np.random.default_rng(seed).random(patch.void.shape) < void_rate
    warped = warp_cell(
        Patch(np.where(void, 0, patch.image).astype(np.uint8), void, patch.grid),
        FRAMES,
        0,
        tile_px=tile_px,
    )
    assert set(np.unique(warped.image)) <= {0, 77}
    assert abs(warped.void_share - void.mean()) < 0.1
    assert ((warped.image == 77).any(axis=2)).mean() >= 1 - warped.void_share - 1e-6


def test_void_half_of_the_cell_is_half_of_its_area():
    patch = patch_of(noise, pixel=1.0, tile_px=100)
    middle = to_imagery(WEST + 100, SOUTH + 100)
    cols = patch.grid.west + np.arange(patch.void.shape[1]) + 0.5
    void = np.broadcast_to(cols < middle[0], patch.void.shape).copy()
    warped = warp_cell(Patch(patch.image, void, patch.grid), FRAMES, 0, tile_px=100)
    assert_allclose(warped.void_share, 0.5, atol=0.005)
    # West of the middle: black; east: as if nothing were missing, but for the seam.
    whole = warp_cell(patch, FRAMES, 0, tile_px=100).image
    assert not warped.image[50, :45].any()
    assert_array_equal(warped.image[50, 55:], whole[50, 55:])


def test_cell_without_any_imagery_is_black_and_void():
    patch = patch_of(noise, pixel=1.0, tile_px=10)
    warped = warp_cell(
        Patch(patch.image, np.ones_like(patch.void), patch.grid), FRAMES, 0, tile_px=10
    )
    assert warped.void_share == 1.0
    assert not warped.image.any()


def test_beyond_the_patch_is_void():
    patch = patch_of(noise, pixel=1.0, tile_px=50)
    height = patch.void.shape[0] // 2
    cut = Patch(patch.image[:, :height].copy(), patch.void[:height].copy(), patch.grid)
    warped = warp_cell(cut, FRAMES, 0, tile_px=50)
    whole = warp_cell(patch, FRAMES, 0, tile_px=50).image
    assert_allclose(warped.void_share, 0.5, atol=0.02)
    assert_array_equal(warped.image[:20], whole[:20])
    assert not warped.image[-20:].any()


def test_frames_of_no_cell_are_empty():
    frames = cell_frames(np.empty((0, 4)), crs=CRS(CELL_CRS), imagery_crs=CRS(IMAGERY_CRS))
    assert frames.easting.shape == (0, 3, 3)


def test_same_crs_cuts_the_very_pixels():
    """Cell and imagery in one CRS and pixel size: nothing is resampled."""
    frames = cell_frames(CELL, crs=CRS(CELL_CRS), imagery_crs=CRS(CELL_CRS))
    patch = patch_of(noise, pixel=1.0, tile_px=200, frames=frames)
    margin = reach_px(frames, 0, tile_px=200, pixel=1.0)
    image = warp_cell(patch, frames, 0, tile_px=200).image
    inner = patch.image[:, margin : margin + 200, margin : margin + 200]
    assert_array_equal(np.moveaxis(image, 2, 0), inner)
