"""The index of a city's tiles, and reading them by cell."""

import pickle
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal

from incomelens.common.errors import DamagedFileError, InputError
from incomelens.tiles.index import build_index, dropped_tiles
from incomelens.tiles.plan import plan_shards
from incomelens.tiles.shards import cut_shard
from incomelens.tiles.store import open_tiles

from .ground import (
    CORNER_E,
    CORNER_N,
    census_cells,
    footprints,
    land_use_squares,
    noise,
    write_image,
    write_orthophoto,
)

PX = 16


@pytest.fixture(scope="module")
def city(tmp_path_factory):
    """Six cells: one dropped for itself, one at the edge of the imagery, one outside; 3 shards."""
    folder = tmp_path_factory.mktemp("city")
    cells = census_cells(3, 2)
    cells.loc[1, "drop_reason"] = "no_income"
    # The imagery ends inside the third column of cells, and is blank in its last 20 m.
    image = write_orthophoto(
        folder / "west.tif", noise, west=CORNER_E, north=CORNER_N + 900, width=850, height=900
    )
    image[:, :, 830:] = 0
    write_image(folder / "west.tif", image, west=CORNER_E, north=CORNER_N + 900)
    far = census_cells(40, 1).iloc[[39]]
    cells = pd.concat([cells, far], ignore_index=True)
    orthophotos = footprints(folder, ["west"])
    plan = plan_shards(cells, orthophotos, n_shards=3)
    shards = [folder / f"{number}.zarr" for number in range(3)]
    land_use = land_use_squares(census_cells(3, 2), [1, 5, 19])
    for number, out in enumerate(shards):
        rows = plan[plan["shard"] == number]
        cut_shard(rows, cells, orthophotos, folder, land_use, tile_px=PX, out=out)
    return cells, plan, shards


@pytest.fixture(scope="module")
def index(city):
    return build_index(*city, max_void_share=0.01)


def test_index_has_every_cell_in_the_order_of_the_cells(city, index):
    assert index["cell_id"].tolist() == city[0]["cell_id"].tolist()
    assert index.columns.tolist() == [
        "cell_id", "shard", "row", "void_share", "kept", "drop_reason",
    ]  # fmt: skip


def test_reasons_of_cells_and_tiles_stand_side_by_side_and_decide_what_is_kept(index):
    reason = index["drop_reason"]
    assert reason[1] == "no_income"
    assert reason[6] == "no_imagery"
    assert_array_equal(index["kept"], reason.isna())
    assert set(reason.dropna()) <= {"no_income", "no_imagery", "void_imagery"}
    assert (reason == "void_imagery").any()
    assert index["void_share"][index["kept"]].max() <= 0.01
    assert (index["void_share"][reason == "void_imagery"] > 0.01).all()
    assert index.loc[[1, 6], "row"].tolist() == [-1, -1]
    assert index.loc[1, "shard"] == -1
    assert np.isnan(index.loc[1, "void_share"])


def test_another_limit_needs_no_cutting(city, index):
    lenient = build_index(*city, max_void_share=1.0)
    void = index["drop_reason"] == "void_imagery"
    assert lenient.loc[void, "kept"].all()
    pd.testing.assert_frame_equal(lenient[~void], index[~void])


def test_a_tile_exactly_at_the_limit_is_kept(city, index):
    share = index.loc[index["drop_reason"] == "void_imagery", "void_share"].min()
    at_limit = build_index(*city, max_void_share=float(share))
    assert at_limit["kept"].sum() == index["kept"].sum() + 1


def test_missing_shard_is_named(city):
    cells, plan, shards = city
    with pytest.raises(InputError, match="plan and shards disagree on cells CRS3035"):
        build_index(cells, plan, shards[1:], max_void_share=0.01)
    with pytest.raises(InputError, match=r"9\.zarr: no readable shard"):
        build_index(cells, plan, [*shards, shards[0].with_name("9.zarr")], max_void_share=0.01)


def test_shard_of_another_plan_is_noticed(city):
    cells, plan, shards = city
    with pytest.raises(InputError, match="cut these shards again"):
        build_index(cells, plan.assign(shard=2 - plan["shard"]), shards, max_void_share=0.01)


def test_cell_that_nobody_planned_is_noticed(city):
    cells, plan, shards = city
    awake = cells.assign(drop_reason=None)
    with pytest.raises(InputError, match=f"cells {cells['cell_id'][1]} are in no shard"):
        build_index(awake, plan, shards, max_void_share=0.01)


def test_share_beyond_one_is_refused(city):
    with pytest.raises(InputError, match=r"max_void_share: 1\.5; expected a share, 0 to 1"):
        build_index(*city, max_void_share=1.5)


def test_shard_is_known_by_its_number(city):
    cells, plan, shards = city
    with pytest.raises(InputError, match="a shard is named by its number"):
        build_index(cells, plan, [shards[0].with_name("first.zarr")], max_void_share=0.01)


