"""Whole cities: which model explains what, parts that survive a kill, the table itself."""

import json

import numpy as np
import pandas as pd
import pytest
import torch
from numpy.testing import assert_allclose
from pandas.testing import assert_frame_equal

from incomelens.attribution import run
from incomelens.attribution.gradients import PAPER_METHODS
from incomelens.attribution.maps import saliency_maps
from incomelens.attribution.models import ModelChoice, lowest_loss
from incomelens.attribution.run import attribution_parts, keep_maps
from incomelens.attribution.table import write_parts
from incomelens.cells.urban_classes import EXCLUDED, land_use_list
from incomelens.common.contracts import check_written
from incomelens.common.errors import InputError
from incomelens.common.finished_parts import FinishedParts
from incomelens.common.tables import read_table
from incomelens.inference.inputs import scale_images
from incomelens.inference.model_files import WEIGHTS_FILE, load_model, save_model

from .nets import PX, MemoryTiles, save_fold_models, small

NAMES = land_use_list().names

CELLS = [f"CRS3035RES200mN{2_800_000 + 200 * row}E3700000" for row in range(7)]
CPU = torch.device("cpu")
KEYS = ["cell_id", "method", "target", "urban_class", "transform"]
PLACE = "results/small/attribution/lyon/random.parquet"


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    return save_fold_models(tmp_path_factory.mktemp("models"), 2)


@pytest.fixture
def folds():
    return pd.DataFrame({"cell_id": CELLS, "fold": [0, 1, 0, 1, 0, 1, 1], "income_class": 1})


@pytest.fixture
def tiles():
    return MemoryTiles(CELLS)


@pytest.fixture
def small_parts(monkeypatch):
    monkeypatch.setattr(run, "TILES_A_STRATUM", 2)
    monkeypatch.setattr(run, "STRATA_A_PART", 1)


def parts_of(models, tiles, folds, predictions=None, **options):
    options = {"device": CPU, "batch_size": 2, "turns": 1} | options
    return list(attribution_parts(models, tiles, folds, predictions, **options))


def attributed(models, tiles, folds, **options):
    parts = parts_of(models, tiles, folds, **options)
    return pd.concat([part.sums for part in parts], ignore_index=True)


def maps_by(folder, tiles, cell):
    model = load_model(folder)
    image = scale_images(torch.from_numpy(tiles.images[cell])[None], model.scaling)
    return saliency_maps(model.network, image)[0].numpy()


def test_each_row_is_the_sum_over_its_class_of_the_map_that_the_held_out_model_makes(
    models, tiles, folds
):
    table = attributed(models, tiles, folds)
    check_written(table, PLACE)
    assert not table.duplicated(KEYS).any()
    found = table.set_index(KEYS)["activation_sum"]
    for cell, fold in zip(CELLS[:2], (0, 1), strict=True):
        maps, land_use = maps_by(models[fold], tiles, cell), tiles.land_use[cell]
        for at, method in enumerate(PAPER_METHODS):
            for which, target in enumerate(("low", "high")):
                for number in np.unique(land_use):
                    for transform in (0, 1, 6):
                        turned = maps[at, which].astype(float)
                        turned = np.fliplr(turned) if transform >= 4 else turned
                        turned = np.rot90(turned, transform % 4)
                        assert_allclose(
                            found[cell, method, target, NAMES[number - 1], transform],
                            turned[land_use == number].sum(),
                            rtol=1e-3,
                        )


def test_every_cell_has_every_combination_and_shares_of_one(models, tiles, folds):
    table = attributed(models, tiles, folds)
    groups = table.groupby(["cell_id", "method", "target", "transform"], observed=True)
    assert len(groups) == 7 * 3 * 2 * 8
    assert_allclose(groups["area_share"].sum(), 1.0)
    present = {cell: len(np.unique(tiles.land_use[cell])) for cell in CELLS}
    assert len(table) == sum(present.values()) * 3 * 2 * 8
    assert (table["fold"] == table["model_fold"]).all()
    assert (table["activation_sum"] >= 0).all()


