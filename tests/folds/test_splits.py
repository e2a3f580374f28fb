"""Folds for anybody's points: whole, apart, and as scikit-learn takes them."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.model_selection import cross_val_predict
from sklearn.neighbors import KNeighborsRegressor

from incomelens.common.errors import InputError
from incomelens.folds.buffer import places_on_earth
from incomelens.folds.splits import spatial_folds

RNG = np.random.default_rng(4)
PLACE = RNG.uniform(0, 30, size=(400, 2))
# Alike over some kilometres.
LABEL = np.sin(PLACE[:, 0] / 2) + np.cos(PLACE[:, 1] / 2) + 0.1 * RNG.normal(size=400)


@pytest.mark.parametrize("scheme", ["random", "block", "knndm"])
def test_every_point_is_held_out_once_and_never_learnt_from_then(scheme):
    folds = spatial_folds(PLACE, scheme=scheme, label=LABEL, target=PLACE[:40] + 9)
    held_out = np.concatenate([rows for _, rows in folds.splits])
    assert_array_equal(np.sort(held_out), np.arange(400))
    assert all(not np.intersect1d(*pair).size for pair in folds.splits)


def test_blocks_are_farther_from_training_than_their_buffer():
    folds = spatial_folds(PLACE, label=LABEL)
    assert folds.buffer_km > 0.3
    assert folds.distance_km.min() >= folds.buffer_km
    assert min(len(training) for training, _ in folds.splits) >= 0.6 * len(PLACE)
    random = spatial_folds(PLACE, scheme="random")
    assert random.distance_km.mean() < folds.distance_km.mean()


def test_folds_of_degrees_are_those_of_kilometres():
    km_per_degree = 6371 * np.pi / 180
    longitude, latitude = (PLACE.T - 15) / km_per_degree
    earth = places_on_earth(longitude, latitude)
    told, flat = (spatial_folds(place, label=LABEL, seed=3) for place in (earth, PLACE - 15))
    assert_array_equal(told.fold, flat.fold)
    # The plane's axes are turned, and with them the diagonal that bounds the variogram.
    assert_allclose(told.buffer_km, flat.buffer_km, rtol=0.03)


def test_folds_matched_to_far_places_are_as_far():
    far = spatial_folds(PLACE, scheme="knndm", target=PLACE + np.array([60.0, 0.0]))
    near = spatial_folds(PLACE, scheme="knndm", target=PLACE + 0.1)
    assert np.median(far.distance_km) > 3 * np.median(near.distance_km)


def test_scikit_learn_takes_them():
    folds = spatial_folds(PLACE, label=LABEL)
    predicted = cross_val_predict(KNeighborsRegressor(5), PLACE, LABEL, cv=folds.splits)
    assert predicted.shape == LABEL.shape


@pytest.mark.parametrize(
    ("place", "options", "message"),
    [
        (PLACE[:, 0], {}, r"place: shape \(400,\) instead of \(n, 2 or 3\); kilometres"),
        (np.vstack([PLACE, [np.nan, 1]]), {}, "place: row 400 is not finite"),
        (PLACE, {"scheme": "bloc"}, "scheme: 'bloc' is unknown; known are random, block, knndm"),
        (PLACE, {"n_folds": 1}, "n_folds: 1 for 400 points; expected at least 2"),
        (PLACE, {"scheme": "knndm"}, "knndm matches the distances of the places to be mapped"),
        (PLACE, {"scheme": "knndm", "target": [[1.0, 2, 3]]}, r"instead of \(n, 2\)"),
        (PLACE, {}, "how wide the buffer around blocks is follows from the label; give it"),
        (PLACE, {"label": LABEL[:9]}, "expected 400 finite values"),
        (PLACE, {"buffer_km": -1}, "buffer_km: -1; expected 0 or more"),
    ],
)
def test_what_is_missing_or_odd_is_told(place, options, message):
    with pytest.raises(InputError, match=message):
        spatial_folds(place, **options)
