"""What looks odd in the polygons of districts: no area, one place twice, far from the others."""

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from incomelens.common.errors import listed
from incomelens.common.left_out import Finding
from incomelens.common.places import stray_and_torn

WHAT = "districts"
# Outlines of two sources cross a little along every border; more is one place told twice.
OVERLAP_SHARE = 0.1


def shape_findings(districts: gpd.GeoDataFrame) -> list[Finding]:
    """Look at polygons; all are kept.

    Parameters
    ----------
    districts : GeoDataFrame
        ``geoid`` and geometry in EPSG:4326.

    Returns
    -------
    list of Finding
        ``no_area`` (points, lines, polygons of zero area), ``same_polygon`` (all but the first),
        ``overlap`` (at least :data:`OVERLAP_SHARE` of a district is another's too),
        ``far_from_others``, ``torn_apart``.
    """
    shapes, ids = districts.geometry, districts["geoid"].to_numpy()
    surface = shapely.area(shapes.to_numpy()) > 0
    copies = surface & shapes.normalize().to_wkb().duplicated().to_numpy()
    single = surface & ~copies
    overlapping = np.zeros(len(ids), dtype=bool)
    overlapping[single] = _overlapped_share(shapes.to_numpy()[single]) >= OVERLAP_SHARE
    # A table of points alone has been told when it was read.
    among_polygons = (
        f"{listed(ids[~surface])} are points or lines, or have no area, among polygons: nothing "
        "lies in them, and maps do not show them"
        if surface.any()
        else ""
    )
    return [
        _kept("no_area", ids[~surface], len(ids), among_polygons),
        _kept(
            "same_polygon",
            ids[copies],
            len(ids),
            f"{listed(ids[copies])} have the polygon of another district: is it one place, or were "
            "polygons joined by the wrong column?",
        ),
        _kept(
            "overlap",
            ids[overlapping],
            len(ids),
            f"{listed(ids[overlapping])} share at least {100 * OVERLAP_SHARE:.0f} % of their area "
            "with another district: people there count twice; does the table hold two levels or "
            "two years?",
        ),
        *stray_and_torn(shapes, ids, what=WHAT),
    ]


def _kept(reason: str, ids: NDArray[np.object_], total: int, message: str) -> Finding:
    sentence = message and f"{len(ids)} of {total:,} {WHAT}: {message}"
    return Finding.of(ids, what=WHAT, reason=reason, total=total, treated="kept", message=sentence)


def _overlapped_share(shapes: NDArray[np.object_]) -> NDArray[np.float64]:
    """Largest share of each polygon that one other polygon covers, shape (n,).

    In square degrees: at one place they are of one size, and only shares are asked for.
    """
    shapes = shapely.make_valid(shapes)
    share = np.zeros(len(shapes))
    first, second = shapely.STRtree(shapes).query(shapes)
    first, second = (at[first < second] for at in (first, second))
    shapely.prepare(shapes)
    # Neighbours that only touch are sorted out before any area is computed.
    apart = shapely.touches(shapes[first], shapes[second])
    first, second = first[~apart], second[~apart]
    shared_area = shapely.area(shapely.intersection(shapes[first], shapes[second]))
    area = shapely.area(shapes)
    np.maximum.at(share, first, shared_area / area[first])
    np.maximum.at(share, second, shared_area / area[second])
    return share
