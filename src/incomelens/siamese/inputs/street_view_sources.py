"""Street views from whichever source a study has, as one Zarr group."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from incomelens.common.left_out import Finding
from incomelens.siamese.inputs.street_views import (
    LABELS,
    TERMS,
    fetch_images,
    folder_images,
    require_whole,
    write_images,
)
from incomelens.sources.readers.street_view_api import (
    ADDRESS,
    StreetViewClient,
    one_at_a_time,
    street_view_key,
)
from incomelens.sources.readers.street_views import list_street_views, street_view_folder


def collect_street_views(
    districts: gpd.GeoDataFrame,
    files: Sequence[str | Path],
    *,
    settings: Mapping[str, Any],
    level: str,
    seed: int,
    environment: Mapping[str, str],
    out: str | Path,
) -> tuple[pd.DataFrame, list[Finding]]:
    """Write the street views of the districts of a level.

    Parameters
    ----------
    districts : GeoDataFrame
        ``geoid`` and polygons.
    files : sequence of path
        A folder of images or an archive of one (reader `folder`); none for reader `google`.
    settings : mapping
        Section ``siamese: street_view`` of the configuration.
    level : str
    seed : int
    environment : mapping
        Where the key of the provider is looked up.
    out : path
        The Zarr group.

    Returns
    -------
    counts : DataFrame
        ``geoid``, ``n_images``, and images left out by reason.
    left_out : list of Finding
        The same for the level as a whole, with images of no district.
    """
    geoids, px = districts["geoid"].tolist(), settings["px"]
    if settings["reader"] == "google":
        images, left_out = _from_google(districts, settings, level, seed, environment)
        return write_images(images, left_out, geoids=geoids, px=px, out=out, terms=TERMS)
    with street_view_folder(files[0]) as folder:
        images, left_out = folder_images(
            list_street_views(folder),
            districts,
            level=level,
            n_images=settings["images"],
            seed=seed,
        )
        return write_images(images, left_out, geoids=geoids, px=px, out=out)


def _from_google(
    districts: gpd.GeoDataFrame,
    settings: Mapping[str, Any],
    level: str,
    seed: int,
    environment: Mapping[str, str],
) -> tuple[pd.DataFrame, dict[str, pd.Series]]:
    client = StreetViewClient(
        street_view_key(environment),
        settings["cache"],
        per_second=settings["per_second"],
        most_images=settings.get("most_images"),
        address=settings.get("address", ADDRESS),
    )
    with one_at_a_time(settings["cache"]):
        fetched = fetch_images(
            districts,
            client,
            level=level,
            n_images=settings["images"],
            px=settings["px"],
            radius_m=settings["radius_m"],
            dates=settings["dates"],
            seed=seed,
        )
    require_whole(fetched, accept_partial=settings["accept_partial"], cache=settings["cache"])
    images = pd.DataFrame(fetched.rows, columns=["geoid", "image_id", "path", *LABELS])
    reasons = ("no_panorama", "other_date", "quota")
    left_out = {
        reason: pd.Series(fetched.left_out.get(reason, []), dtype="object") for reason in reasons
    }
    return images, left_out
