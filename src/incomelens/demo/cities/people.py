"""Who lives in a synthetic city: affluence of every block, inhabitants and income of every cell.

The truth is known: affluence is drawn for blocks, the picture shows it in the classes of one style
alone (:data:`PLANTED`), and the income of a cell follows mainly from the affluence of those blocks.
In the style `none` incomes follow the affluence of homes, and no texture shows it.
"""

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from incomelens.common.errors import InputError
from incomelens.demo.smooth_field import smooth_field

PLANTED = {
    "residential": ("11100", "11210", "11220", "11230", "11240", "11300"),
    "infrastructure_green": ("12100", "14100", "14200"),
    "none": (),
}
"""Style of a city to the codes whose texture shows affluence; no other class shows it."""

INHABITANTS = {  # per m² of the block
    "11100": 0.030,
    "11210": 0.017,
    "11220": 0.009,
    "11230": 0.0038,
    "11240": 0.0008,
    "11300": 0.0005,
}
PER_HOUSEHOLD = 2.2
FEW = 11  # households: below, INSEE publishes a mean over neighbours
UNINHABITED = 1_200.0  # m² of residential land in a cell, at most
DISTRACTION = 0.35  # SD of what other classes show, of that of affluence
# What affluence is made of: a field over the city, one over quarters, chance. Variances.
AFFLUENCE_PARTS = ((1_600.0, 0.25), (420.0, 0.4), (None, 0.35))
# Standardised parts of log income.
INCOME_PARTS = {"affluence": 0.88, "place": 0.25, "land_use": 0.12, "chance": 0.22}
MEDIAN_INCOME, SD_LOG_INCOME = 21_500.0, 0.28
LOWEST, HIGHEST = 9_000.0, 62_000.0  # winsorised, EUR a year


def draw_affluence(
    land: gpd.GeoDataFrame, *, style: str, strength: float, rng: np.random.Generator
) -> pd.DataFrame:
    """Draw the affluence of every polygon and what the picture shows of it.

    Parameters
    ----------
    land : GeoDataFrame
        ``code``, ``geometry`` in metres.
    style : {"residential", "infrastructure_green", "none"}
    strength : float
        Correlation of the texture with affluence where it is planted: 1 shows it, 0 hides it.
    rng : Generator

    Returns
    -------
    DataFrame
        ``affluence`` (about standard normal), ``trait`` (what the texture shows) and ``planted``
        (bool: incomes follow this block), in the order of `land`. Where nothing is planted the
        trait is a field of the same kind, but drawn apart and weaker (:data:`DISTRACTION`). Homes
        of the style `none` look as various as planted ones, and their looks tell nothing.
    """
    if not 0 <= strength <= 1:
        raise InputError(f"strength: {strength} is not between 0 and 1")
    points = shapely.get_coordinates(land.geometry.centroid)
    affluence, unrelated = _field(points, rng), _field(points, rng)
    planted = land["code"].isin(PLANTED[style] or PLANTED["residential"]).to_numpy()
    strength = strength if PLANTED[style] else 0.0
    visible = strength * affluence + np.sqrt(1 - strength**2) * unrelated
    trait = np.where(planted, visible, DISTRACTION * unrelated)
    return pd.DataFrame({"affluence": affluence, "trait": trait, "planted": planted})


