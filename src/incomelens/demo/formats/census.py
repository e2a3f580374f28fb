"""Tables and boundaries as the US Census Bureau writes them, to the byte the same on every run."""

import io
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

import geopandas as gpd
import numpy as np
import pandas as pd

GEOGRAPHIC = "EPSG:4269"  # NAD83, as all Census boundaries
WRITTEN = (2019, 4, 15, 16, 4, 0)  # of every file in a zip
DECIMALS = 6  # of a degree, as in the cartographic boundary files

SUPPRESSED = "-666666666"
MARGIN_OF_SUPPRESSED, MARGIN_OF_TOP_CODE = "-222222222", "-333333333"
TOP_CODE = 250_001

# Lines of B01001 that hold an age group of one sex, counted from that sex' own total.
AGE_LINES = {"under_18": range(1, 5), "18_to_64": range(5, 18), "65_plus": range(18, 24)}
SEX_TOTAL_LINES = {"male": 2, "female": 26}


def table_cells(people: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Lay the numbers of people out as the lines of the tables that the district study reads.

    Parameters
    ----------
    people : DataFrame
        Of :mod:`incomelens.demo.districts.city`, one row a district.

    Returns
    -------
    dict
        Table to a frame of estimates, one column a line (1, 2, ...).
    """
    return {
        "B01001": _by_sex_and_age(people),
        "B02001": _by_race(people),
        "B15003": _by_education(people),
        "B23025": _by_employment(people),
    }


def counts_json(table: str, cells: pd.DataFrame, geography: pd.DataFrame) -> bytes:
    """Answer of the Census API to ``get=group(table)`` for a table of counts."""
    columns = {}
    for line, estimate in cells.items():
        cell = f"{table}_{line:03d}"
        margin = np.round(1.645 * np.sqrt(estimate + 20.0)).astype(int)
        columns[f"{cell}E"] = estimate.astype(str)
        columns[f"{cell}EA"] = None
        columns[f"{cell}M"] = margin.astype(str)
        columns[f"{cell}MA"] = None
    return _answer(pd.DataFrame(columns, index=cells.index), geography)


def income_json(table: str, income: pd.Series, margin: pd.Series, geography: pd.DataFrame) -> bytes:
    """Answer of the Census API for a table of one income; NaN is written as suppressed."""
    cell = f"{table}_001"
    answer = pd.DataFrame(index=income.index, dtype=object)
    answer[f"{cell}E"] = [SUPPRESSED if np.isnan(value) else f"{value:.0f}" for value in income]
    answer[f"{cell}EA"] = [_note(value, {SUPPRESSED: "-"}) for value in answer[f"{cell}E"]]
    answer[f"{cell}M"] = [
        f"{value:.0f}"
        if not np.isnan(value)
        else (MARGIN_OF_TOP_CODE if estimate == TOP_CODE else MARGIN_OF_SUPPRESSED)
        for value, estimate in zip(margin, income, strict=True)
    ]
    notes = {MARGIN_OF_SUPPRESSED: "**", MARGIN_OF_TOP_CODE: "***"}
    answer[f"{cell}MA"] = [_note(value, notes) for value in answer[f"{cell}M"]]
    answer.loc[income == TOP_CODE, f"{cell}EA"] = "250,000+"
    return _answer(answer, geography)


def shapefile_zip(shapes: gpd.GeoDataFrame, name: str) -> bytes:
    """Zip of an ESRI shapefile called `name`, in NAD83, with fixed dates."""
    degrees = shapes.to_crs(GEOGRAPHIC)
    degrees["geometry"] = degrees.geometry.set_precision(10.0**-DECIMALS)
    with TemporaryDirectory() as folder:
        degrees.to_file(
            Path(folder) / f"{name}.shp", DBF_DATE_LAST_UPDATE="2019-04-15", index=False
        )
        files = {path.name: path.read_bytes() for path in sorted(Path(folder).iterdir())}
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for file, content in files.items():
            archive.writestr(zipfile.ZipInfo(file, WRITTEN), content, zipfile.ZIP_DEFLATED)
    return packed.getvalue()


def tract_boundaries(tracts: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Give tracts (indexed by code) the columns of a cartographic boundary file of 2018."""
    code = tracts.index.to_series()
    number = code.str[5:].astype(int)
    return gpd.GeoDataFrame(
        {
            "STATEFP": code.str[:2],
            "COUNTYFP": code.str[2:5],
            "TRACTCE": code.str[5:],
            "AFFGEOID": "1400000US" + code,
            "GEOID": code,
            "NAME": (number // 100).astype(str),
            "LSAD": "CT",
            **_land_and_water(tracts, ""),
        },
        geometry=tracts.geometry,
    )


def zcta_boundaries(zctas: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Give ZCTAs (indexed by code) the columns of a cartographic boundary file of 2010 ZCTAs."""
    code = zctas.index.to_series()
    return gpd.GeoDataFrame(
        {
            "ZCTA5CE10": code,
            "AFFGEOID10": "8600000US" + code,
            "GEOID10": code,
            **_land_and_water(zctas, "10"),
        },
        geometry=zctas.geometry,
    )


def relationship_csv(parts: pd.DataFrame) -> bytes:
    """Write the 2010 ZCTA-county relationship file: one line a ZCTA and county.

    Parameters
    ----------
    parts : DataFrame
        ``zcta``, ``county``, ``population`` and ``area`` (m²) of what lies in both.
    """
    area = parts["area"].round().astype(int)
    homes = (parts["population"] / 2.5).round().astype(int)
    quantities = {"POP": parts["population"], "HU": homes, "AREA": area, "AREALAND": area}
    columns = {
        "ZCTA5": parts["zcta"],
        "STATE": parts["county"].str[:2],
        "COUNTY": parts["county"].str[2:],
        "GEOID": parts["county"],
        **{f"{name}PT": values for name, values in quantities.items()},
    }
    totals = {
        prefix: {
            name: values.groupby(parts[key]).transform("sum") for name, values in quantities.items()
        }
        for prefix, key in (("Z", "zcta"), ("CO", "county"))
    }
    for prefix, counts in totals.items():
        columns |= {f"{prefix}{name}": values for name, values in counts.items()}
    for prefix, counts in totals.items():
        columns |= {
            f"{prefix}{name}PCT": (100 * quantities[name] / values.clip(lower=1)).round(2)
            for name, values in counts.items()
        }
    return pd.DataFrame(columns).to_csv(index=False, lineterminator="\n").encode()


def tract_geography(codes: pd.Index, counties: Mapping[str, str]) -> pd.DataFrame:
    """Columns that the Census API adds to every tract."""
    code = codes.to_series()
    number = (code.str[5:].astype(int) // 100).astype(str)
    return pd.DataFrame(
        {
            "GEO_ID": "1400000US" + code,
            "NAME": "Census Tract "
            + number
            + ", "
            + code.str[:5].map(dict(counties))
            + " County, Synthetic State",
            "state": code.str[:2],
            "county": code.str[2:5],
            "tract": code.str[5:],
        }
    )


def zcta_geography(codes: pd.Index) -> pd.DataFrame:
    """Columns that the Census API adds to every ZCTA."""
    code = codes.to_series()
    return pd.DataFrame(
        {
            "GEO_ID": "8600000US" + code,
            "NAME": "ZCTA5 " + code,
            "zip code tabulation area": code,
        }
    )


def _answer(cells: pd.DataFrame, geography: pd.DataFrame) -> bytes:
    """JSON list of lists, the header first, every value text or null, one district a line."""
    table = cells.join(geography)
    table = table.astype(object).where(table.notna(), None)
    lines = [json.dumps(row, separators=(",", ":")) for row in table.to_numpy().tolist()]
    header = json.dumps(list(table.columns), separators=(",", ":"))
    return ("[" + ",\n".join([header, *lines]) + "]").encode()


def _note(value: str, notes: Mapping[str, str]) -> str | None:
    return notes.get(value)


def _by_sex_and_age(people: pd.DataFrame) -> pd.DataFrame:
    cells = {1: people["population"]}
    for sex, total_line in SEX_TOTAL_LINES.items():
        cells[total_line] = sum(people[f"{sex}_{age}"] for age in AGE_LINES)
        for age, lines in AGE_LINES.items():
            numbers = [total_line + line for line in lines]
            cells |= dict(zip(numbers, _spread(people[f"{sex}_{age}"], len(numbers)), strict=True))
    return pd.DataFrame(dict(sorted(cells.items())))


def _by_race(people: pd.DataFrame) -> pd.DataFrame:
    nobody = people["population"] * 0
    named_races = people["white"] + people["black"] + people["asian"]
    lines = dict.fromkeys(range(1, 11), nobody)
    lines |= {1: people["population"], 2: people["white"], 3: people["black"], 5: people["asian"]}
    lines[7] = people["population"] - named_races  # some other race alone
    return pd.DataFrame(lines)


def _by_education(people: pd.DataFrame) -> pd.DataFrame:
    master, professional, doctorate = _spread(people["postgraduate"], 3)
    less = people["adults_25"] - people["bachelor"] - people["postgraduate"]
    lines = {1: people["adults_25"]}
    lines |= dict(zip(range(2, 22), _spread(less, 20), strict=True))
    lines |= {22: people["bachelor"], 23: master, 24: professional, 25: doctorate}
    return pd.DataFrame(lines)


def _by_employment(people: pd.DataFrame) -> pd.DataFrame:
    labour_force, unemployed = people["labour_force"], people["unemployed"]
    outside = people["adults_25"] - labour_force
    return pd.DataFrame(
        {
            1: people["adults_25"],
            2: labour_force,
            3: labour_force,
            4: labour_force - unemployed,
            5: unemployed,
            6: labour_force * 0,
            7: outside,
        }
    )


def _spread(total: pd.Series, n: int) -> list[pd.Series]:
    """Split whole numbers into `n` nearly equal whole numbers."""
    return [(total + i) // n for i in range(n)]


def _land_and_water(shapes: gpd.GeoDataFrame, year: str) -> dict[str, pd.Series]:
    return {
        f"ALAND{year}": shapes["land_m2"].astype("int64"),
        f"AWATER{year}": shapes["land_m2"].astype("int64") * 0,
    }
