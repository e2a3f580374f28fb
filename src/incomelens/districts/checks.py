"""What makes a table of districts unusable, said in one message."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from incomelens.common.errors import InputError, listed
from incomelens.districts.columns import INCOMES, MISSING_CODES, SHARES, VARIABLES
from incomelens.sources.written_values import numbers

# Published shares are rounded; two that exclude each other may pass 1 by that much.
ROUNDING = 1e-3
EXCLUSIVE = (("bachelor", "postgraduate"), ("age_65_plus", "age_under_18"))
# A centroid may lie outside its polygon's box by this many degrees: rounding, other boundaries.
CENTROID_SLACK = 0.05


@dataclass(frozen=True)
class Origin:
    """Where a table came from and what its columns are called there, for messages."""

    file: str
    columns: Mapping[str, str] = field(default_factory=dict)

    def of(self, name: str) -> str:
        """Name the file and the column that `name` was read from."""
        there = self.columns.get(name, name)
        return f"{self.file}: column {there!r}" + (f" (our {name})" if there != name else "")


def check_districts(districts: pd.DataFrame, *, incomes: Sequence[str], origin: Origin) -> None:
    """Raise an :class:`InputError` that names the first thing wrong with `districts`.

    Parameters
    ----------
    districts : GeoDataFrame
        Columns of the contract, geometry in EPSG:4326.
    incomes : sequence of str
        Incomes that are going to be modelled; the other may be missing altogether.
    origin : Origin
    """
    _check_identity(districts["geoid"], origin)
    for name in ("population", *INCOMES, *_margins(), "population_density"):
        _check_range(districts, name, origin, low=0.0, remedy="leave it empty where it is unknown")
    for name in SHARES:
        _check_range(districts, name, origin, low=0.0, high=1.0, remedy="divide percentages by 100")
    for first, second in EXCLUSIVE:
        _check_exclusive(districts, first, second, origin)
    _check_range(
        districts,
        "bachelor_or_above",
        origin,
        low=0.0,
        high=1.0 + ROUNDING,
        remedy="divide percentages by 100",
    )
    _check_incomes(districts, incomes, origin)
    with_income = districts[districts[list(INCOMES)].notna().any(axis=1)]
    for name in VARIABLES:
        _check_variable(with_income, name, origin)
    _check_position(districts, origin)


def check_columns(present: Sequence[str], wanted: Mapping[str, str], *, file: str) -> None:
    """Raise if a column that the configuration maps is not in the file."""
    absent = {ours: theirs for ours, theirs in wanted.items() if theirs not in set(present)}
    if absent:
        ours, theirs = next(iter(absent.items()))
        raise InputError(
            f"{file}: no column {theirs!r}, which the configuration takes as {ours} ({len(absent)} "
            f"of {len(wanted)} columns are missing: {listed(absent.values())}); "
            f"the file has {listed(present, 40)}"
        )


def as_numbers(
    values: pd.Series, *, where: str, decimal: str | None = None, percent: bool = False
) -> pd.Series:
    """Numbers of a column; missing where it is empty or holds one of the Census' missing codes.

    See :func:`incomelens.sources.written_values.numbers` for the parameters and errors.
    """
    found = numbers(values, where=where, decimal=decimal, percent=percent)
    return found.mask(found.isin(MISSING_CODES))


def _margins() -> tuple[str, ...]:
    return tuple(f"{income}_moe" for income in INCOMES)


def _check_identity(geoids: pd.Series, origin: Origin) -> None:
    twice = geoids[geoids.duplicated()].unique()
    if twice.size:
        raise InputError(
            f"{origin.of('geoid')} has {twice.size} identifiers more than once: {listed(twice)}; "
            "expected one row a district"
        )
    if len(geoids) < 2:
        raise InputError(
            f"{origin.file}: {len(geoids)} district(s); inequality and models need at least two. "
            "Does the level's `areas`, or the table, cover the whole city?"
        )


def _check_range(
    districts: pd.DataFrame,
    name: str,
    origin: Origin,
    *,
    low: float,
    high: float = np.inf,
    remedy: str,
) -> None:
    values = districts[name]
    off = districts.index[(values < low) | (values > high)]
    if len(off):
        expected = f"{low:g} to {high:g}" if np.isfinite(high) else f"{low:g} or more"
        raise InputError(
            f"{origin.of(name)} is {values[off[0]]:g} in district {districts['geoid'][off[0]]} "
            f"({len(off)} of {len(districts)} rows are off); expected {expected}: {remedy}"
        )


def _check_exclusive(districts: pd.DataFrame, first: str, second: str, origin: Origin) -> None:
    total = districts[first] + districts[second]
    off = districts.index[total > 1 + ROUNDING]
    if len(off):
        raise InputError(
            f"{origin.of(first)} and {second} add up to {total[off[0]]:.3f} in district "
            f"{districts['geoid'][off[0]]} ({len(off)} of {len(districts)} rows exceed 1); they "
            "exclude each other: is one of them a share of both groups?"
        )


def _check_incomes(districts: pd.DataFrame, incomes: Sequence[str], origin: Origin) -> None:
    for name in incomes:
        if districts[name].notna().sum() == 0:
            raise InputError(
                f"{origin.of(name)}: none of the {len(districts)} districts has a value; map "
                "another column, or leave this income out of `districts: incomes`"
            )


def _check_variable(with_income: pd.DataFrame, name: str, origin: Origin) -> None:
    values = with_income[name]
    missing = with_income["geoid"][values.isna()]
    if len(missing):
        raise InputError(
            f"{origin.of(name)} is missing in {len(missing)} districts that have an income: "
            f"{listed(missing)}; expected a value, 0 where nobody is counted"
        )
    if (values == values.iloc[0]).all():
        raise InputError(
            f"{origin.of(name)} is {values.iloc[0]:g} in all {len(values)} districts with an "
            "income; a constant cannot be brought to unit variance and explains nothing: map a "
            "column that varies, or take a larger city"
        )


def _check_position(districts: pd.DataFrame, origin: Origin) -> None:
    bounds = districts.geometry.bounds
    longitude, latitude = districts["longitude"], districts["latitude"]
    inside = longitude.between(bounds.minx - CENTROID_SLACK, bounds.maxx + CENTROID_SLACK)
    inside &= latitude.between(bounds.miny - CENTROID_SLACK, bounds.maxy + CENTROID_SLACK)
    off = districts.index[~inside]
    if len(off):
        row = off[0]
        raise InputError(
            f"{origin.of('longitude')}, {origin.columns.get('latitude', 'latitude')}: "
            f"({longitude[row]:g}, {latitude[row]:g}) is not in the polygon of district "
            f"{districts['geoid'][row]}, which starts at ({bounds.minx[row]:g}, "
            f"{bounds.miny[row]:g}) ({len(off)} of {len(districts)} rows are off); are they "
            "swapped, or not in degrees? Left unmapped, they are computed from the polygons"
        )
