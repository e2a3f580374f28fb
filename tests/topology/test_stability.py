"""Stability of class ratios."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import spearmanr

from incomelens.cells.urban_classes import land_use_list
from incomelens.common.contracts import check_written
from incomelens.topology.inputs import tile_group
from incomelens.topology.ratios import mean_terms
from incomelens.topology.stability import stability_summary, stability_table

from . import worlds

NAMES = land_use_list().names

BRIGHT = np.array([4, 1, 0.5, 2, 0.25])


def city(seed, intensity=BRIGHT, *, n=240, methods=("guided", "gradcam")):
    rng = np.random.default_rng(seed)
    activation, share = worlds.composed_world(rng, intensity, n=n)
    wide = np.zeros((2, n, len(NAMES)))
    wide[:, :, : len(intensity)] = activation, share
    predicted = np.arange(n) % 5 + 1
    parts = [
        worlds.tables_of(
            np.array([wide[0]] * 8), wide[1], predicted=predicted, block=np.arange(n), method=name
        )
        for name in methods
    ]
    attribution = pd.concat([one[0] for one in parts], ignore_index=True)
    folds = parts[0][2].assign(fold=np.arange(n) // (n // 2))
    return attribution, parts[0][1], folds


@pytest.fixture(scope="module")
def table():
    main, other = city(1), city(2, BRIGHT[::-1])
    return stability_table(
        {"main": main[0], "other": other[0], "copy": main[0]},
        main[1],
        main[2],
        least_tiles=10,
    )


def row(table, **names):
    chosen = table
    for name, value in names.items():
        chosen = chosen[chosen[name] == value]
    assert len(chosen) == 1
    return chosen.iloc[0]


def test_constant_intensities_come_out_alike_on_other_folds(table):
    found = row(table, between="folds", network="main", method="guided", ses="low")
    assert found["spearman"] > 0.8
    assert found["n_classes"] == 5


def test_a_copy_agrees_and_opposite_intensities_disagree(table):
    copied = row(table, between="networks", network="copy", method="guided", ses="high")
    assert copied["spearman"] == pytest.approx(1.0)
    other = row(table, between="networks", network="other", method="guided", ses="high")
    # Of the intensities in each other's order: 1 - 6 · 34 / 120.
    assert other["spearman"] == pytest.approx(-0.7)


def test_correlations_are_those_of_the_mean_ratios():
    attribution, predictions, folds = city(3)
    table = stability_table({"main": attribution}, predictions, folds, least_tiles=1)
    means = []
    for ses in ("low", "high"):
        group = tile_group(attribution, predictions, folds, method="guided", ses=ses)
        terms = mean_terms(group.activation_sum[0], group.area_share)
        means.append(terms.value[list(land_use_list().published)])
    known = np.isfinite(means[0]) & np.isfinite(means[1])
    expected = spearmanr(means[0][known], means[1][known]).statistic
    found = row(table, between="ses", method="guided")
    assert found["spearman"] == pytest.approx(expected)
    same = row(table, between="methods", ses="low")
    assert same["spearman"] == pytest.approx(1.0)


def test_too_few_tiles_or_classes_give_no_correlation():
    attribution, predictions, folds = city(4, n=20)
    table = stability_table({"main": attribution}, predictions, folds, least_tiles=50)
    assert table["n_classes"].eq(0).all()
    assert table["spearman"].isna().all()


def test_the_summary_takes_folds_together_and_medians(table):
    summary = stability_summary({"a": table, "b": table})
    check_written(table, "results/small/topology/a/block-stability.csv")
    check_written(summary, "results/small/topology/stability.csv")
    chosen = table[
        (table["between"] == "folds") & (table["network"] == "main") & (table["method"] == "guided")
    ]
    found = row(summary, between="folds", network="main", method="guided")
    assert found["n"] == 2 * len(chosen)
    assert found["median"] == pytest.approx(chosen["spearman"].median())
    assert (found["a"], found["b"]) == ("one fold", "another")
