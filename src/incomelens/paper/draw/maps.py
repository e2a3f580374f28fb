"""Choropleths of districts in a plane: their classes, a scale bar, a legend with units."""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Colormap
from matplotlib.patches import Rectangle
from matplotlib_scalebar.scalebar import ScaleBar
from numpy.typing import NDArray
from shapely.geometry import box

from incomelens.common.errors import InputError
from incomelens.paper.draw.planes import draw_insets
from incomelens.paper.draw.style import INK, MISSING_FACE, MISSING_HATCH, sequential_colours

# Borders between more districts than this would hide them.
MOST_DISTRICTS_WITH_BORDERS = 500
# More than these would make a file that hardly opens: they are drawn as pixels.
MOST_DISTRICTS_AS_OUTLINES = 10_000
# Share of the map's extent that the scale bar may take.
SCALE_BAR_SHARE = 0.25
# Width of a digit, in shares of the font size.
DIGIT_SHARE = 0.6
POINTS_PER_INCH = 72.0
# Limits are printed smaller, down to this, before some of them are left out.
SMALLEST_PT = 5.0


@dataclass(frozen=True)
class Classes:
    """Classes of a variable on a map, about as many districts in each.

    Parameters
    ----------
    breaks : array of shape (n_classes - 1,)
        Inner limits, rising; a value on a limit belongs to the upper class.
    exponent : int
        Power of ten to which the limits are rounded.
    """

    breaks: NDArray[np.float64]
    exponent: int

    @property
    def n(self) -> int:
        """Number of classes."""
        return len(self.breaks) + 1

    def of(self, values: NDArray[np.float64]) -> NDArray[np.intp]:
        """Class 0..n-1 of every value."""
        return np.searchsorted(self.breaks, values, side="right")

    def limits(self, scale: float) -> list[str]:
        """Inner limits times `scale` as text, with the decimals that they need."""
        decimals = max(0, -self.exponent - round(np.log10(scale)))
        return [f"{limit * scale:,.{decimals}f}".replace("-", "−") for limit in self.breaks]


def quantile_classes(values: NDArray[np.float64], n: int) -> Classes:
    """Cut `values` into about `n` equal counts, at limits as round as the data allow.

    Missing values are left out; where many districts share one value, fewer classes come out.

    Raises
    ------
    InputError
        If every value is missing.
    """
    present = values[np.isfinite(values)]
    if present.size == 0:
        raise InputError("a map needs at least one district with a value; all are missing")
    limits = np.unique(np.quantile(present, np.linspace(0, 1, n + 1)))
    inner = limits[1:-1]
    if inner.size == 0:
        return Classes(np.empty(0), 0)
    tolerance = 0.15 * np.diff(limits).min()
    for exponent in range(int(np.ceil(np.log10(np.abs(limits).max()))), -9, -1):
        for factor in (5, 2, 1):
            step = factor * 10.0**exponent
            rounded = np.round(inner / step) * step
            if np.abs(rounded - inner).max() <= tolerance:
                return Classes(rounded, exponent)
    return Classes(inner, -6)


def map_height(plane: gpd.GeoDataFrame, width: float, *, most: float) -> float:
    """Height that a map of this width has, in the unit of `width` and never above `most`."""
    west, south, east, north = plane.total_bounds
    return min(width * (north - south) / (east - west), most)


def draw_map(
    axes: Axes,
    districts: gpd.GeoDataFrame,
    values: NDArray[np.float64],
    classes: Classes,
    *,
    colours: Colormap | None = None,
    outline: gpd.GeoSeries | None = None,
) -> None:
    """Draw districts in the colour of their class; those without a value are hatched.

    Parameters
    ----------
    districts : GeoDataFrame
        In a projection with metres; rows without a polygon are left out.
    values : array of shape (n_districts,)
    colours : Colormap, optional
        Low to high; by default the one of all maps.
    outline : GeoSeries, optional
        Larger areas whose borders are drawn on top.
    """
    colours = colours or sequential_colours()
    has_shape = (districts.geometry.notna() & ~districts.geometry.is_empty).to_numpy()
    shapes, values = districts.geometry[has_shape], values[has_shape]
    present = np.isfinite(values)
    width, edge = (0.2, "white") if len(shapes) <= MOST_DISTRICTS_WITH_BORDERS else (0.1, "face")
    if not present.all():
        shapes[~present].plot(
            ax=axes,
            facecolor=MISSING_FACE,
            edgecolor=MISSING_HATCH,
            hatch="//////",
            linewidth=0.0,
            aspect=None,
        )
    faces = colours(classes.of(values[present]) / max(classes.n - 1, 1))
    # "face" closes the hairlines that viewers draw between neighbouring polygons.
    shapes[present].plot(
        ax=axes,
        color=faces,
        edgecolor=edge,
        linewidth=width,
        aspect=None,
        rasterized=len(shapes) > MOST_DISTRICTS_AS_OUTLINES,
    )
    if outline is not None:
        outline.boundary.plot(ax=axes, color=INK, linewidth=0.3, aspect=None)
    draw_insets(axes, districts[has_shape])
    west, south, east, north = shapes.total_bounds
    axes.set(xlim=(west, east), ylim=(south, north))
    axes.set_aspect("equal")
    axes.set_axis_off()


