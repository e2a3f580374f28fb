"""A head gives a distribution over ordered classes, exactly, with exact gradients."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy.special import expit
from scipy.stats import binom

from incomelens.common.errors import InputError
from incomelens.inference.heads import HEADS, BinomialHead, OrdinalHead, build_head, scale_position

EVERY_HEAD = sorted(HEADS)


def double_head(name, n_features=3, n_classes=5):
    torch.manual_seed(1)
    return build_head(name, n_features=n_features, n_classes=n_classes).double()


def test_binomial_head_by_hand():
    logits = torch.tensor([[0.0]], dtype=torch.float64)
    probabilities = double_head("binomial").log_probabilities(logits).exp()
    assert_allclose(probabilities, [[1 / 16, 4 / 16, 6 / 16, 4 / 16, 1 / 16]])


# Further out, 1 - p has lost the digits that the peer needs.
@given(logit=st.floats(-10, 10), n_classes=st.integers(2, 9))
def test_binomial_head_is_scipys_binomial(logit, n_classes):
    head = BinomialHead(1, n_classes).double()
    ours = head.log_probabilities(torch.tensor([[logit]], dtype=torch.float64))
    peer = binom(n_classes - 1, expit(logit))
    assert_allclose(ours[0].exp(), peer.pmf(np.arange(n_classes)), rtol=1e-10, atol=1e-300)


@given(logit=st.floats(-50, 50))
def test_binomial_gradient_is_its_formula_and_finite_in_single_precision(logit):
    z = torch.tensor([[logit]], requires_grad=True)
    log_probabilities = BinomialHead(1, 5).log_probabilities(z)[0]
    assert torch.isfinite(log_probabilities).all()
    for k in range(5):
        (gradient,) = torch.autograd.grad(log_probabilities[k], z, retain_graph=True)
        # The difference of two numbers up to 4 in single precision.
        assert_allclose(gradient.item(), k - 4 * expit(logit), rtol=1e-5, atol=2e-6)


def test_the_wrong_class_still_pulls_at_saturation():
    z = torch.tensor([[50.0]], requires_grad=True)
    loss = -BinomialHead(1, 5).log_probabilities(z)[0, 0]
    loss.backward()
    assert_allclose([loss.item(), z.grad.item()], [200.0, 4.0])


@pytest.mark.parametrize("name", EVERY_HEAD)
@given(seed=st.integers(0, 1000), scale=st.sampled_from([0.1, 1.0, 30.0]))
def test_probabilities_sum_to_one(name, seed, scale):
    features = scale * torch.randn(4, 3, generator=torch.Generator().manual_seed(seed))
    total = double_head(name)(features.double()).exp().sum(dim=1)
    assert_allclose(total.detach(), np.ones(4), rtol=1e-9)


@pytest.mark.parametrize("name", EVERY_HEAD)
def test_two_classes_are_a_logistic_regression_or_its_softmax(name):
    head = double_head(name, n_classes=2)
    features = torch.randn(6, 3, dtype=torch.float64)
    probabilities = head(features).exp()
    assert_allclose(probabilities.sum(dim=1).detach(), np.ones(6))
    assert torch.equal(head.p(features), probabilities[:, 1])


@pytest.mark.parametrize("name", EVERY_HEAD)
def test_gradients_equal_finite_differences(name):
    head = double_head(name)
    features = torch.randn(4, 3, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda features, *_: head(features), (features,))
    parameters = tuple(head.parameters())
    assert torch.autograd.gradcheck(lambda *_: head(features.detach()), parameters)


@pytest.mark.parametrize("name", EVERY_HEAD)
def test_gradients_are_finite_far_out(name):
    head = build_head(name, n_features=1, n_classes=5)
    for value in (-1e4, -50.0, 50.0, 1e4):
        head.zero_grad()
        head(torch.full((1, 1), value)).sum().backward()
        assert all(torch.isfinite(parameter.grad).all() for parameter in head.parameters())


def test_p_of_the_binomial_head_is_the_sigmoid_of_its_logit():
    head = double_head("binomial")
    features = torch.randn(6, 3, dtype=torch.float64)
    assert_allclose(head.p(features).detach(), torch.sigmoid(head.logits(features))[:, 0].detach())


@pytest.mark.parametrize("name", EVERY_HEAD)
def test_p_lies_between_the_poorest_and_the_richest(name):
    p = double_head(name).p(10 * torch.randn(50, 3, dtype=torch.float64))
    assert ((p >= 0) & (p <= 1)).all()


def test_position_on_the_scale_by_hand():
    probabilities = torch.tensor([[1.0, 0, 0, 0, 0], [0, 0, 0.5, 0, 0.5], [0, 0, 0, 0, 1]])
    assert_allclose(scale_position(probabilities), [0.0, 0.75, 1.0])


def test_ordinal_head_starts_symmetric_with_room_for_every_class():
    head = OrdinalHead(1, 5).double()
    middle = head.log_probabilities(torch.zeros(1, 1, dtype=torch.float64)).exp()[0].detach()
    assert_allclose(middle[2], 0.5, rtol=1e-6)
    assert_allclose(middle, middle.flip(0), rtol=1e-6)


def test_ordinal_head_names_every_class_in_turn_as_its_score_rises():
    head = OrdinalHead(1, 5).double()
    scores = torch.linspace(-8, 8, 41, dtype=torch.float64)[:, None]
    position = scale_position(head.log_probabilities(scores).exp())
    assert (position.diff() > 0).all()
    named = head.log_probabilities(scores).argmax(dim=1)
    assert (named.diff() >= 0).all()
    assert named.unique().tolist() == [0, 1, 2, 3, 4]


def test_ordinal_head_is_the_difference_of_cumulative_probabilities():
    head = double_head("ordinal")
    torch.nn.init.normal_(head.steps, generator=torch.Generator().manual_seed(3))
    logits = torch.tensor([[-1.3], [0.4]], dtype=torch.float64)
    steps = np.log1p(np.exp(head.steps.detach().numpy()))
    thresholds = head.first_threshold.item() - np.concatenate([[0], np.cumsum(steps)])
    at_least = np.column_stack([np.ones(2), expit(logits.numpy() + thresholds), np.zeros(2)])
    ours = head.log_probabilities(logits).exp().detach()
    assert_allclose(ours, at_least[:, :-1] - at_least[:, 1:], rtol=1e-10)


@pytest.mark.parametrize("name", EVERY_HEAD)
def test_mixed_precision_does_not_reach_the_head(name):
    head = build_head(name, n_features=3, n_classes=5)
    features = torch.randn(4, 3)
    with torch.autocast("cpu", torch.bfloat16):
        mixed = head(features)
    assert mixed.dtype == torch.float32
    assert torch.equal(mixed, head(features))


def test_misuse_says_what_is_known():
    with pytest.raises(InputError, match=r"head: 'beta' is unknown; known are binomial, softmax"):
        build_head("beta", n_features=3, n_classes=5)
    with pytest.raises(InputError, match=r"n_classes: 1; a head needs at least two"):
        build_head("binomial", n_features=3, n_classes=1)
