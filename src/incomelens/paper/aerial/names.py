"""What networks, baselines, schemes and scores of income classes are called in print."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from incomelens.common.errors import InputError, listed
from incomelens.paper.table import check_columns

MAIN = "main"
BASELINES = {
    "majority": "Majority class",
    "copy_neighbours": "Copy the neighbours",
    "mean_colour": "Mean colour, ridge",
    "random_features": "Random filters, ridge",
}
SCHEMES = {"random": "random folds", "block": "spatial blocks"}
SAMPLES = {"all": "all", "without_imputed": "without imputed"}


@dataclass(frozen=True)
class Metric:
    """One score: its heading, and whether more of it is better."""

    heading: str
    more_is_better: bool


METRICS = {
    "accuracy": Metric("Acc", more_is_better=True),
    "accuracy_within_1": Metric("Acc±1", more_is_better=True),
    "mae": Metric("MAE", more_is_better=False),
    "pearson_r": Metric("r", more_is_better=True),
    "kappa_quadratic": Metric("Kappa", more_is_better=True),
    "ece": Metric("ECE", more_is_better=False),
}
# Those in the keys of the paper's Fig. 2, in its order.
PAPER_METRICS = ("pearson_r", "accuracy", "mae", "accuracy_within_1")


def model_labels(networks: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    """Names of all models in print, networks first.

    Parameters
    ----------
    networks : mapping
        The configuration's `inference.networks`: `backbone`, `head`, .. by key.
    """
    labels = {key: f"{one['backbone']}, {one['head']}" for key, one in networks.items()}
    if len(set(labels.values())) < len(labels):  # networks that differ in pool or weights alone
        labels = {key: f"{label} ({key})" for key, label in labels.items()}
    if MAIN in labels:
        labels[MAIN] = f"Network: {labels[MAIN]}"
    return labels | BASELINES


def model_label(model: str, labels: Mapping[str, str]) -> str:
    """Name of one model; its key where it has none."""
    return labels.get(model, model)


def ordered_schemes(schemes: Sequence[str]) -> list[str]:
    """Schemes without repeats, random folds first."""
    present = list(dict.fromkeys(schemes))
    return [name for name in SCHEMES if name in present] + [
        name for name in present if name not in SCHEMES
    ]


def stacked(
    tables: Sequence[pd.DataFrame],
    places: Sequence[tuple[str, str]],
    columns: Sequence[str],
    name: str,
) -> pd.DataFrame:
    """Put the tables of several cities and schemes below each other.

    Parameters
    ----------
    tables : sequence of DataFrame
    places : sequence of (city, scheme)
        Of every table, the city by its key.
    columns : sequence of str
        That each table must have.
    name : str
        Of the kind of table, for messages.

    Returns
    -------
    DataFrame
        With the columns ``city`` and ``scheme`` in front.

    Raises
    ------
    InputError
        If there is no table, or one lacks a column.
    """
    if not tables:
        raise InputError(f"{name}: there is no table; name at least one city")
    parts = []
    for (city, scheme), table in zip(places, tables, strict=True):
        check_columns(table, columns, f"{city}, {scheme} folds, {name}")
        part = table.copy()
        part.insert(0, "city", city)
        part.insert(1, "scheme", scheme)
        parts.append(part)
    return pd.concat(parts, ignore_index=True)


def check_cities(cities: Sequence[str], names: Mapping[str, str]) -> None:
    """Refuse a city that has no name in print."""
    unknown = [city for city in dict.fromkeys(cities) if city not in names]
    if unknown:
        raise InputError(
            f"names of cities: none for {listed(unknown)}; there are those of {listed(names)}"
        )
