"""Figures inside the page keep their pixels, and photographs their colours."""

import base64
import io

import numpy as np
import pytest
from PIL import Image

from incomelens.report.pictures import embedded_picture


def decoded(picture):
    head, text = picture.uri.split(",", 1)
    assert head == "data:image/png;base64"
    return Image.open(io.BytesIO(base64.b64decode(text)))


@pytest.fixture
def photograph(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (40, 60, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(tmp_path / "photo.png")
    return tmp_path / "photo.png", pixels


def test_a_drawing_keeps_every_pixel(tmp_path):
    pixels = np.zeros((20, 30, 3), dtype=np.uint8)
    pixels[5:10, 5:20] = (0, 114, 178)
    Image.fromarray(pixels).save(tmp_path / "drawing.png")
    picture = embedded_picture(tmp_path / "drawing.png")
    assert (picture.width, picture.height) == (30, 20)
    np.testing.assert_array_equal(np.asarray(decoded(picture).convert("RGB")), pixels)


def test_a_photograph_keeps_its_colours_as_far_as_an_eye_can_tell(photograph):
    path, pixels = photograph
    shown = np.asarray(decoded(embedded_picture(path)).convert("RGB"), float)
    np.testing.assert_array_equal(shown, pixels)


def test_a_wide_figure_is_scaled_down_in_proportion(photograph):
    picture = embedded_picture(photograph[0], widest=30)
    assert (picture.width, picture.height) == decoded(picture).size == (30, 20)


def test_what_was_transparent_is_white(tmp_path):
    Image.new("RGBA", (4, 4), (0, 0, 0, 0)).save(tmp_path / "clear.png")
    shown = decoded(embedded_picture(tmp_path / "clear.png")).convert("RGB")
    assert shown.getpixel((2, 2)) == (255, 255, 255)
