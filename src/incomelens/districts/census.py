"""Districts from the US Census Bureau's own files (deviation `provider`).

Tables come from the Census API (``get=group(B19301)``): a JSON list of lists, the header first,
all values text or null. ``B19301_001E`` is an estimate, ``..M`` its margin of error at 90 %
confidence. Polygons come from the cartographic boundary files.
"""

import logging
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import geopandas as gpd
import pandas as pd
from shapely.errors import ShapelyError

from incomelens.common.errors import InputError, damage_told, listed
from incomelens.districts.census_tables import (
    ADULTS_25,
    ASIAN,
    BACHELOR,
    BLACK,
    FROM_65,
    LABOUR_FORCE,
    MALE,
    MEDIAN_HOUSEHOLD_INCOME,
    PER_CAPITA_INCOME,
    POPULATION,
    POSTGRADUATE,
    RACES,
    UNDER_18,
    UNEMPLOYED,
    WHITE,
    check_all_there,
    read_census_tables,
)
from incomelens.districts.checks import as_numbers
from incomelens.districts.columns import TOP_CODE
from incomelens.districts.geometry import in_degrees
from incomelens.sources.fetching.delivery import file_of_polygons
from incomelens.sources.readers.shapefiles import check_shapefile
from incomelens.sources.readers.tables import column_names, read_columns
from incomelens.sources.readers.written_values import numbers

logger = logging.getLogger(__name__)

SQUARE_METRES_PER_KM2 = 1e6


def census_districts(
    tables: Sequence[str | Path],
    boundaries: str | Path,
    *,
    areas: Mapping[str, str],
    relationship: str | Path | None = None,
) -> gpd.GeoDataFrame:
    """Read the districts of a city from Census tables and boundaries.

    Parameters
    ----------
    tables : sequence of path
        API answers that hold B19301, B19013, B15003, B23025, B01001 and B02001.
    boundaries : path
        Zip of a cartographic boundary shapefile of the same districts.
    areas : mapping
        Code of a county (state and county, five digits) or of a state (two) to name: what makes
        the city, or the country. A county's own name goes before that of its state. Those in which
        no district lies are told in a warning.
    relationship : path, optional
        The 2010 ZCTA-county relationship file, for districts whose identifier does not name their
        county. A ZCTA belongs to the city if a part of it lies in one of `areas` (deviation
        `zip_selection`).

    Returns
    -------
    GeoDataFrame
        Columns of the contract but for the centroids, one row a district.
    """
    cells = read_census_tables(tables)
    if relationship is None:
        _refuse_zip_areas(cells.index, file=listed(tables))
        counties = cells.index.to_series().str[:5]
        area = area_names(counties, areas).dropna()
        counties_named = listed(sorted(counties.unique()), 12)
        _check_areas(areas, area, place=f"{listed(tables)}, with districts in {counties_named}")
    else:
        area = zcta_areas(relationship, areas)
        _check_areas(areas, area, place=str(relationship))
        check_all_there(area.index, cells.index, files=tables)
    cells = cells.loc[area.index]
    polygons = _polygons_of(cells, read_boundaries(boundaries), file=str(boundaries))
    cells = cells.loc[polygons.index]
    table = variables_of(cells, land_km2=polygons["land_km2"])
    return gpd.GeoDataFrame(
        table.assign(area=area.loc[cells.index]), geometry=polygons.geometry
    ).reset_index(names="geoid")


def area_names(counties: pd.Series, areas: Mapping[str, str]) -> pd.Series:
    """Name of the area of every county: its own, or its state's; missing where it has none."""
    return counties.map(dict(areas)).fillna(counties.str[:2].map(dict(areas)))


