"""The study's tables and figures, read from what each tells of itself."""

import base64
import io
import json
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import docutils.core
import numpy as np
from PIL import Image

from incomelens.common.errors import InputError, listed

# Form of the file that shows it, by kind; a table's numbers lie beside under the same name.
SHOWN_AS = {"figure": "png", "table": "html"}
TOLD = ("target", "study", "caption", "labels", "files", "table")
# Longest text that stands for a figure where it cannot be seen; the caption below tells the rest.
LONGEST_ALT = 300
# Longest table that a page holds to be downloaded from it; a longer one lies beside the page alone.
LONGEST_CSV = 400_000  # bytes
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


@dataclass(frozen=True)
class Shown:
    """A table or figure as a page shows it.

    Parameters
    ----------
    target : str
        The rule that makes it.
    study, kind, label : str
        Under which the page lists it: the study, ``figure`` or ``table``, its name.
    caption : str
        As HTML.
    alt : str
        What a figure shows, in a few words: the label and how the caption begins.
    files : tuple of Path
        Everything that the rule writes; the first one shows it.
    numbers : sequence of (str, str)
        Names and addresses (``data:``) of its CSVs, for a page that is passed on without its files.
    inside : Picture or str
        The figure, or the table as HTML.
    tallies : sequence of mappings
        Of a ledger: how many claims came out which way.
    conclusion : sequence of str
        What follows from a table, in sentences.
    beside_paper : bool
        Whether a table holds what the paper prints.
    """

    target: str
    study: str
    kind: str
    label: str
    caption: str
    alt: str
    files: tuple[Path, ...]
    inside: Picture | str
    tallies: Sequence[Mapping] = ()
    conclusion: Sequence[str] = ()
    beside_paper: bool = False
    numbers: Sequence[tuple[str, str]] = ()

    @property
    def anchor(self) -> str:
        """Address of its place on the page, other for a figure and a table of one name."""
        return f"{self.files[0].parent.name}-{self.files[0].stem}-{self.kind}"


def read_exhibits(paths: Sequence[str | Path], *, threads: int = 1) -> list[Shown]:
    """Read tables and figures in this order; what is both gives a figure and a table.

    Parameters
    ----------
    paths : sequence of paths
        What each tells of itself: the JSON of :class:`incomelens.paper.exhibit.Exhibit`.
    threads : int
        Pictures that are packed at a time.

    Raises
    ------
    InputError
        If one does not tell what a page has to know.
    """
    with ThreadPoolExecutor(threads) as pool:
        return [exhibit for exhibits in pool.map(_read, map(Path, paths)) for exhibit in exhibits]


def _read(path: Path) -> list[Shown]:
    meta = json.loads(path.read_text(encoding="utf-8"))
    lacking = [name for name in TOLD if name not in meta]
    if lacking:
        raise InputError(
            f"{path}: does not tell {listed(lacking, most=9)}; delete it and make the table or "
            "figure once more"
        )
    files = {form: path.with_name(name) for form, name in meta["files"].items()}
    return [_shown(meta, kind, files) for kind in meta["labels"]]


def _shown(meta: Mapping, kind: str, files: Mapping[str, Path]) -> Shown:
    file, table = files[SHOWN_AS[kind]], meta["table"] if kind == "table" else None
    plain = f"{meta['labels'][kind]}. {docutils.core.publish_doctree(meta['caption']).astext()}"
    return Shown(
        target=meta["target"],
        study=meta["study"],
        kind=kind,
        label=meta["labels"][kind],
        caption=caption_html(meta["caption"]),
        alt=textwrap.shorten(plain, LONGEST_ALT, placeholder="…"),
        files=(file, *(path for path in files.values() if path != file)),
        inside=file.read_text(encoding="utf-8") if table else embedded_picture(file),
        tallies=table["tallies"] if table else (),
        conclusion=table["conclusion"] if table else (),
        beside_paper=bool(table)
        and bool(table["printed_rows"] or any(column["printed"] for column in table["columns"])),
        # What is both a figure and a table has one CSV.
        numbers=embedded_tables(files.values()) if kind == list(meta["labels"])[-1] else (),
    )


def embedded_tables(paths: Iterable[Path]) -> list[tuple[str, str]]:
    """Name and ``data:`` address of every CSV that is not too long for a page."""
    return [
        (path.name, f"data:text/csv;base64,{base64.b64encode(path.read_bytes()).decode('ascii')}")
        for path in paths
        if path.suffix == ".csv" and path.stat().st_size <= LONGEST_CSV
    ]


def caption_html(text: str) -> str:
    """Turn reStructuredText into HTML, without a heading or frame of its own."""
    settings = {"report_level": 5, "raw_enabled": False, "file_insertion_enabled": False}
    parts = docutils.core.publish_parts(text, writer="html5", settings_overrides=settings)
    return parts["fragment"].strip()


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
    stream = io.BytesIO()
    chosen = small if _difference(small, picture) <= VISIBLE else picture
    chosen.save(stream, format="PNG", optimize=True)
    text = base64.b64encode(stream.getvalue()).decode("ascii")
    return Picture(f"data:image/png;base64,{text}", picture.width, picture.height)


def _on_white(image: Image.Image) -> Image.Image:
    page = Image.new("RGB", image.size, "white")
    page.paste(image, mask=image.getchannel("A"))
    return page


def _difference(image: Image.Image, picture: Image.Image) -> float:
    """Root mean square over pixels and colours, of 255."""
    apart = np.asarray(image.convert("RGB"), np.float32) - np.asarray(picture, np.float32)
    return float(np.sqrt(np.mean(apart**2)))
