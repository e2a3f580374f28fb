"""Paris as INSEE publishes it: fifths, autocorrelation, folds."""

import geopandas as gpd
import numpy as np
import pytest
from esda import Moran
from libpysal.weights import W

from incomelens.cells.build import build_cells
from incomelens.cells.neighbours import grid_coordinates, nearest_cells, neighbour_pairs
from incomelens.folds.cells import assign_city_folds, default_block_km
from incomelens.folds.income_classes import income_classes
from incomelens.folds.training import inner_split, training_cells
from incomelens.sources.readers.filosofi import read_filosofi

from ..conftest import REAL_DATA

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def paris():
    """All cells of the published piece, imputed ones flagged."""
    path = REAL_DATA / "france" / "filosofi2021_paris_200m.csv"
    if not path.exists():
        pytest.skip(f"no real data at {path}; set INCOMELENS_REAL_DATA to its folder")
    grid = read_filosofi(path)
    around = gpd.GeoDataFrame(geometry=[grid.union_all().convex_hull], crs=grid.crs)
    return build_cells(grid, around, exclude_imputed=False)


def test_all_cells_have_an_income_and_93_count_as_imputed(paris):
    assert len(paris) == 2065
    assert paris["drop_reason"].isna().all()
    assert paris["imputed"].sum() == 93


def test_fifths_part_where_they_are_known_to_and_are_equal(paris):
    result = income_classes(paris["income"].to_numpy())
    np.testing.assert_array_equal(
        np.round(result.thresholds), [9461, 26155, 34205, 39959, 47168, 71405]
    )
    np.testing.assert_array_equal(np.bincount(result.classes)[1:], 413)


def test_income_is_as_autocorrelated_as_esda_says(paris):
    pairs = neighbour_pairs(grid_coordinates(paris["cell_id"]))
    both = np.concatenate([pairs, pairs[:, ::-1]])
    neighbours = {cell: both[both[:, 0] == cell, 1].tolist() for cell in range(len(paris))}
    np.testing.assert_array_equal([len(row) for row in neighbours.values()], paris["n_neighbours"])
    queen = W(neighbours, silence_warnings=True)
    moran = Moran(paris["income"].to_numpy(), queen, permutations=0)
    assert abs(moran.I - 0.77) < 0.01


def test_copying_the_neighbours_scores_far_less_under_blocks_than_at_random(paris):
    accuracy = {}
    for scheme in ("random", "block"):
        folds = assign_city_folds(paris, scheme=scheme, n_folds=5, seed=1)
        grid, classes = grid_coordinates(folds["cell_id"]), folds["income_class"].to_numpy()
        right = np.zeros(len(folds), dtype=bool)
        for fold in range(5):
            known = training_cells(folds, fold=fold, scheme=scheme)
            asked = (folds["fold"] == fold).to_numpy()
            near = nearest_cells(grid[asked], grid[known], k=8)
            copied = np.median(classes[known][near], axis=1)
            right[asked] = np.abs(copied - classes[asked]) <= 0.5
        accuracy[scheme] = right.mean()
    assert accuracy["random"] > accuracy["block"] + 0.1


def test_block_folds_are_even_and_leave_enough_to_learn(paris):
    assert 1.0 <= default_block_km(paris, n_folds=5, seed=1) <= 4.0
    folds = assign_city_folds(paris, scheme="block", n_folds=5, seed=1)
    cells = folds["fold"].value_counts()
    assert (cells / cells.mean() - 1).abs().max() < 0.2
    for fold in range(5):
        split = inner_split(folds, fold=fold, scheme="block", seed=1)
        assert split.train.sum() > 900
        assert split.validation.sum() > 250