def variables_of(cells: pd.DataFrame, *, land_km2: pd.Series) -> pd.DataFrame:
    """Incomes and the ten variables of the paper from the cells of the Census tables.

    A share is 0 where nobody is counted in its denominator, as the paper has it.

    Parameters
    ----------
    cells : DataFrame
        See :func:`read_census_tables`.
    land_km2 : Series
        Land area of the same districts (deviation `density_area`).
    """
    population = cells[POPULATION]
    income = _positive(cells, f"{MEDIAN_HOUSEHOLD_INCOME}E")
    return pd.DataFrame(
        {
            "population": population,
            "per_capita_income": _positive(cells, f"{PER_CAPITA_INCOME}E"),
            "per_capita_income_moe": cells[f"{PER_CAPITA_INCOME}M"],
            "median_household_income": income,
            "median_household_income_moe": cells[f"{MEDIAN_HOUSEHOLD_INCOME}M"],
            "median_household_income_topcoded": income >= TOP_CODE,
            "bachelor": share(cells[BACHELOR], cells[ADULTS_25]),
            "postgraduate": share(_sum(cells, POSTGRADUATE), cells[ADULTS_25]),
            "unemployment": share(cells[UNEMPLOYED], cells[LABOUR_FORCE]),
            "age_65_plus": share(_sum(cells, FROM_65), population),
            "age_under_18": share(_sum(cells, UNDER_18), population),
            "population_density": share(population, land_km2),
            "male": share(cells[MALE], population),
            "black": share(cells[BLACK], cells[RACES]),
            "asian": share(cells[ASIAN], cells[RACES]),
            "white": share(cells[WHITE], cells[RACES]),
        }
    )


def share(part: pd.Series, whole: pd.Series) -> pd.Series:
    """Part of the whole; 0 where the whole is 0, missing where either is missing.

    Examples
    --------
    >>> share(pd.Series([1.0, 0.0]), pd.Series([4.0, 0.0])).tolist()
    [0.25, 0.0]
    """
    return (part / whole.mask(whole == 0)).mask(whole == 0, 0.0)


def read_boundaries(file: str | Path) -> gpd.GeoDataFrame:
    """Polygons (EPSG:4326) and land area in km² of a cartographic boundary file, by district."""
    with (
        file_of_polygons(file) as polygons,
        damage_told(
            lambda problem: f"{file}: not a zipped shapefile ({problem}); fetch it again",
            own=(ShapelyError,),
        ),
    ):
        if polygons.suffix.lower() == ".shp":
            check_shapefile(polygons)
        shapes = gpd.read_file(polygons)
    names = {}
    for name in ("GEOID", "ALAND"):  # files of the 2010 and 2020 ZCTAs carry the year
        id_columns = [f"{name}{year}" for year in ("", "10", "20") if f"{name}{year}" in shapes]
        if not id_columns:
            raise InputError(
                f"{file}: no column {name}, {name}10 or {name}20; expected a Census cartographic "
                f"boundary file, found {listed(shapes.columns, 20)}"
            )
        names[id_columns[0]] = name
    if not isinstance(shapes, gpd.GeoDataFrame):
        raise InputError(f"{file}: holds no polygons; fetch the boundary file again, and whole")
    shapes = shapes.rename(columns=names).set_index("GEOID")
    odd = [code for code in shapes.index if not isinstance(code, str)]
    twice = shapes.index[shapes.index.duplicated()].unique()
    if odd or len(twice):
        problem = f"{listed(odd)} are no text" if odd else f"{listed(twice)} stand more than once"
        raise InputError(f"{file}: GEOID: {problem}; expected one polygon for each code of digits")
    shapes = in_degrees(shapes, file=str(file))
    land = as_numbers(shapes["ALAND"], where=f"{file}: column 'ALAND'")
    if (land < 0).any():
        raise InputError(
            f"{file}: ALAND, square metres, is negative in {listed(land.index[land < 0])}"
        )
    shapes["land_km2"] = land / SQUARE_METRES_PER_KM2
    return shapes[["land_km2", "geometry"]]


