"""What of an orthophoto is void, that is, shows no ground: the one place that decides it.

=====================  ====================================================================
all bands 0            void, pixel by pixel
mask of the file       in it or beside it (``.msk``), or an alpha band that is one
no-data value          declared in or beside the file (``.aux.xml``): all three colours are it
colours of the user    setting ``void_colours``, pixel by pixel
white, by default      not a pixel, which may be a roof, but an area of a quarter of a tile,
                       or along the edge of the file for half a tile
=====================  ====================================================================

Lossy compression frays the edge of an area of one colour; what is nearly that colour there is void
as well. What becomes of a tile: deviation `void_imagery`.
"""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from rasterio.enums import ColorInterp, MaskFlags
from rasterio.io import DatasetReader
from rasterio.windows import Window
from scipy import ndimage

logger = logging.getLogger(__name__)

Colour = tuple[int, int, int]
Mask = NDArray[np.bool_]

WHITE: Colour = (255, 255, 255)
# Measured on JPEG 2000 at an eighth of its size and JPEG of quality 75: frays end within these.
FRAY_PX, FRAY_LEVELS = 16, 25
# A fill area that meets a window meets its edge in a run of that many pixels, but for its tips.
LEAST_RUN_PX = 8
# An alpha band is 0 or 255 but for soft edges; infrared has all values.
SAMPLES, SAMPLE_PX = 4, 64
MOST_BETWEEN, MOST_VALUES = 0.05, 4
# Red has more levels than that in a photograph, and one under a mask that is 0 all over.
MANY_LEVELS = 32
# Colours of a tile are counted on a lattice of so many pixels a side.
LATTICE = 64
LARGE = 0.25


def void_colours(named: Sequence[int | Sequence[int]] | None) -> tuple[Colour, ...] | None:
    """Colours of the setting ``void_colours``; a single number is a grey.

    Examples
    --------
    >>> void_colours([255, [255, 0, 255]])
    ((255, 255, 255), (255, 0, 255))
    """
    if named is None:
        return None
    triples = [(colour,) * 3 if isinstance(colour, int) else tuple(colour) for colour in named]
    return tuple((int(red), int(green), int(blue)) for red, green, blue in triples)


@dataclass(frozen=True)
class VoidRule:
    """How pixels of one orthophoto are told to be void.

    Attributes
    ----------
    mask_band : int or None
        A band whose mask, by GDAL, is that of the whole file.
    colours : tuple
        Colours that are void wherever they are, beside black.
    finds_white : bool
        Whether large white areas are void.
    """

    mask_band: int | None
    colours: tuple[Colour, ...]
    finds_white: bool


def void_rule(
    dataset: DatasetReader,
    bands: Sequence[int],
    named: tuple[Colour, ...] | None,
    *,
    name: str,
) -> VoidRule:
    """Decide, once for a file, what makes its pixels void.

    As in GDAL a mask goes before a no-data value.

    Parameters
    ----------
    dataset : DatasetReader
    bands : sequence of int
        Its red, green and blue band, from 1.
    named : tuple of colours or None
        The user's; None looks for white areas instead.
    name : str
        What to call the file in the log.
    """
    flags = dataset.mask_flag_enums[bands[0] - 1]
    colours = named or ()
    has_mask = MaskFlags.per_dataset in flags and not (
        MaskFlags.alpha in flags and _is_no_mask(dataset, bands, name)
    )
    if not has_mask:
        values = [dataset.nodatavals[band - 1] for band in bands]
        if all(value is not None and value in range(256) for value in values):
            red, green, blue = map(int, values)
            colours = (*colours, (red, green, blue))
    return VoidRule(bands[0] if has_mask else None, colours, named is None)


def of_colour(pixels: NDArray[np.uint8], colour: Colour) -> Mask:
    """Pixels (3, height, width) of exactly one colour."""
    red, green, blue = pixels
    if colour == WHITE:  # the two that are looked for in every window, at a third of the cost
        return (red & green & blue) == 255
    if colour == (0, 0, 0):
        return (red | green | blue) == 0
    return (red == colour[0]) & (green == colour[1]) & (blue == colour[2])


def may_be_large(area: Mask, tile_px: float) -> bool:
    """Whether pixels of a window can belong to an area that :func:`large_areas` finds around it."""
    if not area.any():
        return False
    if area.sum() >= LARGE * tile_px**2:
        return True
    return any(_has_run(line) for line in _edges(area))


