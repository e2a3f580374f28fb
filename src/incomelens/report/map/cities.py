"""The map of one city of the aerial study: cells, their classes, and what the network looked at."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from types import MappingProxyType
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from incomelens.cells.places import Places
from incomelens.cells.urban_classes import land_use_list
from incomelens.common.labels import INSEE, Label
from incomelens.common.names import MAIN
from incomelens.common.tables import read_table
from incomelens.paper.aerial.figure_3 import DIFFERENCE_COLOURS, prediction_maps_table
from incomelens.paper.aerial.names import METHODS, SCHEMES, SES_CLASSES, main_method
from incomelens.paper.draw.classes import DROPPED_FACE, INCOME_COLOURS
from incomelens.report.map.districts import borders
from incomelens.report.map.layers import (
    BROWN_TO_TEAL,
    Layer,
    class_layer,
    diverging_layer,
    quantile_layer,
)

# Limits of the activation ratio; 1 is activation in proportion to area.
RATIO_BREAKS = (0.25, 0.5, 0.8, 1.25, 2.0, 4.0)
SHARE_BREAKS = (0.05, 0.1, 0.2, 0.4, 0.6)
GREENS = ("#edf3e6", "#cfe3c0", "#a6cd95", "#74b06c", "#3f8b48", "#12612d")
# From one class, the surest, to all five (ColorBrewer's Purples).
SIZE_COLOURS = ("#f2f0f7", "#cbc9e2", "#9e9ac8", "#756bb1", "#54278f")
INCOME_WORDS = ("1 (poorest)", "2", "3", "4", "5 (wealthiest)")
TARGETS = {"low": "map of the poorest class", "high": "map of the wealthiest class"}


def city_maps(
    names: Mapping[str, str],
    schemes: Sequence[str],
    *,
    cells: Sequence[str],
    predictions: Sequence[str],
    sets: Sequence[str],
    ratios: Sequence[str],
    labels: Mapping[str, Mapping[str, object] | None],
) -> list[dict[str, object]]:
    """Read the tables of all cities, and make their maps.

    Parameters
    ----------
    names : mapping
        Of the cities in print, in the order of the files.
    schemes : sequence of str
    cells, predictions, sets, ratios : sequences of paths
        One of every city; of every city and scheme, schemes varying faster; likewise; one of every
        city, or none at all.
    labels : mapping
        What the incomes of each city are, as the configuration says it.
    """
    n = len(schemes)

    def by_scheme(paths: Sequence[str], city: int) -> dict[str, pd.DataFrame]:
        own = paths[city * n : (city + 1) * n]
        return dict(zip(schemes, map(read_table, own), strict=True))

    return [
        city_map(
            city,
            name,
            read_table(cells[i]),
            by_scheme(predictions, i),
            read_table(ratios[i]) if ratios else None,
            sets=by_scheme(sets, i),
            label=Label.of(labels[city]),
        )
        for i, (city, name) in enumerate(names.items())
    ]


def city_map(
    key: str,
    name: str,
    cells: gpd.GeoDataFrame,
    predictions: Mapping[str, pd.DataFrame],
    ratios: pd.DataFrame | None,
    *,
    sets: Mapping[str, pd.DataFrame] = MappingProxyType({}),
    label: Label = INSEE,
) -> dict[str, object]:
    """Everything that the page's map of a city can show.

    Parameters
    ----------
    key, name : str
        The city in the configuration, and in print.
    cells : GeoDataFrame
        `cells/{city}.parquet`.
    predictions : mapping
        By scheme, `inference/{city}/{scheme}/predictions.parquet`.
    ratios : DataFrame or None
        `topology/{city}/{scheme}/tile_ratios.parquet` of the first scheme; None leaves out
        activation.
    sets : mapping
        By scheme, `inference/{city}/{scheme}/prediction_sets.parquet`; shown are the conformal
        ones of the main network.
    label : Label
        Of the incomes.

    Returns
    -------
    dict
        For JSON: the grid, the places' names, the layers, and what is told of a place.
    """
    cells = near_kept_cells(cells, prediction_maps_table(cells, predictions)["observed"].notna())
    table = prediction_maps_table(cells, predictions)
    at: dict[str, list[int]] = {}
    layers = _income_layers(cells, table, list(predictions), label)
    told, sizes = _set_layers(table["cell_id"], sets)
    keys = [layer.key for layer in (*layers, *told)]
    details: list[dict[str, object]] = [{"kind": "list", "title": "Income", "layers": keys}]
    layers += [*told, *sizes]
    if ratios is not None:
        of_classes, activation, at = _activation_layers(ratios, table["cell_id"])
        layers += of_classes
        details.append(activation)
    return {
        "key": key,
        "title": name,
        "about": f"{name}: {int(table['observed'].notna().sum()):,} kept {_words(cells)}, dropped "
        "ones between them grey. Grid north is up.",
        "one": "cell",
        "ids": table["cell_id"].tolist(),
        "shape": _shape(cells, table),
        "at": at,
        "layers": [asdict(layer) for layer in layers],
        "details": details,
        "marks": [],
    }


def near_kept_cells(cells: gpd.GeoDataFrame, kept: pd.Series) -> gpd.GeoDataFrame:
    """Cells within the extent of the kept ones: dropped outliers would shrink the map."""
    west, south, east, north = cells[kept.to_numpy()].total_bounds
    return cells.cx[west + 1 : east - 1, south + 1 : north - 1]


def _words(cells: gpd.GeoDataFrame) -> str:
    places = Places.of(cells)
    return "cells" if places.grid is None else f"census cells of {places.side_m:.0f} m"


def _shape(cells: gpd.GeoDataFrame, table: pd.DataFrame) -> dict[str, object]:
    """Squares of a grid as such, other cells by their borders."""
    places = Places.of(cells)
    return borders(cells) if places.grid is None else _grid(table, places.side_m)


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


def _income_layers(
    cells: gpd.GeoDataFrame, table: pd.DataFrame, schemes: list[str], label: Label
) -> list[Layer]:
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
    words: dict[str, Any] = {"unit": label.words, "decimals": 0 if label.is_money else 2}
    return [*layers, quantile_layer("income", "Income", "Income", income, **words)]


def _set_layers(
    cell_id: pd.Series, sets: Mapping[str, pd.DataFrame]
) -> tuple[list[Layer], list[Layer]]:
    """By scheme, the ends of every cell's 90 % set, which are told, and its size, to be shown."""
    group = "90 % sets of income classes"
    numbers = range(1, len(INCOME_WORDS) + 1)
    words = {
        10 * low + high: f"{low} to {high}" if low < high else INCOME_WORDS[low - 1]
        for low in numbers
        for high in numbers[low - 1 :]
    }
    unseen = dict.fromkeys(words, DROPPED_FACE)
    sizes = dict(zip(numbers, SIZE_COLOURS, strict=True))
    told, shown = [], []
    for scheme, table in sets.items():
        folds = SCHEMES.get(scheme, scheme)
        own = table[(table["model"] == MAIN) & (table["method"] == "split")].set_index("cell_id")
        low, high = (cell_id.map(own[f"{end}_class"]) for end in ("low", "high"))
        told.append(
            class_layer(
                f"set_{scheme}",
                group,
                f"90 % set of classes, {folds}",
                10 * low + high,
                unseen,
                legend=tuple(words.values()),
                chosen=False,
            )
        )
        shown.append(
            class_layer(
                f"size_{scheme}", group, f"Classes in the set, {folds}", high - low + 1, sizes,
            )
        )  # fmt: skip
    return told, shown


