"""Exact Shapley values: the definition, a second implementation, the axioms, invariances."""

import numpy as np
import pytest
import shap
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from incomelens.common.errors import InputError
from incomelens.shapley.background import Background, full_background
from incomelens.shapley.inputs import (
    GaussianProcessMean,
    Players,
    merged_players,
    single_players,
)
from incomelens.shapley.mixture import StationaryKernel
from incomelens.shapley.values import iterate_shapley_values, shapley_values

MATERN = StationaryKernel("matern", 1.5)
# Property tests draw a small model each time; three players share one compiled kernel with four.
quick = settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
seeds = st.integers(0, 2**32 - 1)


def drawn_model(rng: np.random.Generator, n_train: int = 7, n_columns: int = 4):
    return GaussianProcessMean(
        rng.normal(size=(n_train, n_columns)),
        rng.normal(size=n_train),
        MATERN,
        rng.uniform(0.5, 8.0, n_columns),
        rng.uniform(0.5, 5.0),
    )


def drawn_background(rng: np.random.Generator, n_columns: int = 4) -> Background:
    return Background(rng.normal(size=(3, n_columns)), rng.uniform(1, 5, 3), "drawn", 3)


def test_sixty_districts_and_six_players_equal_the_definition(
    model, inputs, background, brute_force, game_of
):
    result = shapley_values(model, inputs[:4], background, tolerance=1e-9)
    for point, values in zip(inputs, result.values, strict=False):
        expected = brute_force["values"](game_of(model, point, background), 6)
        assert_allclose(values, expected, rtol=0, atol=1e-9)


@pytest.mark.parametrize(
    "kernel",
    [
        StationaryKernel("matern", 2.5),
        StationaryKernel("rbf"),
        StationaryKernel("rational_quadratic", 1.0),
    ],
)
def test_other_kernels_equal_the_definition(
    kernel, fit, inputs, label, background, brute_force, game_of
):
    model = fit(inputs, label, kernel, 1.7, 1.0, 1.0)
    result = shapley_values(model, inputs[:1], background, tolerance=1e-9)
    expected = brute_force["values"](game_of(model, inputs[0], background), 6)
    assert_allclose(result.values[0], expected, rtol=0, atol=1e-9)


def test_rough_kernel_equals_the_definition_at_its_looser_tolerance(
    fit, inputs, label, background, brute_force, game_of
):
    model = fit(inputs, label, StationaryKernel("matern", 0.5), 1.7, 1.0, 1.0)
    result = shapley_values(model, inputs[:1], background, tolerance=1e-6)
    expected = brute_force["values"](game_of(model, inputs[0], background), 6)
    assert_allclose(result.values[0], expected, rtol=0, atol=result.error_bound)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:.*:DeprecationWarning:shap")
def test_sixty_districts_and_six_players_equal_shap_exact(model, inputs):
    background = full_background(inputs)
    masker = shap.maskers.Independent(inputs, max_samples=len(inputs))
    reference = shap.explainers.Exact(model.predict, masker)(inputs[:2])
    result = shapley_values(model, inputs[:2], background, tolerance=1e-9)
    assert_allclose(result.values, reference.values, rtol=0, atol=1e-8)
    assert_allclose(result.base_value, reference.base_values[0], rtol=1e-10)


def test_players_of_several_columns_equal_the_definition(
    model, inputs, background, brute_force, game_of
):
    names = list("abcdef")
    players = merged_players(names, {"location": ["b", "f"], "rest": ["c", "d"]})
    result = shapley_values(model, inputs[:2], background, players=players, tolerance=1e-9)
    for point, values in zip(inputs, result.values, strict=False):
        expected = brute_force["values"](game_of(model, point, background, players), 4)
        assert_allclose(values, expected, rtol=0, atol=1e-9)


def test_one_player_gets_everything(model, inputs, background):
    players = Players(("all",), (tuple(range(6)),))
    result = shapley_values(model, inputs, background, players=players)
    gain = result.predictions - result.base_value
    assert_allclose(result.values[:, 0], gain, rtol=0, atol=result.error_bound)


