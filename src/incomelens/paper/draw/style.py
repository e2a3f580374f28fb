"""How every figure looks: one palette, the journal's widths and fonts, files equal on every run.

The same thing has the same colour in every figure. All colours stay apart under the common colour
vision deficiencies (Okabe & Ito 2008; ColorBrewer; matplotlib's perceptually uniform maps), and
none carries a meaning alone: shapes, hatches, signs or labels say the same.
"""

import logging
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import Colormap, LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.typing import RcKeyType

from incomelens.common.files import whole_file
from incomelens.paper.names import SOCIOECONOMIC, SPATIAL

mpl.use("Agg")
logging.getLogger("fontTools").setLevel(logging.WARNING)  # it reports every table of every font

# Widths of one and of two columns of the journal.
COLUMN_MM = 89.0
PAGE_MM = 183.0
MM_PER_INCH = 25.4
PNG_DPI = 300
# Layers with thousands of dots are pixels inside the PDF, at this resolution.
PIXELS_IN_PDF_DPI = 600

INK = "#222222"
QUIET = "#6f6f6f"
RULE = "#d0d0d0"
MISSING_FACE = "#ececec"
MISSING_HATCH = "#9a9a9a"
GROUP_COLOURS = {SOCIOECONOMIC: "#0072B2", SPATIAL: "#D55E00"}
# From light to dark as the folds get harder; matched folds are as hard as the map they match.
SCHEME_COLOURS = {
    "random": "#7CCBA2",
    "group": "#D8A43C",
    "block": "#089099",
    "area": "#045275",
    "knndm": "#B35C1E",
}
SCHEME_MARKERS = {"random": "o", "group": "v", "block": "s", "area": "D", "knndm": "^"}

STYLE: dict[RcKeyType, Any] = {
    "font.family": "DejaVu Sans",  # comes with matplotlib: equal on every machine
    "font.size": 7.0,
    "axes.titlesize": 7.0,
    "axes.labelsize": 7.0,
    "xtick.labelsize": 6.5,
    "ytick.labelsize": 6.5,
    "legend.fontsize": 6.5,
    "axes.linewidth": 0.5,
    "xtick.major.width": 0.5,
    "ytick.major.width": 0.5,
    "xtick.major.size": 2.5,
    "ytick.major.size": 2.5,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.unicode_minus": True,
    "hatch.linewidth": 0.35,
    "pdf.fonttype": 42,  # text stays text
    "image.composite_image": False,
}


@contextmanager
def figure_style() -> Generator[None]:
    """Draw the block in the style above, whatever the user's own matplotlib settings are."""
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(STYLE)
        yield


class _UnseenCanvas(FigureCanvasAgg):
    """Draws when a figure is saved; not after every layer, which GeoPandas asks for."""

    def draw_idle(self, *_: object, **__: object) -> None:
        """Leave it: nobody looks on."""


class PaperFigure(Figure):
    """A figure whose files are whole or not there, and equal on every run."""

    def panel(self, left: float, top: float, width: float, height: float) -> Axes:
        """Add axes at a place in millimetres from the figure's left and upper edge."""
        full_width, full_height = self.get_size_inches() * MM_PER_INCH
        bottom = 1.0 - (top + height) / full_height
        return self.add_axes((left / full_width, bottom, width / full_width, height / full_height))

    def write(self, path: str | Path) -> None:
        """Write it as PDF or PNG, by the path's ending; nothing in the file tells the time."""
        is_pdf = Path(path).suffix == ".pdf"
        clock = {"CreationDate": None, "ModDate": None, "Creator": "IncomeLens"}
        metadata = clock if is_pdf else {"Software": None}
        with figure_style(), whole_file(path) as beside:
            self.savefig(beside, dpi=PIXELS_IN_PDF_DPI if is_pdf else PNG_DPI, metadata=metadata)


@contextmanager
def paper_figure(width_mm: float, height_mm: float) -> Generator[PaperFigure]:
    """Draw an empty figure of a size in millimetres in the style above."""
    with figure_style():
        figure = PaperFigure(figsize=(width_mm / MM_PER_INCH, height_mm / MM_PER_INCH))
        _UnseenCanvas(figure)
        yield figure


def letter(axes: Axes, text: str, *, left_mm: float = 0.0, above_mm: float = 1.5) -> None:
    """Write a panel's letter, bold, above the upper left corner of its axes."""
    axes.annotate(
        text,
        xy=(0.0, 1.0),
        xycoords="axes fraction",
        xytext=(-left_mm * 72.0 / MM_PER_INCH, above_mm * 72.0 / MM_PER_INCH),
        textcoords="offset points",
        fontsize=8.5,
        fontweight="bold",
        va="baseline",
        ha="left",
        annotation_clip=False,
    )


def sequential_colours() -> Colormap:
    """Light for little, dark for much: the values on every map."""
    colours = mpl.colormaps["YlGnBu"]
    return LinearSegmentedColormap.from_list(
        "incomelens_sequential", [colours(0.06 + 0.94 * step / 32) for step in range(33)]
    )


def value_colours(colours: str) -> Colormap:
    """Low to high value of a variable in the beeswarms, by the configuration's `figures.colours`.

    `paper` goes from blue to red as printed; `colour_blind_safe` (deviation `figure_colours`) from
    blue over purple to yellow, growing lighter all along.
    """
    if colours == "paper":
        return LinearSegmentedColormap.from_list(
            "incomelens_blue_red", ["#1f5fd0", "#8d5fb8", "#d7263d"]
        )
    plasma = mpl.colormaps["plasma"]
    return LinearSegmentedColormap.from_list(
        "incomelens_values", [plasma(0.02 + 0.86 * step / 32) for step in range(33)]
    )
