"""Heads that are trained on views of a frozen backbone are those that its images would give."""

import dataclasses

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose

from incomelens.common.errors import DamagedFileError, InputError
from incomelens.inference.frozen_views import (
    FrozenViews,
    flip_views,
    frozen_views,
    read_views,
    write_views,
)
from incomelens.inference.inputs import FLIPS, draw_flips, flip_images, scale_images
from incomelens.inference.network import build_network
from incomelens.inference.predict import predict

from .test_training import CPU, TinyTiles, run, with_settings

BACKBONE = {"backbone": "tf_efficientnet_lite0", "pool": "average", "weights": "lite0_package"}
FROZEN = with_settings(frozen=True, scaling="half")


@pytest.fixture(scope="module")
def tiles():
    return TinyTiles(40)


@pytest.fixture(scope="module")
def views(tiles):
    return frozen_views(
        tiles, tiles.cell_ids, network=BACKBONE, scaling="half", batch_size=8, device=CPU
    )


def network(seed=0, **options):
    return build_network(**BACKBONE | options, seed=seed)


def test_views_are_the_pooled_maps_of_the_flipped_image(tiles, views):
    backbone = network(seed=9).eval()
    assert views.features.shape == (40, len(FLIPS), 1280)
    image = torch.from_numpy(tiles.read_images(["cell3"]))
    for number, flip in enumerate(FLIPS):
        flipped = flip_images(image, np.array([flip]))
        with torch.inference_mode():
            maps = backbone.pool(backbone.feature_maps(scale_images(flipped, "half")))[0]
        assert_allclose(views.features[3, number], maps, atol=1e-4)


def test_drawn_flips_choose_the_view_that_they_make(views):
    flips = draw_flips(40, seed=1, epoch=0, step=0)
    assert 0 < flips.mean() < 1
    chosen = flip_views(torch.from_numpy(views.features), flips)
    for number, flip in enumerate(flips):
        place = FLIPS.index(tuple(bool(one) for one in flip))
        assert torch.equal(chosen[number], torch.from_numpy(views.features[number, place]))


@pytest.mark.parametrize("flips", [True, False])
def test_a_head_learns_the_same_from_views_as_from_images(tmp_path, tiles, views, flips):
    settings = dataclasses.replace(FROZEN, flips=flips)
    of_images, slow = run(tmp_path / "images", tiles, settings=settings, network=network())
    of_views, quick = run(
        tmp_path / "views",
        _Labelled(views, tiles.labels),
        settings=settings,
        network=network(),
    )
    losses = [[one.train_loss, one.validation_loss] for one in slow.history]
    assert_allclose(
        [[one.train_loss, one.validation_loss] for one in quick.history], losses, rtol=1e-3
    )
    tables = [
        predict(one, tiles, tiles.cell_ids, scaling="half", device=CPU)
        for one in (of_images, of_views)
    ]
    assert_allclose(tables[1]["p"], tables[0]["p"], atol=1e-3)


class _Labelled(FrozenViews):
    """Views with the labels that `run` asks for."""

    def __init__(self, views, labels):
        super().__init__(views.cell_ids, views.features)
        object.__setattr__(self, "labels", labels)


def test_a_written_file_holds_the_same_and_a_damaged_one_is_refused(tmp_path, views):
    path = tmp_path / "views.safetensors"
    write_views(views, path)
    back = read_views(path)
    assert back.cell_ids == [*views.cell_ids]
    assert np.array_equal(back.features, views.features)
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(DamagedFileError):
        read_views(path)


def test_views_of_another_backbone_or_scaling_are_refused(tiles, views):
    views.check(network(seed=4), tiles, scaling="half", cell_id="cell5")
    wrong = "those of cell5 are not what this backbone says of its tile"
    with pytest.raises(InputError, match=wrong):
        views.check(network(), tiles, scaling="min_max", cell_id="cell5")
    with pytest.raises(InputError, match=wrong):
        views.check(network(weights="none"), tiles, scaling="half", cell_id="cell5")
    with pytest.raises(InputError, match=wrong):
        views.check(
            network(backbone="test_efficientnet", weights="none"),
            tiles,
            scaling="half",
            cell_id="cell5",
        )


def test_what_cannot_be_is_told(tmp_path, tiles, views):
    with pytest.raises(InputError, match="`weights: none` gives every network a random backbone"):
        frozen_views(
            tiles,
            tiles.cell_ids,
            network=BACKBONE | {"weights": "none"},
            scaling="half",
            batch_size=8,
        )
    with pytest.raises(InputError, match=r"none of 1 cells \(elsewhere\)"):
        views.stream(["cell1", "elsewhere"], CPU)
    thawed = dataclasses.replace(FROZEN, frozen=False)
    with pytest.raises(InputError, match="views are of a frozen backbone; set frozen"):
        run(tmp_path, _Labelled(views, tiles.labels), settings=thawed, network=network())
