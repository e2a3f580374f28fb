"""The grid of every vintage, in every format and packing, becomes the same tidy table."""

import zipfile

import geopandas as gpd
import numpy as np
import pandas as pd
import py7zr
import pytest
import shapely
from geopandas.testing import assert_geodataframe_equal
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from incomelens.common.errors import InputError
from incomelens.sources.readers.filosofi import read_filosofi

from ..conftest import REAL_DATA

# Lower-left corners: three in a row at Paris, one far away.
CORNERS = [(3763200, 2893400), (3763400, 2893400), (3763600, 2893400), (3900000, 2500000)]
PARIS = (3763000, 2893000, 3763601, 2893601)


def ids(corners):
    return [f"CRS3035RES200mN{n}E{e}" for e, n in corners]


def vintage(year, corners=CORNERS):
    """A table with the columns of a vintage and some that nobody needs."""
    n = len(corners)
    rows = pd.DataFrame(
        {
            "IdINSPIRE": ids(corners),
            "I_est_cr": ["0", "1", "0", "1"][:n],
            "Depcom": ["75119"] * n,
            "Ind": [2818.5, 12.0, 31.5, 4.0][:n],
            "Men": [990.0, 5.0, 14.2, 2.0][:n],
            "Ind_snv": [44265483.1, 240000.0, 630000.0, 99999.9][:n],
            "Men_pauv": [12.0] * n,
        }
    )
    if year == 2015:
        return rows
    rows = rows.rename(columns={"IdINSPIRE": "Idcar_200m", "I_est_cr": "I_est_200"})
    if year == 2017:
        return rows
    rows = rows.rename(columns=str.lower)
    return rows if year == 2019 else rows.drop(columns="i_est_200")


def squares(corners=CORNERS, crs=3035):
    shapes = [shapely.box(e, n, e + 200, n + 200) for e, n in corners]
    return gpd.GeoSeries(shapes, crs=3035).to_crs(crs)


@pytest.fixture
def save(tmp_path):
    """Write a table in a format; polygons in the given reference system."""

    def save(rows, name, *, crs=3035, corners=CORNERS, sep=","):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True, parents=True)
        if path.suffix == ".csv":
            rows.to_csv(path, index=False, sep=sep)
        elif path.suffix == ".parquet":
            rows.to_parquet(path)
        else:
            gpd.GeoDataFrame(rows, geometry=squares(corners, crs)).to_file(path)
        return path

    return save


def packed(path, *, inner):
    """Zip around a 7z around a table and its companions, as INSEE delivers it."""
    with py7zr.SevenZipFile(path.with_name(inner), "w") as archive:
        for file in sorted(path.parent.glob(f"{path.stem}.*")):
            if file.suffix != ".7z":
                archive.write(file, file.name)
    outer = path.with_name("delivery.zip")
    with zipfile.ZipFile(outer, "a") as archive:
        archive.write(path.with_name(inner), inner)
    return outer


@pytest.mark.parametrize("year", [2015, 2017, 2019, 2021])
@pytest.mark.parametrize("ending", ["csv", "parquet", "gpkg", "shp"])
def test_every_vintage_in_every_format_gives_the_same_grid(save, year, ending):
    grid = read_filosofi(save(vintage(year), f"grid.{ending}", crs=2154))
    assert list(grid.columns) == [
        *("cell_id", "individuals", "households", "income_sum", "imputed", "geometry")
    ]
    assert grid.crs.to_epsg() == 3035
    by_id = grid.set_index("cell_id")
    paris = by_id.loc["CRS3035RES200mN2893400E3763200"]
    assert_allclose(paris[["individuals", "households", "income_sum"]].astype(float), [
        2818.5, 990.0, 44265483.1,
    ])  # fmt: skip
    assert paris.geometry.bounds == (3763200, 2893400, 3763400, 2893600)
    assert grid["imputed"].dtype == "boolean"
    flags = by_id["imputed"].reindex(ids(CORNERS)).tolist()
    assert flags == ([pd.NA] * 4 if year == 2021 else [False, True, False, True])


@pytest.mark.parametrize("ending", ["csv", "gpkg", "shp"])
def test_packed_as_published_it_is_the_same(save, ending):
    path = save(vintage(2015), f"in/Filosofi2015_carreaux_200m_metropole.{ending}", crs=2154)
    alone = read_filosofi(path)
    outer = packed(path, inner=f"Filosofi2015_carreaux_200m_metropole_{ending}.7z")
    assert_geodataframe_equal(read_filosofi(outer), alone)


