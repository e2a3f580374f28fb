"""A small synthetic city."""

import pytest

from incomelens.demo.districts.city import DistrictCity, simulate_city


@pytest.fixture(scope="session")
def city() -> DistrictCity:
    return simulate_city(n_tracts=60, n_zctas=12, seed=1)
