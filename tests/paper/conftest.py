"""Small tables in the shapes that earlier stages write."""

from itertools import product
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely.geometry import box

from incomelens.paper.names import INCOMES, LEVELS, VARIABLES
from incomelens.paper.reference import read_reference

ROOT = Path(__file__).parents[2]
METRICS = [
    "r2", "cod", "rmse_usd", "mae_usd", "rmse_sd", "mae_sd",
    "coverage_50", "coverage_90", "width_50_usd", "width_90_usd",
]  # fmt: skip


@pytest.fixture
def reference():
    return read_reference(ROOT / "config" / "paper_reference.yaml")


@pytest.fixture
def summary():
    """Scores that tell where they come from: row i has the mean of folds i and pooled i + 0.5."""
    models = [(model, mode) for model in ("ssig", "spatial") for mode in ("literal", "optimised")]
    models += [("ridge", "reference")]
    rows = [
        {"level": level, "income": income, "model": model, "mode": mode, "variant": variant}
        | {"scheme": scheme, "n": 40, "n_folds": 5, "metric": metric}
        for level, income, (model, mode), variant, scheme, metric in product(
            LEVELS, INCOMES, models, ["main", "bachelor_or_above"], ["random", "block"], METRICS
        )
    ]
    table = pd.DataFrame(rows)
    table["mean_of_folds"] = np.arange(len(table), dtype=float)
    table["pooled"] = table["mean_of_folds"] + 0.5
    for name, half in {"ci": 0.25, "folds_ci": 0.125}.items():
        centre = table["mean_of_folds" if name == "folds_ci" else "pooled"]
        table[f"{name}_low"], table[f"{name}_high"] = centre - half, centre + half
    table["block_ci_low"], table["block_ci_high"] = table["pooled"] - 0.75, table["pooled"] + 0.75
    return table


@pytest.fixture
def inequality():
    rows = [
        {"level": level, "income": income, "measure": measure, "weighting": weighting, "n": 40}
        for level, income, measure, weighting in product(
            LEVELS,
            INCOMES,
            ["gini", "decile_ratio", "p90_p10", "mean"],
            ["districts", "population"],
        )
    ]
    table = pd.DataFrame(rows)
    table["unit"] = "1"
    table["value"] = np.arange(len(table), dtype=float)
    table["ci_low"], table["ci_high"] = table["value"] - 0.1, table["value"] + 0.1
    table["moe_ci_low"] = table["moe_ci_high"] = np.nan
    return table


@pytest.fixture
def districts():
    """A city of 5 x 4 squares of 1 km near New York; the last one has no income."""
    rng = np.random.default_rng(0)
    squares = [box(i, j, i + 1, j + 1) for i, j in product(range(5), range(4))]
    crs = "+proj=laea +lat_0=40.7 +lon_0=-73.9 +units=km"
    table = gpd.GeoDataFrame(geometry=squares, crs=crs).to_crs(4326)
    table["geoid"] = [f"{i:011d}" for i in range(len(table))]
    table["area"] = ["West" if i < 8 else "East" for i in range(len(table))]
    for name in VARIABLES:
        table[name] = rng.uniform(0.0, 1.0, len(table))
    for name in INCOMES:
        table[name] = rng.uniform(20_000, 90_000, len(table)).round()
        table.loc[len(table) - 1, name] = np.nan
    return table
