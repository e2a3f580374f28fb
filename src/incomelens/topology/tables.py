"""Tables of one city: activation ratios, tested (H0), and probabilities of urban classes.

``ci_*`` resamples tiles as the paper does, ``block_ci_*`` spatial blocks of tiles. Ports
are in the sums and not in the tables (deviation `urban_classes`).
"""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from incomelens.cells.urban_classes import NAMES
from incomelens.common.seeds import job_rng, job_seed
from incomelens.topology.hypotheses import deviations, joint_p_value, p_values, q_values
from incomelens.topology.inputs import (
    PUBLISHED,
    SES_CLASSES,
    TileGroup,
    labelled_tiles,
    methods_of,
    tile_group,
)
from incomelens.topology.pairs import LEAST_TILES
from incomelens.topology.ratios import RatioTerms, mean_terms, pooled_terms, quotient
from incomelens.topology.repairing import (
    TRANSFORMS,
    block_sums,
    draw_transforms,
    repaired_ratios,
)
from incomelens.topology.resampling import Intervals, percentile_intervals, ratio_intervals

MINIMUM_SHARE = 0.005
Values = NDArray[np.float64]


def activation_ratio_table(
    attribution: pd.DataFrame,
    predictions: pd.DataFrame,
    folds: pd.DataFrame,
    *,
    n_resamples: int,
    n_draws: int,
    seed: int,
    minimum_share: float = MINIMUM_SHARE,
    least_tiles: int = LEAST_TILES,
) -> pd.DataFrame:
    """Mean activation ratio of every urban class, by SES, with H0's P (Fig. 5a).

    Parameters
    ----------
    attribution, predictions, folds : DataFrame
        As for :func:`incomelens.topology.inputs.tile_group`, all eight transforms.
    n_resamples : int
        Of the bootstrap.
    n_draws : int
        Of the re-pairing.
    seed : int
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
        rows, away = [], []
        for ses in SES_CLASSES:
            group = tile_group(
                attribution,
                predictions,
                folds,
                method=method,
                ses=ses,
                transforms=range(TRANSFORMS),
            )
            # The same draws for both SES groups, which share blocks, and for every method.
            rng = job_rng(seed, "re-pairing")
            transforms = draw_transforms(group.n_blocks, n_draws=n_draws, rng=rng)
            measures = _Measures(group, transforms, minimum_share, least_tiles)
            table = measures.columns(n_resamples, job_seed(seed, "bootstrap", method, ses))
            table.insert(0, "ses", ses)
            rows.append(table)
            away.append(measures.away)
        table = pd.concat(rows, ignore_index=True)
        table.insert(0, "method", method)
        table["q_value"] = q_values(table["p_value"].to_numpy())
        table["joint_p_value"] = joint_p_value(np.concatenate(away, axis=1))
        frames.append(table)
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
    present = tiles.holds[:, PUBLISHED].astype(np.float64)
    frames = []
    for ses, in_group in tiles.in_group.items():
        terms = np.concatenate([present * in_group[:, None], present], axis=1)
        intervals = percentile_intervals(
            terms, tiles.block, _halves, n_resamples=n_resamples, seed=job_seed(seed, "probability")
        )
        columns = {
            "ses": ses,
            "urban_class": [NAMES[place] for place in PUBLISHED],
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


class _Measures:
    """Activation ratios of one group of tiles in three ways, each with its re-paired draws."""

    def __init__(
        self,
        group: TileGroup,
        transforms: NDArray[np.int8],
        minimum_share: float,
        least_tiles: int,
    ) -> None:
        self.group = group
        self.transforms = transforms
        activation, share = group.activation_sum, group.area_share
        self.mean = _published(mean_terms(activation, share))
        self.pooled = _published(pooled_terms(activation, share))
        self.large = _published(mean_terms(activation, share, minimum_share=minimum_share))
        self.enough = self.mean.denominator[0].sum(axis=0) >= least_tiles
        self.drawn = self._drawn(self.mean)
        self.away = self._away(self.drawn)

    def columns(self, n_resamples: int, seed: int) -> pd.DataFrame:
        observed = RatioTerms(self.mean.numerator[0], self.mean.denominator[0])
        intervals = ratio_intervals(observed, self.group.block, n_resamples=n_resamples, seed=seed)
        known = np.isfinite(self.drawn)
        expected = quotient(np.where(known, self.drawn, 0).sum(axis=0), known.sum(axis=0))
        effect = quotient(observed.value - expected, _tile_sd(observed))
        return pd.DataFrame(
            {
                "urban_class": [NAMES[place] for place in PUBLISHED],
                "n": observed.denominator.sum(axis=0).astype(np.int64),
                "ratio": observed.value,
                **interval_columns(intervals),
                "expected_ratio": expected,
                "effect_size": np.where(self.enough, np.nan_to_num(effect), np.nan),
                "p_value": p_values(self.away),
                "q_value": np.nan,
                "joint_p_value": np.nan,
                "pooled_ratio": self.pooled.value[0],
                "pooled_p_value": p_values(self._away(self._drawn(self.pooled))),
                "min_share_n": self.large.denominator[0].sum(axis=0).astype(np.int64),
                "min_share_ratio": self.large.value[0],
                "min_share_p_value": p_values(self._away(self._drawn(self.large))),
            }
        )

    def _drawn(self, terms: RatioTerms) -> Values:
        by_block = block_sums(terms, self.group.block, self.group.n_blocks)
        return repaired_ratios(by_block, self.transforms)

    def _away(self, drawn: Values) -> Values:
        return np.where(self.enough, deviations(drawn), np.nan)


def _published(terms: RatioTerms) -> RatioTerms:
    return RatioTerms(terms.numerator[..., PUBLISHED], terms.denominator[..., PUBLISHED])


def _tile_sd(terms: RatioTerms) -> Values:
    """SD of the tiles' ratios, shape (n_classes,); NaN below two tiles."""
    n = terms.denominator.sum(axis=0)
    squares = (terms.numerator**2).sum(axis=0) - n * np.nan_to_num(terms.value) ** 2
    return np.sqrt(quotient(np.maximum(squares, 0.0), n - 1))


def _halves(totals: Values) -> Values:
    return quotient(*np.split(totals, 2, axis=-1))
