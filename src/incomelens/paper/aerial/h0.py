"""Tables of both hypotheses: H0 by city, SES and class, H1 by city, SES and ordered pair."""

from collections.abc import Mapping

import pandas as pd

from incomelens.paper.aerial_names import class_labels
from incomelens.paper.inference_names import SCHEMES, check_cities
from incomelens.paper.table import Table, estimate, rows
from incomelens.paper.topology_names import (
    H0_COLUMNS,
    H1_COLUMNS,
    METHODS,
    NOT_OBSERVED,
    TOO_FEW,
    by_scheme,
    main_method,
    preprint_value,
)

TESTED_BY = (
    "P by turning and mirroring every map against its land (spatial blocks of tiles together), "
    "two-sided; q by Benjamini and Hochberg over all cities, SES groups and {family} of a method "
    "under one scheme of folds; decided at q ≤ 0.05. In brackets 95 % intervals by resampling "
    "spatial blocks of tiles."
)


def h0_published(tables: Mapping[str, pd.DataFrame], *, names: Mapping[str, str]) -> Table:
    """Lay out H0: no class activates more, or less, than its area.

    Parameters
    ----------
    tables : mapping
        By scheme, `topology/h0-{scheme}.csv`.
    names : mapping
        Of cities in print.
    """
    numbers = by_scheme(tables, H0_COLUMNS, "H0")
    check_cities([*numbers["city"]], names)
    method, labels = main_method([*numbers["method"]]), class_labels()
    shown = [
        {
            "City, folds and SES": _block(row, names),
            "Urban class": labels[row.urban_class],
            "Tiles": row.n,
            "Ratio x": estimate(row, "ratio", interval="block_ci"),
            "Expected under H0": row.expected_ratio,
            "Effect": row.effect_size,
            "P": _probability(row.p_value),
            "q": _probability(row.q_value),
            "H0": row.decision,
        }
        for row in rows(numbers[numbers["method"] == method])
    ]
    return Table(
        numbers=numbers,
        shown=pd.DataFrame(shown),
        caption=(
            "H0: activation falls on urban classes in proportion to their area "
            f"({METHODS.get(method, method)})."
        ),
        notes=(
            "Ratio x: mean activation ratio of the class over the tiles of the SES group, by "
            "predicted class. Expected under H0: its mean when maps are turned and mirrored, which "
            "a preference for the middle of a tile moves away from 1. Effect: distance of the two "
            "in standard deviations of the tiles' ratios. Other methods, intervals over single "
            "tiles, the pooled ratio and the ratio without slivers below 0.5 % of a tile stand in "
            "the CSV. Classes in too few tiles are not tested.",
            TESTED_BY.format(family="classes"),
            *_joint(numbers, method, names, "H0"),
            _other_methods(numbers),
        ),
        blocks="City, folds and SES",
        decimals={"Ratio x": 2, "Expected under H0": 2, "Effect": 2},
    )


def h1_published(
    tables: Mapping[str, pd.DataFrame],
    preprint: Mapping[str, object],
    *,
    names: Mapping[str, str],
) -> Table:
    """Lay out H1: what a class activates does not depend on the class beside it.

    Parameters
    ----------
    tables : mapping
        By scheme, `topology/h1-{scheme}.csv`.
    preprint : mapping
        `aerial.figure_6_preprint` of the reference.
    names : mapping
        Of cities in print.
    """
    numbers = by_scheme(tables, H1_COLUMNS, "H1")
    check_cities([*numbers["city"]], names)
    numbers["preprint_coactivation"] = [
        preprint_value(
            preprint, "coactivation", row.ses, row.urban_class, row.neighbour_class, row.city
        )
        for row in rows(numbers)
    ]
    method = main_method([*numbers["method"]])
    of_method = numbers[numbers["method"] == method]
    tested = of_method[~of_method["decision"].isin([NOT_OBSERVED, TOO_FEW])]
    shown = [_h1_row(row, names) for row in rows(tested)]
    columns = list(shown[0]) if shown else list(H1_SHOWN)
    return Table(
        numbers=numbers,
        shown=pd.DataFrame(shown, columns=columns),
        caption=(
            "H1: what a residential class activates does not depend on the class beside it "
            f"({METHODS.get(method, method)})."
        ),
        notes=(
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
            f"{len(tested):,} of {len(of_method):,} pairs are in enough tiles to be tested; "
            "the others, other methods and intervals over single tiles stand in the CSV.",
            "Preprint: values of an older notebook of the paper's authors, which shows the larger "
            "ones only and trims ratios before averaging.",
            _survivors(tested),
            *_joint(numbers, method, names, "H1"),
            _other_methods(numbers),
        ),
        blocks="City, folds and SES" if shown else None,
        decimals={
            name: 2 for name in columns if name.endswith((": c", "effect")) or name == "Expected"
        },
    )


