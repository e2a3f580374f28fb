"""Table 1 of the district paper: between-district inequality, ours beside the paper's."""

from collections.abc import Mapping

import pandas as pd

from incomelens.paper.exhibit import Exhibit
from incomelens.paper.names import INCOMES, LEVELS, TASKS, task_name
from incomelens.paper.reference import Reference
from incomelens.paper.table import EMPTY_SLOT, Table, estimate, keyed, number

HEADINGS = {"gini": "Gini", "decile_ratio": "Decile ratio"}
NOTE = (
    "Gini: coefficient between districts. Decile ratio: mean income of the richest tenth of "
    "districts over that of the poorest tenth. Ours counts every district once, as the paper; by "
    "population weights it with its residents. In brackets 95 % intervals by resampling districts. "
    "Other measures, and intervals from the survey's margins of error where they are known, stand "
    "in the CSV."
)


def exhibit(
    inequality: pd.DataFrame, reference: Reference, *, levels: Mapping[str, str] = LEVELS
) -> Exhibit:
    """Set the inequality between districts beside the paper's.

    Parameters
    ----------
    inequality : DataFrame
        `districts/inequality.csv`: one row a level, income, measure and weighting.
    """
    numbers = _beside_paper(inequality, reference)
    shown = _shown(numbers, reference, levels)
    table = Table(
        numbers=numbers,
        shown=shown,
        caption="Table 1. Between-district income inequality.",
        notes=(NOTE, EMPTY_SLOT),
        decimals={name: 2 for name in shown if name.startswith(HEADINGS["decile_ratio"])},
        printed=[name for name in shown if name.endswith(": paper")],
    )
    return Exhibit(table)


def _printed(reference: Reference) -> dict[tuple[str, ...], float]:
    """The paper's measures, which count every district once."""
    return {
        (level, income, measure, "districts"): number(value)
        for level, income in TASKS
        for measure, value in reference.part("ssig", "table_1", level, income).items()
    }


def _beside_paper(inequality: pd.DataFrame, reference: Reference) -> pd.DataFrame:
    printed = _printed(reference)
    keys = inequality[["level", "income", "measure", "weighting"]].to_numpy().tolist()
    n = [reference.of_task("n_districts", level, income) for level, income, *_ in keys]
    return inequality.assign(
        paper=[printed.get(tuple(key)) for key in keys], paper_n=list(map(number, n))
    )


def _shown(numbers: pd.DataFrame, reference: Reference, levels: Mapping[str, str]) -> pd.DataFrame:
    """One row a task: its number of districts, and both measures three times."""
    ours = keyed(numbers, "level", "income", "measure", "weighting")
    printed = _printed(reference)
    tasks = [(level, income) for level in levels for income in INCOMES]
    lines = []
    for task in tasks:
        if (*task, "gini", "districts") not in ours:
            continue
        line = {
            "Districts": task_name(*task, levels),
            "N: ours": ours[*task, "gini", "districts"].n,
            "N: paper": reference.of_task("n_districts", *task),
        }
        for measure, heading in HEADINGS.items():
            slot = (*task, measure, "districts")
            line |= {
                f"{heading}: ours": estimate(ours.get(slot)),
                f"{heading}: paper": printed.get(slot, float("nan")),
                f"{heading}: by population": estimate(ours.get((*task, measure, "population"))),
            }
        lines.append(line)
    return pd.DataFrame(lines)
