"""Windows of native pixels over several orthophotos."""

import logging

import numpy as np
import pytest
import rasterio
from numpy.testing import assert_array_equal

from incomelens.common.errors import InputError
from incomelens.tiles.mosaic import Mosaic
from incomelens.tiles.orthophoto import UnreadableImageryError

from .ground import CORNER_E, CORNER_N, footprints, gentle, noise, write_image, write_orthophoto

WEST, NORTH = 840_000.0, 6_520_000.0


def flat(value: int, *, size: int = 100, count: int = 3) -> np.ndarray:
    return np.full((count, size, size), value, dtype=np.uint8)


def read(folder, names, bounds, *, primary, margin_px=0):
    with Mosaic(footprints(folder, names), folder) as mosaic:
        return mosaic.read(bounds, primary=primary, margin_px=margin_px)


@pytest.mark.parametrize("primary", ["ortho_00", "ortho_01", "ortho_10", "ortho_11"])
def test_window_over_four_orthophotos_equals_one_merged_image(four_orthophotos, primary, tmp_path):
    table, folder = four_orthophotos
    west, _, _, north = table.total_bounds
    merged = write_orthophoto(
        tmp_path / "merged.tif", noise, west=west, north=north, width=450, height=450, pixel=2
    )
    bounds = (west + 400.3, north - 520.6, west + 530.2, north - 410.1)
    with Mosaic(table, folder) as mosaic:
        patch = mosaic.read(bounds, primary=primary, margin_px=2)
    assert_array_equal(patch.image, merged[:, 203:263, 198:268])
    assert (patch.grid.west, patch.grid.north) == (west + 396, north - 406)
    assert not patch.void.any()


def test_beyond_all_orthophotos_is_void(tmp_path):
    write_image(tmp_path / "a.tif", flat(9), west=WEST, north=NORTH)
    bounds = (WEST - 3, NORTH - 10, WEST + 5, NORTH + 2)
    patch = read(tmp_path, ["a"], bounds, primary="a")
    assert patch.image.shape == (3, 12, 8)
    expected = np.ones((12, 8), dtype=bool)
    expected[2:, 3:] = False
    assert_array_equal(patch.void, expected)
    assert_array_equal(patch.image, np.where(expected, 0, 9)[None].repeat(3, axis=0))


def test_delivery_blank_beyond_its_border_is_completed_by_the_other(tmp_path):
    """The same tile from two departments: where both have something the asked-for one wins."""
    left, right = flat(50), flat(90)
    left[:, :, 60:] = 0
    right[:, :, :40] = 0
    write_image(tmp_path / "dep_1.tif", left, west=WEST, north=NORTH)
    write_image(tmp_path / "dep_2.tif", right, west=WEST, north=NORTH)
    bounds = (WEST, NORTH - 100, WEST + 100, NORTH)
    for primary, switch in (("dep_1", 60), ("dep_2", 40)):
        patch = read(tmp_path, ["dep_1", "dep_2"], bounds, primary=primary)
        expected = np.where(np.arange(100) < switch, 50, 90)
        assert_array_equal(patch.image, np.broadcast_to(expected, (3, 100, 100)))
        assert not patch.void.any()


def test_pixel_is_void_only_where_all_bands_are_zero(tmp_path):
    image = flat(0)
    image[1, :, 50:] = 1
    write_image(tmp_path / "a.tif", image, west=WEST, north=NORTH)
    patch = read(tmp_path, ["a"], (WEST, NORTH - 100, WEST + 100, NORTH), primary="a")
    assert_array_equal(patch.void, np.broadcast_to(np.arange(100) < 50, (100, 100)))


def test_nodata_value_and_alpha_band_are_void_and_black(tmp_path):
    white = flat(255)
    white[:, :, 50:] = 30
    write_image(tmp_path / "nodata.tif", white, west=WEST, north=NORTH, nodata=255)
    seen = flat(70, count=4)
    seen[3] = np.where(np.arange(100) < 50, 0, 255)
    write_image(
        tmp_path / "alpha.tif", seen, west=WEST, north=NORTH, photometric="RGB", alpha="YES"
    )
    for name, colour in (("nodata", 30), ("alpha", 70)):
        patch = read(tmp_path, [name], (WEST, NORTH - 100, WEST + 100, NORTH), primary=name)
        assert patch.void[:, :50].all()
        assert not patch.void[:, 50:].any()
        assert set(patch.image[:, ~patch.void].tolist()[0]) == {colour}
        assert not patch.image[:, patch.void].any()


