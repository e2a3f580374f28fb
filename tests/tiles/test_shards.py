"""Cutting a shard, and what stands in it."""

import hashlib
import logging
import warnings

import geopandas as gpd
import numpy as np
import pytest
import xarray as xr
from numpy.testing import assert_allclose, assert_array_equal

from incomelens.cells.urban_classes import land_use_list
from incomelens.common.errors import InputError
from incomelens.tiles import group_file
from incomelens.tiles.plan import plan_shards
from incomelens.tiles.shards import cut_shard

from .ground import (
    CORNER_E,
    CORNER_N,
    census_cells,
    footprints,
    gentle,
    land_use_squares,
    noise,
    to_imagery,
    write_image,
    write_orthophoto,
)

VALUES = land_use_list().value_of

CELLS = census_cells(2, 2)
LAND_USE = land_use_squares(CELLS, [1, 5, 19])


def cut(cells, orthophotos, folder, out, *, tile_px=64, land_use=LAND_USE):
    plan = plan_shards(cells, orthophotos, n_shards=1)
    return cut_shard(plan, cells, orthophotos, folder, land_use, tile_px=tile_px, out=out)


def open_without_warnings(path) -> xr.Dataset:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return xr.open_zarr(path)


def digest(folder) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture
def one_orthophoto(tmp_path):
    """All four cells on one orthophoto of 900 m, linear colours."""
    write_orthophoto(
        tmp_path / "whole.tif", gentle, west=CORNER_E, north=CORNER_N + 900, width=900, height=900
    )
    return footprints(tmp_path, ["whole"]), tmp_path


def test_shard_opens_in_xarray_with_images_and_land_use_on_one_grid(one_orthophoto, tmp_path):
    index = cut(CELLS, *one_orthophoto, tmp_path / "0.zarr")
    shard = open_without_warnings(tmp_path / "0.zarr")
    assert dict(shard.sizes) == {"cell": 4, "dropped": 0, "y": 64, "x": 64, "band": 3}
    assert shard["image"].dims == ("cell", "y", "x", "band")
    assert shard["land_use"].dims == ("cell", "y", "x")
    assert shard["image"].dtype == shard["land_use"].dtype == np.uint8
    assert set(shard["image"].coords) >= {"cell_id", "easting", "northing"}
    assert shard["cell_id"].values.tolist() == index["cell_id"].tolist()
    assert index["row"].tolist() == [0, 1, 2, 3]
    meanings = dict(
        zip(
            shard["land_use"].attrs["flag_meanings"].split(),
            shard["land_use"].attrs["flag_values"],
            strict=True,
        )
    )
    assert meanings == {"unknown": 0, **VALUES, "excluded": 255}
    assert CELLS.crs.equals(shard["spatial_ref"].attrs["spatial_ref"])
    assert shard["image"].attrs["grid_mapping"] == "spatial_ref"


def test_image_and_land_use_lie_where_the_coordinates_say(one_orthophoto, tmp_path):
    """Ground and land use are known functions of position; so is every pixel of every cell."""
    cut(CELLS, *one_orthophoto, tmp_path / "0.zarr")
    shard = open_without_warnings(tmp_path / "0.zarr").load()
    strips = LAND_USE.geometry.bounds
    for at in range(4):
        cell = shard.isel(cell=at)
        easting, northing = np.meshgrid(cell["easting"] + cell["x"], cell["northing"] + cell["y"])
        expected = gentle(*to_imagery(easting, northing)).astype(int)
        assert np.abs(np.moveaxis(cell["image"].values, 2, 0) - expected).max() <= 1
        strip = np.searchsorted(strips["maxx"], easting)
        assert_array_equal(cell["land_use"], np.array([1, 5, 19])[strip])
    assert_allclose(shard["void_share"], 0)


