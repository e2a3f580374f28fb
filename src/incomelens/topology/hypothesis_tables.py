"""The two hypotheses over all cities: one family of P values a hypothesis and method."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from incomelens.common.errors import InputError
from incomelens.topology.hypotheses import LEVEL, q_values


def h0_table(ratios: Mapping[str, pd.DataFrame], *, level: float = LEVEL) -> pd.DataFrame:
    """H0 by city, SES and urban class: which classes contribute more than others, or less.

    Parameters
    ----------
    ratios : mapping of str to DataFrame
        :func:`incomelens.topology.tables.activation_ratio_table` of every city.
    level : float
        False-discovery rate, and level of the joint tests.

    Returns
    -------
    DataFrame
        Table ``topology/h0-{scheme}.csv``: the cities' rows, judged.
    """
    table = _joined(ratios)
    above = table["ratio"] > table["expected_ratio"]
    return _judged(table, above, level, words=("over-activated", "under-activated"))


def h1_table(coactivations: Mapping[str, pd.DataFrame], *, level: float = LEVEL) -> pd.DataFrame:
    """H1 by city, SES and ordered pair: which ratios depend on the class beside.

    Parameters
    ----------
    coactivations : mapping of str to DataFrame
        :func:`incomelens.topology.pair_tables.coactivation_table` of every city.
    level : float

    Returns
    -------
    DataFrame
        Table ``topology/h1-{scheme}.csv``. Decisions on c itself stand beside those on the adjusted
        coactivation, so that it shows which findings survive the adjustment.
    """
    words = ("over-coactivated", "under-coactivated")
    table = _joined(coactivations)
    table = _judged(table, table["effect_size"] > 0, level, words=words)
    table["plain_q_value"] = _family_q(table, "plain_p_value")
    above = table["coactivation"] > 1
    table["plain_decision"] = _decisions(table, "plain_q_value", above, level, words)
    return table


def _joined(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    if not tables:
        raise InputError("hypotheses: no city's table was given; name the cities of the study")
    frames = [table.assign(city=city) for city, table in tables.items()]
    table = pd.concat(frames, ignore_index=True)
    table.insert(0, "city", table.pop("city"))
    return table


def _judged(
    table: pd.DataFrame, above: pd.Series, level: float, *, words: tuple[str, str]
) -> pd.DataFrame:
    table["q_value"] = _family_q(table, "p_value")
    table["decision"] = _decisions(table, "q_value", above, level, words)
    joint = table["joint_p_value"]
    table["joint_decision"] = np.select(
        [joint.isna(), joint <= level], ["too few tiles", "rejected"], "not rejected"
    )
    return table


def _family_q(table: pd.DataFrame, column: str) -> pd.Series:
    return table.groupby("method")[column].transform(lambda p: q_values(p.to_numpy()))


def _decisions(
    table: pd.DataFrame, q_value: str, above: pd.Series, level: float, words: tuple[str, str]
) -> np.ndarray:
    q = table[q_value]
    cases = {
        "not observed": table["n"] == 0,
        "does not vary": q.isna() & table.get("coactivation", q).notna(),
        "too few tiles": q.isna(),
        words[0]: (q <= level) & above,
        words[1]: q <= level,
    }
    return np.select(list(cases.values()), list(cases), "not rejected")
