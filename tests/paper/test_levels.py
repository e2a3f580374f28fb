"""A study whose levels are not the paper's: every exhibit shows them, and no printed value."""

import numpy as np
import pytest
from shapely import Point

from incomelens.paper.ledger import ledger
from incomelens.paper.maps import local_projection
from incomelens.paper.names import INCOMES, TASKS, figure_tasks, level_names
from incomelens.paper.ssig_figures import figure_1, income_map
from incomelens.paper.ssig_tables import table_1, table_2
from incomelens.paper.table_3 import table_3
from incomelens.paper.table_5 import table_5
from incomelens.paper.validation_figures import validation_figure, validation_table
from incomelens.paper.validation_tables import models_table, table_4

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
    one = table_1(inequality, reference, levels=LEVELS)
    assert "IRIS, per-capita income" in set(one.shown["Districts"])
    assert one.numbers[["paper", "paper_n"]].isna().all(axis=None)
    four = table_4(summary, reference, levels=LEVELS)
    assert four.shown["Task"].str.startswith(("Commune, ", "IRIS, ")).all()
    assert four.numbers["paper"].isna().all()
    three = table_3(summary, reference, levels=LEVELS)
    assert three.shown["Task"].str.startswith(("Commune, ", "IRIS, ")).all()
    all_models = models_table(summary, levels=LEVELS).shown["Task"]
    assert set(all_models) == {task.split(" (N")[0] for task in four.shown["Task"]}


def test_table_2_tells_expressions_and_units(reference):
    columns = {
        "bachelor": "bachelor_or_above - postgraduate",
        "male": {"column": "Hommes (%)", "unit": "percent"},
    }
    level = {"adapter": "table", "name": "IRIS", "columns": columns}
    numbers = table_2(reference, {"levels": ["iris"], "iris": level}).numbers.set_index("variable")
    assert numbers.loc["bachelor", "iris_read_from"] == "bachelor_or_above - postgraduate"
    assert numbers.loc["male", "iris_read_from"] == "Hommes (%), in percent"


def test_table_5_shows_own_levels_beside_the_papers_and_leaves_the_filter_open(reference):
    table = table_5(renamed(paper_world().comparison), reference, levels=LEVELS)
    ours = table.shown[table.shown["Values"] != "paper"]
    assert ours["Commune: per-capita"].notna().all()
    assert ours["Filter"].isna().all()
    assert ours["Tract: per-capita"].isna().all()
    assert any("cannot be applied" in note for note in table.notes)


def test_claims_about_the_papers_levels_stay_open_and_say_what_is_missing(reference):
    world = paper_world()
    judged = ledger(*map(renamed, world.tables), reference, baselines=renamed(world.baselines))
    assert set(judged["verdict"]) == {"not evaluable"}
    assert judged["evidence"].str.contains("Missing").all()


def test_figures_are_drawn_under_the_names_of_own_levels(districts, summary):
    drawn = income_map(districts, level="iris", income="per_capita_income", levels=LEVELS)
    assert drawn.axes[0].get_title(loc="left").startswith("IRIS level")
    dots = validation_figure(validation_table(renamed(summary), metric="cod"), levels=LEVELS)
    titles = [axes.get_title() for axes in dots.axes]
    assert any(title.startswith("Commune, per-capita income") for title in titles)


def test_districts_known_by_points_alone_are_discs(districts):
    points = districts.set_geometry(
        [Point(*shape.centroid.coords[0]) for shape in districts.geometry]
    )
    plane = local_projection(points)
    assert (plane.geom_type == "Polygon").all()
    extent = np.ptp(plane.total_bounds.reshape(2, 2), axis=0).max()
    assert plane.area.to_numpy() == pytest.approx(np.pi * (0.012 * extent) ** 2, rel=0.1)
    figure_1(points, level="commune", levels=LEVELS)
