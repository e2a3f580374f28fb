"""What panels of several figures share: lines with names, dots, matrices, scales, keys."""

from collections.abc import Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Colormap, LogNorm, Normalize
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.ticker import NullLocator
from matplotlib.typing import LineStyleType

from incomelens.common.errors import present
from incomelens.paper.draw.style import INK, QUIET, RULE, SCHEME_COLOURS, SCHEME_MARKERS, letter

BAND = "#f6f6f6"
DASHED = (0, (4, 3))
DASHES: dict[str, Any] = {"color": QUIET, "linewidth": 0.6, "linestyle": DASHED}
# A dot with a rim, so that dots on top of each other are told apart; its interval; those of keys.
DOT: dict[str, Any] = {
    "markersize": 3.6,
    "markeredgecolor": "white",
    "markeredgewidth": 0.4,
    "zorder": 3,
}
INTERVAL_PT = 1.1
# ColorBrewer: safe for every eye, the middle is white.
RATIO_COLOURS = "PuOr_r"
# The line of a ratio that H0 expects; the paper's is yellow, too.
NULL_COLOUR = "#e69f00"


def heading(axes: Axes, mark: str, title: str, *, x: float = 0.06) -> None:
    """Write a panel's letter and, beside it, its title."""
    letter(axes, mark)
    axes.set_title(title, loc="left", x=x, pad=4.2)


def lay_out_lines(
    axes: Axes, names: Sequence[str], *, with_names: bool = True, bands: bool = True
) -> None:
    """Lay out lines from top to bottom: their names, a band under every other one, a grid."""
    for line in range(0, len(names) * bands, 2):
        axes.axhspan(line - 0.5, line + 0.5, color=BAND, linewidth=0, zorder=0)
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.set_yticks(range(len(names)), names if with_names else [])
    vertical_grid(axes)


def vertical_grid(axes: Axes) -> None:
    """Draw a faint grid of the horizontal axis, and no vertical axis."""
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x", color=RULE, linewidth=0.4)
    axes.set_axisbelow(True)
    axes.spines["left"].set_visible(False)


def side_by_side(n: int, reach: float) -> np.ndarray:
    """Offsets of `n` things that share a line, up to `reach` to either side."""
    return np.linspace(-reach, reach, n) if n > 1 else np.zeros(n)


def set_spines(axes: Axes, colour: str | None = RULE) -> None:
    """Frame axes in a colour, or not at all."""
    for spine in axes.spines.values():
        spine.set_visible(colour is not None)
        if colour is not None:
            spine.set_color(colour)


def outline_field(axes: Axes, x: float, y: float) -> None:
    """Outline one field of a matrix, over its edges."""
    axes.add_patch(Rectangle((x, y), 1, 1, fill=False, edgecolor=INK, linewidth=0.8, clip_on=False))


def colour_strip(axes: Axes, colours: Colormap, limits: Normalize, label: str, pad: float) -> None:
    """Fill axes with a scale of colours, its label `pad` points below."""
    ends = (present(limits.vmin), present(limits.vmax))
    axes.imshow(np.linspace(*ends, 256)[None], cmap=colours, aspect="auto", extent=(*ends, 0, 1))
    axes.set_yticks([])
    axes.set_xlabel(label, labelpad=pad)
    set_spines(axes, None)


def ratio_scale(
    axes: Axes, limits: tuple[float, float], ticks: Sequence[float], label: str
) -> None:
    """Fill axes with the logarithmic scale of ratios, beyond whose ends colours stay the same."""
    scale = axes.figure.colorbar(
        ScalarMappable(LogNorm(*limits), mpl.colormaps[RATIO_COLOURS]),
        cax=axes, orientation="horizontal", extend="both",
    )  # fmt: skip
    scale.set_ticks(ticks, labels=[f"{tick:g}" for tick in ticks])
    axes.xaxis.set_minor_locator(NullLocator())
    scale.set_label(label)


def is_dark(colour: Sequence[float], below: float) -> bool:
    """Whether the luminance of a colour is so low that text on it has to be white."""
    return float(np.dot(colour[:3], (0.299, 0.587, 0.114))) < below


def two_decimals(value: float | None) -> str:
    """A number on a figure, with a minus instead of a hyphen; a dash where there is none."""
    return "–" if value is None or not np.isfinite(value) else f"{value:.2f}".replace("-", "−")


def key_mark(
    colour: str, label: str, marker: str = "o", *, size: float = 4, filled: bool = True,
    **style: Any,
) -> Line2D:  # fmt: skip
    """Entry of a key: a marker, open or filled, and the line of `style` through it."""
    return Line2D(
        [], [], color=colour, label=label, marker=marker, markersize=size,
        markerfacecolor=colour if filled else "white", **style,
    )  # fmt: skip


def key_line(colour: str, label: str, width: float, style: LineStyleType = "-") -> Line2D:
    """Entry of a key: a line."""
    return Line2D([], [], color=colour, label=label, linewidth=width, linestyle=style)


def scheme_marks(schemes: Sequence[str], names: dict[str, str]) -> list[Line2D]:
    """Entries of a key: the dots of the schemes of folds."""
    rim: dict[str, Any] = {"linewidth": INTERVAL_PT, "markeredgecolor": "white"}
    return [
        key_mark(SCHEME_COLOURS[scheme], names[scheme], SCHEME_MARKERS[scheme], **rim)
        for scheme in schemes
    ]


def key_above(figure: Figure, handles: Sequence[Line2D], ncols: int, **spacing: float) -> None:
    """Write the key of a whole figure above its panels."""
    figure.legend(
        handles=handles, loc="upper center", ncols=ncols, frameon=False,
        bbox_to_anchor=(0.5, 1.0), **spacing,
    )  # fmt: skip
