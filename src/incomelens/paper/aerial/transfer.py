"""From city to city: what models of one city are worth in another, which the aerial paper asks."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import Colormap, LinearSegmentedColormap, Normalize

from incomelens.paper.aerial.names import METRICS, PAPER_METRICS, check_cities
from incomelens.paper.draw.panels import (
    colour_strip,
    heading,
    is_dark,
    outline_field,
    set_spines,
    two_decimals,
)
from incomelens.paper.draw.style import INK, PaperFigure, paper_figure, sequential_colours
from incomelens.paper.exhibit import Exhibit
from incomelens.paper.names import folds_name
from incomelens.paper.table import Table, estimate, rows

AVERAGED = "r, networks averaged"
FIELD_MM, LEAST_MM, LEFT_MM, GAP_MM, TOP_MM, BELOW_MM = 13.5, 46.0, 20.0, 7.0, 8.0, 29.0


def exhibit(transfer: pd.DataFrame, *, names: Mapping[str, str], scheme: str) -> Exhibit:
    """Lay out and draw the scores of every city's models on every city's cells.

    From `inference/transfer.csv`.
    """
    return Exhibit(
        transfer_matrix(transfer, names=names, scheme=scheme),
        transfer_figure(transfer, names=names),
    )


def transfer_figure(transfer: pd.DataFrame, *, names: Mapping[str, str]) -> PaperFigure:
    """Draw r of every city's models on every city's cells, and what is lost against its own."""
    table = transfer[transfer["metric"] == "pearson_r"]
    cities = _cities(table, names)
    side = max(FIELD_MM * len(cities), LEAST_MM)
    loss = table["loss"].abs().max()
    most = max(0.1, loss) if np.isfinite(loss) else 1.0
    skill, worse = Normalize(0.0, 1.0), Normalize(-most, most)
    matrices = (
        ("Network of one city in another", "value", "block_ci", sequential_colours(), skill),
        ("Loss against the city's own", "loss", "loss_ci", loss_colours(), worse),
    )
    with paper_figure(LEFT_MM + 2 * side + GAP_MM + 8.0, TOP_MM + side + BELOW_MM) as figure:
        for place, (title, column, interval, colours, limits) in enumerate(matrices):
            left = LEFT_MM + place * (side + GAP_MM)
            axes = figure.panel(left, TOP_MM, side, side)
            values = _matrix(table, cities, column)
            low, high = (_matrix(table, cities, f"{interval}_{end}") for end in ("low", "high"))
            draw_matrix(axes, values, (low, high), colours, limits)
            heading(axes, "ab"[place], title, x=5.0 / side)
            labels = [names[city] for city in cities]
            axes.set_xticks(range(len(cities)), labels, rotation=30, ha="right")
            axes.set_yticks(range(len(cities)), labels if place == 0 else [])
            axes.set_xlabel("Tested on")
            if place == 0:
                axes.set_ylabel("Trained on")
            bar = figure.panel(left, TOP_MM + side + BELOW_MM - 12.0, side, 2.0)
            colour_strip(bar, colours, limits, "r" if place == 0 else "Loss of r", pad=4.0)
    return figure


def _cities(table: pd.DataFrame, names: Mapping[str, str]) -> list[str]:
    """Cities in the order of their names in print."""
    present = {*table["trained_on"], *table["tested_on"]}
    check_cities(sorted(present), names)
    return [city for city in names if city in present]


def _matrix(table: pd.DataFrame, cities: list[str], column: str) -> np.ndarray:
    wide = table.pivot_table(column, "trained_on", "tested_on", aggfunc="first")
    return wide.reindex(index=cities, columns=cities).to_numpy(dtype=float)


def loss_colours() -> Colormap:
    """Green where a foreign network is better, white, brown where it is worse (BrBG, reversed)."""
    return LinearSegmentedColormap.from_list(
        "incomelens_loss", ["#01665e", "#5ab4ac", "#f7f7f5", "#d8b365", "#8c510a"]
    )


def draw_matrix(
    axes: Axes,
    values: np.ndarray,
    ends: tuple[np.ndarray, np.ndarray],
    colours: Colormap,
    limits: Normalize,
) -> None:
    """Draw scores as a square of fields with their intervals, the diagonal framed."""
    axes.imshow(np.ma.masked_invalid(values), cmap=colours, norm=limits, interpolation="none")
    for (i, j), value in np.ndenumerate(values):
        ink = "white" if np.isfinite(value) and is_dark(colours(limits(value)), 0.5) else INK
        text = two_decimals(value)
        # A city against itself loses nothing: no interval to show.
        with_ends = np.isfinite(ends[0][i, j]) and ends[0][i, j] != ends[1][i, j]
        below = (
            f"{two_decimals(ends[0][i, j])} to {two_decimals(ends[1][i, j])}" if with_ends else ""
        )
        for words, up, size in ((text, 4.0 * with_ends, 7.0), (below, -5.5, 4.8)):
            axes.annotate(
                words, (j, i), xytext=(0, up), textcoords="offset points",
                ha="center", va="center", color=ink, fontsize=size,
            )  # fmt: skip
    for place in range(len(values)):
        outline_field(axes, place - 0.5, place - 0.5)
    axes.tick_params(length=0)
    set_spines(axes, None)


def transfer_matrix(transfer: pd.DataFrame, *, names: Mapping[str, str], scheme: str) -> Table:
    """Lay out the scores of every city's models on every city's cells."""
    cities = _cities(transfer, names)
    by_pair = {(row.trained_on, row.tested_on, row.metric): row for row in rows(transfer)}
    lines = []
    for tested_on in cities:
        for trained_on in cities:
            if (trained_on, tested_on, "pearson_r") not in by_pair:
                continue
            loss = by_pair[trained_on, tested_on, "pearson_r"]
            scores = {metric: by_pair.get((trained_on, tested_on, metric)) for metric in METRICS}
            lines.append(
                {
                    "Tested on": names[tested_on],
                    "Trained on": names[trained_on] + " (own)" * (trained_on == tested_on),
                    "n": loss.n,
                    **{
                        METRICS[metric].heading: estimate(scores[metric], interval="block_ci")
                        for metric in PAPER_METRICS
                    },
                    "Loss of r": np.nan
                    if trained_on == tested_on
                    else estimate(loss, "loss", interval="loss_ci"),
                    AVERAGED: estimate(loss, "averaged", interval="averaged_ci"),
                }
            )
    return Table(
        numbers=transfer.reset_index(drop=True),
        shown=pd.DataFrame(lines),
        caption="Networks of one city tried on another.",
        notes=(
            f"Networks of the {folds_name(scheme)}. A city's own cells are predicted out "
            "of fold, each by one network, and those of another city by one network as well: the "
            "mean over as many turns as there are networks, so that each tells every cell once. "
            "The class is always a fifth of the tested city's own incomes. In brackets 95 % "
            "intervals by resampling spatial blocks, with the networks as they are. Loss of r: "
            "that of the tested city's own networks minus this, under the same draws; above 0 "
            f"travelling costs. {AVERAGED}: of the mean probability of all networks, which no own "
            "cell can be told by.",
        ),
        blocks="Tested on",
        decimals=dict.fromkeys([METRICS[metric].heading for metric in PAPER_METRICS], 2)
        | {"n": 0, "Loss of r": 2, AVERAGED: 2},
    )
