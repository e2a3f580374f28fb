"""How the configuration maps a user's columns to those of the contract, and in which unit."""

import logging
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from incomelens.common.errors import InputError, listed
from incomelens.districts.checks import as_numbers, check_columns
from incomelens.districts.columns import SHARES
from incomelens.districts.expressions import SIGNS, Source, computed, parsed

logger = logging.getLogger(__name__)

UNITS = {
    "share": 1.0,
    "percent": 100.0,
    "per_km2": 1.0,
    "per_square_mile": 2.589988110336,  # km², of an international mile of 1609.344 m
    "per_hectare": 0.01,
}
"""Unit of a file's values to what they are divided by to get shares of 1, or people per km²."""

ALL_SHARES = (*SHARES, "bachelor_or_above")
ZERO_RULE = (*ALL_SHARES, "population_density")
"""Columns in which 0 / 0 is 0, as the paper has it; in others, such as incomes, it is missing."""


def sources_of(
    columns: Mapping[str, Any], present: Sequence[str], *, file: str, share_unit: str = "share"
) -> dict[str, Source]:
    """Read the configuration's map of columns, and check it against the columns of the file.

    Parameters
    ----------
    columns : mapping
        Our name to the file's column, to an expression, or to a mapping with `column` or
        `expression` and perhaps `unit`. A text that is a column of the file is that column,
        whatever signs it holds.
    present : sequence of str
        Columns of the file.
    file : str
        For messages.
    share_unit : {"share", "percent"}
        Unit of the plain columns of shares that name none; an expression names its own.

    Raises
    ------
    InputError
        If a column is not there or an expression cannot be read.
    """
    sources = {
        ours: _source(written, present, where=f"{file}: {ours}")
        for ours, written in columns.items()
    }
    plain = {ours: source.text for ours, source in sources.items() if not source.tokens}
    check_columns(present, plain, file=file)
    for ours, source in sources.items():
        absent = [name for name in source.operands if name not in present]
        if absent:
            raise InputError(
                f"{file}: no column {listed(map(repr, absent))}, which {ours} is computed from "
                f"({source.text!r}); the file has {listed(present, 40)}"
            )
    if share_unit == "percent":
        sources |= {
            ours: Source(source.text, share_unit)
            for ours, source in sources.items()
            if ours in ALL_SHARES and not source.tokens and not source.unit
        }
    return sources


def written_as(written: str | Mapping[str, str]) -> str:
    """What the configuration reads a column from, in one line.

    Examples
    --------
    >>> written_as({"column": "Bac+3 (%)", "unit": "percent"})
    'Bac+3 (%), in percent'
    >>> written_as("n_black / population")
    'n_black / population'
    """
    if isinstance(written, str):
        return written
    text = written.get("column") or written["expression"]
    unit = written.get("unit", "share")
    if UNITS[unit] == 1:
        return text
    return f"{text}, {'in percent' if unit == 'percent' else unit.replace('_', ' ')}"


def numbers_from(
    frame: pd.DataFrame, source: Source, *, ours: str, file: str, decimal: str | None = None
) -> NDArray[np.float64]:
    """Compute one column of numbers, in the unit of the contract.

    Parameters
    ----------
    frame : DataFrame
        The user's table, indexed by district.
    source : Source
    ours : str
        Which column of the contract.
    file : str
        For messages.
    decimal : {".", ","}, optional
        Decimal mark of the file, where it tells one.

    Returns
    -------
    array of shape (len(frame),)
        NaN where a value that it is computed from is missing.

    Raises
    ------
    InputError
        If a cell is no number, or something is divided by 0; it names the district.
    """
    is_percent = source.unit == "percent"
    values = {
        name: as_numbers(
            frame[name], where=f"{file}: column {name!r}", decimal=decimal, percent=is_percent
        ).to_numpy(dtype=np.float64)
        for name in source.operands
    }
    if not source.tokens:
        result = values[source.text]
    else:
        result = computed(
            source,
            values,
            nobody_of_nobody=0.0 if ours in ZERO_RULE else np.nan,
            districts=frame.index,
            where=f"{file}: {ours}",
        )
    if is_percent and 0 < np.nanmax(result, initial=0.0) <= 1:
        logger.warning(
            "%s: %s (%r) is said to be in percent, and none of its values is above 1: is it a "
            "share of 1 already?", file, ours, source.text,
        )  # fmt: skip
    if source.unit:
        result = result / UNITS[source.unit]
    # Decimals that are added and taken off leave dust such as -3e-17, which is no negative share.
    return np.round(result, 12) if source.tokens and ours in ALL_SHARES else result


def _source(written: str | Mapping[str, str], present: Sequence[str], *, where: str) -> Source:
    if not isinstance(written, str):
        unit = written.get("unit", "")
        if "column" in written:
            return Source(written["column"], unit)
        expression = written["expression"]
        return Source(expression, unit, parsed(expression, where=where))
    # A single name that the file lacks is told as a missing column, not as an expression.
    if written in present or not SIGNS.search(written):
        return Source(written)
    try:
        return Source(written, tokens=parsed(written, where=where))
    except InputError as error:
        raise InputError(
            f"{error}. Nor is it a column of the file, which has {listed(present, 40)}"
        ) from None
