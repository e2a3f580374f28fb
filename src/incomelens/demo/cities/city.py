"""A synthetic city seen from above, whose truth is known."""

import multiprocessing
import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pyproj import Transformer

from incomelens.common.errors import InputError, listed
from incomelens.common.lifetimes import end_with_parent
from incomelens.common.seeds import job_rng
from incomelens.demo.cities.corridors import COASTS
from incomelens.demo.cities.people import PLANTED, draw_affluence, settle_cells
from incomelens.demo.cities.picture import LAMBERT_93, Frame, plan_to_pixel, render
from incomelens.demo.cities.plan import GRID, Plan, cell_grid, draw_plan

FILOSOFI = (2015, 2019)
URBAN_ATLAS = ("shapefile", "geopackage")
FEWEST_CELLS = 5  # in a row or column: less has no room for a plan
ORTHOPHOTO = 1_000  # m, the side of one
BEYOND = 60.0  # m of picture around the cells, at least
VOID_SHARE = 0.2  # of the shorter side: legs of the void triangle in the north-east corner
N_CORNERS = 100


@dataclass(frozen=True)
class AerialCity:
    """A city and everything that is known of it.

    Attributes
    ----------
    name, code : str
        Name, and the code of its functional urban area (``FR9..`` does not exist).
    style : str
        Key of :data:`~incomelens.demo.cities.people.PLANTED`.
    filosofi, urban_atlas : int, str
        In which vintage and format its files are written.
    plan : Plan
    blocks : DataFrame
        ``affluence``, ``trait`` and ``planted`` of every polygon of ``plan.land``.
    cells : GeoDataFrame
        Inhabited cells, see :func:`~incomelens.demo.cities.people.settle_cells`.
    frame : Frame
        Of `picture`, in EPSG:2154; whole orthophotos of 1 km.
    picture : array of uint8, shape (height, width, 3)
        Red, green, blue, north up. Zero where void.
    """

    name: str
    code: str
    style: str
    filosofi: int
    urban_atlas: str
    plan: Plan
    blocks: pd.DataFrame
    cells: gpd.GeoDataFrame
    frame: Frame
    picture: NDArray[np.uint8]


def make_city(
    name: str,
    *,
    index: int,
    seed: int,
    style: str = "residential",
    cells_wide: int = 13,
    cells_high: int = 12,
    strength: float = 1.0,
    coast: str = "none",
    filosofi: int = 2015,
    urban_atlas: str = "shapefile",
    metres_per_pixel: float = 1.0,
) -> AerialCity:
    """Make up a city.

    Parameters
    ----------
    name : str
    index : int
        Place of the city, 0 to 99: cities of different index lie 20 km apart or more.
    seed : int
    style : {"residential", "infrastructure_green", "none"}
        Which classes show in their texture how affluent their surroundings are.
    cells_wide, cells_high : int
        Cells of 200 m; one more lies in a hamlet without imagery, a few are not lived in.
    strength : float
        How much of it they show, 0 (nothing) to 1.
    coast : {"none", "south"}
        Where the sea lies: in the south of half of the tiles, with roads and railway along it.
    filosofi : {2015, 2019}
        Vintage, hence format, of the census grid.
    urban_atlas : {"shapefile", "geopackage"}
        Format of the land use: delivery of 2012 or of 2018.
    metres_per_pixel : float
        Of the picture; an orthophoto has 1,000 m.

    Returns
    -------
    AerialCity
        The same for the same arguments, on every machine.

    Raises
    ------
    InputError
        If an option is unknown or the city is too small for a plan.
    """
    _check(cells_wide, cells_high, filosofi, urban_atlas, metres_per_pixel)
    if style not in PLANTED:
        raise InputError(f"style: {style!r} is unknown; known are {listed(PLANTED)}")
    if coast not in COASTS:
        raise InputError(f"coast: {coast!r} is unknown; known are {listed(COASTS)}")
    plan = draw_plan(
        corner=city_corner(index),
        cells_wide=cells_wide,
        cells_high=cells_high,
        style=style,
        coast=coast,
        rng=job_rng(seed, "plan", name),
    )
    rng = job_rng(seed, "affluence", name)
    blocks = draw_affluence(plan.land, style=style, strength=strength, rng=rng)
    cells = settle_cells(cell_grid(plan), plan.land, blocks, job_rng(seed, "people", name))
    frame = city_frame(plan, metres_per_pixel=metres_per_pixel)
    picture = render(plan, blocks["trait"].to_numpy(), frame, job_rng(seed, "picture", name))
    picture[_void(plan, frame)] = 0
    return AerialCity(
        name,
        f"FR{900 + index}L1",
        style,
        filosofi,
        urban_atlas,
        plan,
        blocks,
        cells,
        frame,
        picture,
    )


