"""Tiles of fewer pixels than the imagery, from the resolution levels of JPEG 2000."""

import logging

import numpy as np
import pytest
import zarr
from numpy.testing import assert_allclose, assert_array_equal
from pyproj import CRS
from scipy.ndimage import gaussian_filter

from incomelens.tiles.mosaic import Mosaic
from incomelens.tiles.plan import plan_shards
from incomelens.tiles.shards import cut_shard
from incomelens.tiles.warp import Warped, cell_frames, cut_tile

from .ground import IMAGERY_CRS, census_cells, footprints, land_use_squares, to_imagery, write_image

SIZE, SIDE = 640, 400
WEST, NORTH = 840_000.0, 6_520_000.0
INSIDE = np.array([[WEST + 100, NORTH - 500, WEST + 100 + SIDE, NORTH - 100]])


def grey(band: np.ndarray) -> np.ndarray:
    return np.stack([np.round(np.clip(band, 1, 254)).astype(np.uint8)] * 3)


def clouds(*, finest: float, seed: int = 0) -> np.ndarray:
    """Noise whose grains are `finest` pixels wide and wider."""
    rng = np.random.default_rng(seed)
    grains = [finest * step for step in (1, 2, 4, 8)]
    drawn = [gaussian_filter(rng.normal(size=(SIZE, SIZE)), grain) * grain for grain in grains]
    band = np.sum(drawn, axis=0)
    return grey(120 + 30 * band / band.std())


def tile(folder, *, tile_px, bounds=INSIDE, name="a", names=("a",)) -> Warped:
    frames = cell_frames(bounds, crs=CRS(IMAGERY_CRS), imagery_crs=CRS(IMAGERY_CRS))
    with Mosaic(footprints(folder, list(names)), folder) as mosaic:
        return cut_tile(mosaic, frames, 0, primary=name, tile_px=tile_px)


def both(folder, monkeypatch, **options) -> tuple[Warped, Warped]:
    """A tile as it is cut, and from native pixels."""
    halved = tile(folder, **options)
    with monkeypatch.context() as patched:
        patched.setattr("incomelens.tiles.orthophoto._stored_levels", lambda *_: 0)
        return halved, tile(folder, **options)


@pytest.mark.parametrize(
    ("pixel", "level"), [(0.25, 0), (0.39, 0), (0.4, 1), (0.5, 1), (0.78, 1), (1.5625, 2), (9.0, 2)]
)
def test_pixels_are_halved_while_they_stay_no_larger_than_the_tiles(tmp_path, pixel, level):
    write_image(tmp_path / "a.jp2", clouds(finest=4), west=WEST, north=NORTH, pixel=0.2)
    with Mosaic(footprints(tmp_path, ["a"]), tmp_path) as mosaic:
        assert mosaic.level("a", pixel=pixel) == level


def test_overviews_that_somebody_added_are_not_read(tmp_path):
    for name in ("a.tif", "b.jp2"):
        write_image(tmp_path / name, clouds(finest=4), west=WEST, north=NORTH)
    with Mosaic(footprints(tmp_path, ["a", "b"]), tmp_path) as mosaic:
        assert mosaic.level("a", pixel=8.0) == 0
        assert mosaic.level("b", pixel=8.0) == 2
    (tmp_path / "b.jp2.ovr").write_bytes((tmp_path / "a.tif").read_bytes())
    with Mosaic(footprints(tmp_path, ["b"]).iloc[:1], tmp_path) as mosaic:
        assert mosaic.level("b", pixel=8.0) == 0


@pytest.mark.parametrize("tile_px", [200, 133, 100, 60])
@pytest.mark.parametrize(("finest", "most"), [(6, 1.0), (1, 4.5)], ids=["smooth", "textured"])
@pytest.mark.parametrize("lossy", [{}, {"QUALITY": "15", "REVERSIBLE": "NO"}])
def test_halved_pixels_give_the_tile_of_native_ones(
    tmp_path, monkeypatch, tile_px, finest, most, lossy
):
    write_image(tmp_path / "a.jp2", clouds(finest=finest), west=WEST, north=NORTH, **lossy)
    halved, native = both(tmp_path, monkeypatch, tile_px=tile_px)
    assert (halved.level, native.level) == (1 if tile_px > 100 else 2, 0)
    apart = halved.image.astype(float) - native.image
    assert np.abs(apart).mean() < most
    assert abs(apart.mean()) < 1.5  # lossless wavelets round down
    # The least is of grains of one pixel, where four native ones are exactly one of the tile.
    assert np.corrcoef(halved.image.ravel(), native.image.ravel())[0, 1] > 0.98


