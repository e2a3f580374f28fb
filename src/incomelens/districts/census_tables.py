"""The Census tables that the district study needs, from answers of the Census API."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from incomelens.common.errors import InputError, listed
from incomelens.districts.census_answers import codes_of, read_answer
from incomelens.districts.checks import as_numbers

POPULATION = "B01001_001E"
MALE = "B01001_002E"
UNDER_18 = [f"B01001_{line:03d}E" for line in (*range(3, 7), *range(27, 31))]
FROM_65 = [f"B01001_{line:03d}E" for line in (*range(20, 26), *range(44, 50))]
ADULTS_25 = "B15003_001E"
BACHELOR = "B15003_022E"  # as the highest degree: deviation `bachelor_only`
POSTGRADUATE = ["B15003_023E", "B15003_024E", "B15003_025E"]  # master, professional, doctorate
LABOUR_FORCE = "B23025_003E"  # civilian: deviation `unemployment_definition`
UNEMPLOYED = "B23025_005E"
RACES = "B02001_001E"
WHITE, BLACK, ASIAN = "B02001_002E", "B02001_003E", "B02001_005E"  # alone: deviation `race_alone`
PER_CAPITA_INCOME = "B19301_001"
MEDIAN_HOUSEHOLD_INCOME = "B19013_001"

COUNTS = (
    *(POPULATION, MALE, *UNDER_18, *FROM_65, ADULTS_25, BACHELOR, *POSTGRADUATE),
    *(LABOUR_FORCE, UNEMPLOYED, RACES, WHITE, BLACK, ASIAN),
)
INCOME_CELLS = tuple(
    f"{cell}{kind}" for cell in (PER_CAPITA_INCOME, MEDIAN_HOUSEHOLD_INCOME) for kind in "EM"
)


def read_census_tables(files: Sequence[str | Path]) -> pd.DataFrame:
    """Cells of the Census tables that the district study needs, indexed by district.

    Missing codes such as -666666666 are missing values (deviation `districts_in_fit`). A file may
    hold one table or several, of all districts or of some: a table of the country is a file a
    state.
    """
    by_columns: dict[tuple[str, ...], list[tuple[str | Path, pd.DataFrame]]] = {}
    for file in files:
        table = _read_census_table(Path(file))
        key = tuple(table.columns) or (str(file),)
        by_columns.setdefault(key, []).append((file, table))
    tables = [_in_one(parts) for parts in by_columns.values()]
    cells = pd.concat([table for _, table in tables], axis="columns") if tables else pd.DataFrame()
    twice = cells.columns[cells.columns.duplicated()].unique()
    if len(twice):
        raise InputError(
            f"{listed(files)}: {listed(twice)} stands in more than one of them; give every table "
            "once, of one year"
        )
    absent = [name for name in (*COUNTS, *INCOME_CELLS) if name not in cells.columns]
    if absent:
        raise InputError(
            f"{listed(files)}: no column {listed(absent)}; expected the answers to get=group(TABLE)"
            " for B19301, B19013, B15003, B23025, B01001 and B02001"
        )
    for of_table, table in tables:
        check_all_there(cells.index, table.index, files=of_table)
    return cells


def check_all_there(expected: pd.Index, present: pd.Index, *, files: Sequence[str | Path]) -> None:
    """Refuse files of one table that lack a district which others have."""
    absent = expected.difference(present)
    if len(absent):
        raise InputError(
            f"{listed(files)}: {len(absent)} of {len(expected)} districts are missing: "
            f"{listed(absent)}; expected tables of the same year and the same districts"
        )


def _read_census_table(file: Path) -> pd.DataFrame:
    header, rows = read_answer(file, once=(*COUNTS, *INCOME_CELLS))
    place = {name: header.index(name) for name in header}  # NAME may stand there twice
    geoids = pd.Index(codes_of(header, rows, file=file), name="geoid")
    if geoids.has_duplicates:
        raise InputError(
            f"{file}: districts {listed(geoids[geoids.duplicated()].unique())} stand there more "
            "than once; expected one row a district"
        )
    wanted = [name for name in (*COUNTS, *INCOME_CELLS) if name in place]
    return pd.DataFrame(
        {
            name: as_numbers(
                pd.Series([row[place[name]] for row in rows], index=geoids, dtype=object),
                where=f"{file}: column {name!r}",
                decimal=".",
            )
            for name in wanted
        },
        index=geoids,
    )


def _in_one(
    parts: Sequence[tuple[str | Path, pd.DataFrame]],
) -> tuple[list[str | Path], pd.DataFrame]:
    """Files of one table, each with the rows of other districts, and the table."""
    files = [file for file, _ in parts]
    table = pd.concat([part for _, part in parts])
    if table.index.has_duplicates:
        twice = listed(table.index[table.index.duplicated()].unique())
        raise InputError(
            f"{listed(files)}: {listed(table.columns)} stands in more than one of them; give every "
            f"table once, of one year, and each district in one file of it ({twice}: in several)"
        )
    return files, table
