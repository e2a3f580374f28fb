"""The Census Bureau's files in a demo mirror, districts built from them, and answers changed."""

import json

import pandas as pd

from incomelens.demo.districts.city import AREAS
from incomelens.districts.build import build_districts

TRACT_ZIP = "cb_2018_tract/cb_2018_36_tract_500k.zip"
ZCTA_ZIP = "cb_2018_zcta/cb_2018_us_zcta510_500k.zip"
RELATIONSHIP = "zcta_county_2010/zcta_county_rel_10.txt"
NEW_YORK = {"36005": "Bronx"}  # an overlay's areas join the default's, which no district has


def files_of(mirror, level):
    if level == "tract":
        tables = sorted((mirror / "acs5_2019_tract").glob("*.json"))
        return {"tables": tables, "boundaries": mirror / TRACT_ZIP}
    tables = sorted((mirror / "acs5_2019_zcta").glob("*.json"))
    return {
        "tables": tables,
        "boundaries": mirror / ZCTA_ZIP,
        "relationship": mirror / RELATIONSHIP,
    }


def built(mirror, level, **changes):
    settings = {"adapter": "census", "tables": "acs", "areas": {**NEW_YORK, **AREAS}}
    return build_districts({**files_of(mirror, level), **changes}, settings=settings, level=level)


def rewritten(file, change):
    header, *rows = json.loads(file.read_bytes())
    table = change(pd.DataFrame(rows, columns=header, dtype=object))
    file.write_text(json.dumps([list(table.columns), *table.to_numpy().tolist()]))
