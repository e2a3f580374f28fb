"""What others' readers were seen to misread without a word is read right here, or refused."""

import gzip
import io
import re
import shutil
import sqlite3
import zipfile

import openpyxl
import pandas as pd
import pytest

from incomelens.common.errors import InputError
from incomelens.demo.formats.geopackage import shapefile
from incomelens.sources.fetching.archives import archive_members
from incomelens.sources.fetching.fetch import fetch_file
from incomelens.sources.fetching.origins import Places
from incomelens.sources.fetching.registry import SourceFile, load_registry
from incomelens.sources.fetching.verify import verify
from incomelens.sources.readers.dof_sales import read_dof_sales
from incomelens.sources.readers.filosofi import read_filosofi
from incomelens.sources.readers.geotiff import list_geotiff
from incomelens.sources.readers.tax_lots import read_tax_lots
from incomelens.sources.readers.urban_atlas import read_urban_atlas

from . import imagery
from .test_fuzz_archives import zipped
from .test_fuzz_layers import GRID_PACKAGE, SHAPEFILES, grid, put
from .test_fuzz_workbooks import BOOK, SALES
from .test_urban_atlas import land_2012

ATLAS = "FR003L2_LYON_UA2012"


@pytest.fixture
def edited(tmp_path):
    """A GeoPackage as QGIS leaves it while it is open: the last edits stand in a file beside it."""
    folder = tmp_path / "edited"
    folder.mkdir()
    (folder / "grid.gpkg").write_bytes(GRID_PACKAGE)
    with sqlite3.connect(folder / "grid.gpkg") as open_elsewhere:
        open_elsewhere.execute("PRAGMA journal_mode = wal")
        open_elsewhere.execute("PRAGMA wal_autocheckpoint = 0")
        triggers = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        for (trigger,) in open_elsewhere.execute(triggers).fetchall():
            open_elsewhere.execute(f'DROP TRIGGER "{trigger}"')
        open_elsewhere.execute("UPDATE carreaux_200m_met SET ind_snv = 300000")
        open_elsewhere.commit()
        copy = shutil.copytree(folder, tmp_path / "copy")
    open_elsewhere.close()
    return copy


def test_edits_beside_a_geopackage_in_an_archive_are_read(edited, tmp_path):
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        for file in edited.iterdir():
            archive.write(file, file.name)
    assert read_filosofi(tmp_path / "all.zip")["income_sum"].eq(300_000).all()


def test_a_geopackage_is_not_copied_without_the_edits_beside_it(edited, tmp_path):
    file = SourceFile(source="own", name="grid.gpkg", format="gpkg", page="https://own.org")
    (tmp_path / "manual").mkdir()
    edited.rename(tmp_path / "manual" / "own")
    places = Places(mirror=None, manual_dir=str(tmp_path / "manual"))
    with pytest.raises(InputError, match=r"grid\.gpkg-wal holds edits .* close it in QGIS"):
        fetch_file(file, tmp_path / "out" / "grid.gpkg", places=places)


def test_a_workbook_that_understates_its_rows_is_read_whole(tmp_path):
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(BOOK)) as book, zipfile.ZipFile(packed, "w") as again:
        for name in book.namelist():
            part = re.sub(rb'<dimension ref="[^"]*"', b'<dimension ref="A1:U9"', book.read(name))
            again.writestr(name, part)
    (tmp_path / "a.xlsx").write_bytes(packed.getvalue())
    assert read_dof_sales([tmp_path / "a.xlsx"])["sale_price"].tolist() == SALES["price"].tolist()


@pytest.mark.parametrize(
    ("heading", "value", "message"),
    [
        ("SALE DATE", 43670, r"'sale_date' has 43670 in row 8"),  # not the first days of 1970
        ("SALE PRICE", 1e308, r"'sale_price' has 1e\+308 in row 8"),  # not the least of integers
        ("LOT", 1.5, r"'lot' has 1\.5 in row 8"),
    ],
)
def test_a_number_that_is_no_date_price_or_lot_is_refused(tmp_path, heading, value, message):
    book = openpyxl.load_workbook(io.BytesIO(BOOK))
    sheet = book.active
    (column,) = [cell.column for cell in sheet[7] if cell.value == heading]
    sheet.cell(8, column).value = value
    sheet.cell(8, column).number_format = "General"
    book.save(tmp_path / "a.xlsx")
    with pytest.raises(InputError, match=message):
        read_dof_sales([tmp_path / "a.xlsx"])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("bbl,latitude,longitude\n1000010001,-73.9,40.7\n", r"\(40\.7, -73\.9\) of lot 1000010001"),
        # As PLUTO 18v2 was at first (NYCPlanning/db-pluto): degrees without their decimals.
        ("bbl,xcoord,ycoord\n1000010001,-73,40\n", r"such as 73 look like degrees"),
        ("BBL,bbl,latitude,longitude\n1,2,40.7,-73.9\n", r"bbl heads more than one column"),
        (
            "bbl,latitude,longitude\n1000010001,40.7,-73.9\n1000010001,40.8,-73.9\n",
            r"1 lots stand at more than one place: 1000010001",
        ),
    ],
)
def test_lots_that_lie_elsewhere_than_they_say_are_refused(tmp_path, text, message):
    (tmp_path / "lots.csv").write_text(text)
    with pytest.raises(InputError, match=message):
        read_tax_lots([tmp_path / "lots.csv"])


