"""Similarity of the maps of two networks: itself, turned, and class by class."""

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose

from incomelens.attribution.comparison import (
    QUANTITIES,
    Maps,
    make_maps,
    similarity_table,
    turned,
)
from incomelens.attribution.gradients import PAPER_METHODS, image_gradients
from incomelens.attribution.maps import saliency_maps
from incomelens.attribution.zonal import zonal_sums

from . import nets


@pytest.fixture(scope="module")
def tiles():
    land = np.random.default_rng(0).choice([1, 3, 9], size=(12, 4, 4)).astype(np.uint8)
    grown = land.repeat(nets.PX // 4, axis=1).repeat(nets.PX // 4, axis=2)
    return nets.images(12), torch.from_numpy(grown)


@pytest.fixture(scope="module")
def reference(tiles):
    return make_maps(nets.small(), *tiles, batch_size=5, least_tiles=2)


def test_maps_are_those_of_the_methods_and_of_the_gradients_alone(tiles, reference):
    network = nets.small()
    assert_allclose(
        reference.saliency[:, : len(PAPER_METHODS)], saliency_maps(network, tiles[0]), rtol=1e-4
    )
    guided = image_gradients(network, tiles[0]).guided.abs().sum(dim=2)
    place = QUANTITIES.index("guided_gradient")
    assert_allclose(reference.saliency[:, place], guided, rtol=1e-4)


def test_ratios_are_means_over_tiles_with_the_class(tiles, reference):
    place = QUANTITIES.index("guided_gradient")
    sums = zonal_sums(torch.from_numpy(reference.saliency[:, place]), tiles[1], n_transforms=1)
    activation, share = sums.activation[:, 0, 1], sums.area_share
    ratios = [a[8] / a.sum() / f[8] for a, f in zip(activation, share, strict=True) if f[8] > 0]
    assert reference.ratios[place, 1, 8] == pytest.approx(np.mean(ratios))
    assert np.isnan(reference.ratios[place, 1, 1])


def test_a_network_is_like_itself_and_less_like_its_own_maps_turned(reference):
    table = similarity_table(reference, {"itself": reference})
    itself = table[(table["against"] == "itself") & (table["n"] > 0)]
    rises = itself["measure"] == "complexity_rise"
    assert_allclose(itself["mean"], np.where(rises, 0.0, 1.0))
    assert set(itself["measure"]) == {"spearman", "ssim", "class_ratios", "complexity_rise"}
    half = table[(table["against"] == "turned") & (table["n"] > 0)]
    assert set(half["measure"]) == {"spearman", "ssim"}
    assert (half["mean"] < 0.9).all()


def test_turning_twice_gives_the_maps_back(reference):
    twice = turned(Maps(turned(reference), reference.ratios))
    assert_allclose(twice, reference.saliency)


def test_empty_maps_are_left_out_and_counted(reference):
    saliency = reference.saliency.copy()
    saliency[:3] = 0.0
    table = similarity_table(reference, {"dark": Maps(saliency, reference.ratios)})
    dark = table[(table["against"] == "dark") & (table["method"] == "guided_gradient")]
    assert dark.set_index("measure")["n"].loc[["spearman", "ssim"]].eq(9).all()


def test_two_classes_are_too_few_to_rank():
    ratios = np.full((len(QUANTITIES), 2, 19), np.nan)
    ratios[:, :, :2] = [1.0, 2.0]
    maps = Maps(np.random.default_rng(0).random((2, len(QUANTITIES), 2, 8, 8)), ratios)
    table = similarity_table(maps, {"itself": maps})
    ranked = table[table["measure"] == "class_ratios"]
    assert ranked["mean"].isna().all()
    assert ranked["n"].eq(2).all()
