"""The claims ledger of the district paper: each claim held against the outputs of one study."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict

import pandas as pd

from incomelens.paper.claim_list import CLAIMS
from incomelens.paper.claims import FAILS, HOLDS, OPEN, Claim
from incomelens.paper.evidence import Study
from incomelens.paper.names import MODES, READINGS, SCHEMES
from incomelens.paper.reference import Reference
from incomelens.paper.ssig.table_5 import read_thresholds
from incomelens.paper.table import Table, rows

NO_FOLDS = "none"


def ledger(
    summary: pd.DataFrame,
    groups: pd.DataFrame,
    variables: pd.DataFrame,
    comparison: pd.DataFrame,
    reference: Reference,
    *,
    baselines: pd.DataFrame | None = None,
    claims: Sequence[Claim] = CLAIMS,
) -> pd.DataFrame:
    """Judge every claim in both readings, those about scores under every scheme of folds.

    Parameters
    ----------
    summary, groups, variables, comparison : DataFrame
        As :class:`incomelens.paper.evidence.Study` takes them.
    reference : Reference
        The limits of Table 5's filter.
    baselines : DataFrame, optional
        `siamese/summary.csv`.
    claims : sequence of Claim

    Returns
    -------
    DataFrame
        One row a claim, mode and scheme (`none` for Shapley values, which have no folds):
        ``verdict`` (holds, does not hold, not evaluable), the cases behind it and ``evidence``.
    """
    thresholds = read_thresholds(reference)
    tables = (summary, groups, variables, comparison)
    modes = [mode for mode in READINGS if any(mode in set(table["mode"]) for table in tables)]
    schemes = [scheme for scheme in SCHEMES if scheme in set(summary["scheme"])]
    studies = {
        (mode, scheme): Study(*tables, thresholds, mode, scheme, baselines)
        for mode in modes or READINGS
        for scheme in schemes or [next(iter(SCHEMES))]
    }
    first = next(iter(studies))[1]
    return pd.DataFrame(
        {
            "id": claim.id,
            "claim": claim.says,
            "where": claim.where,
            "rule": claim.rule,
            "mode": mode,
            "scheme": scheme if claim.under_folds else NO_FOLDS,
            **asdict(claim.judge(study)),
        }
        for claim in claims
        for (mode, scheme), study in studies.items()
        if claim.under_folds or scheme == first
    )


def claims_table(judged: pd.DataFrame) -> Table:
    """Lay out the ledger: verdicts side by side, below them what decides each."""
    modes = list(dict.fromkeys(judged["mode"]))
    shown, notes = [], []
    for claim_id, of_claim in judged.groupby("id", sort=False):
        first = of_claim.iloc[0]
        for place, (scheme, of_scheme) in enumerate(of_claim.groupby("scheme", sort=False)):
            verdicts = dict(zip(of_scheme["mode"], of_scheme["verdict"], strict=True))
            shown.append(
                {
                    "No.": claim_id if place == 0 else "",
                    "The paper claims": first["claim"] if place == 0 else "",
                    "Folds": SCHEMES.get(scheme, float("nan")),
                    **{MODES[mode]: verdicts[mode] for mode in modes},
                }
            )
        notes.append(
            f"{claim_id}. {first['where']}. Holds if: {_lower(first['rule'])} "
            + " ".join(_sentences(rows(of_claim)))
        )
    return Table(
        numbers=judged,
        shown=pd.DataFrame(shown),
        caption="Claims of the district paper, held against the outputs of this study.",
        notes=(
            "Claims in our own words. Columns: what of the Gaussian process was fitted; the paper "
            "prints l = 1 and names no fitting. Scores are means of folds; the paper's folds are "
            "taken to be random, other folds are harder. Shapley values are of the model fitted "
            "to all districts, in SD units of the income. A claim is not evaluable where this "
            "study lacks what it needs. Verdicts rest on the values themselves; their intervals "
            "stand in the tables they come from.",
            *_counts(judged),
            *notes,
        ),
    )


def _counts(judged: pd.DataFrame) -> list[str]:
    """How many claims hold in each mode, under the paper's folds."""
    first = next((name for name in SCHEMES if name in set(judged["scheme"])), "random")
    counted = judged[judged["scheme"].isin([NO_FOLDS, first])]
    lines = []
    for mode, of_mode in counted.groupby("mode", sort=False):
        number = of_mode["verdict"].value_counts()
        lines.append(
            f"With {MODES[mode]}, of {len(of_mode)} claims "
            f"(scores: {SCHEMES[first]} folds) {number.get(HOLDS, 0)} hold, "
            f"{number.get(FAILS, 0)} do not, {number.get(OPEN, 0)} cannot be evaluated."
        )
    return lines


def _sentences(verdicts: Iterable) -> list[str]:
    """One sentence a verdict; equal ones are told once."""
    found: dict[str, list[str]] = {}
    for row in verdicts:
        folds = "" if row.scheme == NO_FOLDS else f" (folds: {SCHEMES[row.scheme]})"
        found.setdefault(f"{row.verdict}. {row.evidence}", []).append(MODES[row.mode] + folds)
    return [f"With {'; '.join(where)}: {what}" for what, where in found.items()]


def _lower(rule: str) -> str:
    """Begin a rule in the middle of a sentence."""
    return rule[0].lower() + rule[1:]
