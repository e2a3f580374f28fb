"""The page holds everything itself, and names what is missing."""

import base64
import json
import re
from html.parser import HTMLParser
from itertools import pairwise

import pytest

from incomelens.report.page import OPENING, duration, json_for_page

from .small_study import a_ledger, config, exhibit, left_out, maps, page, sources

VOID = {"meta", "link", "img", "input", "br", "hr"}


class Elements(HTMLParser):
    """Every element with its attributes; whether elements are closed in order."""

    def __init__(self, text):
        super().__init__()
        self.found, self.open, self.text = [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag, (tag, self.getpos())

    def handle_data(self, data):
        if self.open and self.open[-1] not in ("script", "style"):
            self.text.append(data)

    def all(self, tag):
        return [attributes for name, attributes in self.found if name == tag]

    @property
    def words(self):
        return " ".join(" ".join(self.text).split())


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("study")


@pytest.fixture(scope="module")
def html(folder):
    return page(folder)


@pytest.fixture(scope="module")
def elements(html):
    return Elements(html)


def test_every_element_is_closed(elements):
    assert elements.open == []


def test_nothing_is_asked_of_a_network(html, elements):
    for tag, name in (("img", "src"), ("script", "src"), ("link", "href"), ("iframe", "src")):
        for attributes in elements.all(tag):
            assert attributes.get(name, "data:").startswith("data:")
    assert not re.search(r"url\(|@import|fetch\(|XMLHttpRequest", html)


def test_links_are_to_places_of_the_page_or_files_beside_it(elements, folder):
    places = {attributes["id"] for _, attributes in elements.found if "id" in attributes}
    for attributes in elements.all("a"):
        address = attributes["href"]
        if address.startswith("#"):
            assert address[1:] in places
        elif address.startswith("data:"):
            assert attributes["download"].endswith(".csv")
        elif address not in ("provenance.json", "left_out.csv"):
            assert (folder / address).is_file()


def test_every_exhibit_has_an_address_and_its_numbers_inside_the_page(elements, folder):
    sections = [one["id"] for one in elements.all("section") if one.get("class") == "item"]
    links = elements.all("a")
    assert sections == [one["href"][1:] for one in links if one.get("class") == "permalink"]
    inside = {one["download"]: one["href"] for one in links if "download" in one}
    assert set(inside) == {path.name for path in (folder / "paper").glob("*/*.csv")}
    text = base64.b64decode(inside["scores.csv"].removeprefix("data:text/csv;base64,"))
    assert text == (folder / "paper/aerial/scores.csv").read_bytes()


def test_no_place_of_the_page_stands_twice(elements):
    places = [attributes["id"] for _, attributes in elements.found if "id" in attributes]
    assert len(places) == len(set(places))


def test_every_figure_has_an_alternative_text_and_its_size(elements):
    assert len(elements.all("img")) == 3
    for image in elements.all("img"):
        assert image["alt"].startswith("Fig")
        assert int(image["width"]) > 0
        assert int(image["height"]) > 0


def test_headings_descend_one_level_at_a_time(elements):
    levels = [int(tag[1]) for tag, _ in elements.found if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(below <= above + 1 for above, below in pairwise(levels))


def test_tables_scroll_in_a_box_that_a_keyboard_reaches(html):
    assert len(re.findall(r"<table>", html)) == len(
        re.findall(
            r'<div class="scroll" tabindex="0" role="region"[^>]*Table: [^>]*>\s*<table>', html
        )
    )


def test_text_of_tables_is_text(elements):
    assert "A <holds> & more." in elements.words


def test_the_ledger_counts_its_claims_and_folds_their_evidence(elements):
    assert "Verdict : 1 of 3 supported, 1 contradicted, 1 open" in elements.words
    assert "Where. Holds if: so." in elements.words


def test_made_up_data_is_said_to_be_made_up(tmp_path, elements):
    assert "The data of this study are made up." in elements.words
    real = Elements(page(tmp_path, manifest=sources(checksum="registry")))
    assert "made up" not in real.words


def test_the_warning_of_the_papers_authors_is_there(elements):
    assert "inadvisable" in elements.words


def test_deviations_of_both_papers_show_their_setting(elements):
    assert "Levy Abitbol & Karsai (2020)" in elements.words
    assert "Bai, Lam & Li (2023)" in elements.words
    assert "Setting ssig.variants , here [main]" in elements.words


def test_a_study_of_districts_alone_names_the_missing_part(tmp_path):
    files = [exhibit(tmp_path / "paper/ssig", "fig1", study="District study")]
    found = Elements(
        page(
            tmp_path,
            settings=config(cities=[], shapley={"modes": []}),
            exhibits=files,
            found_maps=maps(with_city=False, with_shapley=False),
        )
    )
    assert "Aerial study : this study names no city" in found.words
    assert "Shapley values : no process is explained" in found.words
    assert "This study asks for no claims ledger." in found.words


def test_a_study_without_maps_has_a_page_without_a_map(tmp_path):
    text = page(tmp_path, found_maps=[], settings=config())
    assert 'id="map-data"' not in text
    assert Elements(text).open == []


def test_tables_of_the_papers_values_stand_apart(html):
    before, after = html.split('<section id="run">')
    assert 'id="aerial-scores-table"' in before
    assert 'id="aerial-fig2-figure"' in after


def test_the_page_opens_with_the_map_and_the_pictures_that_say_most(html):
    places = ["map-section", "opening", "papers", "run", "study-1", "left-out", "provenance"]
    found = [html.index(f'<section id="{place}">') for place in places]
    assert found == sorted(found)
    opening = html.split('<section id="opening">')[1].split('<section id="papers">')[0]
    assert "Does an aerial image tell the income of a place?" in opening
    assert opening.count("<img") == html.count('id="aerial-fig2_beside-figure"') == 1


def test_at_most_three_pictures_open_the_page_each_target_once(tmp_path):
    targets = [name for names in OPENING.values() for name in names[-1:]]
    targets += ["aerial_figure_2"]
    files = [
        exhibit(tmp_path / "paper", f"fig{place}", target=target)
        for place, target in enumerate(targets)
    ]
    opening = page(tmp_path, exhibits=files).split('<section id="opening">')[1]
    opening = opening.split('<section id="papers">')[0]
    assert [name for name in range(9) if f'id="paper-fig{name}-figure"' in opening] == [0, 1, 2]


def test_data_cannot_end_the_script_that_holds_it():
    text = json_for_page({"a": "</script><!-- & \u2028"})
    assert "<" not in text
    assert json.loads(text) == {"a": "</script><!-- & \u2028"}


def test_not_a_number_is_refused():
    with pytest.raises(ValueError, match="JSON compliant"):
        json_for_page([float("nan")])


def test_durations_are_told_as_people_do():
    assert duration(59.96) == "1 min 00 s"
    assert duration(3599.9) == "1 h 00 min"


def test_two_ledgers_stand_one_below_the_other(tmp_path):
    files = [
        exhibit(tmp_path / "paper" / name, "claims", kind="table", study=study, table=a_ledger())
        for name, study in (("aerial", "Aerial study"), ("ssig", "District study"))
    ]
    words = Elements(page(tmp_path, exhibits=files)).words
    assert words.index("Aerial study: claims") < words.index("District study: claims")


def test_what_was_left_out_stands_in_a_section_of_its_own(tmp_path, html):
    section = html.split('<section id="left-out">')[1].split("</section>")[0]
    assert ">Aube</th><td>cells</td><td>no inhabitants</td><td>left out</td>" in section
    assert '>3 of 12</td><td class="right">25.0</td><td>N0E200</td>' in section
    assert "no median household income" in section
    empty = page(tmp_path, left_out=left_out()[:0])
    assert "Nothing that this study reads was left out." in empty
