"""Supplementary Tables 2 and 3 of the aerial paper: tiles with each urban class."""

from collections.abc import Mapping, Sequence

import pandas as pd

from incomelens.cells.urban_classes import land_use_list
from incomelens.common.errors import InputError, listed
from incomelens.paper.aerial.names import INCOME_CLASSES, class_labels
from incomelens.paper.exhibit import Exhibit
from incomelens.paper.table import Table

# Both groups of fifths, counted from 1 (deviation `ses_groups`).
SES_GROUPS = {"low": (1, 2), "high": (4, 5)}
# Land of a cell that has none of the list's classes.
NO_CLASS = ("excluded", "unknown")


def exhibit(
    shares: Sequence[pd.DataFrame], predictions: Sequence[pd.DataFrame], *, names: Mapping[str, str]
) -> Exhibit:
    """Count the tiles with each urban class, by observed and predicted income class.

    Parameters
    ----------
    shares : sequence of DataFrames
        `tiles/{city}/land_use_shares.parquet` of every city: `cell_id`, `urban_class`,
        `area_share`.
    predictions : sequence of DataFrames
        `inference/{city}/random/predictions.parquet`: `observed` and `predicted` class of every
        kept cell, out of fold.
    """
    cities = zip(names.values(), shares, predictions, strict=True)
    numbers = pd.concat([_city_sizes(*city) for city in cities], ignore_index=True)
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
    table = Table(
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
    return Exhibit(table)


def _city_sizes(name: str, shares: pd.DataFrame, predictions: pd.DataFrame) -> pd.DataFrame:
    names = land_use_list().names
    unknown = sorted(set(shares["urban_class"].dropna()) - {*names, *NO_CLASS})
    if unknown:
        raise InputError(
            f"{name}, land-use shares: unknown urban classes {listed(unknown)}; expected "
            f"{listed(names, len(names))}"
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
        index=["any", *land_use_list().names], columns=list(INCOME_CLASSES), fill_value=0
    )
    groups = {
        **{str(number): counts[number] for number in INCOME_CLASSES},
        **{group: counts[list(numbers)].sum(axis=1) for group, numbers in SES_GROUPS.items()},
        "all": counts.sum(axis=1),
    }
    table = pd.DataFrame(groups).rename_axis("urban_class").reset_index()
    return table.melt("urban_class", var_name="ses", value_name="n")
