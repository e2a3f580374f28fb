"""Tables of the district paper: the right value in the right cell, the missing shown as missing."""

import copy

import numpy as np
import pandas as pd
import pytest
import yaml

from incomelens.paper.names import BASELINES
from incomelens.paper.reference import Reference
from incomelens.paper.ssig import (
    deviations,
    effects_table,
    models_table,
    table_1,
    table_2,
    table_3,
    table_4,
    table_s1,
    table_s2,
)
from incomelens.paper.table import Estimate

from ..conftest import ROOT

FORMS = ("csv", "json", "md", "tex", "html")


@pytest.fixture
def typed(reference):
    """Copy the reference and fill some slots."""

    def fill(**slots):
        copied = copy.deepcopy(dict(reference.slots))
        for keys, value in slots.items():
            *path, last = keys.split("__")
            part = copied["ssig"]
            for key in path:
                part = part[key]
            part[last] = value
        return Reference("here", copied)

    return fill


def districts_config(**tract):
    return {"levels": ["tract"], "tract": {"adapter": "census", **tract}}


def test_table_1_takes_gini_and_ratio_of_its_task(inequality, reference):
    shown = table_1.exhibit(inequality, reference).table.shown.set_index("Districts")
    row = inequality.query(
        "level == 'zip' and income == 'per_capita_income' and measure == 'decile_ratio'"
    ).set_index("weighting")
    cell = shown.loc["ZIP, per-capita income"]
    value = row.loc["districts", "value"]
    assert cell["Decile ratio: ours"] == Estimate(value, value - 0.1, value + 0.1)
    assert cell["Decile ratio: by population"].value == row.loc["population", "value"]
    assert cell["N: paper"] == 180


def test_table_1_shows_an_empty_slot_as_missing_and_a_typed_one_beside_ours(
    inequality, reference, typed
):
    assert table_1.exhibit(inequality, reference).table.shown["Gini: paper"].isna().all()
    filled = typed(table_1__zip__median_household_income__gini=0.5)
    table = table_1.exhibit(inequality, filled).table
    assert table.shown["Gini: paper"].tolist()[3] == 0.5
    numbers = table.numbers.dropna(subset="paper")
    assert numbers[["level", "income", "measure", "weighting"]].to_numpy().tolist() == [
        ["zip", "median_household_income", "gini", "districts"]
    ]


def test_table_1_leaves_out_tasks_that_the_study_does_not_have(inequality, reference):
    table = table_1.exhibit(inequality[inequality["level"] == "zip"], reference).table
    assert len(table.shown) == 2


def score(summary, model, mode, metric, scheme="random"):
    row = summary.query(
        "level == 'zip' and income == 'per_capita_income' and model == @model and mode == @mode "
        "and variant == 'main' and scheme == @scheme and metric == @metric"
    )
    assert len(row) == 1
    return row.iloc[0]


def block(table):
    """Rows of one task of Table 3 or 4, by model and reading or values."""
    rows = table.shown[table.shown["Task"].str.startswith("ZIP, per-capita income")].copy()
    rows["Model"] = rows["Model"].where(rows["Model"] != "").ffill()
    return rows.set_index(["Model", rows.columns[2]])


def test_table_4_shows_the_mean_of_random_folds_with_its_interval(summary, reference):
    rows = block(table_4.exhibit(summary, reference).table)
    cell = rows.loc[("Spatial-Information-GP", "ours, all fitted"), "RMSE (USD)"]
    expected = score(summary, "spatial", "optimised", "rmse_usd")
    assert cell == Estimate(
        expected["mean_of_folds"], expected["folds_ci_low"], expected["folds_ci_high"]
    )


def test_table_4_holds_the_other_folds_in_its_numbers(summary, reference):
    numbers = table_4.exhibit(summary, reference).table.numbers
    row = numbers.query(
        "level == 'zip' and income == 'per_capita_income' and model == 'ssig' "
        "and mode == 'literal' and scheme == 'block' and metric == 'r2'"
    ).iloc[0]
    expected = score(summary, "ssig", "literal", "r2", "block")
    assert row["ours"] == expected["mean_of_folds"]
    assert row["ours_pooled"] == expected["pooled"]
    assert np.isnan(row["paper"])


