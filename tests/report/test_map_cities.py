"""The map of a city shows every cell where it lies, with its own values."""

import geopandas as gpd
import pandas as pd
import pytest
from shapely.affinity import scale, translate

from incomelens.common.labels import Label
from incomelens.report.map.cities import city_map

from .small_study import cells, predictions, ratios, sets


@pytest.fixture
def of_cells():
    return cells()


@pytest.fixture
def shown(of_cells):
    found = {"random": predictions(of_cells)}
    return city_map("aube", "Aube", of_cells, found, ratios(of_cells))


def layer(shown, key):
    return next(one for one in shown["layers"] if one["key"] == key)


def test_cells_lie_by_column_from_the_west_and_row_from_the_north(shown):
    place = shown["ids"].index("N400E200")
    grid = shown["shape"]
    assert (grid["width"], grid["height"], grid["metres"]) == (4, 3, 200.0)
    assert (grid["column"][place], grid["row"][place]) == (1, 0)


def test_classes_and_their_difference_are_those_predicted(shown):
    observed = layer(shown, "observed")["values"]
    predicted = layer(shown, "predicted_random")["values"]
    difference = layer(shown, "difference_random")["values"]
    assert observed[:5] == [1, 2, 3, 4, 5]
    assert observed[-1] is None
    assert difference[:5] == [1, 1, 1, 1, 0]
    assert all(a + b == c for a, b, c in zip(observed[:-1], difference, predicted, strict=False))


def test_a_quarter_of_the_tile_with_half_of_the_activation_has_ratio_two(shown):
    dense, at = layer(shown, "low/dense"), shown["at"]["dense"]
    assert dense["at"] == "dense"
    assert len(dense["values"]) == len(at) == 11
    assert dense["values"][at.index(3)] == 2.0
    assert layer(shown, "share/dense")["values"][at.index(3)] == 25.0


def test_an_empty_map_has_no_ratio(shown):
    dense, at = layer(shown, "high/dense"), shown["at"]["dense"]
    assert dense["values"][at.index(0)] is None


def test_classes_that_the_city_lacks_are_not_offered(shown):
    assert not any("water" in one["key"] for one in shown["layers"])
    table = next(one for one in shown["details"] if one["kind"] == "table")
    assert [row["label"] for row in table["rows"]] == ["Dense fabric", "Other roads"]


def test_the_map_does_without_activation(of_cells):
    shown = city_map("aube", "Aube", of_cells, {"random": predictions(of_cells)}, None)
    assert [one["kind"] for one in shown["details"]] == ["list"]
    assert shown["at"] == {}


def test_the_set_of_a_cell_is_told_and_its_size_can_be_shown(of_cells):
    found, own = {"random": predictions(of_cells)}, {"random": sets(of_cells)}
    shown = city_map("aube", "Aube", of_cells, found, None, sets=own)
    told, size = layer(shown, "set_random"), layer(shown, "size_random")
    words = [told["legend"][told["codes"].index(code)] for code in told["values"][:5]]
    assert words == ["1 (poorest)", "1 to 2", "2 to 3", "3 to 4", "4 to 5"]
    assert size["values"][:5] == [1, 2, 2, 2, 2]
    assert told["values"][-1] is size["values"][-1] is None  # dropped
    assert (told["chosen"], size["chosen"]) == (False, True)
    (listed,) = shown["details"]
    assert listed["layers"][-1] == "set_random"
    assert "size_random" not in listed["layers"]


def test_a_dropped_outlier_does_not_shrink_the_map(of_cells):
    far = of_cells.iloc[[-1]].assign(cell_id="far")
    far = far.set_geometry(far.geometry.map(lambda one: translate(one, 50_000, 0)))
    both = gpd.GeoDataFrame(pd.concat([of_cells, far], ignore_index=True), crs=3035)
    shown = city_map("aube", "Aube", both, {"random": predictions(of_cells)}, None)
    assert shown["shape"]["width"] == 4
    assert "far" not in shown["ids"]


def test_cells_of_two_sizes_are_drawn_by_their_borders(of_cells):
    mixed = of_cells.copy()
    mixed.loc[0, "geometry"] = scale(mixed.geometry[0], 0.5, 0.5)
    shown = city_map("aube", "Aube", mixed, {"random": predictions(of_cells)}, None)
    assert shown["shape"]["type"] == "polygons"
    assert len(shown["shape"]["rings"]) == len(shown["ids"]) == 12
    assert "11 kept cells, dropped" in shown["about"]


def test_a_map_names_the_unit_of_its_incomes(of_cells):
    label = Label("median", "USD", 2018)
    told = city_map("aube", "Aube", of_cells, {"random": predictions(of_cells)}, None, label=label)
    assert layer(told, "income")["unit"] == "USD (median, 2018)"
