"""A figure inside a page: its pixels as a data URI, no wider than a page can show."""

import base64
import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

# Twice the widest place that the page has for a figure, for screens with two pixels a point.
WIDEST_PX = 1900
COLOURS = 256
# Difference between two pictures, of 255, that nobody sees: drawings stay below 2, photographs with
# 256 colours are off by 3 and more.
VISIBLE = 2.5


@dataclass(frozen=True)
class Picture:
    """An image ready for ``<img>``: its address, and its size in pixels."""

    uri: str
    width: int
    height: int


def embedded_picture(path: str | Path, *, widest: int = WIDEST_PX) -> Picture:
    """Embed a PNG, scaled down where it is wider than `widest`.

    A drawing is stored with a palette of 256 colours, as long as no eye sees a difference; what
    holds a photograph keeps all of its colours.
    """
    with Image.open(path) as image:
        picture = image.convert("RGB") if image.mode != "RGBA" else _on_white(image)
    if picture.width > widest:
        height = round(picture.height * widest / picture.width)
        picture = picture.resize((widest, height), Image.Resampling.LANCZOS)
    small = picture.quantize(COLOURS, dither=Image.Dither.NONE)
    packed = _packed(small if _difference(small, picture) <= VISIBLE else picture)
    text = base64.b64encode(packed).decode("ascii")
    return Picture(f"data:image/png;base64,{text}", picture.width, picture.height)


def _on_white(image: Image.Image) -> Image.Image:
    page = Image.new("RGB", image.size, "white")
    page.paste(image, mask=image.getchannel("A"))
    return page


def _difference(one: Image.Image, other: Image.Image) -> float:
    """Root mean square over pixels and colours, of 255."""
    apart = np.asarray(one.convert("RGB"), np.float32) - np.asarray(other, np.float32)
    return float(np.sqrt(np.mean(apart**2)))


def _packed(picture: Image.Image) -> bytes:
    stream = io.BytesIO()
    picture.save(stream, format="PNG", optimize=True)
    return stream.getvalue()
