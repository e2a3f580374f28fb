"""Tables of the aerial study's inference: the right rows, the paper's slots, readable misuse."""

import copy

import numpy as np
import pandas as pd
import pytest

from incomelens.common.errors import InputError
from incomelens.paper.aerial import models_table
from incomelens.paper.aerial.figure_2 import confusion_table
from incomelens.paper.aerial.inputs import stacked
from incomelens.paper.aerial.names import model_labels, ordered_schemes
from incomelens.paper.aerial.scores import confusion_scores, scores_of_cities
from incomelens.paper.aerial.transfer import transfer_matrix
from incomelens.paper.reference import Reference

from ..inference_world import CITY, NETWORKS, evaluations, transfer

NAMES = {"paris": "Paris", "lyon": "Lyon", **CITY}


@pytest.fixture(scope="module")
def cities():
    return {"paris": evaluations(0), "lyon": evaluations(1)}


@pytest.fixture(scope="module")
def drawn(cities):
    places = [(city, "random") for city in cities]
    parts = [cities[city]["random"] for city in cities]
    confusion = confusion_table([part.confusion for part in parts], places)
    return confusion, scores_of_cities([part.summary for part in parts], places)


@pytest.fixture(scope="module")
def models(cities):
    places = [(city, scheme) for city in cities for scheme in cities[city]]
    parts = [cities[city][scheme] for city, scheme in places]
    return models_table.exhibit(
        [part.summary for part in parts],
        [part.comparisons for part in parts],
        names=NAMES,
        places=places,
        networks=NETWORKS,
    ).table


@pytest.fixture(scope="module")
def travelled():
    return transfer()


def value(evaluation, scope, metric, *, model="main", cells="all", column="value"):
    table = evaluation.summary
    keys = {"scope": scope, "metric": metric, "model": model, "cells": cells}
    (row,) = table[np.logical_and.reduce([table[k] == v for k, v in keys.items()])].to_dict(
        "records"
    )
    return row[column]


def test_confusion_shows_the_main_network_over_all_cells(drawn, cities):
    confusion, _ = drawn
    assert set(confusion["model"]) == {"main"}
    assert set(confusion["cells"]) == {"all"}
    n = confusion.groupby("city")["n"].sum()
    for city, one in cities.items():
        assert n[city] == value(one["random"], "pooled", "mae", column="n")


def test_scores_of_figure_2_are_means_over_folds_with_block_intervals(drawn, cities, reference):
    table = confusion_scores(*drawn, reference, names=NAMES)
    cell = table.shown.set_index("City").loc["Lyon", "r: ours"]
    ends = [
        value(cities["lyon"]["random"], "mean_of_folds", "pearson_r", column=column)
        for column in ("value", "block_ci_low", "block_ci_high")
    ]
    assert list(cell) == ends


def test_printed_values_stand_beside_the_city_they_belong_to(drawn, reference):
    shown = confusion_scores(*drawn, reference, names=NAMES).shown.set_index("City")
    assert shown.loc["Lyon", "r: paper"] == 0.65
    assert shown.loc["Lyon", "MAE: paper"] == 0.80
    assert shown.loc["Paris", "MAE: paper"] == 0.72
    assert np.isnan(shown.loc["Paris", "r: paper"])
    assert shown.loc["Lowest of the cities", "Acc±1: paper"] == 0.82
    assert shown.loc["Highest of the cities", "Acc±1: paper"] == 0.85
    assert shown.loc["Paris", "Hardest class: paper"] == 4


def test_our_range_spans_the_cities(drawn, cities, reference):
    shown = confusion_scores(*drawn, reference, names=NAMES).shown.set_index("City")
    ours = [value(cities[city]["random"], "mean_of_folds", "mae") for city in cities]
    assert shown.loc["Lowest of the cities", "MAE: ours"] == min(ours)
    assert shown.loc["Highest of the cities", "MAE: ours"] == max(ours)


def test_csv_of_figure_2_holds_ranges_and_hardest_classes_beside_the_paper(drawn, reference):
    numbers = confusion_scores(*drawn, reference, names=NAMES).numbers
    ends = numbers[numbers["scope"] == "highest_of_cities"].set_index("metric")
    assert ends.loc["mae", "paper"] == 0.80
    means = numbers[(numbers["scope"] == "mean_of_folds") & (numbers["metric"] == "mae")]
    assert ends.loc["mae", "value"] == means["value"].max()
    hardest = numbers[numbers["metric"] == "hardest_class"].set_index("city")
    assert hardest["paper"].tolist() == [4, 4]


def test_hardest_class_is_the_one_least_often_recognised(drawn, cities, reference):
    shown = confusion_scores(*drawn, reference, names=NAMES).shown.set_index("City")
    classes = cities["paris"]["random"].classes.query("model == 'main' and cells == 'all'")
    expected = classes.set_index("income_class")["recall"].idxmin()
    assert shown.loc["Paris", "Hardest class: ours"] == expected


