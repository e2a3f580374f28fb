"""The map of one city of the aerial study: cells, their classes, and what the network looked at."""

from collections.abc import Mapping
from dataclasses import asdict

import geopandas as gpd
import numpy as np
import pandas as pd

from incomelens.cells.urban_classes import NAMES, URBAN_CLASSES
from incomelens.common.errors import InputError
from incomelens.paper.aerial.figure_3 import DIFFERENCE_COLOURS, prediction_maps_table
from incomelens.paper.aerial.names import METHODS, SCHEMES, SES_CLASSES, main_method
from incomelens.paper.draw.classes import INCOME_COLOURS
from incomelens.report.map_layers import (
    BROWN_TO_TEAL,
    Layer,
    class_layer,
    diverging_layer,
    quantile_layer,
)
from incomelens.topology.ratios import activation_ratio

# Limits of the activation ratio; 1 is activation in proportion to area.
RATIO_BREAKS = (0.25, 0.5, 0.8, 1.25, 2.0, 4.0)
SHARE_BREAKS = (0.05, 0.1, 0.2, 0.4, 0.6)
INCOME_WORDS = ("1 (poorest)", "2", "3", "4", "5 (wealthiest)")
TARGETS = {"low": "map of the poorest class", "high": "map of the wealthiest class"}


def city_map(
    key: str,
    name: str,
    cells: gpd.GeoDataFrame,
    predictions: Mapping[str, pd.DataFrame],
    attribution: pd.DataFrame | None,
) -> dict[str, object]:
    """Everything that the page's map of a city can show.

    Parameters
    ----------
    key, name : str
        The city in the configuration, and in print.
    cells : GeoDataFrame
        `cells/{city}.parquet`, squares in EPSG:3035.
    predictions : mapping
        By scheme, `inference/{city}/{scheme}/predictions.parquet`.
    attribution : DataFrame or None
        `attribution/{city}/{scheme}.parquet` of the first scheme; None leaves out activation.

    Returns
    -------
    dict
        For JSON: the grid, the places' names, the layers, and what is told of a place.
    """
    cells = near_kept_cells(cells, prediction_maps_table(cells, predictions)["observed"].notna())
    table = prediction_maps_table(cells, predictions)
    at: dict[str, list[int]] = {}
    layers = [*_income_layers(cells, table, list(predictions))]
    details: list[dict[str, object]] = [
        {"kind": "list", "title": "Income", "layers": [layer.key for layer in layers]}
    ]
    if attribution is not None:
        found, activation, at = _activation_layers(attribution, table["cell_id"])
        layers += found
        details.append(activation)
    return {
        "key": key,
        "title": name,
        "about": f"{name}: {int(table['observed'].notna().sum()):,} kept census cells of "
        f"{_side(cells):.0f} m, dropped ones between them grey. Grid north is up.",
        "one": "cell",
        "ids": table["cell_id"].tolist(),
        "shape": _grid(table, _side(cells)),
        "at": at,
        "layers": [asdict(layer) for layer in layers],
        "details": details,
    }


def near_kept_cells(cells: gpd.GeoDataFrame, kept: pd.Series) -> gpd.GeoDataFrame:
    """Cells within the extent of the kept ones: dropped outliers would shrink the map."""
    west, south, east, north = cells[kept.to_numpy()].total_bounds
    return cells.cx[west + 1 : east - 1, south + 1 : north - 1]


def _side(cells: gpd.GeoDataFrame) -> float:
    bounds = cells.geometry.bounds
    side = (bounds["maxx"] - bounds["minx"]).to_numpy()
    if not np.allclose(side, side[0]):
        raise InputError(
            "map of a city: cells are not squares of one size "
            f"({side.min():g} to {side.max():g} m); build them again from the provider's grid"
        )
    return float(side[0])


def _grid(table: pd.DataFrame, side: float) -> dict[str, object]:
    """Columns from the west and rows from the north, in cells."""
    east, north = table["easting_m"].to_numpy(), table["northing_m"].to_numpy()
    columns = np.rint((east - east.min()) / side).astype(int)
    rows = np.rint((north.max() - north) / side).astype(int)
    return {
        "type": "grid",
        "metres": side,
        "width": int(columns.max()) + 1,
        "height": int(rows.max()) + 1,
        "column": columns.tolist(),
        "row": rows.tolist(),
    }


