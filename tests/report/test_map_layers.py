"""Layers: classes, limits and words fit the values."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from incomelens.report.map.layers import (
    BLUE_TO_RED,
    class_layer,
    diverging_layer,
    listed_values,
    quantile_layer,
    round_step,
)


@given(st.lists(st.floats(-1e6, 1e6) | st.just(np.nan), min_size=1, max_size=40))
def test_every_quantile_layer_has_a_colour_and_words_for_each_class(values):
    layer = quantile_layer("k", "g", "l", values)
    assert len(layer.colours) == len(layer.legend) == len(layer.breaks) + 1
    assert layer.breaks == sorted(layer.breaks)
    assert len(layer.values) == len(values)


def test_quantile_classes_hold_about_as_many_places():
    layer = quantile_layer("k", "g", "l", np.arange(700.0), n=7)
    counts = np.bincount(np.searchsorted(layer.breaks, layer.values, side="right"))
    assert counts.min() >= 80


def test_missing_values_are_null_and_whole_numbers_have_no_point():
    assert listed_values([1.0, np.nan, 2.6], 0) == [1, None, 3]
    assert listed_values([1.234, None], 2) == [1.23, None]


def test_classes_keep_their_colours():
    layer = class_layer("k", "g", "l", [-1, 0, None], {-1: "#000000", 0: "#ffffff"})
    assert layer.codes == [-1, 0]
    assert layer.legend == ["−1", "0"]
    assert layer.values == [-1, 0, None]


def test_limits_around_a_middle_are_told_with_their_sign():
    layer = diverging_layer(
        "k", "g", "l", [0.0], breaks=(-0.4, 0.4), colours=BLUE_TO_RED[:3], signed=True
    )
    assert layer.legend == ["below −0.4", "−0.4 to +0.4", "+0.4 or more"]


@given(st.floats(1e-6, 1e9))
def test_a_round_step_is_one_two_or_five_and_not_too_large(size):
    step = round_step(size)
    assert step <= size * (1 + 1e-9)
    assert step > size / 2.6
    mantissa = step / 10 ** np.floor(np.log10(step) + 1e-9)
    assert min(abs(mantissa - one) for one in (1, 2, 5)) == pytest.approx(0, abs=1e-6)