def test_city_that_the_paper_does_not_have_shows_dashes(drawn, reference):
    confusion, scores = (table.replace({"city": {"lyon": "valmorin"}}) for table in drawn)
    table = confusion_scores(confusion, scores, reference, names=NAMES)
    (line,) = [line for line in table.forms()["md"].splitlines() if "Valmorin" in line]
    cells = [cell.strip() for cell in line.split("|")[1:-1]]
    assert [cells[k] for k in (3, 5, 7, 9, 11)] == ["–"] * 5
    assert cells[1] == "54"


def test_typed_slot_reaches_the_table(drawn, reference):
    slots = copy.deepcopy(dict(reference.slots))
    slots["aerial"]["figure_2"]["cities"]["paris"]["accuracy"] = 0.43
    table = confusion_scores(*drawn, Reference("test", slots), names=NAMES)
    assert table.shown.set_index("City").loc["Paris", "Acc: paper"] == 0.43


def test_models_table_has_a_row_for_every_model_sample_and_scheme(models):
    assert len(models.shown) == 2 * 2 * 2 * 4
    assert models.shown["City, folds and cells"].iloc[0] == "Paris, random folds, all cells"
    assert models.shown["Model"].iloc[0] == "Network: tf_efficientnet_lite0, binomial"


def test_models_table_shows_pooled_scores(models, cities):
    rows = models.shown.set_index(["City, folds and cells", "Model"])
    key = ("Lyon, spatial blocks, without imputed cells", "Copy the neighbours")
    expected = value(
        cities["lyon"]["block"], "pooled", "kappa_quadratic",
        model="copy_neighbours", cells="without_imputed",
    )  # fmt: skip
    assert rows.loc[key, "Kappa"].value == expected
    assert np.isnan(rows.loc[key, "ECE"])


def test_difference_is_main_minus_the_other_and_has_its_sign(models, cities):
    rows = models.shown.set_index(["City, folds and cells", "Model"])
    place = "Paris, random folds, all cells"
    other = rows.loc[(place, "Copy the neighbours")]
    main = rows.loc[(place, "Network: tf_efficientnet_lite0, binomial")]
    gap = other["Network minus this: r"]
    assert gap.value == pytest.approx(main["r"].value - other["r"].value)
    assert gap.low <= gap.value <= gap.high
    assert np.isnan(main["Network minus this: r"])


def test_models_csv_has_both_scopes_and_differences_of_the_pooled_alone(models):
    numbers = models.numbers
    assert set(numbers["scope"]) == {"pooled", "mean_of_folds"}
    means = numbers[numbers["scope"] == "mean_of_folds"]
    assert means["main_minus_this"].isna().all()
    others = numbers[(numbers["scope"] == "pooled") & (numbers["model"] == "softmax")]
    assert others["main_minus_this"].notna().all()


@pytest.mark.parametrize(
    ("weights", "told"), [("timm", "lite0 (weights timm)"), ("none", "lite0 (random weights)")]
)
def test_frozen_features_are_told_with_their_backbone_and_weights(cities, weights, told):
    part = cities["paris"]["random"]
    summary = part.summary.replace({"model": {"copy_neighbours": "frozen_ridge"}})
    networks = {"main": {**NETWORKS["main"], "weights": weights}}
    table = models_table.exhibit(
        [summary], [part.comparisons], names=NAMES, places=[("paris", "random")], networks=networks
    ).table
    assert "Frozen features, ridge" in set(table.shown["Model"])
    assert told in table.notes[-1]


def test_transfer_table_marks_the_own_city_and_leaves_its_loss_empty(travelled):
    table = transfer_matrix(travelled, names=CITY, scheme="random").shown
    assert table["Tested on"].tolist() == ["Aubervieux"] * 2 + ["Valmorin"] * 2
    own = table["Trained on"].str.endswith("(own)")
    assert own.tolist() == [True, False, False, True]
    assert table.loc[own, "Loss of r"].isna().all()
    gap = table.loc[1, "Loss of r"].value
    assert gap == pytest.approx(table.loc[0, "r"].value - table.loc[1, "r"].value)
    assert table.loc[own, "r, networks averaged"].isna().all()
    assert table.loc[1, "r, networks averaged"].value > table.loc[1, "r"].value


def test_networks_that_share_a_name_are_told_apart():
    labels = model_labels({"main": NETWORKS["main"], "again": NETWORKS["main"]})
    assert labels["again"] == "tf_efficientnet_lite0, binomial (again)"
    assert len(set(labels.values())) == len(labels)


def test_random_folds_come_first():
    assert ordered_schemes(["block", "random", "block"]) == ["random", "block"]


def test_no_city_at_all_is_told():
    with pytest.raises(InputError, match="there is no table; name at least one city"):
        stacked([], [], "confusion")


def test_city_without_a_name_is_told(drawn, reference):
    with pytest.raises(InputError, match="none for lyon; there are those of paris"):
        confusion_scores(*drawn, reference, names={"paris": "Paris"})


def test_tables_are_matched_to_their_places():
    with pytest.raises(ValueError, match="zip"):
        stacked([pd.DataFrame({"a": [1]})], [("x", "random"), ("y", "random")], "t")
