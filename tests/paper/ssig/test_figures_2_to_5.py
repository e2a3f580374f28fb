"""Figs. 2-5: bars as long as the tables say, dots where the SHAP values are, none hidden."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from incomelens.common.errors import InputError
from incomelens.paper.names import SOCIOECONOMIC, SPATIAL, TEN, VARIABLES
from incomelens.paper.ssig.figures_2_to_5 import (
    exhibit,
    shapley_figure_table,
    shapley_tables,
)
from incomelens.paper.ssig.shapley_panels import ShapleyTables, beeswarm_offsets, shapley_figure

from ..worlds import paper_world

DIRECTIONS = {"white": 0.9, "male": 0.1, "unemployment": -0.8}


@pytest.fixture
def groups():
    return pd.DataFrame({"group": [SPATIAL, SOCIOECONOMIC], "mean_abs": [0.14, 0.66]})


@pytest.fixture
def variables():
    return pd.DataFrame(
        {"variable": list(DIRECTIONS), "mean_abs": [0.2, 0.05, 0.07]}
        | {"direction": list(DIRECTIONS.values())}
    )


@pytest.fixture
def values(districts):
    rng = np.random.default_rng(1)
    parts = [
        pd.DataFrame({"geoid": districts["geoid"], "value": districts[name]}).assign(
            variable=name, shap=rng.normal(size=len(districts))
        )
        for name in DIRECTIONS
    ]
    return pd.concat(parts, ignore_index=True)


@pytest.fixture
def draw(districts, groups, variables, values):
    def figure(colours="paper", **changed):
        tables = {"groups": groups, "variables": variables, "dots": values} | changed
        given = {"level": "tract", "income": "per_capita_income", "colours": colours}
        return shapley_figure(districts, ShapleyTables(**tables), **given)

    return figure


def panel(figure, xlabel):
    (axes,) = [axes for axes in figure.axes if axes.get_xlabel().startswith(xlabel)]
    return axes


def test_bars_are_as_long_as_the_tables_say_longest_first(draw):
    figure = draw()
    bars = panel(figure, "mean |SHAP|")
    assert [bar.get_width() for bar in bars.patches] == [0.2, 0.07, 0.05]
    names = [VARIABLES[name].paper for name in ("white", "unemployment", "male")]
    assert [label.get_text() for label in bars.get_yticklabels()] == names
    group_bars = panel(figure, "mean |sum of SHAP|")
    assert [bar.get_width() for bar in group_bars.patches] == [0.66, 0.14]


def test_direction_is_a_sign_where_it_is_clear(draw):
    texts = [text.get_text() for text in panel(draw(), "mean |SHAP|").texts]
    assert [text.split()[-1] for text in texts if " " in text] == ["+", "−", "±"]


def test_unknown_direction_is_shown_as_unclear(draw, variables):
    texts = [
        text.get_text()
        for text in panel(draw(variables=variables.assign(direction=np.nan)), "mean |SHAP|").texts
    ]
    assert {text.split()[-1] for text in texts if " " in text} == {"±"}


def test_dots_stand_at_the_shap_values_of_their_row(draw, values):
    swarms = panel(draw(), "SHAP value").collections
    for layer, name in zip(swarms, ("white", "unemployment", "male"), strict=True):
        x = np.asarray(layer.get_offsets())[:, 0]
        assert x == pytest.approx(values.loc[values["variable"] == name, "shap"].to_numpy())


def test_dots_of_a_variable_stay_in_its_row(draw):
    for place, layer in enumerate(panel(draw(), "SHAP value").collections):
        assert np.abs(np.asarray(layer.get_offsets())[:, 1] - place).max() < 0.5


def test_low_values_get_the_low_colour(draw, values):
    white = values["variable"] == "white"
    layer = panel(draw(), "SHAP value").collections[0]
    shades, value = np.asarray(layer.get_array()), values.loc[white, "value"].to_numpy()
    assert shades[value.argmin()] == 0.0
    assert shades[value.argmax()] == 1.0


def test_constant_variable_gets_one_colour(draw, values):
    layer = panel(draw(dots=values.assign(value=3.0)), "SHAP value").collections[0]
    assert set(np.asarray(layer.get_array())) == {0.5}


def test_both_formats_are_written_alike_on_every_run(tmp_path, draw):
    written = []
    for run in ("first", "second"):
        paths = [tmp_path / f"{run}.{ending}" for ending in ("pdf", "png")]
        for path in paths:
            draw().write(path)
        written.append([path.read_bytes() for path in paths])
    assert written[0] == written[1]


def test_colours_of_the_dots_follow_the_configuration(draw):
    one, other = (
        panel(draw(colours=colours), "SHAP value").collections[0].get_cmap()(1.0)
        for colours in ("paper", "colour_blind_safe")
    )
    assert one != other


def test_table_behind_the_figure_holds_all_four_panels(districts, groups, variables, values):
    tables = ShapleyTables(groups, variables, values)
    table = shapley_figure_table(tables, districts, income="per_capita_income", mode="literal")
    assert table["panel"].value_counts().to_dict() == {"a": 2, "b": 3, "c": 60, "d": 20}
    units = table.groupby(["panel", "name"])["value_unit"].first()
    assert units["c", "white"] == "share of 1"
    assert units["d", "per_capita_income"] == "USD"


def test_whiskers_reach_from_end_to_end_of_the_interval(draw, groups):
    figure = draw(groups=groups.assign(block_ci_low=[0.1, 0.5], block_ci_high=[0.2, 0.8]))
    ends = [
        layer.get_segments()[0][:, 0].tolist()
        for layer in panel(figure, "mean |sum of SHAP|").collections
    ]
    assert ends == [[0.5, 0.66], [0.66, 0.8]]


def test_intervals_of_single_districts_draw_no_whisker(draw, groups):
    figure = draw(groups=groups.assign(ci_low=[0.1, 0.5], ci_high=[0.2, 0.8]))
    assert not panel(figure, "mean |sum of SHAP|").collections


@pytest.fixture
def stage(districts):
    """Tables as the stage `shapley` writes them, of two incomes."""
    world = paper_world()
    shap = pd.DataFrame({"geoid": districts["geoid"][::-1].to_numpy()})
    for place, name in enumerate(VARIABLES):
        shap[name] = np.arange(len(shap)) + 100.0 * place
    keys = {"level": "zip", "income": "per_capita_income", "mode": "optimised"}

    def cut(**changed):
        tables = {"groups": world.groups, "variables": world.variables, "values": shap} | changed
        return shapley_tables(districts, **tables, **(keys | changed.get("keys", {})))

    return cut


def test_figure_takes_the_rows_of_its_task_and_the_ten_variables(stage):
    tables = stage()
    assert tables.groups["mean_abs"].tolist() == [0.6, 0.1]
    means = tables.variables.set_index("variable")["mean_abs"]
    assert means["white"] == 0.12  # of per-capita income
    assert set(means.index) == set(TEN)


def test_dots_pair_each_value_with_its_own_district(stage, districts):
    dots = stage().dots
    own = districts.set_index("geoid")
    for row in dots.sample(20, random_state=0).itertuples():
        assert row.value == own.loc[row.geoid, row.variable]
    assert (
        dots.set_index(["geoid", "variable"]).loc[(districts["geoid"].iloc[-1], "bachelor"), "shap"]
        == 0
    )
    assert len(dots) == len(TEN) * len(districts)


def test_task_that_was_not_computed_is_named(stage, districts):
    world = paper_world()
    world.mode = "literal"
    with pytest.raises(InputError, match=r"groups\.csv: no rows for level zip, income per_capita"):
        stage(groups=world.groups)


def test_groups_of_another_kind_are_named(stage):
    groups = paper_world().groups.replace(SPATIAL, "x")
    with pytest.raises(
        InputError, match=r"groups\.csv: the groups are .*; expected socio-economic"
    ):
        stage(groups=groups)


def test_district_from_another_run_is_named(stage):
    values = pd.DataFrame([{"geoid": "99", **dict.fromkeys(TEN, 0.1)}])
    with pytest.raises(InputError, match="the districts 99 are not in the table of districts"):
        stage(values=values)


def test_figure_of_a_level_that_the_study_lacks_says_so(groups, variables):
    shown = {"number": 4, "level": "zip", "income": "per_capita_income", "mode": "optimised"}
    with pytest.raises(InputError, match=r"Fig\. 4 shows level zip, .* lacks one of them"):
        exhibit(None, groups, variables, None, **shown, colours="paper")


@given(x=arrays(float, st.integers(1, 200), elements=st.floats(-1, 1)))
def test_dots_never_leave_their_room(x):
    offsets = beeswarm_offsets(x, width=0.05, height=0.1)
    assert np.abs(offsets).max() <= 0.45 + 1e-12


@given(x=arrays(float, st.integers(2, 40), elements=st.floats(-1, 1)))
def test_dots_of_one_column_do_not_cover_each_other_while_there_is_room(x):
    width, height = 0.1, 0.02
    offsets = beeswarm_offsets(x, width=width, height=height)
    column = np.floor((x - x.min()) / width)
    for place in np.unique(column):
        steps = np.sort(offsets[column == place])
        assert (np.diff(steps) >= height * (1 - 1e-9)).all()


def test_lonely_dots_stay_in_the_middle():
    assert beeswarm_offsets(np.array([0.0, 1.0, 2.0]), width=0.5, height=0.1).tolist() == [0.0] * 3


def test_dots_grow_from_the_middle_to_both_sides():
    offsets = beeswarm_offsets(np.zeros(5), width=1.0, height=0.1)
    assert offsets == pytest.approx([0.0, 0.1, -0.1, 0.2, -0.2])
