"""What both tables of tested hypotheses say alike: where a row stands, P and q, joint tests."""

from collections.abc import Mapping, Sequence

import pandas as pd

from incomelens.paper.aerial.names import METHODS, PAPERS_METHOD, UNTESTED, main_method
from incomelens.paper.names import folds_name
from incomelens.paper.table import Row, rows

BLOCK = "City, folds and SES"
PAPERS = "Guided Grad-CAM"  # spanner of the paper's method beside another


def block(row: Row, names: Mapping[str, str]) -> str:
    """Name the block of rows that a row stands in."""
    return f"{names[row.city]}, {folds_name(row.scheme)}, {row.ses} SES"


def probability(value: float) -> float | str:
    """Give a P or q as it is printed: small ones as a bound."""
    return "<0.001" if value < 0.001 else value


def tested_rows(table: pd.DataFrame) -> pd.DataFrame:
    """Rows that were tested."""
    return table[~table["decision"].isin(UNTESTED)]


def papers_columns(
    part: pd.DataFrame, numbers: pd.DataFrame, keys: Sequence[str], columns: Mapping[str, str]
) -> pd.DataFrame:
    """Columns of the paper's method for the rows `part` of another one, under one spanner.

    None where the table's own method is the paper's, or where the study did without it.
    """
    papers = numbers[numbers["method"] == PAPERS_METHOD]
    if papers.empty or main_method([*numbers["method"]]) == PAPERS_METHOD:
        return pd.DataFrame(index=range(len(part)))
    beside = part[[*keys]].merge(papers, how="left", on=[*keys], validate="1:1")
    return pd.DataFrame({f"{PAPERS}: {name}": beside[own] for name, own in columns.items()})


def joint_tests(
    numbers: pd.DataFrame, method: str, names: Mapping[str, str], hypothesis: str
) -> str:
    """One sentence on the joint test of every city and scheme."""
    tests = numbers[numbers["method"] == method]
    parts = [
        f"{names[row.city]}, {folds_name(row.scheme)}: {row.joint_decision}"
        + ("" if pd.isna(row.joint_p_value) else f" (P {_bound(row.joint_p_value)})")
        for row in rows(tests.drop_duplicates(["scheme", "city"]))
    ]
    return (
        f"{hypothesis} for a city as a whole, by the largest deviation of all: {'; '.join(parts)}."
    )


def _bound(p_value: float) -> str:
    return "< 0.001" if p_value < 0.001 else f"= {p_value:.3f}"


def rejected_by_method(numbers: pd.DataFrame) -> str:
    """How often each method rejects, so that the choice of a method shows."""
    parts = []
    for (scheme, method), table in numbers.groupby(["scheme", "method"], sort=False):
        tested = tested_rows(table)
        counts = tested["decision"].str.split("-").str[0].value_counts()
        parts.append(
            f"{METHODS.get(method, method)}, {folds_name(scheme)}: "
            f"{counts.get('over', 0)} over and {counts.get('under', 0)} under of {len(tested)}"
        )
    return f"Rejected by method: {'; '.join(parts)}."