@pytest.mark.slow
def test_thirty_players_are_no_wall():
    rng = np.random.default_rng(5)
    model = drawn_model(rng, n_train=20, n_columns=30)
    points = rng.normal(size=(2, 30))
    result = shapley_values(model, points, drawn_background(rng, 30))
    assert np.abs(result.efficiency_gap).max() <= result.error_bound


@pytest.mark.parametrize("tolerance", [1e-2, 1e-6, 1e-9])
def test_true_error_keeps_the_bound_that_was_known_before(model, inputs, background, tolerance):
    best = shapley_values(model, inputs, background, tolerance=1e-10)
    result = shapley_values(model, inputs, background, tolerance=tolerance)
    assert result.error_bound <= tolerance
    assert np.abs(result.values - best.values).max() <= result.error_bound + best.error_bound
    assert np.abs(result.efficiency_gap).max() <= result.error_bound


@quick
@given(seed=seeds, tolerance=st.sampled_from([1e-3, 1e-6, 1e-9]))
def test_efficiency_within_the_bound_for_any_model(seed, tolerance):
    rng = np.random.default_rng(seed)
    model, background = drawn_model(rng), drawn_background(rng)
    points = np.vstack([rng.normal(size=(2, 4)), model.train_inputs[:1]])
    result = shapley_values(model, points, background, tolerance=tolerance)
    assert np.abs(result.efficiency_gap).max() <= result.error_bound <= tolerance


@quick
@given(seed=seeds)
def test_symmetry_players_that_enter_alike_get_the_same(seed):
    rng = np.random.default_rng(seed)
    model, background = drawn_model(rng), drawn_background(rng)
    twin = GaussianProcessMean(
        model.train_inputs[:, [0, 0, 2, 3]], model.alpha, MATERN, 2.0, model.outputscale
    )
    background = Background(background.points[:, [0, 0, 2, 3]], background.weights, "drawn", 3)
    point = rng.normal(size=(1, 4))[:, [0, 0, 2, 3]]
    values = shapley_values(twin, point, background).values[0]
    assert_allclose(values[0], values[1], rtol=0, atol=1e-12)


@quick
@given(seed=seeds)
def test_dummy_player_that_never_differs_gets_nothing(seed):
    rng = np.random.default_rng(seed)
    model, background = drawn_model(rng), drawn_background(rng)
    point = rng.normal(size=(1, 4))
    point[0, 1] = 0.3
    background.points[:, 1] = 0.3
    assert shapley_values(model, point, background).values[0, 1] == 0


@quick
@given(seed=seeds, factor=st.floats(-3, 3))
def test_linearity_in_the_function(seed, factor):
    rng = np.random.default_rng(seed)
    model, background = drawn_model(rng), drawn_background(rng)
    other = rng.normal(size=len(model.alpha))

    def values(alpha):
        changed = GaussianProcessMean(
            model.train_inputs, alpha, MATERN, model.lengthscale, model.outputscale
        )
        return shapley_values(changed, np.ones((1, 4)), background, tolerance=1e-9).values

    combined = values(model.alpha + factor * other)
    # Each of the three keeps 1e-9; the factor scales one of them.
    assert_allclose(combined, values(model.alpha) + factor * values(other), rtol=0, atol=6e-9)


@quick
@given(seed=seeds)
def test_order_of_columns_and_of_training_points_does_not_matter(seed):
    rng = np.random.default_rng(seed)
    model, background = drawn_model(rng, n_train=40), drawn_background(rng)
    point = rng.normal(size=(1, 4))
    columns, rows = rng.permutation(4), rng.permutation(40)
    shuffled = GaussianProcessMean(
        model.train_inputs[rows][:, columns],
        model.alpha[rows],
        MATERN,
        model.lengthscale[columns],
        model.outputscale,
    )
    moved = Background(background.points[:, columns], background.weights, "drawn", 3)
    assert_allclose(
        shapley_values(shuffled, point[:, columns], moved, tolerance=1e-9).values,
        shapley_values(model, point, background, tolerance=1e-9).values[:, columns],
        rtol=0,
        atol=2e-9,
    )


