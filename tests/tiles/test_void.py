"""What of an orthophoto is void, decided in one place."""

import logging

import numpy as np
import pytest
import rasterio
from numpy.testing import assert_array_equal
from rasterio import Affine

from incomelens.tiles.mosaic import Mosaic
from incomelens.tiles.void import prevailing_colour, void_colours

from .ground import footprints, write_image

WEST, NORTH, SIDE = 840_000.0, 6_520_000.0, 400
WHOLE = (WEST, NORTH - SIDE, WEST + SIDE, NORTH)
TILE = (WEST + 100, NORTH - 300, WEST + 300, NORTH - 100)  # with 100 m of photo all around


def photo(seed: int = 0, *, count: int = 3) -> np.ndarray:
    return np.random.default_rng(seed).integers(40, 200, (count, SIDE, SIDE), dtype=np.uint8)


def write(folder, image, name="a", **profile):
    write_image(folder / f"{name}.tif", image, west=WEST, north=NORTH, **profile)
    return image


def read(folder, bounds=TILE, *, names=("a",), **settings):
    with Mosaic(footprints(folder, list(names)), folder, **settings) as mosaic:
        return mosaic.read(bounds, primary=names[0])


def tile_of(image):
    return image[..., 100:300, 100:300]


def test_white_beyond_a_border_is_filled_from_the_neighbour_and_told(tmp_path, caplog):
    east_white, west_white, ground = photo(), photo(), photo()
    east_white[:, :, 150:], west_white[:, :, :150] = 255, 255
    for name, image in (("east_white", east_white), ("west_white", west_white)):
        write(tmp_path, image, name)
    for names in (("east_white", "west_white"), ("west_white", "east_white")):
        patch = read(tmp_path, names=names)
        assert not patch.void.any()
        assert_array_equal(patch.image, tile_of(ground))
    assert "1 of 1 tiles touch a large white area, taken for no imagery (in east" in caplog.text


@pytest.mark.parametrize(("rows", "cols"), [((0, 120), (0, 400)), ((0, 400), (290, 400))])
def test_white_that_only_reaches_into_a_tile_is_void_there(tmp_path, rows, cols):
    image = photo()
    image[:, slice(*rows), slice(*cols)] = 255
    write(tmp_path, image)
    assert_array_equal(read(tmp_path).void, tile_of(image[0]) == 255)


def test_a_white_collar_along_the_edge_of_the_file_is_void_however_narrow(tmp_path):
    image = photo()
    image[:, :, -3:] = 255
    write(tmp_path, image)
    patch = read(tmp_path, (WEST + 200, NORTH - 300, WEST + 400, NORTH - 100))
    assert_array_equal(patch.void, np.broadcast_to(np.arange(200) >= 197, (200, 200)))


def test_a_white_roof_and_white_pixels_are_ground(tmp_path, caplog):
    image = photo()
    image[:, 150:220, 260:340] = 255  # 70 m by 80 m across the edge of the tile
    image[:, ::7, ::7] = 255
    write(tmp_path, image)
    patch = read(tmp_path)
    assert not patch.void.any()
    assert_array_equal(patch.image, tile_of(image))
    assert not caplog.records


def test_named_colours_are_void_pixel_by_pixel_and_white_is_as_named(tmp_path):
    image = photo()
    image[:, 150:220, 150:220] = 255
    image[:, 10, 10] = image[:, 105, 105] = np.array([255, 0, 255])
    write(tmp_path, image)
    assert not read(tmp_path, void=[]).void.any()
    expected = (tile_of(image) == 255).all(axis=0)
    assert_array_equal(read(tmp_path, void=[255]).void, expected)
    assert read(tmp_path, void=[[255, 0, 255]]).void.nonzero() == ([5], [5])
    fill = image.copy()
    fill[:, :, 200:] = 255
    write(tmp_path, fill)
    assert not read(tmp_path, void=[]).void.any()


def test_a_grey_is_three_equal_levels():
    assert void_colours([0, [1, 2, 3]]) == ((0, 0, 0), (1, 2, 3))
    assert void_colours(None) is None


@pytest.mark.parametrize(("fill", "void"), [(255, None), (0, [0])])
@pytest.mark.parametrize(
    "profile",
    [
        {"compress": "JPEG", "photometric": "YCBCR", "tiled": True, "JPEG_QUALITY": 75},
        {"driver": "JP2OpenJPEG", "QUALITY": "12.5", "REVERSIBLE": "NO"},
    ],
)
def test_what_compression_frays_of_a_fill_is_void_too(tmp_path, fill, void, profile):
    rows, cols = np.mgrid[:SIDE, :SIDE]
    smooth = (120 + 40 * np.sin(rows / 9) * np.cos(cols / 11)).astype(np.uint8)
    image = np.stack([smooth] * 3)
    beyond = cols > 220 + 0.2 * rows
    image[:, beyond] = fill
    options = {"driver": "GTiff", **profile}
    transform = Affine(1, 0, WEST, 0, -1, NORTH)
    with rasterio.open(
        tmp_path / "a.tif", "w", width=SIDE, height=SIDE, count=3, dtype="uint8",
        crs="EPSG:2154", transform=transform, **options,
    ) as out:  # fmt: skip
        out.write(image)
    with rasterio.open(tmp_path / "a.tif") as opened:
        exact = (opened.read() == fill).all(axis=0)
    missed = tile_of(beyond) & ~read(tmp_path, void=void).void
    assert missed.sum() < 0.1 * (tile_of(beyond & ~exact)).sum()
    wrong = tile_of(~beyond) & read(tmp_path, void=void).void
    assert wrong.sum() < 50


