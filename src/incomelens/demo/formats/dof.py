"""Sales and tax lots as New York's Departments of Finance and City Planning write them."""

import io
import re
import zipfile
from datetime import datetime, timedelta

import openpyxl
import pandas as pd

from incomelens.demo.cities.archives import WRITTEN, zipped

FIRST_DAY = datetime(2019, 1, 1)
HEADINGS = (
    *("BOROUGH", "NEIGHBORHOOD", "BUILDING CLASS CATEGORY", "TAX CLASS AT PRESENT", "BLOCK"),
    *("LOT", "EASE-MENT", "BUILDING CLASS AT PRESENT", "ADDRESS", "APARTMENT NUMBER", "ZIP CODE"),
    *("RESIDENTIAL\nUNITS", "COMMERCIAL\nUNITS", "TOTAL \nUNITS", "LAND \nSQUARE FEET"),
    *("GROSS \nSQUARE FEET", "YEAR BUILT", "TAX CLASS AT TIME OF SALE"),
    *("BUILDING CLASS\nAT TIME OF SALE", "SALE PRICE", "SALE DATE"),
)
NOTES = (
    "{name} ANNUAL SALES FOR CALENDAR YEAR 2019.  ",
    "(All Sales From January 2019 - December 2019. Synthetic: no sale in it took place)",
    "For sales prior to the Final, Neighborhood Name and Descriptive Data reflect the Final Roll",
    "Sales after the Final Roll, Neighborhood Name and Descriptive Data reflect current data",
    "Building Class Category is based on Building Class at Time of Sale. ",
    "Note: Condominium and cooperative sales are on the unit level.",
)
BOROUGH_CODES = ("MN", "BX", "BK", "QN", "SI")


def sales_workbook(sales: pd.DataFrame, name: str) -> bytes:
    """Workbook of one borough, the same bytes on every run.

    Parameters
    ----------
    sales : DataFrame
        ``borough``, ``block``, ``lot``, ``category``, ``address``, ``flat`` (of a cooperative:
        follows the address), ``apartment``, ``area`` (square feet, 0 where unknown), ``price``
        (USD), ``day`` (of the year, from 0).
    name : str
        Of the borough, in the title.
    """
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = name.title()
    for note in NOTES:
        sheet.append([note.format(name=name.upper())])
    sheet.append(list(HEADINGS))
    for row in sales.itertuples(index=False):
        kind = row.category[:2]
        units = 1 if kind in ("01", "10", "13") else 2 if kind == "02" else 0
        sheet.append(
            [
                *(int(row.borough), "SYNTHETIC", row.category, "1", int(row.block), int(row.lot)),
                *(None, "A1", row.address + row.flat, row.apartment or None, None),
                *(units, 0, units, 2500, int(row.area), 1950, "1", "A1", int(row.price)),
                FIRST_DAY + timedelta(days=int(row.day)),
            ]
        )
    packed = io.BytesIO()
    book.save(packed)
    return _undated(packed.getvalue())


def pluto_zip(lots: pd.DataFrame, name: str) -> bytes:
    """PLUTO as a zip around a CSV; ``lots`` as ``homes`` draws them."""
    numbers = lots["borough"] * 10**9 + lots["block"] * 10**4 + lots["lot"]
    table = pd.DataFrame(
        {
            "borough": lots["borough"].map(dict(enumerate(BOROUGH_CODES, start=1))),
            "block": lots["block"],
            "lot": lots["lot"],
            "borocode": lots["borough"],
            "bbl": numbers,
            "latitude": lots["latitude"],
            "longitude": lots["longitude"],
            "version": "19v2",
        }
    )
    text = table.to_csv(index=False, float_format="%.7f").encode()
    return zipped({f"{name}.csv": text, "PlutoReadme.pdf": b"%PDF-1.4 synthetic\n"})


def _undated(workbook: bytes) -> bytes:
    """The same workbook without the clock: dates of its parts and in its properties."""
    date = "{:04d}-{:02d}-{:02d}T{:02d}:{:02d}:{:02d}Z".format(*WRITTEN).encode()
    with zipfile.ZipFile(io.BytesIO(workbook)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    core = parts["docProps/core.xml"]
    parts["docProps/core.xml"] = re.sub(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", date, core)
    return zipped(parts)
