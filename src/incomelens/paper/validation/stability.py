"""How alike class ratios come out again."""

import pandas as pd

from incomelens.paper.aerial.names import METHODS
from incomelens.paper.exhibit import Exhibit
from incomelens.paper.table import Estimate, Table, rows
from incomelens.paper.validation.names import BETWEEN, NETWORKS, check_given


def exhibit(stability: pd.DataFrame) -> Exhibit:
    """Lay out how alike class ratios come out again, from `topology/stability.csv`."""
    check_given(stability=stability)
    shown = [
        {
            "Between": BETWEEN[row.between],
            "Compared": f"{_compared(row.a)} – {_compared(row.b)}",
            "Network": NETWORKS.get(row.network, row.network),
            "Method": "" if row.between == "methods" else METHODS.get(row.method, row.method),
            "n": row.n,
            "Rank correlation": Estimate(row.median, row.low, row.high),
        }
        for row in rows(stability)
    ]
    table = Table(
        numbers=stability,
        shown=pd.DataFrame(shown),
        caption="Stability of class ratios: rank correlation over urban classes.",
        notes=(
            "Median over cities, SES groups and pairs of folds; in brackets the lowest and the "
            "highest. Classes in enough tiles of both sides. Two folds share neither tiles nor "
            "network.",
        ),
        blocks="Between",
        decimals={"Rank correlation": 2},
    )
    return Exhibit(table)


def _compared(name: str) -> str:
    return NETWORKS.get(name, METHODS.get(name, name))
