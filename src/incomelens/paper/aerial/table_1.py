"""Table 1 of the aerial paper: its data sets, the printed row beside ours."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import geopandas as gpd
import pandas as pd

from incomelens.cells.places import Places
from incomelens.folds.kept import kept_cells
from incomelens.paper.exhibit import Exhibit
from incomelens.paper.reference import Reference
from incomelens.paper.table import Table

# The paper's data sets, with the part of a city's configuration that names our sources of each.
DATASETS = {
    "income": "Socioeconomic census",
    "imagery": "Aerial imagery",
    "land_use": "Urban atlas",
}


@dataclass(frozen=True)
class City:
    """One city's share of the data: its name in print, and what Table 1 counts."""

    name: str
    cells: gpd.GeoDataFrame
    land_use: gpd.GeoDataFrame
    plan: pd.DataFrame
    index: pd.DataFrame
    is_raster: bool  # its land use


def exhibit(
    cells: Sequence[gpd.GeoDataFrame],
    land_use: Sequence[gpd.GeoDataFrame],
    plan: Sequence[pd.DataFrame],
    index: Sequence[pd.DataFrame],
    reference: Reference,
    *,
    names: Mapping[str, str],
    sources: Mapping[str, Mapping[str, list[Mapping[str, str]]]],
    tile_px: int,
    rasters: Sequence[str] = (),
) -> Exhibit:
    """Set the data sets of every city beside the paper's.

    Parameters
    ----------
    cells, land_use, plan, index : sequence of DataFrames
        What a :class:`City` holds, a table a city.
    sources : mapping
        By key, then by data set (`income`, `imagery`, `land_use`): the registry's entries, each
        with `title`, `provider`, `time_frame` and `licence`.
    rasters : sequence of str
        Keys of the cities whose land use comes from rasters.
    """
    cities = {
        key: City(name, *tables, key in rasters)
        for (key, name), *tables in zip(names.items(), cells, land_use, plan, index, strict=True)
    }
    numbers = pd.DataFrame(
        [
            row
            for dataset in DATASETS
            for row in (
                _paper_row(dataset, reference),
                *(
                    _our_row(dataset, cities[key], sources[key][dataset], tile_px=tile_px)
                    for key in cities
                ),
            )
        ],
        dtype=object,
    )
    shown = pd.DataFrame(
        {
            "Data set": numbers["dataset"].map(DATASETS),
            "Whose": numbers["city"].fillna("Paper"),
            "Collection timespan": numbers["collection_timespan"],
            "Spatial resolution": numbers["spatial_resolution"],
            "Coverage": numbers["coverage"],
            "Licence": numbers["licence"],
        }
    )
    table = Table(
        numbers=numbers,
        shown=shown,
        caption="Table 1. Dataset information.",
        notes=(
            "The first row of each data set is the paper's, the others are this study's cities: "
            "time frame and licence from the registry of sources, counts as measured. Cells are "
            "those of the census grid that share area with the city; kept ones have an income, an "
            "image and land use. Orthophotos are those that kept cells are cut from. Titles, "
            "providers and all counts stand in the CSV. The paper's study areas measure 474 km² "
            "(Nice) to 2,720 km² (Paris); its table has no licences.",
        ),
        blocks="Data set",
        whose="Whose",
    )
    return Exhibit(table)


def _paper_row(dataset: str, reference: Reference) -> dict[str, object]:
    texts = reference.part("aerial", "table_1", dataset)
    return {"dataset": dataset, "whose": "paper", "city": None, **texts}


def _our_row(
    dataset: str, city: City, sources: list[Mapping[str, str]], *, tile_px: int
) -> dict[str, object]:
    cell_m = Places.of(city.cells).side_m
    kept_ids = kept_cells(city.cells, city.index)["cell_id"]
    used = city.plan.loc[city.plan["cell_id"].isin(kept_ids), "orthophoto"].dropna()
    counts = {
        "n_cells": len(city.cells),
        "n_kept": len(kept_ids),
        "n_orthophotos": used.nunique(),
        "n_polygons": len(city.land_use),
        "area_km2": city.land_use.area.sum() / 1e6,
    }
    pieces = "patches" if city.is_raster else "polygons"
    resolution, coverage = {
        "income": (
            f"{cell_m:g} m × {cell_m:g} m cells",
            f"{counts['n_cells']:,} cells, {counts['n_kept']:,} of them kept",
        ),
        "imagery": (
            f"{100 * cell_m / tile_px:.4g} cm per pixel of a tile",
            f"{counts['n_orthophotos']:,} orthophotos",
        ),
        "land_use": (
            "patches of raster pixels" if city.is_raster else "vector polygons",
            f"{counts['n_polygons']:,} {pieces}, {counts['area_km2']:,.1f} km²",
        ),
    }[dataset]
    return {
        "dataset": dataset,
        "whose": "ours",
        "city": city.name,
        "collection_timespan": _together(sources, "time_frame"),
        "spatial_resolution": resolution,
        "coverage": coverage,
        **{key: _together(sources, key) for key in ("licence", "title", "provider")},
        **counts,
    }


def _together(sources: list[Mapping[str, str]], key: str) -> str:
    """What several entries of the registry say, each answer once."""
    return "; ".join(dict.fromkeys(source[key] for source in sources))
