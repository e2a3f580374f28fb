"""Tables: what is written is read back."""

import geopandas as gpd
import pandas as pd
import pytest
from shapely.geometry import Point

from incomelens.common.errors import InputError
from incomelens.common.tables import read_table, write_table


def test_identifiers_keep_their_leading_zeros(tmp_path):
    write_table(pd.DataFrame({"geoid": ["01", "10"], "income": [1.0, 2.0]}), tmp_path / "a.csv")
    assert read_table(tmp_path / "a.csv")["geoid"].tolist() == ["01", "10"]


def test_geometry_survives_parquet(tmp_path):
    table = gpd.GeoDataFrame({"geoid": ["1"]}, geometry=[Point(1, 2)], crs=4326)
    write_table(table, tmp_path / "a.parquet")
    back = read_table(tmp_path / "a.parquet")
    assert back.crs == table.crs
    assert back.geometry.iloc[0] == Point(1, 2)


@pytest.mark.parametrize("action", [read_table, lambda path: write_table(pd.DataFrame(), path)])
def test_unknown_ending_names_the_known_ones(tmp_path, action):
    with pytest.raises(InputError, match=r"tables end in \.csv or \.parquet, not in '\.xlsx'"):
        action(tmp_path / "a.xlsx")
