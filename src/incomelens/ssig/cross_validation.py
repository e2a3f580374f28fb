"""Out-of-fold predictions: no model ever sees the districts it is scored on."""

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from incomelens.common.errors import InputError
from incomelens.common.progress import progress
from incomelens.common.seeds import job_rng, job_seed
from incomelens.ssig.features import Sample, feature_names, income_sample
from incomelens.ssig.fit import fit_gp
from incomelens.ssig.references import reference_model

REFERENCE = "reference"  # what stands in the column `mode` for models that have none


def splits(sample: Sample) -> Iterator[tuple[int, NDArray[np.int64], NDArray[np.int64]]]:
    """Yield (fold, rows to train on, rows held out) for every fold that has districts.

    Raises
    ------
    InputError
        If all districts lie in one fold.
    """
    numbers = np.unique(sample.fold)
    if len(numbers) < 2:
        raise InputError(
            f"cross-validation: all {len(sample.fold)} districts lie in one fold; nothing is left "
            "to train on"
        )
    for number in numbers:
        held_out = sample.fold == number
        yield int(number), np.flatnonzero(~held_out), np.flatnonzero(held_out)


def cross_validate_gps(
    districts: pd.DataFrame,
    folds: pd.DataFrame,
    *,
    income: str,
    models: Sequence[str],
    modes: Sequence[str],
    variants: Sequence[str],
    starts: int,
    known_noise: bool,
    seed: int,
) -> pd.DataFrame:
    """Out-of-fold predictions of every model in every mode, and of SSIG in every other variant.

    Returns
    -------
    DataFrame
        The rows of :func:`cross_validate_gp`, one block a model, mode and variant.
    """
    fits = [("main", model, mode) for model in models for mode in modes]
    fits += [(variant, "ssig", mode) for variant in variants if variant != "main" for mode in modes]
    samples = {
        variant: income_sample(
            districts, folds, income=income, variant=variant, known_noise=known_noise
        )
        for variant in variants
    }
    return pd.concat(
        [
            cross_validate_gp(
                samples[variant],
                model=model,
                mode=mode,
                variant=variant,
                starts=starts,
                seed=seed,
            )
            for variant, model, mode in progress(fits, f"{income}: Gaussian processes", unit="fits")
        ],
        ignore_index=True,
    )


def cross_validate_gp(
    sample: Sample, *, model: str, mode: str, variant: str, starts: int, seed: int
) -> pd.DataFrame:
    """Predict every district by the Gaussian process that was fitted without its fold.

    Returns
    -------
    DataFrame
        ``geoid``, ``block``, ``model``, ``mode``, ``variant``, ``fold``, ``observed_usd``,
        ``predicted_usd``, ``sd_usd`` (predictive, noise included), ``label_sd_usd`` (of the
        training districts), ``log_marginal_likelihood``, ``converged``.
    """
    features = feature_names(model, variant)
    inputs = sample.inputs(features)
    ids = sample.table["geoid"].to_numpy()
    parts = []
    for fold, training, held_out in splits(sample):
        fitted = fit_gp(
            inputs[training],
            sample.income[training],
            mode=mode,
            features=features,
            ids=tuple(ids[training]),
            known_noise=sample.known_noise[training],
            starts=starts,
            rng=job_rng(seed, model, mode, variant, fold),
        )
        prediction = fitted.predict(inputs[held_out])
        part = _part(sample, held_out, model=model, mode=mode, variant=variant, fold=fold)
        parts.append(
            part.assign(
                predicted_usd=prediction.mean,
                # The held-out income carries its own survey error as well.
                sd_usd=np.sqrt(prediction.sd**2 + sample.known_noise[held_out]),
                label_sd_usd=fitted.label_scaling.sd[0],
                log_marginal_likelihood=fitted.log_marginal_likelihood,
                converged=fitted.converged,
            )
        )
    return pd.concat(parts, ignore_index=True)


def cross_validate_references(sample: Sample, *, names: Sequence[str], seed: int) -> pd.DataFrame:
    """Predict every district by each reference model that was fitted without its fold.

    The columns are those of :func:`cross_validate_gp`; what these models do not give is missing.
    """
    inputs = sample.inputs(feature_names("ssig"))
    parts = []
    for name in progress(names, "reference models", unit="models"):
        for fold, training, held_out in splits(sample):
            model = reference_model(name, seed=job_seed(seed, name, fold))
            model.fit(inputs[training], sample.income[training])
            part = _part(sample, held_out, model=name, mode=REFERENCE, variant="main", fold=fold)
            parts.append(
                part.assign(
                    predicted_usd=model.predict(inputs[held_out]),
                    sd_usd=np.nan,
                    label_sd_usd=sample.income[training].std(),
                    log_marginal_likelihood=np.nan,
                    converged=True,
                )
            )
    return pd.concat(parts, ignore_index=True)


def _part(sample: Sample, held_out: NDArray[np.int64], **columns: object) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "geoid": sample.table["geoid"].to_numpy()[held_out],
            "block": sample.block[held_out],
            **columns,
            "observed_usd": sample.income[held_out],
        }
    )
