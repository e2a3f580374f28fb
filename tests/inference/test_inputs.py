"""Images arrive scaled, in one colour order, flipped and ordered as the seed says."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from incomelens.common.errors import InputError
from incomelens.inference.inputs import (
    SCALINGS,
    draw_flips,
    draw_positions,
    flip_images,
    scale_images,
)


def some_images(n=3, px=4, seed=0):
    rng = np.random.default_rng(seed)
    return torch.from_numpy(rng.integers(0, 256, (n, px, px, 3), dtype=np.uint8))


def test_min_max_is_of_each_image_over_all_its_colours():
    images = torch.zeros(2, 1, 2, 3, dtype=torch.uint8)
    images[0, 0, 0] = torch.tensor([10, 20, 30])
    images[0, 0, 1] = torch.tensor([110, 60, 10])
    images[1] = 7
    scaled = scale_images(images, "min_max")
    assert_allclose(scaled[0, :, 0, 0], [0.0, 0.1, 0.2], rtol=1e-6)
    assert_allclose(scaled[0, :, 0, 1], [1.0, 0.5, 0.0], rtol=1e-6)
    assert (scaled[1] == 0).all()


def test_half_goes_from_minus_one_to_one():
    images = torch.tensor([0, 255, 51], dtype=torch.uint8).reshape(1, 1, 1, 3)
    assert_allclose(scale_images(images, "half").flatten(), [-1, 1, -0.6], rtol=1e-6)


def test_imagenet_is_torchvisions_normalisation_in_rgb():
    from torchvision.transforms.v2 import functional

    images = some_images()
    peer = functional.normalize(
        images.permute(0, 3, 1, 2).float() / 255, [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]
    )
    assert_allclose(scale_images(images, "imagenet"), peer, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("scaling", SCALINGS)
def test_rows_columns_and_colours_stay_where_they_are(scaling):
    images = torch.zeros(1, 3, 2, 3, dtype=torch.uint8)
    images[0, 2, 1, 0] = 255
    scaled = scale_images(images, scaling)
    assert scaled.shape == (1, 3, 3, 2)
    assert scaled.dtype == torch.float32
    assert scaled.is_contiguous(memory_format=torch.channels_last)
    brightest = np.unravel_index(int(scaled.argmax()), scaled.shape)
    assert brightest == (0, 0, 2, 1)


def test_flips_are_the_four_of_the_square_and_even():
    image = some_images(1)
    many = image.repeat(400, 1, 1, 1)
    flipped = flip_images(many, draw_flips(400, seed=1, epoch=0, step=0))
    four = [image[0].flip(dims) if dims else image[0] for dims in ([], [0], [1], [0, 1])]
    counts = [sum(torch.equal(one, kind) for one in flipped) for kind in four]
    assert sum(counts) == 400
    assert min(counts) > 70  # 100 expected, SD 8.7


def test_flips_depend_on_seed_epoch_and_step_alone():
    first = draw_flips(40, seed=1, epoch=2, step=3)
    assert np.array_equal(first, draw_flips(40, seed=1, epoch=2, step=3))
    for other in ({"seed": 2}, {"epoch": 3}, {"step": 4}):
        named = {"seed": 1, "epoch": 2, "step": 3} | other
        assert not np.array_equal(first, draw_flips(40, **named))


@given(n=st.integers(1, 20), count=st.integers(1, 60), seed=st.integers(0, 5))
def test_everything_is_drawn_once_before_anything_is_drawn_twice(n, count, seed):
    drawn = draw_positions(n, start=0, count=count, seed=seed)
    assert len(drawn) == count
    for start in range(0, count, n):
        part = drawn[start : start + n]
        assert len(set(part)) == len(part)
        assert set(part) <= set(range(n))


@given(n=st.integers(1, 20), start=st.integers(0, 100), count=st.integers(1, 60))
def test_a_draw_that_goes_on_is_the_unbroken_draw(n, start, count):
    whole = draw_positions(n, start=0, count=start + count, seed=3)
    assert_array_equal(draw_positions(n, start=start, count=count, seed=3), whole[start:])


def test_rounds_differ():
    rounds = draw_positions(8, start=0, count=40, seed=0).reshape(5, 8)
    assert len(set(map(tuple, rounds))) == 5


def test_an_unknown_scaling_is_named():
    with pytest.raises(InputError, match=r"scaling: 'minmax' is unknown; known are min_max, imag"):
        scale_images(some_images(), "minmax")
