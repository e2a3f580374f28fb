"""What makes a table of districts unusable, said in one message."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from incomelens.common.errors import InputError, listed
from incomelens.common.names import INCOMES
from incomelens.districts.columns import MISSING_CODES, SHARES, VARIABLES
from incomelens.districts.expressions import Source
from incomelens.sources.readers.written_values import numbers

# Published shares are rounded; two that exclude each other may pass 1 by that much.
ROUNDING = 1e-3
EXCLUSIVE = (("bachelor", "postgraduate"), ("age_65_plus", "age_under_18"))
# A centroid may lie outside its polygon's box by this many degrees: rounding, other boundaries.
CENTROID_SLACK = 0.05
LEAST_DISTRICTS = 3  # with an income: what a Gaussian process is fitted to
UNKNOWN = "leave it empty where it is unknown"


@dataclass(frozen=True)
class Origin:
    """Where a table came from and what its columns are called there, for messages."""

    file: str
    columns: Mapping[str, Source] = field(default_factory=dict)

    def text(self, name: str) -> str:
        """What `name` is called in the file, or computed from."""
        return self.columns[name].text if name in self.columns else name

    def of(self, name: str) -> str:
        """Name the file and the column that `name` was read from."""
        column = self.text(name)
        return f"{self.file}: column {column!r}" + (f" (our {name})" if column != name else "")

    def as_percentage(self, name: str) -> str:
        """Say which setting makes shares of percentages."""
        source = self.columns.get(name)
        if source is None:
            return "divide percentages by 100"
        if source.unit == "percent":
            return "it is divided by 100 already, as the configuration says; mend the cell"
        kind = "expression" if source.tokens else "column"
        return (
            f'divide percentages by 100: set `{name}: {{{kind}: "{source.text}", unit: percent}}` '
            "in the level's `columns`, or `shares: percent` for all its plain columns of shares"
        )


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
    margins = [f"{income}_moe" for income in INCOMES]
    for name in ("population", *INCOMES, *margins, "population_density"):
        _check_range(districts, name, origin, remedy=UNKNOWN)
    for name in INCOMES:
        _check_positive(districts, name, origin)
    for name in SHARES:
        _check_range(districts, name, origin, high=1.0, remedy=origin.as_percentage(name))
    for first, second in EXCLUSIVE:
        _check_exclusive(districts, first, second, origin)
    degrees = "bachelor_or_above"
    _check_range(
        districts, degrees, origin, high=1.0 + ROUNDING, remedy=origin.as_percentage(degrees)
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

    See :func:`incomelens.sources.readers.written_values.numbers` for the parameters and errors.
    """
    parsed = numbers(values, where=where, decimal=decimal, percent=percent)
    return parsed.mask(parsed.isin(MISSING_CODES))


def _check_identity(geoids: pd.Series, origin: Origin) -> None:
    twice = geoids[geoids.duplicated()].unique()
    if twice.size:
        raise InputError(
            f"{origin.of('geoid')} has {twice.size} identifiers more than once: {listed(twice)}; "
            "expected one row a district"
        )
    if len(geoids) < LEAST_DISTRICTS:
        raise InputError(
            f"{origin.file}: {len(geoids)} district(s); inequality and models need three at least. "
            "Does the level's `areas`, or the table, cover the whole city?"
        )


def _check_range(
    districts: pd.DataFrame,
    name: str,
    origin: Origin,
    *,
    high: float = np.inf,
    remedy: str,
) -> None:
    values = districts[name]
    off = districts.index[(values < 0) | (values > high)]
    if len(off):
        value = values[off[0]]
        expected = f"0 to {high:g}" if np.isfinite(high) else "0 or more"
        raise InputError(
            f"{origin.of(name)} is {value:g} in district {districts['geoid'][off[0]]} "
            f"({len(off)} of {len(districts)} rows are off); expected {expected}: "
            f"{remedy if value > 0 else UNKNOWN}"
        )


def _check_positive(districts: pd.DataFrame, income: str, origin: Origin) -> None:
    nothing = districts["geoid"][districts[income] == 0]
    if len(nothing):
        raise InputError(
            f"{origin.of(income)} is 0 in {len(nothing)} of {len(districts)} districts: "
            f"{listed(nothing)}; a whole district without income is nearly always one whose income "
            "is unknown, and ratios and logarithms need more than 0: leave the cell empty"
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
        known = districts[name].dropna()
        if len(known) < LEAST_DISTRICTS or (known == known.iloc[0]).all():
            enough = len(known) >= LEAST_DISTRICTS
            found = f"{known.iloc[0]:g} in all" if enough else "known in only"
            raise InputError(
                f"{origin.of(name)} is {found} {len(known)} districts with a value; inequality and "
                f"models need {LEAST_DISTRICTS} at least, and incomes that differ: map another "
                "column, or leave this income out of `districts: incomes`"
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
            f"{origin.of('longitude')}, {origin.text('latitude')}: "
            f"({longitude[row]:g}, {latitude[row]:g}) is not in the polygon of district "
            f"{districts['geoid'][row]}, which starts at ({bounds.minx[row]:g}, "
            f"{bounds.miny[row]:g}) ({len(off)} of {len(districts)} rows are off); are they "
            "swapped, or not in degrees? Left unmapped, they are computed from the polygons"
        )