def test_best_fold_explains_all_tiles_by_one_model(models, tiles, folds):
    table = attributed(models, tiles, folds, model_choice="best_fold", best_fold=1)
    assert set(table["model_fold"]) == {1}
    assert set(table["fold"]) == {0, 1}
    usual = attributed(models, tiles, folds)
    both = table.merge(usual, on=KEYS, suffixes=("", "_usual"))
    same = np.isclose(both["activation_sum"], both["activation_sum_usual"], rtol=1e-3)
    assert same[both["fold"] == 1].all()
    assert not same[both["fold"] == 0].all()


def test_the_best_fold_has_the_lowest_validation_loss():
    histories = {
        2: pd.DataFrame({"validation_loss": [1.5, 1.2]}),
        0: pd.DataFrame({"validation_loss": [1.4, 1.3]}),
        1: pd.DataFrame({"validation_loss": [1.2, 1.6]}),
    }
    assert lowest_loss(histories) == 1


@pytest.mark.usefixtures("small_parts")
def test_a_killed_run_goes_on_and_ends_like_one_that_was_not(models, tiles, folds, tmp_path):
    whole = attributed(models, tiles, folds)
    tiles.read, tiles.fail_after = [], 9  # two cells for a digest, two for a batch
    with pytest.raises(KeyboardInterrupt):
        attributed(models, tiles, folds, checkpoint_dir=tmp_path / "parts")
    kept = sorted((tmp_path / "parts").iterdir())
    assert len(kept) == 10  # five tables of two parts
    times = {path: path.stat().st_mtime_ns for path in kept}
    tiles.read, tiles.fail_after = [], None
    assert_frame_equal(attributed(models, tiles, folds, checkpoint_dir=tmp_path / "parts"), whole)
    assert {path: path.stat().st_mtime_ns for path in kept} == times
    assert len(list((tmp_path / "parts").iterdir())) == 20
    FinishedParts(tmp_path / "parts").discard()
    assert not (tmp_path / "parts").exists()


@pytest.mark.parametrize(
    "change", ["methods", "postprocess", "turns", "weights", "image", "land use"]
)
def test_parts_of_another_run_are_not_taken(models, tiles, folds, tmp_path, change):
    options = {"methods": ["gradcam"], "checkpoint_dir": tmp_path / "parts"}
    before = attributed(models, tiles, folds, **options)
    if change == "methods":
        options["methods"] = ["gradient"]
    elif change == "postprocess":
        options["postprocess"] = "released"
    elif change == "turns":
        options["turns"] = 2
    elif change == "weights":
        models = models | {0: tmp_path / "other"}
        save_model(models[0], small(seed=9), scaling="min_max", tile_px=PX)
    elif change == "image":
        tiles.images[CELLS[0]] = 255 - tiles.images[CELLS[0]]
    else:
        tiles.land_use[CELLS[0]] = np.full((PX, PX), 2, np.uint8)
    after = attributed(models, tiles, folds, **options)
    assert not after.equals(before)
    assert_frame_equal(
        after, attributed(models, tiles, folds, **options | {"checkpoint_dir": None})
    )


def test_a_damaged_part_is_made_again(models, tiles, folds, tmp_path):
    options = {"methods": ["gradcam"], "checkpoint_dir": tmp_path}
    before = attributed(models, tiles, folds, **options)
    for part in tmp_path.iterdir():
        part.write_bytes(part.read_bytes()[:100])
    assert_frame_equal(attributed(models, tiles, folds, **options), before)


@pytest.mark.usefixtures("small_parts")
def test_parts_written_one_by_one_are_the_whole_table(models, tiles, folds, tmp_path):
    paths = {"sums": tmp_path / "town.parquet", "pairings": tmp_path / "pairings.parquet"}
    whole = attributed(models, tiles, folds)
    assert write_parts(parts_of(models, tiles, folds), paths) == len(whole)
    assert_frame_equal(read_table(paths["sums"]), whole)
    assert len(read_table(paths["pairings"])) == 0
    with pytest.raises(InputError, match="there are no cells to explain"):
        write_parts([], {"sums": tmp_path / "none.parquet"})
    assert not (tmp_path / "none.parquet").exists()


