"""Scores of the network in the keys of Fig. 2 of the aerial paper, the paper's beside ours."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from incomelens.paper.aerial.inputs import stacked
from incomelens.paper.aerial.names import MAIN, METRICS, PAPER_METRICS, check_cities
from incomelens.paper.names import folds_name
from incomelens.paper.reference import Reference
from incomelens.paper.table import EMPTY_SLOT, Table, estimate, number, rows


def scores_of_cities(
    summary: Sequence[pd.DataFrame], places: Sequence[tuple[str, str]]
) -> pd.DataFrame:
    """Scores of the main network over all cells, pooled and as the mean of folds."""
    table = stacked(summary, places, "summary of scores")
    is_main = (table["model"] == MAIN) & (table["cells"] == "all")
    is_main &= table["scope"].isin(["pooled", "mean_of_folds"])
    return table[is_main].reset_index(drop=True)


def confusion_scores(
    confusion: pd.DataFrame, scores: pd.DataFrame, reference: Reference, *, names: Mapping[str, str]
) -> Table:
    """Lay out the scores in the keys of Fig. 2, as drawn, the paper's beside ours."""
    check_cities(list(scores["city"]), names)
    scheme = scores["scheme"].iloc[0]
    slots = reference.part("aerial", "figure_2")
    cities = list(dict.fromkeys(scores["city"]))
    numbers = scores[scores["metric"].isin(PAPER_METRICS)].copy()
    numbers["paper"] = [
        number(slots["cities"].get(row.city, {}).get(row.metric)) for row in rows(numbers)
    ]
    hardest = _hardest_classes(confusion)
    lines = [_city_row(city, names[city], numbers, slots, hardest.get(city)) for city in cities]
    lines += [_extreme_row(end, numbers, slots) for end in ("lowest", "highest")]
    return Table(
        numbers=pd.concat([numbers, _other_rows(numbers, slots, hardest)], ignore_index=True),
        shown=pd.DataFrame(lines),
        caption=(
            "Scores of Fig. 2. Network against observed income class under "
            f"{folds_name(scheme)}, the paper's beside ours."
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
        printed=[name for name in lines[0] if name.endswith(": paper")],
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
    of_city = numbers[(numbers["city"] == city) & (numbers["scope"] == "mean_of_folds")]
    by_metric = {row.metric: row for row in rows(of_city)}
    row: dict[str, object] = {"City": name, "n": of_city["n"].iloc[0]}
    for metric in PAPER_METRICS:
        heading = METRICS[metric].heading
        row[f"{heading}: ours"] = estimate(by_metric.get(metric), interval="block_ci")
        row[f"{heading}: paper"] = by_metric[metric].paper if metric in by_metric else np.nan
    printed = number(slots["cities"].get(city, {}).get("hardest_class"))
    return row | {"Hardest class: ours": hardest, "Hardest class: paper": printed}


def _extremes(end: str, numbers: pd.DataFrame) -> pd.Series:
    """Lowest or highest mean over folds of the cities, by score."""
    means = numbers[numbers["scope"] == "mean_of_folds"].groupby("metric")["value"]
    return means.min() if end == "lowest" else means.max()


def _extreme_row(end: str, numbers: pd.DataFrame, slots: Mapping) -> dict[str, object]:
    ours = _extremes(end, numbers)
    row: dict[str, object] = {"City": f"{end.capitalize()} of the cities", "n": None}
    for metric in PAPER_METRICS:
        heading = METRICS[metric].heading
        row[f"{heading}: ours"] = ours.get(metric, np.nan)
        row[f"{heading}: paper"] = number(slots["range"][metric][end])
    return row | {"Hardest class: ours": None, "Hardest class: paper": None}


def _other_rows(numbers: pd.DataFrame, slots: Mapping, hardest: Mapping[str, int]) -> pd.DataFrame:
    """Hardest classes and ranges over the cities, in the columns of the scores."""
    recalls = [
        {"city": city, "metric": "hardest_class", "scope": "pooled", "value": ours}
        | {"paper": number(slots["cities"].get(city, {}).get("hardest_class"))}
        for city, ours in hardest.items()
    ]
    ranges = [
        {"metric": metric, "scope": f"{end}_of_cities"}
        | {"value": _extremes(end, numbers).get(metric, np.nan)}
        | {"paper": number(slots["range"][metric][end])}
        for metric in PAPER_METRICS
        for end in ("lowest", "highest")
    ]
    scheme = numbers["scheme"].iloc[0]
    return pd.DataFrame(recalls + ranges).assign(scheme=scheme, model=MAIN, cells="all")
