"""Maps: products, post-processing, the two targets, one forward pass for all."""

import numpy as np
import pytest
import torch
from captum._utils.gradient import compute_layer_gradients_and_eval
from captum.attr import LayerGradCam
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose
from torch import nn
from torch.nn import functional
from torch.testing import assert_close

from incomelens.attribution.gradients import (
    GRADIENT_METHODS,
    PAPER_METHODS,
    Gradients,
    image_gradients,
)
from incomelens.attribution.maps import METHODS, clip_at_percentile, finish, saliency_maps
from incomelens.attribution.mirror import mirror_property
from incomelens.attribution.models import ready_model
from incomelens.attribution.scores import ScoredNetwork, target_scores
from incomelens.common.errors import InputError
from incomelens.inference.model_files import save_model

from .nets import images, network_of, small


def some_gradients(n=2, px=8, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return Gradients(
        cam=torch.randn((n, 2, 2, 2), generator=generator),
        guided=torch.randn((n, 2, 3, px, px), generator=generator),
        plain=torch.randn((n, 2, 3, px, px), generator=generator),
    )


def test_grad_cam_of_one_convolution_by_hand():
    network = network_of(nn.Conv2d(3, 2, 1, bias=False), nn.ReLU())
    network.backbone.layers[0].weight.data = torch.tensor([[1.0, 0, 0], [0, 1.0, 0]])[
        ..., None, None
    ]
    network.head.dense.weight.data = torch.tensor([[2.0, -1.0]])
    values = torch.tensor([[[[3.0, 0.0]], [[0.0, 4.0]], [[9.0, 9.0]]]])
    found = image_gradients(network, values)
    # z = (2 · mean of map 1) − (mean of map 2); the mean over two pixels weighs each by a half.
    assert_close(found.cam[0, 1], torch.tensor([[0.5 * 2 * 3.0, -0.5 * 1 * 4.0]]))
    assert_close(found.cam[0, 0], -found.cam[0, 1])
    maps = saliency_maps(network, values, methods=["gradcam", "guided", "gradient"])
    assert_close(maps[0, 0], torch.tensor([[[0.0, 2.0]], [[3.0, 0.0]]]))
    # Low is −z: its gradient at the second map is +1/2 (passes), at the first −1 (is stopped).
    assert_close(maps[0, 1], torch.tensor([[[0.0, 2.0 * 0.5]], [[3.0 * 1.0, 0.0]]]))
    assert_close(maps[0, 2], torch.tensor([[[0.0, 2.0 * 0.5]], [[3.0 * 1.0, 0.0]]]))


def test_a_map_is_the_rectified_cam_times_the_absolute_gradients_of_the_colours():
    gradients = some_gradients()
    maps = finish(gradients, (8, 8), methods=PAPER_METHODS, postprocess="none")
    up = functional.interpolate(gradients.cam.relu(), (8, 8), mode="bilinear", align_corners=False)
    assert_close(maps[:, 0], up * gradients.guided.abs().sum(dim=2))
    assert_close(maps[:, 1], up * gradients.plain.abs().sum(dim=2))
    assert_close(maps[:, 2], up)


def test_released_postprocessing_step_by_step():
    gradients = some_gradients()
    found = finish(gradients, (8, 8), methods=["gradient", "gradcam"], postprocess="released")
    for tile in (0, 1):
        for target in (0, 1):
            cam = gradients.cam[tile, target].numpy().astype(float)
            cam = (cam - cam.mean()) / np.linalg.norm(cam - cam.mean())
            wide = functional.interpolate(
                torch.from_numpy(cam)[None, None], (8, 8), mode="bilinear"
            )
            cam = np.maximum(wide[0, 0].numpy(), 0)
            cam /= cam.max()
            product = cam * np.abs(gradients.plain[tile, target].numpy()).sum(axis=0)
            for at, values in ((0, product), (1, cam)):
                expected = np.minimum(values, np.percentile(values, 99))
                np.testing.assert_allclose(found[tile, at, target], expected, rtol=1e-4, atol=1e-6)


@given(arrays(np.float32, (2, 3, 7, 9), elements=st.floats(0, 1e4, width=32)), st.floats(0.5, 1))
def test_clipping_is_at_numpys_percentile(values, share):
    clipped = clip_at_percentile(torch.from_numpy(values), share).numpy()
    limit = np.quantile(values.reshape(2, 3, -1).astype(float), share, axis=-1)
    expected = np.minimum(values, limit[..., None, None])
    np.testing.assert_allclose(clipped, expected, rtol=1e-5, atol=1e-3)


def test_a_map_of_one_value_survives_every_postprocessing():
    flat = Gradients(torch.ones(1, 2, 2, 2), torch.ones(1, 2, 3, 8, 8), torch.ones(1, 2, 3, 8, 8))
    assert (finish(flat, (8, 8), methods=PAPER_METHODS, postprocess="none") > 0).all()
    released = finish(flat, (8, 8), methods=PAPER_METHODS, postprocess="released")
    assert (released == 0).all()  # centred, nothing is left


@pytest.mark.parametrize("head", ["binomial", "ordinal", "softmax"])
def test_scores_point_where_the_class_probabilities_do(head):
    network = small(head=head)
    maps = torch.randn((3, network.head.dense.in_features, 4, 4)).requires_grad_()
    scores = target_scores(network, maps)
    probabilities = network.classify(maps).exp()
    for target, klass in ((0, 0), (1, -1)):
        (ours,) = torch.autograd.grad(scores[:, target].sum(), maps, retain_graph=True)
        (theirs,) = torch.autograd.grad(probabilities[:, klass].sum(), maps, retain_graph=True)
        for one, other in zip(ours, theirs, strict=True):
            assert_close(one / one.norm(), other / other.norm(), rtol=1e-3, atol=1e-5)


def test_a_number_added_to_all_logits_changes_no_score():
    network = small(head="softmax")
    maps = torch.randn((2, network.head.dense.in_features, 4, 4))
    before = target_scores(network, maps)
    network.head.dense.bias.data += 7.0
    assert_close(target_scores(network, maps), before, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("klass", [0, 4])
def test_a_network_that_is_sure_still_has_a_map(klass):
    network = small(head="softmax")
    network.head.dense.bias.data[klass] = 200.0
    assert saliency_maps(network, images(1), methods=["gradcam"]).isfinite().all()
    found = image_gradients(network, images(1), methods=["gradcam"])
    assert found.cam.abs().amax(dim=(-2, -1)).min() > 0


@pytest.mark.parametrize("head", ["binomial", "softmax"])
def test_all_methods_and_both_targets_take_one_forward_pass(head):
    network, calls = small(head=head), []
    network.backbone.conv_stem.register_forward_hook(lambda *_: calls.append(1))
    saliency_maps(network, images(), methods=GRADIENT_METHODS)
    assert len(calls) == 1


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("head", ["binomial", "softmax"])
def test_a_method_asked_for_alone_is_the_same(method, head):
    network = small(head=head)
    together = saliency_maps(network, images(), methods=METHODS, path_steps=2)
    alone = saliency_maps(network, images(), methods=[method], path_steps=2)
    assert_close(alone[:, 0], together[:, METHODS.index(method)])


def test_a_tile_is_explained_alike_in_any_batch():
    network, values = small(), images(5)
    together = saliency_maps(network, values)
    for at in range(5):
        alone = saliency_maps(network, values[at : at + 1])[0]
        assert_close(together[at], alone, rtol=1e-3, atol=1e-4 * alone.max().item())


@pytest.mark.parametrize("postprocess", ["none", "released"])
def test_maps_are_never_negative_and_have_the_size_of_the_tile(postprocess):
    options = {"methods": METHODS, "path_steps": 2, "postprocess": postprocess}
    maps = saliency_maps(small(), images(2), **options)
    assert maps.shape == (2, len(METHODS), 2, 64, 64)
    assert (maps >= 0).all()
    assert (maps.sum(dim=(-2, -1)) > 0).any()


@settings(max_examples=5)
@given(seed=st.integers(0, 1000))
def test_one_logit_mirrors_plain_gradients_and_cams_but_not_guided_gradients(seed):
    table = mirror_property(small(seed=seed), images(2, seed=seed)).set_index("quantity")
    assert_close(table.loc["plain_gradient", "cosine_max"], -1.0)
    assert_close(table.loc["cam", "cosine_max"], -1.0)
    assert table.loc["guided_gradient", "cosine_min"] > -0.9
    # A rectified CAM and that of its negative share pixels only where interpolation blurs them.
    assert table["n"].max() == 2


def test_a_softmax_head_is_free_of_the_mirror():
    table = mirror_property(small(head="softmax"), images(3)).set_index("quantity")
    assert set(table["head"]) == {"softmax"}
    assert table.loc["plain_gradient", "cosine_min"] > -0.99
    assert table.loc["cam", "cosine_min"] > -0.999


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"methods": ["guided", "lime"]}, r"methods: \['guided', 'lime'\]; expected one or more"),
        ({"methods": []}, r"methods: \[\]; expected one or more of guided, gradient, gradcam"),
        ({"methods": ["guided", "guided"]}, "each once"),
        ({"postprocess": "clip"}, "postprocess: 'clip' is unknown; known are none, released"),
    ],
)
def test_unknown_options_are_named(options, message):
    with pytest.raises(InputError, match=message):
        saliency_maps(small(), images(1), **options)


