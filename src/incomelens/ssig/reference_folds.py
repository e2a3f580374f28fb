"""Out-of-fold predictions of the reference models."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from incomelens.common.progress import progress
from incomelens.common.seeds import job_seed
from incomelens.sources.readers.embedding_tables import Embedding
from incomelens.ssig.features import Sample, feature_names
from incomelens.ssig.out_of_fold import held_out_rows, splits
from incomelens.ssig.references import embedding_ridge, reference_model

REFERENCE = "reference"  # what stands in the column `mode` for models that have none


def cross_validate_references(
    sample: Sample,
    *,
    names: Sequence[str],
    seed: int,
    embeddings: Mapping[str, Embedding] | None = None,
) -> pd.DataFrame:
    """Predict every district by each reference model that was fitted without its fold.

    Embeddings (:func:`incomelens.sources.readers.embedding_tables.read_embeddings`) are further
    models, by the names that these have there: ridge on their numbers.

    The columns are those of :func:`incomelens.ssig.gp_folds.cross_validate_gp`; what these
    models do not give is missing.
    """
    of_others = embeddings or {}
    parts = []
    for name in progress([*names, *of_others], "reference models", unit="models"):
        if name in of_others:
            inputs = of_others[name].of(sample.table["geoid"])
        else:
            inputs = sample.inputs(feature_names("ssig"))
        for fold, training, held_out in splits(sample):
            if name in of_others:
                model = embedding_ridge()
            else:
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