def _activation_layers(
    ratios: pd.DataFrame, cell_id: pd.Series
) -> tuple[list[Layer], dict[str, object], dict[str, list[int]]]:
    """Layers of activation and area, how they are told of a cell, and of which cells they are."""
    method = main_method(ratios["method"].astype(str).tolist())
    ratios = ratios[ratios["method"] == method]
    targets = [target for target in SES_CLASSES if target in set(ratios["target"])]
    place = pd.Series(np.arange(len(cell_id)), index=cell_id)
    layers: list[Layer] = []
    at: dict[str, list[int]] = {}
    rows = []
    for kind in land_use_list().classes:
        class_ratios = ratios[ratios["urban_class"] == kind.name]
        if not kind.published or class_ratios.empty:
            continue
        by_target = {
            target: class_ratios[class_ratios["target"] == target].set_index("cell_id").sort_index()
            for target in targets
        }
        at[kind.name] = place.loc[by_target[targets[0]].index].tolist()
        layers += _layers_of_class(kind.name, kind.label, by_target)
        keys = [f"share/{kind.name}", *(f"{target}/{kind.name}" for target in targets)]
        rows.append({"label": kind.label, "cells": keys})
    heads = {"low": "Ratio, poorest", "high": "Ratio, wealthiest"}
    details = {
        "kind": "table",
        "title": f"Activation by urban class, {METHODS.get(method, method)}",
        "columns": ["Area, %", *(heads[target] for target in targets)],
        "rows": rows,
        "note": "Ratio: share of the map’s activation over share of the area; 1 is in proportion. "
        "A dash: the map is empty.",
    }
    return layers, details, at


def _layers_of_class(name: str, label: str, by_target: Mapping[str, pd.DataFrame]) -> list[Layer]:
    layers = [
        diverging_layer(
            f"{target}/{name}",
            f"Activation ratio, {TARGETS[target]}",
            label,
            rows["activation_ratio"],
            breaks=RATIO_BREAKS,
            colours=BROWN_TO_TEAL,
            decimals=2,
            at=name,
        )
        for target, rows in by_target.items()
    ]
    share = diverging_layer(
        f"share/{name}",
        "Share of the cell's area",
        label,
        100 * next(iter(by_target.values()))["area_share"],
        breaks=[100 * limit for limit in SHARE_BREAKS],
        colours=GREENS,
        unit="%",
        decimals=1,
        at=name,
    )
    return [*layers, share]
