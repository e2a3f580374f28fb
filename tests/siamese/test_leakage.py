"""No held-out income reaches a prediction, and what cannot be known is not predicted."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from incomelens.siamese.cross_validation import cross_validate_baselines
from incomelens.siamese.models.final_stages import FinalSettings
from incomelens.siamese.models.fold_models import FoldModels, Settings
from incomelens.siamese.models.pair_training import PairSettings
from incomelens.siamese.names import BASELINES
from incomelens.ssig.inducing import Approximation
from incomelens.ssig.out_of_fold import splits

from .worlds import WIDTH, world

QUICK = Settings(
    pairs=PairSettings(epochs=2, least_steps=30, partners=5, image_components=8, anchors=30),
    final=FinalSettings(trees=30, gp_starts=1),
    inner_folds=2,
)
EVERYTHING = list(WIDTH)


def predicted(
    made, models=BASELINES, scheme="random", seed=1, modalities=EVERYTHING, settings=QUICK
):
    table = cross_validate_baselines(
        made.sample,
        made.shown,
        models=list(models),
        modalities=modalities,
        scheme=scheme,
        settings=settings,
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


def test_processes_of_many_districts_rest_on_the_studys_inducing_points_and_are_named():
    few = replace(QUICK.final, approximation=Approximation(30, 20, 25))
    table = predicted(world(n=60), settings=replace(QUICK, final=few))
    named = table["process"].dropna()
    stages = {BASELINES[model].final_stage for model in named.index.unique("model")}
    assert stages == {"gp", "double_ridge"}
    assert set(named) == {"20 inducing points, learnt on 25 districts"}
    assert "process" not in predicted(world(n=60), models=list(named.index.unique("model"))[:1])


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


@pytest.fixture
def buffered():
    """Blocks side by side from west to east, with a buffer around what is held out."""
    made = world(n=80)
    east = np.argsort(np.argsort(made.sample.table["longitude"].to_numpy()))
    block = east * 8 // 80
    return replace(made, sample=replace(made.sample, block=block, fold=block // 4, buffer_km=3.0))


@pytest.mark.parametrize(
    "models", [["mixed_siamese_like"], pytest.param(list(BASELINES), marks=SLOW)]
)
def test_no_baseline_learns_from_the_buffer(buffered, models):
    def of_fold_0():
        table = predicted(buffered, models, scheme="block")
        return table.loc[table["fold"] == 0, "predicted_usd"].to_numpy()

    sample = buffered.sample
    (_, training, _), _ = splits(sample)
    near = np.setdiff1d(np.flatnonzero(sample.fold != 0), training)
    assert len(near) > 1
    before = of_fold_0()
    sample.income[near] = 1e6
    np.testing.assert_array_equal(of_fold_0(), before)


def test_inner_folds_keep_the_distance_of_outer_ones(buffered):
    fold, training, held_out = next(splits(buffered.sample))
    models = FoldModels(
        buffered.sample, buffered.shown, EVERYTHING, training, held_out, "block", QUICK, fold
    )
    seen = {}

    def first_stage(self):
        seen[len(seen)] = self.training, self.held_out
        return {"pairs": np.zeros(len(self.held_out))}

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(FoldModels, "first_stage", property(first_stage))
        _ = models.inner
    place = buffered.sample.place
    parts = np.concatenate([out for _, out in seen.values()])
    assert sorted(parts) == sorted(training)
    buffers = [len(training) - len(kept) - len(out) for kept, out in seen.values()]
    assert max(buffers) > 0
    for kept, out in seen.values():
        assert cdist(place[kept], place[out]).min() > 0.05
