"""Photographs taken in each district: from a folder, or from Google's Street View Static API.

Deviation `street_view_key`.
"""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from incomelens.common.errors import InputError
from incomelens.common.left_out import Finding
from incomelens.common.progress import progress
from incomelens.common.seeds import job_rng
from incomelens.siamese.inputs.district_images import (
    DEGREES,
    check_images,
    count_images,
    district_of_each,
    images_left_out,
)
from incomelens.siamese.inputs.image_store import ImageWriter
from incomelens.sources.readers.street_view_api import Panorama, QuotaError, StreetViewClient
from incomelens.sources.readers.street_views import StreetViews, UnreadableImageError, read_square

logger = logging.getLogger(__name__)

LABELS = {
    "longitude": "where the camera stood, degrees",
    "latitude": "where the camera stood, degrees",
    "date": "when, as YYYY-MM or YYYY-MM-DD; empty where unknown",
    "heading": "direction, degrees clockwise from north; NaN where unknown",
}
TITLE = "Street views of districts"
TERMS = "Images of the Street View Static API are Google's; not for redistribution"
TRIES = 6  # points of a district that are tried for each image it may have


@dataclass
class Fetched:
    """What was asked of the provider: images in the cache, and the districts of what is missing."""

    rows: list[dict] = field(default_factory=list)
    left_out: dict[str, list[str]] = field(default_factory=dict)
    quota: str | None = None

    def miss(self, reason: str, geoid: str, n: int = 1) -> None:
        """Note `n` images of a district that are left out for a reason."""
        self.left_out.setdefault(reason, []).extend([geoid] * n)


def folder_images(
    views: StreetViews, districts: gpd.GeoDataFrame, *, level: str, n_images: int, seed: int
) -> tuple[pd.DataFrame, dict[str, pd.Series]]:
    """Choose up to `n_images` photographs of a folder for each district.

    Parameters
    ----------
    views : StreetViews
        Of :func:`~incomelens.sources.readers.street_views.list_street_views`.
    districts : GeoDataFrame
        ``geoid`` and polygons.
    level : str
    n_images : int
        Most images of a district; more than that are chosen from at random, by the seed.
    seed : int

    Returns
    -------
    images : DataFrame
        ``geoid``, ``image_id``, ``path``, ``longitude``, ``latitude``, ``date``, ``heading``.
    left_out : dict
        ``outside_districts``, ``no_coordinates``, ``no_such_file`` (of no district) and
        ``beyond_the_limit``: the ``geoid`` of each image.
    """
    placed = views.placed
    geoid = district_of_each(placed["longitude"], placed["latitude"], districts, what="photographs")
    inside = placed.assign(geoid=geoid)[geoid.notna()]
    # Drawn over all images of the folder in the order of their names.
    rank = job_rng(seed, "street_view", level).permutation(len(inside))
    inside = inside.assign(rank=rank).sort_values(["geoid", "rank"], kind="stable")
    beyond = inside.groupby("geoid").cumcount() >= n_images
    chosen = inside[~beyond].sort_values(["geoid", "image_id"], ignore_index=True)
    nowhere = {
        "outside_districts": int(geoid.isna().sum()),
        "no_coordinates": len(views.without_place),
        "no_such_file": len(views.without_image),
    }
    logger.info(
        "%s: %d images in a district, %d of them beyond the %d of one district; %d outside every "
        "district, %d without coordinates, %d named and not there",
        *(level, len(inside), beyond.sum(), n_images, *nowhere.values()),
    )
    left_out = {reason: pd.Series([None] * n, dtype="object") for reason, n in nowhere.items()}
    columns = ["geoid", "image_id", "path", *LABELS]
    return chosen[columns], {**left_out, "beyond_the_limit": inside["geoid"][beyond]}


def fetch_images(
    districts: gpd.GeoDataFrame,
    client: StreetViewClient,
    *,
    level: str,
    n_images: int,
    px: int,
    radius_m: int,
    dates: Sequence[str | None],
    seed: int,
) -> Fetched:
    """Ask the provider for up to `n_images` images of each district.

    Points are drawn inside each district, by the seed and the district's name; the panorama nearest
    to a point counts if it lies in the district, is of the right time and is new. Each gives one
    image in a direction drawn at random. When the quota is used up, what was fetched is returned.

    Parameters
    ----------
    districts : GeoDataFrame
        ``geoid`` and polygons.
    client : StreetViewClient
    level : str
    n_images : int
    px : int
        Pixels on each side, at most 640.
    radius_m : int
        How far from a point a panorama may be, metres.
    dates : sequence of two str or None
        First and last month (YYYY-MM) of the images; None leaves an end open.
    seed : int

    Returns
    -------
    Fetched
        Rows with ``geoid``, ``image_id``, ``path`` and the labels; images left out by reason:
        ``no_panorama``, ``other_date``, ``quota``.
    """
    fetched = Fetched()
    shapes = districts[["geoid", "geometry"]].to_crs(DEGREES).sort_values("geoid")
    pairs = list(zip(shapes["geoid"], shapes.geometry, strict=True))
    for geoid, shape in progress(pairs, "street views", unit="districts"):
        n = 0
        try:
            rng = job_rng(seed, "street_view", level, geoid)
            for panorama, heading in _panoramas(
                shape, client, fetched, geoid, n_images, radius_m, dates, rng
            ):
                path = client.image(panorama, heading=heading, px=px)
                n += 1
                fetched.rows.append(
                    {
                        "geoid": geoid,
                        "image_id": f"{geoid}-{n}",
                        "path": str(path),
                        "longitude": panorama.longitude,
                        "latitude": panorama.latitude,
                        "date": panorama.date,
                        "heading": heading,
                    }
                )
        except QuotaError as error:
            # Districts further on may still be in the cache: they are looked up all the same.
            fetched.quota = fetched.quota or str(error)
            fetched.miss("quota", geoid, n_images - n)
            continue
        if n < n_images:
            fetched.miss("no_panorama", geoid, n_images - n)
    logger.info(
        "street view: %d images of %d districts; %d requests sent, %d images received",
        *(len(fetched.rows), len(pairs), client.n_asked, client.n_images),
    )
    return fetched


