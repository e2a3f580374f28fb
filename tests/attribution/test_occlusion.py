"""What a network loses without a class: by hand, with other images as a control."""

import numpy as np
import pandas as pd
import pytest
import torch
from numpy.testing import assert_allclose

from incomelens.attribution.occlusion import evened, occlusion_parts
from incomelens.attribution.scores import target_scores
from incomelens.cells.urban_classes import land_use_list
from incomelens.common.contracts import check_written
from incomelens.inference.inputs import scale_images
from incomelens.inference.model_files import load_model

from .nets import PX, MemoryTiles, save_fold_models

NAMES = land_use_list().names

CELLS = [f"CRS3035RES200mN{2_800_000 + 200 * row}E3700000" for row in range(5)]
CPU = torch.device("cpu")
PREDICTIONS = pd.DataFrame({"cell_id": CELLS, "predicted": [1, 5, 2, 4, 3]})


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    return save_fold_models(tmp_path_factory.mktemp("models"), 2)


@pytest.fixture(scope="module")
def folds():
    return pd.DataFrame({"cell_id": CELLS, "fold": [0, 1, 0, 1, 1], "block": 0})


@pytest.fixture(scope="module")
def tiles():
    land_use = MemoryTiles(CELLS).land_use
    land_use[CELLS[2]] = np.full((PX, PX), 255, dtype=np.uint8)
    return MemoryTiles(CELLS, land_use=[land_use[one] for one in CELLS])


def occluded(models, tiles, folds, **options):
    parts = list(occlusion_parts(models, tiles, folds, PREDICTIONS, device=CPU, **options))
    return (
        pd.concat([getattr(part, name) for part in parts], ignore_index=True)
        for name in ("sums", "pairings")
    )


@pytest.fixture(scope="module")
def tables(models, tiles, folds):
    return tuple(occluded(models, tiles, folds, batch_size=2))


def change(models, tiles, folds, *, image, land, value):
    """Absolute changes of both scores when an image loses a class of a tile's land."""
    fold = folds.set_index("cell_id")["fold"][image]
    model = load_model(models[fold])
    scaled = scale_images(torch.from_numpy(tiles.images[image])[None], model.scaling)
    inside = torch.from_numpy(tiles.land_use[land]) == value
    both = torch.cat([scaled, evened(scaled, inside)])
    with torch.inference_mode():
        scores = target_scores(model.network, model.network.feature_maps(both))
    return (scores[1] - scores[0]).abs().numpy()


def test_a_part_takes_its_own_mean_colour_and_the_rest_stays():
    image = torch.arange(12.0).reshape(1, 3, 2, 2)
    inside = torch.tensor([[True, False], [True, False]])
    (even,) = evened(image, inside)
    assert_allclose(even[0], [[1, 1], [1, 3]])
    assert_allclose(even[2], [[9, 9], [9, 11]])
    both = evened(torch.cat([image, 2 * image]), inside)
    assert_allclose(both[1], 2 * both[0])


def test_the_change_of_the_score_is_that_of_the_image_without_the_class(
    models, tiles, folds, tables
):
    cell = CELLS[1]
    expected = change(models, tiles, folds, image=cell, land=cell, value=3)
    sums = tables[0]
    rows = sums[(sums["cell_id"] == cell) & (sums["urban_class"] == NAMES[2])]
    found = rows.set_index("target")["activation_sum"]
    assert_allclose([found["low"], found["high"]], expected, rtol=1e-3)
    inside = tiles.land_use[cell] == 3
    assert rows["area_share"].to_numpy() == pytest.approx(inside.mean())


def test_the_control_is_the_same_pixels_of_the_images_of_other_tiles(models, tiles, folds, tables):
    # Of fold 1, these two are of high SES.
    land, other = CELLS[1], CELLS[3]
    pairings = tables[1]
    rows = pairings[(pairings["cell_id"] == land) & (pairings["urban_class"] == NAMES[2])]
    (found,) = rows["activation_sums"]
    for place, image in ((0, land), (1, other)):
        _, high = change(models, tiles, folds, image=image, land=land, value=3)
        assert found[place] == pytest.approx(high, rel=1e-3)
    assert set(pairings["cell_id"]) == {CELLS[0], CELLS[1], CELLS[3]}
    assert set(rows["place"]) == {0}


def test_the_tables_keep_their_contracts_and_have_only_classes_that_are_there(tiles, folds, tables):
    sums, pairings = tables
    here = "results/small/attribution/lyon/random-main-occlusion"
    check_written(sums, f"{here}.parquet")
    check_written(pairings, f"{here}-pairings.parquet")
    assert set(sums["method"]) == {"occlusion"}
    assert set(sums["transform"]) == {0}
    for cell, rows in sums.groupby("cell_id"):
        there = {NAMES[value - 1] for value in np.unique(tiles.land_use[cell])}
        assert set(rows["urban_class"]) == there
    fold = folds.set_index("cell_id")["fold"]
    assert (sums["model_fold"] == sums["cell_id"].map(fold)).all()


def test_a_tile_without_any_of_the_classes_gives_no_row(tables):
    assert CELLS[2] not in set(tables[0]["cell_id"])


def test_a_class_of_one_colour_changes_nothing(models, folds):
    tiles = MemoryTiles(CELLS)
    cell = CELLS[0]
    value = int(tiles.land_use[cell][0, 0])
    tiles.images[cell][tiles.land_use[cell] == value] = (90, 120, 60)
    found, _ = occluded(models, tiles, folds)
    rows = found[(found["cell_id"] == cell) & (found["urban_class"] == NAMES[value - 1])]
    assert_allclose(rows["activation_sum"], 0.0, atol=1e-5)