def _h1_row(row: object, names: Mapping[str, str]) -> dict[str, object]:
    labels = class_labels()
    return {
        "City, folds and SES": _block(row, names),
        "Class": labels[row.urban_class],
        "Beside": labels[row.neighbour_class],
        "Tiles": row.n,
        "Plain: c": estimate(row, "coactivation", interval="block_ci"),
        "Plain: q": _probability(row.plain_q_value),
        "Plain: H1": _short(row.plain_decision),
        "Expected": row.expected_no_interaction,
        "Adjusted: c": estimate(row, "coactivation_adjusted", interval="adjusted_block_ci"),
        "Adjusted: effect": row.effect_size,
        "Adjusted: P": _probability(row.p_value),
        "Adjusted: q": _probability(row.q_value),
        "Adjusted: H1": _short(row.decision),
        "Preprint: c": row.preprint_coactivation,
    }


H1_SHOWN = (
    "City, folds and SES", "Class", "Beside", "Tiles", "Plain: c", "Plain: q", "Plain: H1",
    "Expected", "Adjusted: c", "Adjusted: effect", "Adjusted: P", "Adjusted: q", "Adjusted: H1",
    "Preprint: c",
)  # fmt: skip


def _block(row: object, names: Mapping[str, str]) -> str:
    return f"{names[row.city]}, {SCHEMES.get(row.scheme, row.scheme)}, {row.ses} SES"  # type: ignore[attr-defined]


def _probability(value: float) -> float | str:
    """Give a P or q as it is printed: small ones as a bound."""
    return "<0.001" if value < 0.001 else value


def _short(decision: str) -> str:
    return decision.removesuffix("-coactivated")


def _joint(
    numbers: pd.DataFrame, method: str, names: Mapping[str, str], hypothesis: str
) -> list[str]:
    """One sentence on the joint test of every city and scheme."""
    of_method = numbers[numbers["method"] == method]
    told = [
        f"{names[row.city]}, {SCHEMES.get(row.scheme, row.scheme)}: {row.joint_decision}"
        + ("" if pd.isna(row.joint_p_value) else f" (P {_bound(row.joint_p_value)})")
        for row in rows(of_method.drop_duplicates(["scheme", "city"]))
    ]
    return [
        f"{hypothesis} for a city as a whole, by the largest deviation of all: {'; '.join(told)}."
    ]


def _bound(p_value: float) -> str:
    return "< 0.001" if p_value < 0.001 else f"= {p_value:.3f}"


def _other_methods(numbers: pd.DataFrame) -> str:
    """How often each method rejects, so that the choice of a method shows."""
    told = []
    for (scheme, method), table in numbers.groupby(["scheme", "method"], sort=False):
        tested = table[~table["decision"].isin([NOT_OBSERVED, TOO_FEW])]
        counts = tested["decision"].str.split("-").str[0].value_counts()
        told.append(
            f"{METHODS.get(method, method)}, {SCHEMES.get(scheme, scheme)}: "
            f"{counts.get('over', 0)} over and {counts.get('under', 0)} under of {len(tested)}"
        )
    return f"Rejected by method: {'; '.join(told)}."


def _survivors(tested: pd.DataFrame) -> str:
    """How many findings of plain c remain on the adjusted measure."""
    parts = []
    for scheme, table in tested.groupby("scheme", sort=False):
        plain = table[table["plain_decision"].str.startswith("over-")]
        kept = (plain["decision"] == plain["plain_decision"]).sum()
        parts.append(
            f"{SCHEMES.get(scheme, scheme)}: {kept} of {len(plain)} over-coactivated by plain c"
        )
    return f"Survive the adjustment: {'; '.join(parts)}." if parts else "No pair is tested."
