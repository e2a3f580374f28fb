"""The guided rule: by hand, against Captum, and where it must refuse."""

import warnings
from pydoc import locate

import pytest
import torch
from captum.attr import GuidedBackprop, LayerGradCam, Saliency
from timm.layers import BatchNormAct2d, activations, activations_me
from torch import nn
from torch.nn import functional
from torch.testing import assert_close

from incomelens.attribution import guided as valves
from incomelens.attribution.gradients import image_gradients
from incomelens.attribution.guided import GuidedActivations
from incomelens.attribution.guided_gradients import GuidedGradients
from incomelens.attribution.maps import saliency_maps
from incomelens.attribution.rules import (
    GATED_MODULES,
    GUIDED_MODULES,
    GUIDED_OF_TIMM,
    Rule,
    rule_of,
)
from incomelens.attribution.scores import ScoredNetwork
from incomelens.common.errors import InputError

from .nets import images, network_of, small


def captum(kind, model, values, target, **options):
    """Captum's own answer, without its notices."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        return kind(model).attribute(values.clone(), target=target, **options).detach()


def guided(model, values, target=0):
    return GuidedGradients(model).attribute(values, target=target).detach()


def two_layers(activation):
    """Score v · f(W x) with x = (1, 2): h = (2, 1, −2, 7) and v = (3, −4, 5, 1)."""
    first, last = nn.Linear(2, 4, bias=False), nn.Linear(4, 1, bias=False)
    first.weight.data = torch.tensor([[0.0, 1.0], [-1.0, 1.0], [0.0, -1.0], [1.0, 3.0]])
    last.weight.data = torch.tensor([[3.0, -4.0, 5.0, 1.0]])
    return nn.Sequential(first, activation, last), torch.tensor([[1.0, 2.0]])


def test_two_layers_by_hand_with_silu():
    model, x = two_layers(nn.SiLU())

    def slope(h):
        s = torch.sigmoid(torch.tensor(h))
        return s + h * s * (1 - s)

    # The second unit sends back a negative gradient, the third has a negative input: both stop.
    first, fourth = 3 * slope(2.0), slope(7.0)
    assert_close(guided(model, x), torch.stack([fourth, first + 3 * fourth])[None])


def test_two_layers_by_hand_with_relu_and_relu6():
    model, x = two_layers(nn.ReLU())
    assert_close(guided(model, x), torch.tensor([[1.0, 3.0 + 3.0]]))
    model, x = two_layers(nn.ReLU6())
    assert_close(guided(model, x), torch.tensor([[0.0, 3.0]]))  # the fourth unit is saturated


@pytest.mark.parametrize("kind", GATED_MODULES)
def test_an_activation_that_does_half_of_the_rule_gives_the_bits_of_the_whole(kind, monkeypatch):
    torch.manual_seed(0)
    model = nn.Sequential(nn.Conv2d(3, 8, 3), kind(), nn.Conv2d(8, 8, 3), kind(), nn.Flatten(1))
    model = nn.Sequential(kind(), *model, nn.Linear(8 * 4 * 4, 2))
    values = 8.0 * images(px=8) - 2.0
    values[0, 0, :2] = torch.tensor([0.0, 6.0]).repeat(4)  # where the derivatives jump
    found = guided(model, values)
    monkeypatch.setattr(valves, "GATED_MODULES", ())
    assert found.abs().sum() > 0
    assert torch.equal(found, guided(model, values))


def test_a_gradient_that_turns_negative_between_two_activations_stops_there():
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(1, 1, bias=False), nn.SiLU(), nn.Linear(1, 1, bias=False))
    model.append(nn.SiLU())
    model[0].weight.data.fill_(-1.0)
    model[2].weight.data.fill_(-2.0)  # h = 1, then −2 · silu(1) < 0
    assert guided(model, torch.tensor([[-1.0]])).item() == 0.0
    model[2].weight.data.fill_(2.0)
    assert guided(model, torch.tensor([[-1.0]])).item() < 0.0


def test_a_skip_connection_around_an_activation_is_not_guided():
    class Skip(nn.Module):
        def __init__(self):
            super().__init__()
            self.act = nn.SiLU()

        def forward(self, x):
            return self.act(x) - x

    values = torch.tensor([[-1.0, 2.0]])
    slope = torch.autograd.functional.jacobian(functional.silu, values[0, 1])
    assert_close(guided(Skip(), values, target=0), torch.tensor([[-1.0, 0.0]]))
    assert_close(guided(Skip(), values, target=1), torch.tensor([[0.0, slope.item() - 1.0]]))


@pytest.mark.parametrize("backbone", ["test_resnet", "resnet18"])
@pytest.mark.parametrize("target", [0, 1])
def test_on_a_relu_network_the_result_is_captums_own(backbone, target):
    model = ScoredNetwork(small(backbone))
    ours = guided(model, images(), target)
    assert_close(ours, captum(GuidedBackprop, model, images(), target), rtol=1e-5, atol=0)
    assert not torch.allclose(ours, captum(Saliency, model, images(), target, abs=False))


def test_on_a_silu_network_captums_own_is_the_plain_gradient_and_ours_is_not():
    model = ScoredNetwork(small("test_efficientnet"))
    plain = captum(Saliency, model, images(), 1, abs=False)
    assert_close(captum(GuidedBackprop, model, images(), 1), plain)
    difference = (guided(model, images(), 1) - plain).norm() / plain.norm()
    assert difference > 0.5


@pytest.mark.parametrize("backbone", ["test_efficientnet", "test_resnet"])
@pytest.mark.parametrize("head", ["binomial", "softmax", "ordinal"])
def test_one_forward_pass_gives_what_captums_calls_give_one_by_one(backbone, head):
    network = small(backbone, head=head)
    model = ScoredNetwork(network)
    found = image_gradients(network, images())
    for target in (0, 1):
        plain = captum(Saliency, model, images(), target, abs=False)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            layer = LayerGradCam(model, model.features)
            cam = layer.attribute(images(), target=target).detach()
        for ours, theirs in (
            (found.plain[:, target], plain),
            (found.guided[:, target], guided(model, images(), target)),
            (found.cam[:, target], cam[:, 0]),
        ):
            assert_close(ours, theirs, rtol=1e-5, atol=1e-5 * theirs.abs().max().item())


@pytest.mark.parametrize(
    "kind",
    [*GUIDED_MODULES, *map(locate, GUIDED_OF_TIMM)],
    ids=lambda kind: f"{kind.__module__}.{kind.__name__}",
)
def test_every_activation_passes_its_derivative_where_input_and_gradient_are_positive(kind):
    try:
        module = kind(inplace=True)
    except TypeError:
        module = kind()
    values = torch.tensor([[-2.0, -0.5, 0.5, 2.0, 7.0]])
    weights = torch.tensor([1.0, 1.0, 1.0, -1.0, 1.0])
    leaf = values.clone().requires_grad_()
    (slopes,) = torch.autograd.grad(module(leaf + 0).sum(), leaf)

    class Weighted(nn.Module):
        def __init__(self):
            super().__init__()
            self.act = module

        def forward(self, x):
            return (self.act(x + 0) * weights).sum(dim=1)

    expected = slopes * torch.tensor([0.0, 0.0, 1.0, 0.0, 1.0])
    assert_close(guided(Weighted(), values, target=None), expected)
    assert getattr(module, "inplace", True) in (True, False)


FUNCTIONS = {
    "functional": lambda x: functional.silu(x),
    "functional, keyword": lambda x: functional.silu(input=x),
    "functional in place": lambda x: functional.silu(x + 0, inplace=True),
    "method": lambda x: x.relu(),
    "method in place": lambda x: (x + 0).relu_(),
    "underscore": lambda x: functional.relu_(x + 0),
    "torch": lambda x: torch.relu(x),
    "gelu": lambda x: functional.gelu(x),
    "leaky in place": lambda x: functional.leaky_relu_(x + 0, 0.2),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_activations_called_as_functions_are_guided_too(name):
    class Called(nn.Module):
        def forward(self, x):
            return FUNCTIONS[name](x) * torch.tensor([1.0, 1.0, -1.0])

    values = torch.tensor([[-0.5, 0.5, 2.0]])
    leaf = values.clone().requires_grad_()
    (slopes,) = torch.autograd.grad(FUNCTIONS[name](leaf).sum(), leaf)
    for target, open_valve in ((0, False), (1, True), (2, False)):
        expected = torch.zeros_like(values)
        expected[0, target] = slopes[0, target] if open_valve else 0.0
        assert_close(guided(Called(), values, target), expected)


def test_an_in_place_function_still_changes_its_argument():
    class Ignored(nn.Module):
        def forward(self, x):
            y = x + 0
            functional.relu_(y)
            return y

    model = Ignored()
    with GuidedActivations(model) as met:
        assert_close(model(torch.tensor([[-1.0, 2.0]])), torch.tensor([[0.0, 2.0]]))
    assert met.n_valves == 1


@pytest.mark.parametrize(
    "gate", [nn.Sigmoid(), nn.Hardsigmoid(), activations.HardSigmoid(inplace=True)]
)
def test_gates_pass_their_true_derivative(gate):
    class Gated(nn.Module):
        def __init__(self):
            super().__init__()
            self.act, self.gate = nn.ReLU(), gate

        def forward(self, x):
            y = self.act(x)
            return y * self.gate(-y)

    values = torch.tensor([[0.4]])
    leaf = values.clone().requires_grad_()
    (plain,) = torch.autograd.grad(Gated()(leaf), leaf)
    without_gate = Gated()(values) / values
    assert 0 < plain.item() < without_gate.item()  # the gate's own, negative part came through
    assert_close(guided(Gated(), values), plain)


def test_fused_and_inplace_norms_of_timm_are_met_and_put_back():
    norm = BatchNormAct2d(3, act_layer=nn.SiLU, inplace=True).eval()
    model = nn.Sequential(nn.Conv2d(3, 3, 1), norm)
    with GuidedActivations(model) as met:
        assert not norm.act.inplace
        model(images(1, 4))
    assert met.n_valves == 1
    assert norm.act.inplace
    assert not any(one._forward_hooks or one._forward_pre_hooks for one in model.modules())


def test_an_efficientnet_meets_every_activation_but_the_gates():
    network = small("efficientnet_b0")
    silus = sum(rule_of(one, name) is Rule.GUIDED for name, one in network.named_modules())
    with GuidedActivations(network) as met, torch.no_grad():
        network(images(1, 64))
    assert met.n_valves == silus == 33 + 16  # after convolutions; in 16 squeezes


def test_nothing_stays_hooked_when_a_forward_pass_fails():
    class Fails(nn.Module):
        def __init__(self):
            super().__init__()
            self.act = nn.ReLU(inplace=True)

        def forward(self, x):
            raise RuntimeError(f"no use for {self.act(x + 0)}")

    model = Fails()
    with pytest.raises(RuntimeError, match="no use"):
        guided(model, torch.ones(1, 1))
    assert model.act.inplace
    assert not any(one._forward_hooks or one._forward_pre_hooks for one in model.modules())
    assert_close(torch.tanh(torch.zeros(1)), torch.zeros(1))  # functions are no longer watched


def test_callers_tensor_and_network_stay_as_they_were():
    model, values = ScoredNetwork(small()), images()
    before = {name: one.clone() for name, one in model.state_dict().items()}
    guided(model, values)
    saliency_maps(model.features.network, values)
    assert not values.requires_grad
    assert all(torch.equal(one, before[name]) for name, one in model.state_dict().items())
    assert all(one.grad is None for one in model.parameters())


def test_an_activation_without_a_rule_is_named():
    network = network_of(nn.Conv2d(3, 4, 1), nn.Sequential(nn.ReLU(), nn.Tanh()))
    with pytest.raises(
        InputError, match=r"no guided rule for Tanh at 'network\.backbone\.layers\.1\.1'"
    ):
        saliency_maps(network, images(1, 8))
    with pytest.raises(InputError, match=r"add one to attribution/rules.py, or leave `guided` out"):
        saliency_maps(network, images(1, 8), methods=["guided"])
    assert not any(one._forward_hooks for one in network.modules())
    assert saliency_maps(network, images(1, 8), methods=["gradient"]).shape == (1, 1, 2, 8, 8)


def test_a_subclass_of_an_activation_without_a_rule_has_none_either():
    class MyTanh(nn.Tanh):
        pass

    with pytest.raises(InputError, match="no guided rule for MyTanh at '0'"):
        guided(nn.Sequential(MyTanh(), nn.ReLU()), torch.ones(1, 1))


@pytest.mark.parametrize("call", [torch.tanh, functional.softplus, lambda x: x.clamp(min=0)])
def test_a_function_without_a_rule_is_named_with_its_module(call):
    class Inner(nn.Module):
        def forward(self, x):
            return call(x)

    with pytest.raises(InputError, match=r"no guided rule for the function \w+ at '1'"):
        guided(nn.Sequential(nn.ReLU(), Inner()), torch.ones(1, 1))


def test_norms_fused_with_an_activation_are_refused():
    network = small("test_efficientnet_evos")
    with pytest.raises(InputError, match="no guided rule for EvoNorm2dS0 at"):
        saliency_maps(network, images(1))


def test_a_network_without_activations_is_refused_and_never_explained_by_its_plain_gradient():
    network = network_of(nn.Conv2d(3, 4, 1))
    with pytest.raises(InputError, match="no activation was met in FeatureMaps"):
        saliency_maps(network, images(1, 8))
    with pytest.raises(InputError, match="no activation was met in Linear"):
        guided(nn.Linear(2, 1), torch.ones(1, 2))


def test_custom_backward_functions_of_timm_are_known():
    for kind in (activations_me.SwishMe, activations_me.HardSwishMe):
        assert rule_of(kind(), "") is Rule.GUIDED
    assert rule_of(activations_me.HardSigmoidMe(), "") is Rule.TRUE
    assert rule_of(nn.Conv2d(1, 1, 1), "") is None
