"""How many cells have their class in their 90 % set, and how large the sets are.

Overall coverage may hold while one class is left out, or while a few large blocks hold the others
up; only a table by group tells. Intervals resample cells (whole units, where cells share labels)
and spatial blocks, which cut no unit; they hold for sets as they were calibrated.
"""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from incomelens.common.errors import InputError
from incomelens.inference.intervals import resample
from incomelens.inference.metrics import N_CLASSES, share

GROUPINGS = ("all", "observed", "predicted", "block", "unit")
"""All cells; by true and by most probable class; each block, each unit counting once."""
Values = NDArray[np.float64]


def coverage_of_sets(
    sets: pd.DataFrame, folds: pd.DataFrame, *, seed: int, n_resamples: int = 1000
) -> pd.DataFrame:
    """Coverage and mean size of the sets of every network and method, by group of cells.

    Parameters
    ----------
    sets : DataFrame
        Of :func:`incomelens.inference.prediction_sets.calibrate_sets`.
    folds : DataFrame
        ``cell_id``, ``block``, and ``unit`` where labels are shared.
    seed, n_resamples : int
        Of the intervals.

    Returns
    -------
    DataFrame
        Table ``inference/{city}/{scheme}/set_coverage.csv``. Without shared labels there are no
        rows of units; a class that no cell is of has no coverage.

    Raises
    ------
    InputError
        If a cell of the sets is not in the folds, or stands there twice.
    """
    columns = ["cell_id", "block", *(["unit"] if "unit" in folds else [])]
    rows: list[dict[str, object]] = []
    for (model, method), table in sets.groupby(["model", "method"], sort=False):
        placed = table.merge(folds[columns], on="cell_id", how="left", validate="many_to_one")
        if placed["block"].isna().any() or placed["cell_id"].duplicated().any():
            raise InputError(
                f"coverage of sets: cells of {model} do not fit the folds (unknown, or there "
                "twice); make both from the same run"
            )
        identity = {"model": model, "method": method}
        found = _rows(placed, {"seed": seed, "n_resamples": n_resamples})
        rows += [identity | row for row in found]
    return pd.DataFrame(rows)


def _rows(cells: pd.DataFrame, draws: dict[str, int]) -> list[dict[str, object]]:
    """Rows of one network and method, all resampled by the same draws."""
    size = (cells["high_class"] - cells["low_class"] + 1).to_numpy(dtype=np.float64)
    covered = cells["observed"].between(cells["low_class"], cells["high_class"])
    weights = _weights(cells)
    hit = covered.to_numpy(dtype=np.float64)
    terms = [part * values for part in weights.values() for values in (np.ones(len(hit)), hit)]
    unit = pd.factorize(cells["unit"], sort=True)[0] if "unit" in cells else None
    block = cells["block"].to_numpy(dtype=np.int64)
    sums = resample(np.column_stack(terms), block, unit=unit, **draws)
    rows: list[dict[str, object]] = []
    for place, ((grouping, group), weight) in enumerate(weights.items()):
        counted = weight > 0
        row = sums.map(lambda s, at=2 * place: share(s[:, at + 1], s[:, at])).row()
        rows.append(
            {
                "grouping": grouping,
                "group": group,
                "n": int(counted.sum()),
                "n_blocks": len(np.unique(block[counted])),
                "coverage": row.pop("value"),
                **{name: end for name, end in row.items() if "ci_" in name},
                "mean_size": float(np.average(size, weights=weight)) if counted.any() else np.nan,
            }
        )
    return rows


def _weights(cells: pd.DataFrame) -> dict[tuple[str, str], Values]:
    """How much each cell counts, by grouping and group."""
    found = {("all", "all"): np.ones(len(cells))}
    for grouping in ("observed", "predicted"):
        found |= {
            (grouping, str(number)): (cells[grouping] == number).to_numpy(dtype=np.float64)
            for number in range(1, N_CLASSES + 1)
        }
    for grouping in ("block", "unit"):
        if grouping in cells:
            sizes = cells.groupby(grouping)[grouping].transform("size")
            found[grouping, "each once"] = (1 / sizes).to_numpy(dtype=np.float64)
    return found
