"""How many cells every city and how many districts every level has, as far as that is known.

Counted where a result lies here; told by the configuration of a synthetic world; found by the look
at the raw files; else assumed, and said so.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
import pyogrio
from pyogrio.errors import DataSourceError

from incomelens.study.dates import DATES
from incomelens.study.raw_files import CELLS_OF_A_CITY

DISTRICTS_OF_A_LEVEL = {"tract": 2_117, "zip": 177}
"""With an income, of New York; a level of another name counts as tracts."""
TRACTS_OF_A_STATE = 1_432
"""In the mean: 73,057 tracts of 2010 in 51, the District of Columbia among them (Census Bureau)."""


@dataclass(frozen=True)
class Counts:
    """Cells by entry of `city`, districts by level; and which of them were assumed."""

    cells: Mapping[str, int]
    districts: Mapping[str, int]
    assumed: tuple[str, ...]


def counts_of(
    config: Mapping[str, Any],
    results: str | Path,
    *,
    looked: Mapping[str, int | None] | None = None,
) -> Counts:
    """Count what the jobs of a study work on.

    Parameters
    ----------
    config : mapping
        The study's configuration, as resolved.
    results : path
        Folder of the study.
    looked : mapping, optional
        Cells that are to be kept, by city, from a look at the raw files.

    Returns
    -------
    Counts
        Imagery of a further date has the cells of its city.
    """
    results, looked, assumed = Path(results), looked or {}, []
    cells, districts = {}, {}
    for city in config["cities"]:
        known = _kept(results, city) or _made(config, city) or looked.get(city)
        assumed += [] if known else [f"{CELLS_OF_A_CITY:,} cells of {city}"]
        dates = config["city"][city].get(DATES) or {}
        cells |= dict.fromkeys([city, *dates.values()], known or CELLS_OF_A_CITY)
    for level in config["districts"]["levels"]:
        table = results / f"districts/{level}.parquet"
        known = _rows(table) or _drawn(config, level) or _own(config, level)
        guess = _of_states(config, level) or DISTRICTS_OF_A_LEVEL.get(
            level, DISTRICTS_OF_A_LEVEL["tract"]
        )
        assumed += [] if known else [f"{guess:,} districts of {level}"]
        districts[level] = known or guess
    return Counts(cells, districts, tuple(assumed))


def _kept(results: Path, city: str) -> int | None:
    index = results / f"tiles/{city}/index.parquet"
    if index.is_file():
        return int(pd.read_parquet(index, columns=["kept"])["kept"].sum())
    cells = results / f"cells/{city}.parquet"
    if cells.is_file():
        return int(pd.read_parquet(cells, columns=["drop_reason"])["drop_reason"].isna().sum())
    return None


def _made(config: Mapping[str, Any], city: str) -> int | None:
    made = config["demo"]["cities"].get(city)
    return made["cells_wide"] * made["cells_high"] if made else None


def _rows(table: Path) -> int | None:
    return pq.read_metadata(table).num_rows if table.is_file() else None


def _drawn(config: Mapping[str, Any], level: str) -> int | None:
    """Districts of a synthetic world, which is read by the adapter of the census."""
    mirror = config["mirror"] or ""
    settings = config["districts"][level]
    if settings["adapter"] != "census" or not mirror.startswith(f"results/{config['study']}/demo"):
        return None
    return config["demo"]["n_zctas" if "relationship" in settings else "n_tracts"]


def _of_states(config: Mapping[str, Any], level: str) -> int:
    """Tracts of whole states, by their number; 0 of counties, and where ZIP areas are read."""
    settings = config["districts"][level]
    if "relationship" in settings:
        return 0
    return TRACTS_OF_A_STATE * sum(len(code) == 2 for code in settings.get("areas", {}))


def _own(config: Mapping[str, Any], level: str) -> int | None:
    """Rows of a user's table; some may turn out to have no income."""
    settings = config["districts"][level]
    path = Path(config["data_dir"]) / settings.get("table", "")
    if settings["adapter"] != "table" or not path.is_file():
        return None
    try:
        return pyogrio.read_info(path, layer=settings.get("layer"))["features"]
    except DataSourceError:  # the look at the raw files tells it
        return None
