"""Deletion and insertion: orders, the way between image and blur, areas by hand."""

import numpy as np
import pandas as pd
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal

from incomelens.attribution.curve_areas import area_table, areas, mean_curves
from incomelens.attribution.curves import (
    blurred,
    curve_images,
    patch_order,
    tile_curves,
)
from incomelens.common.contracts import check_written
from incomelens.common.errors import InputError

from . import nets


def test_patches_are_ordered_by_their_mean():
    saliency = np.zeros((8, 8))
    saliency[4:, :4], saliency[:4, 4:], saliency[0, 0] = 3.0, 1.0, 4.0
    assert_array_equal(patch_order(saliency, 2), [2, 1, 0, 3])


def test_patches_that_do_not_divide_the_tile_are_refused():
    with pytest.raises(InputError, match=r"patches: 3 does not divide tiles of 8 pixels"):
        patch_order(np.ones((8, 8)), 3)


def test_a_blur_keeps_an_even_image_and_the_mean_and_takes_the_detail():
    even = torch.full((1, 3, 32, 32), 0.7)
    assert_allclose(blurred(even), even, atol=1e-6)
    noise = nets.images(1, px=64) - 0.5
    blur = blurred(noise)
    assert blur.shape == noise.shape
    assert blur.std() < 0.2 * noise.std()
    assert abs(blur.mean() - noise.mean()) < 0.01


def test_deletion_goes_from_the_image_to_its_blur_and_insertion_back():
    image, blur = torch.ones(3, 4, 4), torch.zeros(3, 4, 4)
    order = np.array([3, 0, 1, 2])
    gone = curve_images(image, blur, order, steps=4, mode="deletion")
    assert_array_equal(gone[0], image)
    assert_array_equal(gone[-1], blur)
    assert_array_equal(gone[1, 0], [[1, 1, 1, 1], [1, 1, 1, 1], [1, 1, 0, 0], [1, 1, 0, 0]])
    assert_array_equal(gone[2, 0, :2], [[0, 0, 1, 1], [0, 0, 1, 1]])
    back = curve_images(image, blur, order, steps=4, mode="insertion")
    assert_array_equal(back, 1 - gone)


def test_scores_of_both_sides_add_up_to_one_and_ends_are_shared():
    network, image = nets.small(), nets.images(1)[0]
    orders = {name: np.random.default_rng(place).permutation(16) for place, name in enumerate("ab")}
    high = tile_curves(network, image, orders, ses="high", steps=4)
    low = tile_curves(network, image, orders, ses="low", steps=4)
    assert_allclose(high["score"] + low["score"], 1.0, rtol=1e-6)
    ends = high[high["share"].isin([0, 1])].pivot_table("score", ["mode", "share"], "order")
    assert_allclose(ends["a"], ends["b"], atol=1e-6)
    assert ends.loc[("deletion", 0)]["a"] == pytest.approx(ends.loc[("insertion", 1)]["a"])


def test_an_order_by_what_the_score_hangs_on_deletes_fastest():
    class Bright(torch.nn.Module):
        """p grows with what is bright in the upper left quarter, more than its mean does."""

        def feature_maps(self, images):
            return images

        def pool(self, maps):
            return (maps[:, :, :32, :32] ** 4).mean(dim=(1, 2, 3), keepdim=True)[:, :, 0, 0]

        @property
        def head(self):
            class Head:
                p = staticmethod(lambda features: features[:, 0])

            return Head

    image = torch.zeros(3, 64, 64)
    image[:, 8:24:4, 8:24:4] = 1.0
    saliency = np.zeros((64, 64))
    saliency[:32, :32] = 1.0
    best = patch_order(saliency, 4)
    curves = tile_curves(Bright(), image, {"best": best, "worst": best[::-1]}, ses="high", steps=8)
    area = areas(curves).pivot_table("area", "mode", "order")
    assert area.loc["deletion", "best"] < area.loc["deletion", "worst"]
    assert area.loc["insertion", "best"] > area.loc["insertion", "worst"]


def curves_of(**scores):
    """One tile; three points of every order, as deletion."""
    rows = [
        {"fold": 0, "cell_id": "a", "ses": "low", "order": order.rstrip("0123456789")}
        | {"draw": int(order[-1]) if order[-1].isdigit() else 0}
        | {"mode": "deletion", "share": share, "score": score}
        for order, values in scores.items()
        for share, score in zip((0.0, 0.5, 1.0), values, strict=True)
    ]
    return pd.DataFrame(rows)


def test_areas_and_their_differences_from_chance_by_hand():
    one = curves_of(
        guided=(1, 0, 0), guided_turned=(1, 1, 0), random0=(1, 0.5, 0), random1=(1, 0.7, 0)
    )
    table = area_table({"city": one}, n_resamples=9, seed=0)
    check_written(table, "results/small/attribution/curve_areas.csv")
    table = table.set_index("order")
    assert table.loc["guided", "area"] == pytest.approx(0.25)
    assert table.loc["random", "area"] == pytest.approx(0.55)
    assert table.loc["guided", "over_random"] == pytest.approx(-0.3)
    assert table.loc["guided", "over_turned"] == pytest.approx(-0.5)
    assert np.isnan(table.loc["random", "over_random"])
    # One tile is its own interval.
    assert table.loc["guided", "over_random_ci_low"] == pytest.approx(-0.3)


def test_mean_curves_count_a_tile_once_however_many_random_orders_it_has():
    one = curves_of(random0=(1, 0.4, 0), random1=(1, 0.6, 0))
    other = curves_of(random0=(0, 0, 0)).assign(cell_id="b")
    mean = mean_curves({"x": one, "y": other})
    check_written(mean, "results/small/attribution/mean_curves.csv")
    mean = mean.set_index("share")
    assert mean["n"].tolist() == [2, 2, 2]
    assert mean["score"].tolist() == [0.5, 0.25, 0.0]
