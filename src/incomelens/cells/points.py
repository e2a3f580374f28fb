"""Annotated points of a city, such as trees: where they lie, and how many each cell holds."""

import logging
from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from incomelens.common.left_out import Finding
from incomelens.common.places import meeting

logger = logging.getLogger(__name__)


def place_points(
    points: Mapping[str, gpd.GeoSeries], cells: gpd.GeoDataFrame, *, radius_m: Mapping[str, float]
) -> tuple[gpd.GeoDataFrame, list[Finding]]:
    """Bring points to the cells' reference system, and keep those whose disc may touch one.

    Parameters
    ----------
    points : mapping
        By kind, such as ``trees``; each in its own reference system.
    cells : GeoDataFrame
        `cells/{city}.parquet`.
    radius_m : mapping
        Of the disc around a point of each kind.

    Returns
    -------
    points : GeoDataFrame
        Table ``cells/{city}-points.parquet``.
    findings : list of Finding
        Points without a place, and those far from all cells.

    Raises
    ------
    InputError
        If no point of a kind lies near a cell, with both extents.
    """
    kept, findings = [], []
    for kind, places in points.items():
        placed = places[~(places.is_empty | places.isna())].to_crs(cells.crs)
        discs = placed.buffer(radius_m[kind])
        near = meeting(discs, cells.geometry, names=(kind, "cells"), least=0.0)
        told: dict[str, Any] = {"what": kind, "total": len(places)}
        findings += [
            Finding(reason="no_place", n=len(places) - len(placed), **told),
            Finding(reason="outside_the_cells", n=int((~near).sum()), **told),
        ]
        of_kind = gpd.GeoDataFrame(geometry=placed[near].to_numpy(), crs=cells.crs)
        of_kind.insert(0, "points", kind)
        of_kind.insert(1, "radius_m", float(radius_m[kind]))
        kept.append(of_kind)
    return pd.concat(kept, ignore_index=True), findings


def point_counts(points: gpd.GeoDataFrame, cells: gpd.GeoDataFrame) -> pd.DataFrame:
    """Count the points of each kind in every cell.

    Parameters
    ----------
    points : GeoDataFrame
        Of :func:`place_points`.
    cells : GeoDataFrame
        `cells/{city}.parquet`.

    Returns
    -------
    DataFrame
        Table ``cells/{city}-point_counts.parquet``: a row a cell and kind, also where there is
        none. A point on an edge counts for both cells.
    """
    tree = shapely.STRtree(points.geometry.to_numpy())
    cell, point = tree.query(cells.geometry.to_numpy(), predicate="intersects")
    kinds = points["points"].unique()
    of_point = pd.Categorical(points["points"], categories=kinds).codes[point]
    counts = np.zeros((len(cells), len(kinds)), dtype=np.int64)
    np.add.at(counts, (cell, of_point), 1)
    return pd.DataFrame(
        {
            "cell_id": np.repeat(cells["cell_id"].to_numpy(), len(kinds)),
            "points": np.tile(kinds, len(cells)),
            "n": counts.ravel(),
        }
    )
