"""Random convolutional features: filters by their definition, features by hand."""

import numpy as np
import pytest
from numpy.lib.stride_tricks import sliding_window_view
from numpy.testing import assert_allclose, assert_array_equal

from incomelens.common.errors import InputError
from incomelens.inference import random_features as module
from incomelens.inference.random_features import (
    Filters,
    RandomFeatures,
    draw_filters,
    tile_features,
)

from .towns import Tiles, tiles, town

SETTINGS = RandomFeatures(n_filters=12, tiles_at_once=4)
TOWN = town(6)
IDS = TOWN["cell_id"].to_numpy(dtype=str)


@pytest.fixture
def images():
    return tiles(TOWN, signal="contrast", px=20)


def drawn(images, settings=SETTINGS, seed=0):
    return draw_filters(images, IDS, settings=settings, rng=np.random.default_rng(seed))


def all_patches(images, side=3):
    stack = images.read_images(IDS) / 255
    windows = sliding_window_view(stack, (side, side), axis=(1, 2))
    return windows.reshape(-1, 3 * side * side)


def test_a_filter_and_both_halves_of_its_response_by_hand():
    """The filter is the red of the patch's upper left corner, less one half."""
    image = np.zeros((1, 4, 4, 3), dtype=np.uint8)
    image[0, 0, 0] = [255, 0, 0]
    image[0, 1, 1, 0] = 102
    weight = np.zeros((1, 3, 3, 3), dtype=np.float32)
    weight[0, 0, 0, 0] = 1
    filters = Filters(weight, np.array([-0.5], dtype=np.float32))
    settings = RandomFeatures(n_filters=1, bias=0.2)
    found = tile_features(Tiles({"a": image[0]}), np.array(["a"]), filters, settings=settings)
    # Four places: 0.5, −0.5, −0.5, −0.1; beyond 0.2 on either side.
    assert_allclose(found, [[0.3 / 4, 0.6 / 4]], rtol=1e-6)


@pytest.mark.parametrize("side", [3, 5])
def test_responses_have_mean_zero_and_spread_one_over_the_tiles(images, side):
    settings = RandomFeatures(n_filters=200, patch=side)
    filters = drawn(images, settings)
    responses = all_patches(images, side) @ filters.weight.reshape(200, -1).T + filters.offset
    # Not closer: the moments are those of the 2,000 patches drawn, in 27 or 75 dimensions.
    assert_allclose(responses.mean(axis=0), 0, atol=0.1)
    assert_allclose(responses.std(axis=0), 1, atol=0.25)


def test_a_filter_answers_most_to_the_patch_it_was_made_of(images):
    """Whitened, patches of noise are nearly orthogonal: a patch is its own filter's favourite."""
    filters = drawn(images)
    responses = all_patches(images) @ filters.weight.reshape(12, -1).T + filters.offset
    assert (responses.max(axis=0) > 3).all()


def test_features_are_means_over_the_tile_whatever_the_batches(images, monkeypatch):
    filters = drawn(images)
    found = tile_features(images, IDS, filters, settings=SETTINGS)
    responses = all_patches(images) @ filters.weight.reshape(12, -1).T + filters.offset
    responses = responses.reshape(len(IDS), -1, 12)
    above = np.maximum(responses - 1, 0).mean(axis=1)
    below = np.maximum(-responses - 1, 0).mean(axis=1)
    assert_allclose(found, np.hstack([above, below]), rtol=1e-4, atol=1e-5)
    monkeypatch.setattr(module, "FILTERS_AT_ONCE", 5)
    others = tile_features(images, IDS, filters, settings=RandomFeatures(tiles_at_once=7))
    assert_allclose(others, found, rtol=1e-4, atol=1e-6)


def test_filters_follow_the_seed_and_see_training_tiles_alone(images):
    first, again, other = drawn(images), drawn(images), drawn(images, seed=1)
    assert_array_equal(first.weight, again.weight)
    assert not np.array_equal(first.weight, other.weight)
    images.read.clear()
    draw_filters(images, IDS[:5], settings=SETTINGS, rng=np.random.default_rng(0))
    assert set(images.read) <= set(IDS[:5])


def test_tiles_of_one_colour_give_empty_features_and_a_warning(caplog):
    flat = Tiles({one: np.full((8, 8, 3), 90, dtype=np.uint8) for one in IDS})
    filters = drawn(flat)
    assert "patches drawn are all equal" in caplog.text
    assert_allclose(tile_features(flat, IDS, filters, settings=SETTINGS), 0, atol=1e-6)


def test_tiles_smaller_than_a_patch_are_refused(images):
    with pytest.raises(InputError, match=r"tiles of 20 × 20 px are smaller than patches of 21"):
        drawn(images, RandomFeatures(n_filters=2, patch=21))
