"""Exhibits on where predictions hold: distances, maps, intervals, sizes of blocks, decisions."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from incomelens.paper.ssig import decisions, figure_distances, fold_seeds, intervals, prediction_map
from incomelens.paper.table import Estimate

TASK = {"level": "tract", "income": "per_capita_income"}
LEVELS = {"tract": "Tract"}


def coverage(**low):
    """Coverage 0.9 everywhere but where `low` says, by group."""
    groups = [("all", "all", 200), ("area", "West", 120), ("area", "Isle", 20)]
    groups += [("applicability", "inside", 190), ("applicability", "outside", 10)]
    groups += [(f"{name}_fifth", str(n), 60) for name in ("income", "density") for n in range(1, 6)]
    rows = [
        {**TASK, "scheme": scheme, "model": "ssig", "mode": mode, "method": method}
        | {"grouping": grouping, "group": group, "n": n, "width_usd": 1e4}
        | {"coverage": low.get(f"{grouping}_{group}", 0.9)}
        for scheme in ("area", "random")
        for mode in ("literal", "optimised")
        for method in ("label_conditional", "model")
        for grouping, group, n in groups
    ]
    return pd.DataFrame(rows)


def test_coverage_has_a_row_a_scheme_and_kind_of_interval_of_one_mode():
    table = intervals.exhibit(coverage(), modes=["optimised"], levels=LEVELS).table
    assert set(table.shown["Model"]) == {"SSIG (all fitted)"}
    assert table.shown["Folds"].tolist() == ["random folds"] * 2 + ["unseen area"] * 2
    assert table.shown["Interval"].tolist()[:2] == [
        "the process’s own", "conformal, by fifths of income",
    ]  # fmt: skip
    assert (table.shown["All"] == 0.9).all()
    assert "85 % or more of every area and fifth with 50" in table.notes[1]


def test_a_group_that_is_left_out_is_named_with_its_folds():
    table = intervals.exhibit(coverage(area_West=0.58), modes=["optimised"], levels=LEVELS).table
    assert (table.shown["Least: area"] == 0.58).all()
    assert "unseen area, West: 0.58" in table.notes[1]
    assert "no calibration on the others makes its intervals hold" in table.notes[1]


def test_groups_of_few_districts_are_not_judged():
    few = coverage(area_Isle=0.2, applicability_outside=0.3)
    table = intervals.exhibit(few, modes=["optimised"], levels=LEVELS).table
    assert (table.shown["Least: area"] == 0.9).all()
    assert (table.shown["Outside the area of applicability"] == 0.3).all()
    assert "85 % or more" in table.notes[1]


def test_a_small_city_is_not_judged_and_intervals_without_an_end_have_no_width():
    small = coverage().assign(n=30, width_usd=np.inf)
    table = intervals.exhibit(small, modes=["optimised"], levels=LEVELS).table
    assert table.notes[1] == "No group has 50 districts, so that none is judged."
    assert table.shown["Median width (USD)"].isna().all()


@pytest.mark.parametrize("mode", ["optimised", "ard"])
def test_an_area_fails_by_the_best_interval_of_the_mode_shown_or_of_the_first(mode):
    low = coverage(area_Isle=0.2)
    west = (low["group"] == "West") & (low["scheme"] == "area")
    own = low["mode"] == ("optimised" if mode == "optimised" else "literal")
    low.loc[west & own & (low["method"] == "label_conditional"), "coverage"] = 0.84
    low.loc[west & ~own, "coverage"] = 0.5
    low.loc[(low["method"] == "model") & (low["scheme"] == "random"), "coverage"] = 0.3
    found = intervals.failing_areas(low, mode)
    assert found.to_dict("records") == [
        TASK | {"scheme": "area", "group": "West", "coverage": 0.84}
    ]


def test_the_map_hatches_what_lies_outside_the_area_of_applicability(districts):
    known = districts["per_capita_income"].notna()
    ids = districts.loc[known, "geoid"]
    predictions = pd.DataFrame(
        {"geoid": ids, "model": "ssig", "mode": "optimised", "variant": "main"}
        | {"scheme": "random", "observed_usd": 5e4, "predicted_usd": np.linspace(2e4, 9e4, 19)}
    )
    area = pd.DataFrame(
        {"geoid": ids, "dissimilarity": 0.5, "threshold": 0.4, "applicable": np.arange(19) > 2}
    )
    exhibited = prediction_map.exhibit(
        gpd.GeoDataFrame(districts),
        [predictions, predictions.assign(scheme="area")],
        [area, area.assign(applicable=True)],
        coverage(),
        **TASK,
        mode="optimised",
    )
    titles = [axes.get_title(loc="left") for axes in exhibited.figure.axes[:2]]
    assert titles == ["random folds: 3 of 19 outside", "unseen area: 0 of 19 outside"]
    hatched = [sum(bool(drawn.get_hatch()) for drawn in axes.collections)
               for axes in exhibited.figure.axes[:2]]  # fmt: skip
    assert hatched == [2, 1]  # beside the district without an income
    assert len(exhibited.table) == 2 * 19


def test_the_map_lines_areas_whose_intervals_do_not_hold_under_the_folds_where_they_do_not(
    districts,
):
    known = districts[districts["per_capita_income"].notna()].assign(area="Isle")
    known.loc[known.index[:4], "area"] = "West"
    predictions = pd.DataFrame(
        {"geoid": known["geoid"], "model": "ssig", "mode": "optimised", "variant": "main"}
        | {"scheme": "random", "observed_usd": 5e4, "predicted_usd": np.linspace(2e4, 9e4, 19)}
    )
    near = pd.DataFrame(
        {"geoid": known["geoid"], "dissimilarity": 0.3, "threshold": 0.4, "applicable": True}
    )
    held = coverage()
    west = (held["group"] == "West") & (held["scheme"] == "area")
    held.loc[west & (held["method"] == "label_conditional"), "coverage"] = 0.58
    held.loc[held["group"] == "Isle", "coverage"] = 0.1  # of too few districts to be judged
    exhibited = prediction_map.exhibit(
        gpd.GeoDataFrame(districts.assign(area=known["area"])),
        [predictions, predictions.assign(scheme="area")],
        [near, near],
        held,
        **TASK,
        mode="optimised",
    )
    table = exhibited.table
    assert table.groupby("scheme")["area_held"].sum().to_dict() == {"area": 15, "random": 19}
    assert set(table.loc[~table["area_held"], "geoid"]) == set(known["geoid"][:4])
    marks = [{drawn.get_hatch() for drawn in axes.collections if drawn.get_hatch()}
             for axes in exhibited.figure.axes[:2]]  # fmt: skip
    assert ("-----" in marks[0], "-----" in marks[1]) == (False, True)
    told = [text.get_text() for axes in exhibited.figure.axes for text in axes.texts]
    assert "area of which 90 % intervals hold less than 85 %" in told


def test_curves_of_distances_end_at_one_and_the_table_has_their_areas():
    distances = pd.DataFrame(
        {
            "kind": ["folds"] * 3 + ["places"] * 2,
            "name": ["random"] * 3 + ["area"] * 2,
            "distance_km": [0.5, 1.0, 2.0, 3.0, 5.0],
        }
    )
    matches = pd.DataFrame(
        {"scheme": ["random"], "places": ["area"], "n": [3], "n_places": [2]}
        | {"median_km": [1.0], "median_places_km": [4.0], "wasserstein_km": [2.8]}
    )
    exhibited = figure_distances.exhibit([distances], [matches], levels=LEVELS)
    ends = [line.get_ydata()[-1] for line in exhibited.figure.axes[0].get_lines()]
    assert ends == [1.0, 1.0]
    assert exhibited.table.shown.iloc[0, -1] == 2.8


def test_scores_over_blocks_show_the_range_of_seeds_and_the_difference():
    rows = [
        {**TASK, "n_blocks": n_blocks, "model": model, "mode": mode, "metric": "r2"}
        | {"n_seeds": 8, "n_folds": 40, "mean": 0.7, "sd": 0.02, "low": 0.66, "high": 0.75}
        | dict(zip(("ssig_minus", "ssig_minus_ci_low", "ssig_minus_ci_high"), gap, strict=True))
        for n_blocks in (25, 10)
        for model, mode, gap in (
            ("ridge", "reference", (0.05, 0.01, 0.09)),
            ("ssig", "optimised", (np.nan,) * 3),
        )
    ]
    exhibited = fold_seeds.exhibit(pd.DataFrame(rows), levels=LEVELS)
    shown = exhibited.table.shown
    assert list(shown)[-2:] == ["10 blocks", "25 blocks"]
    assert shown["Shown"].tolist() == ["score", "score", "the first less it"]
    assert shown["10 blocks"].iloc[-1] == Estimate(0.05, 0.01, 0.09)
    (line, _) = exhibited.figure.axes[0].get_lines()
    np.testing.assert_array_equal(line.get_xdata(), [10, 25])


def test_decisions_leave_out_the_mean_and_other_modes():
    measures = [("recall_of_poorest", share) for share in (0.1, 0.2)]
    measures += [("slope", np.nan), ("bias_of_poorest_usd", 0.2), ("bias_of_richest_usd", 0.2)]
    rows = [
        {**TASK, "model": model, "mode": mode, "scheme": "random", "n": 90, "measure": measure}
        | {"share": share, "value": 0.5, "ci_low": 0.4, "ci_high": 0.6}
        for model, mode in (
            ("ssig", "literal"), ("ssig", "optimised"), ("ridge", "reference"),
            ("mean", "reference"),
        )
        for measure, share in measures
    ]  # fmt: skip
    shown = decisions.exhibit(pd.DataFrame(rows), modes=["optimised"], levels=LEVELS).table.shown
    assert shown["Model"].tolist() == ["SSIG (all fitted)", "Ridge regression"]
    assert shown["Poorest fifth reached: 20%"].iloc[0] == Estimate(0.5, 0.4, 0.6)


@pytest.mark.parametrize("mode", ["optimised", "ard"])
def test_a_mode_that_was_not_fitted_gives_way_to_one_that_was(mode):
    table = intervals.exhibit(coverage(), modes=[mode], levels=LEVELS).table
    assert len(table.shown) == 4