def settle_cells(
    cells: gpd.GeoDataFrame,
    land: gpd.GeoDataFrame,
    blocks: pd.DataFrame,
    rng: np.random.Generator,
) -> gpd.GeoDataFrame:
    """Give cells their inhabitants and income; cells without housing are left out.

    Parameters
    ----------
    cells : GeoDataFrame
        ``cell_id``, ``geometry``.
    land : GeoDataFrame
        ``code``, ``geometry``.
    blocks : DataFrame
        Of :func:`draw_affluence`, in the order of `land`.

    Returns
    -------
    GeoDataFrame
        ``cell_id``, ``individuals``, ``households``, ``income`` (EUR a year, before imputation),
        ``imputed`` (bool), ``group`` (int), ``income_published``, the truth ``affluence`` (of the
        planted land in the cell), ``planted_share`` and ``part_*`` of the standardised log income.
    """
    squares, shapes = cells.geometry.to_numpy(), land.geometry.to_numpy()
    cell, block = shapely.STRtree(shapes).query(squares)
    area = shapely.area(shapely.intersection(squares[cell], shapes[block]))
    code = land["code"].to_numpy()[block]

    def summed(weight: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.bincount(cell, area * weight, len(cells)).astype(np.float64, copy=False)

    planted = blocks["planted"].to_numpy(float)[block]
    planted_area = summed(planted)
    affluence = summed(planted * blocks["affluence"].to_numpy()[block])
    density = np.array([INHABITANTS.get(use, 0.0) for use in code])
    settled = cells.assign(
        affluence=np.where(planted_area > 0, affluence / np.maximum(planted_area, 1), 0.0),
        planted_share=planted_area / cells.area.to_numpy(),
        individuals=np.round(summed(density) * rng.uniform(0.8, 1.2, len(cells)), 1),
    )
    lived_in = (summed((density > 0).astype(float)) > UNINHABITED) & (settled["individuals"] >= 1)
    settled = settled[lived_in].reset_index(drop=True)
    crowding = settled["individuals"].to_numpy() / PER_HOUSEHOLD
    settled["households"] = np.maximum(
        np.round(crowding * rng.uniform(0.9, 1.1, len(settled)), 1), 1
    )
    return _impute(_earn(settled, rng))


def _field(points: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.float64]:
    """Affluence at points: parts of :data:`AFFLUENCE_PARTS`, variance about 1."""
    total = np.zeros(len(points))
    for wavelength, variance in AFFLUENCE_PARTS:
        if wavelength is None:
            part = rng.standard_normal(len(points))
        else:
            part = smooth_field(points, wavelength=wavelength, rng=rng)
        total += np.sqrt(variance) * part
    return total


def _earn(cells: gpd.GeoDataFrame, rng: np.random.Generator) -> gpd.GeoDataFrame:
    points = shapely.get_coordinates(cells.geometry.centroid)
    parts = {
        "affluence": _standard(cells["affluence"].to_numpy()),
        "place": smooth_field(points, wavelength=2_000.0, rng=rng),
        # Fewer people on a cell, higher incomes, a little.
        "land_use": -_standard(np.log(cells["individuals"].to_numpy())),
        "chance": rng.standard_normal(len(cells)),
    }
    weighted = {f"part_{name}": INCOME_PARTS[name] * part for name, part in parts.items()}
    score = sum(weighted.values(), start=np.zeros(len(cells)))
    income = MEDIAN_INCOME * np.exp(SD_LOG_INCOME * _standard(score))
    return cells.assign(**weighted, income=np.clip(income, LOWEST, HIGHEST))


def _standard(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return (values - values.mean()) / max(values.std(), 1e-9)


def _impute(cells: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Give each group of small neighbours the mean of the group, as INSEE does."""
    few = np.flatnonzero(cells["households"] < FEW)
    group = np.arange(1, len(cells) + 1)
    if len(few) > 1:
        points = shapely.get_coordinates(cells.geometry.centroid)
        waiting = list(few)
        while waiting:
            first = waiting.pop(0)
            near = sorted(waiting, key=lambda cell: np.hypot(*(points[cell] - points[first])))
            members, held = [first], cells["households"].iloc[first]
            for cell in near:
                if held >= FEW:
                    break
                members.append(cell)
                held += cells["households"].iloc[cell]
                waiting.remove(cell)
            if held < FEW and len(members) < len(few):  # the last ones join their neighbour's group
                others = [cell for cell in few if cell not in members]
                nearest = min(others, key=lambda cell: np.hypot(*(points[cell] - points[first])))
                group[members] = group[nearest]
            else:
                group[members] = group[first]
    imputed = np.isin(np.arange(len(cells)), few)
    earned = (cells["income"] * cells["individuals"]).groupby(group).transform("sum")
    mean = earned / cells["individuals"].groupby(group).transform("sum")
    published = np.where(imputed, mean, cells["income"])
    return cells.assign(imputed=imputed, group=group, income_published=published)