def test_infrared_fourth_band_is_not_taken_for_a_mask(tmp_path):
    image = flat(70, count=4)
    image[3] = 0
    write_image(tmp_path / "a.tif", image, west=WEST, north=NORTH, photometric="MINISBLACK")
    patch = read(tmp_path, ["a"], (WEST, NORTH - 9, WEST + 9, NORTH), primary="a")
    assert not patch.void.any()


def test_crs_of_the_file_is_not_looked_at(tmp_path):
    for name, crs in (("a", "EPSG:27572"), ("b", "EPSG:2154")):
        write_image(tmp_path / f"{name}.tif", flat(9), west=WEST, north=NORTH, crs=crs)
    bounds = (WEST, NORTH - 10, WEST + 10, NORTH)
    ours, other = (read(tmp_path, ["a", "b"], bounds, primary=name) for name in ("a", "b"))
    assert_array_equal(ours.image, other.image)


def test_neighbour_on_another_grid_is_within_half_a_pixel_and_said(tmp_path, caplog):
    """0.4 m off and of coarser pixels: a linear ramp says where each pixel came from."""
    west, north = CORNER_E + 100, CORNER_N + 500
    write_orthophoto(tmp_path / "a.tif", gentle, west=west, north=north, width=100, height=100)
    write_orthophoto(
        tmp_path / "b.tif",
        gentle,
        west=west + 99.4,
        north=north + 0.4,
        width=40,
        height=40,
        pixel=2.5,
    )
    bounds = (west + 50, north - 90, west + 150, north - 10)
    with caplog.at_level(logging.WARNING):
        patch = read(tmp_path, ["a", "b"], bounds, primary="a")
    rows, cols = np.mgrid[10:90, 50:150] + 0.5
    expected = gentle(west + cols, north - rows).astype(int)
    error = np.abs(patch.image.astype(int) - expected)
    assert not patch.void.any()
    assert error[:, :, :50].max() == 0
    assert error.max() <= 1  # 1.25 m at a quarter of a grey level a metre, and rounding
    assert [record.message.split(":")[0] for record in caplog.records] == ["b"]


def test_grid_written_with_rounding_errors_is_the_same_grid(tmp_path, caplog):
    left, right = (np.arange(n, n + 3 * 10_000).reshape(3, 100, 100) % 199 for n in (5, 6))
    for name, image, west in (("a", left, WEST), ("b", right, WEST + 20)):
        pixel = {"a": 0.19999999999963042, "b": 0.2}[name]
        image = image.astype(np.uint8) + 1
        write_image(tmp_path / f"{name}.tif", image, west=west, north=NORTH, pixel=pixel)
    bounds = (WEST + 18, NORTH - 2, WEST + 22, NORTH)
    with caplog.at_level(logging.WARNING):
        patch = read(tmp_path, ["a", "b"], bounds, primary="b")
    assert_array_equal(patch.image[0, 0], [*left[0, 0, 90:] + 1, *right[0, 0, :10] + 1])
    assert not caplog.records


def overwrite(path, start: float, end: float) -> None:
    """Damage bytes of a file between two shares of its length."""
    data = bytearray(path.read_bytes())
    first, last = int(start * len(data)), int(end * len(data))
    data[first:last] = b"\xff" * (last - first)
    path.write_bytes(data)


def test_damaged_block_costs_its_windows_only(tmp_path):
    path = tmp_path / "a.jp2"
    image = write_orthophoto(path, noise, west=WEST, north=NORTH, width=256, height=256, pixel=2)
    overwrite(path, 0.55, 0.9)
    with Mosaic(footprints(tmp_path, ["a"]), tmp_path) as mosaic:
        sound = mosaic.read((WEST, NORTH - 50, WEST + 50, NORTH), primary="a")
        assert_array_equal(sound.image, image[:, :25, :25])
        told = r"a: the window of rows 150 to 230, columns 150 to 200, cannot be .*IReadBlock"
        with pytest.raises(UnreadableImageryError, match=told):
            mosaic.read((WEST + 300, NORTH - 460, WEST + 400, NORTH - 300), primary="a")
        again = mosaic.read((WEST + 8, NORTH - 50, WEST + 50, NORTH), primary="a")
        assert_array_equal(again.image, image[:, :25, 4:25])