def test_tiles_come_in_the_order_asked_for(city, index):
    tiles = open_tiles(index, city[2])
    assert tiles.cell_ids == index.loc[index["kept"], "cell_id"].tolist()
    assert (tiles.tile_px, len(tiles)) == (PX, len(tiles.cell_ids))
    forth, back = tiles.cell_ids, tiles.cell_ids[::-1]
    assert_array_equal(tiles.read_images(forth), tiles.read_images(back)[::-1])
    assert_array_equal(tiles.read_land_use(forth), tiles.read_land_use(back)[::-1])
    assert tiles.read_images(forth).shape == (len(forth), PX, PX, 3)
    assert tiles.read_land_use(forth).shape == (len(forth), PX, PX)
    one = tiles.read_images([forth[2]])
    assert_array_equal(one[0], tiles.read_images(forth)[2])


def test_a_cell_has_its_own_tile(city, index):
    """Each tile again from a shard of that cell alone."""
    cells, _, shards = city
    tiles = open_tiles(index, shards)
    folder = shards[0].parent
    orthophotos = footprints(folder, ["west"])
    land_use = land_use_squares(census_cells(3, 2), [1, 5, 19])
    for cell in tiles.cell_ids:
        alone = cells[cells["cell_id"] == cell]
        out = folder / "alone" / "0.zarr"
        plan = plan_shards(alone, orthophotos, n_shards=1)
        cut_shard(plan, alone, orthophotos, folder, land_use, tile_px=PX, out=out)
        its = open_tiles(build_index(alone, plan, [out], max_void_share=1.0), [out])
        assert_array_equal(tiles.read_images([cell]), its.read_images([cell]))
        assert_array_equal(tiles.read_land_use([cell]), its.read_land_use([cell]))


def test_threads_and_copies_in_other_processes_read_the_same(city, index):
    tiles = open_tiles(index, city[2])
    expected = tiles.read_images(tiles.cell_ids)
    assert_array_equal(open_tiles(index, city[2], threads=3).read_images(tiles.cell_ids), expected)
    copy = pickle.loads(pickle.dumps(tiles))  # noqa: S301 - how worker processes get it
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda cell: copy.read_images([cell])[0], tiles.cell_ids))
    assert_array_equal(np.stack(found), expected)


def test_index_may_be_given_as_a_file(city, index, tmp_path):
    index.to_parquet(tmp_path / "index.parquet")
    tiles = open_tiles(tmp_path / "index.parquet", city[2])
    assert tiles.cell_ids == open_tiles(index, city[2]).cell_ids


def test_asking_for_nothing_gives_nothing(city, index):
    assert open_tiles(index, city[2]).read_images([]).shape == (0, PX, PX, 3)


def test_cell_that_was_not_kept_is_named(city, index):
    tiles = open_tiles(index, city[2])
    with pytest.raises(InputError, match=f"cells {index['cell_id'][1]} were not kept"):
        tiles.read_images([tiles.cell_ids[0], index["cell_id"][1]])


def test_shard_that_was_not_given_is_named(city, index):
    with pytest.raises(InputError, match="points to shards 0, which were not given"):
        open_tiles(index, city[2][1:])


@pytest.fixture
def copies(city, tmp_path):
    """The city's shards, to be damaged."""
    return [shutil.copytree(path, tmp_path / path.name) for path in city[2]]


def test_damaged_group_is_named(index, copies):
    (copies[0] / "zarr.json").unlink()
    with pytest.raises(DamagedFileError, match=r"0\.zarr: damaged since it was written"):
        open_tiles(index, copies)


@pytest.mark.parametrize("damage", [Path.unlink, lambda file: file.write_bytes(b"")])
def test_pixels_that_are_gone_are_not_read_as_black(index, copies, damage):
    damage(next(file for file in (copies[0] / "image/c").rglob("*") if file.is_file()))
    with pytest.raises(DamagedFileError, match=r"0\.zarr: .*image/c/0.* missing or of another"):
        open_tiles(index, copies)._array(0, "image")


def test_a_turned_bit_among_the_pixels_is_noticed(index, copies):
    file = next(file for file in (copies[0] / "image/c").rglob("*") if file.is_file())
    whole = bytearray(file.read_bytes())
    whole[len(whole) // 4] ^= 4
    file.write_bytes(whole)
    tiles = open_tiles(index, copies)
    with pytest.raises(DamagedFileError, match=r"0\.zarr: damaged since"):
        tiles.read_images(tiles.cell_ids)


def test_shards_of_two_sizes_are_refused(city, index, tmp_path):
    cells, plan, shards = city
    folder = shards[0].parent
    out = tmp_path / "0.zarr"
    cut_shard(
        plan[plan["shard"] == 0],
        cells,
        footprints(folder, ["west"]),
        folder,
        land_use_squares(cells, [1]),
        tile_px=PX + 1,
        out=out,
    )
    with pytest.raises(InputError, match="shards of 16, 17 pixels a side"):
        open_tiles(index, [out, *shards[1:]])


def test_cells_dropped_by_themselves_are_not_counted_as_tiles():
    cells = pd.DataFrame({"cell_id": ["a", "b", "c"], "drop_reason": ["imputed", None, None]})
    index = cells.assign(drop_reason=["imputed", "void_imagery", None])
    found = [(one.reason, one.n, one.total, one.example) for one in dropped_tiles(cells, index)]
    assert found == [("void_imagery", 1, 2, "b")]
