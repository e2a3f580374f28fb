"""What predicts income in real tracts agrees with a Monte-Carlo estimate made with other tools.

The expected values come from antithetic permutation sampling (60 orderings a district) of GPy's
posterior mean with its default hyperparameters, against random training rows.
"""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from incomelens.districts.build import build_districts
from incomelens.folds.districts import district_folds
from incomelens.shapley.background import random_background
from incomelens.shapley.groups import mean_absolute
from incomelens.shapley.inputs import GaussianProcessMean, single_players
from incomelens.shapley.mixture import StationaryKernel
from incomelens.shapley.values import shapley_values
from incomelens.ssig.features import SOCIOECONOMIC, SPATIAL, feature_names, income_sample
from incomelens.ssig.fit import fit_gp

pytestmark = pytest.mark.real
ROOT = Path(__file__).resolve().parents[2]
EXPECTED = {
    "postgraduate": 0.173,
    "bachelor": 0.133,
    "white": 0.108,
    "longitude": 0.083,
    "population_density": 0.074,
    "unemployment": 0.064,
}


@pytest.fixture(scope="module")
def explained(nyc_folder):
    settings = yaml.safe_load((ROOT / "config/nyc.yaml").read_text())["districts"]["tract"]
    files = {"table": nyc_folder / settings["table"]}
    tracts = build_districts(files, settings=settings, level="tract")
    folds = district_folds(tracts, scheme="random", n_folds=5, n_blocks=25, seed=0)
    sample = income_sample(tracts, folds, income="median_household_income")
    features = feature_names("ssig")
    fitted = fit_gp(
        sample.inputs(features),
        sample.income,
        mode="literal",
        features=features,
        ids=tuple(sample.table["geoid"]),
        rng=np.random.default_rng(0),
    )
    model = GaussianProcessMean(
        fitted.training_inputs,
        fitted.weights(),
        StationaryKernel("matern", 1.5),
        fitted.lengthscale[0],
        fitted.outputscale,
    )
    points = fitted.training_inputs[np.random.default_rng(1).permutation(2095)[:150]]
    background = random_background(fitted.training_inputs, 60, seed=2)
    return shapley_values(model, points, background, players=single_players(features))


def test_the_leading_variables_and_their_sizes_are_the_expected(explained):
    importance = pd.Series(mean_absolute(explained.values), index=explained.players.names)
    assert importance.nlargest(3).index.tolist() == ["postgraduate", "bachelor", "white"]
    # A sample of 150 districts and 60 background rows: some ten per cent.
    for name, expected in EXPECTED.items():
        assert importance[name] == pytest.approx(expected, rel=0.25)


def test_census_variables_weigh_more_than_location_by_the_expected_factor(explained):
    values = pd.DataFrame(explained.values, columns=explained.players.names)
    for members, expected, within in ((SOCIOECONOMIC, 0.545, 0.15), (SPATIAL, 0.117, 0.25)):
        total = values[list(members)].sum(axis=1).abs().mean()
        assert total == pytest.approx(expected, rel=within)


def test_values_sum_to_the_prediction_within_the_printed_bound(explained):
    bound = len(explained.players.names) * explained.error_bound
    assert np.abs(explained.efficiency_gap).max() <= bound
