"""Rasters of land-use classes, as polygons near the cells of a city.

A pixel is a square of one class: burnt back, a point gets the pixel that it lies in (the nearest
neighbour), whatever the raster's resolution and reference system are.
"""

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, product
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import rasterio
import shapely
from numpy.typing import NDArray
from pyproj import CRS
from rasterio.errors import RasterioError
from rasterio.features import geometry_mask, shapes
from rasterio.windows import Window

from incomelens.common.errors import InputError, damage_told, listed
from incomelens.common.places import crs_name, told_extent
from incomelens.common.progress import progress
from incomelens.sources.fetching.delivery import unpacked

logger = logging.getLogger(__name__)

RASTERS = (".tif", ".tiff", ".img", ".vrt")
BESIDE = (".aux.xml", ".tfw", ".prj", ".ige", ".rrd")
ARCHIVES = (".zip", ".7z")
BLOCK_PX = 1024  # read at a time
MARGIN_PX = 2  # around cells
# An edge is bent by reprojection; in pieces this short that is far below a pixel.
EDGE_PX = 16
MOST_LOOKED_AT = 24  # rasters, before any is read as a whole
MOST_CODES = 1000  # more in one block is a measure, not a class
LEAST_ACROSS = 4  # pixels along a cell, below which shares of classes are coarse


def raster_polygons(
    paths: Sequence[str | Path], cells: gpd.GeoSeries, *, crs: str | None = None
) -> gpd.GeoDataFrame:
    """Read categorical rasters near cells as polygons, one a patch of pixels of the same code.

    Parameters
    ----------
    paths : sequence of path
        Rasters of one band of whole numbers, in any reference system, or archives and folders of
        them: one of a country, tiles, or one a cell. Pixels without data (no-data value, mask) are
        left out.
    cells : GeoSeries
        In a projected reference system in metres.
    crs : str, optional
        Of the rasters, where they do not say theirs.

    Returns
    -------
    GeoDataFrame
        ``identifier``, ``code`` (the number as text), ``sheet`` (patches of one share no ground),
        ``geometry`` in the system of `cells`.

    Raises
    ------
    InputError
        If a raster is damaged, has no place, several bands or numbers that are no classes; or if no
        pixel with data lies near a cell.
    """
    with ExitStack() as stack:
        rasters = _rasters(paths, crs, stack)
        ours = _Cells(cells)
        parts = [
            part
            for raster in progress(rasters, "reading land use", unit="rasters")
            for part in raster.patches(ours)
        ]
    if not parts:
        extents = listed((f"{one.file.name} in {told_extent(one.outline)}" for one in rasters), 3)
        raise InputError(
            f"land use: no pixel with data near any of {len(cells):,} cells; they lie in "
            f"{told_extent(cells)}, the rasters ({extents}); look whether these are of the city, "
            "and at their reference system and no-data value"
        )
    _tell_pixels([one.pixel_m(cells.crs) for one in rasters], cells)
    return gpd.GeoDataFrame(pd.concat(parts, ignore_index=True), crs=cells.crs)


@dataclass(frozen=True)
class RasterSurvey:
    """What headers of rasters, and a look into some, say.

    Attributes
    ----------
    n_files, n_looked : int
        Rasters, and those of which one block near cells was read.
    crs : tuple of str
        Reference systems.
    pixel_m : (float, float)
        Smallest and largest side of a pixel, metres.
    codes : tuple of str
        Found in those blocks.
    """

    n_files: int
    n_looked: int
    crs: tuple[str, ...]
    pixel_m: tuple[float, float]
    codes: tuple[str, ...]


def survey_rasters(
    paths: Sequence[str | Path], cells: gpd.GeoSeries, *, crs: str | None = None
) -> RasterSurvey:
    """Look at categorical rasters without reading them: a block of some, evenly over the files.

    Parameters and errors are those of :func:`raster_polygons`, but that no pixel need be near.
    """
    with ExitStack() as stack:
        rasters = _rasters(paths, crs, stack)
        ours = _Cells(cells)
        found = [codes for one in _some(rasters) if (codes := one.codes_near(ours)) is not None]
        pixels = [one.pixel_m(cells.crs) for one in rasters]
    codes = np.unique(np.concatenate(found)) if found else []
    return RasterSurvey(
        len(rasters),
        len(found),
        tuple(dict.fromkeys(crs_name(one.crs) for one in rasters)),
        (min(pixels), max(pixels)),
        tuple(str(code) for code in codes),
    )


