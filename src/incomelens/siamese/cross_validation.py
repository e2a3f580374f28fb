"""Out-of-fold predictions of the five baselines, and of the modality ablation."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from incomelens.common.errors import InputError
from incomelens.common.names import PROCESS
from incomelens.common.progress import progress
from incomelens.common.seeds import job_seed
from incomelens.siamese.ablation import ablation_cases
from incomelens.siamese.models.fold_models import FoldModels, Settings
from incomelens.siamese.models.modalities import Shown
from incomelens.siamese.names import READING, check_modalities, joined, suffixed
from incomelens.ssig.features import Sample
from incomelens.ssig.out_of_fold import held_out_rows, splits

LEAST_DISTRICTS = 10


def cross_validate_baselines(
    sample: Sample,
    shown: Shown,
    *,
    models: Sequence[str],
    modalities: Sequence[str],
    scheme: str,
    settings: Settings,
    seed: int,
) -> pd.DataFrame:
    """Predict every district that the models cover by each of them, fitted without its fold.

    Parameters
    ----------
    sample : Sample
    shown : Shown
        Rows as in the sample.
    models : sequence of str
        Of :data:`incomelens.siamese.names.BASELINES`.
    modalities : sequence of str
        What the models read; districts that lack one are left out, unless
        ``settings.flags_missing``.
    scheme : str
        Of the sample's folds.
    settings : Settings
    seed : int

    Returns
    -------
    DataFrame
        The columns of :func:`incomelens.ssig.gp_folds.cross_validate_gp` and ``modalities``;
        a model's name says what it lacks, and `mode` is the reading of the models' source.
    """
    modalities = check_modalities(modalities)
    rows = covered_rows(shown, modalities, keeps_all=settings.flags_missing)
    kept, kept_shown = subset(sample, rows), shown.subset(rows)
    parts = []
    for fold, training, held_out in progress(list(splits(kept)), joined(modalities), unit="folds"):
        fold_models = FoldModels(
            kept,
            kept_shown,
            modalities,
            training,
            held_out,
            scheme,
            settings,
            job_seed(seed, joined(modalities), fold),
        )
        income = kept.income[training]
        for model in models:
            for prediction in fold_models.predict(model):
                part = held_out_rows(
                    kept,
                    held_out,
                    model=suffixed(prediction.model, modalities),
                    mode=READING,
                    variant=prediction.variant,
                    fold=fold,
                )
                named = {} if prediction.process is None else {PROCESS: prediction.process}
                parts.append(
                    part.assign(
                        predicted_usd=income.mean() + income.std() * prediction.mean,
                        sd_usd=income.std() * prediction.sd,
                        label_sd_usd=income.std(),
                        log_marginal_likelihood=prediction.log_marginal_likelihood,
                        converged=prediction.converged,
                        modalities=joined(modalities),
                        **named,
                    )
                )
    return pd.concat(parts, ignore_index=True)


def cross_validate_ablation(
    sample: Sample,
    shown: Shown,
    *,
    model: str,
    modalities: Sequence[str],
    scheme: str,
    settings: Settings,
    seed: int,
    fitted: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Out-of-fold predictions of one model on every set of modalities that a case needs.

    All learn from and predict the same districts, those that have every modality.

    Parameters
    ----------
    fitted : DataFrame, optional
        What :func:`cross_validate_baselines` gave for the same arguments: the model is not fitted
        to all modalities once more where it is in there.

    Returns
    -------
    DataFrame
        The rows of :func:`cross_validate_baselines`.
    """
    rows = covered_rows(shown, check_modalities(modalities), keeps_all=settings.flags_missing)
    kept, kept_shown = subset(sample, rows), shown.subset(rows)
    parts = []
    for read in dict.fromkeys(read for _, _, read in ablation_cases(modalities)):
        made = None if fitted is None else fitted[fitted["model"] == suffixed(model, read)]
        if made is None or made.empty:
            made = cross_validate_baselines(
                kept,
                kept_shown,
                models=[model],
                modalities=read,
                scheme=scheme,
                settings=settings,
                seed=seed,
            )
        parts.append(made)
    return pd.concat(parts, ignore_index=True)


def with_ablation(
    sample: Sample,
    shown: Shown,
    *,
    models: Sequence[str],
    ablation: Mapping,
    modalities: Sequence[str],
    scheme: str,
    settings: Settings,
    seed: int,
) -> pd.DataFrame:
    """Out-of-fold predictions of all models, and of the ablation where it is asked for.

    Parameters
    ----------
    ablation : mapping
        ``model``, and ``schemes`` under which the ablation is run.

    Returns
    -------
    DataFrame
        The rows of :func:`cross_validate_baselines` with ``purpose`` (`baselines`, `ablation`).
    """
    task = {"modalities": modalities, "scheme": scheme, "settings": settings, "seed": seed}
    fitted = cross_validate_baselines(sample, shown, models=models, **task)
    parts = {"baselines": fitted}
    if scheme in ablation["schemes"]:
        parts["ablation"] = cross_validate_ablation(
            sample, shown, model=ablation["model"], fitted=fitted, **task
        )
    # Behind all columns that a part may have alone.
    purpose = [name for name, part in parts.items() for _ in range(len(part))]
    return pd.concat(parts.values(), ignore_index=True).assign(purpose=purpose)


def covered_rows(
    shown: Shown, modalities: Sequence[str], *, keeps_all: bool = False
) -> NDArray[np.int64]:
    """Rows of the districts that models of these modalities cover.

    Parameters
    ----------
    shown : Shown
    modalities : sequence of str
    keeps_all : bool
        Whether districts that lack a modality are covered as well.

    Raises
    ------
    InputError
        If there are too few to hold some out and learn from the others.
    """
    has_all = np.logical_and.reduce([shown.has(name) for name in modalities])
    rows = np.flatnonzero(has_all | keeps_all)
    if len(rows) < LEAST_DISTRICTS:
        raise InputError(
            f"siamese: {len(rows)} of {len(has_all)} districts have all of {joined(modalities)}; "
            f"{LEAST_DISTRICTS} are needed: bring more data, leave a modality out, or set "
            "siamese.missing: mean"
        )
    return rows


def subset(sample: Sample, rows: NDArray[np.int64]) -> Sample:
    """Return the sample of these rows."""
    return replace(
        sample,
        table=sample.table.iloc[rows].reset_index(drop=True),
        income=sample.income[rows],
        known_noise=sample.known_noise[rows],
        fold=sample.fold[rows],
        block=sample.block[rows],
    )
