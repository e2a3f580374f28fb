"""Tables of the aerial data: counts by hand, the paper's row beside ours, readable misuse."""

import numpy as np
import pandas as pd
import pytest
import yaml

from incomelens.cells.urban_classes import land_use_list
from incomelens.common.errors import InputError
from incomelens.paper.aerial import deviations, dropped_cells, sample_sizes, table_1
from incomelens.paper.deviations import deviations_exhibit, read_deviations
from incomelens.paper.reference import read_reference

from ..aerial_world import aerial_world
from ..conftest import ROOT

NAMES = land_use_list().names


@pytest.fixture(scope="module")
def world():
    return aerial_world()


def entry(title, *, time_frame="2015", licence="Open Licence 2.0"):
    return {"title": title, "provider": "IGN", "time_frame": time_frame, "licence": licence}


@pytest.fixture
def sources():
    imagery = [entry("D75", time_frame="2014"), entry("D92", time_frame="2014")]
    return {"a": {"income": [entry("Grid")], "imagery": imagery, "land_use": [entry("Atlas")]}}


def datasets(world, sources, reference, **changes):
    tables = {name: getattr(world, name) for name in ("cells", "land_use", "plan", "index")}
    of_cities = {name: [table] for name, table in (tables | changes).items()}
    return table_1.exhibit(
        **of_cities, reference=reference, names={"a": "Aubervieux"}, sources=sources, tile_px=800
    ).table


def test_land_use_from_rasters_is_said_to_be(world, sources, reference):
    tables = {name: [getattr(world, name)] for name in ("cells", "land_use", "plan", "index")}
    told = {"names": {"a": "Aubervieux"}, "sources": sources, "tile_px": 800, "rasters": ["a"]}
    shown = table_1.exhibit(**tables, reference=reference, **told).table.shown
    assert shown["Spatial resolution"].iloc[-1] == "patches of raster pixels"
    assert " patches, " in shown["Coverage"].iloc[-1]


@pytest.fixture
def ours(world, sources, reference):
    return datasets(world, sources, reference)


def sizes(world, **changes):
    tables = {"shares": world.shares, "predictions": predictions(world)} | changes
    return of_cities(sample_sizes, **tables)


def drops(world, **changes):
    return of_cities(dropped_cells, **{"cells": world.cells, "index": world.index} | changes)


def of_cities(module, names=("A",), **tables):
    """The table of an exhibit of cities that have the same tables."""
    given = {name: [table] * len(names) for name, table in tables.items()}
    return module.exhibit(**given, names=dict(zip(names, names, strict=True))).table


def predictions(world):
    """Every cell predicted one class too rich, the richest too poor by four."""
    observed = world.folds["income_class"]
    return pd.DataFrame(
        {"cell_id": world.folds["cell_id"], "observed": observed, "predicted": observed % 5 + 1}
    )


def count(table, urban_class, ses, side="observed"):
    rows = table.numbers.set_index(["urban_class", "side", "ses"])["n"]
    return rows[urban_class, side, ses]


def test_paper_rows_are_the_printed_ones(ours):
    paper = ours.shown[ours.shown["Whose"] == "Paper"]
    assert paper["Data set"].tolist() == ["Socioeconomic census", "Aerial imagery", "Urban atlas"]
    assert paper["Collection timespan"].tolist() == ["2015", "2013-2016", "2012"]
    assert paper["Coverage"].tolist()[2] == "EU cities of more than 100k inhabitants"


def test_our_rows_count_cells_orthophotos_polygons_and_area(ours):
    row = ours.numbers[ours.numbers["whose"] == "ours"].iloc[0]
    assert (row["n_cells"], row["n_kept"], row["n_polygons"]) == (30, 28, 30)
    assert row["n_orthophotos"] == 3
    assert row["area_km2"] == pytest.approx(30 * 0.04)
    coverage = ours.shown["Coverage"].tolist()
    assert coverage[1] == "30 cells, 28 of them kept"
    assert coverage[3] == "3 orthophotos"
    assert coverage[5] == "30 polygons, 1.2 km²"
    assert ours.shown["Spatial resolution"].tolist()[3] == "25 cm per pixel of a tile"


def test_orthophotos_that_no_kept_cell_needs_are_not_counted(world, sources, reference):
    index = world.index.assign(kept=[*[False] * 20, *[True] * 10], drop_reason="void")
    numbers = datasets(world, sources, reference, index=index).numbers
    assert numbers["n_orthophotos"].iloc[1] == 1


def test_equal_entries_of_several_sources_are_said_once(ours):
    row = ours.numbers[ours.numbers["dataset"] == "imagery"].iloc[1]
    assert row["collection_timespan"] == "2014"
    assert row["title"] == "D75; D92"


