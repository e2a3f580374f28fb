"""Tables and figures on the page: captions, alternative texts, files, pictures."""

import base64
import io
import json

import numpy as np
import pytest
from PIL import Image

from incomelens.common.errors import InputError
from incomelens.report.exhibits import caption_html, embedded_picture, read_exhibits

from .small_study import a_ledger, a_table, exhibit


def read(*arguments, **options):
    (one,) = read_exhibits([exhibit(*arguments, **options)])
    return one


def test_a_caption_is_html_on_the_page_and_plain_where_it_stands_for_a_figure(tmp_path):
    one = read(tmp_path, "fig", caption="**Fig. 3.** In *Lyon*.")
    assert one.caption == "<p><strong>Fig. 3.</strong> In <em>Lyon</em>.</p>"
    assert one.alt == "Fig. Fig. 3. In Lyon."


def test_markup_in_values_cannot_become_html():
    assert "<script>" not in caption_html("A <script>alert(1)</script> & *more*.")


def test_a_long_alternative_text_is_cut_between_words(tmp_path):
    alt = read(tmp_path, "fig", caption="word " * 200).alt
    assert alt.endswith("word…")
    assert len(alt) <= 300


def test_a_figure_and_a_table_of_one_name_have_places_of_their_own(tmp_path):
    figure, table = read(tmp_path, "a"), read(tmp_path, "a", kind="table")
    assert figure.anchor != table.anchor


def test_the_file_that_shows_it_comes_first_among_all_that_its_rule_writes(tmp_path):
    names = [path.name for path in read(tmp_path, "a", kind="table").files]
    assert (names[0], set(names)) == ("a.html", {"a.html", "a.csv", "a.json", "a.md", "a.tex"})


def test_a_table_says_itself_whether_it_is_a_ledger_or_holds_the_papers_values(tmp_path):
    beside = read(tmp_path, "a", kind="table")
    ledger = read(tmp_path, "b", kind="table", table=a_ledger())
    plain = read(tmp_path, "c", kind="table", table=a_table(printed=()))
    assert [one.beside_paper for one in (beside, ledger, plain)] == [True, False, False]
    assert [len(one.tallies) for one in (beside, ledger, plain)] == [0, 1, 0]


def test_an_exhibit_of_an_older_version_is_named_with_what_it_lacks(tmp_path):
    path = exhibit(tmp_path, "fig")
    told = json.loads(path.read_text())
    path.write_text(json.dumps({"kinds": told["kinds"], "table": None}))
    with pytest.raises(
        InputError, match=r"fig\.json: does not tell target, .*; delete it and make"
    ):
        read_exhibits([path])


# --- Pictures


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
