"""From native pixels to the cell's own grid, in one resampling (deviation `one_resampling`)."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pyproj import CRS, Transformer

from incomelens.common.compiling import compiled
from incomelens.tiles.mosaic import Mosaic, Patch

# A cell's position in the imagery's CRS is computed exactly at 3 x 3 points and between them by the
# parabola through them: over 200 m no further from the projection than a micrometre.
NODES = np.array([0.0, 0.5, 1.0])


@dataclass(frozen=True)
class Warped:
    """A tile and how much of it is void.

    Attributes
    ----------
    image : array of shape (tile_px, tile_px, 3), uint8
        Red, green, blue; north up, west left; 0 where there is no imagery.
    void_share : float
        Share of the cell's area without imagery, 0 to 1.
    level : int
        How often halved the imagery was that it comes from: 0 for native pixels.
    """

    image: NDArray[np.uint8]
    void_share: float
    level: int = 0


@dataclass(frozen=True)
class CellFrames:
    """Where cells lie in the CRS of the imagery.

    Attributes
    ----------
    easting, northing : array of shape (n, 3, 3)
        Coordinates of each cell's corners, edge middles and centre, metres; first axis south to
        north, second west to east.
    """

    easting: NDArray[np.float64]
    northing: NDArray[np.float64]

    def bounds(self, at: int) -> tuple[float, float, float, float]:
        """West, south, east and north of the smallest upright box around cell `at`."""
        east, north = self.easting[at], self.northing[at]
        return float(east.min()), float(north.min()), float(east.max()), float(north.max())


def cell_frames(bounds: NDArray[np.float64], *, crs: CRS, imagery_crs: CRS) -> CellFrames:
    """Project cells to the CRS of the imagery.

    Parameters
    ----------
    bounds : array of shape (n, 4)
        West, south, east, north of each cell in `crs`, metres.
    crs, imagery_crs : CRS
    """
    west, south, east, north = np.asarray(bounds, dtype=np.float64).reshape(-1, 4).T
    eastings = west[:, None, None] + (east - west)[:, None, None] * NODES[None, None, :]
    northings = south[:, None, None] + (north - south)[:, None, None] * NODES[None, :, None]
    eastings, northings = np.broadcast_arrays(eastings, northings)
    transformer = Transformer.from_crs(crs, imagery_crs, always_xy=True)
    return CellFrames(*transformer.transform(eastings, northings, errcheck=True))


def cut_tile(mosaic: Mosaic, frames: CellFrames, at: int, *, primary: str, tile_px: int) -> Warped:
    """Read the ground of cell `at` and warp it.

    Imagery that holds itself halved (JPEG 2000) is decoded as often halved as leaves its pixels no
    larger than the tile's, but for cells of which a part is void (deviation `one_resampling`).

    Parameters
    ----------
    mosaic : Mosaic
    frames : CellFrames
    at : int
    primary : str
        See :meth:`incomelens.tiles.mosaic.Mosaic.read`.
    tile_px : int

    Raises
    ------
    UnreadableImageryError
        If a block cannot be decoded.
    """
    patch, bounds = None, frames.bounds(at)
    level = mosaic.level(primary, pixel=_tile_pixel(frames, at, tile_px))
    if level:
        pixel = mosaic.pixel(primary, level=level)
        margin = reach_px(frames, at, tile_px=tile_px, pixel=pixel)
        patch = mosaic.read_halved(bounds, primary=primary, level=level, margin_px=margin)
    if patch is None:
        margin = reach_px(frames, at, tile_px=tile_px, pixel=mosaic.pixel(primary))
        patch = mosaic.read(bounds, primary=primary, margin_px=margin)
    return warp_cell(patch, frames, at, tile_px=tile_px)


def warp_cell(patch: Patch, frames: CellFrames, at: int, *, tile_px: int) -> Warped:
    r"""Resample native pixels to the `tile_px` × `tile_px` grid of cell `at`.

    Bilinear where pixels grow; where they shrink by a factor :math:`s > 1`, the bilinear triangle
    is stretched to :math:`s` native pixels on either side, as GDAL does, so that nothing falls
    between the samples. Void pixels take no part; a pixel with void neighbours only is void.

    Parameters
    ----------
    patch : Patch
        Covers the cell with a margin of :func:`reach_px` pixels; what lies outside is void.
    frames : CellFrames
    at : int
    tile_px : int
    """
    col, row = _pixel_positions(patch, frames, at, tile_px)
    reach = _reach(frames, at, tile_px, patch.grid.pixel)
    image = np.empty((tile_px, tile_px, 3), dtype=np.uint8)
    void = _resample(patch.image, patch.void, bool(patch.void.any()), col, row, reach, image)
    return Warped(image, float(void) / tile_px**2, patch.level)


def reach_px(frames: CellFrames, at: int, *, tile_px: int, pixel: float) -> int:
    """Native pixels beyond the cell that its resampling looks at."""
    return int(np.ceil(_reach(frames, at, tile_px, pixel))) + 1


def _reach(frames: CellFrames, at: int, tile_px: int, pixel: float) -> float:
    """Half the width of the triangle, in native pixels: at least one."""
    return max(1.0, _tile_pixel(frames, at, tile_px) / pixel)


def _tile_pixel(frames: CellFrames, at: int, tile_px: int) -> float:
    """Side of a pixel of a cell's tile, metres in the CRS of the imagery."""
    side = np.hypot(
        frames.easting[at, 1, 2] - frames.easting[at, 1, 0],
        frames.northing[at, 1, 2] - frames.northing[at, 1, 0],
    )
    return side / tile_px


