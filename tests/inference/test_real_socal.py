"""Real places of Southern California that share incomes of tracts: leaks, folds, scores."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import yaml

from incomelens.folds.cells import assign_city_folds
from incomelens.folds.leakage import leakage_table
from incomelens.inference.baselines import predict_out_of_fold
from incomelens.inference.income_scores import income_scores
from incomelens.sources.readers.embedding_tables import read_embeddings
from incomelens.sources.readers.income_cells import read_cells

from ..conftest import REAL_DATA, ROOT

pytestmark = pytest.mark.real
STUDY = yaml.safe_load((ROOT / "config/socal.yaml").read_text())
SCHEMES = STUDY["folds"]["cities"]["schemes"]


@pytest.fixture(scope="module")
def table():
    path = REAL_DATA / "socal" / "units.csv"
    if not path.exists():
        pytest.skip(f"no real data at {path}; set INCOMELENS_REAL_DATA to its folder")
    return path


@pytest.fixture(scope="module")
def cells(table):
    settings = STUDY["city"]["socal"]["income"]
    cells = read_cells(table, columns=settings["columns"], crs=settings["crs"])
    return cells[cells["income"].notna()].assign(imputed=False).reset_index(drop=True)


@pytest.fixture(scope="module")
def folds(cells):
    return {
        scheme: assign_city_folds(
            cells, scheme=scheme, n_folds=5, seed=1, block_km=2.0, group="unit"
        )
        for scheme in SCHEMES
    }


def test_places_are_squares_of_five_cities_that_share_tracts(cells, folds):
    assert len(cells) == 468
    assert isinstance(cells, gpd.GeoDataFrame)
    assert np.allclose(cells.area, 153.6**2)
    assert cells["unit"].nunique() == 185
    by_city = folds["area"].merge(cells[["cell_id"]].assign(city=cells["area"]), on="cell_id")
    assert by_city.groupby("city")["fold"].nunique().max() == 1
    assert by_city["fold"].nunique() == 5


def test_random_folds_leak_what_whole_tracts_do_not(folds):
    leak = leakage_table(folds).set_index("scheme")
    assert leak.loc["random", "unit_in_training"] > 0.7
    assert leak.loc["random", "copied_nearest"] > 0.5
    assert leak.loc[["group", "block", "area"], "unit_in_training"].max() == 0
    assert leak.loc["group", "copied_nearest"] < leak.loc["random", "copied_nearest"] - 0.1


def test_trees_and_cover_tell_a_little_in_known_cities_and_nothing_of_an_unseen_one(
    table, cells, folds
):
    settings = STUDY["inference"]["embeddings"]
    embeddings = read_embeddings(cells["cell_id"], tables=[table], settings=settings)
    r2 = {}
    for scheme, own in folds.items():
        predicted = predict_out_of_fold(
            "embedding_trees_and_cover",
            own,
            scheme=scheme,
            seed=1,
            embedding=embeddings["embedding_trees_and_cover"],
        )
        scores = income_scores(
            {"trees": predicted}, own, pd.DataFrame(cells), seed=1, n_resamples=200
        )
        r2[scheme] = scores.set_index("metric").loc["r2", "value"]
    assert 0.1 < r2["random"] < 0.4
    assert 0.0 < r2["group"] < r2["random"]
    assert r2["area"] < 0.05
