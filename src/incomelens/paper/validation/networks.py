"""How good the networks are whose maps are judged."""

import pandas as pd

from incomelens.paper.exhibit import Exhibit
from incomelens.paper.table import Table, rows
from incomelens.paper.validation.names import (
    NETWORKS,
    check_given,
    mean_with_range,
    world_label,
)


def exhibit(summary: pd.DataFrame, reliability: pd.DataFrame) -> Exhibit:
    """Lay out how good the networks are whose maps are judged.

    From `inference/network_summary.csv` and `inference/network_reliability.csv`.
    """
    check_given(summary=summary, reliability=reliability)
    value = {(world_label(row), row.network, row.metric): row for row in rows(summary)}
    shown = [
        {
            "Style": style,
            "Network": NETWORKS.get(network, network),
            "Cities": value[style, network, "accuracy"].n_cities,
            "r": mean_with_range(value[style, network, "pearson_r"]),
            "r of expected class": mean_with_range(value[style, network, "pearson_r_expected"]),
            "MAE, classes": mean_with_range(value[style, network, "mae"]),
            "Within 1": mean_with_range(value[style, network, "accuracy_within_1"]),
            "Calibration error": mean_with_range(value[style, network, "ece"]),
        }
        for style, network in dict.fromkeys(
            (world_label(row), row.network) for row in rows(summary)
        )
    ]
    table = Table(
        numbers=pd.concat(
            [summary.assign(table="scores"), reliability.assign(table="reliability")]
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
    return Exhibit(table)