def test_a_missing_score_or_interval_is_a_dash_that_the_notes_explain(summary, reference):
    without = summary.copy()
    without.loc[without["metric"] == "r2", ["mean_of_folds", "pooled"]] = np.nan
    of_both = without["metric"].isin(["r2", "cod"])
    without.loc[of_both, ["folds_ci_low", "folds_ci_high"]] = np.nan
    table = table_4.exhibit(without, reference).table
    rows, line = block(table), ("SSIG", "ours, all fitted")
    assert np.isnan(rows.loc[line, "r²"])
    assert rows.loc[line, "CoD"] == score(without, "ssig", "optimised", "cod")["mean_of_folds"]
    assert "fewer than 20 districts do not have" in table.notes[0]
    models = models_table.exhibit(without).table
    assert models.shown["r²: random"].isna().all()
    assert "undefined: a dash" in models.notes[1]


def test_sensitivity_runs_stay_out_of_tables_3_and_4(summary, reference):
    for table in (
        table_3.exhibit(summary, reference, None).table,
        table_4.exhibit(summary, reference).table,
    ):
        keys = ["level", "income", "model", "mode", "scheme", "metric"]
        assert not table.numbers.duplicated(keys).any()


def test_model_without_scores_is_shown_as_missing_and_named_in_the_notes(summary, reference):
    table = table_3.exhibit(summary, reference, None).table
    rows = block(table)
    for name in BASELINES.values():
        assert rows.loc[name].drop(columns="Task").isna().all(axis=None)
        assert name in " ".join(table.notes)
    ours = table.numbers.loc[table.numbers["model"].isin(list(BASELINES)), "ours"]
    assert ours.isna().all()
    assert len(ours) == 4 * 5 * 4


def test_typed_slot_stands_in_its_row_and_nowhere_else(summary, typed):
    filled = typed(table_3__zip__per_capita_income__mixed_siamese_like_gp__r2=0.5)
    table = table_3.exhibit(summary, filled, None).table
    rows = block(table)
    assert rows.loc["Mixed-Siamese-like-GP", "r²: paper"].tolist() == [0.5]
    assert len(table.printed) == 4
    assert table.shown[table.printed].notna().to_numpy().sum() == 1
    typed_rows = table.numbers.dropna(subset="paper")
    assert typed_rows[["model", "metric", "scheme"]].to_numpy().tolist() == [
        ["mixed_siamese_like_gp", "r2", "random"]
    ]


def test_errors_follow_the_unit_of_the_printed_ones(summary, typed):
    filled = typed(error_unit="sd", table_4__zip__per_capita_income__ssig__rmse=0.4)
    rows = block(table_4.exhibit(summary, filled).table)
    assert rows.loc[("SSIG", "paper"), "RMSE (SD)"] == 0.4
    expected = score(summary, "ssig", "literal", "rmse_sd")["mean_of_folds"]
    assert rows.loc[("SSIG", "ours, l = 1, nothing fitted"), "RMSE (SD)"].value == expected


def test_study_without_random_folds_shows_the_folds_it_has(summary, reference):
    table = table_4.exhibit(summary[summary["scheme"] == "block"], reference).table
    assert "spatial blocks" in table.notes[0]
    cell = block(table).loc[("SSIG", "ours, all fitted"), "r²"]
    assert cell.value == score(summary, "ssig", "optimised", "r2", "block")["mean_of_folds"]


def test_block_title_tells_both_numbers_of_districts(summary, reference):
    titles = table_4.exhibit(summary, reference).table.shown["Task"].unique()
    assert titles[0] == "Tract, per-capita income (N = 40; paper 2,117)"


def test_models_table_has_a_column_for_every_score_and_scheme(summary):
    table = models_table.exhibit(summary).table
    assert list(table.shown.columns[2:4]) == ["r²: random", "r²: spatial blocks"]
    row = table.shown.set_index(["Task", "Model"]).loc[
        ("ZIP, per-capita income", "Ridge regression")
    ]
    assert row["CoD: spatial blocks"] == score(summary, "ridge", "reference", "cod", "block").pooled
    assert len(table.shown) == 4 * 5
    assert len(table.numbers) == len(summary)


def test_table_2_says_what_the_study_reads(reference):
    columns = {"bachelor": "my_column"}
    own = table_2.exhibit(reference, districts_config(adapter="table", columns=columns)).table.shown
    assert own["Tract level reads"].dropna().tolist() == ["my_column"]
    assert own["Printed description"].isna().all()
    census = table_2.exhibit(reference, districts_config()).table.shown
    assert census["Tract level reads"].tolist()[0] == "B15003_022 / B15003_001"
    assert "ZIP level reads" not in census


