"""Which classes a network relies on: beyond the exchange of maps, and beyond knowing nothing.

H0 says that a class is activated more than maps of other tiles would be on the same land. A network
that learnt from shuffled labels has maps, too, and what stands out in an image stands out in them:
a class counts as relied on where it is over-activated and its ratio is farther above its
expectation than with that network (deviation `second_null`). Occlusion has a control of its own,
land of equal area and shape elsewhere in the tile, and needs no second network.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtri

from incomelens.topology.hypotheses import LEVEL
from incomelens.topology.hypothesis_tables import h0_table

PLACE = ["city", "method", "ses", "urban_class"]


def reliance_table(
    ratios: Mapping[str, pd.DataFrame],
    occlusions: Mapping[str, pd.DataFrame],
    shuffled: Mapping[str, pd.DataFrame],
) -> pd.DataFrame:
    """Which classes the network of every city relies on, by method and SES.

    Parameters
    ----------
    ratios, occlusions : mappings of str to DataFrame
        :func:`incomelens.topology.tables.activation_ratio_table` of every city's network, of its
        maps and of what it loses without a class.
    shuffled : mapping of str to DataFrame
        The same as `ratios`, of the network that learnt from shuffled labels.

    Returns
    -------
    DataFrame
        Table ``topology/reliance.csv``, a row for every city, method, SES and published class.
    """
    table = h0_table({city: pd.concat([ratios[city], occlusions[city]]) for city in ratios})
    second = pd.concat([one.assign(city=city) for city, one in shuffled.items()])
    table["beyond_shuffled"] = beyond_shuffled(table, second)
    table["relied_on"] = is_relied_on(
        table["decision"].eq("over-activated"),
        table["beyond_shuffled"],
        table["method"].isin(second["method"]),
    )
    columns = ["n", "ratio", "block_ci_low", "block_ci_high", "expected_ratio", "effect_size"]
    return table[
        [*PLACE, *columns, "p_value", "q_value", "decision", "beyond_shuffled", "relied_on"]
    ]


def beyond_shuffled(table: pd.DataFrame, shuffled: pd.DataFrame) -> NDArray[np.float64]:
    """How much further above its expectation a ratio is than that of the network without labels.

    Parameters
    ----------
    table, shuffled : DataFrame
        :data:`PLACE`, ``ratio``, ``expected_ratio``, ``log_error``; a row a place in `shuffled`.

    Returns
    -------
    array of shape (len(table),)
        In standard errors of the difference of both logs; NaN without a counterpart. The two are of
        the same tiles: where what they have in common moves both, the difference is surer than
        this says.
    """
    with np.errstate(divide="ignore"):
        told, other = (
            of[PLACE].assign(
                value=np.log(of["ratio"] / of["expected_ratio"]), error=of["log_error"]
            )
            for of in (table, shuffled)
        )
    both = told.merge(other, how="left", on=PLACE, suffixes=("", "_shuffled"))
    error = np.hypot(both["error"], both["error_shuffled"])
    return ((both["value"] - both["value_shuffled"]) / error.where(error > 0)).to_numpy()


def is_relied_on(over: pd.Series, beyond: pd.Series, tried: pd.Series) -> pd.Series:
    """Whether a class is over-activated and beyond the second null, where there is one.

    Parameters
    ----------
    over : Series of bool
        Over-activated at q ≤ 0.05.
    beyond : Series of float
        Of :func:`beyond_shuffled`.
    tried : Series of bool
        Whether the method was tried on the network of shuffled labels.
    """
    return over & (beyond.gt(-ndtri(LEVEL / 2)) | ~tried)
