"""The page in a real browser: quiet, without a network, and the map answers."""

import json

import pytest

from incomelens.report.against import comparison_page

from .small_study import page
from .test_against import study

pytestmark = pytest.mark.slow

PHONE, SCREEN = 390, 1280


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    path = tmp_path_factory.mktemp("study") / "report.html"
    path.write_text(page(path.parent), encoding="utf-8")
    return path


@pytest.mark.parametrize("width", [PHONE, SCREEN])
def test_the_page_is_quiet_and_asks_for_nothing(open_page, path, width):
    shown = open_page(path, width)
    assert shown.said == []
    assert [one for one in shown.asked if not one.startswith("data:")] == [path.as_uri()]


@pytest.mark.parametrize("width", [PHONE, SCREEN])
def test_whoever_reads_with_a_screen_reader_meets_no_serious_fault(open_page, path, axe, width):
    shown = open_page(path, width)
    shown.part("choose-map").select_option(label="Aube")
    shown.touch_map(0.45, 0.2)  # with a place told, too
    assert shown.violations(axe) == {}


def test_a_comparison_has_no_serious_fault_either(open_page, axe, tmp_path):
    one, other = study(tmp_path / "one", 0.7), study(tmp_path / "other", 0.6, extra=("fig9",))
    page = tmp_path / "against.html"
    page.write_text(comparison_page(one, other), encoding="utf-8")
    for width in (PHONE, SCREEN):
        shown = open_page(page, width)
        assert shown.violations(axe) == {}
        assert shown.page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("width", [320, PHONE, 768, SCREEN])
def test_the_body_does_not_scroll_sideways(open_page, path, width):
    shown = open_page(path, width, touch=width < SCREEN)
    inside = shown.page.evaluate("document.documentElement.scrollWidth")
    assert inside <= width


def test_every_image_is_drawn_and_described(open_page, path):
    images = open_page(path, SCREEN).page.evaluate(
        "[...document.images].map(one => [one.alt.length > 0, one.naturalWidth > 0])"
    )
    assert len(images) == 3
    assert all(all(one) for one in images)


def test_a_click_on_a_cell_tells_its_values(open_page, path):
    shown = open_page(path, SCREEN)
    shown.part("choose-map").select_option(label="Aube")
    # The grid is 4 by 3 cells, drawn in the middle: this is the second cell of the upper row.
    shown.touch_map(0.45, 0.2)
    assert "Cell N400E200" in shown.told()
    assert "Observed class 5 (wealthiest)" in shown.told()
    assert "Predicted minus observed, random folds 0" in shown.told()
    assert "90 % set of classes, random folds 4 to 5" in shown.told()
    assert "Dense fabric 25.0 2.00 2.00" in shown.told()


def test_cells_too_far_apart_to_be_seen_are_squares_that_a_click_finds(open_page, path, tmp_path):
    """The four by three cells, a thousand apart: each would be a fraction of a pixel."""
    text = path.read_text(encoding="utf-8")
    start = text.index(">", text.index('id="map-data"')) + 1
    end = text.index("</script>", start)
    maps = json.loads(text[start:end])
    (aube,) = (one for one in maps if one["title"] == "Aube")
    for side, places in (("width", "column"), ("height", "row")):
        aube["shape"][side] = 1000 * aube["shape"][side]
        aube["shape"][places] = [1000 * place + 500 for place in aube["shape"][places]]
    far = tmp_path / "far.html"
    far.write_text(text[:start] + json.dumps(maps) + text[end:], encoding="utf-8")
    shown = open_page(far, SCREEN)
    shown.part("choose-map").select_option(label="Aube")
    drawn = shown.part("canvas").bounding_box()
    width, height = drawn["width"], drawn["height"] - 24  # the scale bar stands below
    scale = min((width - 28) / 4000, (height - 28) / 3000)
    across, down = width / 2 - 500 * scale, height / 2 - 1000 * scale  # the second of the upper row
    shown.touch_map((across + 20) / width, down / drawn["height"])
    assert "Choose a cell" in shown.told()
    shown.touch_map((across + 2) / width, down / drawn["height"])
    assert "Cell N400E200" in shown.told()


def test_a_tap_on_a_phone_tells_a_district_with_its_shapley_values(open_page, path):
    shown = open_page(path, PHONE, touch=True)
    shown.part("choose-map").select_option(label="Districts: Tract")
    shown.touch_map(0.05, 0.5, tap=True)
    assert "District 000, one" in shown.told()
    assert "Observed 30,000 USD" in shown.told()
    assert "Predicted minus observed, random folds +5,000 USD" in shown.told()
    assert shown.page.locator("#map .bar").count() == 12


def dark_pixels(shown, left, right):
    """Share of dark pixels in the middle of the map, between two shares of its width."""
    return shown.page.evaluate(
        """([left, right]) => {
          const canvas = document.querySelector("#map canvas"), { width, height } = canvas;
          const { data } = canvas.getContext("2d").getImageData(
            left * width, 0.4 * height, (right - left) * width, 0.15 * height);
          const isDark = (_, i) => data[4 * i] + data[4 * i + 1] + data[4 * i + 2] < 400;
          const n = data.length / 4;
          return Array.from({ length: n }, isDark).filter(Boolean).length / n;
        }""",
        [left, right],
    )