def test_file_that_is_no_image_is_unreadable_imagery(tmp_path):
    write_image(tmp_path / "a.tif", flat(5), west=WEST, north=NORTH)
    table = footprints(tmp_path, ["a"])
    (tmp_path / "a.tif").write_bytes(b"not an image")
    with (
        Mosaic(table, tmp_path) as mosaic,
        pytest.raises(UnreadableImageryError, match="a: its header cannot be decoded"),
    ):
        mosaic.pixel("a")


def test_many_orthophotos_do_not_stay_open(tmp_path):
    names = [f"o{number:02d}" for number in range(20)]
    for at, name in enumerate(names):
        write_image(tmp_path / f"{name}.tif", flat(at + 1, size=8), west=WEST + 8 * at, north=NORTH)
    with Mosaic(footprints(tmp_path, names), tmp_path) as mosaic:
        for _ in range(2):
            patch = mosaic.read((WEST, NORTH - 8, WEST + 160, NORTH), primary="o07")
            assert_array_equal(patch.image[0, 0], np.repeat(np.arange(1, 21), 8))
        assert len(mosaic._sources) <= 12


def test_decoded_blocks_are_kept_and_their_memory_is_bounded(tmp_path):
    """Damage to the file after the first reading shows whether a block is decoded again."""
    path = tmp_path / "a.jp2"
    write_orthophoto(path, noise, west=WEST, north=NORTH, width=1024, height=512, pixel=2)
    table = footprints(tmp_path, ["a"])
    sound = path.read_bytes()
    bounds = (WEST + 10, NORTH - 1000, WEST + 2000, NORTH - 10)
    for cache_mb, is_kept in ((64, True), (1, False)):
        path.write_bytes(sound)
        with Mosaic(table, tmp_path, cache_mb=cache_mb) as mosaic:
            before = mosaic.read(bounds, primary="a")
            overwrite(path, 0.1, 0.9)
            if is_kept:
                assert_array_equal(mosaic.read(bounds, primary="a").image, before.image)
            else:
                with pytest.raises(UnreadableImageryError):
                    mosaic.read(bounds, primary="a")


def test_decoding_takes_the_threads_it_is_given(tmp_path):
    write_image(tmp_path / "a.tif", flat(5), west=WEST, north=NORTH)
    with Mosaic(footprints(tmp_path, ["a"]), tmp_path, threads=2):
        assert rasterio.env.getenv()["GDAL_NUM_THREADS"] == 2


def test_missing_file_is_named(tmp_path):
    write_image(tmp_path / "a.tif", flat(5), west=WEST, north=NORTH)
    table = footprints(tmp_path, ["a"])
    (tmp_path / "a.tif").unlink()
    with pytest.raises(InputError, match=r"a\.tif not found; extract the orthophotos again"):
        Mosaic(table, tmp_path)


def test_orthophoto_of_the_plan_that_was_not_extracted_is_named(tmp_path):
    write_image(tmp_path / "a.tif", flat(5), west=WEST, north=NORTH)
    with pytest.raises(InputError, match="'z' is in the plan but was not extracted"):
        read(tmp_path, ["a"], (WEST, NORTH - 9, WEST + 9, NORTH), primary="z")


@pytest.mark.parametrize(
    ("image", "message"),
    [
        (flat(5, count=1), "1 bands of uint8; expected an orthophoto in colour"),
        (flat(5).astype(np.uint16), "3 bands of uint16"),
    ],
)
def test_file_without_three_bands_of_eight_bits_is_refused(tmp_path, image, message):
    write_image(tmp_path / "a.tif", image, west=WEST, north=NORTH)
    with pytest.raises(InputError, match=message):
        read(tmp_path, ["a"], (WEST, NORTH - 9, WEST + 9, NORTH), primary="a")


@pytest.mark.parametrize(
    "transform",
    [
        rasterio.Affine(1, 0.2, WEST, 0, -1, NORTH),
        rasterio.Affine(1, 0, WEST, 0, -2, NORTH),
        rasterio.Affine(1, 0, WEST, 0, 1, NORTH),
    ],
)
def test_pixels_that_are_no_upright_squares_are_refused(tmp_path, transform):
    write_image(tmp_path / "a.tif", flat(5), west=WEST, north=NORTH)
    table = footprints(tmp_path, ["a"])
    write_image(tmp_path / "a.tif", flat(5), west=WEST, north=NORTH, transform=transform)
    with (
        Mosaic(table, tmp_path) as mosaic,
        pytest.raises(InputError, match="not north-up squares"),
    ):
        mosaic.pixel("a")
