"""How many cells there are of every kind: supplementary sample sizes, and why cells are dropped."""

from collections.abc import Mapping

import pandas as pd

from incomelens.cells.urban_classes import NAMES
from incomelens.common.errors import InputError, listed
from incomelens.paper.aerial_names import INCOME_CLASSES, class_labels
from incomelens.paper.table import Table, check_columns

# Both groups of fifths, counted from 1 (ruling 2).
SES_GROUPS = {"low": (1, 2), "high": (4, 5)}
# Land of a cell that has none of the 19 classes.
NO_CLASS = ("excluded", "unknown")


def sample_sizes(
    shares: Mapping[str, pd.DataFrame], predictions: Mapping[str, pd.DataFrame]
) -> Table:
    """Tiles with each urban class, by observed and predicted income class.

    Supplementary Tables 2 and 3.

    Parameters
    ----------
    shares : mapping
        By the city's name in print, `tiles/{city}/land_use_shares.parquet`: `cell_id`,
        `urban_class`, `area_share`.
    predictions : mapping
        By name, `inference/{city}/random/predictions.parquet`: `observed` and `predicted` class of
        every kept cell, out of fold.
    """
    numbers = pd.concat(
        [_city_sizes(name, shares[name], predictions[name]) for name in predictions],
        ignore_index=True,
    )
    wide = numbers.pivot_table(
        index=["city", "urban_class"],
        columns=["side", "ses"],
        values="n",
        aggfunc="first",
        dropna=False,
        sort=False,
    )
    columns = {
        **{f"Observed: {number}": ("observed", str(number)) for number in INCOME_CLASSES},
        "Observed: low": ("observed", "low"),
        "Observed: high": ("observed", "high"),
        "Observed: all": ("observed", "all"),
        "Predicted: low": ("predicted", "low"),
        "Predicted: high": ("predicted", "high"),
    }
    labels = {"any": "Any (all tiles)", **class_labels()}
    shown = pd.DataFrame(
        {
            "City": wide.index.get_level_values("city"),
            "Urban class": wide.index.get_level_values("urban_class").map(labels),
            **{heading: wide[column].to_numpy() for heading, column in columns.items()},
        }
    )
    return Table(
        numbers=numbers,
        shown=shown,
        caption=(
            "Supplementary Tables 2 and 3. Sample sizes: kept tiles that contain an urban class, "
            "by income class."
        ),
        notes=(
            "A tile counts for every class that covers any of its area, so that rows add up to "
            "more than all tiles. Low: income classes 1 and 2; high: 4 and 5. Predicted by the "
            "network that did not see the tile (random folds); all classes stand in the CSV. "
            "Ports are counted here and left out of the results, as in the paper.",
        ),
        blocks="City",
    )


def _city_sizes(name: str, shares: pd.DataFrame, predictions: pd.DataFrame) -> pd.DataFrame:
    check_columns(shares, ["cell_id", "urban_class", "area_share"], f"{name}, land-use shares")
    check_columns(predictions, ["cell_id", "observed", "predicted"], f"{name}, predictions")
    unknown = sorted(set(shares["urban_class"].dropna()) - {*NAMES, *NO_CLASS})
    if unknown:
        raise InputError(
            f"{name}, land-use shares: unknown urban classes {listed(unknown)}; expected "
            f"{listed(NAMES, len(NAMES))}"
        )
    present = shares.loc[shares["area_share"] > 0, ["cell_id", "urban_class"]].drop_duplicates()
    classes = predictions[["cell_id", "observed", "predicted"]]
    tiles = pd.concat([classes.assign(urban_class="any"), classes.merge(present, on="cell_id")])
    table = pd.concat(
        [_counts(tiles, side).assign(side=side) for side in ("observed", "predicted")]
    )
    table.insert(0, "city", name)
    return table.astype({"n": "Int64"})[["city", "urban_class", "side", "ses", "n"]]


def _counts(tiles: pd.DataFrame, side: str) -> pd.DataFrame:
    """Number of tiles by `urban_class` and `ses`: each income class, both groups, and all."""
    counts = pd.crosstab(tiles["urban_class"], tiles[side]).reindex(
        index=["any", *NAMES], columns=list(INCOME_CLASSES), fill_value=0
    )
    groups = {
        **{str(number): counts[number] for number in INCOME_CLASSES},
        **{group: counts[list(numbers)].sum(axis=1) for group, numbers in SES_GROUPS.items()},
        "all": counts.sum(axis=1),
    }
    table = pd.DataFrame(groups).rename_axis("urban_class").reset_index()
    return table.melt("urban_class", var_name="ses", value_name="n")


def dropped_cells(cells: Mapping[str, pd.DataFrame], index: Mapping[str, pd.DataFrame]) -> Table:
    """Cells of every city: how many are kept, why the others are dropped, how many are imputed.

    Parameters
    ----------
    cells : mapping
        By the city's name in print, `cells/{city}.parquet`.
    index : mapping
        By name, `tiles/{city}/index.parquet`: the final `kept` and `drop_reason`.
    """
    numbers = pd.concat(
        [_city_drops(name, cells[name], index[name]) for name in cells], ignore_index=True
    )
    labels = {"all": "All cells", "kept": "Kept"}
    shown = pd.DataFrame(
        {
            "City": numbers["city"],
            "Cells": [
                labels.get(fate, f"Dropped: {fate.replace('_', ' ')}") for fate in numbers["fate"]
            ],
            "Number": numbers["n"],
            "Share (%)": 100 * numbers["share"],
            "Imputed": numbers["n_imputed"],
        }
    )
    return Table(
        numbers=numbers,
        shown=shown,
        caption="Census cells of every city, and why some are dropped.",
        notes=(
            "Every cell is counted once, for the first reason that drops it. Imputed: cells of "
            "few households, whose income the statistics office derives from neighbouring cells.",
        ),
        blocks="City",
        decimals={"Share (%)": 1},
    )


def _city_drops(name: str, cells: pd.DataFrame, index: pd.DataFrame) -> pd.DataFrame:
    check_columns(cells, ["cell_id", "imputed"], f"{name}, cells")
    check_columns(index, ["cell_id", "kept", "drop_reason"], f"{name}, tiles' index")
    table = cells[["cell_id", "imputed"]].merge(
        index[["cell_id", "kept", "drop_reason"]], on="cell_id", how="left", validate="1:1"
    )
    kept = table["kept"].astype("boolean")
    undecided = kept.isna() | (~kept.fillna(False) & table["drop_reason"].isna())
    if undecided.any():
        raise InputError(
            f"{name}, tiles' index: says neither that {int(undecided.sum())} cells are kept nor "
            f"why they are dropped ({listed(table.loc[undecided, 'cell_id'], 3)}); index and "
            "cells may come from two runs: delete the index and run again"
        )
    fate = table["drop_reason"].where(~kept.astype(bool), "kept")
    imputed = table["imputed"].astype("boolean").fillna(False).astype(bool)
    reasons = fate[fate != "kept"].value_counts().sort_index().sort_values(
        ascending=False, kind="stable"
    )  # fmt: skip
    chosen = {
        "all": pd.Series(True, index=table.index),
        "kept": fate == "kept",
        **{reason: fate == reason for reason in reasons.index},
    }
    return pd.DataFrame(
        {
            "city": name,
            "fate": fate_name,
            "n": int(rows.sum()),
            "share": float(rows.mean()),
            "n_imputed": int((rows & imputed).sum()),
        }
        for fate_name, rows in chosen.items()
    )