def test_a_mask_beside_the_file_is_believed(tmp_path):
    image = write(tmp_path, photo())
    mask = np.full((SIDE, SIDE), 255, np.uint8)
    mask[:, 200:] = 0
    with (
        rasterio.Env(GDAL_TIFF_INTERNAL_MASK=False),
        rasterio.open(tmp_path / "a.tif", "r+") as file,
    ):
        file.write_mask(mask)
    assert (tmp_path / "a.tif.msk").exists()
    assert_array_equal(read(tmp_path).void, tile_of(mask) == 0)
    assert image.min() > 0


def test_a_dark_pixel_with_the_no_data_value_in_one_band_is_ground(tmp_path):
    image = photo()
    image[:, 150, 150] = 0, 80, 90
    image[:, 151, 151] = 255, 80, 255
    for value in (0, 255):
        write(tmp_path, image, nodata=value)
        assert not read(tmp_path).void.any()
    image[:, 152, 152] = 255
    write(tmp_path, image, nodata=255)
    assert read(tmp_path).void.nonzero() == ([52], [52])


def test_no_data_is_asked_of_the_colours_and_not_of_infrared(tmp_path):
    image = photo(count=4)
    image[:3, 150, 150] = 255
    write(tmp_path, image, nodata=255, photometric="MINISBLACK")
    assert read(tmp_path).void.nonzero() == ([50], [50])


def infrared(folder):
    """Water without any infrared in the north; the band is called alpha, as GDAL writes it."""
    image = photo(count=4)
    image[3, : SIDE // 2] = 0
    return write(folder, image, photometric="RGB", alpha="YES")


def test_infrared_that_is_called_alpha_is_no_mask(tmp_path, caplog):
    infrared(tmp_path)
    assert not read(tmp_path).void.any()
    assert "a: band 4 is called alpha and has 160 values between 0 and 255 (50% of" in caplog.text


def test_an_alpha_band_that_was_never_set_is_no_mask_and_one_over_nothing_is(tmp_path, caplog):
    image = photo(count=4)
    image[3] = 0
    write(tmp_path, image, photometric="RGB", alpha="YES")
    assert not read(tmp_path).void.any()
    assert "a: band 4 is called alpha and is 0 all over a photograph: it is no mask" in caplog.text
    image[:3] = 255  # as services deliver what they do not have
    write(tmp_path, image, photometric="RGB", alpha="YES")
    assert read(tmp_path).void.all()


def test_an_alpha_band_with_soft_edges_is_a_mask(tmp_path, caplog):
    image = photo(count=4)
    image[3] = np.clip((np.arange(SIDE) - 200) * 50, 0, 255).astype(np.uint8)
    write(tmp_path, image, photometric="RGB", alpha="YES")
    assert_array_equal(read(tmp_path).void, tile_of(image[3]) == 0)
    assert not caplog.records


def test_bands_say_which_are_red_green_and_blue(tmp_path, caplog):
    image = infrared(tmp_path)
    patch = read(tmp_path, bands=[4, 1, 2])
    assert_array_equal(patch.image, tile_of(image[[3, 0, 1]]))
    assert not patch.void.any()
    assert not caplog.records  # who names the band as a colour is not told that it is one
    grey = write(tmp_path, photo(count=1))
    assert_array_equal(read(tmp_path, bands=[1, 1, 1]).image, tile_of(grey[[0, 0, 0]]))


def test_another_colour_over_a_quarter_of_a_tile_is_told_and_kept(tmp_path, caplog):
    image = photo()
    image[:, :, 200:] = np.array([200, 10, 60])[:, None, None]
    write(tmp_path, image)
    with (
        caplog.at_level(logging.WARNING),
        Mosaic(footprints(tmp_path, ["a"]), tmp_path) as mosaic,
    ):
        for bounds in (WHOLE, TILE, (WEST, NORTH - 100, WEST + 100, NORTH)):
            patch = mosaic.read(bounds, primary="a")
            assert not patch.void.any()
    assert "2 of 3 tiles have one colour over a quarter" in caplog.text
    assert "blue: (200, 10, 60) in 2); if it is no ground, name it in `void_col" in caplog.text


def test_prevailing_colour_is_of_what_is_seen():
    image, void = np.full((3, 8, 8), 9, np.uint8), np.zeros((8, 8), bool)
    assert prevailing_colour(image, void) == (9, 9, 9)
    assert prevailing_colour(image, ~void) is None
    assert prevailing_colour(photo(), np.zeros((SIDE, SIDE), bool)) is None