def test_effects_are_those_of_the_successor_as_percentages_largest_first():
    variables = pd.DataFrame(
        [
            ("additive", "twelve", "male", 2, 3.25, 0.125, 0.9),
            ("additive", "twelve", "bachelor", 1, 12.5, 0.875, 0.0),
            ("additive", "eleven", "location", 2, 4.0, 0.2, None),
            ("optimised", "twelve", "male", 1, None, 0.5, 0.9),
        ],
        columns=["mode", "game", "variable", "rank", "percent", "variance_share", "direction"],
    ).assign(level="tract", income="per_capita_income")
    variance = pd.DataFrame(
        {
            "level": "tract", "income": "per_capita_income", "mode": "additive", "n": 9,
            "variable": ["bachelor", "location"], "alone": [0.5, 0.25],
            "shapley_effect": [0.625, 0.375], "total": [0.75, 0.5], "share_error": 0.002,
        }
    )  # fmt: skip
    table = effects_table.exhibit(variables, [variance]).table
    # The place as one is a player of another game, and stands below.
    words = ["Adults with a bachelor's degree", "Male", "Place, as one"]
    assert table.shown["Variable"].tolist() == words
    assert table.shown["Rank"].tolist() == [1, 2, 2]
    assert table.shown["Effect (%)"].tolist() == [12.5, 3.25, 4.0]
    assert table.shown["Share of variance (%)"].tolist() == [87.5, 12.5, 20.0]
    assert table.shown["Direction"].tolist()[:2] == ["±", "+"]
    by_itself = table.shown[[name for name in table.shown if name.startswith("Each by itself")]]
    assert by_itself.iloc[0].tolist() == [50.0, 62.5, 75.0]
    assert by_itself.iloc[1].isna().all()
    assert by_itself.iloc[2].tolist() == [25.0, 37.5, 50.0]
    assert "at most 0.2 percentage points" in table.notes[1]
    assert set(table.numbers["mode"]) == {"additive"}


def test_table_s1_tells_yes_from_unknown(reference):
    shown = table_s1.exhibit(reference).table.shown.set_index("Study")
    assert shown.loc["Almada (2004)", "Employment"] == "yes"
    # "low-resolution county-level", the text says of all six.
    assert shown["Resolution"].tolist() == ["county"] * 6
    assert shown["Race"].isna().all()


def test_table_s2_lists_every_source_of_the_study_and_what_is_beside_the_registry(reference):
    acs = {"title": "ACS", "provider": "Bureau", "used_for": "incomes", "licence": "free"}
    sources = {"acs": acs, "sales": acs | {"title": "Sales", "used_for": "prices"}}
    shown = table_s2.exhibit(reference, sources, {"mine.gpkg": "boundaries"}).table.shown
    ours = shown[shown["Whose"] == "This study"]
    assert ours["Data"].tolist() == ["incomes", "prices", "boundaries"]
    assert ours["Source"].tolist() == ["ACS; Bureau", "Sales; Bureau", "mine.gpkg"]
    assert (shown["Whose"] == "Paper").sum() == 6


def test_every_table_is_written_in_all_forms(tmp_path, inequality, summary, reference):
    sources = yaml.safe_load((ROOT / "config" / "sources.yaml").read_text("utf-8"))
    config = yaml.safe_load((ROOT / "config" / "config.yaml").read_text("utf-8"))["districts"]
    exhibits = {
        "1": table_1.exhibit(inequality, reference),
        "2": table_2.exhibit(reference, config),
        "3": table_3.exhibit(summary, reference, None),
        "4": table_4.exhibit(summary, reference),
        "s1": table_s1.exhibit(reference),
        "s2": table_s2.exhibit(reference, sources, {"mine.gpkg": "Incomes"}),
        "models": models_table.exhibit(summary),
        "deviations": deviations.exhibit(ROOT / "config" / "deviations.yaml"),
    }
    for name, exhibit in exhibits.items():
        exhibit.write({form: tmp_path / f"{name}.{form}" for form in FORMS})
    assert len(list(tmp_path.iterdir())) == len(FORMS) * len(exhibits)
