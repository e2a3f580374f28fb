"""H1 by city, SES and ordered pair: what a class activates does not depend on the one beside."""

from collections.abc import Mapping, Sequence

import pandas as pd

from incomelens.paper.aerial.inputs import by_scheme, preprint_value
from incomelens.paper.aerial.names import METHODS, check_cities, class_labels, main_method
from incomelens.paper.aerial.tested import (
    BLOCK,
    PAPERS,
    block,
    joint_tests,
    papers_columns,
    probability,
    rejected_by_method,
    tested_rows,
)
from incomelens.paper.exhibit import Exhibit
from incomelens.paper.names import folds_name
from incomelens.paper.reference import Reference
from incomelens.paper.table import Row, Table, estimate, rows

SHOWN = (
    BLOCK, "Class", "Beside", "Tiles", "Plain: c", "Plain: q", "Plain: H1",
    "Expected", "Adjusted: c", "Adjusted: effect", "Adjusted: P", "Adjusted: q", "Adjusted: H1",
    "Preprint: c",
)  # fmt: skip
KEYS = ("city", "scheme", "ses", "urban_class", "neighbour_class")
NOTES = (
    "Plain c: mean activation ratio of the class in tiles with both over its mean in all "
    "tiles with it, the paper's measure. It exceeds 1 by arithmetic where the class beside "
    "takes area from an active one; Expected is what it would be if every class had one "
    "intensity and none acted on another. Adjusted c: their quotient, on which H1 is "
    "judged. Effect: difference of adjusted ratios with and without the class beside, in "
    "their standard deviation. over: more active beside it, under: less.",
    "P by permuting, among tiles with the class, which of them hold the class beside, for "
    "adjusted c within strata of the class's own area; two-sided; q by Benjamini and "
    "Hochberg over all cities, SES groups and pairs of a method under one scheme of folds; "
    "decided at q ≤ 0.05. In brackets 95 % intervals by resampling spatial blocks.",
)
PREPRINT_NOTE = (
    "Preprint: values of an older notebook of the paper's authors, which shows the larger "
    "ones only and trims ratios before averaging."
)


def exhibit(
    h1: Sequence[pd.DataFrame],
    reference: Reference,
    *,
    names: Mapping[str, str],
    schemes: Sequence[str],
) -> Exhibit:
    """Lay out H1, on plain and on adjusted coactivation.

    Parameters
    ----------
    h1 : sequence of DataFrame
        `topology/h1-{scheme}.csv` of every scheme.
    """
    numbers = by_scheme(h1, schemes, "H1")
    check_cities([*numbers["city"]], names)
    preprint = reference.part("aerial", "figure_6_preprint")
    numbers["preprint_coactivation"] = [
        preprint_value(
            preprint, "coactivation", row.ses, row.urban_class, row.neighbour_class, row.city
        )
        for row in rows(numbers)
    ]
    method = main_method([*numbers["method"]])
    pairs = numbers[numbers["method"] == method]
    tested = tested_rows(pairs)
    shown = pd.DataFrame([_row(row, names) for row in rows(tested)], columns=SHOWN)
    beside = papers_columns(
        tested,
        numbers.assign(short=numbers["decision"].map(_short)),
        KEYS,
        {"adjusted c": "coactivation_adjusted", "H1": "short"},
    )
    two = [name for name in SHOWN if name.endswith((": c", "effect")) or name == "Expected"]
    table = Table(
        numbers=numbers,
        shown=shown.join(beside),
        caption=(
            "H1: what a residential class activates does not depend on the class beside it "
            f"({METHODS.get(method, method)})."
        ),
        notes=(
            *NOTES,
            f"{len(tested):,} of {len(pairs):,} pairs are in enough tiles to be tested; "
            "the others, other methods and intervals over single tiles stand in the CSV.",
            PREPRINT_NOTE,
            _survivors(tested),
            joint_tests(numbers, method, names, "H1"),
            rejected_by_method(numbers),
        ),
        blocks=None if shown.empty else BLOCK,
        decimals=dict.fromkeys([*two, f"{PAPERS}: adjusted c"], 2),
        printed=["Preprint: c"],
    )
    return Exhibit(table)


def _row(row: Row, names: Mapping[str, str]) -> dict[str, object]:
    labels = class_labels()
    cells = (
        block(row, names),
        labels[row.urban_class],
        labels[row.neighbour_class],
        row.n,
        estimate(row, "coactivation", interval="block_ci"),
        probability(row.plain_q_value),
        _short(row.plain_decision),
        row.expected_no_interaction,
        estimate(row, "coactivation_adjusted", interval="adjusted_block_ci"),
        row.effect_size,
        probability(row.p_value),
        probability(row.q_value),
        _short(row.decision),
        row.preprint_coactivation,
    )
    return dict(zip(SHOWN, cells, strict=True))


def _short(decision: str) -> str:
    return decision.removesuffix("-coactivated")


def _survivors(tested: pd.DataFrame) -> str:
    """How many findings of plain c remain on the adjusted measure."""
    parts = []
    for scheme, table in tested.groupby("scheme", sort=False):
        plain = table[table["plain_decision"].str.startswith("over-")]
        n_kept = (plain["decision"] == plain["plain_decision"]).sum()
        parts.append(f"{folds_name(scheme)}: {n_kept} of {len(plain)} over-coactivated by plain c")
    return f"Survive the adjustment: {'; '.join(parts)}." if parts else "No pair is tested."
