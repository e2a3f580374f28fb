"""A ready table of another country becomes the same tidy grid."""

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from numpy.testing import assert_allclose
from pandas.testing import assert_frame_equal

from incomelens.common.errors import InputError
from incomelens.sources.readers.filosofi import read_filosofi
from incomelens.sources.readers.income_table import read_income_table

ROWS = pd.DataFrame(
    {
        "gid": ["CRS3035RES200mN2700000E4200200", "CRS3035RES200mN2700000E4200000"],
        "x": [4200200, 4200000],
        "y": [2700000, 2700000],
        "pop": [10.0, 40.0],
        "mean": [50_000.0, 30_000.0],
        "total": [500_000.0, 1_200_000.0],
        "guess": [1, 0],
    }
)
BY_ID = {"cell_id": "gid", "individuals": "pop", "income_sum": "total", "imputed": "guess"}


@pytest.fixture
def save(tmp_path):
    def save(rows=ROWS, name="grid.csv"):
        path = tmp_path / name
        if name.endswith(".csv"):
            rows.to_csv(path, index=False)
        elif name.endswith(".parquet"):
            rows.to_parquet(path)
        else:
            shapes = shapely.box(rows.x, rows.y, rows.x + 200, rows.y + 200)
            gpd.GeoDataFrame(rows, geometry=shapes, crs=3035).to_file(path, layer="grid")
        return path

    return save


@pytest.mark.parametrize("name", ["grid.csv", "grid.parquet", "grid.gpkg"])
def test_a_table_by_identifier_gives_the_tidy_grid(save, name):
    grid = read_income_table(save(name=name), columns=BY_ID)
    assert list(grid["cell_id"]) == sorted(ROWS["gid"])
    assert_allclose(grid["income_sum"], [1_200_000, 500_000])
    assert grid["imputed"].tolist() == [False, True]
    assert grid["households"].isna().all()
    assert grid.geometry.iloc[0].bounds == (4200000, 2700000, 4200200, 2700200)


def test_a_grid_of_thousands_is_read_or_refused_never_taken_for_decimals(save):
    path = save(ROWS)
    path.write_text("gid;pop;total\n" + "".join(f"{gid};12;1.234\n" for gid in ROWS.gid))
    columns = {"cell_id": "gid", "individuals": "pop", "income_sum": "total"}
    with pytest.raises(InputError, match=r"'total' has '1\.234' in cell CRS.*is 1234 or 1\.234"):
        read_income_table(path, columns=columns)
    path.write_text("gid;pop;total\n" + "".join(f"{gid};12,5;1.234\n" for gid in ROWS.gid))
    assert_allclose(read_income_table(path, columns=columns)["income_sum"], [1234, 1234])


def test_it_has_the_columns_and_types_of_filosofi(save):
    there = pd.DataFrame(
        {
            "idcar_200m": ["CRS3035RES200mN2893400E3763200"],
            "ind": [1.5],
            "men": [1.0],
            "ind_snv": [20000.0],
            "i_est_200": ["0"],
        }
    )
    filosofi = read_filosofi(save(there, "filosofi.csv"))
    mapped = {"cell_id": "idcar_200m", "individuals": "ind", "households": "men"} | {
        "income_sum": "ind_snv",
        "imputed": "i_est_200",
    }
    ours = read_income_table(save(there, "filosofi.csv"), columns=mapped)
    assert_frame_equal(ours, filosofi)


def test_corners_or_centres_and_means_say_the_same(save):
    by_corner = {"easting": "x", "northing": "y", "individuals": "pop", "income": "mean"}
    expected = read_income_table(save(), columns=BY_ID).drop(columns="imputed")
    corners = read_income_table(save(), columns=by_corner)
    assert corners["imputed"].isna().all()
    assert_frame_equal(corners.drop(columns="imputed"), expected)
    centres = save(ROWS.assign(x=ROWS.x + 100, y=ROWS.y + 100), "centres.csv")
    found = read_income_table(centres, columns=by_corner, anchor="centre")
    assert_frame_equal(found.drop(columns="imputed"), expected)
    with pytest.raises(InputError, match=r"2 cells do not start at a multiple of 200 m: row 1, "):
        read_income_table(centres, columns=by_corner)


def test_a_missing_income_stays_missing(save):
    grid = read_income_table(save(ROWS.assign(total=[None, 5.0])), columns=BY_ID)
    assert grid["income_sum"].isna().tolist() == [False, True]


def test_bounds_select_cells(save):
    found = read_income_table(save(), columns=BY_ID, bounds=(4200200, 2700000, 4200300, 2700100))
    assert found["cell_id"].tolist() == ROWS["gid"].tolist()[:1]
    with pytest.raises(InputError, match=r"none of 2 cells lies within \(0, 0, 1, 1\)"):
        read_income_table(save(), columns=BY_ID, bounds=(0, 0, 1, 1))


@pytest.mark.parametrize(
    ("rows", "columns", "message"),
    [
        (ROWS, {"cell_id": "gid"}, r"maps nothing for individuals, income_sum \(or income\)"),
        (ROWS, {"easting": "x", "individuals": "pop", "income": "mean"}, r"nothing for cell_id \("),
        (ROWS, BY_ID | {"salary": "total"}, r"maps unknown salary; known are cell_id"),
        (ROWS, BY_ID | {"income_sum": "sum"}, r"no column 'sum' \(income_sum\); it has gid, x"),
        (ROWS.assign(total=-1), BY_ID, r"column 'total' is negative in CRS3035RES200mN2700000E42"),
        (ROWS.assign(gid=ROWS.gid[0]), BY_ID, r"1 cells stand twice"),
        (
            ROWS.assign(gid="CRS3035RES200mN9200000E4200200"),
            BY_ID,
            r"2 of 2 cells lie outside Europe",
        ),
        (
            ROWS.assign(x=[4200000.5, None]),
            {"easting": "x", "northing": "y", "individuals": "pop", "income": "mean"},
            r"column 'x' is missing or no whole metre in row 1, row 2; expected the lower left",
        ),
    ],
)
def test_a_mistake_is_told(save, rows, columns, message):
    with pytest.raises(InputError, match=r"grid\.csv: .*" + message):
        read_income_table(save(rows), columns=columns)


def test_an_unknown_layer_is_told_with_those_that_there_are(save):
    with pytest.raises(InputError, match=r"grid\.gpkg: .*'x'.*it has the layers grid"):
        read_income_table(save(name="grid.gpkg"), columns=BY_ID, layer="x")
