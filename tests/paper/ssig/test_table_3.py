"""Table 3: SSIG and the baselines as built, on own and common districts, beside the paper."""

import copy

import numpy as np
import pandas as pd
import pytest

from incomelens.common.errors import InputError
from incomelens.paper.names import BASELINES
from incomelens.paper.reference import Reference
from incomelens.paper.ssig import modality_ablation, table_3
from incomelens.paper.table import Estimate

TASK = "Tract, per-capita income"


@pytest.fixture
def scores(summary):
    """Scores of SSIG and of baselines without street views, which cover 30 of 40 districts."""
    ssig = summary[(summary["model"] == "ssig") & (summary["variant"] == "main")]
    ssig = ssig.assign(modalities="census")
    one = ssig[ssig["mode"] == "literal"].assign(modalities="prices+satellite", n=30)
    parts = [ssig.assign(sample="own"), ssig.assign(sample="common", n=30)]
    for place, name in enumerate(BASELINES):
        readings = ["main", "ridge_per_modality"] if "ridge" in name else ["main"]
        for reading in readings:
            found = one.assign(
                model=f"{name}-noSV", mode="reconstruction-v1", variant=reading,
                mean_of_folds=one["mean_of_folds"] + 1000 * (place + 1),
            )  # fmt: skip
            parts += [found.assign(sample="own"), found.assign(sample="common")]
    return pd.concat(parts, ignore_index=True)


@pytest.fixture
def shown(summary, reference, scores):
    table = table_3.exhibit(summary, reference, scores).table.shown
    return table[table["Task"].str.startswith(TASK)].reset_index(drop=True)


def test_ssig_stands_on_its_own_districts_and_on_the_common_ones(shown):
    ours = shown[shown["Reading"] == "all fitted"]
    assert ours[["Districts", "N"]].to_numpy().tolist() == [["own", 40], ["common", 30]]


def test_a_model_whose_districts_are_the_common_ones_has_one_line(shown):
    of_gp = shown[shown["Model"] == "Mixed-Siamese-like-GP-noSV"]
    assert of_gp[["Districts", "N"]].to_numpy().tolist() == [["own and common", 30]]


def test_folds_are_columns_beside_the_printed_value(shown):
    scores = [name for name in shown if name.startswith("r²: ")]
    assert scores == ["r²: paper", "r²: random", "r²: spatial blocks"]
    # SSIG in two readings on two sets of districts, Double-Ridge in two, four models in one.
    assert len(shown) == 4 + 2 + 4


def test_a_model_that_lacks_a_modality_stands_under_its_full_name_and_the_note_explains_it(
    shown, summary, reference, scores
):
    models = shown["Model"]
    assert {f"{name}-noSV" for name in BASELINES.values()} <= set(models)
    notes = " ".join(table_3.exhibit(summary, reference, scores).table.notes)
    assert "noSV: without street views" in notes
    assert "reconstruction-v1 is our documented reading" in notes
    assert "noSAT" not in notes
    assert "Without scores" not in notes


def test_both_readings_of_double_ridge_are_named(shown):
    place = shown["Model"].tolist().index("GP-Mixed-Siamese-like-Double-Ridge-noSV")
    assert shown["Model"][place + 1] == ""
    assert shown["Reading"][place : place + 2].tolist() == [
        "reconstruction-v1",
        "one first ridge a modality",
    ]


def test_a_cell_is_the_mean_of_folds_of_its_own_line(shown, scores):
    row = shown[shown["Model"] == "Mixed-Siamese-like-noSV"].iloc[0]
    expected = scores.query(
        "level == 'tract' and income == 'per_capita_income' and scheme == 'block' "
        "and model == 'mixed_siamese_like-noSV' and metric == 'cod' and sample == 'own'"
    ).iloc[0]
    assert row["CoD: spatial blocks"] == Estimate(
        expected["mean_of_folds"], expected["folds_ci_low"], expected["folds_ci_high"]
    )


def test_a_typed_slot_stands_beside_random_folds_and_own_districts(summary, reference, scores):
    slots = copy.deepcopy(dict(reference.slots))
    slots["ssig"]["table_3"]["tract"]["per_capita_income"]["mixed_siamese_like"]["r2"] = 0.5
    table = table_3.exhibit(summary, Reference("here", slots), scores).table
    shown = table.shown[table.shown["Model"] == "Mixed-Siamese-like-noSV"]
    assert shown["r²: paper"].tolist()[0] == 0.5
    assert "r²: paper" in table.printed
    typed = table.numbers.dropna(subset="paper")
    assert typed[["built_as", "scheme", "sample"]].to_numpy().tolist() == [
        ["mixed_siamese_like-noSV", "random", "own"]
    ]


def test_numbers_repeat_no_line(summary, reference, scores):
    numbers = table_3.exhibit(summary, reference, scores).table.numbers
    keys = ["level", "income", "built_as", "mode", "variant", "scheme", "sample", "metric"]
    assert not numbers.duplicated(keys).any()


def test_a_study_without_modalities_shows_five_empty_models(summary, reference):
    for none in (None, pd.DataFrame()):
        table = table_3.exhibit(summary, reference, none).table
        rows = table.shown[table.shown["Task"].str.startswith(TASK)]
        empty = rows[rows["Model"].isin(BASELINES.values())]
        assert len(empty) == 5
        assert empty[["Reading", "Districts", "N"]].isna().all(axis=None)
        assert empty["r²: random"].isna().all()


@pytest.fixture
def ablation(summary):
    one = summary[(summary["model"] == "ssig") & (summary["variant"] == "main")]
    one = one[(one["mode"] == "literal") & one["metric"].isin(["r2", "cod", "rmse_usd", "mae_usd"])]
    cases = {
        ("all", np.nan): ("prices+satellite", "mixed_siamese_like-noSV"),
        ("alone", "prices"): ("prices", "mixed_siamese_like-noSAT-noSV"),
        ("without", "satellite"): ("prices", "mixed_siamese_like-noSAT-noSV"),
    }
    return pd.concat(
        one.assign(
            case=case, modality=modality, modalities=read, model=model, mode="reconstruction-v1",
            pooled=0.1 * place, block_ci_low=-3.0, block_ci_high=0.9, mean_of_folds=place,
        )
        for place, ((case, modality), (read, model)) in enumerate(cases.items())
    )  # fmt: skip


def test_the_ablation_names_what_each_model_reads(ablation):
    shown = modality_ablation.exhibit(ablation).table.shown
    of_task = shown[shown["Task"].str.startswith(TASK) & (shown["Folds"] == "random")]
    assert of_task["The model reads"].tolist() == [
        "Everything there is",
        "House prices alone",
        "No satellite",
    ]
    assert of_task["Model"].tolist()[0] == "Mixed-Siamese-like-noSV"
    assert [cell.value for cell in of_task["CoD"]] == [0, 1, 2]


def test_the_ablation_is_printed_and_drawn(ablation, tmp_path):
    forms = ("csv", "json", "md", "tex", "html", "pdf", "png")
    modality_ablation.exhibit(ablation).write({form: tmp_path / f"a.{form}" for form in forms})
    assert (tmp_path / "a.png").stat().st_size > 5000
    assert (tmp_path / "a.pdf").read_bytes().startswith(b"%PDF")


def test_an_empty_ablation_says_where_to_ask_for_one(ablation):
    with pytest.raises(InputError, match=r"no rows; name a scheme .* siamese\.ablation\.schemes"):
        modality_ablation.exhibit(ablation.iloc[:0])