def test_repeated_background_point_counts_as_its_weight(model, inputs):
    twice = Background(inputs[[0, 0, 1]], np.ones(3), "rows", 60)
    weighted = Background(inputs[:2], np.array([2.0, 1.0]), "rows", 60)
    assert_allclose(
        shapley_values(model, inputs[5:7], twice).values,
        shapley_values(model, inputs[5:7], weighted).values,
        rtol=0,
        atol=1e-13,
    )


def test_lengthscale_only_rescales_the_inputs(model, inputs, background):
    scaled = GaussianProcessMean(
        inputs / model.lengthscale, model.alpha, MATERN, 1.0, model.outputscale
    )
    moved = Background(background.points / model.lengthscale, background.weights, "rows", 60)
    assert_allclose(
        shapley_values(scaled, inputs[:2] / model.lengthscale, moved).values,
        shapley_values(model, inputs[:2], background).values,
        rtol=0,
        atol=1e-12,
    )


def test_threads_chunks_and_memory_change_no_bit(model, inputs, background):
    reference = shapley_values(model, inputs, background).values
    assert_array_equal(shapley_values(model, inputs, background, threads=3).values, reference)
    # 0.9 MB: the sixty training points are cut into several slices.
    little = shapley_values(model, inputs, background, memory_limit_mb=0.9).values
    assert_array_equal(little, reference)
    chunks = iterate_shapley_values(model, inputs, background, chunk_size=7)
    assert_array_equal(np.vstack([chunk for _, chunk in chunks]), reference)


def test_interrupted_run_is_resumed_at_the_next_point(model, inputs, background):
    reference = shapley_values(model, inputs, background).values
    rest = list(iterate_shapley_values(model, inputs, background, chunk_size=16, start=48))
    assert [rows for rows, _ in rest] == [slice(48, 60)]
    assert_array_equal(rest[0][1], reference[48:])


def test_progress_ends_with_all_points(model, inputs, background):
    calls = []
    shapley_values(
        model, inputs, background, progress=lambda done, total: calls.append((done, total))
    )
    assert calls[-1] == (60, 60)


def test_model_without_weights_explains_nothing(inputs, background):
    flat = GaussianProcessMean(inputs, np.zeros(60), MATERN)
    assert (shapley_values(flat, inputs[:2], background).values == 0).all()


def test_nan_in_a_point_is_refused(model, inputs, background):
    points = inputs[:3].copy()
    points[1, 4] = np.nan
    with pytest.raises(InputError, match=r"points: nan at row 1, column 4"):
        shapley_values(model, points, background)


def test_background_of_another_width_is_refused(model, inputs):
    narrow = Background(inputs[:3, :5], np.ones(3), "rows", 60)
    with pytest.raises(InputError, match=r"5 columns instead of the 6"):
        shapley_values(model, inputs, narrow)


def test_players_of_another_width_are_refused(model, inputs, background):
    with pytest.raises(InputError, match=r"share out 5 columns, the inputs have 6"):
        shapley_values(model, inputs, background, players=single_players(5))


def test_tolerance_out_of_reach_names_one_within(model, inputs, background):
    with pytest.raises(InputError, match=r"out of reach of float64: .*ask for \S+ or more"):
        shapley_values(model, inputs, background, tolerance=1e-16)


def test_tolerance_of_zero_is_refused(model, inputs, background):
    with pytest.raises(InputError, match=r"tolerance: 0 must be positive"):
        shapley_values(model, inputs, background, tolerance=0)


def test_memory_for_not_even_one_block_names_the_least(model, inputs, background):
    with pytest.raises(InputError, match=r"too little for 12 background points.* is the least"):
        shapley_values(model, inputs, background, memory_limit_mb=0.01)


def test_no_thread_is_refused(model, inputs, background):
    with pytest.raises(InputError, match=r"threads: 0 must be at least 1"):
        shapley_values(model, inputs, background, threads=0)


def test_start_after_the_end_is_refused(model, inputs, background):
    with pytest.raises(InputError, match=r"start 61 within 0 to 60"):
        next(iterate_shapley_values(model, inputs, background, start=61))
