"""From date to date: what a network of one date's images is worth on another date's."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.colors import Normalize

from incomelens.paper.aerial.names import METRICS, PAPER_METRICS, check_cities
from incomelens.paper.aerial.transfer import draw_matrix, loss_colours
from incomelens.paper.draw.panels import colour_strip, heading
from incomelens.paper.draw.style import PaperFigure, paper_figure, sequential_colours
from incomelens.paper.exhibit import Exhibit
from incomelens.paper.names import folds_name
from incomelens.paper.table import Table, estimate, rows

HELD_OUT, LEARNT = "held_out", "learnt"
PLACES = {HELD_OUT: "held out", LEARNT: "learnt from"}
SIDE_MM, LEAST_MM, LEFT_MM, GAP_MM, TOP_MM, BELOW_MM = 15.0, 36.0, 16.0, 7.0, 9.0, 26.0
PANELS = (
    ("Places learnt from", LEARNT, "value", "block_ci"),
    ("Places held out", HELD_OUT, "value", "block_ci"),
    ("Cost of the date", HELD_OUT, "cost_of_date", "cost_of_date_ci"),
    ("Cost of the place", HELD_OUT, "cost_of_place", "cost_of_place_ci"),
)


def exhibit(dates: pd.DataFrame, *, names: Mapping[str, str], scheme: str) -> Exhibit:
    """Lay out and draw the scores of every date's networks, from `inference/dates.csv`."""
    check_cities(list(dates["city"]), names)
    return Exhibit(_table(dates, names, scheme), _figure(dates, names))


def _table(dates: pd.DataFrame, names: Mapping[str, str], scheme: str) -> Table:
    keys = ["city", "trained_on", "tested_on", "places"]
    lines = []
    for (city, trained_on, tested_on, places), group in dates.groupby(keys, sort=False):
        scores = {row.metric: row for row in rows(group)}
        r = scores["pearson_r"]
        lines.append(
            {
                "City": names[city],
                "Trained on": trained_on,
                "Tested on": tested_on,
                "Places": PLACES[places],
                "n": r.n,
                **{
                    METRICS[metric].heading: estimate(scores[metric], interval="block_ci")
                    for metric in PAPER_METRICS
                },
                "Cost of the date: r": estimate(r, "cost_of_date", interval="cost_of_date_ci"),
                "Cost of the place: r": estimate(r, "cost_of_place", interval="cost_of_place_ci"),
            }
        )
    headings = [METRICS[metric].heading for metric in PAPER_METRICS]
    costs = ("Cost of the date: r", "Cost of the place: r")
    return Table(
        numbers=dates.reset_index(drop=True),
        shown=pd.DataFrame(lines),
        caption="Networks of one date tried on images of another.",
        notes=(
            f"Networks of the {folds_name(scheme)}; every cell is told by a single network, "
            "at places held out by that of its fold, at places learnt from by each other one, in "
            "the mean over turns. In brackets 95 % intervals by resampling spatial blocks, with "
            "the networks as they are. Cost of the date: r on its own date minus r on the other, "
            "at the same places; cost of the place: r at places learnt from minus r at places held "
            "out, on the same images. A quarter of the places learnt from served to stop the "
            "training by.",
        ),
        blocks="City",
        decimals=dict.fromkeys([*headings, *costs], 2) | {"n": 0},
    )


def _figure(dates: pd.DataFrame, names: Mapping[str, str]) -> PaperFigure:
    table = dates[dates["metric"] == "pearson_r"]
    cities = list(dict.fromkeys(table["city"]))
    side = max(SIDE_MM * table["trained_on"].nunique(), LEAST_MM)
    costs = table[["cost_of_date", "cost_of_place"]].abs().to_numpy(dtype=float)
    most = max(0.1, float(np.nanmax(costs, initial=0.0)))
    step = TOP_MM + side + BELOW_MM
    width = LEFT_MM + len(PANELS) * (side + GAP_MM)
    with paper_figure(width, len(cities) * step) as figure:
        for row, city in enumerate(cities):
            own = table[table["city"] == city]
            order = list(dict.fromkeys(own["trained_on"]))
            for place, (title, places, column, interval) in enumerate(PANELS):
                is_cost = column != "value"
                colours = loss_colours() if is_cost else sequential_colours()
                limits = Normalize(-most, most) if is_cost else Normalize(0.0, 1.0)
                left, top = LEFT_MM + place * (side + GAP_MM), TOP_MM + row * step
                axes = figure.panel(left, top, side, side)
                values, low, high = (
                    _matrix(own[own["places"] == places], order, name)
                    for name in (column, f"{interval}_low", f"{interval}_high")
                )
                draw_matrix(axes, values, (low, high), colours, limits)
                mark = "abcdefghijklmnopqrstuvwxyz"[(row * len(PANELS) + place) % 26]
                heading(axes, mark, title, x=5.0 / side)
                axes.set_xticks(range(len(order)), order)
                axes.set_yticks(range(len(order)), order if place == 0 else [])
                axes.set_xlabel("Tested on")
                if place == 0:
                    axes.set_ylabel(f"{names[city]}, trained on")
                bar = figure.panel(left, top + side + 12.0, side, 2.0)
                colour_strip(bar, colours, limits, "Loss of r" if is_cost else "r", pad=4.0)
    return figure


def _matrix(table: pd.DataFrame, dates: Sequence[str], column: str) -> np.ndarray:
    wide = table.pivot_table(column, "trained_on", "tested_on", aggfunc="first")
    return wide.reindex(index=dates, columns=dates).to_numpy(dtype=float)
