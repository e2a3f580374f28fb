"""No held-out income reaches a prediction, and what cannot be known is not predicted."""

import numpy as np
import pytest

from incomelens.siamese.cross_validation import cross_validate_baselines
from incomelens.siamese.final_stages import FinalSettings
from incomelens.siamese.models import Settings
from incomelens.siamese.names import BASELINES
from incomelens.siamese.pair_training import PairSettings

from .worlds import WIDTH, world

QUICK = Settings(
    pairs=PairSettings(epochs=2, least_steps=30, partners=5, image_components=8, anchors=30),
    final=FinalSettings(trees=30, gp_starts=1),
    inner_folds=2,
)
EVERYTHING = list(WIDTH)


def predicted(made, models=BASELINES, scheme="random", seed=1, modalities=EVERYTHING):
    table = cross_validate_baselines(
        made.sample,
        made.shown,
        models=list(models),
        modalities=modalities,
        scheme=scheme,
        settings=QUICK,
        seed=seed,
    )
    return table.set_index(["model", "variant", "geoid"])


SLOW = pytest.mark.slow


@pytest.mark.parametrize(
    "scheme", ["random", pytest.param("block", marks=SLOW), pytest.param("area", marks=SLOW)]
)
def test_the_income_of_a_held_out_district_changes_no_bit_of_its_prediction(scheme):
    made = world(n=60)
    before = predicted(made, scheme=scheme)
    held_out = made.sample.fold == 0
    made.sample.income[held_out] = 1e6 * np.arange(1, held_out.sum() + 1)
    after = predicted(made, scheme=scheme)
    assert set(before.index.get_level_values("model")) == set(BASELINES)
    of_fold = before["fold"] == 0
    for column in ("predicted_usd", "sd_usd", "label_sd_usd"):
        np.testing.assert_array_equal(before.loc[of_fold, column], after.loc[of_fold, column])
    # The same incomes are training incomes of the other folds: there everything changes.
    others = (before["predicted_usd"] != after["predicted_usd"])[~of_fold]
    assert others.all()


def r2(table):
    values = table[["observed_usd", "predicted_usd"]]
    return values.groupby(["model", "variant"]).corr().iloc[::2, 1] ** 2


@pytest.mark.slow
def test_all_models_find_an_income_that_is_shown_and_none_a_shuffled_one():
    made = world(n=150)
    assert (r2(predicted(made)) > 0.5).all()
    np.random.default_rng(5).shuffle(made.sample.income)
    chance = predicted(made)
    # r² of 150 unrelated pairs is below 0.045 in 99 of 100 cases.
    assert (r2(chance) < 0.045).all()
    error = (chance["observed_usd"] - chance["predicted_usd"]) ** 2
    spread = made.sample.income.var()
    assert (error.groupby(["model", "variant"]).mean() > 0.95 * spread).all()


@pytest.mark.slow
def test_the_same_seed_gives_the_same_bits_and_another_seed_others():
    made = world(n=40, n_folds=2)
    once, again, other = (predicted(made, seed=seed)["predicted_usd"] for seed in (1, 1, 2))
    np.testing.assert_array_equal(once, again)
    assert (once != other).any()