def test_cell_on_four_orthophotos_equals_the_cut_from_one_merged_raster(four_orthophotos, tmp_path):
    table, folder = four_orthophotos
    (tmp_path / "merged").mkdir()
    write_orthophoto(
        tmp_path / "merged" / "whole.tif",
        noise,
        west=CORNER_E,
        north=CORNER_N + 900,
        width=450,
        height=450,
        pixel=2,
    )
    plan = plan_shards(CELLS, table, n_shards=1)
    assert plan["orthophoto"].nunique() > 1
    cut(CELLS, table, folder, tmp_path / "0.zarr")
    cut(CELLS, footprints(tmp_path / "merged", ["whole"]), tmp_path / "merged", tmp_path / "1.zarr")
    apart, merged = (
        open_without_warnings(tmp_path / name).load().set_index(cell="cell_id").sortby("cell")
        for name in ("0.zarr", "1.zarr")
    )
    assert apart["void_share"].max() == 0
    assert_array_equal(apart["image"], merged["image"])
    assert_array_equal(apart["cell"], merged["cell"])


def test_two_runs_give_the_same_bytes_and_replace_what_was_there(one_orthophoto, tmp_path):
    for name in ("0.zarr", "1.zarr"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "left_over").write_text("of an older run")
        cut(CELLS, *one_orthophoto, tmp_path / name)
    first, second = digest(tmp_path / "0.zarr"), digest(tmp_path / "1.zarr")
    assert first == second
    assert "left_over" not in first


def test_streaming_in_parts_gives_the_same_tiles_as_in_one(one_orthophoto, tmp_path, monkeypatch):
    cut(CELLS, *one_orthophoto, tmp_path / "0.zarr")
    monkeypatch.setattr(group_file, "FILE_BYTES", 3 * 3 * 64**2)  # three cells a file
    cut(CELLS, *one_orthophoto, tmp_path / "1.zarr")
    whole, parts = (open_without_warnings(tmp_path / name) for name in ("0.zarr", "1.zarr"))
    assert len(whole.attrs.pop("pixel_files")) == 2
    assert len(parts.attrs.pop("pixel_files")) == 4
    xr.testing.assert_identical(whole.load(), parts.load())
    assert len(list((tmp_path / "1.zarr" / "image" / "c").iterdir())) == 2


def test_one_cell_is_one_chunk_and_many_cells_are_one_file(one_orthophoto, tmp_path):
    cut(CELLS, *one_orthophoto, tmp_path / "0.zarr")
    shard = open_without_warnings(tmp_path / "0.zarr")
    assert shard["image"].encoding["chunks"] == (1, 64, 64, 3)
    assert len([path for path in (tmp_path / "0.zarr" / "image").rglob("*") if path.is_file()]) == 2


def test_cells_without_imagery_have_a_reason_and_no_image(one_orthophoto, tmp_path):
    cells = census_cells(40, 1).iloc[[0, 39]].reset_index(drop=True)
    index = cut(cells, *one_orthophoto, tmp_path / "0.zarr")
    assert index["row"].tolist() == [0, -1]
    assert index["void_share"].tolist() == [0.0, 1.0]
    assert index["drop_reason"].isna().tolist() == [True, False]
    shard = open_without_warnings(tmp_path / "0.zarr")
    assert shard["cell_id"].values.tolist() == [cells["cell_id"][0]]
    assert shard["dropped_cell_id"].values.tolist() == [cells["cell_id"][1]]
    assert shard["drop_reason"].values.tolist() == ["no_imagery"]


def test_cell_on_blank_pixels_only_has_no_imagery(tmp_path):
    write_image(
        tmp_path / "blank.tif",
        np.zeros((3, 900, 900), np.uint8),
        west=CORNER_E,
        north=CORNER_N + 900,
    )
    index = cut(CELLS, footprints(tmp_path, ["blank"]), tmp_path, tmp_path / "0.zarr")
    assert set(index["drop_reason"]) == {"no_imagery"}


