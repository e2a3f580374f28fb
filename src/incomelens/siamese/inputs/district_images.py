"""Which district a point belongs to, and how many images each district has."""

import logging
from collections.abc import Mapping, Sequence

import geopandas as gpd
import pandas as pd

from incomelens.common.errors import InputError
from incomelens.common.left_out import Finding
from incomelens.common.places import meeting

logger = logging.getLogger(__name__)

DEGREES = "EPSG:4326"


def district_of_each(
    longitude: pd.Series, latitude: pd.Series, districts: gpd.GeoDataFrame, *, what: str
) -> pd.Series:
    """Name the district that each point lies in.

    Parameters
    ----------
    longitude, latitude : Series of shape (n,)
        Degrees, EPSG:4326; NaN where unknown. One index.
    districts : GeoDataFrame
        ``geoid`` and polygons, in any reference system.
    what : str
        What the points are, for messages: sales, photographs.

    Returns
    -------
    Series of shape (n,)
        ``geoid``, null outside every district; on a shared border the first by ``geoid``. The log
        warns if more than a tenth lie outside.

    Raises
    ------
    InputError
        If there are points and none lies in a district, with both extents.
    """
    points = gpd.GeoSeries.from_xy(longitude, latitude, index=longitude.index, crs=DEGREES)
    points = points[longitude.notna() & latitude.notna()]
    shapes = districts[["geoid", "geometry"]].to_crs(DEGREES)
    if len(points):
        meeting(points, shapes.geometry, names=(what, "districts"))
    joined = gpd.sjoin(gpd.GeoDataFrame(geometry=points), shapes, predicate="intersects")
    return joined.groupby(level=0)["geoid"].min().reindex(longitude.index)


def count_images(
    geoids: Sequence[str],
    images: pd.Series,
    left_out: Mapping[str, pd.Series],
) -> pd.DataFrame:
    """Count the images of each district, and those left out by reason.

    Parameters
    ----------
    geoids : sequence of str
        All districts of the level, in order.
    images : Series
        ``geoid`` of every image that was written.
    left_out : mapping
        Reason to the ``geoid`` of every image that was left out for it; null where the image
        belongs to no district: those are counted by :func:`images_left_out` alone.

    Returns
    -------
    DataFrame
        ``geoid``, ``n_images``, and one column a reason.
    """
    table = pd.DataFrame({"geoid": list(geoids)})
    table["n_images"] = _number(images, table["geoid"])
    for reason, districts in left_out.items():
        table[reason] = _number(districts, table["geoid"])
    return table


def images_left_out(
    counts: pd.DataFrame, left_out: Mapping[str, pd.Series], *, what: str
) -> list[Finding]:
    """Count images that were left out, of those that could have been, and districts without any.

    Parameters
    ----------
    counts : DataFrame
        Of :func:`count_images`.
    left_out : mapping
        As there.
    what : str
        What the images are: satellite images, street views.
    """
    total = int(counts["n_images"].sum()) + sum(map(len, left_out.values()))
    none = counts["geoid"][counts["n_images"] == 0]
    return [
        *(
            Finding(what, reason, len(of), total, example=_first_known(of))
            for reason, of in left_out.items()
        ),
        Finding.of(
            none, what="districts", reason=f"no_{what.replace(' ', '_')}", total=len(counts)
        ),
    ]


def _first_known(geoids: pd.Series) -> str:
    named = geoids.dropna()
    return str(named.iloc[0]) if len(named) else ""


def check_images(counts: pd.DataFrame, *, modality: str, remedy: str) -> None:
    """Log how many images and districts there are; none at all is an error.

    Raises
    ------
    InputError
        If no district has an image, with `remedy`.
    """
    n, having = int(counts["n_images"].sum()), int((counts["n_images"] > 0).sum())
    reasons = counts.drop(columns=["geoid", "n_images"]).sum()
    lost = ", ".join(f"{int(k):,} {reason.replace('_', ' ')}" for reason, k in reasons.items())
    logger.info(
        "%s: %s images of %d of %d districts; left out: %s",
        *(modality, f"{n:,}", having, len(counts), lost or "none"),
    )
    if n == 0:
        raise InputError(
            f"{modality}: none of the {len(counts)} districts has an image (left out: "
            f"{lost or 'none'}); {remedy}"
        )


def _number(geoids: pd.Series, of: pd.Series) -> pd.Series:
    return of.map(geoids.value_counts()).fillna(0).astype("int64")