def area_outlines(districts: gpd.GeoDataFrame) -> gpd.GeoSeries | None:
    """Outlines of the areas (boroughs) that the districts belong to, None where unknown."""
    if "area" not in districts or districts["area"].nunique() < 2:
        return None
    return districts[["area", "geometry"]].dissolve("area").geometry


def draw_scale_bar(axes: Axes, **place: object) -> None:
    """Draw a bar of round length, 1, 2 or 5; `place` is what :class:`ScaleBar` takes of it."""
    west, east = axes.get_xlim()
    most = SCALE_BAR_SHARE * (east - west)
    power = 10.0 ** np.floor(np.log10(most))
    metres = round(max(factor * power for factor in (1, 2, 5) if factor * power <= most))
    length = (metres // 1000, "km") if metres >= 1000 else (metres, "m")
    style = {"width_fraction": 0.006, "font_properties": {"size": 6.5}, "sep": 2, "pad": 0.1}
    fixed = dict(zip(("fixed_value", "fixed_units"), length, strict=True))
    axes.add_artist(ScaleBar(1, "m", color=INK, frameon=False, **style, **fixed, **place))


def draw_bar_inside(axes: Axes, districts: gpd.GeoDataFrame) -> None:
    """Draw a scale bar in the corner with the least map below it."""
    west, south, east, north = districts.total_bounds
    across, up = SCALE_BAR_SHARE * (east - west), 0.08 * (north - south)
    shapes = districts.geometry.dropna()
    covered = {
        f"{side} {hand}": shapes.intersection(box(x, y, x + across, y + up)).area.sum()
        for side, y in (("lower", south), ("upper", north - up))
        for hand, x in (("right", east - across), ("left", west))
    }
    draw_scale_bar(axes, location=min(covered, key=covered.__getitem__), scale_loc="top")


def draw_class_legend(
    axes: Axes,
    classes: Classes,
    *,
    title: str,
    scale: float = 1.0,
    missing: str | None = None,
    colours: Colormap | None = None,
    fontsize: float = 6.5,
) -> None:
    """Fill axes with the classes' colours; their limits stand below, the title above.

    Parameters
    ----------
    title : str
        Names the variable and its unit.
    scale : float
        The limits are multiplied by this before they are printed.
    missing : str, optional
        Label of a hatched field for districts without a value, to the right of the strip.
    fontsize : float
        Of the limits and of the label.
    """
    colours = colours or sequential_colours()
    strip = 0.66 if missing else 1.0
    width = strip / classes.n
    for place in range(classes.n):
        face = colours(place / max(classes.n - 1, 1))
        axes.add_patch(Rectangle((place * width, 0), width, 1, facecolor=face, edgecolor="none"))
    limits = list(enumerate(classes.limits(scale), start=1))
    size = _size_of_limits(axes, limits, width, fontsize)
    for place, limit in limits[:: _every(axes, limits, width, size)]:
        axes.annotate(
            limit,
            (place * width, 0),
            xytext=(0, -2),
            textcoords="offset points",
            ha="center",
            va="top",
            fontsize=size,
        )
    axes.text(0, 1.25, title, ha="left", va="bottom", fontsize=fontsize)
    if missing:
        axes.add_patch(
            Rectangle(
                (0.71, 0), 0.06, 1,
                facecolor=MISSING_FACE, edgecolor=MISSING_HATCH, hatch="//////", linewidth=0,
            )
        )  # fmt: skip
        axes.text(0.785, 0.5, missing, ha="left", va="center", fontsize=fontsize)
    axes.set(xlim=(0, 1), ylim=(0, 1))
    axes.set_axis_off()


def _size_of_limits(
    axes: Axes, limits: list[tuple[int, str]], width: float, fontsize: float
) -> float:
    """Size at which all limits stand side by side, if it can be read; else the usual one."""
    if _every(axes, limits, width, fontsize) == 1:
        return fontsize
    longest = max(len(text) for _, text in limits)
    fitting = _room(axes, width) / ((longest + 1.0) * DIGIT_SHARE)
    return fitting if fitting >= SMALLEST_PT else fontsize


def _every(axes: Axes, limits: list[tuple[int, str]], width: float, fontsize: float) -> int:
    """Of which so many limits one is printed, so that they do not run into each other."""
    longest = max((len(text) for _, text in limits), default=0)
    return int(np.ceil((longest + 0.5) * DIGIT_SHARE * fontsize / _room(axes, width)))


def _room(axes: Axes, width: float) -> float:
    """Points that a share of the width of axes measures."""
    return axes.get_window_extent().width / axes.figure.dpi * POINTS_PER_INCH * width