def _pixel_positions(
    patch: Patch, frames: CellFrames, at: int, tile_px: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Column and row, in the patch, of the centre of every pixel of the tile."""
    to_east = _parabolas((np.arange(tile_px) + 0.5) / tile_px)
    to_south = to_east[::-1]  # row 0 is the northernmost
    grid = patch.grid
    easting = to_south @ ((frames.easting[at] - grid.west) / grid.pixel) @ to_east.T
    southing = to_south @ ((grid.north - frames.northing[at]) / grid.pixel) @ to_east.T
    return easting, southing


def _parabolas(share: NDArray[np.float64]) -> NDArray[np.float64]:
    """Weights of the three nodes at each `share` of the way, shape (n, 3) (Lagrange)."""
    first = 2 * (share - 0.5) * (share - 1.0)
    middle = 4 * share * (1.0 - share)
    last = 2 * share * (share - 0.5)
    return np.column_stack([first, middle, last])


@compiled(nogil=True, error_model="numpy", fastmath={"contract", "nsz", "arcp"})
def _resample(source, void, has_void, col, row, reach, image):  # noqa: ANN001, ANN202
    """Fill `image` (n, n, 3) from `source` (3, h, w) and return its void area in pixels.

    `col` and `row` (n, n) count from the outer corner of the first pixel: its centre is at 0.5.
    """
    height, width = source.shape[1:]
    across = np.empty(2 * int(np.ceil(reach)) + 2, dtype=np.float32)
    void_area = 0.0
    for i in range(col.shape[0]):
        for j in range(col.shape[1]):
            u, v = col[i, j] - 0.5, row[i, j] - 0.5
            left, right = int(np.ceil(u - reach)), int(np.floor(u + reach))
            top, bottom = int(np.ceil(v - reach)), int(np.floor(v + reach))
            width_sum, height_sum = np.float32(0.0), np.float32(0.0)
            for x in range(left, right + 1):
                weight = np.float32(1.0 - abs(x - u) / reach)
                across[x - left] = weight
                width_sum += weight
            red, green, blue = np.float32(0.0), np.float32(0.0), np.float32(0.0)
            weight_seen = np.float32(0.0)
            inside = left >= 0 and right < width and top >= 0 and bottom < height
            for y in range(top, bottom + 1):
                down = np.float32(1.0 - abs(y - v) / reach)
                height_sum += down
                if inside and not has_void:
                    r, g, b = np.float32(0.0), np.float32(0.0), np.float32(0.0)
                    for x in range(left, right + 1):
                        weight = across[x - left]
                        r += weight * source[0, y, x]
                        g += weight * source[1, y, x]
                        b += weight * source[2, y, x]
                    red += down * r
                    green += down * g
                    blue += down * b
                elif 0 <= y < height:
                    for x in range(max(left, 0), min(right + 1, width)):
                        if not void[y, x]:
                            weight = down * across[x - left]
                            weight_seen += weight
                            red += weight * source[0, y, x]
                            green += weight * source[1, y, x]
                            blue += weight * source[2, y, x]
            whole = width_sum * height_sum
            if inside and not has_void:
                weight_seen = whole
            if weight_seen > np.float32(1e-6) * whole:
                half = np.float32(0.5)
                image[i, j, 0] = np.uint8(red / weight_seen + half)
                image[i, j, 1] = np.uint8(green / weight_seen + half)
                image[i, j, 2] = np.uint8(blue / weight_seen + half)
            else:
                image[i, j, 0] = image[i, j, 1] = image[i, j, 2] = 0
            void_area += max(0.0, 1.0 - weight_seen / whole)
    return void_area
