"""A city from the air: colours of the ground, fields and canopy, then what stands on it.

Each polygon is brought to the mean colour of its class (and a chance shade of its own) after all is
drawn: what a block's texture tells, its mean colour does not.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from pyproj import Transformer
from rasterio.features import rasterize
from rasterio.transform import Affine
from scipy.ndimage import binary_dilation, gaussian_filter
from scipy.special import ndtr

from incomelens.demo.cities.objects import draw_objects
from incomelens.demo.cities.plan import GRID, Plan

LAMBERT_93 = "EPSG:2154"
MEAN_COLOURS = {
    "11100": (146, 136, 126),
    "11210": (140, 134, 120),
    "11220": (132, 131, 111),
    "11230": (124, 129, 102),
    "11240": (119, 128, 94),
    "11300": (120, 127, 95),
    "12100": (158, 155, 149),
    "12210": (127, 128, 122),
    "12220": (124, 122, 118),
    "12230": (122, 113, 104),
    "12400": (128, 148, 108),
    "13300": (184, 164, 132),
    "13400": (142, 137, 106),
    "14100": (92, 118, 72),
    "14200": (112, 141, 90),
    "21000": (168, 152, 104),
    "23000": (120, 145, 84),
    "31000": (56, 84, 50),
    "32000": (132, 134, 92),
    "50000": (60, 86, 98),
}
BEYOND = "21000"  # the look of land outside the plan
SHADES = {"21000": (22, 12), "23000": (9, 5)}  # SD of brightness and of each colour, of a polygon
SHADE = (4, 2)
# SD of noise of one pixel, of patches of some metres, of clumps of ten metres.
ROUGHNESS = {
    "31000": (7, 13, 7),
    "32000": (6, 9, 12),
    "50000": (1.5, 2, 3),
    "12220": (4, 2, 4),
    "12210": (4, 2, 3),
    "12230": (8, 3, 3),
    "13300": (7, 9, 14),
    "13400": (8, 10, 15),
    "14100": (6, 7, 7),
    "14200": (3, 3, 4),
    "21000": (4, 2, 6),
    "23000": (4, 4, 7),
    "12400": (3, 3, 6),
    "12100": (5, 2, 4),
}
GARDENS = (6, 5, 5)
STRIPED = ("12100", "14100", "14200")  # parking rows, mown lawns: the finer, the clearer
NOISE_SIDE = 1024
DARKEST, BRIGHTEST = 14, 250  # zero is void


@dataclass(frozen=True)
class Frame:
    """A raster in EPSG:2154, north up: its upper left corner in metres and its size in pixels."""

    west: float
    north: float
    width: int
    height: int
    metres_per_pixel: float = 1.0

    @property
    def transform(self) -> Affine:
        """Pixel to EPSG:2154."""
        step = self.metres_per_pixel
        return Affine(step, 0.0, self.west, 0.0, -step, self.north)

    def pixels(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Columns and rows, shape (n, 2), of points in EPSG:2154."""
        return (points - (self.west, self.north)) * (1, -1) / self.metres_per_pixel


def grain(trait: NDArray[np.float64]) -> NDArray[np.float64]:
    """How coarse a block is drawn, 0 (narrow rows) to 1 (large and scattered)."""
    return ndtr(trait)


def render(
    plan: Plan, trait: NDArray[np.float64], frame: Frame, rng: np.random.Generator
) -> NDArray[np.uint8]:
    """Draw the picture of a plan.

    Parameters
    ----------
    plan : Plan
    trait : array of shape (n_polygons,)
        In the order of ``plan.land``; decides the texture of blocks.
    frame : Frame
    rng : Generator

    Returns
    -------
    array of uint8, shape (height, width, 3)
        Red, green, blue; never zero.
    """
    land = plan.land.to_crs(LAMBERT_93)
    block = rasterize(
        zip(land.geometry, range(len(land)), strict=True),
        out_shape=(frame.height, frame.width),
        transform=frame.transform,
        fill=len(land),
        dtype="int32",
    )
    codes = np.array([*plan.land["code"], BEYOND])
    angle = np.append(plan.land["angle"].to_numpy(), 0.3)
    coarse = grain(np.append(trait, 0.0))
    targets = _targets(codes, rng)
    ground = _ground(block, codes, angle, coarse, targets, frame, rng)
    canvas = Image.fromarray(np.clip(ground, DARKEST, BRIGHTEST).astype(np.uint8))
    draw_objects(canvas, plan, coarse[:-1], plan_to_pixel(frame, plan), rng)
    return _bring_to_mean(np.asarray(canvas), block, targets)


