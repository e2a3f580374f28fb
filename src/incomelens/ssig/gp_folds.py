"""Out-of-fold predictions of the Gaussian processes."""

from collections.abc import Sequence

import pandas as pd

from incomelens.common.names import PROCESS
from incomelens.common.progress import progress
from incomelens.common.seeds import job_rng
from incomelens.ssig.features import Sample, feature_names, income_sample
from incomelens.ssig.fit import APPROXIMATION, fit_gp
from incomelens.ssig.inducing import Approximation
from incomelens.ssig.out_of_fold import held_out_rows, splits
from incomelens.ssig.prediction import predict_income


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
    approximation: Approximation = APPROXIMATION,
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
                approximation=approximation,
                seed=seed,
            )
            for variant, model, mode in progress(fits, f"{income}: Gaussian processes", unit="fits")
        ],
        ignore_index=True,
    )


def cross_validate_gp(
    sample: Sample,
    *,
    model: str,
    mode: str,
    variant: str,
    starts: int,
    approximation: Approximation = APPROXIMATION,
    seed: int,
) -> pd.DataFrame:
    """Predict every district by the Gaussian process that was fitted without its fold.

    Returns
    -------
    DataFrame
        Table ``ssig/predictions/{level}-{income}-{scheme}-{kind}.parquet``, up to ``process``,
        which is there where the process rests on inducing points.
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
            approximation=approximation,
            rng=job_rng(seed, model, mode, variant, fold),
        )
        # The held-out income carries its own survey error as well.
        prediction = predict_income(
            fitted, inputs[held_out], known_noise=sample.known_noise[held_out]
        )
        part = held_out_rows(sample, held_out, model=model, mode=mode, variant=variant, fold=fold)
        part = part.assign(
            predicted_usd=prediction.mean,
            sd_usd=prediction.sd,
            median_usd=prediction.median,
            log_sd=prediction.log_sd,
            label_sd_usd=fitted.label_sd_usd,
            log_marginal_likelihood=fitted.log_marginal_likelihood,
            converged=fitted.converged,
        )
        if fitted.process is not None:
            part[PROCESS] = fitted.process
        parts.append(part)
    return pd.concat(parts, ignore_index=True)
