"""H0 by re-pairing: equal to a loop, level without effect, power with one."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import stats

from incomelens.common.errors import InputError
from incomelens.topology.hypotheses import deviations, joint_p_value, p_values
from incomelens.topology.ratios import RatioTerms, activation_ratio, mean_terms
from incomelens.topology.repairing import block_sums, draw_transforms, repaired_ratios

from . import worlds

N_WORLDS = 500
N_DRAWS = 99


def repaired(world, rng, *, by_tile=False, n_draws=N_DRAWS):
    """Deviations of the mean ratios of a world under re-pairing."""
    block = np.arange(len(world.block)) if by_tile else world.block
    terms = mean_terms(world.activation_sum, world.area_share)
    drawn = draw_transforms(block.max() + 1, n_draws=n_draws, rng=rng)
    return deviations(repaired_ratios(block_sums(terms, block, block.max() + 1), drawn))


def test_repaired_ratios_equal_a_loop_over_draws_and_tiles():
    rng = np.random.default_rng(0)
    world = worlds.null_world(rng, 12, tiles_a_block=3)
    terms = mean_terms(world.activation_sum, world.area_share)
    drawn = draw_transforms(4, n_draws=5, rng=rng)
    found = repaired_ratios(block_sums(terms, world.block, 4), drawn)
    ratio = activation_ratio(world.activation_sum, world.area_share)
    for row, transforms in enumerate([np.zeros(4, dtype=int), *drawn]):
        mixed = np.array([ratio[transforms[b], tile] for tile, b in enumerate(world.block)])
        assert_allclose(found[row], np.nanmean(mixed, axis=0))


def test_pieces_of_draws_make_the_same_ratios_as_one_go(monkeypatch):
    rng = np.random.default_rng(0)
    world = worlds.null_world(rng, 12)
    by_block = block_sums(mean_terms(world.activation_sum, world.area_share), world.block, 12)
    drawn = draw_transforms(12, n_draws=7, rng=rng)
    whole = repaired_ratios(by_block, drawn)
    monkeypatch.setattr("incomelens.topology.repairing.DRAWS_AT_ONCE", 25)
    assert_array_equal(repaired_ratios(by_block, drawn), whole)


def test_blocks_without_tiles_of_the_group_add_nothing():
    terms = RatioTerms(np.ones((8, 2, 1)), np.ones((8, 2, 1)))
    sums = block_sums(terms, np.array([3, 1]), 5)
    assert_array_equal(sums.numerator[2, :, 0], [0, 1, 0, 1, 0])


def test_draws_use_all_eight_transforms_alike():
    drawn = draw_transforms(50, n_draws=400, rng=np.random.default_rng(0))
    counts = np.bincount(drawn.ravel(), minlength=8)
    assert stats.chisquare(counts).pvalue > 0.001


def test_seven_transforms_are_refused():
    terms = RatioTerms(np.ones((7, 2, 1)), np.ones((7, 2, 1)))
    with pytest.raises(InputError, match=r"under 7 transforms of the map, expected 8"):
        repaired_ratios(terms, np.zeros((3, 2), dtype=np.int8))


NULL_WORLDS = {
    "plain": {"n": 40},
    "centre_bias": {"n": 40, "centre_bias": 0.9},
    "blocks_alike": {"n": 60, "tiles_a_block": 4, "alike": 0.7},
}


@pytest.fixture(scope="module", params=NULL_WORLDS)
def null_p(request):
    """P of every class and jointly over many worlds in which H0 holds."""
    rng = np.random.default_rng(17)
    drawn = []
    for _ in range(N_WORLDS):
        deviation = repaired(worlds.null_world(rng, **NULL_WORLDS[request.param]), rng)
        drawn.append([*p_values(deviation), joint_p_value(deviation)])
    return np.array(drawn)


def test_p_values_are_uniform_under_h0(null_p):
    # P takes the values 0.01, .., 1: spread them evenly over their steps.
    spread = null_p - np.random.default_rng(0).random(null_p.shape) / (N_DRAWS + 1)
    for column in spread.T:
        assert stats.kstest(column, "uniform").pvalue > 0.001


@pytest.mark.parametrize("level", [0.05, 0.2])
def test_true_nulls_are_rejected_as_often_as_stated(null_p, level):
    for column in null_p.T:
        assert worlds.fits_level(column <= level, level)


def test_single_tiles_reject_true_nulls_where_neighbours_are_alike():
    rng = np.random.default_rng(1)
    p = []
    for _ in range(200):
        world = worlds.null_world(rng, 60, tiles_a_block=6, alike=1.0)
        p.append(joint_p_value(repaired(world, rng, by_tile=True)))
    assert worlds.rejects_too_often(np.array(p) <= 0.05, 0.05)


def test_comparing_with_one_rejects_true_nulls_where_maps_favour_the_centre():
    rng = np.random.default_rng(1)
    p = []
    for _ in range(200):
        world = worlds.null_world(rng, 60, centre_bias=0.9)
        ratio = activation_ratio(world.activation_sum[0], world.area_share)
        # Every class by chance, but a class of a small share lies off the centre.
        small = np.where((world.area_share > 0) & (world.area_share < 0.2), ratio, np.nan)
        p.append(stats.ttest_1samp(small[np.isfinite(small)], 1).pvalue)
    assert worlds.rejects_too_often(np.array(p) <= 0.05, 0.05)


def test_a_class_with_more_activation_is_found_and_named():
    rng = np.random.default_rng(3)
    classes, saliency = worlds.land(rng, 80), worlds.maps(rng, 80)
    lit = saliency * np.where(classes.reshape(saliency.shape) == 2, 2.0, 1.0)
    world = worlds.summed(lit, classes, np.arange(80))
    deviation = repaired(world, rng, n_draws=199)
    assert deviation[0].argmax() == 2
    assert p_values(deviation)[2] == 1 / 200
    assert joint_p_value(deviation) == 1 / 200


def test_relabelling_classes_moves_their_p_along():
    world = worlds.null_world(np.random.default_rng(0), 20)
    order = [3, 1, 4, 0, 2]
    turned = worlds.World(
        world.activation_sum[:, :, order], world.area_share[:, order], world.block
    )
    p = p_values(repaired(world, np.random.default_rng(1)))
    assert_array_equal(p_values(repaired(turned, np.random.default_rng(1))), p[order])
