"""Squares of ground inside each district, cut from satellite images or orthophotos.

Deviation `satellite_squares`.
"""

import logging
from collections.abc import Iterator, Sequence
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from shapely import Polygon

from incomelens.common.left_out import Finding
from incomelens.common.progress import progress
from incomelens.common.seeds import job_rng
from incomelens.siamese.inputs.district_images import check_images, count_images, images_left_out
from incomelens.siamese.inputs.image_store import ImageWriter
from incomelens.tiles.mosaic import Mosaic
from incomelens.tiles.orthophoto import UnreadableImageryError
from incomelens.tiles.plan import check_cover, needed_orthophotos, plan_shards
from incomelens.tiles.warp import CellFrames, Warped, cell_frames, cut_tile

logger = logging.getLogger(__name__)

CANDIDATES = 60  # positions that are tried for the squares of a district
INSIDE = 0.98  # share of a square in its district from which it counts as inside
MOST_OVERLAP = 0.25  # of two squares of a district, as a share of one
REASONS = ("no_imagery", "unreadable_imagery", "void")
REMEDY = "does the imagery cover the city, and is siamese.satellite.crs that of the imagery?"


def choose_squares(
    districts: gpd.GeoDataFrame, *, level: str, side_m: float, n_images: int, seed: int
) -> gpd.GeoDataFrame:
    """Choose up to `n_images` squares of ground for each district.

    Positions are drawn at random inside the polygon, from the seed and the district's own name, so
    that a district keeps its squares whatever other districts there are. Squares that lie inside
    come first, then those with the largest share inside; squares of a district hardly overlap, so
    that a small district has fewer of them, yet at least one.

    Parameters
    ----------
    districts : GeoDataFrame
        ``geoid`` and polygons, in any reference system.
    level : str
    side_m : float
        Side of a square, metres on the ground.
    n_images : int
    seed : int

    Returns
    -------
    GeoDataFrame
        ``image_id`` (``{geoid}-{number}``), ``geoid``, ``inside_share`` (0 to 1), and the square,
        upright in the city's UTM zone, whose pixels are metres.
    """
    metres = districts.to_crs(districts.estimate_utm_crs())
    rows = []
    for geoid, shape in zip(metres["geoid"], metres.geometry, strict=True):
        rng = job_rng(seed, "satellite", level, geoid)
        squares, shares = _squares_of(shape, side_m, n_images, rng)
        rows += [
            {
                "image_id": f"{geoid}-{number}",
                "geoid": geoid,
                "inside_share": share,
                "geometry": square,
            }
            for number, (square, share) in enumerate(zip(squares, shares, strict=True), start=1)
        ]
    chosen = gpd.GeoDataFrame(rows, crs=metres.crs)
    logger.info(
        "%s: %s squares of %g m in %d districts, %.0f %% of them wholly inside",
        *(level, f"{len(chosen):,}", side_m, len(districts)),
        100 * (chosen["inside_share"] >= INSIDE).mean(),
    )
    return chosen


def orthophotos_of(
    squares: Sequence[gpd.GeoDataFrame], listing: gpd.GeoDataFrame, *, max_void_share: float
) -> gpd.GeoDataFrame:
    """Rows of `listing` that any square of any level touches.

    Raises
    ------
    InputError
        If none is covered but for `max_void_share` of it, with the extents.
    """
    system = squares[0].crs
    shapes = pd.concat([table.geometry.to_crs(system) for table in squares], ignore_index=True)
    cells = gpd.GeoDataFrame(
        {"cell_id": [str(number) for number in range(len(shapes))], "drop_reason": None},
        geometry=gpd.GeoSeries(shapes, crs=system),
    )
    check_cover(cells, listing, what="squares in districts", max_void_share=max_void_share)
    return needed_orthophotos(cells, listing)


