"""Figures' files: whole, equal on every run, text kept as text, fonts large enough to read."""

import re
import time

import matplotlib as mpl
import pytest

from incomelens.paper.draw.style import (
    GROUP_COLOURS,
    SCHEME_COLOURS,
    figure_style,
    paper_figure,
    sequential_colours,
    value_colours,
)


@pytest.fixture
def figure():
    with paper_figure(89.0, 40.0) as made:
        made.panel(10.0, 5.0, 60.0, 25.0).set_xlabel("incomé ≥ 25 (USD)")
    return made


def luminance(colour):
    """Relative luminance of a colour, 0 to 1 (WCAG 2)."""
    channels = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour[:3]]
    return sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), channels, strict=True))


def test_equal_figures_have_equal_bytes_whenever_they_are_written(tmp_path, figure):
    paths = [tmp_path / name for name in ("a.pdf", "a.png")]
    for path in paths:
        figure.write(path)
    before = [path.read_bytes() for path in paths]
    time.sleep(1.1)  # dates in both formats count seconds
    for path in paths:
        figure.write(path)
    assert [path.read_bytes() for path in paths] == before


def test_png_has_the_size_and_resolution_asked_for(tmp_path, figure):
    figure.write(tmp_path / "a.png")
    height, width = mpl.image.imread(tmp_path / "a.png").shape[:2]
    assert width == pytest.approx(89.0 / 25.4 * 300, abs=1)
    assert height == pytest.approx(40.0 / 25.4 * 300, abs=1)


def test_pdf_keeps_text_as_text(tmp_path, figure):
    figure.write(tmp_path / "a.pdf")
    written = (tmp_path / "a.pdf").read_bytes()
    assert b"/FontFile2" in written or b"/CIDFontType2" in written
    assert not re.search(rb"/Subtype\s*/Type3", written)
    assert b"CreationDate" not in written


def test_axes_stand_where_they_are_put(figure):
    box = figure.axes[0].get_position()
    assert box.x0 * 89.0 == pytest.approx(10.0)
    assert (1 - box.y1) * 40.0 == pytest.approx(5.0)
    assert box.height * 40.0 == pytest.approx(25.0)


def test_style_leaves_the_users_settings_alone():
    with mpl.rc_context({"font.size": 31.0}):
        with figure_style():
            assert mpl.rcParams["font.size"] == 7.0
        assert mpl.rcParams["font.size"] == 31.0


def test_maps_get_darker_from_low_to_high():
    steps = [luminance(sequential_colours()(step / 20)) for step in range(21)]
    assert steps == sorted(steps, reverse=True)


def test_colour_blind_safe_values_are_ordered_without_hue():
    steps = [luminance(value_colours("colour_blind_safe")(step / 20)) for step in range(21)]
    assert steps == sorted(steps)


def test_paper_colours_go_from_blue_to_red():
    colours = value_colours("paper")
    low, high = colours(0.0), colours(1.0)
    assert low[2] > low[0]
    assert high[0] > high[2]


def test_schemes_get_darker_as_they_get_harder():
    series = (SCHEME_COLOURS[scheme] for scheme in ("random", "block", "area"))
    shades = [luminance(mpl.colors.to_rgb(colour)) for colour in series]
    assert shades == sorted(shades, reverse=True)


def test_groups_have_their_own_colours():
    colours = [*GROUP_COLOURS.values(), *SCHEME_COLOURS.values()]
    assert len(set(colours)) == len(colours)
