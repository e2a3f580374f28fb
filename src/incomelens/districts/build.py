"""The tidy table of the districts of one level, whatever its adapter."""

import logging
from collections.abc import Mapping, Sequence
from typing import Any

import geopandas as gpd
import pandas as pd

from incomelens.common.contracts import columns
from incomelens.common.errors import InputError, listed
from incomelens.common.left_out import left_out_table
from incomelens.common.names import INCOMES
from incomelens.common.places import check_on_globe, told_extent
from incomelens.districts.census import census_districts
from incomelens.districts.checks import Origin, check_districts
from incomelens.districts.columns import NUMBERS
from incomelens.districts.geometry import centroids
from incomelens.districts.own_table import own_districts
from incomelens.districts.shapes import shape_findings
from incomelens.districts.units import value_findings

logger = logging.getLogger(__name__)


def build_districts(
    files: Mapping[str, Any],
    *,
    settings: Mapping[str, Any],
    level: str,
    incomes: Sequence[str] = INCOMES,
) -> gpd.GeoDataFrame:
    """Bring the districts of one level into the columns of the contract.

    Districts without an income stay in the table; models leave them out.

    Parameters
    ----------
    files : mapping
        Files of the adapter: ``tables``, ``boundaries`` and perhaps ``relationship`` of `census`;
        ``table`` and perhaps ``boundaries_table`` and ``areas_from`` of `table`.
    settings : mapping
        The level's part of the configuration, ``districts: {level}``.
    level : str
        What the level is called in the log.
    incomes : sequence of str
        Incomes that are going to be modelled.

    Returns
    -------
    GeoDataFrame
        Table ``districts/{level}.parquet``.
    """
    if settings["adapter"] == "census":
        districts, origin = _from_census(files, settings)
    elif settings["adapter"] == "table":
        districts, origin = _from_own_table(files, settings)
    else:
        raise InputError(
            f"districts: {level}: adapter {settings['adapter']!r} is unknown; expected `census` "
            "or `table`"
        )
    degrees = districts["bachelor"] + districts["postgraduate"]
    districts["bachelor_or_above"] = districts.get("bachelor_or_above", degrees).fillna(degrees)
    districts = districts.astype(dict.fromkeys(NUMBERS, "float64"))
    districts = districts[columns("districts/{level}.parquet")].sort_values(
        "geoid", ignore_index=True
    )
    check_on_globe(districts.geometry, districts["geoid"], where=origin.file)
    check_districts(districts, incomes=incomes, origin=origin)
    place = told_extent(districts.geometry)
    logger.info("%s: %s; they lie in %s", level, summary(districts), place)
    return districts


def odd_districts(
    districts: gpd.GeoDataFrame, *, level: str, incomes: Sequence[str] = INCOMES
) -> pd.DataFrame:
    """Count districts without an income, and those whose place or values are hardly right.

    Parameters
    ----------
    districts : GeoDataFrame
        Of :func:`build_districts`.
    level : str
    incomes : sequence of str
        Incomes that are going to be modelled.

    Returns
    -------
    DataFrame
        Of :func:`~incomelens.common.left_out.left_out_table`; the log warns of each that may be a
        mistake.
    """
    findings = [*value_findings(districts, incomes=incomes), *shape_findings(districts)]
    return left_out_table(findings, stage="districts", of=level)


def summary(districts: gpd.GeoDataFrame) -> str:
    """How many districts there are, how many with each income, and where they lie.

    A line for the log, such as ``2,166 districts, per_capita_income 2,117, ...``.
    """
    counts = [f"{income} {districts[income].notna().sum():,}" for income in INCOMES]
    topcoded = int(districts["median_household_income_topcoded"].sum())
    by_area = districts["area"].value_counts().sort_index()
    return (
        f"{len(districts):,} districts, {', '.join(counts)} ({topcoded:,} top-coded), "
        f"population {districts['population'].sum():,.0f}; by area: "
        + (listed((f"{area} {count:,}" for area, count in by_area.items()), 20) or "unknown")
    )


def _from_census(
    files: Mapping[str, Any], settings: Mapping[str, Any]
) -> tuple[gpd.GeoDataFrame, Origin]:
    districts = census_districts(
        files["tables"],
        files["boundaries"],
        areas={str(code): name for code, name in settings["areas"].items()},
        relationship=files.get("relationship"),
    )
    districts[["longitude", "latitude"]] = centroids(districts)
    return districts, Origin(f"Census tables {settings['tables']}")


def _from_own_table(
    files: Mapping[str, Any], settings: Mapping[str, Any]
) -> tuple[gpd.GeoDataFrame, Origin]:
    areas_from = settings.get("areas_from")
    districts, sources = own_districts(
        files["table"],
        columns=settings["columns"],
        layer=settings.get("layer"),
        boundaries=files.get("boundaries_table"),
        boundaries_layer=settings.get("boundaries_layer"),
        areas_from=areas_from and {**areas_from, "table": files["areas_from"]},
        share_unit=settings.get("shares", "share"),
    )
    return districts, Origin(str(files["table"]), sources)