def plan_to_pixel(frame: Frame, plan: Plan) -> NDArray[np.float64]:
    """Affine matrix (2 × 3) from EPSG:3035 metres to column and row.

    Over a city both projections differ by an affine map to within some centimetres.
    """
    west, south, east, north = plan.core
    corners = np.array([[west, south], [east, south], [west, north], [east, north]])
    to_lambert = Transformer.from_crs(GRID, LAMBERT_93, always_xy=True)
    projected = np.column_stack(to_lambert.transform(*corners.T))
    pixels = frame.pixels(projected)
    terms = np.column_stack([corners - corners[0], np.ones(4)])
    matrix = np.linalg.lstsq(terms, pixels, rcond=None)[0].T
    matrix[:, 2] -= matrix[:, :2] @ corners[0]
    return matrix


def _targets(codes: NDArray[np.str_], rng: np.random.Generator) -> NDArray[np.float64]:
    """Mean colour of every polygon: that of its class and a shade that means nothing."""
    colours = np.array([MEAN_COLOURS[code] for code in codes], dtype=float)
    spread = np.array([SHADES.get(code, SHADE) for code in codes], dtype=float)
    bright = rng.standard_normal((len(codes), 1)) * spread[:, :1]
    return colours + bright + rng.standard_normal((len(codes), 3)) * spread[:, 1:]


def _ground(
    block: NDArray[np.int32],
    codes: NDArray[np.str_],
    angle: NDArray[np.float64],
    coarse: NDArray[np.float64],
    targets: NDArray[np.float64],
    frame: Frame,
    rng: np.random.Generator,
) -> NDArray[np.float32]:
    """Colours with noise of three sizes and rows: crops, hedges, mown and marked stripes."""
    rough = np.array([ROUGHNESS.get(code, GARDENS) for code in codes], dtype=np.float32)
    lived_in = np.char.startswith(codes, "11")
    rough[lived_in, 2] *= (0.5 + coarse[lived_in]).astype(np.float32)
    light = np.zeros(block.shape, dtype=np.float32)
    for size, sigma in enumerate((0.0, 1.6, 5.0)):
        light += rough[:, size][block] * _noise(block.shape, sigma / frame.metres_per_pixel, rng)
    light += _rows(block, codes, angle, coarse, frame, rng)
    picture = targets.astype(np.float32)[block]
    picture += light[..., None]
    street = (codes == "12220")[block]
    picture[street & binary_dilation(~street, iterations=2)] += 26
    return picture


def _rows(
    block: NDArray[np.int32],
    codes: NDArray[np.str_],
    angle: NDArray[np.float64],
    coarse: NDArray[np.float64],
    frame: Frame,
    rng: np.random.Generator,
) -> NDArray[np.float32]:
    fields = codes == "21000"
    strength = np.where(np.char.startswith(codes, "11"), 9 * (1 - coarse), 0)
    strength = np.where(np.isin(codes, STRIPED), 24 * (1 - coarse), strength)
    strength = np.where(fields, rng.uniform(2, 9, len(codes)), strength)
    period = np.where(fields, rng.uniform(5, 14, len(codes)), 7 + 8 * coarse)
    number = 2 * np.pi * frame.metres_per_pixel / period
    # Rows run along the block; pixel rows count southwards.
    lean = angle + 0.09
    per_column = (-np.sin(lean) * number).astype(np.float32)
    per_row = (-np.cos(lean) * number).astype(np.float32)
    columns = np.arange(block.shape[1], dtype=np.float32)
    rows = np.arange(block.shape[0], dtype=np.float32)[:, None]
    phase = per_column[block] * columns + per_row[block] * rows
    return strength.astype(np.float32)[block] * np.sin(phase)


def _noise(shape: tuple[int, int], sigma: float, rng: np.random.Generator) -> NDArray[np.float32]:
    """Noise of variance 1, repeated every kilometre."""
    side = NOISE_SIDE
    field = rng.standard_normal((side, side), dtype=np.float32)
    if sigma > 0:
        field = gaussian_filter(field, sigma, mode="wrap")
        field /= field.std()
    repeats = [-(-length // side) for length in shape]
    return np.tile(field, repeats)[: shape[0], : shape[1]]


def _bring_to_mean(
    picture: NDArray[np.uint8], block: NDArray[np.int32], targets: NDArray[np.float64]
) -> NDArray[np.uint8]:
    flat = block.ravel()
    count = np.maximum(np.bincount(flat, minlength=len(targets)), 1)
    out = np.empty_like(picture)
    for band in range(3):
        channel = picture[..., band]
        mean = np.bincount(flat, channel.ravel(), len(targets)) / count
        shift = (targets[:, band] - mean).astype(np.float32)[block]
        out[..., band] = np.clip(np.rint(channel + shift), DARKEST, BRIGHTEST)
    return out
