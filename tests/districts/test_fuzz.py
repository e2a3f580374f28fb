"""Districts of a user's own and of the Census Bureau: read right, or refused in a sentence."""

import json

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import strategies as st
from shapely import box

from incomelens.demo.formats.census import shapefile_zip
from incomelens.demo.formats.geopackage import geopackage
from incomelens.districts.census import read_boundaries, zcta_areas
from incomelens.districts.census_tables import COUNTS, INCOME_CELLS, read_census_tables
from incomelens.districts.columns import VARIABLES
from incomelens.districts.own_table import own_districts

from ..fuzzing import (
    NASTY_VALUES,
    Damaged,
    assert_refused_or_right,
    damaged_bytes,
    damaged_lines,
    damaged_tables,
    fuzzed,
    outcome,
    written,
)

N = 5
CODES = [f"{n + 1:03d}" for n in range(N)]
SHARES = {name: [f"0.{k}{n + 1}" for n in range(N)] for k, name in enumerate(VARIABLES, start=10)}
OWN = {
    "code": CODES,
    "name": [f"Łódź, {n}" for n in range(N)],
    "borough": ["North", "North", "South", "South", "South"],
    "per_head": [str(30_000 + n) for n in range(N)],
    "longitude": [f"10.0{n}" for n in range(N)],
    "latitude": [f"50.0{n}" for n in range(N)],
    **SHARES,
}
OWN_COLUMNS = {
    "geoid": "code",
    "area": "borough",
    "per_capita_income": "per_head",
    "longitude": "longitude",
    "latitude": "latitude",
    **{name: name for name in VARIABLES},
}
OWN_TABLE = list(OWN), [list(row) for row in zip(*OWN.values(), strict=True)]


def own(path):
    table = own_districts(path, columns=OWN_COLUMNS)[0].set_index("geoid")
    return pd.DataFrame(table.drop(columns="geometry"))


def held(read, path, sound, damaged):
    """Hold what is read from damaged bytes at `path` to what is read from sound ones."""
    beside = path.with_name(f"sound-{path.name}")
    beside.write_bytes(sound)
    assert_refused_or_right(read, path, damaged, read(beside))


@fuzzed(damaged=damaged_tables(*OWN_TABLE))
def test_own_cells(tmp_path_factory, damaged):
    held(own, tmp_path_factory.mktemp("own") / "own.csv", written(*OWN_TABLE), damaged)


@fuzzed(damaged=damaged_lines(written(*OWN_TABLE)))
def test_own_bytes(tmp_path_factory, damaged):
    held(own, tmp_path_factory.mktemp("own") / "own.csv", written(*OWN_TABLE), damaged)


OWN_SHAPES = gpd.GeoDataFrame(
    {name: (values if name in ("code", "name", "borough") else np.array(values, float))
     for name, values in OWN.items()},
    geometry=[box(10 + 0.01 * n - 0.01, 50 + 0.01 * n - 0.01, 10.01 + 0.01 * n, 50.01 + 0.01 * n)
              for n in range(N)],
    crs=4326,
)  # fmt: skip


@fuzzed(content=damaged_bytes(geopackage({"districts": OWN_SHAPES})))
def test_own_geopackage(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("own") / "own.gpkg"
    path.write_bytes(content)
    outcome(lambda: own(path))


@fuzzed(content=damaged_bytes(geopackage({"districts": OWN_SHAPES})))
def test_own_boundaries(tmp_path_factory, content):
    folder = tmp_path_factory.mktemp("own")
    (folder / "own.csv").write_bytes(written(*OWN_TABLE))
    (folder / "shapes.gpkg").write_bytes(content)
    outcome(
        lambda: own_districts(
            folder / "own.csv", columns=OWN_COLUMNS, boundaries=folder / "shapes.gpkg"
        )
    )


# --- the Census Bureau ---------------------------------------------------------------------------

CELLS = (*COUNTS, *INCOME_CELLS)
HEADER = [*CELLS, "NAME", "state", "county", "tract", "NAME"]
ROWS = [
    [
        *(str(1000 * n + k) for k in range(len(CELLS))),
        *(f"Tract {n}", "36", "005", f"{100 * n:06d}", f"Tract {n}"),
    ]
    for n in range(N)
]


def answer(header, rows):
    lines = [json.dumps(line) for line in (header, *rows)]
    return ("[" + ",\n".join(lines) + "]").encode()


def census(path):
    return read_census_tables([path])


@fuzzed(damaged=damaged_lines(answer(HEADER, ROWS)))
def test_census_bytes(tmp_path_factory, damaged):
    held(census, tmp_path_factory.mktemp("census") / "B.json", answer(HEADER, ROWS), damaged)


scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(NASTY_VALUES)
anything = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=2), inner),
    max_leaves=3,
)


