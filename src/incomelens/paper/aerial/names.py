"""What the aerial study's classes, networks, folds, methods and decisions are called in print."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from incomelens.cells.urban_classes import land_use_list
from incomelens.common.errors import InputError, listed
from incomelens.common.names import MAIN
from incomelens.paper.names import embedding_names, folds_name

INCOME_CLASSES = (1, 2, 3, 4, 5)

BASELINES = {
    "majority": "Majority class",
    "copy_neighbours": "Copy the neighbours",
    "mean_colour": "Mean colour, ridge",
    "random_features": "Random filters, ridge",
    "frozen_ridge": "Frozen features, ridge",
}
SAMPLES = {"all": "all", "without_imputed": "without imputed"}
# Those of folds in cities, in the order of print.
SCHEMES = {scheme: folds_name(scheme) for scheme in ("random", "group", "block", "area")}


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
    """Names of all classes of the study's list, by group, in the order of print."""
    land = land_use_list()
    return {
        group: [one.name for one in land.classes if one.group == group] for group in land.groups
    }


def class_labels() -> dict[str, str]:
    """Labels of all classes in figures and tables."""
    return {one.name: one.label for one in land_use_list().classes}


def class_colours() -> dict[str, str]:
    """Colours of all classes in figures."""
    return {one.name: one.colour for one in land_use_list().classes}


def left_out_label() -> str:
    """Label of land that belongs to no class, as the list names it."""
    labels = land_use_list().excluded.values()
    kinds = dict.fromkeys(label.split(" (")[0].lower() for label in labels)
    return f"Left out ({', '.join(kinds)})" if kinds else "Left out"


def residential_classes() -> list[str]:
    """Names of the classes that H1 asks what stands beside."""
    land = land_use_list()
    return [land.names[place] for place in land.residential]


def published_groups() -> dict[str, list[str]]:
    """Names of the published classes, by group, in the order of every figure and table.

    A group without any is left out.
    """
    land = land_use_list()
    published = {land.names[place] for place in land.published}
    groups = {
        group: [name for name in names if name in published]
        for group, names in classes_by_group().items()
    }
    return {group: names for group, names in groups.items() if names}


def class_order() -> list[str]:
    """Names of the published classes, in the order of their groups."""
    return [name for names in published_groups().values() for name in names]


def model_labels(
    networks: Mapping[str, Mapping[str, str]], models: Iterable[str] = ()
) -> dict[str, str]:
    """Names of all models in print, networks first.

    Parameters
    ----------
    networks : mapping
        The configuration's `inference.networks`: `backbone`, `head`, .. by key.
    models : iterable of str
        Those that are shown: embeddings of others are among them.
    """
    labels = {key: f"{network['backbone']}, {network['head']}" for key, network in networks.items()}
    if len(set(labels.values())) < len(labels):  # networks that differ in pool or weights alone
        labels = {key: f"{label} ({key})" for key, label in labels.items()}
    if MAIN in labels:
        labels[MAIN] = f"Network: {labels[MAIN]}"
    return labels | BASELINES | embedding_names(models)


def known_first(names: Sequence[str], order: Iterable[str]) -> list[str]:
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
