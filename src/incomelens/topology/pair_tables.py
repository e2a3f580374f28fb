"""Tables of one city's ordered pairs: coactivation, tested (H1), and co-appearance gains.

Columns as in :mod:`incomelens.topology.tables`. Pairs in too few tiles are listed with their ``n``
and without a value, like the empty cells of the paper's Fig. 6.
"""

from functools import partial

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from incomelens.cells.urban_classes import NAMES
from incomelens.common.seeds import job_rng, job_seed
from incomelens.topology.adjustment import adjustment_sums
from incomelens.topology.hypotheses import deviations, joint_p_value, p_values, q_values
from incomelens.topology.inputs import (
    PUBLISHED,
    RESIDENTIAL,
    SES_CLASSES,
    TileGroup,
    labelled_tiles,
    methods_of,
    tile_group,
)
from incomelens.topology.intensities import fit_intensities
from incomelens.topology.pairs import LEAST_TILES, joint_tiles, pair_gains, pair_terms
from incomelens.topology.ratios import activation_ratio, quotient
from incomelens.topology.resampling import percentile_intervals
from incomelens.topology.shuffling import permuted_contrasts, standardised_difference, strata
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
    least_tiles: int = LEAST_TILES,
) -> pd.DataFrame:
    """Coactivation of residential classes with every other class, plain and adjusted (Fig. 6).

    Parameters
    ----------
    attribution, predictions, folds : DataFrame
        As for :func:`incomelens.topology.inputs.tile_group`; the maps as they are (transform 0).
    n_resamples : int
        Of the bootstrap.
    n_draws : int
        Of the permutation.
    seed : int
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
        rows, away = [], []
        for ses in SES_CLASSES:
            group = tile_group(attribution, predictions, folds, method=method, ses=ses)
            job = job_seed(seed, method, ses)
            columns, moved = _tested(group, n_draws=n_draws, seed=job, least_tiles=least_tiles)
            columns |= _estimated(group, n_resamples=n_resamples, seed=job)
            n = columns.pop("n").astype(np.int64)
            rows.append(_pair_frame(n, columns, least_tiles, method=method, ses=ses))
            away.append(moved)
        table = pd.concat(rows, ignore_index=True)
        table["q_value"] = q_values(table["p_value"].to_numpy())
        table["plain_q_value"] = q_values(table["plain_p_value"].to_numpy())
        table["joint_p_value"] = joint_p_value(np.concatenate(away, axis=1))
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
    holds = tiles.holds[:, RESIDENTIAL]
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
    """Coactivation, expected and adjusted, with intervals; arrays of shape (5, 19)."""
    activation, share = group.activation_sum[0], group.area_share
    ratio = activation_ratio(activation, share)
    sums = adjustment_sums(ratio, share > 0, fit_intensities(activation, share), RESIDENTIAL)
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


def _tested(
    group: TileGroup, *, n_draws: int, seed: int, least_tiles: int
) -> tuple[dict[str, Values], Values]:
    """Counts, effect sizes and P values; and the deviations of all pairs in all draws."""
    activation, share = group.activation_sum[0], group.area_share
    ratio = activation_ratio(activation, share)
    adjusted = quotient(ratio, fit_intensities(activation, share).expected_ratio)
    columns, away = [], []
    for u in RESIDENTIAL:
        known = np.isfinite(adjusted[:, u])
        beside, others = share[known] > 0, np.arange(share.shape[1]) != u
        n = beside.sum(axis=0)
        testable = (n >= least_tiles) & others
        row = {"n": n, "n_tiles": np.full(len(n), known.sum())}
        deviation = np.full((n_draws + 1, len(n)), np.nan)
        plain, effect = deviation.copy(), deviation[0].copy()
        if testable.any():
            stratum, one = strata(share[known, u]), np.zeros(known.sum(), dtype=np.int64)
            draw = partial(
                permuted_contrasts,
                neighbour=beside[:, testable],
                block=group.block[known],
                n_draws=n_draws,
            )
            moved = draw(adjusted[known, u], stratum=stratum, rng=job_rng(seed, "adjusted", u))
            deviation[:, testable] = deviations(moved)
            moved = draw(ratio[known, u], stratum=one, rng=job_rng(seed, "plain", u))
            plain[:, testable] = deviations(moved)
            effect[testable] = standardised_difference(
                adjusted[known, u], beside[:, testable], stratum
            )
        row |= {"effect_size": effect, "p_value": p_values(deviation)}
        columns.append(row | {"plain_p_value": p_values(plain)})
        away.append(deviation[:, PUBLISHED])
    together = {name: np.stack([row[name] for row in columns]) for name in columns[0]}
    return together, np.concatenate(away, axis=1)


def _gains(totals: Values) -> Values:
    """Gains of the residential classes (rows), see :func:`incomelens.topology.pairs.pair_gains`."""
    return pair_gains(totals, len(RESIDENTIAL))


def _pair_frame(
    n: NDArray[np.int64], columns: dict[str, Values], least_tiles: int, **labels: str
) -> pd.DataFrame:
    """Table of ordered pairs from arrays of shape (5, 19); NaN where `n` is too small."""
    pairs = [(row, v) for row, u in enumerate(RESIDENTIAL) for v in PUBLISHED if v != u]
    row, v = np.array(pairs).T
    enough = n[row, v] >= least_tiles
    n_tiles = columns.pop("n_tiles", None)
    return pd.DataFrame(
        {
            **labels,
            "urban_class": [NAMES[RESIDENTIAL[place]] for place in row],
            "neighbour_class": [NAMES[place] for place in v],
            "n": n[row, v],
            **({"n_tiles": n_tiles[row, v].astype(np.int64)} if n_tiles is not None else {}),
            **{name: np.where(enough, values[row, v], np.nan) for name, values in columns.items()},
        }
    )
