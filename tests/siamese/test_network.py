"""Pairs: antisymmetric whatever the weights, drawn inside the fold, compared with anchors."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from incomelens.common.errors import InputError
from incomelens.siamese.models.network import PairHead
from incomelens.siamese.models.pair_model import choose_anchors, fit_pair_model
from incomelens.siamese.models.pair_training import PairSettings, draw_pairs, pair_loss, train_pairs

CPU = torch.device("cpu")


@given(
    seed=st.integers(0, 2**31 - 1),
    width=st.integers(1, 40),
    unit=st.floats(1e-3, 100.0),
    spread=st.floats(0.1, 10.0),
)
def test_the_difference_turns_round_with_the_pair(seed, width, unit, spread):
    torch.manual_seed(seed)
    head = PairHead(width)
    with torch.no_grad():
        for weights in head.parameters():
            weights.mul_(spread)
        one, other = unit * torch.randn(2, 50, width)
        there, back = head(one, other), head(other, one)
        scale = there.abs().max().clamp(min=1.0)
        assert ((there + back).abs() <= 1e-6 * scale).all()
        assert torch.equal(head(one, one), torch.zeros(50, 2))


def fitted(n=80, **settings):
    rng = np.random.default_rng(0)
    latent = rng.normal(size=n)
    arrays = {
        "prices": latent[:, None] + 0.1 * rng.normal(size=(n, 4)),
        "place": rng.normal(size=(n, 2)),
    }
    settings = {"epochs": 30, "least_steps": 100, "dropout": 0.0, "anchors": None} | settings
    label = (latent - latent.mean()) / latent.std()
    model = fit_pair_model(
        arrays, label, PairSettings(**settings), flags_missing=False, seed=1, device=CPU
    )
    return model, arrays, label


def test_a_trained_model_is_antisymmetric_from_inputs_to_incomes():
    model, arrays, label = fitted()
    back = {name: values[::-1].copy() for name, values in arrays.items()}
    differences = model.differences(arrays, back)
    assert_allclose(differences, -model.differences(back, arrays), atol=1e-6)
    assert np.corrcoef(differences, label - label[::-1])[0, 1] > 0.95


def test_income_is_the_mean_over_anchors_of_their_income_plus_the_difference():
    model, arrays, label = fitted(n=20)
    by_hand = []
    for row in range(20):
        same = {name: np.repeat(values[row : row + 1], 20, 0) for name, values in arrays.items()}
        by_hand.append(np.mean(label + model.differences(same, arrays)))
    assert_allclose(model.predict(arrays), by_hand, atol=1e-5)


def test_a_model_learns_the_order_it_is_shown():
    model, arrays, label = fitted()
    assert np.corrcoef(model.predict(arrays), label)[0, 1] > 0.95


@given(n=st.integers(2, 40), partners=st.integers(1, 60), seed=st.integers(0, 1000))
def test_every_district_heads_distinct_pairs_and_none_with_itself(n, partners, seed):
    one, other = draw_pairs(n, partners, np.random.default_rng(seed))
    assert len(one) == n * min(partners, n - 1)
    assert (one != other).all()
    assert set(np.bincount(one, minlength=n)) == {min(partners, n - 1)}
    assert len(set(zip(one.tolist(), other.tolist(), strict=True))) == len(one)


def test_the_loss_is_squared_error_plus_weighted_cross_entropy():
    torch.manual_seed(0)
    head, features, target = PairHead(3), torch.randn(4, 3), torch.randn(4)
    one, other = np.array([0, 1, 2]), np.array([1, 2, 3])
    found = head(features[:3], features[1:])
    difference = (target[:3] - target[1:]).detach()
    squared = ((found[:, 0] - difference) ** 2).mean()
    probability = torch.sigmoid(found[:, 1])
    is_richer = (difference > 0).float()
    entropy = -(is_richer * probability.log() + (1 - is_richer) * (1 - probability).log()).mean()
    loss = pair_loss(head, features, target, one, other, 0.7)
    assert loss.item() == pytest.approx((squared + 0.7 * entropy).item(), rel=1e-5)


@given(n=st.integers(1, 60), k=st.integers(1, 80), seed=st.integers(0, 100))
def test_anchors_run_along_the_incomes(n, k, seed):
    label = np.random.default_rng(seed).normal(size=n)
    chosen = choose_anchors(label, k)
    assert len(set(chosen.tolist())) == len(chosen) == min(n, k)
    assert (np.diff(label[chosen]) >= 0).all()
    if k < n:  # the k-th part of the order holds the k-th anchor
        ranks = np.argsort(np.argsort(label))[chosen]
        assert (np.abs(ranks - (np.arange(k) + 0.5) * n / k) <= 1).all()


def test_settings_and_data_that_cannot_work_are_named():
    with pytest.raises(InputError, match=r"siamese\.training\.partners: 0; expected at least 1"):
        PairSettings(partners=0)
    with pytest.raises(InputError, match=r"learning_rate: -1; expected a positive"):
        PairSettings(learning_rate=-1)
    with pytest.raises(InputError, match=r"dropout: 1\.0; expected 0 to below 1"):
        PairSettings(dropout=1.0)
    one = {"prices": np.zeros((1, 2), dtype=np.float32)}
    with pytest.raises(InputError, match="pairs need 2 training districts, there are 1"):
        train_pairs(one, np.zeros(1), PairSettings(), seed=0, device=CPU)
    two = {"prices": np.zeros((2, 2), dtype=np.float32)}
    with pytest.raises(InputError, match=r"the loss is nan after 200 epochs; lower"):
        train_pairs(two, np.array([np.nan, 0.0]), PairSettings(), seed=0, device=CPU)
