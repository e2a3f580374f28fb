"""Scores as a curve over the size of spatial blocks, and over how the blocks happen to fall.

Blocks are clusters whose places depend on a seed. One seed moves r² by as much as models differ, so
that a model is compared with others on the same blocks of several seeds (deviation
`district_buffer` for what is left out around them).
"""

import logging
from collections.abc import Sequence

import pandas as pd

from incomelens.common.errors import InputError
from incomelens.common.names import PROCESS
from incomelens.common.progress import progress
from incomelens.common.seeds import job_seed
from incomelens.folds.districts import district_folds
from incomelens.ssig.features import Sample, income_sample
from incomelens.ssig.fit import APPROXIMATION
from incomelens.ssig.fold_seed_summary import SCORES
from incomelens.ssig.gp_folds import cross_validate_gp
from incomelens.ssig.inducing import Approximation
from incomelens.ssig.out_of_fold import splits
from incomelens.ssig.reference_folds import cross_validate_references
from incomelens.ssig.scores import score_folds

logger = logging.getLogger(__name__)

COLUMNS = ["model", "mode", "n_blocks", "fold_seed", "fold", "n", "n_training"]


def score_fold_seeds(
    districts: pd.DataFrame,
    *,
    income: str,
    n_blocks: Sequence[int],
    seeds: int,
    modes: Sequence[str],
    references: Sequence[str],
    n_folds: int,
    buffer_km: float | None,
    starts: int,
    known_noise: bool,
    approximation: Approximation = APPROXIMATION,
    seed: int,
) -> pd.DataFrame:
    """Scores of SSIG and of reference models, in every fold of blocks of every size and seed.

    Parameters
    ----------
    districts : DataFrame
        Table ``districts/{level}.parquet``.
    income : str
    n_blocks : sequence of int
        Numbers of blocks; those that leave fewer than two districts a block are left out, and told.
    seeds : int
        Partitions of each size.
    modes, references : sequences of str
        Of SSIG; of :data:`incomelens.ssig.references.REFERENCES`.
    n_folds, buffer_km, starts, known_noise, approximation, seed
        As everywhere else.

    Returns
    -------
    DataFrame
        Table ``ssig/fold_seeds/{level}-{income}.csv``, but for the task's names.

    Raises
    ------
    InputError
        If no size is left.
    """
    most = int(districts[income].notna().sum()) // 2
    sizes = [number for number in n_blocks if n_folds <= number <= most]
    if not sizes:
        raise InputError(
            f"ssig.fold_seeds.n_blocks: none of {', '.join(map(str, n_blocks))} lies between "
            f"{n_folds} folds and {most} blocks of two districts; name other numbers"
        )
    if left_out := sorted(set(n_blocks) - set(sizes)):
        logger.warning(
            "%s: %s blocks are left out; between %d and %d can be made",
            income, ", ".join(map(str, left_out)), n_folds, most,
        )  # fmt: skip
    partitions = [(number, fold_seed) for number in sizes for fold_seed in range(seeds)]
    parts = []
    for number, fold_seed in progress(partitions, f"{income}: partitions", unit="partitions"):
        own = job_seed(seed, "fold_seed", number, fold_seed)
        folds = district_folds(
            districts, scheme="block", n_folds=n_folds, n_blocks=number, seed=own,
            buffer_km=buffer_km,
        )  # fmt: skip
        sample = income_sample(districts, folds, income=income, known_noise=known_noise)
        predictions = [
            cross_validate_gp(
                sample,
                model="ssig",
                mode=mode,
                variant="main",
                starts=starts,
                approximation=approximation,
                seed=own,
            )
            for mode in modes
        ]
        if references:
            predictions.append(cross_validate_references(sample, names=references, seed=own))
        scores = _scores(sample, pd.concat(predictions, ignore_index=True))
        parts.append(scores.assign(n_blocks=number, fold_seed=fold_seed))
    scores = pd.concat(parts, ignore_index=True)
    return scores[[*COLUMNS, *SCORES, *scores.columns.intersection([PROCESS])]]


def _scores(sample: Sample, predictions: pd.DataFrame) -> pd.DataFrame:
    n_training = {fold: len(training) for fold, training, _ in splits(sample)}
    scores = score_folds(predictions.assign(level="", income="", scheme="block"))
    return scores.assign(n_training=scores["fold"].map(n_training))
