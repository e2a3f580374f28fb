"""Drawing in metres: a painter on the picture, and shapes set out along a block."""

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from shapely import Polygon


@dataclass(frozen=True)
class Parcels:
    """Parcels of one block: centres (n, 2), the step between rows and along them, direction."""

    centres: NDArray[np.float64]
    across: float
    along: float
    angle: float


class Painter:
    """Draws shapes given in metres of EPSG:3035 on a picture."""

    def __init__(self, canvas: Image.Image, matrix: NDArray[np.float64]) -> None:
        self._draw = ImageDraw.Draw(canvas)
        self._matrix = matrix
        self.scale = float(np.sqrt(abs(np.linalg.det(matrix[:, :2]))))

    def pixels(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Columns and rows of points of shape (..., 2)."""
        return points @ self._matrix[:, :2].T + self._matrix[:, 2]

    def polygons(self, corners: NDArray[np.float64], colours: NDArray[np.float64]) -> None:
        """Fill polygons (n, k, 2)."""
        placed = self.pixels(corners).reshape(len(corners), 2 * corners.shape[1])
        fills = np.clip(np.broadcast_to(colours, (len(corners), 3)), 0, 255).astype(int)
        for corner, fill in zip(placed.tolist(), fills.tolist(), strict=True):
            self._draw.polygon(corner, fill=tuple(fill))

    def discs(
        self,
        centres: NDArray[np.float64],
        radius: NDArray[np.float64],
        colours: NDArray[np.float64],
    ) -> None:
        """Fill circles; `radius` in metres."""
        middle, size = self.pixels(centres), (radius * self.scale)[:, None]
        boxes = np.hstack([middle - size, middle + size])
        fills = np.clip(np.broadcast_to(colours, (len(centres), 3)), 0, 255).astype(int)
        for bounds, fill in zip(boxes.tolist(), fills.tolist(), strict=True):
            self._draw.ellipse(bounds, fill=tuple(fill))

    def line(self, points: NDArray[np.float64], colour: tuple[int, int, int], width: float) -> None:
        """Draw a line `width` metres wide."""
        track = self.pixels(points).ravel().tolist()
        self._draw.line(track, fill=colour, width=max(1, round(width * self.scale)))


def step_of(ends: tuple[float, float], coarse: float) -> float:
    """Between the ends, evenly in ratio."""
    return ends[0] * (ends[1] / ends[0]) ** coarse


def parcels_of(shape: Polygon, angle: float, step: float, *, shape_ratio: float = 1.1) -> Parcels:
    """Rows along the block, with whole numbers of parcels; those with their centre inside."""
    yard = shape.buffer(-1.0)
    along, across = unit(angle), unit(angle + np.pi / 2)
    corners = shapely.get_coordinates(yard if not yard.is_empty else shape)
    u, v = corners @ along, corners @ across
    n_along = max(1, round(np.ptp(u) / (step * shape_ratio)))
    n_across = max(1, round(np.ptp(v) / step))
    pitch = np.ptp(u) / n_along, np.ptp(v) / n_across
    at_u = u.min() + pitch[0] * (np.arange(n_along) + 0.5)
    at_v = v.min() + pitch[1] * (np.arange(n_across) + 0.5)
    grid = np.stack(np.meshgrid(at_u, at_v), axis=-1).reshape(-1, 2)
    centres = grid[:, :1] * along + grid[:, 1:] * across
    inside = shapely.contains_xy(shape, *centres.T)
    return Parcels(centres[inside], float(pitch[1]), float(pitch[0]), angle)


def rectangles(
    centres: NDArray[np.float64],
    length: NDArray[np.float64],
    width: NDArray[np.float64],
    angle: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Corners (n, 4, 2), the first two along the length."""
    along = np.broadcast_to(unit(angle), centres.shape) * (length / 2)[:, None]
    across = np.broadcast_to(unit(angle + np.pi / 2), centres.shape) * (width / 2)[:, None]
    signs = ((-1, -1), (1, -1), (1, 1), (-1, 1))
    return np.stack([centres + a * along + b * across for a, b in signs], axis=1)


def unit(angle: float | NDArray[np.float64]) -> NDArray[np.float64]:
    """Unit vectors, shape (..., 2), of angles anticlockwise from east in radians."""
    return np.stack([np.cos(angle), np.sin(angle)], axis=-1)


def anywhere(shape: Polygon, count: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Points of shape (count, 2) in the bounds of a shape."""
    west, south, east, north = shape.bounds
    return rng.uniform((west, south), (east, north), (count, 2))


def scattered(
    shape: Polygon, share: float, radii: tuple[float, float], rng: np.random.Generator
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Centres and radii of discs in a shape that cover about `share` of it."""
    mean = sum(radii) / 2
    points = anywhere(shape.buffer(-mean), int(share * shape.area / (np.pi * mean**2)), rng)
    points = points[shapely.contains_xy(shape, *points.T)] if len(points) else points
    return points, rng.uniform(*radii, len(points))
