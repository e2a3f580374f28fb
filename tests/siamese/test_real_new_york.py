"""Real New York: sales of 2019, tracts and ZIP areas, and the city's own workbook."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from incomelens.districts.build import build_districts
from incomelens.siamese.inputs.prices import PRICE_COLUMNS, district_prices, sales_by_district
from incomelens.siamese.inputs.sales import home_sales
from incomelens.sources.readers.dof_sales import read_dof_sales
from incomelens.sources.readers.located_sales import read_located_sales

pytestmark = pytest.mark.real
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def study():
    default = yaml.safe_load((ROOT / "config" / "config.yaml").read_text())
    nyc = yaml.safe_load((ROOT / "config" / "nyc.yaml").read_text())
    return nyc["districts"], default["siamese"]["prices"] | nyc["siamese"]["prices"]


@pytest.fixture(scope="module")
def located(study, nyc_folder):
    _, prices = study
    return read_located_sales(
        nyc_folder / prices["table"], district_columns=prices["district_columns"]
    )


@pytest.fixture(scope="module")
def homes(study, located):
    _, prices = study
    return home_sales(
        located, least_price=prices["least_price"], outlier_mads=prices["outlier_mads"]
    )


@pytest.fixture(scope="module")
def tracts(study, nyc_folder):
    levels, _ = study
    return build_districts(
        {"table": nyc_folder / levels["tract"]["table"]}, settings=levels["tract"], level="tract"
    )


def test_every_sale_of_the_year_is_kept_or_told(homes, located):
    kept, left_out = homes
    counts = {one.reason: one.n for one in left_out}
    assert counts == {
        "not_a_home": 12_728,
        "no_market_price": 22_648,
        "duplicate": 10,
        "package": 1_284,
        "outlier": 548,
    }
    assert {one.total for one in left_out} == {len(located)} == {83_920}
    assert len(kept) == len(located) - sum(counts.values()) == 46_702


def test_the_usual_price_of_a_home_is_plausible(homes):
    kept, _ = homes
    assert 500_000 < np.exp(kept["log_price"].median()) < 800_000
    by_borough = kept.groupby("borough")["log_price"].median()
    assert by_borough.idxmax() == 1  # Manhattan
    assert 200 < np.exp(kept["log_price_per_sqft"].median()) < 600


def test_tracts_have_whole_vectors_and_say_where_neighbours_fill_in(homes, tracts, study):
    _, settings = study
    sales, left_out = sales_by_district(homes[0], tracts, level="tract")
    assert {one.reason: one.n for one in left_out} == {
        "no_location": 11,
        "outside_districts": 0,
    }
    prices = district_prices(tracts, sales, least_sales=settings["least_sales"])
    assert prices["geoid"].tolist() == tracts["geoid"].tolist()
    assert np.isfinite(prices[list(PRICE_COLUMNS)].to_numpy()).all()
    assert (prices["n_sales"] == 0).sum() == 168
    assert prices["prices_filled"].sum() == 752
    assert prices["n_sales"].sum() == len(sales)
    income = np.log(tracts["per_capita_income"])
    assert income.corr(prices["price_log_per_sqft"]) == pytest.approx(0.717, abs=0.01)
    assert income.corr(prices["price_log_mean"]) == pytest.approx(0.483, abs=0.01)


def test_coordinates_and_the_named_tract_agree(homes, tracts):
    """Polygons are generalised, so a few sales at a border may fall into the next tract."""
    kept = homes[0]
    by_name = kept["district_tract"]
    by_place, _ = sales_by_district(kept.drop(columns="district_tract"), tracts, level="tract")
    keys = ["borough", "block", "lot", "sale_price", "sale_date"]
    both = by_place.merge(kept.assign(named=by_name)[[*keys, "named"]], on=keys)
    assert (both["geoid"] == both["named"]).mean() > 0.98


def test_the_citys_workbook_says_the_same_as_the_located_table(nyc_folder, located):
    sales = read_dof_sales([nyc_folder / "raw" / "dof_2019_statenisland.xlsx"])
    of_table = located[located["borough"] == 5].reset_index(drop=True)
    assert len(sales) == len(of_table) == 8_371
    for name in ("borough", "block", "lot", "sale_price", "sale_date", "zip_code", "gross_sqft"):
        pd.testing.assert_series_equal(sales[name], of_table[name])
    assert sales["address"].notna().all()
