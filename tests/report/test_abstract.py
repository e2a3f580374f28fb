"""The abstract counts what was run and names what is missing."""

from incomelens.report.abstract import missing_parts, parts_run

from .small_study import AUBE, config, maps


def test_cells_districts_and_networks_are_counted():
    aerial, district = parts_run(config(), maps())
    assert [(one.number, one.words) for one in aerial.facts] == [
        ("11", "cells kept in Aube"), ("2", "networks trained"),
    ]  # fmt: skip
    assert district.facts[0].number == "6"


def test_a_process_of_more_districts_than_are_fitted_exactly_is_named():
    told = {}
    for most in (5, 6):
        sizes = {"exact_districts": most, "inducing_points": 4, "learnt_on": 5}
        settings = config(ssig=config()["ssig"] | {"approximation": sizes})
        told[most] = parts_run(settings, maps())[1].text
    assert "more than 5 districts it is approximate, by 4 inducing points." in told[5]
    assert "approximate" not in told[6]


def test_a_study_without_cities_tells_of_districts_alone():
    (district,) = parts_run(config(cities=[]), maps(with_city=False))
    assert district.title == "District study"


def test_every_part_that_is_missing_is_named_with_its_reason():
    nothing = config(cities=[], shapley={"modes": []})
    unasked = [{"study": "Aerial study", "label": "Fig. 1"}]
    unasked += [{"study": "Validation", "label": "Known answers"}]
    told = dict(missing_parts(nothing, unasked, with_districts=True, with_shapley=False))
    assert "names no city" in told["Aerial study"]
    assert "shapley.modes" in told["Shapley values"]
    assert "districts.levels" in told["District study, “ZIP”"]
    assert told["Validation, tables and figures"] == "Known answers."
    assert "Aerial study, tables and figures" not in told


def test_one_city_cannot_be_tried_on_another():
    told = dict(missing_parts(config(), [], with_districts=True, with_shapley=True))
    assert "two cities" in told["From city to city"]
    assert "Shapley values" not in told


def test_a_study_of_its_own_target_need_not_have_districts():
    told = dict(missing_parts(config(), [], with_districts=False, with_shapley=False))
    assert "none of its tables" in told["District study"]
    assert "Shapley values" not in told
    (aerial,) = parts_run(config(), maps()[:1])
    assert aerial.title == "Aerial study"


def test_many_cities_are_counted_together():
    names = [f"aube{i}" for i in range(7)]
    many = config(cities=names, city={name: AUBE | {"name": name.upper()} for name in names})
    found = [maps()[0] | {"key": name} for name in names]
    (aerial,) = parts_run(many, found)
    assert (aerial.facts[0].number, aerial.facts[0].words) == ("77", "cells kept in 7 cities")
    assert "every census cell of 7 cities" in aerial.text


def test_cells_of_ones_own_are_no_census_cells():
    own = AUBE | {"income": {"reader": "cells"}}
    told = parts_run(config(city={"aube": own}), maps())[0].text
    assert "every cell of Aube" in told
    assert "pixels a side." in told
