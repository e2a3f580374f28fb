"""Fig. 2 of the aerial paper: confusion matrices of the network, a city a panel, and its scores."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from incomelens.paper.aerial_style import INCOME_CLASSES
from incomelens.paper.inference_names import (
    MAIN,
    METRICS,
    PAPER_METRICS,
    SCHEMES,
    check_cities,
    stacked,
)
from incomelens.paper.published import EMPTY_SLOT, PublishedTable, estimate, number, rows
from incomelens.paper.reference import Reference
from incomelens.paper.style import (
    INK,
    MM_PER_INCH,
    QUIET,
    axes_mm,
    figure_style,
    letter,
    new_figure,
    sequential_colours,
)

CONFUSION_COLUMNS = ["model", "cells", "observed", "predicted", "n", "share", "share_mean_of_folds"]
SUMMARY_COLUMNS = [
    "model", "cells", "scope", "metric", "n", "n_blocks", "value",
    "ci_low", "ci_high", "block_ci_low", "block_ci_high",
]  # fmt: skip
PANEL_MM, LEFT_MM, GAP_MM, TOP_MM, BELOW_MM = 47.0, 13.0, 12.0, 17.0, 13.0
MOST_COLUMNS = 3
# Above this share the text on a field is white.
DARK = 0.5


def confusion_table(
    confusion: Sequence[pd.DataFrame], places: Sequence[tuple[str, str]]
) -> pd.DataFrame:
    """List what :func:`confusion_figure` shows: one row a city, observed and predicted class.

    Parameters
    ----------
    confusion : sequence of DataFrame
        `inference/{city}/{scheme}/confusion.csv`.
    places : sequence of (city, scheme)
    """
    table = stacked(confusion, places, CONFUSION_COLUMNS, "confusion")
    shown = (table["model"] == MAIN) & (table["cells"] == "all")
    return table[shown].reset_index(drop=True)


def scores_of_cities(
    summary: Sequence[pd.DataFrame], places: Sequence[tuple[str, str]]
) -> pd.DataFrame:
    """Scores of the main network over all cells, pooled and as the mean of folds.

    Parameters
    ----------
    summary : sequence of DataFrame
        `inference/{city}/{scheme}/summary.csv`.
    places : sequence of (city, scheme)
    """
    table = stacked(summary, places, SUMMARY_COLUMNS, "summary of scores")
    shown = (table["model"] == MAIN) & (table["cells"] == "all")
    shown &= table["scope"].isin(["pooled", "mean_of_folds"])
    return table[shown].reset_index(drop=True)


def confusion_figure(
    confusion: pd.DataFrame, scores: pd.DataFrame, *, names: Mapping[str, str]
) -> Figure:
    """Draw the confusion matrix of every city, with its r, Acc, MAE and Acc±1 (Fig. 2).

    Parameters
    ----------
    confusion : DataFrame
        From :func:`confusion_table`, of one scheme.
    scores : DataFrame
        From :func:`scores_of_cities`, of the same.
    names : mapping
        Of cities in print.
    """
    cities = list(dict.fromkeys(confusion["city"]))
    check_cities(cities, names)
    columns = min(len(cities), MOST_COLUMNS)
    lines = -(-len(cities) // columns)
    step = TOP_MM + PANEL_MM + BELOW_MM - 3.0
    width = LEFT_MM + columns * (PANEL_MM + GAP_MM) - GAP_MM + 3.0
    with figure_style():
        figure = new_figure(width, lines * step + 13.0)
        for place, city in enumerate(cities):
            line, column = divmod(place, columns)
            left = LEFT_MM + column * (PANEL_MM + GAP_MM)
            axes = axes_mm(figure, left, TOP_MM + line * step, PANEL_MM, PANEL_MM)
            _draw_matrix(axes, confusion[confusion["city"] == city])
            axes.set_xlabel("Predicted class")
            if column == 0:
                axes.set_ylabel("Observed class")
            letter(axes, "abcdefghijklmnopqrstuvwxyz"[place], left_mm=6.0, above_mm=9.0)
            _draw_scores(axes, names[city], scores[scores["city"] == city])
        _draw_key(figure, lines * step + 3.0)
    return figure


def _draw_matrix(axes: Axes, table: pd.DataFrame) -> None:
    share = table.pivot(index="observed", columns="predicted", values="share").to_numpy()
    count = table.pivot(index="observed", columns="predicted", values="n").to_numpy()
    n = len(INCOME_CLASSES)
    axes.imshow(
        np.ma.masked_invalid(share), cmap=sequential_colours(), vmin=0.0, vmax=1.0,
        interpolation="none", extent=(0.5, n + 0.5, n + 0.5, 0.5),
    )  # fmt: skip
    for (i, j), cells in np.ndenumerate(count):
        part = share[i, j]
        colour = "white" if part > DARK else INK
        text = "–" if np.isnan(part) else f"{100 * part:.0f} %"
        axes.text(j + 1, i + 0.93, text, ha="center", va="center", color=colour, fontsize=7)
        axes.text(
            j + 1, i + 1.26, f"{cells:,}", ha="center", va="center", fontsize=5.2,
            color=colour if part > DARK else QUIET,
        )  # fmt: skip
        if i == j:
            axes.add_patch(
                Rectangle((j + 0.5, i + 0.5), 1, 1, fill=False, edgecolor=INK, linewidth=0.8)
            )
    ends = {1: "1\npoorest", n: f"{n}\nrichest"}
    axes.set_xticks(INCOME_CLASSES, [ends.get(k, str(k)) for k in INCOME_CLASSES])
    axes.set_yticks(INCOME_CLASSES, [str(k) for k in INCOME_CLASSES])
    axes.tick_params(length=0)
    for spine in axes.spines.values():
        spine.set_visible(False)


def _draw_scores(axes: Axes, name: str, scores: pd.DataFrame) -> None:
    means = scores[scores["scope"] == "mean_of_folds"].set_index("metric")
    texts = [
        f"{METRICS[metric].heading} = {_two_decimals(means['value'].get(metric))}"
        for metric in PAPER_METRICS
    ]
    title = f"{name} (n = {means['n'].iloc[0]:,})"
    for above, text, size in ((9.0, title, 8.0), (4.2, ",  ".join(texts), 6.5)):
        axes.annotate(
            text, (0, 1), xycoords="axes fraction", xytext=(0, above / MM_PER_INCH * 72),
            textcoords="offset points", fontsize=size, va="baseline", annotation_clip=False,
        )  # fmt: skip


def _two_decimals(value: float | None) -> str:
    if value is None or np.isnan(value):
        return "–"
    return f"{value:.2f}".replace("-", "−")


def _draw_key(figure: Figure, top: float) -> None:
    axes = axes_mm(figure, LEFT_MM, top, PANEL_MM, 2.2)
    axes.imshow(
        np.linspace(0, 1, 256)[None], cmap=sequential_colours(), aspect="auto", extent=(0, 1, 0, 1)
    )
    axes.set_xticks([0, 0.25, 0.5, 0.75, 1.0], ["0 %", "25 %", "50 %", "75 %", "100 %"])
    axes.set_yticks([])
    axes.set_xlabel("of the cells observed in the class", labelpad=2)
    for spine in axes.spines.values():
        spine.set_visible(False)


def confusion_scores(
    confusion: pd.DataFrame,
    scores: pd.DataFrame,
    reference: Reference,
    *,
    names: Mapping[str, str],
) -> PublishedTable:
    """Scores in the keys of Fig. 2, the paper's beside ours.

    Parameters
    ----------
    confusion, scores : DataFrame
        As drawn, of one scheme.
    reference : Reference
    names : mapping
        Of cities in print.
    """
    check_cities(list(scores["city"]), names)
    scheme = scores["scheme"].iloc[0]
    slots = reference.part("aerial", "figure_2")
    cities = list(dict.fromkeys(scores["city"]))
    numbers = scores[scores["metric"].isin(PAPER_METRICS)].copy()
    numbers["paper"] = [
        number(slots["cities"].get(row.city, {}).get(row.metric))  # type: ignore[index]
        for row in rows(numbers)
    ]
    hardest = _hardest_classes(confusion)
    shown = [_city_row(city, names[city], numbers, slots, hardest.get(city)) for city in cities]
    shown += [_extreme_row(end, numbers, slots) for end in ("lowest", "highest")]
    return PublishedTable(
        numbers=pd.concat([numbers, _slot_rows(slots, scheme, hardest)], ignore_index=True),
        shown=pd.DataFrame(shown),
        caption=(
            "Scores of Fig. 2. Network against observed income class under "
            f"{SCHEMES.get(scheme, scheme)}, the paper's beside ours."
        ),
        notes=(
            "Means over folds, as in the paper; in brackets 95 % intervals by resampling spatial "
            "blocks, for the models as trained (single cells, and scores of all folds pooled: in "
            "the CSV). The paper's folds are random. Acc: share of cells in their class; Acc±1: "
            "in it or a neighbouring one; MAE: in classes. Hardest class: the one whose cells are "
            "recognised least often. The last rows span the cities; the paper prints the ends of "
            "these ranges and names the city at some of them.",
            EMPTY_SLOT,
        ),
        decimals={
            f"{METRICS[metric].heading}: {whose}": 2
            for metric in PAPER_METRICS
            for whose in ("ours", "paper")
        }
        | dict.fromkeys(["n", "Hardest class: ours", "Hardest class: paper"], 0),
    )


def _hardest_classes(confusion: pd.DataFrame) -> dict[str, int]:
    """Class with the lowest recall, by city; the first of equals."""
    diagonal = confusion[confusion["observed"] == confusion["predicted"]].dropna(subset="share")
    return {
        city: int(table.loc[table["share"].idxmin(), "observed"])
        for city, table in diagonal.groupby("city", sort=False)
    }


def _city_row(
    city: str, name: str, numbers: pd.DataFrame, slots: Mapping, hardest: int | None
) -> dict[str, object]:
    own = numbers[(numbers["city"] == city) & (numbers["scope"] == "mean_of_folds")]
    found = {row.metric: row for row in rows(own)}
    row: dict[str, object] = {"City": name, "n": own["n"].iloc[0]}
    for metric in PAPER_METRICS:
        heading = METRICS[metric].heading
        row[f"{heading}: ours"] = estimate(found.get(metric), interval="block_ci")
        row[f"{heading}: paper"] = found[metric].paper if metric in found else np.nan
    printed = slots["cities"].get(city, {}).get("hardest_class")
    return row | {"Hardest class: ours": hardest, "Hardest class: paper": printed}


def _extreme_row(end: str, numbers: pd.DataFrame, slots: Mapping) -> dict[str, object]:
    means = numbers[numbers["scope"] == "mean_of_folds"].groupby("metric")["value"]
    ours = means.min() if end == "lowest" else means.max()
    row: dict[str, object] = {"City": f"{end.capitalize()} of the cities", "n": None}
    for metric in PAPER_METRICS:
        heading = METRICS[metric].heading
        row[f"{heading}: ours"] = ours.get(metric, np.nan)
        row[f"{heading}: paper"] = number(slots["range"][metric][end])
    return row | {"Hardest class: ours": None, "Hardest class: paper": None}


def _slot_rows(slots: Mapping, scheme: str, hardest: Mapping[str, int]) -> pd.DataFrame:
    """Hardest classes and printed ranges, in the columns of the scores."""
    of_class = [
        {"city": city, "metric": "hardest_class", "value": ours}
        | {"paper": number(slots["cities"].get(city, {}).get("hardest_class"))}
        for city, ours in hardest.items()
    ]
    of_range = [
        {"metric": metric, "scope": f"{end}_of_cities", "paper": number(slots["range"][metric][end])}
        for metric in PAPER_METRICS
        for end in ("lowest", "highest")
    ]
    return pd.DataFrame(of_class + of_range).assign(scheme=scheme, model=MAIN, cells="all")