@pytest.mark.parametrize("axis", ["east", "south"])
@pytest.mark.parametrize("tile_px", [200, 100])
def test_an_edge_stays_where_it_is(tmp_path, axis, tile_px):
    """Half of the tile bright, at four places of the edge: its mean tells where the edge lies."""
    found = []
    for at in range(300, 304):
        bright = np.arange(SIZE) >= at
        band = np.where(bright, 200.0, 50.0)
        image = grey(np.broadcast_to(band if axis == "east" else band[:, None], (SIZE, SIZE)))
        write_image(tmp_path / "a.jp2", image, west=WEST, north=NORTH)
        cut = tile(tmp_path, tile_px=tile_px)
        assert cut.level == (1 if tile_px == 200 else 2)
        dark = (200 - cut.image.astype(float).mean()) / 150
        found.append(100 + SIDE * dark - at)
    # Metres, of 2 and 4 m pixels; areas as GDAL places them would be off by 0.5 and 1.5 m.
    assert_allclose(found, 0, atol=0.3)
    assert abs(np.mean(found)) < 0.1


def test_cell_across_two_orthophotos_equals_the_cut_from_one(tmp_path):
    image = clouds(finest=3)
    write_image(tmp_path / "whole.jp2", image, west=WEST, north=NORTH)
    for name, cols in (("a", np.s_[:320]), ("b", np.s_[320:])):
        part = np.ascontiguousarray(image[:, :, cols])
        write_image(tmp_path / f"{name}.jp2", part, west=WEST + (cols.start or 0), north=NORTH)
    whole = tile(tmp_path, tile_px=100, name="whole", names=["whole"])
    apart = tile(tmp_path, tile_px=100, name="a", names=["a", "b"])
    assert (whole.level, apart.level, apart.void_share) == (2, 2, 0)
    # Wavelets of either part know nothing of the other: the seam differs, and nothing else.
    difference = np.abs(whole.image.astype(int) - apart.image).max(axis=(0, 2))
    assert difference.max() < 25
    assert (difference[:48].max(), difference[62:].max()) == (0, 0)


def test_neighbours_that_halve_on_different_grids_are_read_natively(tmp_path, monkeypatch):
    image = clouds(finest=3)
    for name, cols in (("a", np.s_[:321]), ("b", np.s_[321:])):
        part = np.ascontiguousarray(image[:, :, cols])
        write_image(tmp_path / f"{name}.jp2", part, west=WEST + (cols.start or 0), north=NORTH)
    cut, native = both(tmp_path, monkeypatch, tile_px=100, names=["a", "b"])
    assert cut.level == 0
    assert_array_equal(cut.image, native.image)


def test_cell_of_which_a_part_is_void_is_cut_from_native_pixels(tmp_path, monkeypatch):
    image = clouds(finest=3)
    image[:, :180, :180] = 0
    write_image(tmp_path / "a.jp2", image, west=WEST, north=NORTH)
    cut, native = both(tmp_path, monkeypatch, tile_px=100)
    assert cut.level == 0
    assert cut.void_share == native.void_share > 0.03
    assert_array_equal(cut.image, native.image)


def test_shard_and_log_say_what_was_decoded_and_land_use_stays(tmp_path, monkeypatch, caplog):
    cells = census_cells(1, 2)
    middle = to_imagery(*cells.union_all().centroid.coords[0])
    west, north = (float(np.floor(at)) for at in middle)
    place = {"west": west - SIZE / 2, "north": north + SIZE / 2}
    write_image(tmp_path / "a.jp2", clouds(finest=3), **place)
    orthophotos = footprints(tmp_path, ["a"])
    plan = plan_shards(cells, orthophotos, n_shards=1)
    land_use = land_use_squares(cells, [1, 5, 19])

    def cut(name):
        out = tmp_path / name
        cut_shard(plan, cells, orthophotos, tmp_path, land_use, tile_px=50, out=out)
        return zarr.open_group(out, mode="r")

    with caplog.at_level(logging.INFO):
        halved = cut("0.zarr")
    assert "2 of 2 tiles were cut from imagery halved" in caplog.text
    assert "(halvings: 2 of 2)" in caplog.text
    monkeypatch.setattr("incomelens.tiles.orthophoto._stored_levels", lambda *_: 0)
    native = cut("1.zarr")
    assert halved["level"][:].tolist() == [2, 2]
    assert "level" not in native
    assert_array_equal(halved["land_use"][:], native["land_use"][:])
    assert_array_equal(halved["void_share"][:], native["void_share"][:])
