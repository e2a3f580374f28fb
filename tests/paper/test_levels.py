"""A study whose levels are not the paper's: every exhibit shows them, and no printed value."""

import numpy as np
import pytest
from shapely import Point

from incomelens.paper.claims import district
from incomelens.paper.draw.planes import local_projection
from incomelens.paper.names import INCOMES, TASKS, figure_tasks, level_names
from incomelens.paper.ssig import (
    figure_1,
    figure_validation,
    income_map,
    models_table,
    table_1,
    table_2,
    table_3,
    table_4,
    table_5,
)

from .worlds import paper_world

OWN = {"tract": "commune", "zip": "iris"}
LEVELS = {"commune": "Commune", "iris": "IRIS"}


def renamed(table):
    return table.assign(level=table["level"].map(OWN))


def test_the_papers_levels_come_first_and_a_name_goes_before_the_key():
    districts = {"levels": ["iris", "block_group", "zip", "tract"], "iris": {"name": "IRIS"}}
    assert level_names(districts) == {
        "tract": "Tract", "zip": "ZIP", "iris": "IRIS", "block_group": "Block group"
    }  # fmt: skip


def test_figures_keep_the_papers_numbers_for_its_tasks_and_count_on_for_others():
    for levels in (["tract"], ["zip"], ["tract", "zip"]):
        assert figure_tasks(levels, list(INCOMES)) == dict(enumerate(TASKS, start=2))
    three = figure_tasks(["tract", "commune", "iris"], list(INCOMES))
    assert list(three) == [2, 3, 4, 5, 6, 7]
    assert three[4] == ("commune", "per_capita_income")


def test_tables_of_scores_show_own_levels_without_printed_values(inequality, summary, reference):
    inequality, summary = renamed(inequality), renamed(summary)
    one = table_1.exhibit(inequality, reference, levels=LEVELS).table
    assert "IRIS, per-capita income" in set(one.shown["Districts"])
    assert one.numbers[["paper", "paper_n"]].isna().all(axis=None)
    four = table_4.exhibit(summary, reference, levels=LEVELS).table
    assert four.shown["Task"].str.startswith(("Commune, ", "IRIS, ")).all()
    assert four.numbers["paper"].isna().all()
    three = table_3.exhibit(summary, reference, None, levels=LEVELS).table
    assert three.shown["Task"].str.startswith(("Commune, ", "IRIS, ")).all()
    all_models = models_table.exhibit(summary, levels=LEVELS).table.shown["Task"]
    assert set(all_models) == {task.split(" (N")[0] for task in four.shown["Task"]}


def test_table_2_tells_expressions_and_units(reference):
    columns = {
        "bachelor": "bachelor_or_above - postgraduate",
        "male": {"column": "Hommes (%)", "unit": "percent"},
    }
    level = {"adapter": "table", "name": "IRIS", "columns": columns}
    table = table_2.exhibit(reference, {"levels": ["iris"], "iris": level}).table
    numbers = table.numbers.set_index("variable")
    assert numbers.loc["bachelor", "iris_read_from"] == "bachelor_or_above - postgraduate"
    assert numbers.loc["male", "iris_read_from"] == "Hommes (%), in percent"


def test_table_5_shows_own_levels_beside_the_papers_and_leaves_the_filter_open(reference):
    comparison = renamed(paper_world().comparison)
    table = table_5.exhibit(comparison, reference, levels=LEVELS).table
    ours = table.shown[table.shown["Values"] != "paper"]
    assert ours["Commune: per-capita"].notna().all()
    assert ours["Filter"].isna().all()
    assert ours["Tract: per-capita"].isna().all()
    assert any("cannot be applied" in note for note in table.notes)


def test_claims_about_the_papers_levels_stay_open_and_say_what_is_missing(reference):
    world = paper_world()
    made = district.exhibit(*map(renamed, world.tables), reference, renamed(world.baselines))
    assert set(made.table.numbers["verdict"]) == {"open"}
    assert made.more["cases"]["figures"].str.contains(r"\bno ").all()


def test_figures_are_drawn_under_the_names_of_own_levels(districts, summary):
    iris = {"level": "iris", "levels": LEVELS}
    drawn = income_map.exhibit(districts, income="per_capita_income", **iris)
    assert drawn.figure.axes[0].get_title(loc="left").startswith("IRIS level")
    dots = figure_validation.exhibit(renamed(summary), metric="cod", levels=LEVELS)
    titles = [axes.get_title() for axes in dots.figure.axes]
    assert any(title.startswith("Commune, per-capita income") for title in titles)


def test_districts_known_by_points_alone_are_discs(districts):
    points = districts.set_geometry(
        [Point(*shape.centroid.coords[0]) for shape in districts.geometry]
    )
    plane = local_projection(points)
    assert (plane.geom_type == "Polygon").all()
    extent = np.ptp(plane.total_bounds.reshape(2, 2), axis=0).max()
    assert plane.area.to_numpy() == pytest.approx(np.pi * (0.012 * extent) ** 2, rel=0.1)
    figure_1.exhibit(points, level="commune", levels=LEVELS)
