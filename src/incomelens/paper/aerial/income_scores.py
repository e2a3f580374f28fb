"""How much of the log of income every method explains, out of fold, under every scheme."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from incomelens.paper.aerial.inputs import stacked
from incomelens.paper.aerial.names import check_cities, model_labels, ordered_schemes
from incomelens.paper.aerial.overfitting import draw_dots
from incomelens.paper.draw.panels import key_above, lay_out_lines, scheme_marks
from incomelens.paper.draw.style import PAGE_MM, PaperFigure, letter, paper_figure
from incomelens.paper.exhibit import Exhibit
from incomelens.paper.names import folds_name
from incomelens.paper.table import Table, estimate, rows

HEADINGS = {"r2": "R²", "pearson_r": "r", "rmse": "RMSE"}
LEFT_MM, TOP_MM, BELOW_MM, LINE_MM, GAP_MM = 50.0, 13.0, 11.0, 5.0, 9.0
LEAST_SHOWN = -0.6


def exhibit(
    income_scores: Sequence[pd.DataFrame],
    *,
    names: Mapping[str, str],
    places: Sequence[tuple[str, str]],
    networks: Mapping[str, Mapping[str, str]],
) -> Exhibit:
    """Lay out and draw the scores.

    Parameters
    ----------
    income_scores : sequence of DataFrame
        `inference/{city}/{scheme}/income_scores.csv` of every city, further date and scheme.
    """
    scores = stacked(income_scores, places, "scores of income")
    check_cities(list(scores["city"]), names)
    labels = model_labels(networks, scores["model"])
    return Exhibit(_table(scores, names, labels), _figure(scores, names, labels))


def _table(scores: pd.DataFrame, names: Mapping[str, str], labels: Mapping[str, str]) -> Table:
    lines = []
    for (city, scheme, model), group in scores.groupby(["city", "scheme", "model"], sort=False):
        by_metric = {row.metric: row for row in rows(group)}
        lines.append(
            {
                "City and folds": f"{names[city]}, {folds_name(scheme)}",
                "Model": labels.get(model, model),
                "n": group["n"].iloc[0],
                **{
                    heading: estimate(by_metric.get(metric), interval="block_ci")
                    for metric, heading in HEADINGS.items()
                },
            }
        )
    plain = sorted({names[city] for city in scores.loc[scores["scale"] != "log", "city"]})
    return Table(
        numbers=scores,
        shown=pd.DataFrame(lines),
        caption="How much of the log of income every method explains, out of fold.",
        notes=(
            "All folds pooled; in brackets 95 % intervals by resampling spatial blocks (by cells, "
            "or by units that share a label: in the CSV). Every method predicts classes; what it "
            "expects of log income follows from their means in the other folds. R² is 0 for the "
            "mean of all cells and below for whoever errs more; RMSE is in logs.",
            *(f"Without a log, as there are labels of 0 or less: {city}." for city in plain),
        ),
        blocks="City and folds",
        decimals=dict.fromkeys(HEADINGS.values(), 2) | {"n": 0},
    )


def _figure(
    scores: pd.DataFrame, names: Mapping[str, str], labels: Mapping[str, str]
) -> PaperFigure:
    table = scores[scores["metric"] == "r2"]
    cities = list(dict.fromkeys(table["city"]))
    models = list(dict.fromkeys(table["model"]))
    schemes = ordered_schemes(table["scheme"])
    height = LINE_MM * len(models) + 2.0
    step = height + BELOW_MM + 5.0
    ends = table[["value", "block_ci_low", "block_ci_high"]].to_numpy(dtype=float)
    lowest, highest = (end(ends[np.isfinite(ends)], initial=0.0) for end in (np.min, np.max))
    limits = (max(lowest, LEAST_SHOWN) - 0.05, max(highest, 0.5) + 0.05)
    with paper_figure(PAGE_MM, TOP_MM + len(cities) * step - 4.0) as figure:
        for place, city in enumerate(cities):
            own = table[table["city"] == city]
            axes = figure.panel(LEFT_MM, TOP_MM + place * step, PAGE_MM - LEFT_MM - GAP_MM, height)
            lay_out_lines(axes, [labels.get(model, model) for model in models], with_names=True)
            draw_dots(axes, own, models, schemes, limits)
            axes.set_xlabel("R² of log income")
            letter(axes, "abcdefghijklmnopqrstuvwxyz"[place % 26], left_mm=47.0)
            axes.set_title(f"{names[city]} (n = {own['n'].max():,})", loc="left", pad=4.5)
        marks = scheme_marks(schemes, {scheme: folds_name(scheme) for scheme in schemes})
        key_above(figure, marks, len(marks), fontsize=7)
    return figure
