"""Cities, levels, folds, modes and tasks are those of the configuration, or are refused."""

import re

import pytest

from incomelens.common.errors import InputError


def test_the_study_of_the_paper_has_what_the_papers_have(study):
    paper = study()
    assert paper.cities == ["paris", "lyon", "marseille", "nice", "lille"]
    assert paper.city_names["nice"] == "Nice"
    assert paper.first_city == "paris"
    assert paper.levels == ["tract", "zip"]
    assert paper.level_names == {"tract": "Tract", "zip": "ZIP"}
    assert paper.transfer_cities == paper.cities
    assert paper.networks == ["main", *paper.config["inference"]["compare"]]
    assert len(paper.city_places) == len(paper.cities) * len(paper.city_schemes)


def test_schemes_of_districts_and_cities_stand_once_together(study):
    both = study(folds={"schemes": ["random", "area"], "cities": {"schemes": ["block", "random"]}})
    assert both.all_schemes == ["random", "area", "block"]


@pytest.mark.parametrize(
    ("name", "is_city"),
    [("paris", True), ("city_7", True), ("tractville", True), ("tract", False), ("zip", False),
     ("Paris", False), ("7ilots", False)],
)  # fmt: skip
def test_the_form_of_a_city_is_that_of_its_id_and_no_level(study, name, is_city):
    assert bool(re.fullmatch(study().city_form, name)) == is_city


def test_a_study_without_cities_has_no_file_of_one(study):
    nyc = study("nyc")
    assert nyc.first_city is None
    assert nyc.city_places == []
    assert not re.fullmatch(nyc.city_form, "paris")


def test_every_task_is_there_once_in_the_order_of_the_configuration(study):
    tiny = study("tiny")
    assert tiny.predicted_tasks[0] == (tiny.levels[0], tiny.incomes[0], tiny.schemes[0])
    n = len(tiny.levels) * len(tiny.incomes)
    assert len(set(tiny.predicted_tasks)) == n * len(tiny.schemes)
    assert len(tiny.explained_tasks) == n * len(tiny.shapley_modes)
    first = {"level": tiny.levels[0], "income": tiny.incomes[0], "mode": tiny.shapley_modes[0]}
    assert tiny.explained_tasks[0] == first


def test_the_tasks_of_a_level_and_income_are_one_for_each_mode(study):
    explained = study().explained_with("zip", "per_capita_income")
    assert [task["mode"] for task in explained] == study().shapley_modes
    assert {(task["level"], task["income"]) for task in explained} == {("zip", "per_capita_income")}


def test_figures_of_the_paper_keep_their_numbers_in_a_smaller_study(study):
    small = study(districts={"levels": ["zip"], "incomes": ["median_household_income"]})
    shown = {number: small.shown_in_figure(number) for number in range(2, 7)}
    assert shown == dict.fromkeys(range(2, 7)) | {5: ("zip", "median_household_income")}


def test_a_mode_that_is_not_explained_is_in_no_figure(study):
    other = study(figures={"shapley_mode": "ard"})
    assert "ard" not in other.shapley_modes
    assert other.shown_in_figure(2) is None


def test_a_study_with_a_level_of_its_own_numbers_its_tasks_one_after_the_other(study):
    own = study(districts={"levels": ["commune", "tract", "zip"], "commune": {"adapter": "table"}})
    assert len(own.figure_tasks) == 6
    assert own.level_names["commune"] == "Commune"
    assert own.shown_in_figure(7) == ("commune", own.figure_tasks[7][1])


def test_street_views_are_asked_of_google_only_with_a_key(study):
    google = {"siamese": {"street_view": {"reader": "google"}}}
    assert "street_view" not in study(**google).modalities
    with_key = study(**google, environment={"GOOGLE_STREET_VIEW_API_KEY": "k"})
    assert with_key.modalities[-1] == "street_view"
    assert "prices" not in with_key.image_modalities


def test_a_modality_that_the_study_lacks_is_told_where_it_is_asked_for(study):
    assert study("nyc").modality_settings("prices")["reader"] == "located"
    with pytest.raises(InputError, match=r"this study has no siamese\.satellite in its config"):
        study("nyc").modality_settings("satellite")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"districts": {"levels": ["commune"]}}, r"levels: commune has no section of its own"),
        ({"districts": {"tracts": {}}}, "districts: tracts is no setting, and no level"),
        ({"inference": {"transfer_cities": ["rome"]}}, "transfer_cities: rome asked for, but"),
        ({"cities": ["paris", "zip"]}, "zip: a city and a level of districts; their files would"),
        ({"shapley": {"modes": ["ard"]}, "ssig": {"modes": ["literal"]}},
         r"shapley\.modes: ard asked for, but ssig\.modes fits only literal"),
        ({"ssig": {"approximation": {"inducing_points": 20000}}},
         r"approximation\.inducing_points: 20,000 are more than the 10,000 of exact_districts"),
        ({"ssig": {"approximation": {"exact_districts": 3000}}},
         r"approximation\.learnt_on: 4,000 are more than the 3,000 of exact_districts"),
        ({"siamese": {"prices": {"district_columns": {"iris": "i"}}}},
         r"district_columns: iris is no level of this study; districts\.levels has tract, zip"),
    ],
)  # fmt: skip
def test_sections_that_contradict_each_other_are_refused_with_both_keys(study, changes, message):
    with pytest.raises(InputError, match=message):
        study(**changes)


def test_the_default_sections_of_levels_may_stay_unused(study):
    assert study(districts={"levels": ["tract"]}).levels == ["tract"]


def test_a_study_may_have_no_level_and_has_no_modality_then(study):
    cities_alone = study(districts={"levels": []})
    assert cities_alone.modalities == []
    assert cities_alone.first_level is None
    assert cities_alone.explained_tasks == []
    assert not re.fullmatch(cities_alone.level_form, "tract")
    assert re.fullmatch(cities_alone.city_form, "tract")


def test_some_cities_may_be_named_for_transfer(study):
    assert study(inference={"transfer_cities": ["lyon"]}).transfer_cities == ["lyon"]
