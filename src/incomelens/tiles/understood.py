"""What is understood of a city's data before anything runs: incomes, land use, images, points.

Incomes, polygons and points are read; of images and rasters the headers, and of some rasters one
block, for its codes. What does not lie on this disk is named as what has to be fetched first.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from incomelens.cells.build import build_cells
from incomelens.cells.urban_classes import EXCLUDED, land_use_list
from incomelens.common.errors import InputError, listed, present
from incomelens.common.labels import Label
from incomelens.common.places import crs_name
from incomelens.sources.fetching.origins import Places, on_disk
from incomelens.sources.fetching.registry import Registry
from incomelens.sources.readers.categorical_rasters import survey_rasters
from incomelens.sources.readers.income_cells import CRS_OF_FILE
from incomelens.sources.readers.incomes import OF_THE_GRID, read_incomes
from incomelens.sources.readers.land_use import LandUseDelivery, open_land_use
from incomelens.sources.readers.orthophotos import list_orthophotos
from incomelens.sources.readers.points import read_points
from incomelens.tiles.plan import check_cover
from incomelens.tiles.squares import tile_squares

MOST_NAMED = 12  # areas, classes, codes


@dataclass(frozen=True)
class Part:
    """A part of a city's data.

    Attributes
    ----------
    files : sequence of path
        What lies on this disk.
    to_fetch : sequence of str
        What does not; the part is not looked into then.
    options : mapping
        What its reader is told.
    """

    files: Sequence[Path]
    to_fetch: Sequence[str] = ()
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class CityData:
    """The data of a city.

    Attributes
    ----------
    name : str
    income, land_use : Part
        Their options have `reader` and what the reader is told.
    boundary : Part
        Without files where its land use, or nothing, bounds the city.
    imagery : mapping of str to Part
        By date; the date is empty where there is one without a name.
    points : mapping of str to Part
        By kind.
    label : mapping, optional
        Of the incomes, see :meth:`incomelens.common.labels.Label.of`.
    """

    name: str
    income: Part
    land_use: Part
    boundary: Part
    imagery: Mapping[str, Part]
    points: Mapping[str, Part]
    label: Mapping[str, Any] | None = None


def city_data(
    told: Mapping[str, Any], *, registry: Registry, places: Places, results: str | Path
) -> CityData:
    """Look up which of a city's files lie on this disk.

    Parameters
    ----------
    told : mapping
        Of :func:`incomelens.study.first_look.looked_at`: of every part `sources`, `own` files and
        `options`.
    registry : Registry
    places : Places
        Where files of the registry are looked for, beside the study's own copies.
    results : path
        Folder of the study.
    """

    def part(one: Mapping[str, Any]) -> Part:
        files = {
            file.label: on_disk(file, places, results) for file in registry.files(one["sources"])
        }
        found = [path for path in (*files.values(), *map(Path, one["own"])) if path is not None]
        return Part(
            [path for path in found if path.exists()],
            [label for label, path in files.items() if path is None],
            one["options"],
        )

    return CityData(
        told["name"],
        part(told["income"]),
        part(told["land_use"]),
        part(told["boundary"]),
        {date: part(one) for date, one in told["imagery"].items()},
        {kind: part(one) for kind, one in told["points"].items()},
        told["label"],
    )


@dataclass(frozen=True)
class Understood:
    """Lines on what was understood, what has to be mended, and cells to be kept of every city.

    Of a city whose cells were not looked into, their number is None.
    """

    lines: Sequence[str]
    problems: Sequence[str]
    n_cells: Sequence[int | None]

    @property
    def text(self) -> str:
        """All lines."""
        return "\n".join(self.lines)


def understand(cities: Iterable[CityData], **settings: Any) -> Understood:
    """Say how the data of cities are read; `settings` are those of :func:`understand_city`."""
    each = [understand_city(city, **settings) for city in cities]
    return Understood(
        [line for one in each for line in one.lines],
        [problem for one in each for problem in one.problems],
        [number for one in each for number in one.n_cells],
    )


def understand_city(
    city: CityData,
    *,
    cells: Mapping[str, Any],
    side_m: float | None = None,
    max_void_share: float = 0.0,
) -> Understood:
    """Say how the data of a city are read, part by part.

    Parameters
    ----------
    city : CityData
    cells : mapping
        Settings of :func:`incomelens.cells.build.build_cells`.
    side_m : float, optional
        Of the tiles (:func:`incomelens.tiles.squares.tile_squares`).
    max_void_share : float
        Largest share of a tile without imagery with which it is kept.

    Returns
    -------
    Understood
        A part that cannot be read is a problem, whatever follows from it waits.
    """
    look = _Look(city, cells, side_m, max_void_share)
    look.tell("cells", city.income, look.cells)
    look.tell("land use", city.land_use, look.land_use)
    for date, part in city.imagery.items():
        look.tell(f"images {date}".strip(), part, look.images)
    for kind, part in city.points.items():
        look.tell(kind, part, look.points)
    return Understood([f"{city.name}:", *look.lines], look.problems, [look.n_kept])


class _Look:
    """Lines that grow as one part after another is looked into."""

    def __init__(
        self,
        city: CityData,
        settings: Mapping[str, Any],
        side_m: float | None,
        max_void_share: float,
    ) -> None:
        self.city, self.settings = city, settings
        self.side_m, self.max_void_share = side_m, max_void_share
        self.lines: list[str] = []
        self.problems: list[str] = []
        self._cells: gpd.GeoDataFrame | None = None
        self._delivery: LandUseDelivery | None = None

    def tell(self, name: str, part: Part, looked: Callable[[Part], Iterator[str]]) -> None:
        """Add the lines of a part, or why there are none."""
        if part.to_fetch:
            told = [f"to be fetched first: {listed(part.to_fetch)}"]
        elif not part.files:
            told = ["not there"]
        else:
            try:
                told = list(looked(part))
            except InputError as error:
                self.problems.append(f"{self.city.name}, {name}: {error}")
                told = ["cannot be understood, see below"]
        self.lines += [f"  {name if not n else '':<12} {text}" for n, text in enumerate(told)]

    def cells(self, part: Part) -> Iterator[str]:
        """How many, where, of which side, and what their label is."""
        bounded = self._open_land_use()
        options = dict(part.options)
        reader = options.pop("reader")
        if reader in OF_THE_GRID and not bounded:
            yield "those of the grid that lie inside the city, which the land use bounds"
            return
        bounds = present(self._delivery).bounds("EPSG:3035") if bounded else None
        grid = read_incomes(part.files[0], reader=reader, bounds=bounds, options=options)
        label = Label.of(self.city.label)
        boundary = present(self._delivery).boundary if bounded else None
        self._cells = build_cells(grid, boundary, label=label, **self.settings)
        yield _told_places(self._cells, grid.attrs.get(CRS_OF_FILE))
        yield _told_label(self._cells, label)
        reasons = self._cells["drop_reason"].value_counts().sort_index()
        left = ", ".join(f"{n:,} {reason}" for reason, n in reasons.items()) or "none"
        yield f"{self.n_kept:,} to be kept; left out: {left}"

    def land_use(self, part: Part) -> Iterator[str]:
        """Where it comes from, which classes it has, and codes that the list lacks."""
        if self._cells is None:
            yield "waits for the cells"
            return
        options = dict(part.options)
        if options.pop("reader") == "raster":
            options.pop("boundary_layer", None)
            rasters = survey_rasters(part.files, self._cells.geometry, **options)
            pixels = " to ".join(dict.fromkeys(f"{side:.3g}" for side in rasters.pixel_m))
            yield f"rasters: {rasters.n_files:,} in {listed(rasters.crs)}, pixels of {pixels} m"
            where = f"in a block of {rasters.n_looked:,} of them"
            yield from _told_codes(rasters.codes, where)
        else:
            self._open_land_use()
            polygons = present(self._delivery).near(self._cells.geometry)
            yield f"polygons near the cells: {len(polygons):,}"
            yield from _told_codes(polygons["code"].astype("str").unique(), "in all of them")

    def images(self, part: Part) -> Iterator[str]:
        """How many, in which system, and of how many cells they show all."""
        listing = list_orthophotos(part.files, **part.options)
        told = f"{len(listing):,} in {crs_name(listing.crs)}"
        if self._cells is None:
            yield told
            return
        ground = tile_squares(self._cells, side_m=self.side_m)
        share = check_cover(ground, listing, max_void_share=self.max_void_share)
        whole, enough = (share >= 1).mean(), (share >= 1 - self.max_void_share).mean()
        yield (
            f"{told}; of {len(share):,} cells {100 * whole:.3g} % are shown whole, "
            f"{100 * enough:.3g} % far enough to be kept"
        )

    def points(self, part: Part) -> Iterator[str]:
        """How many there are, and how many lie in a cell."""
        points = read_points(part.files[0], **part.options)
        placed = points[~(points.is_empty | points.isna())]
        told = (
            f"{len(points):,} in {crs_name(points.crs)}, {len(points) - len(placed):,} of no place"
        )
        if self._cells is None:
            yield told
            return
        tree = shapely.STRtree(placed.to_crs(self._cells.crs).to_numpy())
        _, inside = tree.query(self._cells.geometry.to_numpy(), predicate="intersects")
        yield f"{told}, {len(np.unique(inside)):,} in cells"

    @property
    def n_kept(self) -> int | None:
        """How many cells are to be kept, once they were looked into."""
        return None if self._cells is None else int(self._cells["drop_reason"].isna().sum())

    def _open_land_use(self) -> bool:
        """Whether the land use is there, and what bounds the city with it; then it is open."""
        needed = (self.city.land_use, self.city.boundary)
        if any(part.to_fetch for part in needed) or not self.city.land_use.files:
            return False
        if self._delivery is None:
            self._delivery = open_land_use(
                self.city.land_use.files,
                boundary=self.city.boundary.files,
                **self.city.land_use.options,
            )
        return True


def _told_places(cells: gpd.GeoDataFrame, of_file: str | None) -> str:
    name = crs_name(cells.crs)
    moved = f" (the file has {of_file})" if of_file not in (None, name) else ""
    areas = ""
    if "area" in cells:
        names = sorted(cells["area"].astype(str).unique())
        word = "area" if len(names) == 1 else "areas"
        areas = f", in {len(names):,} {word}: {listed(names, MOST_NAMED)}"
    side = np.sqrt(np.median(cells.area))
    return f"{len(cells):,} in {name}{moved}, median side {side:.4g} m{areas}"


def _told_label(cells: gpd.GeoDataFrame, label: Label) -> str:
    income = cells["income"].dropna()
    low, middle, high = (format(value, label.form) for value in np.percentile(income, (0, 50, 100)))
    beside = [f"cells without: {cells['income'].isna().sum():,}"]
    if "unit" in cells:
        n_units = cells["unit"][cells["income"].notna()].nunique()
        beside.append(f"units it is taken from: {n_units:,}")
    if "topcoded" in cells:
        beside.append(f"top-coded: {cells['topcoded'].sum():,}")
    if "income_moe" in cells:
        beside.append(f"with a margin of error: {cells['income_moe'].notna().sum():,}")
    return f"{label.words}: {low} to {high}, median {middle}; {', '.join(beside)}"


def _told_codes(codes: Sequence[str], where: str) -> Iterator[str]:
    """Classes of the study's list that codes stand for, and codes that it lacks."""
    values = pd.Series(list(codes), dtype="str").map(land_use_list().code_values)
    lacking = sorted(code for code, value in zip(codes, values, strict=True) if pd.isna(value))
    found = [one.name for one in land_use_list().classes]
    present = {int(value) for value in values.dropna()}
    names = [name for number, name in enumerate(found, start=1) if number in present]
    excluded = ", and land that it excludes" if EXCLUDED in present else ""
    yield (
        f"{len(names)} of the list's {len(found)} classes {where}: "
        f"{listed(names, MOST_NAMED)}{excluded}"
    )
    yield f"codes that the list lacks: {listed(lacking, MOST_NAMED) if lacking else 'none'}"