def zcta_areas(file: str | Path, areas: Mapping[str, str]) -> pd.Series:
    """Area of every ZCTA that lies at least partly in one of the counties `areas`.

    Where several of these counties share a ZCTA, it takes the one with most of its people.
    """
    columns, numeric = ("ZCTA5", "GEOID", "POPPT", "AREAPT"), ("POPPT", "AREAPT")
    absent = [name for name in columns if name not in column_names(Path(file))]
    if absent:
        raise InputError(
            f"{file}: no column {listed(absent)}; expected the Census 2010 ZCTA-county "
            f"relationship file with columns {', '.join(columns)}"
        )
    parts = pd.concat(read_columns(Path(file), columns), ignore_index=True)
    for name in numeric:
        parts[name] = numbers(parts[name], where=f"{file}: column {name!r}", decimal=".")
    parts = parts.sort_values(["POPPT", "AREAPT", "GEOID"])
    largest = _largest_part(parts[area_names(parts["GEOID"], areas).notna()])
    elsewhere = largest.index[_largest_part(parts)[largest.index] != largest]
    if len(elsewhere):
        logger.info(
            "%d ZCTAs have most of their people outside: %s", len(elsewhere), listed(elsewhere, 20)
        )
    return area_names(largest, areas).rename("area")


def _largest_part(parts: pd.DataFrame) -> pd.Series:
    return parts.groupby("ZCTA5")["GEOID"].last()


def _positive(cells: pd.DataFrame, name: str) -> pd.Series:
    """Estimates of an income; a 0, which no measure or model could use, counts as missing."""
    nothing = cells.index[cells[name] == 0]
    if len(nothing):
        logger.warning("%s is 0 and taken as missing in districts %s", name, listed(nothing, 20))
    return cells[name].mask(cells[name] == 0)


def _sum(cells: pd.DataFrame, names: list[str]) -> pd.Series:
    return cells[names].sum(axis="columns", skipna=False)


def _refuse_zip_areas(geoids: pd.Index, *, file: str) -> None:
    if (geoids.str.len() == 5).all():
        raise InputError(
            f"{file}: ZIP areas such as {listed(geoids, 2)}, whose codes do not name their county; "
            "set `relationship` to the entry of the ZCTA-county relationship file"
        )


def _check_areas(areas: Mapping[str, str], area: pd.Series, *, place: str) -> None:
    """Refuse a city without districts, and warn of every area in which none lies.

    Parameters
    ----------
    areas : mapping
        County code to name.
    area : Series
        Name of the area that each district lies in.
    place : str
        File, and the counties that it has, for messages.
    """
    if area.empty:
        raise InputError(
            f"{place}: none of its districts lies in the counties {listed(areas)}; expected the "
            f"tables of the state that `areas` names{_connecticut(areas)}"
        )
    empty = {code: name for code, name in areas.items() if name not in set(area)}
    if empty:
        names = listed((f"{code} {name}" for code, name in empty.items()), 20)
        logger.warning(
            "%s: no district lies in %d of the %d `areas`: %s; look at their codes%s",
            place, len(empty), len(areas), names, _connecticut(empty),
        )  # fmt: skip


def _connecticut(codes: Iterable[str]) -> str:
    """Say that Connecticut changed its codes, where one of them is not found.

    From the data of 2022 on the Census Bureau has nine planning regions (09110 to 09190) in place
    of eight counties (09001 to 09015): Federal Register 87, 6 June 2022, p. 34235.
    """
    if not any(code.startswith("09") for code in codes):
        return ""
    return (
        ". Connecticut changed its county codes with the data of 2022: counties 09001 to 09015 "
        "before, planning regions 09110 to 09190 since; take those of the year of the tables"
    )


def _polygons_of(cells: pd.DataFrame, shapes: gpd.GeoDataFrame, *, file: str) -> gpd.GeoDataFrame:
    """Polygons of the districts in `cells`; those without land and people may have none."""
    absent = cells.index.difference(shapes.index)
    peopled = absent[cells.loc[absent, POPULATION] > 0]
    if len(peopled):
        raise InputError(
            f"{file}: no polygon for {len(peopled)} of {len(cells)} districts with people: "
            f"{listed(peopled)}; expected boundaries of the same year as the tables"
        )
    if len(absent):
        logger.info(
            "left out %d districts without people and polygon: %s", len(absent), listed(absent)
        )
    return shapes.loc[cells.index.intersection(shapes.index)]