@st.composite
def changed_answers(draw):
    """An answer with a cell, a row, a heading or a column that is not as it should be."""
    header, rows = list(HEADER), [list(row) for row in ROWS]
    i, j, k = draw(st.integers(0, N - 1)), *draw(st.tuples(*[st.integers(0, len(HEADER) - 1)] * 2))
    value = draw(anything)
    kind = draw(st.sampled_from(["cell", "row", "heading", "twice", "lost", "order", "short"]))
    touched = {i} if kind in ("cell", "row", "short") else () if kind == "order" else range(N)
    if kind == "cell":
        rows[i][j] = value
    elif kind == "row":
        rows[i] = value
    elif kind == "heading":
        header[j] = value
    elif kind == "twice":
        header[j] = header[k]
    elif kind == "short":
        rows[i] = rows[i][:j]
    else:
        for line in (header, *rows):
            if kind == "lost":
                del line[j]
            else:
                line[j], line[k] = line[k], line[j]
    return Damaged(answer(header, rows), frozenset(touched), f"{kind} {i}, {j}, {k}: {value!r}")


@fuzzed(damaged=changed_answers())
def test_census_values(tmp_path_factory, damaged):
    held(census, tmp_path_factory.mktemp("census") / "B.json", answer(HEADER, ROWS), damaged)


@pytest.mark.parametrize("part", [b"[", b"{", b'["a",', b'{"a":'])
@pytest.mark.parametrize("times", [2, 5_000, 200_000])
def test_census_nested(tmp_path, part, times):
    path = tmp_path / "B.json"
    path.write_bytes(part * times)
    assert outcome(lambda: census(path), named="B.json") is None


SHAPES = gpd.GeoDataFrame(
    {
        "GEOID": [f"36005{100 * n:06d}" for n in range(N)],
        "ALAND": [1_000_000 + n for n in range(N)],
    },
    geometry=[box(-73.9 + 0.01 * n, 40.8, -73.89 + 0.01 * n, 40.81) for n in range(N)],
    crs=4269,
)
BOUNDARIES = shapefile_zip(SHAPES, "cb_2018_36_tract_500k")


def boundaries(path):
    shapes = read_boundaries(path)
    return pd.DataFrame(
        {"land_km2": shapes["land_km2"], "wkb": shapes.normalize().to_wkb()}, index=shapes.index
    )


@fuzzed(content=damaged_bytes(BOUNDARIES))
def test_boundaries_bytes(tmp_path_factory, content):
    damaged = Damaged(content, frozenset(), "bytes of the zip")
    held(boundaries, tmp_path_factory.mktemp("boundaries") / "b.zip", BOUNDARIES, damaged)


@st.composite
def changed_shapes(draw):
    shapes = SHAPES.copy()
    i = draw(st.integers(0, N - 1))
    kind = draw(st.sampled_from(["id", "land", "shape", "text", "twice", "lost", "crs"]))
    value = draw(scalars)
    touched = {i}
    if kind == "id":
        shapes["GEOID"] = shapes["GEOID"].astype(object)
        shapes.loc[i, "GEOID"] = str(value).replace("\x00", "")[:200]
    elif kind == "land":
        number = value if isinstance(value, int | float) else -1.0
        shapes["ALAND"] = shapes["ALAND"].astype(float)
        shapes.loc[i, "ALAND"] = float(np.clip(number, -1e15, 1e15))
    elif kind == "shape":
        shapes.loc[i, "geometry"] = draw(
            st.sampled_from([None, box(0, 0, 0, 0), box(-190, 0, -189, 1), box(-73, 40, -72.9, 41)])
        )
    elif kind == "text":
        shapes["ALAND"], touched = shapes["ALAND"].astype(str), range(N)
    elif kind == "twice":
        shapes = pd.concat([shapes, shapes.iloc[[i]]], ignore_index=True)
    elif kind == "lost":
        column = draw(st.sampled_from(["GEOID", "ALAND", "geometry"]))
        shapes, touched = pd.DataFrame(shapes).drop(columns=column), range(N)
        if column != "geometry":
            shapes = gpd.GeoDataFrame(shapes, crs=4269)
    else:
        shapes, touched = shapes.set_crs(2263, allow_override=True), range(N)
    return shapes, frozenset(touched), f"{kind} {i}: {value!r}"


@fuzzed(changed=changed_shapes())
def test_boundaries_values(tmp_path_factory, changed):
    shapes, touched, what = changed
    path = tmp_path_factory.mktemp("boundaries") / "b.gpkg"
    try:
        content = geopackage({"b": shapes})
    except (ValueError, RuntimeError):  # a value that the format cannot hold
        return
    damaged = Damaged(content, touched, what)
    held(boundaries, path, geopackage({"b": SHAPES}), damaged)


RELATIONSHIP = (
    ["ZCTA5", "STATE", "COUNTY", "GEOID", "POPPT", "AREAPT"],
    [[f"{10001 + n}", "36", "005", "36005", str(100 + n), str(9000 + n)] for n in range(N)],
)


def relationship(path):
    return zcta_areas(path, {"36005": "Bronx"}).to_frame()


@fuzzed(damaged=damaged_tables(*RELATIONSHIP))
def test_relationship_cells(tmp_path_factory, damaged):
    held(
        relationship,
        tmp_path_factory.mktemp("relationship") / "rel.txt",
        written(*RELATIONSHIP),
        damaged,
    )


@fuzzed(damaged=damaged_lines(written(*RELATIONSHIP)))
def test_relationship_bytes(tmp_path_factory, damaged):
    held(
        relationship,
        tmp_path_factory.mktemp("relationship") / "rel.txt",
        written(*RELATIONSHIP),
        damaged,
    )
