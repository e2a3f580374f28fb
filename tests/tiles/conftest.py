"""Orthophotos that every test of the stage may cut from."""

from pathlib import Path

import geopandas as gpd
import pytest

from .ground import CORNER_E, CORNER_N, footprints, noise, write_orthophoto


@pytest.fixture
def four_orthophotos(tmp_path: Path) -> tuple[gpd.GeoDataFrame, Path]:
    """Four orthophotos of 450 m around one point, JPEG 2000 and GeoTIFF, noise of 2 m pixels."""
    for col in range(2):
        for row in range(2):
            write_orthophoto(
                tmp_path / f"ortho_{col}{row}.{'jp2' if col else 'tif'}",
                noise,
                west=CORNER_E + 450 * col,
                north=CORNER_N + 900 - 450 * row,
                width=225,
                height=225,
                pixel=2,
            )
    return footprints(tmp_path, [f"ortho_{col}{row}" for col in range(2) for row in range(2)]), (
        tmp_path
    )
