"""Scores of the baselines and of SSIG: on a model's own coverage, and on common ground.

The paper's baselines cover fewer districts than SSIG. Rows of its Table 3 are therefore of
different samples; here every score exists twice, `own` and `common` (deviation
`baselines_coverage`).
"""

from collections.abc import Callable

import pandas as pd

from incomelens.common.errors import InputError
from incomelens.ssig.scores import score_folds, summarise

CENSUS = "census"  # what stands in the column `modalities` for SSIG
GROUND = ["level", "income", "scheme"]
KEYS = ["sample", "modalities"]


def with_samples(baselines: pd.DataFrame, ssig: pd.DataFrame) -> pd.DataFrame:
    """Predictions of all models, once on their own coverage and once on the common districts.

    Parameters
    ----------
    baselines : DataFrame
        From :func:`incomelens.siamese.cross_validation.cross_validate_baselines`, with ``level``,
        ``income`` and ``scheme``.
    ssig : DataFrame
        Predictions of the Gaussian processes; those of SSIG itself are taken.

    Returns
    -------
    DataFrame
        The rows of both with ``sample`` (`own`, `common`). Common are the districts of a level,
        income and scheme that every model predicts; nothing is fitted anew for them.

    Raises
    ------
    InputError
        If no district is common to all models of a task.
    """
    main = ssig[(ssig["model"] == "ssig") & (ssig["variant"] == "main")]
    # A task without baselines has nothing to compare.
    tasks = baselines[GROUND].drop_duplicates()
    main = main.merge(tasks, on=GROUND).assign(modalities=CENSUS)
    rows = pd.concat([main, baselines], ignore_index=True)
    common = []
    for task, group in rows.groupby(GROUND, sort=False):
        models = group.groupby(["model", "mode", "variant"])["geoid"]
        shared = set.intersection(*(set(ids) for _, ids in models))
        if not shared:
            raise InputError(f"siamese: no district of {', '.join(task)} is common to all models")
        common.append(group[group["geoid"].isin(shared)])
    return pd.concat(
        [rows.assign(sample="own"), pd.concat(common).assign(sample="common")], ignore_index=True
    )


def score_samples(predictions: pd.DataFrame) -> pd.DataFrame:
    """Scores of every fold: ``ssig/scores.csv`` with ``sample`` and ``modalities``."""
    return _for_each_sample(predictions, score_folds)


def summarise_samples(predictions: pd.DataFrame, *, resamples: int, seed: int) -> pd.DataFrame:
    """Means of folds and intervals: ``ssig/summary.csv`` with ``sample`` and ``modalities``.

    Resamples of a sample of districts are shared by all models that predict it.
    """
    return _for_each_sample(
        predictions, lambda group: summarise(group, resamples=resamples, seed=seed)
    )


def _for_each_sample(
    predictions: pd.DataFrame, made: Callable[[pd.DataFrame], pd.DataFrame]
) -> pd.DataFrame:
    parts = [
        made(group).assign(**dict(zip(KEYS, key, strict=True)))
        for key, group in predictions.groupby(KEYS, sort=False)
    ]
    return pd.concat(parts, ignore_index=True)
