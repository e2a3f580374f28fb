"""What a network loses without a class: by hand, and only where the class is."""

import numpy as np
import pandas as pd
import pytest
import torch
from numpy.testing import assert_allclose

from incomelens.attribution.occlusion import evened, occlusion_table
from incomelens.attribution.scores import target_scores
from incomelens.cells.urban_classes import NAMES
from incomelens.common.contracts import check_written
from incomelens.inference.inputs import scale_images
from incomelens.inference.model_files import load_model

from .nets import PX, MemoryTiles, save_fold_models

CELLS = [f"CRS3035RES200mN{2_800_000 + 200 * row}E3700000" for row in range(5)]
CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    return save_fold_models(tmp_path_factory.mktemp("models"), 2)


@pytest.fixture(scope="module")
def folds():
    return pd.DataFrame({"cell_id": CELLS, "fold": [0, 1, 0, 1, 1]})


@pytest.fixture(scope="module")
def tiles():
    land_use = MemoryTiles(CELLS).land_use
    land_use[CELLS[2]] = np.full((PX, PX), 255, dtype=np.uint8)
    return MemoryTiles(CELLS, land_use=[land_use[one] for one in CELLS])


@pytest.fixture(scope="module")
def table(models, tiles, folds):
    return occlusion_table(models, tiles, folds, batch_size=2, device=CPU)


def test_a_part_takes_its_own_mean_colour_and_the_rest_stays():
    image = torch.arange(12.0).reshape(3, 2, 2)
    inside = torch.tensor([[True, False], [True, False]])
    even = evened(image, inside)
    assert_allclose(even[0], [[1, 1], [1, 3]])
    assert_allclose(even[2], [[9, 9], [9, 11]])
    assert_allclose(even.mean(dim=(1, 2)), image.mean(dim=(1, 2)))


def test_the_change_of_the_score_is_that_of_the_image_without_the_class(
    models, tiles, folds, table
):
    cell = CELLS[1]
    model = load_model(models[1])
    image = scale_images(torch.from_numpy(tiles.images[cell])[None], model.scaling)
    inside = torch.from_numpy(tiles.land_use[cell]) == 3
    both = torch.cat([image, evened(image[0], inside)[None]])
    with torch.inference_mode():
        scores = target_scores(model.network, model.network.feature_maps(both))
    expected = (scores[1] - scores[0]).abs()
    rows = table[(table["cell_id"] == cell) & (table["urban_class"] == NAMES[2])]
    found = rows.set_index("target")["activation_sum"]
    assert_allclose([found["low"], found["high"]], expected, rtol=1e-3)
    assert rows["area_share"].to_numpy() == pytest.approx(inside.double().mean().item())


def test_the_table_keeps_its_contract_and_has_only_classes_that_are_there(tiles, folds, table):
    check_written(table, "results/small/attribution/lyon/random-main-occlusion.parquet")
    assert set(table["method"]) == {"occlusion"}
    assert set(table["transform"]) == {0}
    for cell, rows in table.groupby("cell_id"):
        there = {NAMES[value - 1] for value in np.unique(tiles.land_use[cell])}
        assert set(rows["urban_class"]) == there
    fold = folds.set_index("cell_id")["fold"]
    assert (table["model_fold"] == table["cell_id"].map(fold)).all()


def test_a_tile_without_any_of_the_classes_gives_no_row(table):
    assert CELLS[2] not in set(table["cell_id"])


def test_a_class_of_one_colour_changes_nothing(models, folds):
    tiles = MemoryTiles(CELLS)
    cell = CELLS[0]
    value = int(tiles.land_use[cell][0, 0])
    tiles.images[cell][tiles.land_use[cell] == value] = (90, 120, 60)
    found = occlusion_table(models, tiles, folds, device=CPU)
    rows = found[(found["cell_id"] == cell) & (found["urban_class"] == NAMES[value - 1])]
    assert_allclose(rows["activation_sum"], 0.0, atol=1e-5)
