"""Table 1 of the district study: inequality between districts, for every level and income."""

import logging
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from incomelens.common.contracts import columns
from incomelens.common.errors import InputError, listed
from incomelens.common.progress import progress
from incomelens.common.seeds import job_rng
from incomelens.districts.inequality import (
    MEASURES,
    measures,
    resampled_interval,
    sampling_error_interval,
)
from incomelens.folds.resampling import Interval

logger = logging.getLogger(__name__)

IN_DOLLARS = ("mean", "sd")
UNKNOWN = [Interval(np.nan, np.nan)] * len(MEASURES)


def inequality_table(
    districts: Mapping[str, pd.DataFrame],
    *,
    incomes: Sequence[str],
    n_resamples: int,
    seed: int,
) -> pd.DataFrame:
    """Measure inequality between districts, one row a measure and weighting.

    Beside the paper stands what counts districts: deviation `inequality_unweighted`.

    Parameters
    ----------
    districts : mapping
        Level to its table.
    incomes : sequence of str
    n_resamples : int
        Draws behind each interval.
    seed : int
        Of the job; every level and income draws from a generator of its own.

    Returns
    -------
    DataFrame
        Table ``districts/inequality.csv``; no intervals from margins of error where there are none.
    """
    pairs = [(level, income) for level in districts for income in incomes]
    rows = [
        _rows(districts[level], level, income, n_resamples, job_rng(seed, level, income))
        for level, income in progress(pairs, "inequality", unit="incomes")
    ]
    return pd.concat(rows, ignore_index=True)


def _rows(
    districts: pd.DataFrame, level: str, income: str, n_resamples: int, rng: np.random.Generator
) -> pd.DataFrame:
    earning = districts[districts[income].notna()]
    values = earning[income].to_numpy(dtype=float)
    if not (values > 0).all():
        nothing = listed(earning["geoid"][~(values > 0)])
        raise InputError(
            f"{level}: {income} is not positive in districts {nothing}; expected incomes"
        )
    margins = earning[f"{income}_moe"].to_numpy(dtype=float)
    if np.isnan(margins).any() and not np.isnan(margins).all():
        unknown = earning["geoid"][np.isnan(margins)]
        logger.info("%s: %s without margin of error: %s", level, income, listed(unknown))
    measured = [_measured(values, np.ones(len(earning)), margins, n_resamples, rng)]
    measured[0] = measured[0].assign(weighting="districts", n=len(earning))
    people = earning["population"].to_numpy(dtype=float)
    if _can_weigh(earning, level, income):
        # Nobody weighs nothing: such a district is not one of those that resampling draws from.
        some = people > 0
        by_people = _measured(values[some], people[some], margins[some], n_resamples, rng)
        measured.append(by_people.assign(weighting="population", n=int(some.sum())))
    return pd.concat(measured).assign(level=level, income=income)[
        columns("districts/inequality.csv")
    ]


def _can_weigh(earning: pd.DataFrame, level: str, income: str) -> bool:
    """Whether districts can be weighted with their people; says so where not."""
    uncounted = earning["geoid"][earning["population"].isna()]
    if len(uncounted):
        logger.warning(
            "%s: %s is not weighted by population, which %d of %d districts lack: %s",
            level, income, len(uncounted), len(earning), listed(uncounted),
        )  # fmt: skip
        return False
    nobody = earning["geoid"][earning["population"] == 0]
    if len(nobody):
        logger.warning(
            "%s: %s without any population, left out where districts are weighted by it: %s",
            level, income, listed(nobody),
        )  # fmt: skip
    return len(nobody) < len(earning)


def _measured(
    values: np.ndarray,
    weights: np.ndarray,
    margins: np.ndarray,
    n_resamples: int,
    rng: np.random.Generator,
) -> pd.DataFrame:
    resampled = resampled_interval(values, weights, n_resamples=n_resamples, rng=rng)
    simulated = (
        UNKNOWN
        if np.isnan(margins).all()
        else sampling_error_interval(values, weights, margins, n_resamples=n_resamples, rng=rng)
    )
    return pd.DataFrame(
        {
            "measure": list(MEASURES),
            "unit": ["USD" if name in IN_DOLLARS else "1" for name in MEASURES],
            "value": measures(values, weights),
            "ci_low": [interval.low for interval in resampled],
            "ci_high": [interval.high for interval in resampled],
            "moe_ci_low": [interval.low for interval in simulated],
            "moe_ci_high": [interval.high for interval in simulated],
        }
    )
