"""What networks, methods, styles and checks of the study `validation` are called in print."""

from collections.abc import Sequence

from incomelens.paper.topology_names import METHODS

MAIN, SHUFFLED = "main", "shuffled"
BOTH = "both"
NETWORKS = {
    "main": "trained",
    "again": "trained, another seed",
    "softmax": "trained, softmax head",
    "shuffled": "trained on shuffled labels",
}
STYLES = {
    "residential": "residential planted",
    "infrastructure_green": "trade, parks, sports planted",
    "both": "both styles",
}
GRADIENTS = {
    "guided_gradient": "guided gradient alone",
    "plain_gradient": "plain gradient alone",
}
OCCLUSION = "occlusion"
ALL_METHODS = {**METHODS, **GRADIENTS, OCCLUSION: "class made even"}
QUANTITIES = {**GRADIENTS, "cam": "CAM before its ReLU", **METHODS}
MEASURES = {
    "spearman": "rank correlation of pixels",
    "ssim": "structural similarity",
    "class_ratios": "rank correlation of class ratios",
}
ORDERS = {"random": "random patches"}
BETWEEN = {
    "folds": "two folds",
    "networks": "two networks",
    "methods": "two methods",
    "ses": "low and high SES",
}
TURNED = "turned"
# Blue, vermilion, green of Okabe & Ito; grey for what is no map.
METHOD_COLOURS = {
    "guided": "#0072B2",
    "gradient": "#D55E00",
    "gradcam": "#009E73",
    "guided_gradient": "#0072B2",
    "plain_gradient": "#D55E00",
    OCCLUSION: "#6f6f6f",
}
METHOD_MARKERS = {
    "guided": "o",
    "gradient": "s",
    "gradcam": "^",
    "guided_gradient": "o",
    "plain_gradient": "s",
    OCCLUSION: "D",
}


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


def known_first(names: Sequence[str], order: Sequence[str]) -> list[str]:
    """Names without repeats, those of `order` first and in it."""
    present = list(dict.fromkeys(names))
    return [one for one in order if one in present] + [one for one in present if one not in order]
