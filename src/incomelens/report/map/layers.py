"""What one map of the page can show: values of its places, their classes and colours.

A map is handed to the page as plain lists. The page's script draws it, asks it for one layer at a
time, and shows every value of a place that a reader chooses.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.colors import to_hex
from numpy.typing import ArrayLike

from incomelens.paper.draw.maps import quantile_classes
from incomelens.paper.draw.style import sequential_colours

# Colours from less to more around a middle (ColorBrewer, safe for every eye).
PURPLE_TO_ORANGE = ("#542788", "#8073ac", "#cdbff2", "#f1efe6", "#fdb863", "#e08214", "#b35806")
BLUE_TO_RED = ("#2166ac", "#67a9cf", "#c6deee", "#f3f1ec", "#fbcdb5", "#ef8a62", "#b2182b")
BROWN_TO_TEAL = ("#8c510a", "#cf9f5a", "#efdcb5", "#f1f0ec", "#bde3de", "#56ada5", "#01665e")


@dataclass(frozen=True)
class Layer:
    """One thing that a map shows.

    Parameters
    ----------
    key, group, label : str
        Its name in the data, and the heading and words under which a reader chooses it.
    values : list
        Of every place, or of those in `at`; None where there is none.
    colours, legend : list of str
        Of its classes, from low to high.
    breaks : list of float
        Inner limits of the classes, rising; a value on a limit belongs to the upper class. Empty
        where values are classes themselves, which `codes` lists.
    codes : list
        Values of the classes, where `breaks` is empty.
    unit : str
    decimals : int
    signed : bool
        Whether a plus is written before what is above zero.
    at : str
        Name of the list of places that `values` belongs to; empty for all places.
    chosen : bool
        Whether a reader can choose it; otherwise it is told of a place only.
    """

    key: str
    group: str
    label: str
    values: list
    colours: list[str]
    legend: list[str]
    breaks: list[float] = field(default_factory=list)
    codes: list[int] = field(default_factory=list)
    unit: str = ""
    decimals: int = 0
    signed: bool = False
    at: str = ""
    chosen: bool = True


def listed_values(values: ArrayLike, decimals: int) -> list:
    """Values as JSON has them: rounded, None where missing, whole numbers without a point."""
    numbers = pd.to_numeric(pd.Series(values), errors="coerce").to_numpy(float, na_value=np.nan)
    if decimals == 0:
        return [None if np.isnan(value) else round(value) for value in numbers.tolist()]
    return [None if np.isnan(value) else round(value, decimals) for value in numbers.tolist()]


def class_layer(
    key: str, group: str, label: str, values: ArrayLike, colours: dict[int, str], **options: Any
) -> Layer:
    """Make a layer whose values are classes with a colour each."""
    codes = list(colours)
    legend = options.pop("legend", None) or [str(code).replace("-", "−") for code in codes]
    return Layer(
        key,
        group,
        label,
        listed_values(values, 0),
        colours=list(colours.values()),
        legend=list(legend),
        codes=codes,
        **options,
    )


def quantile_layer(
    key: str, group: str, label: str, values: ArrayLike, *, n: int = 7, **options: Any
) -> Layer:
    """Make a layer from light to dark, about as many places in each class.

    Values that are all missing make a layer without classes.
    """
    numbers = np.asarray(values, float)
    decimals = int(options.get("decimals", 0))
    classes = quantile_classes(numbers, n) if np.isfinite(numbers).any() else None
    breaks = [] if classes is None else [float(limit) for limit in classes.breaks]
    limits = [] if classes is None else classes.limits(1.0)
    shades = np.linspace(0.02, 0.98, len(breaks) + 1)
    return Layer(
        key,
        group,
        label,
        listed_values(numbers, decimals),
        colours=[to_hex(sequential_colours()(shade)) for shade in shades],
        legend=range_legend(limits),
        breaks=breaks,
        **options,
    )


def diverging_layer(
    key: str,
    group: str,
    label: str,
    values: ArrayLike,
    *,
    breaks: Sequence[float],
    colours: Sequence[str],
    **options: Any,
) -> Layer:
    """Make a layer around a middle, with limits given."""
    decimals = int(options.get("decimals", 0))
    signed = bool(options.get("signed", False))
    return Layer(
        key,
        group,
        label,
        listed_values(values, decimals),
        colours=list(colours),
        legend=range_legend([limit_text(limit, signed=signed) for limit in breaks]),
        breaks=list(breaks),
        **options,
    )


def limit_text(limit: float, *, signed: bool) -> str:
    """Write a limit: no more decimals than it has, a minus, thousands apart.

    Examples
    --------
    >>> limit_text(-15000, signed=True), limit_text(0.25, signed=False)
    ('−15,000', '0.25')
    """
    text = f"{limit:,.10f}".rstrip("0").rstrip(".")
    return f"+{text}" if signed and limit > 0 else text.replace("-", "−")


def range_legend(limits: Sequence[str]) -> list[str]:
    """Words of the classes between limits.

    Examples
    --------
    >>> range_legend(["1", "2"])
    ['below 1', '1 to 2', '2 or more']
    """
    if not limits:
        return ["all"]
    between = [f"{low} to {high}" for low, high in pairwise(limits)]
    return [f"below {limits[0]}", *between, f"{limits[-1]} or more"]


def round_step(size: float) -> float:
    """Largest of 1, 2, 5, 10, 20, ... (or their tenths) that is not above `size`.

    Examples
    --------
    >>> round_step(3700.0), round_step(0.3)
    (2000.0, 0.2)
    """
    power = 10.0 ** np.floor(np.log10(size))
    return float(max(step * power for step in (1.0, 2.0, 5.0) if step * power <= size * (1 + 1e-9)))