@pytest.mark.parametrize("head", ["binomial", "softmax"])
def test_the_released_layer_has_captums_grad_cam_of_the_last_convolution(head):
    network, batch = small(head=head), images(2)
    model = ScoredNetwork(network)
    layer = LayerGradCam(model, network.backbone.conv_head)
    found = image_gradients(network, batch, layer="released")
    for target in (0, 1):
        expected = layer.attribute(batch, target)[:, 0].detach()
        assert_allclose(found.cam[:, target], expected, rtol=1e-3, atol=1e-5 * expected.abs().max())
    usual = image_gradients(network, batch)
    assert not np.allclose(found.cam, usual.cam)
    # The gradients of the image are the same.
    assert_allclose(found.guided, usual.guided, rtol=1e-4, atol=1e-8)
    assert_allclose(found.plain, usual.plain, rtol=1e-4, atol=1e-8)


def test_the_released_layer_survives_the_folding_of_batch_norms(tmp_path):
    network, batch = small(), images(2)
    save_model(tmp_path, network, scaling="min_max", tile_px=64)
    ready = ready_model(tmp_path, tile_px=64, device=torch.device("cpu"), layer="released").network
    assert isinstance(ready.backbone.bn1, torch.nn.Sequential)
    found = saliency_maps(ready, batch, layer="released")
    expected = saliency_maps(network, batch, layer="released")
    assert_allclose(found, expected, rtol=1e-2, atol=1e-4 * float(expected.max()))


