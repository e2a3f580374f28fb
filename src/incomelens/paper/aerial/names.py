"""What the aerial study's classes, networks, folds, methods and decisions are called in print."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from incomelens.cells.urban_classes import GROUPS, URBAN_CLASSES
from incomelens.common.errors import InputError, listed
from incomelens.common.names import MAIN
from incomelens.paper.names import folds_name

INCOME_CLASSES = (1, 2, 3, 4, 5)
PUBLISHED = tuple(urban_class.name for urban_class in URBAN_CLASSES if urban_class.published)
RESIDENTIAL = ("continuous", "dense", "medium", "low", "very_low")
INFRASTRUCTURE = ("motorways", "roads", "railways")

BASELINES = {
    "majority": "Majority class",
    "copy_neighbours": "Copy the neighbours",
    "mean_colour": "Mean colour, ridge",
    "random_features": "Random filters, ridge",
    "frozen_ridge": "Frozen features, ridge",
}
SAMPLES = {"all": "all", "without_imputed": "without imputed"}
# Those of folds in cities, in the order of print.
SCHEMES = {scheme: folds_name(scheme) for scheme in ("random", "block")}


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

METHODS = {
    "guided": "guided Grad-CAM",
    "gradient": "plain gradient × Grad-CAM",
    "gradcam": "Grad-CAM",
    "layercam": "LayerCAM",
    "integrated_gradients": "integrated gradients",
    "lrp": "relevance propagation (LRP)",
}
PAPERS_METHOD = "guided"
OCCLUSION = "occlusion"
OCCLUDED = {OCCLUSION: "class made even"}  # no map: what the network loses without the class
# Blue and red as in the paper's Fig. 5, of a pair that every eye tells apart (ColorBrewer's RdBu).
SES_COLOURS = {"low": "#2166ac", "high": "#b2182b"}
SES_MARKERS = {"low": "o", "high": "s"}
SES_CLASSES = {"low": "classes 1 and 2", "high": "classes 4 and 5"}
LEAST_TILES = 10  # the paper's, for the pairs of its Fig. 6
# Two of five equally frequent income classes.
BASE_PROBABILITY = 0.4

NOT_OBSERVED = "not observed"
TOO_FEW = "too few tiles"
UNTESTED = (NOT_OBSERVED, TOO_FEW, "does not vary")


def is_rejected(decision: str) -> bool:
    """Whether a decision of H0 or H1 rejects it."""
    return decision.startswith(("over-", "under-"))


def classes_by_group() -> dict[str, list[str]]:
    """Names of the 19 classes, by group, in the order of :data:`URBAN_CLASSES`."""
    return {
        group: [urban_class.name for urban_class in URBAN_CLASSES if urban_class.group == group]
        for group in GROUPS
    }


def class_labels() -> dict[str, str]:
    """Labels of the 19 classes in figures and tables."""
    return {urban_class.name: urban_class.label for urban_class in URBAN_CLASSES}


def published_groups() -> dict[str, list[str]]:
    """Names of the 18 published classes, by group, in the order of every figure and table."""
    return {
        group: [name for name in names if name in PUBLISHED]
        for group, names in classes_by_group().items()
    }


def class_order() -> list[str]:
    """Names of the published classes, residential ones first."""
    return [name for names in published_groups().values() for name in names]


def model_labels(networks: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    """Names of all models in print, networks first.

    Parameters
    ----------
    networks : mapping
        The configuration's `inference.networks`: `backbone`, `head`, .. by key.
    """
    labels = {key: f"{network['backbone']}, {network['head']}" for key, network in networks.items()}
    if len(set(labels.values())) < len(labels):  # networks that differ in pool or weights alone
        labels = {key: f"{label} ({key})" for key, label in labels.items()}
    if MAIN in labels:
        labels[MAIN] = f"Network: {labels[MAIN]}"
    return labels | BASELINES


def known_first(names: Sequence[str], order: Sequence[str]) -> list[str]:
    """Names without repeats, those of `order` first and in it."""
    present = dict.fromkeys(names)
    return list(dict.fromkeys([*(name for name in order if name in present), *present]))


def ordered_schemes(schemes: Sequence[str]) -> list[str]:
    """Schemes without repeats, random folds first."""
    return known_first(schemes, [*SCHEMES])


def main_method(methods: Sequence[str]) -> str:
    """Method of the figures and printed tables: the first of the configuration's."""
    if not len(methods):
        raise InputError("methods: the table has no rows; run the attribution for at least one")
    return methods[0]


def main_scheme(schemes: Sequence[str]) -> str:
    """Scheme of the figures: random folds, as in the paper, or the first that there is."""
    if not schemes:
        raise InputError("schemes: there is none; expected random or block")
    return ordered_schemes(schemes)[0]


def check_cities(cities: Sequence[str], names: Mapping[str, str]) -> None:
    """Refuse a city that has no name in print."""
    unknown = [city for city in dict.fromkeys(cities) if city not in names]
    if unknown:
        raise InputError(
            f"names of cities: none for {listed(unknown)}; there are those of {listed(names)}"
        )
