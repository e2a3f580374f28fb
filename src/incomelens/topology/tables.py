"""Tables of one city: activation ratios, tested (H0), and probabilities of urban classes.

``ci_*`` resamples tiles as the paper does, ``block_ci_*`` spatial blocks of tiles; of ratios it is
where H0's test does not reject. Ports are in the sums and not in the tables (deviation
`urban_classes`).
"""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from incomelens.cells.urban_classes import land_use_list
from incomelens.common.seeds import job_seed
from incomelens.topology.class_tests import ClassTests
from incomelens.topology.hypotheses import joint_p_value, q_values, until_settled
from incomelens.topology.inputs import (
    SES_CLASSES,
    labelled_tiles,
    methods_of,
    tile_arrays,
    tile_group,
    transforms_of,
)
from incomelens.topology.pairings import exchanged_sums
from incomelens.topology.pairs import LEAST_TILES
from incomelens.topology.ratios import activation_ratio, quotient
from incomelens.topology.resampling import Intervals, percentile_intervals

MINIMUM_SHARE = 0.005
Values = NDArray[np.float64]


def activation_ratio_table(
    attribution: pd.DataFrame,
    pairings: pd.DataFrame,
    predictions: pd.DataFrame,
    folds: pd.DataFrame,
    *,
    n_resamples: int,
    n_draws: int,
    seed: int,
    most_draws: int | None = None,
    n_cities: int = 1,
    minimum_share: float = MINIMUM_SHARE,
    least_tiles: int = LEAST_TILES,
) -> pd.DataFrame:
    """Mean activation ratio of every urban class, by SES, with H0's P (Fig. 5a).

    Parameters
    ----------
    attribution, predictions, folds : DataFrame
        As for :func:`incomelens.topology.inputs.tile_group`, maps under all eight transforms; what
        is no map (occlusion) under none, and has no P of being turned.
    pairings : DataFrame
        As for :func:`incomelens.topology.pairings.exchanged_sums`.
    n_resamples : int
        Of the bootstrap.
    n_draws, most_draws : int
        Least and most exchanges of maps; by default no more than least.
    seed : int
    n_cities : int
        Cities of the study, over which q values are taken.
    minimum_share : float
        Area share of a class from which a tile counts in the columns ``min_share_*``.
    least_tiles : int
        Classes in fewer tiles of the group are estimated but not tested.

    Returns
    -------
    DataFrame
        Table ``topology/{city}/{scheme}/activation_ratios.csv``: a row for every method, SES and
        published class.

    Raises
    ------
    InputError
        If the tables do not fit together.
    """
    frames = []
    for method in methods_of(attribution):
        tests, transforms = {}, transforms_of(attribution, method)
        for ses in SES_CLASSES:
            told = {"method": method, "ses": ses}
            group = tile_group(attribution, predictions, folds, transforms=transforms, **told)
            tests[ses] = ClassTests(
                group,
                exchanged_sums(pairings, group, **told),
                minimum_share=minimum_share,
                least_tiles=least_tiles,
                # The same draws for every method.
                seed=job_seed(seed, "exchange", ses),
            )
        away = until_settled(
            lambda n, tests=tests: np.hstack([one.extended(n) for one in tests.values()]),
            name=f"H0, {method}",
            n_families=n_cities,
            least=n_draws,
            most=most_draws or n_draws,
        )
        # Both SES groups share blocks, which are turned together.
        turned = job_seed(seed, "turning")
        rows = [
            one.columns(n_resamples, job_seed(seed, "bootstrap", method, ses), n_draws, turned)
            for ses, one in tests.items()
        ]
        table = pd.concat(rows, ignore_index=True)
        table.insert(0, "method", method)
        table.insert(1, "ses", np.repeat([*tests], len(land_use_list().published)))
        table["q_value"] = q_values(table["p_value"].to_numpy())
        table["joint_p_value"] = joint_p_value(away)
        table["n_draws"] = len(away) - 1
        frames.append(table)
    return pd.concat(frames, ignore_index=True)


def tile_ratio_table(attribution: pd.DataFrame) -> pd.DataFrame:
    """Activation ratio of every urban class in every tile, from the maps as they are.

    Parameters
    ----------
    attribution : DataFrame
        As for :func:`incomelens.topology.inputs.tile_group`.

    Returns
    -------
    DataFrame
        A row for every method, target, tile and class that the tile holds: ``area_share`` and
        ``activation_ratio``, NaN all along a tile whose map is empty.

    Raises
    ------
    InputError
        As :func:`incomelens.topology.inputs.tile_arrays` and
        :func:`incomelens.topology.ratios.activation_ratio`.
    """
    as_is = attribution[(attribution["transform"] == 0) & attribution["area_share"].gt(0)]
    frames, names = [], np.asarray(land_use_list().names)
    for (method, target), rows in as_is.groupby(["method", "target"], observed=True, sort=False):
        number, cells = pd.factorize(rows["cell_id"])
        activation, share = tile_arrays(rows, number, cells, [0])
        tile, column = np.nonzero(share)
        columns = {
            "cell_id": np.asarray(cells)[tile],
            "urban_class": names[column],
            "area_share": share[tile, column],
            "activation_ratio": activation_ratio(activation[0], share)[tile, column],
        }
        frames.append(pd.DataFrame({"method": method, "target": target, **columns}))
    return pd.concat(frames, ignore_index=True)


def probability_table(
    shares: pd.DataFrame,
    predictions: pd.DataFrame,
    folds: pd.DataFrame,
    *,
    n_resamples: int,
    seed: int,
    label: str = "observed",
) -> pd.DataFrame:
    """Probability that a tile with an urban class is of low or of high SES (Fig. 5b).

    Parameters
    ----------
    shares : DataFrame
        ``cell_id``, ``urban_class``, ``area_share``: which classes each tile holds.
    predictions : DataFrame
        ``cell_id`` and the column `label`.
    folds : DataFrame
        ``cell_id``, ``block``.
    n_resamples, seed : int
    label : {"observed", "predicted"}
        Income classes to count by. The paper counts observed ones.

    Returns
    -------
    DataFrame
        Table ``topology/{city}/probabilities.csv``.
    """
    tiles = labelled_tiles(shares, predictions, folds, label=label)
    names, published = land_use_list().names, land_use_list().published
    present = tiles.holds[:, published].astype(np.float64)
    frames = []
    for ses, in_group in tiles.in_group.items():
        terms = np.concatenate([present * in_group[:, None], present], axis=1)
        intervals = percentile_intervals(
            terms, tiles.block, _halves, n_resamples=n_resamples, seed=job_seed(seed, "probability")
        )
        columns = {
            "ses": ses,
            "urban_class": [names[place] for place in published],
            "n": present.sum(axis=0).astype(np.int64),
            "probability": _halves(terms.sum(axis=0)),
        }
        frames.append(pd.DataFrame(columns | interval_columns(intervals)))
    return pd.concat(frames, ignore_index=True)


def interval_columns(intervals: Intervals, prefix: str = "") -> dict[str, Values]:
    """Columns of both intervals."""
    return {
        f"{prefix}ci_low": intervals.low,
        f"{prefix}ci_high": intervals.high,
        f"{prefix}block_ci_low": intervals.block_low,
        f"{prefix}block_ci_high": intervals.block_high,
    }


def _halves(totals: Values) -> Values:
    return quotient(*np.split(totals, 2, axis=-1))