def test_predictions_that_are_not_to_be_relied_on_are_crossed_out_and_lined(open_page, path):
    shown = open_page(path, SCREEN)
    shown.part("choose-map").select_option(label="Districts: Tract")
    shown.page.wait_for_timeout(100)
    shown.part("choose-layer").select_option(label="Unemployment rate")
    shown.page.wait_for_timeout(100)
    assert dark_pixels(shown, 0.85, 0.95) in (0, 1)  # a district of one colour, without lines
    assert "area of applicability" not in shown.part("legend").inner_text()
    shown.part("choose-layer").select_option(label="Predicted minus observed, random folds")
    shown.page.wait_for_timeout(100)
    crossed, lined = dark_pixels(shown, 0.2, 0.3), dark_pixels(shown, 0.85, 0.95)
    assert crossed > lined > 0.05
    assert dark_pixels(shown, 0.05, 0.12) == 0
    key = " ".join(shown.part("legend").inner_text().split())
    assert "outside the area of applicability 1" in key
    assert "area of which 90 % intervals hold less than 85 % 2" in key
    said = shown.part("canvas").get_attribute("aria-label")
    assert "1 crossed: outside the area of applicability." in said


def test_a_district_says_by_keyboard_too_why_it_is_not_to_be_relied_on(open_page, path):
    shown = open_page(path, SCREEN)
    shown.part("choose-map").select_option(label="Districts: Tract")
    shown.part("find").fill("000")
    shown.part("find").press("Enter")
    assert "area of applicability" not in shown.told()
    shown.part("canvas").focus()
    shown.page.keyboard.press("ArrowRight")
    assert "outside the area of applicability. Nothing learnt from is like" in shown.told()
    for _ in range(3):
        shown.page.keyboard.press("ArrowRight")
    assert "hold 58 % of the incomes of two" in shown.told()
    assert shown.part("place").get_attribute("aria-live") == "polite"


def test_a_click_beside_the_map_chooses_nothing(open_page, path):
    shown = open_page(path, SCREEN)
    shown.touch_map(0.02, 0.02)
    assert shown.told().startswith("Choose a cell on the map")


def test_arrow_keys_go_from_place_to_place(open_page, path):
    shown = open_page(path, SCREEN)
    shown.part("find").fill("n0e0")
    shown.part("find").press("Enter")
    assert "Cell N0E0" in shown.told()
    shown.part("canvas").focus()
    shown.page.keyboard.press("ArrowRight")
    assert "Cell N0E200" in shown.told()
    shown.page.keyboard.press("ArrowUp")
    assert "Cell N200E200" in shown.told()
    shown.page.keyboard.press("Escape")
    assert shown.told().startswith("Choose a cell")


def test_a_layer_changes_the_picture_and_its_legend(open_page, path):
    shown = open_page(path, SCREEN)
    pixels = "document.querySelector('#map canvas').toDataURL()"
    before = shown.page.evaluate(pixels)
    assert "5 (wealthiest)2" in shown.part("legend").inner_text().replace("\n", "")
    shown.part("choose-layer").select_option(label="Predicted minus observed, random folds")
    shown.page.wait_for_timeout(100)
    assert shown.page.evaluate(pixels) != before
    assert "Predicted minus observed" in shown.part("legend-title").inner_text()
    assert "Predicted minus observed" in shown.part("canvas").get_attribute("aria-label")


def test_zooming_in_keeps_the_chosen_place_under_the_finger(open_page, path):
    shown = open_page(path, SCREEN)
    shown.part("in").click()
    shown.part("in").click()
    shown.touch_map(0.5, 0.5)
    middle = shown.told().split(" Income")[0]
    shown.part("whole").click()
    shown.part("in").click()
    shown.touch_map(0.5, 0.5)
    assert shown.told().split(" Income")[0] == middle


def test_a_name_that_is_nowhere_is_told(open_page, path):
    shown = open_page(path, SCREEN)
    shown.part("find").fill("atlantis")
    shown.part("find").press("Enter")
    assert shown.part("found").inner_text() == "No cell has this name."


def test_everything_that_answers_is_reached_by_keyboard(open_page, path):
    shown = open_page(path, SCREEN)
    reached = set()
    for _ in range(400):
        shown.page.keyboard.press("Tab")
        reached.add(
            shown.page.evaluate(
                "document.activeElement.dataset.part || document.activeElement.tagName"
            )
        )
        if reached >= {"canvas", "choose-map", "choose-layer", "find", "in", "out", "whole"}:
            return
    raise AssertionError(f"not reached by keyboard; reached {sorted(reached)}")


def test_on_paper_the_contents_and_the_controls_are_left_out(open_page, path):
    shown = open_page(path, SCREEN)
    shown.page.emulate_media(media="print")
    assert not shown.page.locator("nav.contents").is_visible()
    assert not shown.part("choose-map").is_visible()
    assert shown.page.locator("h1").is_visible()
