"""Out-of-fold predictions of the reference models."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from incomelens.common.progress import progress
from incomelens.common.seeds import job_seed
from incomelens.ssig.features import Sample, feature_names
from incomelens.ssig.out_of_fold import held_out_rows, splits
from incomelens.ssig.references import reference_model

REFERENCE = "reference"  # what stands in the column `mode` for models that have none


def cross_validate_references(sample: Sample, *, names: Sequence[str], seed: int) -> pd.DataFrame:
    """Predict every district by each reference model that was fitted without its fold.

    The columns are those of :func:`incomelens.ssig.gp_folds.cross_validate_gp`; what these
    models do not give is missing.
    """
    inputs = sample.inputs(feature_names("ssig"))
    parts = []
    for name in progress(names, "reference models", unit="models"):
        for fold, training, held_out in splits(sample):
            model = reference_model(name, seed=job_seed(seed, name, fold))
            model.fit(inputs[training], sample.income[training])
            part = held_out_rows(
                sample, held_out, model=name, mode=REFERENCE, variant="main", fold=fold
            )
            parts.append(
                part.assign(
                    predicted_usd=model.predict(inputs[held_out]),
                    sd_usd=np.nan,
                    median_usd=np.nan,
                    log_sd=np.nan,
                    label_sd_usd=sample.income[training].std(),
                    log_marginal_likelihood=np.nan,
                    converged=True,
                )
            )
    return pd.concat(parts, ignore_index=True)