def make_cities(
    settings: Sequence[Mapping[str, object]], seeds: Sequence[int], *, processes: int = 1
) -> list[AerialCity]:
    """Make up one city for each of the settings of :func:`make_city`, each at a place of its own.

    Parameters
    ----------
    settings : sequence of mapping
        Options of :func:`make_city` without `index` and `seed`.
    seeds : sequence of int
        One a city.
    processes : int
        How many cities are made at a time; changes the speed alone.
    """
    jobs = [
        {**options, "index": index, "seed": seed}
        for index, (options, seed) in enumerate(zip(settings, seeds, strict=True))
    ]
    if processes == 1:
        return [_made(job) for job in jobs]
    # Forked: a spawned process would run the caller's main script again.
    forked = multiprocessing.get_context("fork")
    with ProcessPoolExecutor(
        processes, forked, initializer=end_with_parent, initargs=(os.getpid(),)
    ) as pool:
        return list(pool.map(_made, jobs))


def _made(options: Mapping[str, Any]) -> AerialCity:
    return make_city(**options)


def city_corner(index: int) -> tuple[float, float]:
    """Lower-left corner in EPSG:3035: in the south for even numbers, else in the north."""
    if not 0 <= index < N_CORNERS:
        raise InputError(f"index: {index} is not one of the {N_CORNERS} places, 0 to 99")
    row, column = divmod(index // 2, 10)
    south = 2_840_000.0 if index % 2 else 2_600_000.0
    return 3_700_000.0 + 20_000.0 * column, south + 20_000.0 * row


def city_frame(plan: Plan, *, metres_per_pixel: float = 1.0) -> Frame:
    """Whole kilometres of Lambert-93 that hold the cells of the city, but not its hamlet."""
    west, south, east, north = plan.core
    corners = np.array([[west, south], [east, south], [east, north], [west, north]])
    to_lambert = Transformer.from_crs(GRID, LAMBERT_93, always_xy=True)
    place = np.column_stack(to_lambert.transform(*corners.T))
    low = np.floor((place.min(axis=0) - BEYOND) / ORTHOPHOTO) * ORTHOPHOTO
    high = np.ceil((place.max(axis=0) + BEYOND) / ORTHOPHOTO) * ORTHOPHOTO
    width, height = np.rint((high - low) / metres_per_pixel).astype(int).tolist()
    return Frame(float(low[0]), float(high[1]), width, height, metres_per_pixel)


def _check(
    cells_wide: int, cells_high: int, filosofi: int, urban_atlas: str, metres_per_pixel: float
) -> None:
    if min(cells_wide, cells_high) < FEWEST_CELLS:
        raise InputError(
            f"{cells_wide} × {cells_high} cells are too few for a city; ask for at least "
            f"{FEWEST_CELLS} × {FEWEST_CELLS}"
        )
    if filosofi not in FILOSOFI:
        raise InputError(f"filosofi: {filosofi!r} is unknown; known are {listed(FILOSOFI)}")
    if urban_atlas not in URBAN_ATLAS:
        raise InputError(
            f"urban_atlas: {urban_atlas!r} is unknown; known are {listed(URBAN_ATLAS)}"
        )
    pixels = ORTHOPHOTO / metres_per_pixel
    if abs(pixels - round(pixels)) > 1e-9:
        raise InputError(
            f"metres_per_pixel: {metres_per_pixel} does not divide an orthophoto of "
            f"{ORTHOPHOTO} m; take 1, 2 or 0.5"
        )


def _void(plan: Plan, frame: Frame) -> NDArray[np.bool_]:
    """Pixels beyond a line that cuts off the north-east corner of the cells."""
    west, south, east, north = plan.core
    leg = VOID_SHARE * min(east - west, north - south)
    line = np.array([[east - leg, north], [east, north - leg]])
    matrix = plan_to_pixel(frame, plan)
    (c0, r0), (c1, r1) = line @ matrix[:, :2].T + matrix[:, 2]
    columns = np.arange(frame.width) + 0.5
    rows = np.arange(frame.height)[:, None] + 0.5
    return (c1 - c0) * (rows - r0) - (r1 - r0) * (columns - c0) < 0
