"""The history alone decides the next learning rate and the end."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from incomelens.common.errors import InputError
from incomelens.inference.history import EpochRecord, best_epoch, history_table
from incomelens.inference.schedules import next_epoch


def history(validation, train=None):
    train = train or [1.0 / (epoch + 1) for epoch in range(len(validation))]
    return [
        EpochRecord(epoch, 1e-3, train[epoch], loss, 0.5, 0.5)
        for epoch, loss in enumerate(validation)
    ]


def rates(schedule, validation, train=None, *, learning_rate=1.0, epochs=99):
    past = history(validation, train)
    return [
        next_epoch(past[:n], schedule=schedule, learning_rate=learning_rate, epochs=epochs)
        for n in range(len(past) + 1)
    ]


def test_paper_takes_a_tenth_every_three_epochs():
    steps = rates("paper", [5.0, 4.0, 3.0, 2.0, 1.0, 0.5], learning_rate=8e-5)
    assert_allclose([step.learning_rate for step in steps], [8e-5] * 3 + [8e-6] * 3 + [8e-7])
    assert not any(step.stop or step.restart for step in steps)


def test_paper_stops_after_ten_epochs_without_a_lower_validation_loss():
    steps = rates("paper", [2.0, 1.0] + [1.0] * 10)
    assert [step.stop for step in steps] == [False] * 12 + [True]


@pytest.mark.parametrize("schedule", ["paper", "released", "constant", "cosine"])
def test_no_schedule_goes_on_after_the_last_epoch(schedule):
    steps = rates(schedule, [3.0, 2.0, 1.0], epochs=3)
    assert [step.stop for step in steps] == [False, False, False, True]


def test_released_quarters_the_rate_on_a_plateau_of_the_training_loss():
    train = [1.0, 0.9, 0.89995, 0.9, 0.8, 0.8, 0.8, 0.8, 0.8]
    steps = rates("released", [9.0 - n for n in range(9)], train)
    expected = [1, 1, 1, 1, 0.25, 0.25, 0.25, 0.0625, 0.0625, 0.015625]
    assert_allclose([step.learning_rate for step in steps], expected)


def test_released_never_goes_below_its_floor():
    steps = rates("released", [9.0 - 0.1 * n for n in range(60)], [1.0] * 60, learning_rate=1e-6)
    assert min(step.learning_rate for step in steps) == 1e-8


def test_released_restarts_with_half_the_rate_after_25_epochs_without_gain():
    n = 60
    steps = rates("released", [1.0] * n, [1.0 - 0.01 * epoch for epoch in range(n)], epochs=99)
    assert [epoch for epoch, step in enumerate(steps) if step.restart] == [26, 52]
    assert_allclose([steps[k].learning_rate for k in (25, 26, 51, 52)], [1, 0.5, 0.5, 0.25])


def test_cosine_falls_to_zero_after_the_last_epoch():
    steps = rates("cosine", [1.0] * 3, epochs=4)
    assert_allclose([step.learning_rate for step in steps], [1, 0.853553, 0.5, 0.146447], rtol=1e-5)


def test_constant_is_constant():
    assert {step.learning_rate for step in rates("constant", [1.0] * 5)} == {1.0}


@given(losses=st.lists(st.sampled_from([0.5, 1.0, 2.0]), min_size=1))
def test_best_epoch_is_the_first_of_the_lowest(losses):
    best = best_epoch(history(losses))
    assert losses[best] == min(losses)
    assert min(losses) not in losses[:best]


def test_history_table_has_one_row_an_epoch():
    table = history_table(history([2.0, 1.0]))
    assert table["epoch"].tolist() == [0, 1]
    assert table["validation_loss"].tolist() == [2.0, 1.0]
    assert list(history_table([]).columns) == list(table.columns)


def test_an_unknown_schedule_is_named():
    with pytest.raises(InputError, match=r"schedule: 'step' is unknown; known are paper, released"):
        next_epoch([], schedule="step", learning_rate=1.0, epochs=1)
