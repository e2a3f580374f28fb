"""Exhibits of R² of log income, of leaks of shared labels, and of a change of date."""

import numpy as np
import pandas as pd
import pytest

from incomelens.common.errors import InputError
from incomelens.folds.leakage import leakage_table
from incomelens.inference.dates import dates_table
from incomelens.inference.evaluation import evaluate
from incomelens.inference.income_scores import income_scores
from incomelens.paper.aerial import dates, leakage
from incomelens.paper.aerial import income_scores as scores_shown

from ..inference_world import NETWORKS, _predictions, inference_city

SCHEMES = ("random", "block")
PLACES = [("aubervieux", scheme) for scheme in SCHEMES]
NAMES = {"aubervieux": "Aubervieux"}


@pytest.fixture(scope="module")
def town():
    world, folds, predictions = inference_city(schemes=SCHEMES)
    unit = (np.arange(len(world.folds)) // 4).astype(str)
    return world, {scheme: own.assign(unit=unit) for scheme, own in folds.items()}, predictions


@pytest.fixture(scope="module")
def income(town):
    world, folds, predictions = town
    tables = [
        income_scores(
            predictions[scheme] | {"embedding_mine": predictions[scheme]["majority"]},
            folds[scheme],
            world.cells,
            seed=1,
            n_resamples=50,
        )
        for scheme in SCHEMES
    ]
    return tables, scores_shown.exhibit(tables, names=NAMES, places=PLACES, networks=NETWORKS)


def test_scores_of_income_stand_by_folds_and_model_with_their_intervals(income):
    tables, exhibit = income
    shown = exhibit.table.shown
    assert shown["City and folds"].drop_duplicates().tolist() == [
        "Aubervieux, random folds",
        "Aubervieux, spatial blocks",
    ]
    assert "Embedding mine, ridge" in set(shown["Model"])
    row = shown.iloc[0]
    first = tables[0].query("model == 'main' and metric == 'r2'").iloc[0]
    assert row["R²"].value == first["value"]
    assert row["R²"].low == first["block_ci_low"]
    assert "Without a log" not in " ".join(exhibit.table.notes)


def test_every_model_has_a_dot_a_scheme_at_its_r2(income):
    tables, exhibit = income
    (axes,) = exhibit.figure.axes
    dots = {line.get_gid(): line.get_xdata() for line in axes.lines if line.get_gid()}
    for scheme, table in zip(SCHEMES, tables, strict=True):
        expected = table.loc[table["metric"] == "r2", "value"]
        assert np.allclose(dots[f"dots {scheme}"], expected)


def test_the_table_of_leaks_sets_copying_beside_the_network(town):
    world, folds, predictions = town
    leak = leakage_table(folds, buffer_cells=0)
    summaries = [
        evaluate(predictions[s], folds[s], world.cells, seed=1, n_resamples=50).summary
        for s in SCHEMES
    ]
    table = leakage.exhibit(
        [leak], summaries, names=NAMES, cities=["aubervieux"], places=PLACES
    ).table
    row = table.shown.set_index("Folds").loc["random folds"]
    assert row["Unit in training, %"] == pytest.approx(100 * leak["unit_in_training"].iloc[0])
    numbers = table.numbers.set_index("scheme").loc["random"]
    assert row["Acc: network"].value == numbers["main_accuracy"]
    assert row["Acc: network"].low == numbers["main_accuracy_ci_low"]


@pytest.fixture(scope="module")
def of_dates(town):
    folds = town[1]["random"]
    predictions = {
        (a, b): pd.concat(
            _predictions(folds, 1.0 + (a != b), True, np.random.default_rng(model))
            .drop(columns=["fold", "observed"])
            .assign(model_fold=model)
            for model in range(2)
        )
        for a in ("2020", "2018")
        for b in ("2020", "2018")
    }
    table = dates_table(predictions, folds, seed=1, n_resamples=50)
    return table.assign(city="aubervieux")


def test_dates_stand_in_rows_of_training_and_columns_of_tests(of_dates):
    of_csv = of_dates.astype({"trained_on": int, "tested_on": int})
    exhibit = dates.exhibit(of_csv, names=NAMES, scheme="random")
    shown = exhibit.table.shown
    assert len(shown) == 8
    away = shown.query("`Trained on` == '2020' and `Tested on` == '2018' and Places == 'held out'")
    keys = "trained_on == '2020' and tested_on == '2018' and places == 'held_out'"
    row = of_dates.query(f"{keys} and metric == 'pearson_r'").iloc[0]
    assert away["Cost of the date: r"].iloc[0].value == row["cost_of_date"]
    titles = [axes.get_title(loc="left") for axes in exhibit.figure.axes]
    texts = " ".join(text.get_text() for axes in exhibit.figure.axes for text in axes.texts)
    for title in ("Places learnt from", "Places held out", "Cost of the date", "Cost of the place"):
        assert any(title in one for one in [*titles, texts])


def test_a_city_without_a_name_is_told(of_dates):
    with pytest.raises(InputError, match="aubervieux"):
        dates.exhibit(of_dates, names={"valmorin": "Valmorin"}, scheme="random")
