"""Table 2 of the district paper: the ten variables, as printed and as the study reads them."""

from collections.abc import Mapping

import pandas as pd

from incomelens.districts.user_columns import written_as
from incomelens.paper.exhibit import Exhibit
from incomelens.paper.names import TEN, VARIABLES, level_names
from incomelens.paper.reference import Reference
from incomelens.paper.table import EMPTY_SLOT, Table

NOTE = (
    "Cells such as B15003_022 are those of the American Community Survey; other names are columns "
    "of the study's own table. Shares are 0 where their denominator is 0. Readings are listed in "
    "config/deviations.yaml."
)


def exhibit(reference: Reference, districts: Mapping) -> Exhibit:
    """Describe the ten socio-economic variables.

    Parameters
    ----------
    districts : mapping
        The configuration's section `districts`: which adapter, and which columns it reads.
    """
    levels = level_names(districts)
    numbers = pd.DataFrame(
        {
            "variable": name,
            "paper_name": VARIABLES[name].paper,
            "paper_printed": reference.printed("ssig", "table_2", name, "printed"),
            "paper_text": reference.printed("ssig", "table_2", name, "text"),
            "unit": "share of 1" if VARIABLES[name].is_share else VARIABLES[name].unit,
            "census": VARIABLES[name].census,
            **{f"{level}_read_from": _read_from(name, districts[level]) for level in levels},
        }
        for name in TEN
    )
    shown = pd.DataFrame(
        {
            "Variable": numbers["paper_name"],
            "Printed description": numbers["paper_printed"],
            "Described in the text as": numbers["paper_text"],
            **{f"{levels[level]} level reads": numbers[f"{level}_read_from"] for level in levels},
        }
    )
    table = Table(
        numbers=numbers,
        shown=shown,
        caption="Table 2. Detailed descriptions of the socio-economic features of the SSIG model.",
        notes=(NOTE, EMPTY_SLOT),
        printed=["Printed description", "Described in the text as"],
    )
    return Exhibit(table)


def _read_from(variable: str, section: Mapping) -> str | None:
    if section["adapter"] == "table":
        written = section["columns"].get(variable)
        return None if written is None else written_as(written)
    return VARIABLES[variable].census