def test_damaged_jpeg_2000_drops_its_cells_and_builds_the_rest(tmp_path, caplog):
    path = tmp_path / "whole.jp2"
    write_orthophoto(
        path, noise, west=CORNER_E, north=CORNER_N + 900, width=450, height=450, pixel=2
    )
    sound = cut(CELLS, footprints(tmp_path, ["whole"]), tmp_path, tmp_path / "0.zarr")
    assert sound["row"].tolist() == [0, 1, 2, 3]
    orthophotos = footprints(tmp_path, ["whole"])
    data = path.read_bytes()
    path.write_bytes(data[: int(0.64 * len(data))])  # the south is missing
    with caplog.at_level(logging.ERROR):
        index = cut(CELLS, orthophotos, tmp_path, tmp_path / "1.zarr")
    gone = index["drop_reason"].eq("unreadable_imagery")
    assert index.loc[gone, "cell_id"].tolist() == sound["cell_id"].iloc[2:].tolist()
    assert index.loc[gone, "void_share"].isna().all()
    assert "whole: the window of rows" in caplog.text
    assert index.loc[gone, "cell_id"].iloc[0] in caplog.text
    before, after = (open_without_warnings(tmp_path / name) for name in ("0.zarr", "1.zarr"))
    assert_array_equal(after["image"], before["image"][:2])
    assert after["dropped_void_share"].isnull().all()


def test_empty_shard_is_a_readable_group_of_no_cells(one_orthophoto, tmp_path):
    plan = plan_shards(CELLS, one_orthophoto[0], n_shards=1).iloc[:0]
    index = cut_shard(plan, CELLS, *one_orthophoto, LAND_USE, tile_px=64, out=tmp_path / "3.zarr")
    assert index.empty
    shard = open_without_warnings(tmp_path / "3.zarr")
    assert shard.sizes["cell"] == 0
    assert shard["image"].shape == (0, 64, 64, 3)
    assert_allclose(shard["x"].values[0], 200 / 64 / 2)


def test_failed_job_leaves_the_old_shard_and_nothing_else(one_orthophoto, tmp_path, monkeypatch):
    out = tmp_path / "shards" / "0.zarr"
    cut(CELLS, *one_orthophoto, out)
    before = digest(out)

    def fails(*_, **__):
        raise RuntimeError("killed")

    monkeypatch.setattr("incomelens.tiles.shards.cut_tile", fails)
    with pytest.raises(RuntimeError, match="killed"):
        cut(CELLS, *one_orthophoto, out)
    assert digest(out) == before
    assert [path.name for path in out.parent.iterdir()] == ["0.zarr"]


def test_crs_comes_from_the_table_and_not_from_the_file(tmp_path):
    """Lambert-93 whose file does not name it, as some deliveries of the IGN."""
    for name, crs in (("named", "EPSG:2154"), ("unnamed", None)):
        (tmp_path / name).mkdir()
        write_orthophoto(
            tmp_path / name / "a.tif",
            noise,
            west=CORNER_E,
            north=CORNER_N + 900,
            width=900,
            height=900,
            crs=crs,
        )
        cut(CELLS, footprints(tmp_path / name, ["a"]), tmp_path / name, tmp_path / f"{name}.zarr")
    named, unnamed = (
        open_without_warnings(tmp_path / f"{name}.zarr") for name in ("named", "unnamed")
    )
    xr.testing.assert_identical(named.load(), unnamed.load())


def test_planned_cell_that_is_no_cell_is_named(one_orthophoto, tmp_path):
    plan = plan_shards(CELLS, one_orthophoto[0], n_shards=1)
    with pytest.raises(InputError, match=f"planned cells {CELLS['cell_id'][3]} are not among"):
        cut_shard(
            plan, CELLS.iloc[:3], *one_orthophoto, LAND_USE, tile_px=64, out=tmp_path / "0.zarr"
        )


def test_land_use_in_another_crs_is_refused(one_orthophoto, tmp_path):
    with pytest.raises(InputError, match="its CRS is EPSG:2154, that of the cells EPSG:3035"):
        cut(CELLS, *one_orthophoto, tmp_path / "0.zarr", land_use=LAND_USE.to_crs("EPSG:2154"))


def test_tiles_without_pixels_and_cities_without_cells_are_refused(one_orthophoto, tmp_path):
    with pytest.raises(InputError, match="tile_px: 0; at least 1 pixel"):
        cut(CELLS, *one_orthophoto, tmp_path / "0.zarr", tile_px=0)
    with pytest.raises(InputError, match="the city has no cells"):
        cut(gpd.GeoDataFrame(CELLS.iloc[:0]), *one_orthophoto, tmp_path / "0.zarr")
    assert not (tmp_path / "0.zarr").exists()