def _income_layers(cells: gpd.GeoDataFrame, table: pd.DataFrame, schemes: list[str]) -> list[Layer]:
    colours = dict(INCOME_COLOURS)
    words = {"legend": INCOME_WORDS}
    group = "Income classes (fifths of the city)"
    layers = [class_layer("observed", group, "Observed class", table["observed"], colours, **words)]
    for scheme in schemes:
        folds = SCHEMES.get(scheme, scheme)
        predicted, difference = table[f"predicted_{scheme}"], table[f"difference_{scheme}"]
        layers += [
            class_layer(
                f"predicted_{scheme}", group, f"Predicted class, {folds}", predicted, colours,
                **words,
            ),
            class_layer(
                f"difference_{scheme}", group, f"Predicted minus observed, {folds}", difference,
                DIFFERENCE_COLOURS, signed=True,
            ),
        ]  # fmt: skip
    income = cells["income"].to_numpy(float)
    unit = "EUR a year per consumption unit"
    return [*layers, quantile_layer("income", "Income", "Income", income, unit=unit)]


def _activation_layers(
    attribution: pd.DataFrame, cell_id: pd.Series
) -> tuple[list[Layer], dict[str, object], dict[str, list[int]]]:
    """Layers of activation and area, how they are told of a cell, and of which cells they are."""
    method = main_method(attribution["method"].astype(str).tolist())
    place = pd.Series(np.arange(len(cell_id)), index=cell_id)
    layers: list[Layer] = []
    at: dict[str, list[int]] = {}
    shares, ratios = _shares_and_ratios(attribution, method)
    where = place.loc[shares.index].to_numpy()
    rows = []
    for one in URBAN_CLASSES:
        present = shares[one.name].to_numpy() > 0
        if not (one.published and present.any()):
            continue
        at[one.name] = where[present].tolist()
        layers += _layers_of_class(one.name, one.label, shares, ratios, present)
        keys = [f"share/{one.name}", *(f"{target}/{one.name}" for target in ratios)]
        rows.append({"label": one.label, "cells": keys})
    heads = {"low": "Ratio, poorest", "high": "Ratio, wealthiest"}
    details = {
        "kind": "table",
        "title": f"Activation by urban class, {METHODS.get(method, method)}",
        "columns": ["Area, %", *(heads[target] for target in ratios)],
        "rows": rows,
        "note": "Ratio: share of the map’s activation over share of the area; 1 is in proportion. "
        "A dash: the map is empty.",
    }
    return layers, details, at


def _shares_and_ratios(
    attribution: pd.DataFrame, method: str
) -> tuple[pd.DataFrame, dict[str, pd.DataFrame]]:
    """Area shares and, by target, activation ratios: a row a tile, a column a class."""
    as_is = attribution[(attribution["method"] == method) & (attribution["transform"] == 0)]
    targets = [target for target in SES_CLASSES if target in set(as_is["target"])]
    shares, ratios = pd.DataFrame(), {}
    for target in targets:
        rows = as_is[as_is["target"] == target].astype({"urban_class": str, "cell_id": str})
        wide = rows.pivot_table(
            index="cell_id", columns="urban_class", values=["area_share", "activation_sum"]
        )
        wide = wide.reindex(columns=pd.MultiIndex.from_product([wide.columns.levels[0], NAMES]))
        shares = wide["area_share"].fillna(0.0)
        sums = wide["activation_sum"].fillna(0.0)
        ratios[target] = pd.DataFrame(
            activation_ratio(sums.to_numpy(), shares.to_numpy()),
            index=wide.index,
            columns=list(NAMES),
        )
    return shares, ratios


def _layers_of_class(
    name: str,
    label: str,
    shares: pd.DataFrame,
    ratios: Mapping[str, pd.DataFrame],
    present: np.ndarray,
) -> list[Layer]:
    percent = 100 * shares[name].to_numpy()[present]
    layers = [
        diverging_layer(
            f"{target}/{name}",
            f"Activation ratio, {TARGETS[target]}",
            label,
            table[name].to_numpy()[present],
            breaks=RATIO_BREAKS,
            colours=BROWN_TO_TEAL,
            decimals=2,
            at=name,
        )
        for target, table in ratios.items()
    ]
    greens = ["#edf3e6", "#cfe3c0", "#a6cd95", "#74b06c", "#3f8b48", "#12612d"]
    share = diverging_layer(
        f"share/{name}",
        "Share of the cell's area",
        label,
        percent,
        breaks=[100 * limit for limit in SHARE_BREAKS],
        colours=greens,
        unit="%",
        decimals=1,
        at=name,
    )
    return [*layers, share]