def test_kept_maps_are_those_of_the_sums_in_the_order_asked_for(models, tiles, folds):
    kept = keep_maps(models, tiles, folds, [CELLS[3], CELLS[0]], device=CPU, turns=1)
    assert kept.cell_ids == (CELLS[3], CELLS[0])
    assert (kept.methods, kept.targets) == (PAPER_METHODS, ("low", "high"))
    assert kept.maps.shape == (2, 3, 2, PX, PX)
    assert kept.maps.dtype == np.float32
    table = attributed(models, tiles, folds).query("transform == 0")
    totals = table.groupby(["cell_id", "method", "target"], observed=True)["activation_sum"].sum()
    for at, cell in enumerate(kept.cell_ids):
        assert_allclose(kept.maps[at, 0, 1].sum(), totals[cell, "guided", "high"], rtol=1e-3)
        assert_allclose(kept.maps[at, 2, 0].sum(), totals[cell, "gradcam", "low"], rtol=1e-3)
    assert keep_maps(models, tiles, folds, [], device=CPU).maps.shape == (0, 3, 2, PX, PX)


def test_tiles_of_one_class_and_of_none(models, folds):
    land_use = np.full((7, PX, PX), 3, np.uint8)
    land_use[1] = EXCLUDED
    land_use[2, : PX // 4] = EXCLUDED
    tiles = MemoryTiles(CELLS, land_use=land_use)
    table = attributed(models, tiles, folds, methods=["guided"])
    assert CELLS[1] not in set(table["cell_id"])
    assert set(table["urban_class"]) == {"medium"}
    assert (table["area_share"] == 1).all()
    assert set(table.loc[table["cell_id"] == CELLS[2], "excluded_share"]) == {0.25}
    empty = attributed(models, MemoryTiles(CELLS, land_use=land_use), folds.iloc[[1]])
    check_written(empty, PLACE)
    assert_frame_equal(empty, table.iloc[:0], check_dtype=True, check_categorical=False)


def test_an_empty_map_gives_sums_of_zero(tiles, folds, tmp_path):
    network = small()
    network.head.dense.weight.data.zero_()
    save_model(tmp_path, network, scaling="min_max", tile_px=PX)
    table = attributed({0: tmp_path, 1: tmp_path}, tiles, folds)
    assert (table["activation_sum"] == 0).all()
    assert len(table) > 0


def test_a_fold_without_a_model_is_named(models, tiles, folds):
    with pytest.raises(InputError, match=r"no model for fold 1 \(given: 0\)"):
        attributed({0: models[0]}, tiles, folds)


def test_models_of_another_tile_size_are_refused(tiles, folds, tmp_path):
    save_model(tmp_path, small(), scaling="min_max", tile_px=32)
    with pytest.raises(InputError, match="trained on tiles of 32 pixels, these have 64"):
        attributed({0: tmp_path, 1: tmp_path}, tiles, folds)


def test_damaged_weights_name_a_cell(tiles, folds, tmp_path):
    network = small()
    network.head.dense.weight.data.fill_(torch.nan)
    save_model(tmp_path, network, scaling="min_max", tile_px=PX)
    with pytest.raises(
        InputError, match=rf"maps: not a number for 2 of 2 cells, the first {CELLS[0]}"
    ):
        attributed({0: tmp_path, 1: tmp_path}, tiles, folds)


def test_a_model_that_is_not_there_says_so(tiles, folds, tmp_path):
    with pytest.raises(InputError, match="there is no trained model; train it first"):
        attributed({0: tmp_path, 1: tmp_path}, tiles, folds)


def test_fold_tables_that_make_no_sense_are_refused(models, tiles, folds):
    with pytest.raises(
        InputError, match=r"N2800000E3700000 more than once; expected one row a cell"
    ):
        attributed(models, tiles, pd.concat([folds, folds.iloc[:1]]))
    with pytest.raises(InputError, match="folds: no column fold"):
        attributed(models, tiles, folds.drop(columns="fold"))
    with pytest.raises(InputError, match="the fold table has no cells"):
        attributed(models, tiles, folds.iloc[:0])
    with pytest.raises(InputError, match="cells elsewhere are in no fold"):
        keep_maps(models, tiles, folds, ["elsewhere"], device=CPU)


def test_unknown_settings_are_named(models, tiles, folds):
    with pytest.raises(InputError, match="model_choice: 'all' is unknown; known are out_of_fold"):
        attributed(models, tiles, folds, model_choice="all")
    with pytest.raises(InputError, match="best_fold with best_fold = None"):
        ModelChoice("best_fold")
    with pytest.raises(InputError, match="batch_size: 0; expected at least 1"):
        attributed(models, tiles, folds, batch_size=0)
    with pytest.raises(InputError, match="best_fold needs the history"):
        lowest_loss({})


def test_weights_that_are_not_the_models_own_are_refused(models, tiles, folds, tmp_path):
    save_model(tmp_path, small(), scaling="min_max", tile_px=PX)
    (tmp_path / WEIGHTS_FILE).write_bytes((models[1] / WEIGHTS_FILE).read_bytes())
    assert json.loads((tmp_path / "model.json").read_text())["tile_px"] == PX
    with pytest.raises(InputError, match=r"safetensors: damaged .*not the file that"):
        attributed({0: tmp_path, 1: models[1]}, tiles, folds)


class MemoryDiscs:
    """Two kinds of points: all of a tile's upper half, and nothing."""

    kinds = ("trees", "pools")

    def read(self, cell_ids):
        discs = np.full((len(cell_ids), 2, PX, PX), 2, dtype=np.uint8)
        discs[:, 0, : PX // 2] = 1
        return discs


def test_the_same_maps_are_summed_on_the_discs_of_points(models, tiles, folds):
    predictions = pd.DataFrame({"cell_id": CELLS, "predicted": [1, 1, 2, 2, 5, 5, 3]})
    parts = parts_of(
        models, tiles, folds.assign(block=0), predictions, turns=2, points=MemoryDiscs()
    )
    sums, points, pairings = (
        pd.concat([getattr(part, name) for part in parts])
        for name in ("sums", "points", "point_pairings")
    )
    check_written(points, PLACE.replace(".parquet", "-points.parquet"))
    check_written(pairings, PLACE.replace(".parquet", "-point_pairings.parquet"))
    keys = ["cell_id", "method", "target", "transform"]
    whole = sums.groupby(keys, observed=True)["activation_sum"].sum()
    of_kind = points.groupby(["points", *keys], observed=True)["activation_sum"].sum()
    for kind in MemoryDiscs.kinds:
        assert_allclose(of_kind[kind].loc[whole.index], whole, rtol=1e-9)
    trees = points[points["points"] == "trees"]
    assert set(trees["urban_class"]) == {"trees", "elsewhere"}
    assert_allclose(trees["area_share"], 0.5)
    assert set(points.loc[points["points"] == "pools", "urban_class"]) == {"elsewhere"}
    own = trees[(trees["transform"] == 0) & (trees["urban_class"] == "trees")].set_index(
        ["cell_id", "method", "target"]
    )["activation_sum"]
    paired = pairings[(pairings["points"] == "trees") & (pairings["urban_class"] == "trees")]
    for row in paired.itertuples():
        assert_allclose(
            row.activation_sums[row.place], own[row.cell_id, row.method, row.ses], rtol=1e-5
        )


def test_a_city_without_points_writes_empty_tables_of_their_form(models, tiles, folds, tmp_path):
    parts = parts_of(models, tiles, folds)
    paths = {"points": tmp_path / "attribution/lyon/random-points.parquet"}
    paths["point_pairings"] = tmp_path / "attribution/lyon/random-point_pairings.parquet"
    write_parts(parts, paths)
    assert all(read_table(path).empty for path in paths.values())