def test_lots_at_zero_degrees_have_no_position(tmp_path, caplog):
    rows = "1000010001,0,0\n1000020001,40.7,-73.9\n"
    (tmp_path / "lots.csv").write_text(f"bbl,latitude,longitude\n{rows}")
    assert read_tax_lots([tmp_path / "lots.csv"])["block"].tolist() == [2]
    assert "1 lots at longitude and latitude 0 count as lots without a position" in caplog.text


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda rows: rows.rename(columns={"ind": "ind_snv", "ind_snv": "ind"}), r"exchanged"),
        (lambda rows: rows.assign(ind_snv=rows["ind_snv"] / rows["ind"]), r"ind_snv a mean\?"),
        (lambda rows: rows.assign(Ind=1.0), r"columns 'ind' and 'Ind' differ in case alone"),
        (lambda rows: rows.assign(ind_snv=[1e308, *rows["ind_snv"][1:]]), r"in 1 of 5 cells"),
    ],
)
def test_sums_that_cannot_be_incomes_are_refused(tmp_path, change, message):
    rows = pd.DataFrame(grid().drop(columns="geometry"))
    change(rows).to_csv(tmp_path / "grid.csv", index=False)
    with pytest.raises(InputError, match=message):
        read_filosofi(tmp_path / "grid.csv")


def test_a_stray_quotation_mark_does_not_swallow_rows(tmp_path):
    rows = pd.DataFrame(grid().drop(columns="geometry")).assign(name="a")
    lines = rows.to_csv(index=False).splitlines()
    lines[2] = f'{lines[2][:-1]}"a'
    lines[4] += '"'
    (tmp_path / "grid.csv").write_text("\n".join(lines))
    with pytest.raises(InputError, match=r"quotation mark too many swallows"):
        read_filosofi(tmp_path / "grid.csv")


def test_a_shapefile_whose_table_lacks_rows_is_refused(tmp_path):
    fewer = shapefile(land_2012().iloc[:2], ATLAS)
    put(SHAPEFILES | {f"{ATLAS}.dbf": fewer[f"{ATLAS}.dbf"]}, tmp_path)
    with pytest.raises(InputError, match=rf"3 shapes, and {ATLAS}\.dbf has 2 rows"):
        read_urban_atlas(tmp_path, city="Lyon")


@pytest.mark.parametrize("ending", ["shp", "shx"])
def test_a_shapefile_that_is_cut_short_is_refused(tmp_path, ending):
    name = f"{ATLAS}.{ending}"
    put(SHAPEFILES | {name: SHAPEFILES[name][:-8]}, tmp_path)
    with pytest.raises(InputError, match=rf"{name}: cut short: \d+ bytes instead of"):
        read_urban_atlas(tmp_path, city="Lyon")


@pytest.mark.parametrize("kind", ["gpkg", "gz"])
def test_half_a_file_is_not_taken_for_a_whole_one(tmp_path, kind):
    whole = GRID_PACKAGE if kind == "gpkg" else gzip.compress(bytes(range(256)) * 40)
    (tmp_path / "a").write_bytes(whole[: len(whole) // 2])
    file = SourceFile(source="own", name="a", format=kind, page="https://own.org")
    with pytest.raises(InputError, match=rf"the {kind} file is cut short or damaged"):
        verify(tmp_path / "a", file)


def test_an_entry_of_no_size_with_a_checksum_is_damage(tmp_path):
    content = zipped(zipfile.ZIP_STORED)
    at = content.rindex(b"PK\x01\x02") + 20  # both sizes in the directory
    (tmp_path / "a.zip").write_bytes(content[:at] + bytes(8) + content[at + 8 :])
    with pytest.raises(InputError, match=r"tree\.txt has no bytes, and should have"):
        archive_members(tmp_path / "a.zip")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("06037: {}\n", r"key 06037 is 3103 in YAML, no text; write it in quotes"),
        ("no: {}\n", r"key no is False in YAML"),
        ("survey: {time_frame: 2019-13-45}\n", r"month must be in 1\.\.12"),
        ("survey: \xe9\n", r"not readable as YAML"),
    ],
)
def test_what_yaml_makes_of_keys_and_dates_is_told(tmp_path, text, message):
    (tmp_path / "sources.yaml").write_bytes(text.encode("latin-1"))
    with pytest.raises(InputError, match=message):
        load_registry(tmp_path / "sources.yaml")


def test_a_reference_system_that_there_is_not_is_refused_by_its_name(tmp_path):
    (tmp_path / "a.tif").write_bytes(imagery.image(0, 0, driver="GTiff"))
    with pytest.raises(InputError, match=r"`crs`: 'EPSG:99999' is no reference system"):
        list_geotiff([tmp_path / "a.tif"], crs="EPSG:99999")