def test_layers_that_are_not_there_are_named():
    network = network_of(torch.nn.Conv2d(3, 4, 3), torch.nn.ReLU())
    with pytest.raises(InputError, match="released is the output of conv_head, and own has no"):
        saliency_maps(network, images(), layer="released")
    with pytest.raises(InputError, match="layer: 'last' is unknown; known are activated, released"):
        saliency_maps(network, images(), layer="last")


def test_layercam_of_one_convolution_by_hand():
    network = network_of(nn.Conv2d(3, 2, 1, bias=False), nn.ReLU(), nn.Conv2d(2, 1, 1, bias=False))
    first, _, last = network.backbone.layers
    first.weight.data = torch.tensor([[1.0, 0, 0], [0, 1.0, 0]])[..., None, None]
    last.weight.data = torch.tensor([2.0, -1.0]).view(1, 2, 1, 1)
    network.head.dense.weight.data = torch.tensor([[1.0]])
    found = image_gradients(network, images(1, 4), methods=["layercam"])
    maps = network.feature_maps(images(1, 4)).detach()[:, 0]
    # z is the mean of one map of 16 places: each weighs 1/16 for high, nothing for low.
    assert_close(found.layercam[:, 1], maps / 16)
    assert not found.layercam[:, 0].any()


@pytest.mark.parametrize("layer", ["activated", "released"])
@pytest.mark.parametrize("head", ["binomial", "softmax"])
def test_layercam_weighs_activations_by_captums_gradients_of_the_layer(head, layer):
    network, batch = small(head=head), images(2)
    model = ScoredNetwork(network)
    of_layer = model.features if layer == "activated" else network.backbone.conv_head
    found = image_gradients(network, batch, methods=["layercam"], layer=layer)
    for target in (0, 1):
        gradients, activations = compute_layer_gradients_and_eval(model, of_layer, batch, target)
        expected = (gradients[0].relu() * activations[0]).sum(dim=1).detach()
        largest = expected.abs().max().item()
        assert_close(found.layercam[:, target], expected, rtol=1e-4, atol=1e-5 * largest)


def test_methods_that_share_a_score_out_take_no_pass_of_the_others():
    network, calls = small(), []
    network.backbone.conv_stem.register_forward_hook(lambda *_: calls.append(1))
    saliency_maps(network, images(), methods=["lrp"])
    assert len(calls) == 1
    saliency_maps(network, images(), methods=["integrated_gradients"], path_steps=3)
    assert len(calls) == 1 + 3


def test_layer_cam_weighs_each_place_by_its_own_gradient():
    network, batch = small(pool="max_then_average"), images(2)
    leaf = network.feature_maps(batch).detach().requires_grad_()
    scores = target_scores(network, leaf)
    found = saliency_maps(network, batch, methods=["layercam", "gradcam"])
    for target in (0, 1):
        (seed,) = torch.autograd.grad(scores[:, target].sum(), leaf, retain_graph=True)
        coarse = (seed.relu() * leaf.detach()).sum(dim=1, keepdim=True).relu()
        expected = functional.interpolate(coarse, (64, 64), mode="bilinear", align_corners=False)
        assert_allclose(found[:, 0, target], expected[:, 0], rtol=1e-4, atol=1e-7)
    assert not np.allclose(found[:, 0], found[:, 1])
    both = saliency_maps(network, batch, methods=["gradcam", "layercam"], postprocess="released")
    assert float(both.max()) <= 1
