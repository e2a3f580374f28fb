"""What looks odd in the cells of a city and in its land use, and why cells are dropped."""

import logging

import geopandas as gpd
import numpy as np
import shapely

from incomelens.cells.land_use import MergedLandUse
from incomelens.cells.places import Places
from incomelens.common.errors import listed
from incomelens.common.labels import INSEE, Label
from incomelens.common.left_out import Finding, drop_counts
from incomelens.common.places import meeting, stray_and_torn

logger = logging.getLogger(__name__)

INCOME_RANGE = (1_000.0, 1_000_000.0)  # a year, per consumption unit
# A grid that reaches over less of its city is that of a part: a department of several.
LEAST_REACH = 0.5
UNKNOWN_SHARE = 0.05


def cell_findings(
    cells: gpd.GeoDataFrame,
    boundary: gpd.GeoDataFrame | None,
    land_use: MergedLandUse,
    *,
    label: Label = INSEE,
) -> list[Finding]:
    """Look at cells, and at what they are joined with.

    Parameters
    ----------
    cells : GeoDataFrame
        Of :func:`incomelens.cells.build.build_cells`.
    boundary : GeoDataFrame or None
        Of the city, where there is one.
    land_use : MergedLandUse
        Of :func:`incomelens.cells.land_use.merge_land_use`.
    label : Label
        Of the incomes; only amounts have a usual range.

    Returns
    -------
    list of Finding
        Cells dropped by reason; of those kept ``imputed``, ``income_unit`` (outside
        :data:`INCOME_RANGE`), ``no_land_use``, ``overlapping``, ``far_from_others``,
        ``torn_apart``; polygons of land use left out, and those of an unknown code.

    Raises
    ------
    InputError
        If no cell meets any land use, with both extents.
    """
    if boundary is not None:
        _tell_reach(cells, boundary)
    kept = cells[cells["drop_reason"].isna()]
    met = meeting(kept.geometry, land_use.polygons.geometry, names=("cells", "land-use polygons"))
    low, high = INCOME_RANGE
    odd = kept["cell_id"][~kept["income"].between(low, high) & label.is_money]
    message = (
        f"{len(odd):,} of {len(kept):,} kept cells have an income outside {low:,.0f} to "
        f"{high:,.0f} (median {kept['income'].median():,.6g}); expected an amount a year"
        f"{' per consumption unit' * bool(label.per)}: is it a sum, in thousands, or a month?"
    )
    shared = {"what": "cells", "total": len(kept), "treated": "kept"}
    return [
        *drop_counts(cells["drop_reason"], cells["cell_id"], what="cells"),
        Finding.of(kept["cell_id"][kept["imputed"]], reason="imputed", **shared),
        Finding.of(odd, reason="income_unit", message=message, **shared),
        Finding.of(kept["cell_id"][~met], reason="no_land_use", **shared),
        _overlapping(kept),
        *(finding for part in _areas(kept) for finding in _apart(part)),
        *_of_land_use(land_use),
    ]


def _areas(kept: gpd.GeoDataFrame) -> list[gpd.GeoDataFrame]:
    """Kept cells of each area, which may lie anywhere; all together where none is named."""
    return [part for _, part in kept.groupby("area")] if "area" in kept else [kept]


def _apart(cells: gpd.GeoDataFrame) -> list[Finding]:
    return stray_and_torn(cells.geometry, cells["cell_id"], what="cells")


def _overlapping(kept: gpd.GeoDataFrame) -> Finding:
    """Cells that show ground of another: their pixels may stand on both sides of a random split."""
    pairs = Places.of(kept).overlapping_pairs()
    ids = kept["cell_id"].iloc[np.unique(pairs)]
    message = (
        f"{len(ids):,} of {len(kept):,} kept cells overlap another ({len(pairs):,} pairs, such as "
        f"{listed(kept['cell_id'].iloc[pairs[:1].ravel()])}): under scheme random the same ground "
        "is learnt from and scored; blocks and the strip around them keep such cells apart"
    )
    told = {"what": "cells", "reason": "overlapping", "total": len(kept), "treated": "kept"}
    return Finding.of(ids, message=message, **told)


def _tell_reach(cells: gpd.GeoDataFrame, boundary: gpd.GeoDataFrame) -> None:
    """Warn if the cells reach over a part of the boundary alone: their hull against its area."""
    city = boundary.to_crs(cells.crs).geometry.make_valid().union_all()
    hull = shapely.union_all(cells.geometry.to_numpy()).convex_hull
    reach = hull.intersection(city).area / city.area
    if reach < LEAST_REACH:
        logger.warning(
            "cells reach over %.0f %% of the city's boundary; does the grid hold all of the city? "
            "Boundary: %s; cells: %s (west, south, east, north, %s)",
            *(100 * reach, city.bounds, tuple(cells.total_bounds), cells.crs.to_string()),
        )


def _of_land_use(land_use: MergedLandUse) -> list[Finding]:
    report, polygons = land_use.report, land_use.polygons
    unknown = polygons[polygons["code"].isin(list(report.unknown_m2))]
    share = unknown.area.sum() / polygons.area.sum()
    message = (
        f"{100 * share:.0f} % of the land near the cells has codes without an urban class, such as "
        f"{next(iter(report.unknown_m2), '')}: is the study's list (`land_use`) that of the data?"
    )
    what, total = "land-use polygons", report.n_read
    return [
        Finding(what, "outside_the_cells", report.n_outside, total),
        Finding(what, "no_geometry", report.n_empty, total),
        Finding(what, "twice", report.n_duplicate, total),
        Finding(what, "covered_by_smaller", report.n_covered, total),
        Finding.of(
            unknown["code"],
            what=what,
            reason="unknown_code",
            total=total,
            treated="kept",
            message=message if share >= UNKNOWN_SHARE else "",
        ),
    ]
