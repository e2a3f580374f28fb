"""What each modality is worth: alone, and what is lost without it."""

from collections.abc import Mapping, Sequence

import pandas as pd

from incomelens.common.errors import InputError
from incomelens.siamese.cross_validation import covered_rows, cross_validate_baselines, subset
from incomelens.siamese.modalities import Shown
from incomelens.siamese.models import Settings
from incomelens.siamese.names import MODALITIES, check_modalities, joined
from incomelens.siamese.scores import summarise_samples
from incomelens.ssig.features import Sample

SCORES = ("r2", "cod", "rmse_usd", "mae_usd", "rmse_sd", "mae_sd")


def ablation_cases(modalities: Sequence[str]) -> list[tuple[str, str, tuple[str, ...]]]:
    """Case, modality and what the model reads: all, each alone, all but each.

    Examples
    --------
    >>> ablation_cases(["prices", "satellite"])[1:3]
    [('alone', 'prices', ('prices',)), ('alone', 'satellite', ('satellite',))]
    """
    known = check_modalities(modalities)
    cases = [("all", "", known)]
    if len(known) > 1:
        cases += [("alone", name, (name,)) for name in known]
        cases += [("without", name, tuple(m for m in known if m != name)) for name in known]
    return cases


def cross_validate_ablation(
    sample: Sample,
    shown: Shown,
    *,
    model: str,
    modalities: Sequence[str],
    scheme: str,
    settings: Settings,
    seed: int,
) -> pd.DataFrame:
    """Out-of-fold predictions of one model on every set of modalities that a case needs.

    All learn from and predict the same districts, those that have every modality.

    Returns
    -------
    DataFrame
        The rows of :func:`incomelens.siamese.cross_validation.cross_validate_baselines`.
    """
    rows = covered_rows(shown, check_modalities(modalities), keeps_all=settings.flags_missing)
    sets = dict.fromkeys(read for _, _, read in ablation_cases(modalities))
    return pd.concat(
        [
            cross_validate_baselines(
                subset(sample, rows),
                shown.subset(rows),
                models=[model],
                modalities=read,
                scheme=scheme,
                settings=settings,
                seed=seed,
            )
            for read in sets
        ],
        ignore_index=True,
    )


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
        The rows of :func:`incomelens.siamese.cross_validation.cross_validate_baselines` with
        ``purpose`` (`baselines`, `ablation`).
    """
    task = {"modalities": modalities, "scheme": scheme, "settings": settings, "seed": seed}
    parts = [
        cross_validate_baselines(sample, shown, models=models, **task).assign(purpose="baselines")
    ]
    if scheme in ablation["schemes"]:
        found = cross_validate_ablation(sample, shown, model=ablation["model"], **task)
        parts.append(found.assign(purpose="ablation"))
    return pd.concat(parts, ignore_index=True)


def score_ablation(predictions: pd.DataFrame, *, resamples: int, seed: int) -> pd.DataFrame:
    """Scores of every case: ``siamese/ablation.csv``.

    Returns
    -------
    DataFrame
        The columns of ``siamese/summary.csv`` with ``case`` (`all`, `alone`, `without`) and
        ``modality`` (empty for `all`), one row a case and score.

    Raises
    ------
    InputError
        If no scheme of the study is one of the ablation's.
    """
    if predictions.empty:
        raise InputError(
            "siamese.ablation.schemes: none of them is in folds.schemes, so that no ablation was "
            "run; name at least one that is"
        )
    predictions = predictions.assign(sample="common")
    summary = summarise_samples(predictions, resamples=resamples, seed=seed)
    summary = summary[summary["metric"].isin(SCORES)]
    has = set("+".join(summary["modalities"].unique()).split("+"))
    cases = pd.DataFrame(
        [
            {"case": case, "modality": modality, "modalities": joined(read)}
            for case, modality, read in ablation_cases([name for name in MODALITIES if name in has])
        ]
    )
    return cases.merge(summary, on="modalities", validate="many_to_many")
