"""Where planted classes rank among activation ratios."""

import pandas as pd

from incomelens.paper.exhibit import Exhibit
from incomelens.paper.table import Table, estimate, rows
from incomelens.paper.validation.names import (
    ALL_METHODS,
    BOTH,
    NETWORKS,
    PLANTED_MEANS,
    check_given,
    world_label,
)


def exhibit(hits: pd.DataFrame) -> Exhibit:
    """Lay out where planted classes rank, from `topology/planted_hits.csv`."""
    check_given(hits=hits)
    shown = [
        {
            "Style": world_label(row),
            "Network": NETWORKS.get(row.network, row.network),
            "Method": ALL_METHODS.get(row.method, row.method),
            "Tiles": "low and high" if row.ses == BOTH else row.ses,
            "Cities": row.n_cities,
            "Hits": f"{row.hits} of {row.n}",
            "Hit rate": estimate(row, "hit_rate"),
            "By chance": row.chance,
            "Planted among the first": row.share_first,
            "Area under ROC": estimate(row, "area", interval="area_ci"),
        }
        for row in rows(hits)
    ]
    table = Table(
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
    return Exhibit(table)
