"""Deletion and insertion over many tiles: mean curves, areas, and what they gain on chance."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from incomelens.common.seeds import job_rng
from incomelens.folds.resampling import percentile_interval

TILE = ["city", "fold", "cell_id", "ses"]
RANDOM, TURNED = "random", "_turned"


def areas(curves: pd.DataFrame) -> pd.DataFrame:
    """Area under every curve, by the trapezoidal rule.

    Parameters
    ----------
    curves : DataFrame
        Of :func:`incomelens.attribution.curves.tile_curves`, with more columns that tell tiles
        apart.

    Returns
    -------
    DataFrame
        One row a curve: ``area`` (0 to 1) in place of ``share`` and ``score``.
    """
    names = [name for name in curves.columns if name not in ("share", "score")]
    ordered = curves.sort_values([*names, "share"], kind="stable")
    grouped = ordered.groupby(names, sort=False, observed=True)
    found = grouped.apply(lambda one: np.trapezoid(one["score"], one["share"]))
    return found.rename("area").reset_index()


def mean_curves(curves: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Mean score along deletion and insertion.

    Parameters
    ----------
    curves : mapping
        By city, :func:`incomelens.attribution.probes.curve_table`.

    Returns
    -------
    DataFrame
        Table ``attribution/mean_curves.csv``.
    """
    table = _stacked(curves)
    by_tile = table.groupby([*TILE, "order", "mode", "share"], sort=False, as_index=False)["score"]
    grouped = by_tile.mean().groupby(["order", "mode", "share"], sort=False)["score"]
    return grouped.agg(n="size", score="mean").reset_index()


def area_table(curves: Mapping[str, pd.DataFrame], *, n_resamples: int, seed: int) -> pd.DataFrame:
    """Areas under the curves, and paired differences from two kinds of chance.

    Parameters
    ----------
    curves : mapping
        By city, :func:`incomelens.attribution.probes.curve_table`.
    n_resamples : int
        Of tiles within cities, behind the 95 % intervals.
    seed : int

    Returns
    -------
    DataFrame
        Table ``attribution/curve_areas.csv``, differences for methods alone. A deletion is good
        below 0, an insertion above.
    """
    wide = areas(_stacked(curves)).pivot_table(
        index=[*TILE, "mode"], columns="order", values="area", aggfunc="mean", sort=False
    )
    rows = []
    for mode, table in wide.groupby(level="mode", sort=False):
        for order in wide.columns:
            known = table[table[order].notna()]
            row = {"order": order, "mode": mode, "n": len(known), "area": known[order].mean()}
            if order != RANDOM and not order.endswith(TURNED):
                for name, other in (("over_random", RANDOM), ("over_turned", f"{order}{TURNED}")):
                    rng = job_rng(seed, order, mode, name)
                    row |= _difference(known[order] - known[other], name, n_resamples, rng)
            rows.append(row)
    return pd.DataFrame(rows)


def _stacked(curves: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    return pd.concat([table.assign(city=city) for city, table in curves.items()])


def _difference(
    values: pd.Series, name: str, n_resamples: int, rng: np.random.Generator
) -> dict[str, float]:
    """Mean difference with a percentile interval by resampling tiles within cities."""
    totals = np.zeros(n_resamples)
    for _, of_city in values.groupby(level="city", sort=True):
        drawn = rng.integers(len(of_city), size=(n_resamples, len(of_city)))
        totals += of_city.to_numpy()[drawn].sum(axis=1)
    interval = percentile_interval(totals / len(values))
    return {name: values.mean()} | interval.columns(f"{name}_ci")
