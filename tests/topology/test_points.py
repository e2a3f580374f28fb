"""Maps on annotated points: planted light is found, even maps are not."""

import numpy as np
import pandas as pd
import pytest

from incomelens.cells.urban_classes import land_use_list
from incomelens.common.contracts import check_written
from incomelens.tiles.points import ELSEWHERE
from incomelens.topology.points import judged_points, point_ratio_table

from . import worlds

NAMES = land_use_list().names
DRAWS = {"n_resamples": 60, "n_draws": 199, "seed": 1}


def table_of(light):
    """Discs on a fifth of 160 tiles, on which maps are so many times as bright."""
    rng = np.random.default_rng(0)
    land, saliency = worlds.land(rng, 160), worlds.maps(rng, 160)
    within = land == 2
    lit = saliency * np.where(within.reshape(saliency.shape), light, 1.0)
    predicted = rng.permutation(np.repeat([1, 2, 3, 4, 5], 32))
    world = worlds.summed(lit, np.where(within, 0, 1), np.arange(160) // 4)
    attribution, *others = worlds.tables_of(
        world.activation_sum, world.area_share, predicted=predicted, block=world.block
    )
    parts = {NAMES[0]: "trees", NAMES[1]: ELSEWHERE}
    attribution, pairings = (
        table.assign(urban_class=table["urban_class"].map(parts), points="trees")
        for table in (attribution, worlds.pairings_of(world, predicted=predicted))
    )
    return point_ratio_table(attribution, pairings, *others, **DRAWS)


def test_maps_that_fall_on_points_are_found_beyond_both_nulls():
    found = table_of(3.0)
    assert found["urban_class"].tolist() == ["trees", "trees"]
    assert (found["ratio"] > 1.5).all()
    assert (found["p_value"] < 0.05).all()
    assert (found["turned_p_value"] < 0.05).all()


def test_even_maps_have_a_ratio_of_one():
    found = table_of(1.0)
    assert found["ratio"].to_numpy() == pytest.approx(found["expected_ratio"].to_numpy(), abs=0.15)
    assert (found["p_value"] > 0.01).all()


def test_the_list_of_the_study_is_in_use_again_afterwards():
    table_of(1.0)
    assert land_use_list().names == NAMES
    assert isinstance(table_of(1.0), pd.DataFrame)


def test_points_that_maps_of_shuffled_labels_fall_on_as_well_are_not_relied_on():
    lit, even = table_of(3.0), table_of(1.0)
    beyond = judged_points({"town": lit}, {"town": even})
    assert beyond["relied_on"].all()
    assert (beyond["beyond_shuffled"] > 2).all()
    neither = judged_points({"town": lit}, {"town": lit})
    assert (neither["decision"] == "over-activated").all()
    assert not neither["relied_on"].any()
    assert neither["beyond_shuffled"].to_numpy() == pytest.approx(0)


def test_without_the_second_null_nothing_is_said_of_it():
    alone = judged_points({"town": table_of(3.0)}, {})
    assert (alone["decision"] == "over-activated").all()
    assert alone[["beyond_shuffled", "relied_on"]].isna().all(axis=None)


@pytest.mark.parametrize("second", [True, False])
def test_judged_points_keep_their_contract(second):
    lit = {"town": table_of(3.0)}
    check_written(judged_points(lit, lit if second else {}), "topology/points-random.csv")
