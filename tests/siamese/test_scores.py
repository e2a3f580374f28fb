"""Own and common ground; the ablation finds where the signal sits; backbones that learn."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch

from incomelens.common.errors import InputError
from incomelens.siamese.ablation import ablation_cases, score_ablation
from incomelens.siamese.cross_validation import (
    cross_validate_ablation,
    cross_validate_baselines,
    with_ablation,
)
from incomelens.siamese.inputs.images import DistrictImages
from incomelens.siamese.models.final_stages import components
from incomelens.siamese.models.fine_tuning import FineTuned, FineTuning
from incomelens.siamese.models.fold_models import Settings
from incomelens.siamese.models.modalities import Frozen
from incomelens.siamese.models.pair_training import PairSettings
from incomelens.siamese.names import READING
from incomelens.siamese.scores import score_samples, summarise_samples, with_samples

from .worlds import WIDTH, image_store, world

TASK = {"level": "tract", "income": "per_capita_income", "scheme": "random"}
QUICK = Settings(pairs=PairSettings(epochs=2, least_steps=40, partners=5, anchors=30))
ONE = {"modalities": list(WIDTH), "scheme": "random", "settings": QUICK, "seed": 1}


@pytest.mark.slow
@pytest.mark.parametrize("signal", list(WIDTH))
def test_the_ablation_finds_the_modality_that_shows_income(signal):
    made = world([signal], n=120)
    found = cross_validate_ablation(made.sample, made.shown, model="mixed_siamese_like", **ONE)
    scores = score_ablation(found.assign(**TASK), resamples=100, seed=1)
    cod = scores[scores["metric"] == "cod"].set_index(["case", "modality"])["pooled"]
    others = [name for name in WIDTH if name != signal]
    assert cod["all", ""] > 0.5
    assert cod["alone", signal] > 0.6
    assert cod["without", signal] < 0.1
    for name in others:
        assert cod["alone", name] < 0.1
        assert cod["without", name] > 0.5


def test_each_case_reads_what_it_says():
    assert [read for case, _, read in ablation_cases(WIDTH) if case == "without"] == [
        ("satellite", "street_view"),
        ("prices", "street_view"),
        ("prices", "satellite"),
    ]
    assert ablation_cases(["prices"]) == [("all", "", ("prices",))]


def test_with_two_modalities_alone_and_without_the_other_are_one_model():
    made = world(n=40)
    arguments = ONE | {"modalities": ["prices", "satellite"]}
    found = with_ablation(
        made.sample,
        made.shown,
        models=["mixed_siamese_like"],
        ablation={"model": "mixed_siamese_like", "schemes": ["random"]},
        **arguments,
    )
    assert found.columns[-1] == "purpose"  # behind what one part may have alone
    of_ablation = found[found["purpose"] == "ablation"]
    assert set(of_ablation["model"]) == {
        "mixed_siamese_like-noSV",
        "mixed_siamese_like-noSAT-noSV",
        "mixed_siamese_like-noHP-noSV",
    }
    scores = score_ablation(of_ablation.assign(**TASK), resamples=100, seed=1)
    assert len(scores[scores["metric"] == "r2"]) == 5
    # Its first case is the model of Table 3, taken over: fitted once more it is the same.
    anew = cross_validate_ablation(
        made.sample, made.shown, model="mixed_siamese_like", **arguments
    ).assign(purpose="ablation")
    pd.testing.assert_frame_equal(of_ablation.reset_index(drop=True), anew, check_exact=True)


def test_no_ablation_under_other_schemes():
    made = world(n=40)
    found = with_ablation(
        made.sample,
        made.shown,
        models=["mixed_siamese_like"],
        ablation={"model": "mixed_siamese_like", "schemes": ["block"]},
        **ONE,
    )
    assert set(found["purpose"]) == {"baselines"}


def test_an_ablation_under_no_scheme_of_the_study_is_told():
    nothing = pd.DataFrame(columns=["modalities", "observed", "predicted"])
    with pytest.raises(InputError, match=r"ablation\.schemes: none of them is in folds\.schemes"):
        score_ablation(nothing, resamples=100, seed=1)


@pytest.fixture
def both():
    """Baselines that cover 30 of 40 districts, and SSIG, which covers all."""
    made = world(n=40)
    made.shown.arrays["street_view"][:10] = np.nan
    found = cross_validate_baselines(
        made.sample, made.shown, models=["mixed_siamese_like", "mixed_spatial_siamese_like"], **ONE
    )
    columns = made.sample.table.assign(fold=made.sample.fold, block=made.sample.block)
    ssig = columns[["geoid", "fold", "block"]].assign(
        model="ssig", mode="literal", variant="main", observed_usd=made.sample.income,
        predicted_usd=made.sample.income + 100.0, sd_usd=1e3, label_sd_usd=1e4,
        log_marginal_likelihood=-1.0, converged=True,
    )  # fmt: skip
    other = ssig.assign(model="spatial")
    return found.assign(**TASK), pd.concat([ssig, other]).assign(**TASK)


def test_ssig_is_scored_on_its_own_districts_and_on_those_of_the_baselines(both):
    scores = score_samples(with_samples(*both))
    n = scores.groupby(["sample", "model"])["n"].sum()
    assert n["own", "ssig"] == 40
    assert n["common", "ssig"] == n["own", "mixed_siamese_like"] == 30
    assert n["common", "mixed_siamese_like"] == 30
    assert "spatial" not in set(scores["model"])
    of_ssig = scores[scores["model"] == "ssig"]
    assert (of_ssig["modalities"] == "census").all()
    np.testing.assert_allclose(of_ssig["mae_usd"], 100.0)
    expected = {"level", "income", "model", "mode", "variant", "scheme", "fold", "n", "r2", "cod"}
    assert expected | {"rmse_usd", "mae_usd", "coverage_90", "sample"} <= set(scores)
    assert set(scores.loc[scores["model"] != "ssig", "mode"]) == {READING}
    summary = summarise_samples(with_samples(*both), resamples=100, seed=1)
    keys = ["model", "mode", "variant", "sample", "metric"]
    assert not summary.duplicated(keys).any()


def test_models_without_a_district_in_common_are_refused(both):
    baselines, ssig = both
    with pytest.raises(InputError, match="no district of tract, per_capita_income, random is"):
        with_samples(baselines, ssig[~ssig["geoid"].isin(baselines["geoid"])])


def test_districts_without_images_stay_in_where_they_are_asked_for():
    made = world(n=40)
    made.shown.arrays["street_view"][:10] = np.nan
    settings = replace(QUICK, flags_missing=True)
    found = cross_validate_baselines(
        made.sample, made.shown, models=["mixed_siamese_like"], **(ONE | {"settings": settings})
    )
    assert len(found) == 40
    assert np.isfinite(found["predicted_usd"]).all()


def test_components_stop_where_nothing_varies():
    rng = np.random.default_rng(0)
    features = rng.normal(size=(50, 3)) @ rng.normal(size=(3, 20)) + 1e-6 * rng.normal(
        size=(50, 20)
    )
    assert components(features, 32).n_components_ == 3
    assert components(features, 2).n_components_ == 2


@pytest.fixture
def tuned(tmp_path):
    """Districts whose income is the brightness of their images, under a backbone that learns."""
    made = world([], n=36, noise=0.0)
    latent = (made.sample.income - 50_000) / 15_000
    geoids = made.sample.table["geoid"].to_numpy()
    image_store(tmp_path / "i.zarr", geoids, brightness=60 + 25 * latent, px=32)
    images = DistrictImages(tmp_path / "i.zarr")
    settings = FineTuning(
        epochs=1, learning_rate=1e-3, districts=8, images=2,
        backbone="test_efficientnet", weights="none", scaling="half", batch_size=16,
    )  # fmt: skip
    frozen = Frozen({"satellite": np.zeros((36, 4), dtype=np.float32)})
    shown = FineTuned(
        frozen, {"satellite": images}, geoids, made.sample.income, settings,
        partners=4, sign_weight=1.0, seed=1, device=torch.device("cpu"),
    )  # fmt: skip
    return made, shown


def test_a_backbone_learns_from_the_training_districts_and_no_others(tuned):
    made, shown = tuned
    training = np.flatnonzero(made.sample.fold != 0)
    before = shown.of(training)["satellite"]
    made.sample.income[made.sample.fold == 0] = 1e6
    fresh = replace(shown, income=made.sample.income, _made={})
    np.testing.assert_array_equal(fresh.of(training)["satellite"], before)
    made.sample.income[training[0]] = 1e6
    other = replace(shown, income=made.sample.income, _made={})
    assert (other.of(training)["satellite"] != before).any()
    assert (shown.of(training[1:])["satellite"] != before).any()


def test_models_run_on_a_backbone_that_learns(tuned):
    made, shown = tuned
    found = cross_validate_baselines(
        made.sample,
        shown,
        models=["mixed_siamese_like"],
        **(ONE | {"modalities": ["satellite"]}),
    )
    assert len(found) == 36
    assert set(found["model"]) == {"mixed_siamese_like-noHP-noSV"}


def test_fine_tuning_needs_pairs():
    with pytest.raises(InputError, match="1 districts with 4 images; expected at least 2"):
        FineTuning(1, 1e-5, 1, 4, "x", "none", "half", 8)