def test_of_several_territories_the_metropolitan_one_is_read(save, tmp_path):
    for name in ("carreaux_200m_met", "carreaux_200m_reun", "carreaux_200m_mart"):
        rows = vintage(2019, CORNERS[:2] if name.endswith("met") else CORNERS)
        outer = packed(save(rows, f"in/{name}.csv"), inner=f"{name}.7z")
    assert len(read_filosofi(outer)) == 2
    assert len(read_filosofi(save(vintage(2019, CORNERS[:2]), "in/carreaux_200m_met.csv"))) == 2


def test_a_folder_of_metropolitan_and_other_tables_serves_too(save, tmp_path):
    save(vintage(2019, CORNERS[:3]), "folder/carreaux_200m_met.csv")
    save(vintage(2019), "folder/metadonnees.csv")
    assert len(read_filosofi(tmp_path / "folder")) == 3


def test_several_tables_without_a_metropolitan_one_are_refused(save, tmp_path):
    save(vintage(2019), "folder/a.csv")
    save(vintage(2019), "folder/b.csv")
    with pytest.raises(InputError, match=r"folder: expected one table .*, found a\.csv, b\.csv"):
        read_filosofi(tmp_path / "folder")
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match=r"empty: expected one table .*, found none"):
        read_filosofi(tmp_path / "empty")


@pytest.mark.parametrize("sep", [",", ";"])
@pytest.mark.parametrize("start", ["", "\ufeff"])
def test_separators_decimal_commas_and_marks_of_windows(save, sep, start):
    path = save(vintage(2015), "grid.csv", sep=sep)
    text = path.read_text()
    if sep == ";":
        text = text.replace(".", ",")
    path.write_text(start + text.replace("75119", "Saint-Étienne"), encoding="utf-8")
    assert_allclose(read_filosofi(path)["individuals"].max(), 2818.5)
    path.write_text(text.replace("75119", "Saint-Étienne"), encoding="latin-1")
    assert_allclose(read_filosofi(path)["individuals"].max(), 2818.5)


@pytest.mark.parametrize("ending", ["csv", "parquet", "gpkg"])
def test_bounds_keep_cells_that_share_area_with_them(save, ending):
    path = save(vintage(2015), f"grid.{ending}", crs=2154)
    found = read_filosofi(path, bounds=PARIS)
    assert sorted(found["cell_id"]) == ids(CORNERS[:3])
    touching = (3763000, 2893000, 3763200, 2893600)
    with pytest.raises(InputError, match=r"no cells within \(3763000, 2893000, 3763200, 2893600\)"):
        read_filosofi(path, bounds=touching)


corner = st.tuples(st.integers(16000, 21000), st.integers(10000, 15500))


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    corners=st.lists(corner, min_size=1, max_size=8, unique=True),
    west=st.integers(3_100_000, 4_300_000),
    south=st.integers(1_900_000, 3_200_000),
    wide=st.integers(1, 900_000),
)
def test_bounds_select_by_positive_area_of_the_intersection(save, corners, west, south, wide):
    corners = [(200 * e, 200 * n) for e, n in corners]
    rows = pd.DataFrame({"idcar_200m": ids(corners), "ind": 1.0, "men": 1.0, "ind_snv": 2e4})
    path = save(rows, "grid.csv")
    bounds = (west, south, west + wide, south + wide)
    box = shapely.box(*bounds)
    inside = [c for c in corners if shapely.box(*c, c[0] + 200, c[1] + 200).intersection(box).area]
    if inside:
        assert sorted(read_filosofi(path, bounds=bounds)["cell_id"]) == sorted(ids(inside))
    else:
        with pytest.raises(InputError, match="no cells within"):
            read_filosofi(path, bounds=bounds)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda rows: rows.rename(columns={"Ind_snv": "Revenu"}),
            r"no column for income_sum: ind_snv .*; it has IdINSPIRE, I_est_cr, .*Revenu",
        ),
        (
            lambda rows: rows.rename(columns={"IdINSPIRE": "id"}),
            r"not a Filosofi grid of 200 m: no column for cell_id: idinspire or idcar_200m",
        ),
        (
            lambda rows: rows.assign(IdINSPIRE=["CRS3035RES200mN2893400E", *rows.IdINSPIRE[1:]]),
            r"1 of 4 cell identifiers are not like .*: CRS3035RES200mN2893400E$",
        ),
        (
            lambda rows: rows.assign(IdINSPIRE=rows.IdINSPIRE.str.replace("200m", "1000m")),
            r"4 of 4 cell identifiers .*; these cells are 1 km wide, take the 200 m file",
        ),
        (
            lambda rows: rows.assign(IdINSPIRE=rows.IdINSPIRE.str.replace("3035", "2975")),
            r"overseas departments have grids of their own, take the metropolitan file",
        ),
        (
            lambda rows: rows.assign(IdINSPIRE=ids([(n, e) for e, n in CORNERS])),
            r"4 of 4 cells lie outside metropolitan France .*easting and northing are exchanged",
        ),
        (
            lambda rows: rows.assign(IdINSPIRE=ids([(5000000, 2893400), *CORNERS[1:]])),
            r"1 of 4 cells lie outside metropolitan France .*; take the file of that region",
        ),
        (
            lambda rows: rows.assign(IdINSPIRE=ids([(3763300, 2893400), *CORNERS[1:]])),
            r"1 cells do not start at a multiple of 200 m: CRS3035RES200mN2893400E3763300",
        ),
        (
            lambda rows: rows.assign(IdINSPIRE=[*rows.IdINSPIRE[:3], rows.IdINSPIRE[0]]),
            r"1 cells stand twice: CRS3035RES200mN2893400E3763200",
        ),
        (
            lambda rows: rows.assign(Ind_snv=[-1.0, *rows.Ind_snv[1:]]),
            r"column 'ind_snv' is missing or negative in 1 of 4 cells: CRS3035RES200mN2893400E3763",
        ),
        (
            lambda rows: rows.assign(Men=[None, *rows.Men[1:]]),
            r"column 'men' is missing or negative in 1 of 4 cells",
        ),
        (
            lambda rows: rows.assign(Ind=["secret", *rows.Ind[1:]]),
            r"column 'ind' has 'secret' in cell CRS3035RES200mN2893400E3763200 \(1 of 4 rows",
        ),
        (
            lambda rows: rows.assign(I_est_cr=["2", *rows.I_est_cr[1:]]),
            r"column 'i_est_cr or i_est_200' has '2' in cell .*; expected 0 or 1",
        ),
    ],
)
def test_a_mistake_is_told_by_file_column_and_cell(save, change, message):
    path = save(change(vintage(2015)), "grid.csv")
    with pytest.raises(InputError, match=r"grid\.csv.*" + message):
        read_filosofi(path)


