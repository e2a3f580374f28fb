"""Tables of the study `validation`: networks, planted classes, decisions; and all of them."""

from collections.abc import Callable, Mapping

import pandas as pd

from incomelens.common.errors import InputError
from incomelens.paper.table import Table, check_columns, estimate, rows
from incomelens.paper.topology_names import METHODS
from incomelens.paper.trust_checks import (
    Given,
    curves_table,
    mean_with_range,
    mirror_table,
    sanity_table,
    stability_table,
)
from incomelens.paper.trust_names import ALL_METHODS, BOTH, NETWORKS, STYLES

PLANTED_MEANS = (
    "Planted: the texture of these classes follows the affluence that incomes were made from, in "
    "every synthetic city of the style; the texture of the others follows something else, and mean "
    "colours follow nothing. A network that predicts these incomes must look at planted classes; "
    "that it looks at each of them, or at nothing beside, does not follow."
)


def networks_table(given: Given) -> Table:
    """Lay out how good the networks are whose maps are judged.

    Parameters
    ----------
    given : mapping
        ``summary`` and ``reliability``: `inference/network_summary.csv` and
        `network_reliability.csv`.
    """
    summary = given["summary"]
    check_columns(summary, ["style", "network", "metric", "mean", "low", "high"], "summary")
    value = {(row.style, row.network, row.metric): row for row in rows(summary)}
    shown = [
        {
            "Style": STYLES[style],
            "Network": NETWORKS.get(network, network),
            "Cities": value[style, network, "accuracy"].n_cities,
            "r": mean_with_range(value[style, network, "pearson_r"]),
            "r of expected class": mean_with_range(value[style, network, "pearson_r_expected"]),
            "MAE, classes": mean_with_range(value[style, network, "mae"]),
            "Within 1": mean_with_range(value[style, network, "accuracy_within_1"]),
            "Calibration error": mean_with_range(value[style, network, "ece"]),
        }
        for style, network in dict.fromkeys((row.style, row.network) for row in rows(summary))
    ]
    return Table(
        numbers=pd.concat(
            [summary.assign(table="scores"), given["reliability"].assign(table="reliability")]
        ),
        shown=pd.DataFrame(shown),
        caption="Networks of the synthetic cities, out of fold.",
        notes=(
            "Mean over cities and, in brackets, the lowest and highest city. Calibration error: "
            "expected gap between certainty and accuracy; the bins behind it stand in the CSV.",
        ),
        blocks="Style",
        decimals=dict.fromkeys(
            ("r", "r of expected class", "MAE, classes", "Within 1", "Calibration error"), 2
        ),
    )


def planted_table(given: Given) -> Table:
    """Lay out where planted classes rank.

    Parameters
    ----------
    given : mapping
        ``hits``: `topology/planted_hits.csv`.
    """
    hits = given["hits"]
    shown = [
        {
            "Style": STYLES[row.style],
            "Network": NETWORKS.get(row.network, row.network),
            "Method": ALL_METHODS.get(row.method, row.method),
            "Tiles": _ses(row.ses),
            "Cities": row.n_cities,
            "Hits": f"{row.hits} of {row.n}",
            "Hit rate": estimate(row, "hit_rate"),
            "By chance": row.chance,
            "Planted among the first": row.share_first,
            "Area under ROC": estimate(row, "area", interval="area_ci"),
        }
        for row in rows(hits)
    ]
    return Table(
        numbers=hits,
        shown=pd.DataFrame(shown),
        caption="Do activation ratios rank planted classes first?",
        notes=(
            PLANTED_MEANS,
            "All networks are judged on the same tiles, those that the trained one predicts low or "
            "high. Hit: the class with the largest mean ratio of the city is planted; by chance, "
            "the share of planted classes among those in enough tiles. Hit rates with Wilson's "
            "95 % interval over cities. Planted among the first: of as many classes as are "
            "planted. Area under ROC: probability that a planted class has the larger ratio of two "
            "(0.5 by chance), with a 95 % interval by resampling cities.",
            "Class made even: not a map, but a trial. The pixels of one class of a tile take "
            "their mean colour; the change of the score stands for the activation of the class.",
        ),
        blocks="Style",
        decimals=dict.fromkeys(
            ("Hit rate", "By chance", "Planted among the first", "Area under ROC"), 2
        ),
    )


