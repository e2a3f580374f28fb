"""Tiles that exchange their maps: who with whom, and the sums that come of it."""

import numpy as np
import pandas as pd
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal

from incomelens.attribution.gradients import PAPER_METHODS
from incomelens.attribution.run import attribution_parts
from incomelens.attribution.strata import NO_SES, with_strata
from incomelens.attribution.zonal import paired_sums, zonal_sums
from incomelens.cells.urban_classes import EXCLUDED, land_use_list
from incomelens.common.errors import InputError

from .nets import PX, MemoryTiles, save_fold_models

NAMES = land_use_list().names

CELLS = [f"cell {one:03d}" for one in range(200)]


def city(n=200):
    rng = np.random.default_rng(0)
    folds = pd.DataFrame({"cell_id": CELLS[:n], "fold": 0, "block": rng.integers(9, size=n)})
    predicted = rng.integers(1, 6, size=n)
    return folds, pd.DataFrame({"cell_id": CELLS[:n], "predicted": predicted})


def test_strata_hold_neighbours_of_one_ses_and_are_of_like_size():
    folds, predictions = city()
    found = with_strata(folds.sample(frac=1, random_state=0), predictions)
    assert sorted(found["cell_id"]) == CELLS
    assert found["stratum"].is_monotonic_increasing
    by = found.merge(folds[["cell_id", "block"]]).groupby("stratum")
    assert by["ses"].nunique().max() == 1
    assert by.size().between(22, 48).all()
    predicted = predictions.set_index("cell_id")["predicted"].reindex(found["cell_id"]).to_numpy()
    assert_array_equal(found["ses"] == "low", predicted <= 2)
    assert_array_equal(found["ses"] == "high", predicted >= 4)
    for _, rows in found.merge(folds[["cell_id", "block"]]).groupby("ses"):
        assert rows["block"].is_monotonic_increasing


def test_few_tiles_are_one_stratum_and_none_without_predictions_have_an_ses():
    folds, predictions = city(5)
    found = with_strata(folds, predictions.assign(predicted=1))
    assert set(found["stratum"]) == {0}
    assert set(with_strata(folds, None)["ses"]) == {NO_SES}


def test_a_cell_without_prediction_and_folds_without_blocks_are_named():
    folds, predictions = city(5)
    with pytest.raises(InputError, match="predictions: 1 cells of the folds are missing: cell 000"):
        with_strata(folds, predictions.iloc[1:])
    with pytest.raises(InputError, match="folds: no column block"):
        with_strata(folds.drop(columns="block"), predictions)


def test_sums_over_the_land_of_others_equal_a_loop(monkeypatch):
    generator = torch.Generator().manual_seed(0)
    maps = torch.rand((4, 2, 12, 12), generator=generator)
    land = torch.randint(1, 6, (4, 12, 12), generator=generator).to(torch.uint8)
    land[0, :3] = EXCLUDED
    found = paired_sums(maps, land)
    for i in range(4):
        for j in range(4):
            for number in range(1, len(NAMES) + 1):
                inside = (land[j] == number).numpy()
                expected = maps[i].numpy().astype(float)[:, inside].sum(axis=1)
                assert_allclose(found[i, j, :, number - 1], expected)
    own = zonal_sums(maps, land, n_transforms=1).activation[:, 0]
    assert_allclose(found[np.arange(4), np.arange(4)], own)
    monkeypatch.setattr("incomelens.attribution.zonal.PIXELS_AT_ONCE", 300)
    assert_allclose(paired_sums(maps, land), found, rtol=1e-12)


def test_every_tile_of_an_ses_has_the_sums_of_all_maps_of_its_stratum_on_its_land(
    tmp_path, monkeypatch
):
    monkeypatch.setattr("incomelens.attribution.run.TILES_A_STRATUM", 3)
    folds, predictions = city(12)
    folds["fold"] = np.arange(12) % 2
    tiles = MemoryTiles(CELLS[:12])
    models = save_fold_models(tmp_path, 2)
    parts = list(
        attribution_parts(
            models, tiles, folds, predictions,
            device=torch.device("cpu"), batch_size=2, turns=2,
        )
    )  # fmt: skip
    sums, turns, pairings = (
        pd.concat([getattr(part, name) for part in parts]) for name in ("sums", "turns", "pairings")
    )
    ses = predictions.assign(
        ses=predictions["predicted"].map({1: "low", 2: "low", 4: "high", 5: "high"})
    ).dropna()
    assert set(pairings["cell_id"]) == set(ses["cell_id"])
    own = sums[sums["transform"] == 0].astype({"method": str, "target": str, "urban_class": str})
    both = pairings.merge(
        own, left_on=["cell_id", "method", "ses", "urban_class"],
        right_on=["cell_id", "method", "target", "urban_class"],
    )  # fmt: skip
    assert len(both) == len(pairings)
    at_place = [
        one[place] for one, place in zip(both["activation_sums"], both["place"], strict=True)
    ]
    assert_allclose(at_place, both["activation_sum"], rtol=1e-5)
    sizes = pairings.groupby("stratum")["cell_id"].nunique()
    assert (pairings["activation_sums"].map(len) == pairings["stratum"].map(sizes)).all()
    # A map has the same total wherever it lies, if all land is in the sums.
    totals = pairings.groupby(["stratum", "method", "cell_id"])["activation_sums"].sum()
    for _, of_stratum in totals.groupby(level=["stratum", "method"]):
        for one in of_stratum:
            assert_allclose(one, of_stratum.iloc[0], rtol=1e-4)
    by_turn = turns.groupby(["cell_id", "method", "target", "urban_class"], observed=True)
    mean = by_turn["activation_sum"].mean()
    whole = sums[sums["transform"] == 0].set_index(mean.index.names)["activation_sum"]
    assert_allclose(mean.reindex(whole.index), whole, rtol=1e-5)
    assert set(turns["turn"]) == {0, 2}
    assert set(pairings["method"]) == set(PAPER_METHODS)
    assert tiles.tile_px == PX
