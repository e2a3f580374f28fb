"""The price vector of a district: by hand, filled, and blind to all but prices and places."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from pandas.testing import assert_frame_equal
from shapely import box

from incomelens.common.errors import InputError
from incomelens.siamese.inputs.prices import (
    PRICE_COLUMNS,
    district_prices,
    filled_districts,
    sales_by_district,
)


@pytest.fixture
def districts():
    """Three squares of about 1 km in a row, west to east."""
    lows = [10.0, 10.0125, 10.025]
    return gpd.GeoDataFrame(
        {
            "geoid": ["a", "b", "c"],
            "longitude": [low + 0.00625 for low in lows],
            "latitude": [50.005] * 3,
            "per_capita_income": [1.0, 2.0, 3.0],
        },
        geometry=[box(low, 50.0, low + 0.0125, 50.01) for low in lows],
        crs="EPSG:4326",
    )


def sales_at(longitudes, log_prices, per_sqft=None):
    n = len(longitudes)
    return pd.DataFrame(
        {
            "longitude": np.asarray(longitudes, dtype=float),
            "latitude": [50.005] * n,
            "log_price": np.asarray(log_prices, dtype=float),
            "log_price_per_sqft": [np.nan] * n if per_sqft is None else per_sqft,
        }
    )


def vector(districts, sales, least):
    inside, _ = sales_by_district(sales, districts, level="tract")
    return district_prices(districts, inside, least_sales=least).set_index("geoid")


def test_a_district_with_sales_enough_is_described_by_its_own(districts):
    logs = np.linspace(12, 14, 11)
    sales = sales_at([10.001] * 11 + [10.03], [*logs, 20.0], [*(logs - 7), 9.0])
    found = vector(districts, sales, 5).loc["a"]
    assert found["price_log_median"] == pytest.approx(13.0)
    assert found["price_log_mean"] == pytest.approx(13.0)
    assert found["price_log_sd"] == pytest.approx(logs.std())
    assert found[[f"price_log_decile_{d}" for d in range(1, 10)]].to_list() == pytest.approx(
        [12 + 0.2 * d for d in range(1, 10)]
    )
    assert found["price_log_per_sqft"] == pytest.approx(6.0)
    assert found["price_log_n_sales"] == pytest.approx(np.log(12))
    assert (found["n_sales"], found["prices_filled"], found["fill_km"]) == (11, False, 0.0)


def test_a_district_without_sales_takes_the_nearest_and_says_so(districts):
    sales = sales_at([10.013, 10.014, 10.0249, 10.0251, 10.03], [1.0, 2.0, 3.0, 4.0, 5.0])
    found = vector(districts, sales, 2)
    assert found["n_sales"].tolist() == [0, 3, 2]
    assert found["prices_filled"].tolist() == [True, False, False]
    told = {
        one.reason: (one.n, one.total, one.example) for one in filled_districts(found.reset_index())
    }
    assert told["few_sales"] == (1, 3, "a")
    assert found.loc["a", "price_log_mean"] == pytest.approx(1.5)
    assert found.loc["a", "price_log_n_sales"] == 0
    # From the centroid at 10.00625 to 10.014, at 50 degrees north.
    assert found.loc["a", "fill_km"] == pytest.approx(
        0.00775 * 111.3 * np.cos(np.radians(50)), rel=0.01
    )


def test_a_district_with_few_sales_keeps_them_and_adds_the_nearest(districts):
    sales = sales_at([10.001, 10.0126, 10.02], [10.0, 20.0, 90.0])
    found = vector(districts, sales, 2).loc["a"]
    assert found["price_log_mean"] == pytest.approx(15.0)
    assert (found["n_sales"], found["prices_filled"]) == (1, True)


def test_sales_are_never_taken_twice(districts):
    sales = sales_at([10.001, 10.001, 10.013], [1.0, 2.0, 9.0])
    found = vector(districts, sales, 3)
    assert_allclose(found["price_log_mean"], 4.0)
    assert found["n_sales"].sum() == 3


def test_floor_areas_are_filled_apart_from_prices(districts):
    sales = sales_at(
        [10.001, 10.002, 10.013, 10.03], [1.0, 2.0, 3.0, 4.0], [np.nan, np.nan, 5.0, 7.0]
    )
    found = vector(districts, sales, 1)
    assert found["prices_filled"].tolist() == [False, False, False]
    assert found["per_sqft_filled"].tolist() == [True, False, False]
    assert found["n_per_sqft"].tolist() == [0, 1, 1]
    assert found["price_log_per_sqft"].tolist() == [5.0, 5.0, 7.0]


def test_without_any_floor_area_there_is_no_price_per_square_foot(districts, caplog):
    found = vector(districts, sales_at([10.001, 10.013, 10.03], [1.0, 2.0, 3.0]), 1)
    assert "price_log_per_sqft" not in found
    assert set(PRICE_COLUMNS) - set(found.columns) == {"price_log_per_sqft"}
    assert found.filter(like="price_").notna().all(axis=None)
    assert "no sale has a floor area" in caplog.text


def test_no_label_is_used(districts):
    sales = sales_at(np.linspace(10, 10.037, 30), np.linspace(12, 14, 30))
    once = vector(districts, sales, 8)
    other = districts.assign(per_capita_income=[9.0, 8.0, 7.0])
    assert_frame_equal(once, vector(other, sales, 8))
    assert_frame_equal(once, vector(districts.drop(columns="per_capita_income"), sales, 8))


def test_the_order_of_sales_does_not_matter(districts):
    rng = np.random.default_rng(0)
    sales = sales_at(rng.uniform(10, 10.037, 40), rng.normal(13, 1, 40))
    mixed = sales.sample(frac=1.0, random_state=1).reset_index(drop=True)
    assert_frame_equal(vector(districts, sales, 12), vector(districts, mixed, 12))


def test_sales_without_a_place_or_outside_are_counted(districts, caplog):
    caplog.set_level("INFO")
    sales = sales_at([10.001, np.nan, 11.0], [1.0, 2.0, 3.0])
    inside, left_out = sales_by_district(sales, districts, level="tract")
    assert inside["geoid"].tolist() == ["a"]
    assert [(one.reason, one.n, one.total) for one in left_out] == [
        ("no_location", 1, 3),
        ("outside_districts", 1, 3),
    ]
    assert (
        "1 of 3 sales lie in a district (by coordinates); 1 have no location, 1 lie" in caplog.text
    )


def test_a_district_that_the_table_names_goes_before_the_coordinates(districts):
    sales = sales_at([10.001, np.nan, np.nan, 10.03], [1.0, 2.0, 3.0, 4.0])
    sales["district_tract"] = ["b", "c", "z", None]
    inside, left_out = sales_by_district(sales, districts, level="tract")
    assert inside["geoid"].tolist() == ["b", "c"]
    # A sale without coordinates lies at the centroid of its district.
    assert inside["longitude"].tolist() == pytest.approx([10.001, 10.03125])
    assert [one.n for one in left_out] == [1, 1]


def test_sales_of_another_city_are_refused(districts):
    with pytest.raises(InputError, match=r"none of 1 sales meets any of \d districts.* km apart"):
        sales_by_district(sales_at([50.0], [1.0]), districts, level="tract")
    named = sales_at([50.0], [1.0]).assign(district_zip=["99"])
    with pytest.raises(InputError, match=r"column of siamese\.prices\.district_columns\.zip"):
        sales_by_district(named, districts, level="zip")


def test_a_city_with_fewer_sales_than_one_district_needs_is_refused(districts):
    with pytest.raises(InputError, match=r"the city has 2 sales of homes, fewer than the 3"):
        vector(districts, sales_at([10.001, 10.013], [1.0, 2.0]), 3)