def large_areas(area: Mask, ends: tuple[bool, bool, bool, bool], tile_px: float) -> Mask:
    """Connected areas of at least a quarter of a tile, or along the file's edge for half a tile.

    Parameters
    ----------
    area : array of shape (height, width), bool
    ends : tuple of bool
        Whether the file ends at the top, bottom, left and right of it.
    tile_px : float
        Side of a tile in pixels of the file.
    """
    edges = [line for line, is_end in zip(_edges(area), ends, strict=True) if is_end]
    # Labelling costs as much as decoding: most photographs with white roofs end here.
    if area.sum() < LARGE * tile_px**2 and all(line.sum() < tile_px / 2 for line in edges):
        return np.zeros_like(area)
    label, n = ndimage.label(area)
    sizes = np.bincount(label.ravel(), minlength=n + 1)
    touching = np.zeros(n + 1, dtype=np.int64)
    for line, is_end in zip(_edges(label), ends, strict=True):
        if is_end:
            touching = np.maximum(touching, np.bincount(line, minlength=n + 1))
    large = (sizes >= LARGE * tile_px**2) | (touching >= tile_px / 2)
    large[0] = False
    return large[label]


def with_fray(area: Mask, pixels: NDArray[np.uint8], colour: Colour) -> Mask:
    """An area of one colour with what lossy compression made of its edge."""
    if not area.any() or area.all():
        return area
    apart = np.abs(pixels.astype(np.int16) - np.array(colour, dtype=np.int16)[:, None, None])
    near = area | (apart.max(axis=0) <= FRAY_LEVELS)
    return ndimage.binary_dilation(area, iterations=FRAY_PX, mask=near)


def prevailing_colour(image: NDArray[np.uint8], void: Mask) -> Colour | None:
    """Colour that a quarter or more of a tile has, exactly, where it is not void; None if none."""
    rows, cols = (max(1, size // LATTICE) for size in void.shape)
    shown = ~void[::rows, ::cols]
    red, green, blue = (band[::rows, ::cols][shown].astype(np.uint32) for band in image)
    packed, counts = np.unique(red << 16 | green << 8 | blue, return_counts=True)
    if not len(counts) or counts.max() < LARGE * shown.size:
        return None
    most = int(packed[counts.argmax()])
    return most >> 16, most >> 8 & 255, most & 255


def _edges(area: NDArray) -> tuple[NDArray, NDArray, NDArray, NDArray]:
    """Top and bottom row, left and right column."""
    return area[0], area[-1], area[:, 0], area[:, -1]


def _has_run(line: Mask) -> bool:
    whole = len(line) // LEAST_RUN_PX * LEAST_RUN_PX
    return bool(line[:whole].reshape(-1, LEAST_RUN_PX).all(axis=1).any())


def _is_no_mask(dataset: DatasetReader, bands: Sequence[int], name: str) -> bool:
    """Whether the band that calls itself alpha is a colour, such as infrared, or was never set."""
    band = dataset.colorinterp.index(ColorInterp.alpha) + 1
    if band in bands:
        return True
    values, red = _samples(dataset, band), _samples(dataset, bands[0])
    between = values[(values > 0) & (values < 255)]
    levels, share = len(np.unique(between)), between.size / values.size
    if share > MOST_BETWEEN and levels > MOST_VALUES:
        problem = f"has {levels} values between 0 and 255 ({share:.0%} of its pixels), as infrared"
    elif not values.any() and len(np.unique(red)) > MANY_LEVELS:
        problem = "is 0 all over a photograph"
    else:
        return False
    logger.warning(
        "%s: band %d is called alpha and %s: it is no mask and not looked at", name, band, problem
    )
    return True


def _samples(dataset: DatasetReader, band: int) -> NDArray[np.uint8]:
    return np.concatenate([dataset.read(band, window=part).ravel() for part in _spread(dataset)])


def _spread(dataset: DatasetReader) -> Iterator[Window]:
    """Small windows all over a file."""
    for row in range(SAMPLES):
        for col in range(SAMPLES):
            centre = [
                int((at + 0.5) / SAMPLES * size) - SAMPLE_PX // 2
                for at, size in zip((row, col), dataset.shape, strict=True)
            ]
            top, left = (max(0, at) for at in centre)
            bottom, right = (
                min(at + SAMPLE_PX, size)
                for at, size in zip((top, left), dataset.shape, strict=True)
            )
            yield Window.from_slices((top, bottom), (left, right))