def _rasters(paths: Sequence[str | Path], crs: str | None, stack: ExitStack) -> list["_Raster"]:
    """All rasters in files, folders and archives, these unpacked for as long as the stack lives."""
    files = [file for path in paths for file in stack.enter_context(unpacked(path, _wanted))]
    files = [file for file in files if file.suffix.lower() in RASTERS]
    if not files:
        raise InputError(f"{listed(map(str, paths))}: no raster; expected {listed(RASTERS, 10)}")
    return [_Raster(file, crs) for file in files]


def _some(rasters: Sequence["_Raster"]) -> Sequence["_Raster"]:
    return rasters[:: -(-len(rasters) // MOST_LOOKED_AT)]


def _wanted(names: Sequence[str]) -> list[str]:
    kinds = (*RASTERS, *BESIDE, *ARCHIVES)
    return [name for name in names if name.lower().endswith(kinds)]


class _Cells:
    """The cells in the system of any raster."""

    def __init__(self, cells: gpd.GeoSeries) -> None:
        self._cells, self.crs = cells, cells.crs
        self._moved: dict[CRS, tuple[NDArray[np.object_], shapely.STRtree]] = {}

    def near(self, block: shapely.Geometry, crs: CRS, margin: float) -> NDArray[np.object_]:
        """Cells within a margin of a block, that much larger; all in the unit of `crs`."""
        if crs not in self._moved:
            moved = self._cells.to_crs(crs).to_numpy()
            moved = moved[np.isfinite(shapely.bounds(moved)).all(axis=1)]
            self._moved[crs] = moved, shapely.STRtree(moved)
        shapes, tree = self._moved[crs]
        at = tree.query(block.buffer(margin), predicate="intersects")
        return shapely.buffer(shapes[at], margin, join_style="mitre")


class _Raster:
    """A file of classes: where it lies, and its patches."""

    def __init__(self, file: Path, crs: str | None) -> None:
        self.file = file
        with self._opened() as raster:
            self.transform, self.size = raster.transform, (raster.width, raster.height)
            own = raster.crs and CRS.from_wkt(raster.crs.to_wkt())
            if raster.count != 1:
                raise InputError(
                    f"{file.name}: {raster.count} bands; expected one, of classes: is it a picture?"
                )
        if self.transform.is_identity or (own is None and crs is None):
            raise InputError(
                f"{file.name}: does not say where it lies; give a GeoTIFF with its place, or its "
                "reference system as `crs`"
            )
        self.crs = CRS.from_user_input(crs) if own is None else own

    @property
    def outline(self) -> gpd.GeoSeries:
        """Its footprint."""
        return gpd.GeoSeries([self._box(Window(0, 0, *self.size))], crs=self.crs)

    def pixel_m(self, crs: CRS) -> float:
        """Side of a pixel in its middle, in the unit of another system."""
        column, row = (number // 2 for number in self.size)
        (middle,) = self._moved([self._box(Window(column, row, 1, 1))], crs)
        return float(np.sqrt(middle.area))

    def patches(self, cells: _Cells) -> Iterator[gpd.GeoDataFrame]:
        """Patches of one code near the cells, block by block."""
        near = {
            window: cells.near(self._box(window), self.crs, MARGIN_PX * self._pixel)
            for window in self._windows()
        }
        if not any(map(len, near.values())):
            return
        with self._opened() as raster:
            for window, shapes_near in near.items():
                if len(shapes_near):
                    yield from self._of_block(raster, window, shapes_near, cells.crs)

    def codes_near(self, cells: _Cells) -> NDArray[np.int32] | None:
        """Codes in the first block that lies near a cell; None where no block does."""
        for window in self._windows():
            if len(cells.near(self._box(window), self.crs, 0.0)):
                with self._opened() as raster:
                    codes, known = self._codes(raster, window)
                return np.unique(codes[known])
        return None

    def _windows(self) -> Iterator[Window]:
        wide, high = self.size
        for row, column in product(range(0, high, BLOCK_PX), range(0, wide, BLOCK_PX)):
            yield Window(column, row, min(BLOCK_PX, wide - column), min(BLOCK_PX, high - row))

    def _of_block(
        self,
        raster: rasterio.DatasetReader,
        window: Window,
        near: NDArray[np.object_],
        crs: CRS,
    ) -> Iterator[gpd.GeoDataFrame]:
        place = raster.window_transform(window)
        codes, known = self._codes(raster, window)
        known &= geometry_mask(near, codes.shape, place, all_touched=True, invert=True)
        found = list(shapes(codes, mask=known, connectivity=4, transform=place))
        if not found:
            return
        block = f"{window.row_off}-{window.col_off}"
        frame = gpd.GeoDataFrame(
            {
                "identifier": [f"{self.file.stem}-{block}-{n}" for n in range(len(found))],
                "code": [str(int(code)) for _, code in found],
                "sheet": f"{self.file}-{block}",
            },
            geometry=self._moved(_polygons([outline for outline, _ in found]), crs),
        )
        # Beyond the edge of a projection there is no place.
        yield frame[np.isfinite(frame.bounds).all(axis=1).to_numpy()]

    def _codes(
        self, raster: rasterio.DatasetReader, window: Window
    ) -> tuple[NDArray[np.int32], NDArray[np.bool_]]:
        with damage_told(self._damaged, own=(RasterioError,)):
            values = raster.read(1, window=window, masked=True)
        known = ~np.ma.getmaskarray(values)
        numbers = values.filled(0) if np.ma.isMaskedArray(values) else values
        if not np.issubdtype(numbers.dtype, np.integer):
            known &= np.isfinite(numbers)
            numbers = np.where(known, numbers, 0)
        codes = numbers.astype(np.int32)
        if (codes != numbers)[known].any() or len(np.unique(codes[known])) > MOST_CODES:
            raise InputError(
                f"{self.file.name}: its numbers are no classes (such as "
                f"{listed(np.unique(numbers[known])[:3].tolist())}); expected whole numbers, the "
                "codes of the list of classes"
            )
        return codes, known

    def _moved(
        self, outlines: Sequence[shapely.Geometry] | NDArray[np.object_], crs: CRS
    ) -> gpd.GeoSeries:
        """Outlines in another system, their edges in pieces that bend with it."""
        if self.crs == crs:
            return gpd.GeoSeries(outlines, crs=crs)
        fine = shapely.segmentize(np.array(outlines, dtype=object), EDGE_PX * self._pixel)
        return gpd.GeoSeries(fine, crs=self.crs).to_crs(crs)

    @cached_property
    def _pixel(self) -> float:
        """The longer side of a pixel, in the raster's own unit."""
        place = self.transform
        return max(np.hypot(place.a, place.d), np.hypot(place.b, place.e))

    def _box(self, window: Window) -> shapely.Geometry:
        (top, bottom), (left, right) = window.toranges()
        corners = [(left, top), (right, top), (right, bottom), (left, bottom)]
        return shapely.Polygon([self.transform * corner for corner in corners])

    def _opened(self) -> rasterio.DatasetReader:
        with damage_told(self._damaged, own=(RasterioError,)):
            return rasterio.open(self.file)

    def _damaged(self, problem: str) -> str:
        return f"{self.file.name} cannot be read ({problem}); fetch it again"


def _polygons(outlines: Sequence[Mapping[str, Any]]) -> NDArray[np.object_]:
    """Polygons of GeoJSON, all at once: chips have a hundred thousand patches."""
    rings = [ring for outline in outlines for ring in outline["coordinates"]]
    corners = np.array(list(chain.from_iterable(rings)))
    ring_of = np.repeat(np.arange(len(rings)), [len(ring) for ring in rings])
    outline_of = np.repeat(
        np.arange(len(outlines)), [len(outline["coordinates"]) for outline in outlines]
    )
    return shapely.polygons(shapely.linearrings(corners, indices=ring_of), indices=outline_of)


def _tell_pixels(pixels: Sequence[float], cells: gpd.GeoSeries) -> None:
    bounds = cells.bounds
    across = float((bounds["maxx"] - bounds["minx"]).median()) / max(pixels)
    logger.log(
        logging.WARNING if across < LEAST_ACROSS else logging.INFO,
        "land use: %d rasters, pixels of %s m; a cell is %.3g of them wide%s",
        len(pixels),
        " to ".join(dict.fromkeys(f"{size:.3g}" for size in (min(pixels), max(pixels)))),
        across,
        ": shares of classes are coarse" if across < LEAST_ACROSS else "",
    )
