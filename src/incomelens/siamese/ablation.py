"""What each modality is worth: alone, and what is lost without it."""

from collections.abc import Sequence

import pandas as pd

from incomelens.common.errors import InputError
from incomelens.common.names import MODALITIES
from incomelens.siamese.names import check_modalities, joined
from incomelens.siamese.scores import summarise_samples

SCORES = ("r2", "cod", "rmse_usd", "mae_usd", "rmse_sd", "mae_sd")


def ablation_cases(modalities: Sequence[str]) -> list[tuple[str, str, tuple[str, ...]]]:
    """Case, modality and what the model reads: all, each alone, all but each.

    Examples
    --------
    >>> ablation_cases(["prices", "satellite"])[1:3]
    [('alone', 'prices', ('prices',)), ('alone', 'satellite', ('satellite',))]
    """
    chosen = check_modalities(modalities)
    cases = [("all", "", chosen)]
    if len(chosen) > 1:
        cases += [("alone", name, (name,)) for name in chosen]
        cases += [("without", name, tuple(m for m in chosen if m != name)) for name in chosen]
    return cases


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
