"""The maps of a study: one a city, one a level of districts."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from incomelens.common.tables import read_table
from incomelens.report.city_map import city_map
from incomelens.report.district_map import district_map


def city_maps(
    names: Mapping[str, str],
    schemes: Sequence[str],
    *,
    cells: Sequence[Path],
    predictions: Sequence[Path],
    attribution: Sequence[Path],
) -> list[dict[str, object]]:
    """Maps of all cities.

    Parameters
    ----------
    names : mapping
        Of the cities in print, in the order of the files.
    schemes : sequence of str
    cells, predictions, attribution : sequences of paths
        One of every city; of every city and scheme, schemes varying faster; one of every city, or
        none at all.
    """
    n = len(schemes)
    return [
        city_map(
            city,
            name,
            read_table(cells[i]),
            dict(zip(schemes, map(read_table, predictions[i * n : (i + 1) * n]), strict=True)),
            _maps_as_they_are(attribution[i]) if attribution else None,
        )
        for i, (city, name) in enumerate(names.items())
    ]


def _maps_as_they_are(path: Path) -> pd.DataFrame:
    """Sums over the maps themselves; their other seven positions serve the tests of H0 alone."""
    return pd.read_parquet(path, filters=[("transform", "==", 0)])


def district_maps(
    levels: Mapping[str, str],
    predicted: Sequence[Sequence[str]],
    explained: Sequence[Sequence[str]],
    *,
    mode: str,
    districts: Sequence[Path],
    predictions: Sequence[Path],
    shapley: Sequence[Path],
) -> list[dict[str, object]]:
    """Maps of all levels.

    Parameters
    ----------
    levels : mapping
        Level to its name in print, in the order of `districts`.
    predicted : sequence of (level, income, scheme)
        Of each file of `predictions`.
    explained : sequence of (level, income, mode)
        Of each file of `shapley`.
    mode : str
        Whose predictions are shown.
    """
    return [
        district_map(
            level,
            read_table(path),
            _of_level(level, predicted, predictions),
            _of_level(level, explained, shapley),
            mode=mode,
            levels=levels,
        )
        for level, path in zip(levels, districts, strict=True)
    ]


def _of_level(
    level: str, keys: Sequence[Sequence[str]], paths: Sequence[Path]
) -> dict[tuple[str, str], pd.DataFrame]:
    pairs = zip(keys, paths, strict=True)
    return {(key[1], key[2]): read_table(path) for key, path in pairs if key[0] == level}
