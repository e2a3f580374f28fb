"""How far held-out districts lie from training ones, beside the places that a map is for."""

from collections.abc import Mapping, Sequence
from string import ascii_lowercase
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from incomelens.paper.draw.panels import DASHED, heading, key_above, key_line
from incomelens.paper.draw.style import (
    INK,
    PAGE_MM,
    QUIET,
    RULE,
    SCHEME_COLOURS,
    PaperFigure,
    paper_figure,
)
from incomelens.paper.exhibit import Exhibit
from incomelens.paper.names import LEVELS, PLACES, SCHEMES, folds_name
from incomelens.paper.table import Table, in_print_order

LEFT_MM, TOP_MM, HEIGHT_MM, GAP_MM, BELOW_MM = 13.0, 16.0, 55.0, 12.0, 11.0
SMALLEST_KM = 0.05  # what lies nearer stands at the left edge
PLACE_STYLES: dict[str, Any] = {"between": ":", "without_income": DASHED, "area": (0, (8, 2))}


def exhibit(
    distances: Sequence[pd.DataFrame],
    matches: Sequence[pd.DataFrame],
    *,
    levels: Mapping[str, str] = LEVELS,
) -> Exhibit:
    """Draw both distributions, and give the Wasserstein distance of every scheme to every map.

    Parameters
    ----------
    distances, matches : sequences of DataFrame
        `folds/{level}-distances.csv` and `folds/{level}-matches.csv` of every level.
    """
    by_level = dict(zip(levels, matches, strict=True))
    numbers = pd.concat(by_level, names=["level"]).reset_index("level")
    numbers = in_print_order(numbers, level=levels, scheme=SCHEMES, places=PLACES)
    table = Table(
        numbers=numbers,
        shown=_shown(numbers, levels),
        caption="How well each scheme of folds matches what a map is for.",
        notes=(
            "Wasserstein distance in km between the distances of held-out districts to the nearest "
            "district that is learnt from and those of the places that the map is for: the area "
            "between both curves. The smaller, the more a score under these folds says of such a "
            "map. An unseen area matches itself by definition.",
        ),
        blocks="Level",
        units={f"Map of {name}": "km" for name in PLACES.values()},
        decimals={"Median (km)": 2} | {f"Map of {name}": 2 for name in PLACES.values()},
    )
    return Exhibit(table, _drawn(dict(zip(levels, distances, strict=True)), levels))


def _shown(numbers: pd.DataFrame, levels: Mapping[str, str]) -> pd.DataFrame:
    lines = []
    for (level, scheme), group in numbers.groupby(["level", "scheme"], sort=False):
        match = group.set_index("places")["wasserstein_km"]
        lines.append(
            {
                "Level": f"{levels[level]} (N = {group['n'].iloc[0]:,})",
                "Folds": folds_name(scheme),
                "Median (km)": group["median_km"].iloc[0],
                **{
                    f"Map of {name}": match.get(places, float("nan"))
                    for places, name in PLACES.items()
                },
            }
        )
    return pd.DataFrame(lines)


def _drawn(by_level: Mapping[str, pd.DataFrame], levels: Mapping[str, str]) -> PaperFigure:
    columns = min(len(by_level), 2)
    width = (PAGE_MM - LEFT_MM - 3.0 - (columns - 1) * GAP_MM) / columns
    step = HEIGHT_MM + BELOW_MM + 6.0
    height = TOP_MM + -(-len(by_level) // columns) * step - 5.0
    with paper_figure(PAGE_MM, height) as figure:
        for number, (level, distances) in enumerate(by_level.items()):
            row, column = divmod(number, columns)
            left = LEFT_MM + column * (width + GAP_MM)
            axes = figure.panel(left, TOP_MM + row * step, width, HEIGHT_MM)
            _draw_curves(axes, distances)
            heading(axes, ascii_lowercase[number], levels[level], x=0.04)
            if column == 0:
                axes.set_ylabel("Share at most as far")
        drawn = pd.concat(by_level.values())
        names = set(zip(drawn["kind"], drawn["name"], strict=True))
        handles = [
            key_line(SCHEME_COLOURS[scheme], folds_name(scheme), 1.3)
            for scheme in SCHEMES
            if ("folds", scheme) in names
        ]
        handles += [
            key_line(INK, f"map: {name}", 0.9, PLACE_STYLES[places])
            for places, name in PLACES.items()
            if ("places", places) in names
        ]
        key_above(figure, handles, -(-len(handles) // 2), handlelength=3.0, columnspacing=2.0)
    return figure


def _draw_curves(axes: Axes, distances: pd.DataFrame) -> None:
    for (kind, name), group in distances.groupby(["kind", "name"], sort=False):
        km = np.maximum(np.sort(group["distance_km"].to_numpy(float)), SMALLEST_KM)
        share = np.arange(1, len(km) + 1) / len(km)
        style: dict[str, Any] = (
            {"color": SCHEME_COLOURS[name], "linewidth": 1.3}
            if kind == "folds"
            else {"color": INK, "linewidth": 0.9, "linestyle": PLACE_STYLES[name], "zorder": 3}
        )
        axes.step(np.append(SMALLEST_KM, km), np.append(0.0, share), where="post", **style)
    longest = distances["distance_km"].max()
    axes.set(xscale="log", xlim=(SMALLEST_KM, 1.1 * longest), ylim=(0, 1.02))
    ticks = [km for km in (0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100) if km <= longest]
    axes.set_xticks(ticks, [f"{km:g}" for km in ticks])
    axes.minorticks_off()
    axes.set_xlabel("Distance to the nearest district that is learnt from (km)")
    axes.grid(color=RULE, linewidth=0.4)
    axes.tick_params(color=QUIET)
    axes.set_axisbelow(True)
