"""How alike class ratios come out on other folds, from another seed, head or method."""

from collections.abc import Iterator, Mapping
from itertools import combinations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from incomelens.attribution.similarity import spearman
from incomelens.cells.urban_classes import land_use_list
from incomelens.common.names import MAIN
from incomelens.topology.inputs import SES_CLASSES, methods_of, tile_group
from incomelens.topology.ratios import mean_terms

Values = NDArray[np.float64]


def stability_table(
    attributions: Mapping[str, pd.DataFrame],
    predictions: pd.DataFrame,
    folds: pd.DataFrame,
    *,
    least_tiles: int,
) -> pd.DataFrame:
    """Rank correlations between the mean ratios of urban classes, estimated in two ways.

    Parameters
    ----------
    attributions : mapping
        By network, ``main`` among them.
    predictions : DataFrame
        Of ``main``, whose low and high tiles are taken for all networks.
    folds : DataFrame
        ``cell_id``, ``fold``, ``block``.
    least_tiles : int
        A class counts if both estimates rest on as many tiles.

    Returns
    -------
    DataFrame
        Table ``topology/{city}/{scheme}-stability.csv``: `folds` compares tiles of two folds, hence
        two networks; `networks` main and another on all tiles; `methods` and `ses` two of main. No
        correlation below three classes.
    """
    ratios = {
        (network, method, ses): _ratios(attribution, predictions, folds, method=method, ses=ses)
        for network, attribution in attributions.items()
        for method in methods_of(attribution)
        for ses in SES_CLASSES
    }
    rows = [
        told | _agreement(one, other, least_tiles)
        for told, one, other in _comparisons(ratios, sorted(set(folds["fold"])))
    ]
    return pd.DataFrame(rows)


class _Ratios:
    """Tiles' ratios of one network, method and SES, by fold."""

    def __init__(self, value: Values, fold: NDArray[np.int64]) -> None:
        self.value, self.fold = value, fold

    def mean(self, fold: int | None = None) -> tuple[Values, NDArray[np.int64]]:
        """Mean ratio of every published class and the number of tiles behind it."""
        chosen = self.value if fold is None else self.value[self.fold == fold]
        known = np.isfinite(chosen)
        n = known.sum(axis=0)
        return np.where(known, chosen, 0.0).sum(axis=0) / np.maximum(n, 1), n


def _ratios(
    attribution: pd.DataFrame,
    predictions: pd.DataFrame,
    folds: pd.DataFrame,
    *,
    method: str,
    ses: str,
) -> _Ratios:
    group = tile_group(attribution, predictions, folds, method=method, ses=ses)
    terms = mean_terms(group.activation_sum[0], group.area_share)
    value = np.where(terms.denominator > 0, terms.numerator, np.nan)
    value = value[:, land_use_list().published]
    fold = folds.set_index("cell_id")["fold"].reindex(group.cell_id).to_numpy(dtype=np.int64)
    return _Ratios(value, fold)


Mean = tuple[Values, NDArray[np.int64]]


def _comparisons(
    ratios: Mapping[tuple[str, str, str], _Ratios], folds: list[int]
) -> Iterator[tuple[dict[str, object], Mean, Mean]]:
    for (network, method, ses), one in ratios.items():
        told: dict[str, object] = {"network": network, "method": method, "ses": ses}
        for a, b in combinations(folds, 2):
            yield told | {"between": "folds", "a": str(a), "b": str(b)}, one.mean(a), one.mean(b)
        main = ratios.get((MAIN, method, ses))
        if network != MAIN and main is not None:
            yield told | {"between": "networks", "a": MAIN, "b": network}, main.mean(), one.mean()
    of_main = {key[1:]: one for key, one in ratios.items() if key[0] == MAIN}
    for (first, ses), (second, other_ses) in combinations(of_main, 2):
        pair = of_main[first, ses].mean(), of_main[second, other_ses].mean()
        if ses == other_ses:
            told: dict[str, object] = {"network": MAIN, "method": f"{first}, {second}", "ses": ses}
            yield told | {"between": "methods", "a": first, "b": second}, *pair
        elif first == second:
            told = {"network": MAIN, "method": first, "ses": f"{ses}, {other_ses}"}
            yield told | {"between": "ses", "a": ses, "b": other_ses}, *pair


def _agreement(one: Mean, other: Mean, least_tiles: int) -> dict[str, object]:
    enough = (one[1] >= least_tiles) & (other[1] >= least_tiles)
    n = int(enough.sum())
    value = spearman(one[0][None, enough], other[0][None, enough])[0] if n > 2 else np.nan
    return {"n_classes": n, "spearman": value}


def stability_summary(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Rank correlations over cities, folds and SES groups.

    Parameters
    ----------
    tables : mapping
        By city, :func:`stability_table`.

    Returns
    -------
    DataFrame
        Table ``topology/stability.csv``.
    """
    table = pd.concat(tables.values(), ignore_index=True)
    of_folds = table["between"] == "folds"
    table.loc[of_folds, "a"], table.loc[of_folds, "b"] = "one fold", "another"
    known = table[table["spearman"].notna()]
    grouped = known.groupby(["between", "network", "method", "a", "b"], sort=False)["spearman"]
    return grouped.agg(n="size", median="median", low="min", high="max").reset_index()
