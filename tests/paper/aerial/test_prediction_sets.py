"""The table of prediction sets: what is counted, what is judged, and what is left open."""

import pandas as pd
import pytest

from incomelens.common.errors import InputError
from incomelens.inference.prediction_sets import calibrate_sets
from incomelens.inference.set_coverage import coverage_of_sets
from incomelens.paper.aerial import prediction_sets
from incomelens.paper.table import rows

from ..inference_world import CITY, NETWORKS, inference_city

PLACES = [("valmorin", "block"), ("aubervieux", "random")]


@pytest.fixture(scope="module")
def coverage():
    """Tables of two cities of 315 cells, as the stage writes them, the main network certain."""
    found = []
    for seed, (_, scheme) in enumerate(PLACES):
        models = {"main": (0.9, True), "softmax": (1.1, True)}
        _, folds, predictions = inference_city(
            n_east=20, n_north=16, seed=seed, schemes=[scheme], models=models
        )
        sets = calibrate_sets(predictions[scheme], folds[scheme])
        found.append(coverage_of_sets(sets, folds[scheme], seed=0, n_resamples=50))
    return found


def shown(coverage, places=PLACES):
    made = prediction_sets.exhibit(coverage, names=CITY, places=places, networks=NETWORKS)
    return made.table


def one(coverage, **keys):
    for name, value in keys.items():
        coverage = coverage[coverage[name] == value]
    (row,) = rows(coverage)
    return row


def test_the_main_network_has_every_kind_of_set_and_others_one(coverage):
    table = shown(coverage).shown
    first = table[table["City and folds"] == "Aubervieux, random folds"]
    assert first["Set"].tolist() == [*prediction_sets.METHODS.values(), "conformal"]
    assert first["Network"].tolist() == ["Network: tf_efficientnet_lite0, binomial"] * 3 + [
        "tf_efficientnet_lite0, softmax"
    ]
    # Cities stand in the order of the study, whatever that of the files.
    assert table["City and folds"].iloc[-1] == "Valmorin, spatial blocks"


def test_numbers_are_those_of_the_stage(coverage):
    line = shown(coverage).shown.iloc[1]
    own = {"model": "main", "method": "split"}
    whole = one(coverage[1], **own, grouping="all")
    assert line["Coverage"] == (whole.coverage, whole.block_ci_low, whole.block_ci_high)
    assert line["n"] == whole.n
    assert line["Mean size"] == whole.mean_size
    poorest = one(coverage[1], **own, grouping="observed", group="1")
    assert line["Class: 1"] == poorest.coverage
    blocks = one(coverage[1], **own, grouping="block")
    assert line["Blocks"].value == blocks.coverage


def test_every_number_stands_in_the_csv(coverage):
    numbers = shown(coverage).numbers
    assert len(numbers) == sum(map(len, coverage))
    assert set(numbers["city"]) == set(CITY)


def row(low, high, n=500, n_blocks=20):
    return next(rows(pd.DataFrame([[low, high, n, n_blocks]], columns=COLUMNS)))


COLUMNS = ["block_ci_low", "block_ci_high", "n", "n_blocks"]


@pytest.mark.parametrize(
    ("judged", "says"),
    [
        (row(0.86, 0.93), "yes"),
        (row(0.91, 0.97), "yes"),
        (row(0.82, 0.93), "open"),
        (row(0.86, 0.89), "no"),
        (row(0.70, 0.80), "no"),
        (row(0.70, 0.80, n=49), "open"),
        (row(0.70, 0.80, n_blocks=9), "open"),
        (row(float("nan"), float("nan")), "open"),
        (row(1.0, 1.0), "open"),
    ],
)
def test_a_verdict_is_given_where_the_interval_allows_one(judged, says):
    assert prediction_sets.verdict(judged).says == says


def test_notes_say_what_is_exchangeable_under_the_folds_that_were_run(coverage):
    notes = " ".join(shown(coverage).notes)
    assert "Under random folds" in notes
    assert "Under spatial blocks" in notes
    assert "Under an unseen area" not in notes


def test_sets_that_hold_too_few_are_named_with_the_worst_first(coverage):
    told = [table.copy() for table in coverage]
    own = (told[1]["model"] == "main") & (told[1]["method"] == "split")
    third = own & (told[1]["grouping"] == "observed") & (told[1]["group"] == "3")
    for table in told:
        table[["block_ci_low", "block_ci_high", "n_blocks"]] = 0.5, 0.95, 20
    told[1].loc[third, ["coverage", "block_ci_high", "n"]] = 0.61, 0.7, 99
    whole = own & (told[1]["grouping"] == "all")
    told[1].loc[whole, ["coverage", "block_ci_high"]] = 0.82, 0.87
    assert shown(told).notes[-1] == (
        "Too few also in conformal sets of the main network: Aubervieux, random folds, conformal, "
        "class 3: 0.61; Aubervieux, random folds, conformal, all cells: 0.82."
    )


def test_a_city_without_a_name_is_told(coverage):
    with pytest.raises(InputError, match="none for valmorin"):
        prediction_sets.exhibit(
            coverage, names={"aubervieux": "A"}, places=PLACES, networks=NETWORKS
        )
