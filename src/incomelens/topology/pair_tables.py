"""Tables of one city's ordered pairs: coactivation, tested (H1), and co-appearance gains.

Columns as in :mod:`incomelens.topology.tables`. Pairs in too few tiles are listed with their ``n``
and without a value, like the empty cells of the paper's Fig. 6.
"""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from incomelens.cells.urban_classes import land_use_list
from incomelens.common.seeds import job_seed
from incomelens.topology.adjustment import adjustment_sums
from incomelens.topology.hypotheses import joint_p_value, q_values, until_settled
from incomelens.topology.inputs import (
    SES_CLASSES,
    TileGroup,
    labelled_tiles,
    methods_of,
    tile_group,
)
from incomelens.topology.intensities import fit_intensities
from incomelens.topology.pair_tests import PairTests
from incomelens.topology.pairs import LEAST_TILES, joint_tiles, pair_gains, pair_terms
from incomelens.topology.ratios import activation_ratio
from incomelens.topology.resampling import percentile_intervals
from incomelens.topology.tables import interval_columns

Values = NDArray[np.float64]


def coactivation_table(
    attribution: pd.DataFrame,
    predictions: pd.DataFrame,
    folds: pd.DataFrame,
    *,
    n_resamples: int,
    n_draws: int,
    seed: int,
    most_draws: int | None = None,
    n_cities: int = 1,
    least_tiles: int = LEAST_TILES,
) -> pd.DataFrame:
    """Coactivation of residential classes with every other class, plain and adjusted (Fig. 6).

    Parameters
    ----------
    attribution, predictions, folds : DataFrame
        As for :func:`incomelens.topology.inputs.tile_group`; the maps as they are (transform 0).
    n_resamples : int
        Of the bootstrap.
    n_draws, most_draws : int
        Least and most permutations; by default no more than least.
    seed : int
    n_cities : int
        Cities of the study, over which q values are taken.
    least_tiles : int
        Tiles that must hold both classes.

    Returns
    -------
    DataFrame
        Table ``topology/{city}/{scheme}/coactivation.csv``: a row for every method, SES and ordered
        pair.

    Raises
    ------
    InputError
        If the tables do not fit together.
    """
    frames = []
    for method in methods_of(attribution):
        tests, groups, rows = {}, {}, []
        for ses in SES_CLASSES:
            groups[ses] = tile_group(attribution, predictions, folds, method=method, ses=ses)
            seed_here = job_seed(seed, method, ses)
            tests[ses] = PairTests(groups[ses], seed=seed_here, least_tiles=least_tiles)
        away = until_settled(
            lambda n, tests=tests: np.hstack([one.extended(n) for one in tests.values()]),
            name=f"H1, {method}",
            n_families=n_cities,
            least=n_draws,
            most=most_draws or n_draws,
        )
        for ses, one in tests.items():
            columns = {"n_tiles": one.n_tiles, "varies": one.varies, **one.columns()}
            columns |= _estimated(
                groups[ses], n_resamples=n_resamples, seed=job_seed(seed, method, ses)
            )
            rows.append(_pair_frame(one.n, columns, least_tiles, method=method, ses=ses))
        table = pd.concat(rows, ignore_index=True)
        table["q_value"] = q_values(table["p_value"].to_numpy())
        table["plain_q_value"] = q_values(table["plain_p_value"].to_numpy())
        table["joint_p_value"] = joint_p_value(away)
        table["n_draws"] = len(away) - 1
        frames.append(table)
    return pd.concat(frames, ignore_index=True)


def gain_table(
    shares: pd.DataFrame,
    predictions: pd.DataFrame,
    folds: pd.DataFrame,
    *,
    n_resamples: int,
    seed: int,
    label: str = "observed",
    least_tiles: int = LEAST_TILES,
) -> pd.DataFrame:
    """Co-appearance gain of every residential class beside every other class (Fig. 6).

    Parameters are those of :func:`incomelens.topology.tables.probability_table`; pairs in fewer
    than `least_tiles` tiles are listed with their ``n`` and without a gain.

    Returns
    -------
    DataFrame
        Table ``topology/{city}/gains.csv``.
    """
    tiles = labelled_tiles(shares, predictions, folds, label=label)
    holds = tiles.holds[:, land_use_list().residential]
    frames = []
    for ses, in_group in tiles.in_group.items():
        value = np.where(holds, in_group[:, None].astype(np.float64), np.nan)
        terms = pair_terms(value, tiles.holds)
        intervals = percentile_intervals(
            terms, tiles.block, _gains, n_resamples=n_resamples, seed=job_seed(seed, "gain")
        )
        columns = {"gain": _gains(terms.sum(axis=0)), **interval_columns(intervals)}
        n = joint_tiles(holds, tiles.holds)
        frames.append(_pair_frame(n, columns, least_tiles, ses=ses))
    return pd.concat(frames, ignore_index=True)


def _estimated(group: TileGroup, *, n_resamples: int, seed: int) -> dict[str, Values]:
    """Coactivation, expected and adjusted, with intervals: residential × all classes."""
    activation, share = group.activation_sum[0], group.area_share
    ratio = activation_ratio(activation, share)
    intensities, residential = fit_intensities(activation, share), land_use_list().residential
    sums = adjustment_sums(ratio, share > 0, intensities, residential)
    plain, expected, adjusted = sums.values(sums.terms.sum(axis=0))
    ends = interval_columns(
        percentile_intervals(
            sums.terms, group.block, sums.values, n_resamples=n_resamples, seed=seed
        )
    )
    return {
        "coactivation": plain,
        "expected_no_interaction": expected,
        "coactivation_adjusted": adjusted,
        **{name: values[0] for name, values in ends.items()},
        **{f"adjusted_{name}": values[2] for name, values in ends.items()},
    }


def _gains(totals: Values) -> Values:
    """Gains of the residential classes (rows), see :func:`incomelens.topology.pairs.pair_gains`."""
    return pair_gains(totals, len(land_use_list().residential))


def _pair_frame(
    n: NDArray[np.int64], columns: dict[str, Values], least_tiles: int, **labels: str
) -> pd.DataFrame:
    """Table of ordered pairs from arrays of residential × all classes; NaN below enough tiles."""
    classes = land_use_list()
    pairs = [
        (row, v) for row, u in enumerate(classes.residential) for v in classes.published if v != u
    ]
    row, v = np.array(pairs).T
    enough = n[row, v] >= least_tiles
    whole = {name: columns.pop(name) for name in ("n_tiles", "varies") if name in columns}
    return pd.DataFrame(
        {
            **labels,
            "urban_class": [classes.names[classes.residential[place]] for place in row],
            "neighbour_class": [classes.names[place] for place in v],
            "n": n[row, v],
            **{name: values[row, v] for name, values in whole.items()},
            **{name: np.where(enough, values[row, v], np.nan) for name, values in columns.items()},
        }
    )
