"""Cells of every city of the aerial study: kept, imputed, and dropped for which reason."""

from collections.abc import Mapping, Sequence

import pandas as pd

from incomelens.common.errors import InputError, listed
from incomelens.paper.exhibit import Exhibit
from incomelens.paper.table import Table


def exhibit(
    cells: Sequence[pd.DataFrame], index: Sequence[pd.DataFrame], *, names: Mapping[str, str]
) -> Exhibit:
    """Count the cells that are kept, dropped for each reason, and imputed.

    Parameters
    ----------
    cells, index : sequence of DataFrames
        `cells/{city}.parquet` and `tiles/{city}/index.parquet` of every city: the final `kept` and
        `drop_reason`.
    """
    cities = zip(names.values(), cells, index, strict=True)
    numbers = pd.concat([_city_drops(*city) for city in cities], ignore_index=True)
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
    table = Table(
        numbers=numbers,
        shown=shown,
        caption="Census cells of every city, and why some are dropped.",
        notes=(
            "Every cell is counted once, for the first reason that drops it. Imputed: cells of "
            "few households, whose income the statistics office derives from neighbouring cells.",
        ),
        blocks="City",
        decimals={"Share (%)": 1},
        units={"Share (%)": "%"},
    )
    return Exhibit(table)


def _city_drops(name: str, cells: pd.DataFrame, index: pd.DataFrame) -> pd.DataFrame:
    table = cells[["cell_id", "imputed"]].merge(
        index[["cell_id", "kept", "drop_reason"]], on="cell_id", how="left", validate="1:1"
    )
    is_kept = table["kept"].astype("boolean")
    undecided = is_kept.isna() | (~is_kept.fillna(False) & table["drop_reason"].isna())
    if undecided.any():
        raise InputError(
            f"{name}, tiles' index: says neither that {int(undecided.sum())} cells are kept nor "
            f"why they are dropped ({listed(table.loc[undecided, 'cell_id'], 3)}); index and "
            "cells may come from two runs: delete the index and run again"
        )
    fate = table["drop_reason"].where(~is_kept.astype(bool), "kept")
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