def as_cells(squares: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Squares as the cells that the stage ``tiles`` plans with."""
    return gpd.GeoDataFrame(
        {"cell_id": squares["image_id"], "drop_reason": None},
        geometry=squares.geometry.to_numpy(),
        crs=squares.crs,
    )


def cut_squares(
    squares: gpd.GeoDataFrame,
    orthophotos: gpd.GeoDataFrame,
    folder: str | Path,
    *,
    geoids: list[str],
    px: int,
    max_void_share: float,
    out: str | Path,
    threads: int = 1,
    bands: Sequence[int] | None = None,
    void: Sequence[int | Sequence[int]] | None = None,
) -> tuple[pd.DataFrame, list[Finding]]:
    """Cut the image of every square and write them as one Zarr group.

    Parameters
    ----------
    squares : GeoDataFrame
        Of :func:`choose_squares`.
    orthophotos : GeoDataFrame
        ``name``, ``path`` relative to `folder`, footprints, in the reference system of the imagery.
    folder : path
    geoids : list of str
        All districts of the level.
    px : int
        Pixels on each side of an image.
    max_void_share : float
        Largest share of an image without imagery.
    out : path
        The group, written whole or not at all.
    threads : int
        For decoding; the result does not depend on it.
    bands, void : sequence, optional
        See :class:`incomelens.tiles.mosaic.Mosaic`.

    Returns
    -------
    counts : DataFrame
        ``geoid``, ``n_images``, and images left out by reason: ``no_imagery``,
        ``unreadable_imagery``, ``void``.
    left_out : list of Finding
        The same for the level as a whole.

    Raises
    ------
    InputError
        If a file is no orthophoto, or no district has an image.
    """
    plan = plan_shards(as_cells(squares), orthophotos, n_shards=1)
    ordered = squares.set_index("image_id").loc[plan["cell_id"]].reset_index()
    bounds = ordered.geometry.bounds.to_numpy()
    frames = cell_frames(bounds, crs=squares.crs, imagery_crs=orthophotos.crs)
    gone: dict[str, list[str]] = {reason: [] for reason in REASONS}
    with (
        _writer(out, px, squares) as writer,
        Mosaic(orthophotos, folder, threads=threads, bands=bands, void=void) as mosaic,
    ):
        cut = _images(plan["orthophoto"], frames, mosaic, px)
        for at, image in enumerate(progress(cut, "cutting", total=len(plan), unit="images")):
            square = ordered.iloc[at]
            kept = _judged(image, max_void_share)
            if isinstance(kept, str):
                gone[kept].append(square["geoid"])
                continue
            writer.add(
                kept.image,
                **{name: square[name] for name in ("geoid", "image_id", "inside_share")},
                easting=bounds[at, 0],
                northing=bounds[at, 1],
                void_share=kept.void_share,
            )
        left_out = {reason: pd.Series(of, dtype="object") for reason, of in gone.items()}
        counts = count_images(geoids, writer.table()["geoid"], left_out)
        check_images(counts, modality="satellite", remedy=REMEDY)
    return counts, images_left_out(counts, left_out, what="satellite images")


def _writer(out: str | Path, px: int, squares: gpd.GeoDataFrame) -> ImageWriter:
    west, _, east, _ = squares.geometry.iloc[0].bounds
    return ImageWriter(
        out,
        px=px,
        title="Daytime images of districts from above",
        labels={
            "inside_share": "share of the square in its district",
            "easting": "western edge of the square, metres",
            "northing": "southern edge of the square, metres",
            "void_share": "share of the square without imagery",
        },
        about={"crs": squares.crs.to_string(), "side_m": round(east - west, 3), "north": "up"},
    )


def _images(
    names: pd.Series, frames: CellFrames, mosaic: Mosaic, px: int
) -> Iterator[Warped | str]:
    """The image of each square, or the reason why there is none."""
    for at, name in enumerate(names):
        if pd.isna(name):
            yield "no_imagery"
            continue
        try:
            yield cut_tile(mosaic, frames, at, primary=name, tile_px=px)
        except UnreadableImageryError as error:
            logger.error("an image is left out: %s", error)
            yield "unreadable_imagery"


def _judged(image: Warped | str, max_void_share: float) -> Warped | str:
    """Give the image, or the reason why it is left out."""
    if isinstance(image, str):
        return image
    if image.void_share >= 1.0:
        return "no_imagery"
    return "void" if image.void_share > max_void_share else image


def _squares_of(
    shape: shapely.Geometry, side: float, n: int, rng: np.random.Generator
) -> tuple[list[Polygon], list[float]]:
    """Squares of a district and the share of each that lies inside, the best first."""
    centres = _points_in(shape, rng)
    half = side / 2
    boxes = shapely.box(*(centres - half).T, *(centres + half).T)
    shares = shapely.area(shapely.intersection(boxes, shape)) / side**2
    # All squares that lie inside are equally good, and stay in the order they were drawn.
    order = np.argsort(-np.minimum(shares, INSIDE), kind="stable")
    chosen: list[int] = []
    for at in order:
        overlaps = shapely.area(shapely.intersection(boxes[chosen], boxes[at])) / side**2
        if not (overlaps > MOST_OVERLAP).any():
            chosen.append(int(at))
        if len(chosen) == n:
            break
    return [boxes[at] for at in chosen], [round(float(shares[at]), 6) for at in chosen]


def _points_in(shape: shapely.Geometry, rng: np.random.Generator) -> NDArray[np.float64]:
    """Draw points in a polygon, shape (CANDIDATES, 2); a point has itself."""
    west, south, east, north = shape.bounds
    inner = shape.representative_point()
    points = [(inner.x, inner.y)]
    if shape.area == 0:
        return np.array(points)
    for _ in range(100):
        drawn = rng.uniform((west, south), (east, north), (4 * CANDIDATES, 2))
        points += [tuple(point) for point in drawn[shapely.contains_xy(shape, drawn)]]
        if len(points) > CANDIDATES:
            break
    # The point inside comes last: it is what a sliver is left with.
    return np.array([*points[1 : CANDIDATES + 1], points[0]])
