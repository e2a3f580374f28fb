"""What is left in the residuals: spatial autocorrelation, and who is predicted badly."""

import numpy as np
import pandas as pd
from esda.moran import Moran
from libpysal.graph import Graph

from incomelens.folds.buffer import local_km
from incomelens.ssig.inducing import each_process, process_of
from incomelens.ssig.scores import TASK, held

N_NEIGHBOURS = 8


def residual_moran(predictions: pd.DataFrame, districts: pd.DataFrame) -> pd.DataFrame:
    """Moran's I of the out-of-fold residuals of every model, among the 8 nearest districts.

    P is that of the normal approximation under randomisation (esda), two-sided: with thousands of
    districts a permutation test could only say "smaller than one in the number of draws".

    Parameters
    ----------
    predictions : DataFrame
        Out-of-fold predictions of all tasks.
    districts : DataFrame
        ``level``, ``geoid``, ``longitude``, ``latitude``: two levels may number theirs alike.

    Returns
    -------
    DataFrame
        Table ``ssig/residual_moran.csv``.
    """
    rows = []
    place = districts.set_index(["level", "geoid"])[["longitude", "latitude"]]
    graphs: dict[tuple[tuple[str, str], ...], object] = {}
    for key, group in predictions.groupby(TASK, sort=False):
        group = group.sort_values("geoid")
        ids = tuple(zip(group["level"], group["geoid"], strict=True))
        if ids not in graphs:
            graphs[ids] = _neighbours(place.loc[list(ids)])
        residual = (group["observed_usd"] - group["predicted_usd"]).to_numpy()
        moran = Moran(residual, graphs[ids], permutations=0, two_tailed=True)
        rows.append(
            {
                **dict(zip(TASK, key, strict=True)),
                "n": len(group),
                "moran_i": moran.I,
                "expected_i": moran.EI,
                "p_value": moran.p_rand,
                **process_of(group),
            }
        )
    return pd.DataFrame(rows)


def _neighbours(place: pd.DataFrame) -> Graph:
    points = local_km(place["longitude"].to_numpy(), place["latitude"].to_numpy())
    # Twin centroids would have no nearest neighbour of their own: a millimetre apart they do.
    points = points + 1e-6 * np.arange(len(points))[:, None]
    return Graph.build_knn(points, k=min(N_NEIGHBOURS, len(points) - 1)).transform("r")


def errors_by_group(predictions: pd.DataFrame, districts: pd.DataFrame) -> pd.DataFrame:
    """Errors of every model by area (borough) and by decile of the observed income.

    Parameters
    ----------
    predictions : DataFrame
        Out-of-fold predictions of all tasks.
    districts : DataFrame
        ``level``, ``geoid``, ``area``.

    Returns
    -------
    DataFrame
        Table ``ssig/errors_by_group.csv``.
    """
    keys = ["level", "geoid"]
    table = predictions.merge(districts[[*keys, "area"]], on=keys, how="left")
    error = table["predicted_usd"] - table["observed_usd"]
    within, _ = held(
        *(table[name].to_numpy() for name in ("observed_usd", "predicted_usd", "sd_usd", "log_sd")),
        share=90,
    )
    covered = pd.Series(within, table.index).where(table["sd_usd"].notna())
    rank = table.groupby(TASK)["observed_usd"].rank(method="first", pct=True)
    table = table.assign(
        error=error,
        square=error**2,
        absolute=error.abs(),
        covered=covered.astype(float),
        income_decile=np.ceil(10 * rank).astype(int).astype(str),
    )
    parts = []
    for grouping in ("area", "income_decile"):
        grouped = table.dropna(subset=[grouping]).groupby([*TASK, grouping], sort=False)
        part = grouped.agg(
            n=("geoid", "size"),
            mean_square=("square", "mean"),
            mae_usd=("absolute", "mean"),
            bias_usd=("error", "mean"),
            coverage_90=("covered", "mean"),
            **each_process(table),
        )
        part.insert(1, "rmse_usd", np.sqrt(part.pop("mean_square")))
        part = part.reset_index().rename(columns={grouping: "group"})
        part.insert(len(TASK), "grouping", grouping)
        parts.append(part)
    return pd.concat(parts, ignore_index=True)
