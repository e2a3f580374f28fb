"""Which sales stay, and where they lie."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from incomelens.common.contracts import check_written
from incomelens.common.errors import InputError
from incomelens.demo.formats.dof import sales_workbook
from incomelens.siamese.inputs.locate import locate_sales
from incomelens.siamese.inputs.sales import home_sales
from incomelens.siamese.inputs.sales_sources import read_sales

HOUSE, COOP, CONDO = "01 ONE FAMILY DWELLINGS", "10 COOPS - ELEVATOR", "13 CONDOS - ELEVATOR"


def sale(**values):
    usual = {
        "borough": 1,
        "block": 7,
        "lot": 1,
        "building_class_category": HOUSE,
        "address": None,
        "apartment": None,
        "gross_sqft": float("nan"),
        "sale_price": 600_000,
        "sale_date": pd.Timestamp("2019-05-06"),
    }
    return usual | values


def table(*rows):
    return pd.DataFrame(rows).astype({"address": "object", "apartment": "object"})


def kept(*rows, least_price=10_000, outlier_mads=4.0):
    sales, left_out = home_sales(table(*rows), least_price=least_price, outlier_mads=outlier_mads)
    return sales, {one.reason: one.n for one in left_out}


def test_homes_stay_and_other_buildings_go():
    categories = [f"{number:02d} ANYTHING" for number in range(1, 50)]
    rows = [sale(building_class_category=one, block=n) for n, one in enumerate(categories)]
    sales, counts = kept(*rows)
    assert sales["building_class_category"].str[:2].tolist() == [
        *("01", "02", "03", "09", "10", "12", "13", "15", "17")
    ]
    assert sales["kind"].tolist() == [
        *("house", "house", "house", "coop", "coop", "condo", "condo", "condo", "coop")
    ]
    assert counts["not_a_home"] == 40


def test_a_transfer_without_a_market_price_goes_at_the_documented_threshold():
    prices = [0, 10, 9_999, 10_000, 500_000]
    sales, counts = kept(*(sale(sale_price=price, block=n) for n, price in enumerate(prices)))
    assert sales["sale_price"].tolist() == [10_000, 500_000]
    assert counts["no_market_price"] == 3


def test_a_sale_told_twice_counts_once():
    sales, counts = kept(sale(), sale(), sale(lot=2, sale_price=700_000))
    assert sales["lot"].tolist() == [1, 2]
    assert counts["duplicate"] == 1


def test_flats_of_a_cooperative_share_a_lot_and_are_told_apart_by_address():
    flat = sale(building_class_category=COOP, address="1 PARK AVENUE, 5A")
    sales, counts = kept(flat, flat)
    assert (len(sales), counts["duplicate"]) == (1, 1)
    other = flat | {"address": "1 PARK AVENUE, 5B", "sale_price": 610_000}
    assert len(kept(flat, other)[0]) == 2


def test_two_flats_of_one_building_at_one_price_on_one_day_are_a_package():
    flats = [sale(building_class_category=COOP, address=f"1 PARK AVENUE, {n}") for n in "AB"]
    with pytest.raises(InputError, match=r"no sale of a home .* 2 package"):
        kept(*flats)
    without_address = [flat | {"address": None} for flat in flats]
    sales, counts = kept(*without_address, sale(block=9))
    assert (sales["block"].tolist(), counts["package"], counts["duplicate"]) == ([9], 2, 0)


def test_a_package_repeats_the_price_of_the_whole_on_each_lot_of_a_block():
    rows = [sale(lot=lot, sale_price=8_000_000) for lot in (1, 2, 3)]
    sales, counts = kept(*rows, sale(block=9))
    assert sales["block"].tolist() == [9]
    assert counts["package"] == 3


def test_a_price_that_chance_does_not_repeat_shows_a_package_over_blocks():
    odd = [sale(block=block, sale_price=14_187_350) for block in (1, 2, 3)]
    round_price = [sale(block=block, sale_price=650_000) for block in (4, 5, 6)]
    pair = [sale(block=block, sale_price=612_345) for block in (7, 8)]
    sales, counts = kept(*odd, *round_price, *pair)
    assert sorted(sales["block"]) == [4, 5, 6, 7, 8]
    assert counts["package"] == 3


def test_another_day_or_borough_makes_no_package():
    day = pd.Timestamp("2019-05-07")
    sales, _ = kept(sale(), sale(lot=2, sale_date=day), sale(lot=2, borough=2))
    assert len(sales) == 3


def prices(rng, n, median, **values):
    drawn = np.round(median * np.exp(0.3 * rng.normal(size=n))).astype(int)
    return [sale(block=1000 + i, sale_price=int(p), **values) for i, p in enumerate(drawn)]


def test_a_slip_of_the_pen_is_an_outlier_of_its_borough_and_kind():
    rng = np.random.default_rng(0)
    cheap = prices(rng, 60, 300_000, borough=2)
    dear = prices(rng, 60, 5_000_000, borough=1, building_class_category=CONDO)
    slip = sale(borough=2, sale_price=30_000_000)
    sales, counts = kept(*cheap, *dear, slip, outlier_mads=5.0)
    # Thirty millions are a hundred times too much in one borough and usual in another.
    assert counts["outlier"] == 1
    assert sales["sale_price"].max() < 30_000_000
    assert len(sales) == 120


def test_equal_prices_have_no_outliers():
    rows = [sale(block=n) for n in range(20)]
    assert len(kept(*rows)[0]) == 20


@settings(max_examples=30)
@given(
    st.lists(
        st.tuples(
            st.sampled_from([HOUSE, COOP, CONDO, "22 STORE BUILDINGS"]),
            st.integers(1, 3),
            st.sampled_from([0, 500_000, 600_000, 612_345]),
        ),
        min_size=1,
        max_size=30,
    )
)
def test_every_sale_is_counted_once(rows):
    sales = [
        sale(building_class_category=category, lot=lot, sale_price=price)
        for category, lot, price in [(HOUSE, 99, 777_000), *rows]
    ]
    left, counts = kept(*sales)
    assert sum(counts.values()) + len(left) == len(sales)


def test_the_price_per_square_foot_is_that_of_known_and_credible_areas():
    areas = [2000.0, float("nan"), 1.0]
    sales, _ = kept(*(sale(block=n, gross_sqft=area) for n, area in enumerate(areas)))
    assert sales["log_price"].tolist() == pytest.approx([np.log(600_000)] * 3)
    assert sales["log_price_per_sqft"].tolist()[0] == pytest.approx(np.log(300))
    assert sales["log_price_per_sqft"].isna().tolist() == [False, True, True]


def test_a_table_without_any_home_says_what_was_left_out():
    with pytest.raises(
        InputError, match=r"\(2 read, 1 not a home, 1 no market price, 0 dupl.*least"
    ):
        kept(sale(building_class_category="22 STORE"), sale(sale_price=0))


def lots(*rows):
    columns = ["borough", "block", "lot", "longitude", "latitude"]
    return pd.DataFrame(rows, columns=columns)


def test_a_sale_lies_where_its_lot_lies_or_its_complex_or_its_block():
    places = lots((1, 7, 1, -74.0, 40.0), (1, 7, 7501, -74.2, 40.2), (1, 8, 5, -73.0, 41.0))
    found = locate_sales(
        table(
            sale(lot=1),
            sale(lot=1234, building_class_category=CONDO),
            sale(lot=55),
            sale(block=8, lot=1001),
            sale(block=9),
        ),
        places,
    )
    assert found["location_match"].tolist() == [
        *("lot", "condo_billing_lot", "block_mean", "block_mean", "none")
    ]
    assert found["longitude"].tolist()[:4] == pytest.approx([-74.0, -74.2, -74.1, -73.0])
    assert found["latitude"].isna().tolist() == [False] * 4 + [True]


def test_units_of_a_block_with_two_complexes_take_the_middle_of_the_block():
    places = lots((1, 7, 7501, -74.0, 40.0), (1, 7, 7502, -74.2, 40.2))
    found = locate_sales(table(sale(lot=1001)), places)
    assert found["location_match"].tolist() == ["block_mean"]
    assert found["longitude"].tolist() == pytest.approx([-74.1])


@pytest.fixture
def workbook(tmp_path):
    rows = pd.DataFrame(
        {
            "borough": 1,
            "block": [7, 8],
            "lot": 1,
            "category": HOUSE,
            "address": "1 SAMPLE STREET",
            "flat": "",
            "apartment": "",
            "area": 1500,
            "price": 600_000,
            "day": 3,
        }
    )
    (tmp_path / "2019.xlsx").write_bytes(sales_workbook(rows, "North"))
    return tmp_path / "2019.xlsx"


def test_workbooks_are_located_on_the_lots_or_by_a_column_of_their_own(workbook, tmp_path):
    (tmp_path / "lots.csv").write_text("bbl,longitude,latitude\n1000070001,-74,40\n")
    sales = read_sales([workbook], [tmp_path / "lots.csv"], settings={"reader": "dof"})
    assert sales["location_match"].tolist() == ["lot", "none"]
    settings = {"reader": "dof", "district_columns": {"zip": "neighborhood"}}
    sales = read_sales([workbook], [], settings=settings)
    assert sales["district_zip"].tolist() == ["SYNTHETIC"] * 2
    assert sales["longitude"].isna().all()


def test_sales_of_every_reader_keep_one_contract(workbook, tmp_path):
    (tmp_path / "lots.csv").write_text("bbl,longitude,latitude\n1000070001,-74,40\n")
    (tmp_path / "sales.csv").write_text(
        "borough,block,lot,building_class_category,sale_price,sale_date,longitude,latitude,home\n"
        f"1,376,43,{HOUSE},3200000,2019-07-24,-73.97,40.72,0036061\n"
    )
    column = {"district_columns": {"tract": "home"}}
    for file, lots, told in (
        (workbook, [tmp_path / "lots.csv"], {"district_columns": {"tract": "neighborhood"}}),
        (workbook, [], {}),
        (tmp_path / "sales.csv", [], {"reader": "located"} | column),
    ):
        sales = read_sales([file], lots, settings={"reader": "dof"} | told)
        homes, _ = home_sales(sales, least_price=1, outlier_mads=4.0)
        check_written(homes, "results/small/siamese/sales.parquet")


def test_a_district_column_that_workbooks_lack_is_named(workbook):
    settings = {"reader": "dof", "district_columns": {"tract": "tract_geoid"}}
    with pytest.raises(InputError, match=r"district_columns: the workbooks have no tract_geoid; "):
        read_sales([workbook], [], settings=settings)