def decisions_table(given: Given) -> Table:
    """Lay out how often H0 and H1 are rejected where it is right, and where it is wrong.

    Parameters
    ----------
    given : mapping
        ``decisions`` and ``pairs``: `topology/planted_h0.csv` and `planted_h1.csv`.
    """
    h0, h1 = given["decisions"], given["pairs"]
    wrong = {"cities_over": "Cities with one", "cities_rejected": "Cities with one"}
    shown = [
        {
            "Hypothesis": f"H0, {STYLES[row.style]}",
            "Network": NETWORKS.get(row.network, row.network),
            "Method": METHODS.get(row.method, row.method),
            "About": "planted classes" if row.planted else "other classes",
            "Tests": row.n_tests,
            "Over": row.over,
            "Under": row.under,
            "Cities": row.n_cities,
            wrong["cities_over"]: estimate(row, "cities_over", interval="cities_over_ci"),
        }
        for row in rows(h0[h0["ses"] == BOTH])
    ] + [
        {
            "Hypothesis": f"H1, {STYLES[row.style]}",
            "Network": NETWORKS.get(row.network, row.network),
            "Method": METHODS.get(row.method, row.method),
            "About": f"{row.measure} coactivation",
            "Tests": row.n_tests,
            "Over": row.over,
            "Under": row.under,
            "Cities": row.n_cities,
            wrong["cities_rejected"]: estimate(
                row, "cities_rejected", interval="cities_rejected_ci"
            ),
        }
        for row in rows(h1[h1["ses"] == BOTH])
    ]
    return Table(
        numbers=pd.concat([h0.assign(hypothesis="H0"), h1.assign(hypothesis="H1")]),
        shown=pd.DataFrame(shown),
        caption="Decisions of H0 and H1 in cities whose truth is known.",
        notes=(
            PLANTED_MEANS,
            "Over, Under: shares of the tests (both SES groups) rejected at q ≤ 0.05 within the "
            "city. Cities with one: share with at least one class called over-activated (H0) or "
            "one pair rejected (H1), with Wilson's 95 % interval. Ratios make up for one another: "
            "where planted classes are over-activated, others must be under-activated. No "
            "interaction of classes was drawn into any picture. A network trained on shuffled "
            "labels knows nothing of income; what is rejected for it says that maps follow the "
            "land, not that they explain incomes.",
        ),
        blocks="Hypothesis",
        decimals={"Over": 2, "Under": 2, "Cities with one": 2},
    )


TABLES: Mapping[str, Callable[[Given], Table]] = {
    "networks": networks_table,
    "planted": planted_table,
    "decisions": decisions_table,
    "sanity": sanity_table,
    "curves": curves_table,
    "stability": stability_table,
    "mirror": mirror_table,
}


def trust_table(check: str, given: Given) -> Table:
    """Lay out the table of one check.

    Parameters
    ----------
    check : str
        Key of :data:`TABLES`.
    given : mapping
        What that table is made of, by the names it asks for.

    Raises
    ------
    InputError
        If there is no such check, or a table is missing or empty.
    """
    if check not in TABLES:
        raise InputError(f"validation: no check {check!r}; there are {', '.join(TABLES)}")
    empty = [name for name, table in given.items() if table.empty]
    if empty:
        raise InputError(
            f"validation, {check}: the tables {', '.join(empty)} are empty; the study needs "
            "synthetic cities (demo.cities) and validation.probes of at least 1"
        )
    return TABLES[check](given)


def _ses(ses: str) -> str:
    return "low and high" if ses == BOTH else ses
