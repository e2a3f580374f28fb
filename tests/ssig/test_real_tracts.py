"""Scores on the authors' own tracts agree with those of an independent library, GPy 1.15.

The expected scores were computed with GPy on the same table under scikit-learn's shuffled five
folds; other random folds of the same districts move them by less than the tolerance.
"""

from pathlib import Path

import numpy as np
import pytest
import yaml
from scipy.spatial.distance import cdist

from incomelens.districts.build import build_districts
from incomelens.folds.districts import district_folds
from incomelens.ssig.conformal import calibrate_intervals
from incomelens.ssig.features import feature_names, income_sample
from incomelens.ssig.fit import fit_gp
from incomelens.ssig.gp_folds import cross_validate_gp
from incomelens.ssig.prediction import predict_income
from incomelens.ssig.reference_folds import cross_validate_references
from incomelens.ssig.scores import score_folds

pytestmark = pytest.mark.real
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def tracts(nyc_folder):
    settings = yaml.safe_load((ROOT / "config/nyc.yaml").read_text())["districts"]["tract"]
    table = nyc_folder / settings["table"]
    return build_districts({"table": table}, settings=settings, level="tract")


@pytest.fixture(scope="module")
def sample(tracts):
    folds = district_folds(tracts, scheme="random", n_folds=5, n_blocks=25, seed=0)
    return income_sample(tracts, folds, income="median_household_income")


@pytest.mark.parametrize(
    ("mode", "r2", "cod", "rmse_usd", "coverage_90"),
    [
        ("literal", 0.717, 0.691, 19_303, 0.993),
        ("fixed_lengthscale", 0.738, 0.730, 18_026, 0.931),
        ("optimised", 0.829, 0.828, 14_348, 0.909),
    ],
)
def test_scores_agree_with_gpy(sample, mode, r2, cod, rmse_usd, coverage_90):
    predictions = cross_validate_gp(
        sample, model="ssig", mode=mode, variant="main", starts=2, seed=0
    )
    task = {"level": "tract", "income": "median_household_income", "scheme": "random"}
    means = score_folds(predictions.assign(**task)).mean(numeric_only=True)
    assert len(predictions) == 2095
    assert means["r2"] == pytest.approx(r2, abs=0.015)
    assert means["cod"] == pytest.approx(cod, abs=0.015)
    assert means["rmse_usd"] == pytest.approx(rmse_usd, rel=0.04)
    assert means["coverage_90"] == pytest.approx(coverage_90, abs=0.01)


def test_literal_predictions_equal_a_closed_form_in_numpy(sample):
    inputs, held_out = sample.inputs(feature_names("ssig")), sample.fold == 0
    x, y = inputs[~held_out], sample.income[~held_out]
    fitted = fit_gp(
        x,
        y,
        mode="literal",
        features=feature_names("ssig"),
        ids=tuple(sample.table["geoid"][~held_out]),
        rng=np.random.default_rng(0),
    )
    mean, sd = x.mean(0), x.std(0)
    z = (inputs - mean) / sd

    def kernel(a, b):
        r = np.sqrt(3) * cdist(a, b)
        return (1 + r) * np.exp(-r)

    sigma = kernel(z[~held_out], z[~held_out]) + np.eye(len(y))
    scaled = (y - y.mean()) / y.std()
    expected = kernel(z[held_out], z[~held_out]) @ np.linalg.solve(sigma, scaled)
    predicted = (predict_income(fitted, inputs[held_out]).mean - y.mean()) / y.std()
    np.testing.assert_allclose(predicted, expected, atol=1e-6)


def test_intervals_hold_in_every_fifth_of_income_under_blocks(tracts):
    """Of a model whose own errors are anything but alike: those of the rich are thrice as large."""
    folds = district_folds(tracts, scheme="block", n_folds=5, n_blocks=25, seed=0, buffer_km=1.5)
    sample = income_sample(tracts, folds, income="per_capita_income")
    predictions = cross_validate_references(sample, names=["gradient_boosting"], seed=0)
    intervals = calibrate_intervals(predictions, tracts)
    observed = intervals["observed_usd"]
    inside = observed.between(intervals["low_usd"], intervals["high_usd"])
    fifth = np.ceil(5 * observed.rank(pct=True)).astype(int)
    coverage = inside.groupby([intervals["method"], fifth]).mean().unstack(0)
    whole = inside.groupby(intervals["method"]).mean()
    assert whole.between(0.87, 0.93).all()
    assert coverage["split"].min() < 0.8
    assert coverage["label_conditional"].min() > 0.85
