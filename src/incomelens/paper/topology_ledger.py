"""The claims ledger of the aerial paper: each claim held against the tables of one study."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace

import pandas as pd

from incomelens.paper.aerial.inputs import (
    GAIN_COLUMNS,
    H0_COLUMNS,
    H1_COLUMNS,
    PROBABILITY_COLUMNS,
    by_scheme,
)
from incomelens.paper.aerial.names import METHODS, SCHEMES, check_cities, main_method
from incomelens.paper.aerial.scores import SUMMARY_COLUMNS
from incomelens.paper.claims import FAILS, HOLDS
from incomelens.paper.table import Table, check_columns, rows
from incomelens.paper.topology_claim_list import CLAIMS
from incomelens.paper.topology_claims import ADJUSTED, OPEN, PLAIN, AerialClaim, Tables

NONE = "none"


def aerial_ledger(
    h0: Mapping[str, pd.DataFrame],
    h1: Mapping[str, pd.DataFrame],
    probabilities: Mapping[str, pd.DataFrame],
    gains: Mapping[str, pd.DataFrame],
    summary: Mapping[tuple[str, str], pd.DataFrame],
    *,
    names: Mapping[str, str],
    claims: Sequence[AerialClaim] = CLAIMS,
) -> pd.DataFrame:
    """Judge every claim, as far as it depends on them, by scheme, method and measure.

    Parameters
    ----------
    h0, h1 : mappings
        By scheme, `topology/h0-{scheme}.csv` and `topology/h1-{scheme}.csv`.
    probabilities, gains : mappings
        By city, `topology/{city}/probabilities.csv` and `gains.csv`.
    summary : mapping
        By city and scheme, `inference/{city}/{scheme}/summary.csv`.
    names : mapping
        Of the study's cities in print.
    claims : sequence of AerialClaim

    Returns
    -------
    DataFrame
        One row a claim, scheme, method and measure (`none` where the claim does not depend on it):
        ``verdict`` (holds, does not hold, open), the number of cases (``n_missing``: open ones) and
        ``evidence``.
    """
    ratios, pairs = by_scheme(h0, H0_COLUMNS, "H0"), by_scheme(h1, H1_COLUMNS, "H1")
    check_cities([*ratios["city"], *pairs["city"]], names)
    for city in names:
        check_columns(probabilities[city], PROBABILITY_COLUMNS, f"{city}, probabilities")
        check_columns(gains[city], GAIN_COLUMNS, f"{city}, gains")
    for (city, scheme), table in summary.items():
        check_columns(table, SUMMARY_COLUMNS, f"{city}, {scheme} folds, summary of scores")
    schemes = list(dict.fromkeys(ratios["scheme"]))
    methods = list(dict.fromkeys(ratios["method"]))
    found = []
    for claim in claims:
        for scheme, method, measure in _settings(claim.about, schemes, methods):
            tables = Tables(
                h0=_rows_of(ratios, scheme, method),
                h1=_rows_of(pairs, scheme, method),
                probabilities=probabilities,
                gains=gains,
                summary={city: table for (city, one), table in summary.items() if one == scheme},
                names=names,
            )
            if measure != NONE:
                tables = replace(tables, measure=measure)
            labels = {"id": claim.id, "claim": claim.says, "where": claim.where, "rule": claim.rule}
            place = _place(claim.about, scheme, method, measure)
            found.append(labels | place | asdict(claim.judge(tables)))
    return pd.DataFrame(found)


def _settings(
    about: str, schemes: Sequence[str], methods: Sequence[str]
) -> list[tuple[str, str, str]]:
    """Schemes, methods and measures under which a claim is judged."""
    first = main_method(methods)
    if about == "land":
        return [(schemes[0], first, NONE)]
    if about == "scores":
        return [(scheme, first, NONE) for scheme in schemes]
    measures = (PLAIN, ADJUSTED) if about == "pairs" else (NONE,)
    return [(s, method, m) for s in schemes for method in methods for m in measures]


def _place(about: str, scheme: str, method: str, measure: str) -> dict[str, str]:
    return {
        "scheme": NONE if about == "land" else scheme,
        "method": method if about in ("maps", "pairs") else NONE,
        "measure": measure,
    }


def _rows_of(table: pd.DataFrame, scheme: str, method: str) -> pd.DataFrame:
    return table[(table["scheme"] == scheme) & (table["method"] == method)]


def aerial_claims_table(judged: pd.DataFrame) -> Table:
    """Lay out the ledger: verdicts of the main method, below them what decides each."""
    method = main_method([one for one in judged["method"] if one != NONE] or [NONE])
    printed = judged[judged["method"].isin([method, NONE])]
    shown, notes = [], []
    for claim_id, of_claim in printed.groupby("id", sort=False):
        first = of_claim.iloc[0]
        for place, (scheme, of_scheme) in enumerate(of_claim.groupby("scheme", sort=False)):
            verdicts = dict(zip(of_scheme["measure"], of_scheme["verdict"], strict=True))
            shown.append(
                {
                    "No.": claim_id if place == 0 else "",
                    "The paper claims": first["claim"] if place == 0 else "",
                    "Folds": SCHEMES.get(scheme, float("nan")),
                    "Verdict": verdicts.get(NONE, verdicts.get(PLAIN)),
                    "On adjusted c": verdicts.get(ADJUSTED, float("nan")),
                }
            )
        evidence = " ".join(_sentence(row) for row in rows(of_claim))
        notes.append(f"{claim_id}. {first['where']}. Holds if: {_lower(first['rule'])} {evidence}")
    return Table(
        numbers=judged,
        shown=pd.DataFrame(shown),
        caption="Claims of the aerial paper, held against the tables of this study.",
        notes=(
            "Claims in our own words. A verdict rests on cases that are clear, at q ≤ 0.05 or by "
            "an interval; where the others could still turn it, the claim is open, and so is one "
            f"about cities that this study does not have. Maps: {METHODS.get(method, method)}; "
            "the other methods stand in the CSV. Claims about pairs of classes are judged on the "
            "paper's measure (Verdict) and on the one that takes out what area alone does "
            "(On adjusted c).",
            *_counts(printed),
            *_survival(printed),
            *notes,
        ),
    )


def _counts(printed: pd.DataFrame) -> list[str]:
    """How many claims hold, under the first scheme of folds."""
    scheme = next((one for one in printed["scheme"] if one != NONE), NONE)
    counted = printed[printed["scheme"].isin([NONE, scheme]) & (printed["measure"] != ADJUSTED)]
    number = counted["verdict"].value_counts()
    return [
        f"Of {len(counted)} claims ({SCHEMES.get(scheme, scheme)}) {number.get(HOLDS, 0)} hold, "
        f"{number.get(FAILS, 0)} do not, {number.get(OPEN, 0)} are open."
    ]


def _survival(printed: pd.DataFrame) -> list[str]:
    """Which claims about pairs hold on plain c, and which of them on the adjusted measure."""
    lines = []
    pairs = printed[printed["measure"] != NONE]
    for scheme, table in pairs.groupby("scheme", sort=False):
        holds = {
            measure: part.loc[part["verdict"] == HOLDS, "id"].tolist()
            for measure, part in table.groupby("measure")
        }
        plain, n_claims = holds[PLAIN], table["id"].nunique()
        kept = [one for one in plain if one in holds[ADJUSTED]]
        lines.append(
            f"Claims about pairs, {SCHEMES.get(scheme, scheme)}: on plain c "
            f"{_listed(plain)} of {n_claims} hold; of these, on adjusted c, {_listed(kept)}."
        )
    return lines


def _listed(ids: Sequence[str]) -> str:
    return f"{len(ids)} ({', '.join(ids)})" if len(ids) else "none"


def _sentence(row: object) -> str:
    where = [SCHEMES[row.scheme]] if row.scheme in SCHEMES else []  # type: ignore[attr-defined]
    where += [f"{row.measure} c"] if row.measure != NONE else []  # type: ignore[attr-defined]
    verdict = f"{', '.join(where)}: {row.verdict}" if where else row.verdict  # type: ignore[attr-defined]
    return f"{verdict[0].upper()}{verdict[1:]}. {row.evidence}"  # type: ignore[attr-defined]


def _lower(rule: str) -> str:
    """Begin a rule in the middle of a sentence; H0 stays H0."""
    return rule if rule[1].isdigit() else rule[0].lower() + rule[1:]
