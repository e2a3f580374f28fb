"""Tables of the contract: from long tables to rows, planted effects, edges and misuse."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from incomelens.cells.urban_classes import land_use_list
from incomelens.common.contracts import check_written
from incomelens.common.errors import InputError
from incomelens.topology.hypothesis_tables import h0_table, h1_table
from incomelens.topology.inputs import tile_group
from incomelens.topology.pair_tables import coactivation_table, gain_table
from incomelens.topology.ratios import mean_terms, pooled_terms
from incomelens.topology.tables import activation_ratio_table, probability_table, tile_ratio_table

from . import worlds

NAMES = land_use_list().names

DRAWS = {"n_resamples": 60, "n_draws": 99, "seed": 1}


@pytest.fixture(scope="module")
def world():
    """160 tiles of five residential classes in which class `medium` is activated three times."""
    rng = np.random.default_rng(0)
    classes, saliency = worlds.land(rng, 160), worlds.maps(rng, 160)
    lit = saliency * np.where(classes.reshape(saliency.shape) == 2, 3.0, 1.0)
    predicted = rng.permutation(np.repeat([1, 2, 3, 4, 5], 32))
    return worlds.summed(lit, classes, np.arange(160) // 4), predicted


@pytest.fixture(scope="module")
def city(world):
    made, predicted = world
    return worlds.tables_of(
        made.activation_sum, made.area_share, predicted=predicted, block=made.block
    )


@pytest.fixture(scope="module")
def pairings(world):
    return worlds.pairings_of(world[0], predicted=world[1])


def ratio_table(city, pairings, **options):
    attribution, *others = city
    return activation_ratio_table(attribution, pairings, *others, **DRAWS | options)


@pytest.fixture(scope="module")
def ratios(city, pairings):
    return ratio_table(city, pairings)


@pytest.fixture(scope="module")
def pairs(city):
    return coactivation_table(*city, **DRAWS)


def row(table, **labels):
    found = table[(table[list(labels)] == pd.Series(labels)).all(axis=1)]
    assert len(found) == 1
    return found.iloc[0]


def test_activation_ratios_have_a_row_for_every_published_class(ratios):
    assert {"method", "ses", "urban_class", "n", "ratio", "ci_low", "ci_high"} < set(ratios)
    assert {"p_value", "q_value", "effect_size"} < set(ratios)
    assert len(ratios) == 2 * 18
    assert "ports" not in set(ratios["urban_class"])


def test_ratios_are_those_of_the_tiles_predicted_so(city, ratios):
    group = tile_group(*city, method="guided", ses="low")
    predictions = city[1].set_index("cell_id")["predicted"]
    assert set(predictions[group.cell_id]) == {1, 2}
    assert len(group.cell_id) == 64
    assert_allclose(group.area_share.sum(axis=1), 1)
    x = mean_terms(group.activation_sum[0], group.area_share).value
    found = ratios[ratios["ses"] == "low"].set_index("urban_class")["ratio"]
    for place, name in enumerate(NAMES[:5]):
        assert found[name] == pytest.approx(x[place])


def test_ratios_of_a_group_are_means_of_those_of_its_tiles(city, ratios):
    tiles = tile_ratio_table(city[0])
    predicted = tiles["cell_id"].map(city[1].set_index("cell_id")["predicted"])
    low = tiles[(tiles["target"] == "low") & predicted.isin([1, 2])]
    mean = low.groupby("urban_class")["activation_ratio"].mean()
    found = ratios[ratios["ses"] == "low"].set_index("urban_class")["ratio"]
    assert_allclose(found[list(NAMES[:5])], mean[list(NAMES[:5])])


def test_a_tile_has_a_ratio_of_each_class_it_holds_and_none_where_its_map_is_empty(city):
    attribution = city[0].copy()
    first = attribution["cell_id"].iloc[0]
    attribution.loc[attribution["cell_id"] == first, "activation_sum"] = 0.0
    tiles = tile_ratio_table(attribution)
    held = attribution[(attribution["transform"] == 0) & (attribution["area_share"] > 0)]
    assert len(tiles) == len(held)
    assert tiles["activation_ratio"].isna().equals(tiles["cell_id"] == first)
    weighted = (tiles["area_share"] * tiles["activation_ratio"]).groupby(
        [tiles["target"], tiles["cell_id"]]
    )
    assert_allclose(weighted.sum(min_count=1).dropna(), 1)


def test_measures_beside_the_mean_are_those_of_the_tiles(city, pairings, ratios):
    group = tile_group(*city, method="guided", ses="high", transforms=range(8))
    found = ratios[ratios["ses"] == "high"].set_index("urban_class").loc[list(NAMES[:5])]
    terms = pooled_terms(group.activation_sum[0], group.area_share)
    assert_allclose(found["pooled_ratio"], terms.value[:5])
    # Half of a tile is far above the threshold of any study.
    large = ratio_table(city, pairings, minimum_share=0.5)
    large = large[large["ses"] == "high"].set_index("urban_class").loc[list(NAMES[:5])]
    terms = mean_terms(group.activation_sum[0], group.area_share, minimum_share=0.5)
    assert_allclose(large["min_share_ratio"], terms.value[:5])
    assert_array_equal(large["min_share_n"], (group.area_share[:, :5] >= 0.5).sum(axis=0))
    assert_allclose(large["ratio"], found["ratio"])
    # A hundred draws come near the mean over all of them.
    over_all = mean_terms(group.activation_sum, group.area_share).value.mean(axis=0)[:5]
    assert_allclose(found["turned_expected_ratio"], over_all, atol=0.05)


def test_the_planted_class_is_over_activated(ratios):
    table = h0_table({"here": ratios})
    check_written(ratios, "results/small/topology/here/block/activation_ratios.csv")
    check_written(table, "results/small/topology/h0-block.csv")
    for ses in ("low", "high"):
        medium = row(table, ses=ses, urban_class="medium")
        assert medium["decision"] == "over-activated"
        assert medium["effect_size"] > 0.5
        assert medium["ratio"] > medium["block_ci_low"] > medium["expected_ratio"]
        assert medium["turned_p_value"] == 0.01
    assert set(table["joint_decision"]) == {"rejected"}
    assert_array_equal(table["joint_p_value"], table["joint_p_value"].iloc[0])


def test_classes_that_are_nowhere_are_not_observed(ratios):
    water = row(h0_table({"here": ratios}), ses="low", urban_class="water")
    assert water["n"] == 0
    assert water["decision"] == "not observed"
    assert np.isnan(water[["ratio", "ci_low", "p_value", "q_value"]].astype(float)).all()


def test_observed_classes_have_no_missing_value(ratios, pairs):
    seen = ratios[ratios["n"] >= 10]
    assert seen.notna().all(axis=None)
    assert pairs[pairs["n"] >= 10].notna().all(axis=None)
    assert (
        pairs.loc[pairs["n"] < 10, "coactivation":]
        .drop(columns=["joint_p_value", "n_draws"])
        .isna()
        .all(axis=None)
    )


def test_pairs_are_ordered_and_rows_are_residential(pairs):
    assert set(pairs["urban_class"]) == {"continuous", "dense", "medium", "low", "very_low"}
    assert len(pairs) == 2 * 5 * 17
    assert (pairs["urban_class"] != pairs["neighbour_class"]).all()
    assert_allclose(
        pairs["coactivation"] / pairs["expected_no_interaction"], pairs["coactivation_adjusted"]
    )
    assert (pairs["n"] <= pairs["n_tiles"]).all()


def test_a_planted_interaction_survives_the_adjustment():
    rng = np.random.default_rng(2)
    activation, share = worlds.composed_world(rng, [2, 1, 1], n=500, noise=0.3, interaction=2.0)
    tables = worlds.tables_of(
        np.array([activation] * 8), share, predicted=np.ones(500, dtype=int), block=np.arange(500)
    )
    pairs = coactivation_table(*tables, **DRAWS)
    table = h1_table({"here": pairs})
    check_written(pairs, "results/small/topology/here/block/coactivation.csv")
    check_written(table, "results/small/topology/h1-block.csv")
    pair = row(table, ses="low", urban_class="continuous", neighbour_class="dense")
    assert pair["decision"] == pair["plain_decision"] == "over-coactivated"
    assert pair["adjusted_ci_low"] > 1
    # All tiles are low: nothing can be said about high.
    assert set(table.loc[table["ses"] == "high", "decision"]) == {"not observed"}


def test_intervals_stand_around_their_own_values(pairs):
    seen = pairs[pairs["n"] >= 10]
    for value, prefix in (("coactivation", ""), ("coactivation_adjusted", "adjusted_")):
        for ends in ("ci", "block_ci"):
            low, high = (seen[f"{prefix}{ends}_{end}"] for end in ("low", "high"))
            # The percentiles of a hundred resamples need not hold every value.
            assert seen[value].between(low, high).mean() > 0.9


def test_without_interaction_plain_coactivation_is_rejected_and_adjusted_is_not():
    rng = np.random.default_rng(5)
    activation, share = worlds.composed_world(rng, [6, 1, 1, 1], n=400, noise=0.3)
    tables = worlds.tables_of(
        np.array([activation] * 8), share, predicted=np.ones(400, dtype=int), block=np.arange(400)
    )
    table = h1_table({"here": coactivation_table(*tables, **DRAWS)})
    for neighbour in ("dense", "medium", "low"):
        pair = row(table, ses="low", urban_class="continuous", neighbour_class=neighbour)
        assert pair["coactivation"] > 1.05
        assert pair["plain_decision"] == "over-coactivated"
        assert pair["decision"] == "not rejected"


def test_blocks_count_in_the_test_of_pairs():
    world = worlds.spatial_world(np.random.default_rng(1), [3, 1, 2], tiles_a_block=20)
    everywhere = np.array([world.activation_sum] * 8)
    low = np.ones(len(world.block), dtype=int)
    by_block, by_tile = (
        coactivation_table(
            *worlds.tables_of(everywhere, world.area_share, predicted=low, block=block), **DRAWS
        )
        for block in (world.block, np.arange(len(low)))
    )
    seen = by_block["n"] >= 10
    # Tiles of a block are alike: six blocks say less than 120 tiles.
    assert by_block.loc[seen, "p_value"].mean() > by_tile.loc[seen, "p_value"].mean() + 0.05
    assert_array_equal(by_block.loc[seen, "effect_size"], by_tile.loc[seen, "effect_size"])


def test_every_family_of_one_method_spans_all_cities(ratios):
    table = h0_table({"one": ratios, "two": ratios.assign(p_value=ratios["p_value"] * 0 + 1)})
    assert list(table.columns[:4]) == ["city", "method", "ses", "urban_class"]
    medium = row(table, city="one", ses="low", urban_class="medium")
    assert medium["q_value"] > row(ratios, ses="low", urban_class="medium")["q_value"]


def test_all_predictions_in_one_class_leave_the_other_group_unobserved(world, city):
    attribution, predictions, folds = city
    high = worlds.pairings_of(world[0], predicted=np.full(160, 5))
    table = ratio_table((attribution, predictions.assign(predicted=5), folds), high)
    assert (table.loc[table["ses"] == "low", "n"] == 0).all()
    observed = table[table["n"] > 0]
    assert len(observed) == 5
    assert observed.notna().all(axis=None)
    middle = ratio_table((attribution, predictions.assign(predicted=3), folds), high)
    assert set(h0_table({"here": middle})["joint_decision"]) == {"too few tiles"}


@pytest.mark.parametrize("silent", [False, True])
def test_one_tile_gives_an_estimate_and_no_test(world, city, silent):
    attribution, predictions, folds = city
    cell = predictions["cell_id"].iloc[0]
    one = attribution[attribution["cell_id"] == cell]
    one = one.assign(activation_sum=one["activation_sum"] * (not silent))
    predictions = predictions[predictions["cell_id"] == cell].assign(predicted=1)
    pairings = worlds.pairings_of(world[0], predicted=np.ones(160), tiles_a_stratum=160)
    if silent:
        pairings["activation_sums"] *= 0
    table = ratio_table((one, predictions, folds), pairings)
    assert (table["ratio"].notna().any()) != silent
    assert table["p_value"].isna().all()
    pairs = h1_table({"here": coactivation_table(one, predictions, folds, **DRAWS)})
    assert set(pairs["decision"]) <= {"not observed", "too few tiles"}


def test_tiles_mostly_excluded_are_left_out(city):
    attribution, predictions, folds = city
    cell = predictions.loc[predictions["predicted"] == 1, "cell_id"].iloc[0]
    share = np.where(attribution["cell_id"] == cell, 0.51, 0.5)
    some = attribution.assign(excluded_share=share)
    kept = tile_group(some, predictions, folds, method="guided", ses="low").cell_id
    assert len(kept) == 63
    assert cell not in kept


def test_the_order_of_rows_and_of_methods_plays_no_part(city, pairings, ratios):
    attribution, predictions, folds = city
    both = pd.concat([attribution.assign(method="gradcam"), attribution]).sample(
        frac=1, random_state=0
    )
    both = both.astype({"method": "category", "target": "category", "urban_class": "category"})
    paired = pd.concat([pairings.assign(method="gradcam"), pairings]).sample(frac=1, random_state=0)
    again = ratio_table((both, predictions.sample(frac=1, random_state=0), folds[::-1]), paired)
    guided = again[again["method"] == "guided"].reset_index(drop=True)
    pd.testing.assert_frame_equal(guided, ratios)


def test_probabilities_and_gains_by_hand():
    cells = [f"cell {n:02d}" for n in range(40)]
    observed = np.tile([1, 2, 4, 3], 10)
    predictions = pd.DataFrame({"cell_id": cells, "observed": observed, "predicted": 5})
    folds = pd.DataFrame({"cell_id": cells, "block": np.arange(40) // 4})
    rows = [(cell, "dense", 0.5) for cell in cells]
    rows += [(cell, "water", 0.2) for cell, low in zip(cells, observed, strict=True) if low < 4]
    rows += [(cell, "excluded", 0.3) for cell in cells] + [(cells[0], "natural", 0.0)]
    shares = pd.DataFrame(rows, columns=["cell_id", "urban_class", "area_share"])
    options = {"n_resamples": 50, "seed": 0}
    table = probability_table(shares, predictions, folds, **options)
    dense = row(table, ses="low", urban_class="dense")
    assert dense["n"] == 40
    assert dense["probability"] == 0.5
    assert dense["ci_low"] < 0.5 < dense["ci_high"]
    # Every block has two low tiles of four.
    assert_array_equal(dense[["block_ci_low", "block_ci_high"]].astype(float), 0.5)
    assert row(table, ses="low", urban_class="water")["probability"] == pytest.approx(2 / 3)
    assert row(table, ses="low", urban_class="natural")["n"] == 0
    gains = gain_table(shares, predictions, folds, **options)
    check_written(table, "results/small/topology/here/probabilities.csv")
    check_written(gains, "results/small/topology/here/gains.csv")
    pair = row(gains, ses="low", urban_class="dense", neighbour_class="water")
    assert pair["n"] == 30
    assert pair["gain"] == pytest.approx(4 / 3)
    predicted = probability_table(shares, predictions, folds, label="predicted", **options)
    assert row(predicted, ses="high", urban_class="dense")["probability"] == 1


def misuses():
    def drop_transform(a, p, f):
        return a[~((a["transform"] == 3) & (a["cell_id"] == p["cell_id"].iloc[0]))], p, f

    def twice(a, p, f):
        return pd.concat([a, a.iloc[:1]]), p, f

    def unknown(a, p, f):
        return a.assign(urban_class=a["urban_class"].replace("medium", "heath")), p, f

    def no_prediction(a, p, f):
        return a, p.iloc[1:], f

    def no_block(a, p, f):
        return a, p, f.iloc[:-2]

    def two_predictions(a, p, f):
        return a, pd.concat([p, p.iloc[:1]]), f

    return [
        (drop_transform, r"activation sums are missing, first of cell .*, transform 3; expected"),
        (twice, r"1 activation sums stand twice, first of cell cell 0000, class .*, transform 0"),
        (unknown, r"urban_class: heath unknown; known are continuous, dense"),
        (no_prediction, r"predictions: 1 cells of the attribution are missing: cell 0000"),
        (no_block, r"folds: 2 cells of the attribution are missing: cell 0158, cell 0159"),
        (two_predictions, r"predictions: cells cell 0000 stand twice"),
    ]


@pytest.mark.parametrize(
    ("change", "message"), misuses(), ids=lambda one: getattr(one, "__name__", "")
)
def test_tables_that_do_not_fit_are_refused(city, pairings, change, message):
    attribution, predictions, folds = city
    # All cells low, so that every row of the tables matters.
    tables = change(attribution, predictions.assign(predicted=1), folds)
    with pytest.raises(InputError, match=message):
        ratio_table(tables, pairings)


def test_what_is_no_map_is_tested_and_has_no_p_of_being_turned(city, pairings, ratios):
    attribution, predictions, folds = city
    as_is = attribution[attribution["transform"] == 0]
    table = ratio_table((as_is, predictions, folds), pairings)
    assert table["turned_p_value"].isna().all()
    pd.testing.assert_series_equal(table["p_value"], ratios["p_value"])


def test_pairings_of_another_run_are_refused(city, pairings):
    less = pairings[pairings["cell_id"] != pairings["cell_id"].iloc[0]]
    with pytest.raises(InputError, match=r"pairings: 1 tiles of the attribution are missing: cell"):
        ratio_table(city, less)
    other = pairings.assign(activation_sums=pairings["activation_sums"].map(lambda one: one * 2))
    with pytest.raises(InputError, match=r"pairings: own maps of 64 tiles have other sums than"):
        ratio_table(city, other)


def test_unknown_labels_and_no_cities_are_refused(city):
    attribution, predictions, folds = city
    with pytest.raises(InputError, match=r"label: 'income' is unknown; known are observed"):
        probability_table(attribution, predictions, folds, n_resamples=9, seed=0, label="income")
    with pytest.raises(InputError, match=r"no city's table was given"):
        h0_table({})