def test_tile_counts_for_every_class_it_contains():
    cells = {"cell_id": list("abcd"), "observed": [1, 2, 4, 3], "predicted": [5, 5, 5, 1]}
    shares = pd.DataFrame(
        [
            ("a", "water", 0.5), ("a", "dense", 0.5), ("b", "water", 1.0), ("c", "dense", 0.2),
            ("c", "water", 0.0), ("gone", "water", 1.0), ("d", "excluded", 1.0),
        ],
        columns=["cell_id", "urban_class", "area_share"],
    )  # fmt: skip
    table = of_cities(sample_sizes, shares=shares, predictions=pd.DataFrame(cells))
    assert [count(table, "water", ses) for ses in ("1", "2", "3", "4", "5")] == [1, 1, 0, 0, 0]
    assert [count(table, "water", ses) for ses in ("low", "high", "all")] == [2, 0, 2]
    assert [count(table, "dense", ses) for ses in ("low", "high", "all")] == [1, 1, 2]
    assert [count(table, "any", ses) for ses in ("3", "low", "high", "all")] == [1, 2, 1, 4]
    assert count(table, "natural", "all") == 0
    assert [count(table, "water", ses, "predicted") for ses in ("low", "5", "high")] == [0, 2, 2]
    assert [count(table, "any", ses, "predicted") for ses in ("1", "high", "all")] == [1, 3, 4]


def test_class_in_several_rows_of_a_cell_counts_once(world):
    twice = pd.concat([world.shares, world.shares])
    assert sizes(world, shares=twice).numbers.equals(sizes(world).numbers)


def test_every_class_has_a_row_on_either_side(world):
    table = sizes(world)
    assert len(table.shown) == 1 + len(NAMES)
    assert table.shown["Urban class"].tolist()[0] == "Any (all tiles)"
    predicted = table.numbers["side"] == "predicted"
    assert predicted.sum() == (~predicted).sum() == (1 + len(NAMES)) * 8
    totals = table.numbers[table.numbers["ses"] == "all"].set_index(["urban_class", "side"])["n"]
    assert (totals.xs("observed", level=1) == totals.xs("predicted", level=1)).all()


def test_low_and_high_are_the_outer_pairs_of_classes(world):
    table = sizes(world)
    shown = table.shown.set_index("Urban class")
    low, high = shown["Observed: low"], shown["Observed: high"]
    assert (low == shown["Observed: 1"] + shown["Observed: 2"]).all()
    assert (high == shown["Observed: 4"] + shown["Observed: 5"]).all()
    assert shown["Observed: all"].iloc[0] == len(world.folds)


def test_cities_keep_the_order_of_the_configuration(world):
    names = ["Paris", "Lyon", "Aubagne"]
    tables = {"shares": world.shares, "predictions": predictions(world)}
    table = of_cities(sample_sizes, names=names, **tables)
    assert list(dict.fromkeys(table.shown["City"])) == names
    assert table.shown["Urban class"].tolist()[:2] == ["Any (all tiles)", "Continuous fabric"]


def test_unknown_class_of_land_is_named(world):
    shares = world.shares.assign(urban_class="moor")
    with pytest.raises(InputError, match="A, land-use shares: unknown urban classes moor"):
        sizes(world, shares=shares)


def test_every_cell_is_counted_once_with_its_reason(world):
    table = drops(world)
    rows = table.numbers.set_index("fate")
    assert rows["n"].to_dict() == {"all": 30, "kept": 28, "few_neighbours": 1, "void": 1}
    assert rows["n_imputed"].to_dict() == {"all": 1, "kept": 1, "few_neighbours": 0, "void": 0}
    assert rows.loc["kept", "share"] == pytest.approx(28 / 30)
    assert table.shown["Cells"].tolist() == [
        "All cells", "Kept", "Dropped: few neighbours", "Dropped: void",
    ]  # fmt: skip


def test_most_frequent_reason_comes_first_and_equals_by_name(world):
    reasons = ["void", "void", "b", "a", *[None] * 26]
    index = world.index.assign(kept=np.arange(30) >= 4, drop_reason=reasons)
    numbers = drops(world, index=index).numbers
    assert numbers["fate"].tolist() == ["all", "kept", "void", "a", "b"]


def test_index_rows_in_another_order_change_nothing(world):
    turned = drops(world, index=world.index[::-1])
    assert turned.numbers.equals(drops(world).numbers)


def test_cell_that_the_index_lacks_is_named(world):
    cell = world.cells["cell_id"][29]
    with pytest.raises(InputError, match=rf"neither that 1 cells are kept nor .* \({cell}\)"):
        drops(world, index=world.index[:29])


def test_dropped_cell_without_reason_is_refused(world):
    index = world.index.assign(drop_reason=None)
    with pytest.raises(InputError, match="neither that 2 cells are kept nor why they are dropped"):
        drops(world, index=index)


def test_every_table_has_all_forms(world, ours):
    listed = deviations.exhibit(ROOT / "config" / "deviations.yaml").table
    for table in (ours, sizes(world), drops(world), listed):
        assert table.forms().keys() == {"md", "tex", "html"}


def test_deviations_of_the_aerial_data_name_existing_settings():
    config = yaml.safe_load((ROOT / "config" / "config.yaml").read_text("utf-8"))
    # The switches of the district paper may name keys of a study.
    entries = read_deviations(ROOT / "config" / "deviations.yaml")
    numbers = deviations_exhibit(entries, paper="aerial").table.numbers
    assert len(numbers) >= 12
    for switch in numbers["switch"].dropna():
        found = config
        for key in switch.split("."):
            found = found[key]


def test_caption_names_the_paper():
    assert "aerial" in deviations_exhibit([], paper="aerial").table.caption
    assert "district" in deviations_exhibit([], paper="district").table.caption


def test_printed_table_1_is_typed_in_full():
    slots = read_reference(ROOT / "config" / "paper_reference.yaml").part("aerial", "table_1")
    assert all(text for cells in slots.values() for text in cells.values())
