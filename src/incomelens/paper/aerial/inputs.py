"""What methods, SES groups, urban classes and decisions are called where H0 and H1 are shown."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from incomelens.cells.urban_classes import URBAN_CLASSES
from incomelens.common.errors import InputError, listed
from incomelens.paper.aerial_names import classes_by_group
from incomelens.paper.inference_names import ordered_schemes
from incomelens.paper.table import check_columns

METHODS = {
    "guided": "guided Grad-CAM",
    "gradient": "plain gradient × Grad-CAM",
    "gradcam": "Grad-CAM",
}
# Blue and red as in the paper's Fig. 5, of a pair that every eye tells apart (ColorBrewer's RdBu).
SES_COLOURS = {"low": "#2166ac", "high": "#b2182b"}
SES_MARKERS = {"low": "o", "high": "s"}
SES_CLASSES = {"low": "classes 1 and 2", "high": "classes 4 and 5"}
LEVEL = 0.05
LEAST_TILES = 10  # the paper's, for the pairs of its Fig. 6
# Two of five equally frequent income classes.
BASE_PROBABILITY = 0.4

PUBLISHED = tuple(one.name for one in URBAN_CLASSES if one.published)
RESIDENTIAL = ("continuous", "dense", "medium", "low", "very_low")
INFRASTRUCTURE = ("motorways", "roads", "railways")

NOT_OBSERVED = "not observed"
TOO_FEW = "too few tiles"
NOT_REJECTED = "not rejected"

H0_COLUMNS = (
    "city", "method", "ses", "urban_class", "n", "ratio", "block_ci_low", "block_ci_high",
    "expected_ratio", "effect_size", "p_value", "q_value", "decision", "joint_p_value",
    "joint_decision",
)  # fmt: skip
H1_COLUMNS = (
    "city", "method", "ses", "urban_class", "neighbour_class", "n", "coactivation",
    "expected_no_interaction", "coactivation_adjusted", "block_ci_low", "block_ci_high",
    "adjusted_block_ci_low", "adjusted_block_ci_high", "effect_size", "p_value", "q_value",
    "decision", "plain_p_value", "plain_q_value", "plain_decision", "joint_p_value",
    "joint_decision",
)  # fmt: skip
PROBABILITY_COLUMNS = ("ses", "urban_class", "n", "probability", "block_ci_low", "block_ci_high")
GAIN_COLUMNS = (
    "ses", "urban_class", "neighbour_class", "n", "gain", "block_ci_low", "block_ci_high",
)  # fmt: skip


def published_groups() -> dict[str, list[str]]:
    """Names of the 18 published classes, by group, in the order of every figure and table."""
    return {
        group: [name for name in names if name in PUBLISHED]
        for group, names in classes_by_group().items()
    }


def class_order() -> list[str]:
    """Names of the published classes, residential ones first."""
    return [name for names in published_groups().values() for name in names]


def main_method(methods: Sequence[str]) -> str:
    """Method of the figures and printed tables: the guided one, or the first where it is not."""
    present = list(dict.fromkeys(methods))
    if not present:
        raise InputError("methods: the table has no rows; run the attribution for at least one")
    return "guided" if "guided" in present else present[0]


def main_scheme(schemes: Sequence[str]) -> str:
    """Scheme of the figures: random folds, as in the paper, or the first that there is."""
    if not schemes:
        raise InputError("schemes: there is none; expected random or block")
    return ordered_schemes(schemes)[0]


def by_scheme(
    tables: Mapping[str, pd.DataFrame], columns: Sequence[str], name: str
) -> pd.DataFrame:
    """Put the tables of all schemes below each other, random folds first.

    Parameters
    ----------
    tables : mapping
        By scheme.
    columns : sequence of str
        That each table must have.
    name : str
        Of the kind of table, for messages.

    Returns
    -------
    DataFrame
        With ``scheme`` in front.

    Raises
    ------
    InputError
        If there is no table, or one lacks a column.
    """
    if not tables:
        raise InputError(f"{name}: there is no table; name at least one scheme of folds")
    parts = []
    for scheme in ordered_schemes(list(tables)):
        check_columns(tables[scheme], columns, f"{name}, {scheme} folds")
        part = tables[scheme].copy()
        part.insert(0, "scheme", scheme)
        parts.append(part)
    return pd.concat(parts, ignore_index=True)


def of_city(table: pd.DataFrame, city: str, name: str) -> pd.DataFrame:
    """Rows of one city; an InputError where there is none."""
    rows = table[table["city"] == city]
    if rows.empty:
        raise InputError(
            f"{name}: no row of the city {city!r}; it has those of "
            f"{listed(sorted(set(table['city'])))}"
        )
    return rows.reset_index(drop=True)


def preprint_value(
    preprint: Mapping[str, object], measure: str, ses: str, u: str, v: str, city: str
) -> float:
    """Give what the released notebook shows for a pair (it prints value − 1); NaN where nothing."""
    found: object = preprint[f"{measure}_minus_1"]
    for key in (ses, u, v, city):
        found = found.get(key) if isinstance(found, Mapping) else None
    return np.nan if found is None else 1.0 + float(found)  # type: ignore[arg-type]
