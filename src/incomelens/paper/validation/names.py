"""What networks, methods, styles and checks of the study `validation` are called in print."""

import pandas as pd

from incomelens.common.errors import InputError
from incomelens.common.names import SHUFFLED
from incomelens.paper.aerial.names import METHODS, OCCLUDED, OCCLUSION
from incomelens.paper.table import Estimate, Row

BOTH = "both"
NETWORKS = {
    "main": "trained",
    "again": "trained, another seed",
    "softmax": "trained, softmax head",
    "b0": "trained, EfficientNet-B0",
    "b0_softmax": "trained, EfficientNet-B0, softmax head",
    SHUFFLED: "trained on shuffled labels",
}
JUDGE = "judge"
ROLES = {JUDGE: "judging cities", "tune": "cities to choose on"}
COAST, NOTHING = "coast", "none"
STYLES = {
    "residential": "residential planted",
    "infrastructure_green": "trade, parks, sports planted",
    "both": "both styles",
    COAST: "both styles, on a coast",
    NOTHING: "nothing planted",
}
# What is asked of a method that is said to be good for something.
LEAST_AREA, LEAST_AREA_LOW, LEAST_FIRST = 0.9, 0.8, 0.9
LEAST_FOUND, MOST_FALSE, LEAST_STABLE = 0.5, 0.05, 0.7
GRADIENTS = {"guided_gradient": "guided gradient alone", "plain_gradient": "plain gradient alone"}
ALL_METHODS = {**METHODS, **GRADIENTS, **OCCLUDED}
QUANTITIES = {**GRADIENTS, "cam": "CAM before its ReLU", **METHODS}
MEASURES = {
    "spearman": "rank correlation of pixels",
    "ssim": "structural similarity",
    "class_ratios": "rank correlation of class ratios",
    "complexity_rise": "relative rise in complexity (eMPRT)",
}
ORDERS = {"random": "random patches"}
BETWEEN = {
    "folds": "two folds",
    "networks": "two networks",
    "methods": "two methods",
    "ses": "low and high SES",
}
TURNED = "turned"
# Colours of Okabe & Ito; grey for what is no map.
METHOD_COLOURS = {
    "guided": "#0072B2",
    "gradient": "#D55E00",
    "gradcam": "#009E73",
    "layercam": "#E69F00",
    "integrated_gradients": "#CC79A7",
    "lrp": "#56B4E9",
    "guided_gradient": "#0072B2",
    "plain_gradient": "#D55E00",
    OCCLUSION: "#6f6f6f",
}
METHOD_MARKERS = {
    "guided": "o",
    "gradient": "s",
    "gradcam": "^",
    "layercam": "v",
    "integrated_gradients": "P",
    "lrp": "X",
    "guided_gradient": "o",
    "plain_gradient": "s",
    OCCLUSION: "D",
}
PLANTED_MEANS = (
    "Planted: the texture of these classes follows the affluence that incomes were made from, in "
    "every synthetic city of the style; the texture of the others follows something else, and mean "
    "colours follow nothing. A network that predicts these incomes must look at planted classes; "
    "that it looks at each of them, or at nothing beside, does not follow."
)


def world_label(row: Row) -> str:
    """Role and style of the cities behind a row."""
    return f"{STYLES[row.style]}, {ROLES[row.role]}"


def against_label(against: str) -> str:
    """Name of what the maps of a network are compared with."""
    if against == TURNED:
        return "the same map, turned by half"
    return NETWORKS.get(against, against)


def order_label(order: str) -> str:
    """Name of an order of patches."""
    method, turned, _ = order.partition(f"_{TURNED}")
    label = ORDERS.get(method, METHODS.get(method, method))
    return f"{label}, turned by half" if turned else label


def mean_with_range(
    row: Row, mean: str = "mean", low: str = "low", high: str = "high"
) -> Estimate | float:
    """Mean of a row with its lowest and highest value; NaN where there is none."""
    values = [getattr(row, name) for name in (mean, low, high)]
    return float("nan") if pd.isna(values[0]) else Estimate(*values)


def check_given(**tables: pd.DataFrame) -> None:
    """Refuse empty tables: the study looks at nothing."""
    empty = [name for name, table in tables.items() if table.empty]
    if empty:
        raise InputError(
            f"validation: the tables {', '.join(empty)} are empty; the study needs synthetic "
            "cities (demo.cities) and validation.probes of at least 1"
        )
