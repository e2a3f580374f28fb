"""Colours of the urban and income classes: complete, apart for every eye, one legend."""

from itertools import combinations

import numpy as np
import pytest
from matplotlib.colors import to_rgb

from incomelens.cells.urban_classes import DEFAULT_LIST, land_use_list
from incomelens.paper.aerial.names import INCOME_CLASSES, class_colours, classes_by_group
from incomelens.paper.draw.classes import (
    CITY_FACE,
    DROPPED_FACE,
    INCOME_COLOURS,
    WATER_FACE,
    class_key_mm,
    draw_class_key,
)
from incomelens.paper.draw.style import paper_figure

NAMES = land_use_list().names
URBAN_CLASSES, GROUPS = land_use_list().classes, land_use_list().groups
CLASS_COLOURS = class_colours()

# Full dichromacy on linear RGB: Machado, Oliveira & Fernandes (2009), severity 1.
EYES = {
    "usual": np.eye(3),
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}
TO_XYZ = np.array(
    [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339, 0.1191920, 0.9503041],
    ]
)


def lab(colours, eye):
    """CIELAB (D65) of sRGB colours as an eye sees them."""
    rgb = np.array([to_rgb(colour) for colour in colours])
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    seen = np.clip(linear @ np.array(EYES[eye]).T, 0.0, 1.0)
    xyz = seen @ TO_XYZ.T / np.array([0.95047, 1.0, 1.08883])
    f = np.where(xyz > (6 / 29) ** 3, np.cbrt(xyz), xyz / (3 * (6 / 29) ** 2) + 4 / 29)
    x, y, z = f.T
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=1)


def distances(colours, eye):
    return [np.linalg.norm(a - b) for a, b in combinations(lab(colours, eye), 2)]


def test_white_and_black_lie_a_hundred_apart():
    assert distances(["white", "black"], "usual") == pytest.approx([100.0], abs=0.01)


def test_every_class_has_a_colour_and_a_group():
    assert list(CLASS_COLOURS) == list(NAMES)
    assert {one.group for one in URBAN_CLASSES} == set(GROUPS)
    assert sorted(name for names in classes_by_group().values() for name in names) == sorted(NAMES)


@pytest.mark.parametrize("eye", EYES)
def test_any_two_urban_classes_are_told_apart(eye):
    # A difference of 2.3 is just noticed between fields that touch; far apart it takes more.
    assert min(distances(CLASS_COLOURS.values(), eye)) > 18.0


def test_classes_that_were_taken_for_each_other_are_far_apart():
    for names in (("motorways", "railways"), ("construction_dump", "green_urban", "leisure")):
        assert min(distances([CLASS_COLOURS[name] for name in names], "usual")) > 40.0


@pytest.mark.parametrize("path", sorted(DEFAULT_LIST.parent.glob("*.yaml")), ids=lambda p: p.stem)
def test_the_legend_of_every_list_has_each_class_once_and_nothing_overlaps(land_use_of, path):
    land = land_use_of(path)
    height = class_key_mm()
    with paper_figure(180.0, height) as figure:
        axes = figure.panel(1.5, 0.0, 177.0, height)
        draw_class_key(axes)
        figure.canvas.draw()
        texts = [text.get_text() for text in axes.texts]
        assert {one.label for one in land.classes} <= set(texts)
        assert {group.capitalize() for group in land.groups} <= set(texts)
        assert len(axes.patches) == len(land.classes) + 1
        boxes = [text.get_window_extent() for text in axes.texts]
        assert not any(a.overlaps(b) for a, b in combinations(boxes, 2))
        # No paper is left below the last line.
        assert min(box.y0 for box in boxes) < 27.0 / 7 / 25.4 * figure.dpi


@pytest.mark.parametrize("eye", EYES)
def test_income_classes_grow_darker_and_stay_apart(eye):
    lightness = lab(INCOME_COLOURS.values(), eye)[:, 0]
    assert (np.diff(lightness) < -10.0).all()
    assert list(INCOME_COLOURS) == list(INCOME_CLASSES)


@pytest.mark.parametrize("eye", EYES)
def test_income_classes_stand_out_from_what_lies_around_them(eye):
    around = [DROPPED_FACE, CITY_FACE, WATER_FACE]
    for colour in INCOME_COLOURS.values():
        assert min(distances([colour, other], eye)[0] for other in around) > 15.0


def test_key_names_every_class_once_and_fits():
    with paper_figure(183.0, 30.0) as figure:
        axes = figure.panel(1.5, 1.0, 180.0, 27.0)
        draw_class_key(axes)
        axes.figure.canvas.draw()
        texts = axes.texts
        labels = [text.get_text() for text in texts]
        assert set(labels) >= {one.label for one in URBAN_CLASSES}
        assert len(labels) == len(set(labels)) == len(NAMES) + len(GROUPS) + 1
        assert len(axes.patches) == len(NAMES) + 1
        boxes = [text.get_window_extent() for text in texts]
        assert not any(a.overlaps(b) for a, b in combinations(boxes, 2))
        assert all(box.x1 <= axes.figure.bbox.x1 for box in boxes)
