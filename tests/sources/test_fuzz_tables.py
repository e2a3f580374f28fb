"""Tables of incomes, sales, lots and photographs: read right, or refused in a sentence."""

import pandas as pd
from PIL import Image

from incomelens.sources.readers.filosofi import read_filosofi
from incomelens.sources.readers.income_table import read_income_table
from incomelens.sources.readers.located_sales import read_located_sales
from incomelens.sources.readers.street_views import list_street_views
from incomelens.sources.readers.tax_lots import read_tax_lots

from ..fuzzing import assert_refused_or_right, damaged_lines, damaged_tables, fuzzed, written

CELLS = [f"CRS3035RES200mN{2893400 + 200 * n}E3763200" for n in range(6)]
GRID = (
    ["IdINSPIRE", "Commune", "I_est_cr", "Ind", "Men", "Ind_snv"],
    [
        [cell, f"Saint-Étienne, {n}", str(n % 2), f"{10 + n}.5", str(4 + n), f"{200_000 + n}.25"]
        for n, cell in enumerate(CELLS)
    ],
)
OWN_GRID = {
    "cell_id": "IdINSPIRE",
    "individuals": "Ind",
    "households": "Men",
    "income_sum": "Ind_snv",
    "imputed": "I_est_cr",
}
SALES = (
    [
        *("borough", "block", "lot", "building_class_category", "address", "zip_code"),
        *("gross_sqft", "sale_price", "sale_date", "longitude", "latitude", "tract"),
    ],
    [
        [
            *(str(1 + n % 5), str(10 + n), str(n + 1), "01 ONE FAMILY", f"{n} Straße, 2"),
            *("10001", "1200", str(500_000 + n), f"2019-0{n + 1}-1{n}"),
            *(f"-73.9{n}", f"40.7{n}", f"3606{n}"),
        ]
        for n in range(6)
    ],
)
LOTS = (
    ["borough", "bbl", "address", "latitude", "longitude"],
    [
        ["MN", str(1_000_010_001 + 10_000 * n), f"{n} Broadway, NY", f"40.7{n}", f"-73.9{n}"]
        for n in range(6)
    ],
)
PLACES = (
    ["file", "longitude", "latitude", "date", "heading", "note"],
    [
        [f"{n}é.png", f"10.{n}1", f"50.{n}2", f"2019-0{n + 1}", str(10 * n), "a, b"]
        for n in range(6)
    ],
)


def filosofi(path):
    return pd.DataFrame(read_filosofi(path).drop(columns="geometry")).set_index("cell_id")


def own_grid(path):
    grid = read_income_table(path, columns=OWN_GRID)
    return pd.DataFrame(grid.drop(columns="geometry")).set_index("cell_id")


def located_sales(path):
    sales = read_located_sales(path, district_columns={"tract": "tract"})
    return sales.set_index(["borough", "block", "lot"])


def tax_lots(path):
    return read_tax_lots([path]).set_index(["borough", "block", "lot"])


def photographs(path):
    for row in PLACES[1]:
        Image.new("RGB", (2, 2)).save(path.parent / row[0])
    views = list_street_views(path.parent)
    return views.placed.drop(columns="path").set_index("image_id")


READERS = {
    "filosofi": (filosofi, GRID),
    "own_grid": (own_grid, GRID),
    "located_sales": (located_sales, SALES),
    "tax_lots": (tax_lots, LOTS),
    "photographs": (photographs, PLACES),
}


def reader_tests(name):
    """The two tests of a reader: cells and form of its table, and its bytes."""
    read, (header, rows) = READERS[name]
    content = written(header, rows)

    def sound_of(folder):
        path = folder / "table.csv"
        path.write_bytes(content)
        return read(path)

    @fuzzed(damaged=damaged_tables(header, rows))
    def cells(tmp_path_factory, damaged):
        folder = tmp_path_factory.mktemp(name)
        assert_refused_or_right(read, folder / "table.csv", damaged, sound_of(folder))

    @fuzzed(damaged=damaged_lines(content))
    def raw(tmp_path_factory, damaged):
        folder = tmp_path_factory.mktemp(name)
        assert_refused_or_right(read, folder / "table.csv", damaged, sound_of(folder))

    return cells, raw


test_filosofi_cells, test_filosofi_bytes = reader_tests("filosofi")
test_own_grid_cells, test_own_grid_bytes = reader_tests("own_grid")
test_located_sales_cells, test_located_sales_bytes = reader_tests("located_sales")
test_tax_lots_cells, test_tax_lots_bytes = reader_tests("tax_lots")
test_photographs_cells, test_photographs_bytes = reader_tests("photographs")
