"""A demo mirror to read, and small tables to break."""

import shutil
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
from shapely import box

from incomelens.demo.districts.city import DistrictCity, simulate_city
from incomelens.demo.districts.mirror import census_contents
from incomelens.demo.mirror import write_mirror
from incomelens.districts.columns import VARIABLES


@pytest.fixture(scope="session")
def city() -> DistrictCity:
    return simulate_city(n_tracts=60, n_zctas=12, seed=1)


@pytest.fixture(scope="session")
def mirror(city, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("mirror")
    contents = census_contents(city)
    write_mirror(contents, [folder / source / file for source, file in contents])
    return folder


@pytest.fixture
def copy(mirror, tmp_path) -> Path:
    return shutil.copytree(mirror, tmp_path / "mirror")


@pytest.fixture
def own_table() -> gpd.GeoDataFrame:
    """Six square districts in longitude and latitude, with every column of the contract."""
    n = 6
    rng = np.random.default_rng(0)
    shares = {name: rng.uniform(0.05, 0.3, n) for name in VARIABLES}
    return gpd.GeoDataFrame(
        {
            "code": [f"{i:03d}" for i in range(1, n + 1)],
            "people": rng.integers(500, 5000, n),
            "per_head": rng.uniform(2e4, 8e4, n).round(),
            "median": [30_000.0, np.nan, 50_000.0, 60_000.0, 70_000.0, 250_001.0],
            **shares,
            "population_density": rng.uniform(500, 9000, n),
        },
        geometry=[box(10 + i / 100, 50, 10 + (i + 1) / 100, 50.01) for i in range(n)],
        crs="EPSG:4326",
    )


@pytest.fixture
def columns() -> dict[str, str]:
    """Column map of the own table."""
    return {
        "geoid": "code",
        "population": "people",
        "per_capita_income": "per_head",
        "median_household_income": "median",
        **{name: name for name in VARIABLES},
    }
