"""Draw what a fit, its explanation and their memory cost against the number of districts.

    python benchmarks/costs_figure.py

From docs/benchmarks/country_costs.json, which `bench_country.py --sizes` leaves, to
docs/costs_by_districts.png. `python benchmarks/tables.py` does it as well.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.ticker import LogLocator, NullLocator, StrMethodFormatter

from incomelens.paper.draw.style import PAGE_MM, letter, paper_figure

DOCS = Path(__file__).resolve().parents[1] / "docs"
MEASUREMENT, FIGURE = DOCS / "benchmarks/country_costs.json", DOCS / "costs_by_districts.png"
# Ends of rows, and what their panels are called.
PANELS = {
    "five folds, wall": "five folds, wall time (s)",
    "Shapley values of all, wall": "Shapley values of all, wall time (s)",
    "most memory": "most memory (GB)",
}
COLOURS = {"optimised": "#0072B2", "additive": "#D55E00"}
LINES = {"inducing points": ("o", "-"), "exact": ("s", "--"), "GPBoost, Vecchia": ("^", ":")}
HEIGHT_MM = 70.0

Row = Mapping[str, Any]


def series(rows: Sequence[Row], panel: str) -> Iterator[tuple[str, str, list[tuple[int, float]]]]:
    """Mode, way, and (districts, number) of each line of a panel."""
    of_panel = [row for row in rows if row["what"].endswith(panel)]
    for mode in COLOURS:
        of_mode = [row for row in of_panel if row["what"].startswith(f"`{mode}`")]
        for way in LINES:
            numbers = [
                (row["districts"], {"inducing points": row["ours"], **row["peers"]}.get(way))
                for row in of_mode
            ]
            points = sorted((n, number) for n, number in numbers if number is not None)
            if points:
                yield mode, way, points


def draw(rows: Sequence[Row], path: Path) -> None:
    """Draw one panel a cost, logarithmic both ways."""
    sizes = sorted({row["districts"] for row in rows})
    with paper_figure(PAGE_MM, HEIGHT_MM) as figure:
        for at, (panel, title) in enumerate(PANELS.items()):
            axes = figure.panel(13 + 60 * at, 14, 46, 44)
            for mode, way, points in series(rows, panel):
                marker, line = LINES[way]
                style = {"marker": marker, "linestyle": line, "markersize": 3, "linewidth": 1}
                axes.plot(*zip(*points, strict=True), color=COLOURS[mode],
                          label=f"{mode}, {way}", **style)  # fmt: skip
            finish(axes, title, sizes)
            letter(axes, "abc"[at], left_mm=8)
        handles, names = figure.axes[0].get_legend_handles_labels()
        figure.legend(handles, names, loc="upper center", ncols=5, frameon=False)
        figure.write(path)


def finish(axes: Axes, title: str, sizes: Sequence[int]) -> None:
    """Scale and label a panel."""
    axes.set(xscale="log", yscale="log", xlabel="districts")
    axes.set_title(title, loc="left", x=-0.05)
    axes.set_xticks(sizes, [f"{size:,}" for size in sizes])
    axes.yaxis.set_major_formatter(StrMethodFormatter("{x:,g}"))
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 3)))
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_minor_locator(NullLocator())


def main() -> None:
    """Draw the figure anew."""
    told = json.loads(MEASUREMENT.read_text(encoding="utf-8"))
    draw(told["rows"], FIGURE)


if __name__ == "__main__":
    main()
