"""A figure inside a page: its pixels as a data URI, no wider than a page can show."""

import base64
import io
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

# Twice the widest place that the page has for a figure, for screens with two pixels a point.
WIDEST_PX = 1900
COLOURS = 256


@dataclass(frozen=True)
class Picture:
    """An image ready for ``<img>``: its address, and its size in pixels."""

    uri: str
    width: int
    height: int


def embedded_picture(path: str | Path, *, widest: int = WIDEST_PX) -> Picture:
    """Embed a PNG, scaled down where it is wider than `widest`.

    Figures of few colours are stored with a palette, which changes no visible pixel; photographs
    (more than 256 colours after scaling) keep all of theirs.
    """
    with Image.open(path) as image:
        picture = image.convert("RGB") if image.mode != "RGBA" else _on_white(image)
    if picture.width > widest:
        height = round(picture.height * widest / picture.width)
        picture = picture.resize((widest, height), Image.Resampling.LANCZOS)
    packed = min(_packed(picture), _packed(_with_palette(picture)), key=len)
    text = base64.b64encode(packed).decode("ascii")
    return Picture(f"data:image/png;base64,{text}", picture.width, picture.height)


def _on_white(image: Image.Image) -> Image.Image:
    page = Image.new("RGB", image.size, "white")
    page.paste(image, mask=image.getchannel("A"))
    return page


def _with_palette(picture: Image.Image) -> Image.Image:
    return picture.quantize(COLOURS, dither=Image.Dither.NONE)


def _packed(picture: Image.Image) -> bytes:
    stream = io.BytesIO()
    picture.save(stream, format="PNG", optimize=True)
    return stream.getvalue()
