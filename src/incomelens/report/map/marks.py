"""Where predictions of districts are not to be trusted: what a map crosses out, and the words."""

from collections.abc import Mapping
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd

from incomelens.paper.names import INCOMES, folds_name
from incomelens.paper.ssig.intervals import TOLERATED


@dataclass(frozen=True)
class Mark:
    """Places that are crossed out on some layers, since their values are not to be trusted there.

    Parameters
    ----------
    pattern : {"crossed", "lined"}
    label : str
        Its words in the key.
    layers : list of str
        Keys of the layers that it is drawn on.
    places : list of int
        Numbers of the places.
    told : list of str
        A sentence a place, which stands beside its values.
    """

    pattern: str
    label: str
    layers: list[str]
    places: list[int]
    told: list[str]


def outside_marks(
    districts: gpd.GeoDataFrame, applicability: Mapping[tuple[str, str], pd.DataFrame]
) -> list[Mark]:
    """Districts outside the area of applicability, a mark an income and scheme.

    Parameters
    ----------
    districts : GeoDataFrame
        Those that are drawn, in their order.
    applicability : mapping
        By income and scheme, `ssig/applicability/{level}-{income}-{scheme}.parquet`.
    """
    marks = []
    for (income, scheme), table in applicability.items():
        outside = table[~table["applicable"]].set_index("geoid")
        is_there = districts["geoid"].isin(outside.index).to_numpy()
        found = outside.loc[districts["geoid"].to_numpy()[is_there]]
        told = [
            f"{_whose(income, scheme)}: outside the area of applicability. Nothing learnt from is "
            f"like this district (dissimilarity {row.dissimilarity:.2f}, at most "
            f"{row.threshold:.2f}): neither prediction nor interval can be relied on."
            for row in found.itertuples()
        ]
        label = "outside the area of applicability"
        marks.append(Mark("crossed", label, _keys(income, scheme), _places(is_there), told))
    return [mark for mark in marks if mark.places]


def failing_marks(districts: gpd.GeoDataFrame, failing: pd.DataFrame) -> list[Mark]:
    """Districts of areas whose intervals do not hold, a mark an income and scheme.

    Parameters
    ----------
    districts : GeoDataFrame
        With ``area``; those that are drawn, in their order.
    failing : DataFrame
        Of :func:`incomelens.paper.ssig.intervals.failing_areas`.
    """
    limit = f"{100 * TOLERATED:.0f} %"
    marks = []
    for (income, scheme), table in failing.groupby(["income", "scheme"], sort=False):
        shares = table.set_index("group")["coverage"]
        of_area = districts["area"].map(shares)
        is_there = of_area.notna().to_numpy()
        told = [
            f"{_whose(income, scheme)}: 90 % intervals do not hold here. Even calibrated ones hold "
            f"{100 * share:.0f} % of the incomes of {area}."
            for share, area in zip(of_area[is_there], districts["area"][is_there], strict=True)
        ]
        label = f"area of which 90 % intervals hold less than {limit}"
        marks.append(Mark("lined", label, _keys(income, scheme), _places(is_there), told))
    return [mark for mark in marks if mark.places]


def _whose(income: str, scheme: str) -> str:
    return f"{INCOMES[income].capitalize()}, {folds_name(scheme)}"


def _keys(income: str, scheme: str) -> list[str]:
    return [f"{income}/{kind}_{scheme}" for kind in ("predicted", "difference")]


def _places(is_there: np.ndarray) -> list[int]:
    return np.flatnonzero(is_there).tolist()
