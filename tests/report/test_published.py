"""Captions, alternative texts and files of published tables and figures."""

import pytest

from incomelens.common.errors import InputError
from incomelens.report.published import caption_html, plain_text, published

from .small_study import told


def test_a_caption_is_filled_from_the_rules_parameters_and_wildcards(tmp_path):
    caption = "**Fig. {{ snakemake.params.number }}.** In {{ snakemake.wildcards.city }}."
    one = published(
        told(tmp_path, "fig", caption=caption, params={"number": 3}, wildcards={"city": "Lyon"})
    )
    assert one.caption == "<p><strong>Fig. 3.</strong> In Lyon.</p>"
    assert one.plain == "Fig. 3. In Lyon."


def test_a_caption_that_asks_for_too_much_is_told_what_it_can_use(tmp_path):
    wrong = told(tmp_path, "fig", caption="{{ snakemake.params.nme }}", params={"name": "Lyon"})
    with pytest.raises(
        InputError, match=r"caption of fig: .*'nme'.*can use snakemake\.params\.name"
    ):
        published(wrong)


def test_markup_in_values_cannot_become_html():
    html = caption_html("A <script>alert(1)</script> & *more*.")
    assert "<script>" not in html
    assert plain_text(html) == "A <script>alert(1)</script> & more."


def test_the_alternative_text_has_the_label_and_whole_sentences(tmp_path):
    long = " ".join(f"Sentence number {i} says a little more." for i in range(40))
    alt = published(told(tmp_path, "fig", caption=long)).alt
    assert alt.startswith("Fig. Sentence number 0 says")
    assert alt.endswith("more.")
    assert len(alt) < 320


def test_one_endless_sentence_is_cut_between_words(tmp_path):
    alt = published(told(tmp_path, "fig", caption="word " * 200)).alt
    assert alt.endswith("word…")


def test_a_figure_and_a_table_of_one_name_have_places_of_their_own(tmp_path):
    figure = published(told(tmp_path, "transfer"))
    table = published(told(tmp_path, "transfer", kind="Tables"))
    assert figure.anchor != table.anchor
    assert table.with_ending(".md") == tmp_path / "transfer.md"
    assert figure.with_ending(".md") is None