@pytest.mark.parametrize("crs", [2154, 3035])
def test_identifiers_at_odds_with_their_polygons_are_refused(save, crs):
    """A file whose polygons have the identifier's corner at the upper right, as some take it."""
    moved = [(e - 200, n - 200) for e, n in CORNERS]
    path = save(vintage(2019), "grid.gpkg", crs=crs, corners=moved)
    with pytest.raises(InputError, match=r"4 of 4 compared cells lie up to 283 m from their pol"):
        read_filosofi(path)


def test_a_shapefile_without_reference_system_is_read_by_its_identifiers(save, caplog):
    path = save(vintage(2015), "grid.shp", crs=2154)
    path.with_suffix(".prj").unlink()
    assert len(read_filosofi(path, bounds=PARIS)) == 3
    assert "no reference system; only the identifiers are used" in caplog.text


def test_a_geopackage_of_several_layers_is_refused(save):
    path = save(vintage(2019), "grid.gpkg")
    gpd.GeoDataFrame(vintage(2019), geometry=squares()).to_file(path, layer="other")
    with pytest.raises(InputError, match=r"grid\.gpkg: several layers, grid, other; set `layer`"):
        read_filosofi(path)
    assert len(read_filosofi(path, layer="grid")) == 4


@pytest.mark.parametrize("ending", ["gpkg", "parquet"])
def test_a_damaged_table_is_told(tmp_path, ending):
    path = tmp_path / f"grid.{ending}"
    path.write_bytes(b"nothing of the kind")
    with pytest.raises(InputError, match=rf"grid\.{ending} cannot be read .*fetch it again"):
        read_filosofi(path)


def test_a_missing_file_is_told(tmp_path):
    with pytest.raises(InputError, match=r"none\.zip: there is no such file"):
        read_filosofi(tmp_path / "none.zip")


@pytest.mark.real
@pytest.mark.parametrize("ending", ["csv", "gpkg"])
def test_the_real_cells_of_paris(ending):
    path = REAL_DATA / "france" / f"filosofi2021_paris_200m.{ending}"
    if not path.exists():
        pytest.skip(f"no real data at {path.parent}; set INCOMELENS_REAL_DATA to its folder")
    grid = read_filosofi(path)
    assert len(grid) == 2065
    assert grid["imputed"].isna().all()
    assert (grid["households"] < 11).sum() == 93
    income = grid["income_sum"] / grid["individuals"]
    assert_allclose(
        np.percentile(income, [0, 20, 40, 60, 80, 100]),
        [9461, 26155, 34205, 39959, 47168, 71405],
        atol=0.5,
    )
    assert_allclose(grid.total_bounds, [3752000, 2884800, 3768600, 2896600], atol=200)
    if ending == "gpkg":
        stored = gpd.read_file(path).sort_values("idcar_200m", ignore_index=True)
        both = grid.geometry.intersection(stored.geometry).area
        assert (both / grid.geometry.union(stored.geometry).area).min() >= 0.9993
