"""Maps (Urban Atlas, the grid, tax lots): read right, or refused in a sentence."""

import geopandas as gpd
import shapely
from hypothesis import strategies as st

from incomelens.demo.formats.geopackage import geopackage, shapefile
from incomelens.sources.readers.filosofi import read_filosofi
from incomelens.sources.readers.tax_lots import read_tax_lots
from incomelens.sources.readers.urban_atlas import read_urban_atlas

from ..fuzzing import damaged_bytes, fuzzed, outcome
from .test_urban_atlas import BOUNDARY, frame_of, land_2012, land_2018

CORNERS = [(3763200 + 200 * n, 2893400) for n in range(5)]
ATLAS = "FR003L2_LYON_UA2018"


def grid():
    return gpd.GeoDataFrame(
        {
            "idcar_200m": [f"CRS3035RES200mN{north}E{east}" for east, north in CORNERS],
            "i_est_200": [0, 1, 0, 1, 0],
            "ind": [10.5, 11, 12, 13, 14],
            "men": [4.0, 5, 6, 7, 8],
            "ind_snv": [200_000.0 + n for n in range(5)],
        },
        geometry=[shapely.box(east, north, east + 200, north + 200) for east, north in CORNERS],
        crs=3035,
    )


def lots():
    return gpd.GeoDataFrame(
        {"BBL": [1_000_010_001.0 + 10_000 * n for n in range(5)]},
        geometry=[shapely.box(e, 200_000, e + 50, 200_100) for e in range(980_000, 980_500, 100)],
        crs=2263,
    )


SHAPEFILES = {
    **shapefile(land_2012(), "FR003L2_LYON_UA2012"),
    **shapefile(frame_of(BOUNDARY), "FR003L2_LYON_UA2012_Boundary"),
}
ATLAS_PACKAGE = geopackage({ATLAS: land_2018(), f"{ATLAS}_Boundary": frame_of(BOUNDARY)})
GRID_PACKAGE = geopackage({"carreaux_200m_met": grid()})
LOTS_PACKAGE = geopackage({"MapPLUTO": lots()})
LOTS_SHAPEFILE = shapefile(lots(), "MapPLUTO")


@st.composite
def one_damaged(draw, files):
    """Files of which one is damaged, or is not there."""
    name = draw(st.sampled_from(sorted(files)))
    content = draw(st.none() | damaged_bytes(files[name]))
    return {k: v for k, v in files.items() if k != name} | (
        {} if content is None else {name: content}
    )


def put(files, folder):
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return folder


def whole_land(land):
    """What no damage may take away without a word: every polygon has a code and an area."""
    assert land.polygons["code"].str.fullmatch(r"\d{5}").all()
    assert (land.polygons.geometry.area > 0).all()
    assert land.boundary.geometry.area.gt(0).all()
    return land


@fuzzed(files=one_damaged(SHAPEFILES))
def test_urban_atlas_shapefiles(tmp_path_factory, files):
    folder = put(files, tmp_path_factory.mktemp("atlas"))
    land = outcome(lambda: read_urban_atlas(folder, city="Lyon"))
    if land is not None:
        assert len(whole_land(land).polygons) == 3


@fuzzed(content=damaged_bytes(ATLAS_PACKAGE))
def test_urban_atlas_geopackage(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("atlas") / f"{ATLAS}.gpkg"
    path.write_bytes(content)
    land = outcome(lambda: read_urban_atlas(path, city="Lyon"))
    if land is not None:
        whole_land(land)


@fuzzed(files=one_damaged(shapefile(frame_of(BOUNDARY), "own")))
def test_own_boundary_of_urban_atlas(tmp_path_factory, files):
    folder = put(SHAPEFILES, tmp_path_factory.mktemp("atlas"))
    own = put(files, tmp_path_factory.mktemp("own")) / "own.shp"
    land = outcome(lambda: read_urban_atlas(folder, city="Lyon", boundary=own))
    if land is not None:
        whole_land(land)


@fuzzed(content=damaged_bytes(GRID_PACKAGE))
def test_filosofi_geopackage(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("grid") / "grid.gpkg"
    path.write_bytes(content)
    found = outcome(lambda: read_filosofi(path))
    if found is not None:
        assert found["cell_id"].is_unique
        assert found.geometry.area.eq(200.0**2).all()


@fuzzed(files=one_damaged(LOTS_SHAPEFILE))
def test_tax_lots_shapefile(tmp_path_factory, files):
    folder = put(files, tmp_path_factory.mktemp("lots"))
    found = outcome(lambda: read_tax_lots([folder]))
    assert found is None or found[["longitude", "latitude"]].notna().all(axis=None)


@fuzzed(content=damaged_bytes(LOTS_PACKAGE))
def test_tax_lots_geopackage(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("lots") / "lots.gpkg"
    path.write_bytes(content)
    outcome(lambda: read_tax_lots([path]))