def require_whole(fetched: Fetched, *, accept_partial: bool, cache: str | Path) -> None:
    """End a run whose quota is used up, with how to go on, unless a part is accepted.

    Raises
    ------
    InputError
        If images are missing for want of quota and `accept_partial` is false.
    """
    if fetched.quota is None:
        return
    missing, n_kept = len(fetched.left_out.get("quota", ())), len(fetched.rows)
    quota = f"street view: the quota is used up ({fetched.quota}); {missing} images are missing"
    if accept_partial:
        logger.warning("%s; the study goes on with the %d that are there", quota, n_kept)
        return
    raise InputError(
        f"{quota}, {n_kept} are kept in {cache}. Run the same command again once the quota is "
        "renewed: it goes on from there; or set siamese.street_view.accept_partial to true to go "
        "on with what is there"
    )


def write_images(
    images: pd.DataFrame,
    left_out: dict[str, pd.Series],
    *,
    geoids: Sequence[str],
    px: int,
    out: str | Path,
    terms: str | None = None,
) -> tuple[pd.DataFrame, list[Finding]]:
    """Write photographs as one Zarr group; those that cannot be decoded are left out and named.

    Parameters
    ----------
    images : DataFrame
        ``geoid``, ``image_id``, ``path`` and the labels.
    left_out : dict
        Reason to the ``geoid`` of every image left out so far.
    geoids : sequence of str
        All districts of the level.
    px : int
        Pixels on each side.
    out : path
    terms : str, optional
        Under what terms the images may be used, for readers of the file.

    Returns
    -------
    counts : DataFrame
        ``geoid``, ``n_images``, and one column a reason (``unreadable`` among them).
    left_out : list of Finding
        Images by reason, those of no district among them.

    Raises
    ------
    InputError
        If no district has an image.
    """
    about = {"north": "none"} if terms is None else {"terms": terms}
    unreadable = []
    with ImageWriter(out, px=px, title=TITLE, labels=LABELS, about=about) as writer:
        for row in progress(images.to_dict("records"), "reading street views", unit="images"):
            try:
                image = read_square(row.pop("path"), px=px)
            except UnreadableImageError as error:
                logger.warning("an image of district %s is left out: %s", row["geoid"], error)
                unreadable.append(row["geoid"])
                continue
            writer.add(image, **row)
        reasons = {"unreadable": pd.Series(unreadable, dtype="object"), **left_out}
        counts = count_images(geoids, writer.table()["geoid"], reasons)
        check_images(
            counts,
            modality="street view",
            remedy="do their places (longitude, latitude) lie in the city?",
        )
    return counts, images_left_out(counts, reasons, what="street views")


def _panoramas(
    shape: shapely.Geometry,
    client: StreetViewClient,
    fetched: Fetched,
    geoid: str,
    n_images: int,
    radius_m: int,
    dates: Sequence[str | None],
    rng: np.random.Generator,
) -> Iterator[tuple[Panorama, float]]:
    """Up to `n_images` new panoramas inside a district, each with a direction."""
    first, last = dates
    seen: set[str] = set()
    n_found = 0
    for longitude, latitude in _points(shape, TRIES * n_images, rng):
        heading = float(rng.integers(360))
        panorama = client.panorama(longitude, latitude, radius_m=radius_m)
        if panorama is None or panorama.id in seen:
            continue
        seen.add(panorama.id)
        if not shapely.intersects_xy(shape, panorama.longitude, panorama.latitude):
            continue
        month = panorama.date[:7]
        if (first and month < first) or (last and (not month or month > last)):
            fetched.miss("other_date", geoid)
            continue
        yield panorama, heading
        n_found += 1
        if n_found == n_images:
            return


def _points(shape: shapely.Geometry, n: int, rng: np.random.Generator) -> list[tuple[float, float]]:
    """Draw `n` points inside a polygon; fewer in one that hardly fills its box."""
    west, south, east, north = shape.bounds
    drawn = rng.uniform((west, south), (east, north), (50 * n, 2))
    inside = drawn[shapely.contains_xy(shape, drawn)][:n]
    return [(float(x), float(y)) for x, y in inside]
