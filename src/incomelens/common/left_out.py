"""What was left out, filled or looks odd, and why: one form of table for every stage.

A stage that counts such things writes them beside its result; the report shows them together.
"""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, Self

import pandas as pd

from incomelens.common.contracts import columns
from incomelens.common.errors import InputError, listed
from incomelens.common.tables import read_table

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Finding:
    """Something about an input that its reader should know.

    Parameters
    ----------
    what : str
        What is counted, in the plural: cells, districts, sales, images.
    reason : str
        Why, in snake case.
    n, total : int
        How many of how many.
    treated : {"left_out", "filled", "kept"}
        What was done about them; ``kept`` means that they are used as they are.
    example : str
        Identifier of one of them.
    message : str
        A sentence for the log, where the count alone says too little.
    """

    what: str
    reason: str
    n: int
    total: int
    treated: Literal["left_out", "filled", "kept"] = "left_out"
    example: str = ""
    message: str = ""

    @classmethod
    def of(cls, ids: Sequence[object] | pd.Series, **told: Any) -> Self:
        """Count these identifiers and take the first as the example."""
        ids = list(ids)
        return cls(n=len(ids), example=str(ids[0]) if ids else "", **told)


def left_out_table(findings: Iterable[Finding], *, stage: str, of: str) -> pd.DataFrame:
    """Tabulate findings, and warn of those that have a message.

    Parameters
    ----------
    findings : iterable of Finding
        Those that count nothing are dropped.
    stage : str
    of : str
        City or level.

    Returns
    -------
    DataFrame
        Table ``left_out.csv``, one row a finding.
    """
    counted = [finding for finding in findings if finding.n]
    for finding in counted:
        if finding.message:
            logger.warning("%s: %s", of, finding.message)
    rows = [{"stage": stage, "of": of} | asdict(finding) for finding in counted]
    return pd.DataFrame(rows, columns=columns("left_out.csv"))


def drop_counts(reasons: pd.Series, ids: pd.Series, *, what: str) -> list[Finding]:
    """Count what was dropped, by reason.

    Parameters
    ----------
    reasons : Series of shape (n,)
        Null where nothing was dropped.
    ids : Series of shape (n,)
    what : str
    """
    reasons, ids = reasons.to_numpy(), ids.to_numpy()
    names = sorted(set(reasons[pd.notna(reasons)]))
    return [
        Finding.of(ids[reasons == name], what=what, reason=name, total=len(ids)) for name in names
    ]


def collect_left_out(files: Sequence[str | Path]) -> pd.DataFrame:
    """Join the tables of all stages, in the order of `files`.

    Raises
    ------
    InputError
        If a file is none of :func:`left_out_table`.
    """
    names = columns("left_out.csv")
    tables = [pd.DataFrame(columns=names)]
    for file in files:
        table = read_table(file, text=("of", "example"))
        missing = [name for name in names if name not in table]
        if missing:
            raise InputError(f"{file}: no column {listed(missing)}; expected {listed(names, 8)}")
        tables.append(table[names])
    filled = [table for table in tables if len(table)] or tables[:1]
    return pd.concat(filled, ignore_index=True).fillna({"example": ""})
