"""The map of one level of districts: incomes, predictions, variables and Shapley values.

Where a model has not seen the like, or intervals do not hold, its predictions are crossed out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from types import MappingProxyType

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from incomelens.common.tables import read_table
from incomelens.paper.draw.planes import local_projection
from incomelens.paper.names import INCOME_UNITS, INCOMES, LEVELS, MODES, SCHEMES, VARIABLES
from incomelens.paper.ssig.intervals import failing_areas
from incomelens.report.map.layers import (
    BLUE_TO_RED,
    PURPLE_TO_ORANGE,
    Layer,
    diverging_layer,
    quantile_layer,
    round_step,
)
from incomelens.report.map.marks import failing_marks, outside_marks

# A border is drawn to about this part of the map's longer side.
FINENESS = 4096
# Limits of Shapley values, in standard deviations of the income.
SHAPLEY_BREAKS = (-0.4, -0.15, -0.05, 0.05, 0.15, 0.4)


def district_maps(
    levels: Mapping[str, str],
    predicted: Sequence[Sequence[str]],
    explained: Sequence[Sequence[str]],
    *,
    mode: str,
    districts: Sequence[str],
    predictions: Sequence[str],
    applicability: Sequence[str],
    coverage: str | None,
    shapley: Sequence[str],
) -> list[dict[str, object]]:
    """Read the tables of all levels, and make their maps.

    Parameters
    ----------
    levels : mapping
        Level to its name in print, in the order of `districts`.
    predicted : sequence of (level, income, scheme)
        Of each file of `predictions`, and of `applicability`.
    explained : sequence of (level, income, mode)
        Of each file of `shapley`.
    mode : str
        Whose predictions are shown.
    coverage : str or None
        `ssig/coverage.csv`; None without levels.
    """
    failing = None if coverage is None else failing_areas(read_table(coverage), mode)
    return [
        district_map(
            level,
            read_table(path),
            _of_level(level, predicted, predictions),
            _of_level(level, explained, shapley),
            mode=mode,
            applicability=_of_level(level, predicted, applicability),
            failing=None if failing is None else failing[failing["level"] == level],
            levels=levels,
        )
        for level, path in zip(levels, districts, strict=True)
    ]


def _of_level(
    level: str, keys: Sequence[Sequence[str]], paths: Sequence[str]
) -> dict[tuple[str, str], pd.DataFrame]:
    pairs = zip(keys, paths, strict=True)
    return {(key[1], key[2]): read_table(path) for key, path in pairs if key[0] == level}


def district_map(
    level: str,
    districts: gpd.GeoDataFrame,
    predictions: Mapping[tuple[str, str], pd.DataFrame],
    shapley: Mapping[tuple[str, str], pd.DataFrame],
    *,
    mode: str,
    applicability: Mapping[tuple[str, str], pd.DataFrame] = MappingProxyType({}),
    failing: pd.DataFrame | None = None,
    levels: Mapping[str, str] = LEVELS,
) -> dict[str, object]:
    """Everything that the page's map of a level can show.

    Parameters
    ----------
    level : str
    districts : GeoDataFrame
        `districts/{level}.parquet`; districts without a polygon are left out.
    predictions : mapping
        By income and scheme, `ssig/predictions/{level}-{income}-{scheme}-gps.parquet`.
    shapley : mapping
        By income and mode, `shapley/{level}-{income}-{mode}.parquet`; may be empty.
    mode : str
        Whose predictions are shown.
    applicability : mapping
        By income and scheme, `ssig/applicability/{level}-{income}-{scheme}.parquet`.
    failing : DataFrame, optional
        Of :func:`incomelens.paper.ssig.intervals.failing_areas`, of this level.
    levels : mapping
        Level to its name in print.

    Returns
    -------
    dict
        For JSON: borders, the places' names, the layers, what is told of a place, and which are
        crossed out.
    """
    drawn = districts[~districts.geometry.isna() & ~districts.geometry.is_empty]
    layers: list[Layer] = []
    details: list[dict[str, object]] = []
    for income in [name for name in INCOMES if name in {key[0] for key in predictions}]:
        tables = {key[1]: table for key, table in predictions.items() if key[0] == income}
        new = _income_layers(drawn, income, tables, mode)
        layers += new
        title = INCOMES[income].capitalize()
        keys = [layer.key for layer in new]
        details.append({"kind": "list", "title": title, "layers": keys})
    layers += _variable_layers(drawn)
    marks = [
        *outside_marks(drawn, applicability),
        *(failing_marks(drawn, failing) if failing is not None and "area" in drawn else []),
    ]
    for (income, one_mode), table in shapley.items():
        new = _shapley_layers(drawn["geoid"], income, one_mode, table)
        layers += new
        details.append(
            {
                "kind": "bars",
                "title": f"What moves the prediction: {INCOMES[income]}, {MODES[one_mode]}",
                "layers": [[layer.key, layer.key.rsplit("/", 1)[1]] for layer in new],
                "note": "Shapley values, SD of the income; beside each the district's own value.",
            }
        )
    if not shapley:
        keys = [f"variable/{name}" for name in VARIABLES if name in drawn]
        details.append({"kind": "list", "title": "The ten variables", "layers": keys})
    word = levels[level]
    return {
        "key": level,
        "title": f"Districts: {word}",
        "about": f"{word} level: {len(drawn):,} districts with a polygon, of {len(districts):,}. "
        "North is up.",
        "one": "district",
        "ids": drawn["geoid"].astype(str).tolist(),
        "areas": drawn["area"].fillna("").astype(str).tolist() if "area" in drawn else [],
        "shape": borders(drawn),
        "at": {},
        "layers": [asdict(layer) for layer in layers],
        "details": details,
        "marks": [asdict(mark) for mark in marks],
    }


def borders(districts: gpd.GeoDataFrame, fineness: int = FINENESS) -> dict[str, object]:
    """Borders in whole steps from the upper left corner of the map.

    Borders that districts share are thinned out alike, so that no gap opens between them.

    Returns
    -------
    dict
        ``metres`` of a step, ``width`` and ``height`` in steps, and for every district its
        ``rings``: lists of x, y, x, y, ...; holes among them.
    """
    flat = local_projection(districts).geometry
    west, south, east, north = flat.total_bounds
    step = max(east - west, north - south) / fineness
    shapes = flat.to_numpy()
    thinned = (
        shapely.coverage_simplify(shapes, 2 * step)
        if shapely.coverage_is_valid(shapes)
        else shapely.simplify(shapes, step)
    )
    rings = []
    for shape in thinned:
        lines = shapely.get_rings(shapely.get_parts(shape))
        steps = [_steps(shapely.get_coordinates(line), west, north, step) for line in lines]
        rings.append([line for line in steps if len(line) >= 6])
    return {
        "type": "polygons",
        "metres": float(step),
        "width": int(np.ceil((east - west) / step)),
        "height": int(np.ceil((north - south) / step)),
        "rings": rings,
    }


def _steps(points: np.ndarray, west: float, north: float, step: float) -> list[int]:
    """Whole steps without the last point, which repeats the first, and without repeats."""
    whole = np.rint(np.column_stack([points[:, 0] - west, north - points[:, 1]]) / step)
    whole = whole[:-1].astype(int)
    moved = np.any(whole != np.roll(whole, 1, axis=0), axis=1)
    return whole[moved].ravel().tolist()


def _income_layers(
    districts: gpd.GeoDataFrame, income: str, predictions: Mapping[str, pd.DataFrame], mode: str
) -> list[Layer]:
    group, unit = INCOMES[income].capitalize(), INCOME_UNITS[income]
    observed = districts[income].to_numpy(float)
    layers = [quantile_layer(f"{income}/observed", group, "Observed", observed, unit=unit)]
    for scheme, table in predictions.items():
        rows = table[(table["model"] == "ssig") & (table["variant"] == "main")]
        rows = rows[rows["mode"] == (mode if mode in set(rows["mode"]) else rows["mode"].iloc[0])]
        predicted = districts["geoid"].map(rows.set_index("geoid")["predicted_usd"])
        predicted = predicted.to_numpy(float)
        folds = SCHEMES.get(scheme, scheme)
        folds = f"{folds} folds" if scheme == "random" else folds
        step = round_step(np.nanstd(observed) / 4)
        layers += [
            quantile_layer(
                f"{income}/predicted_{scheme}", group, f"Predicted out of fold, {folds}", predicted,
                unit=unit,
            ),
            diverging_layer(
                f"{income}/difference_{scheme}", group, f"Predicted minus observed, {folds}",
                predicted - observed,
                breaks=[-6 * step, -3 * step, -step, step, 3 * step, 6 * step],
                colours=PURPLE_TO_ORANGE, unit=unit, signed=True,
            ),
        ]  # fmt: skip
    return layers


def _variable_layers(districts: gpd.GeoDataFrame) -> list[Layer]:
    layers = []
    for name, variable in VARIABLES.items():
        if name not in districts:
            continue
        scale, decimals = (100.0, 1) if variable.is_share else (1.0, 0)
        decimals = 3 if variable.unit == "°" else decimals
        values = districts[name].to_numpy(float) * scale
        options = {"unit": variable.unit, "decimals": decimals, "chosen": variable.unit != "°"}
        layers.append(
            quantile_layer(
                f"variable/{name}", "Census variables", variable.words, values, n=5, **options
            )
        )
    return layers


def _shapley_layers(geoid: pd.Series, income: str, mode: str, table: pd.DataFrame) -> list[Layer]:
    by_district = table.set_index(table["geoid"].astype(str))
    group = f"Shapley values: {INCOMES[income]}, {MODES[mode]}"
    return [
        diverging_layer(
            f"shapley/{income}/{mode}/{name}",
            group,
            variable.words,
            geoid.astype(str).map(by_district[name]).to_numpy(float),
            breaks=SHAPLEY_BREAKS,
            colours=BLUE_TO_RED,
            unit="SD",
            decimals=3,
            signed=True,
        )
        for name, variable in VARIABLES.items()
        if name in by_district
    ]
