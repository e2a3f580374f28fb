"""Tables of embeddings: rows found by identifier, gaps counted, other places' tables refused."""

import logging

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal

from incomelens.common.errors import InputError
from incomelens.sources.readers.embedding_tables import read_embedding

IDS = ["b", "a", "d", "c"]


def written(folder, name="e.parquet", **columns):
    table = pd.DataFrame({"place": ["a", "b", "c", "x"], "e_0": range(4), "e_1": 2.5} | columns)
    path = folder / name
    if path.suffix == ".csv":
        table.to_csv(path, index=False)
    else:
        table.to_parquet(path)
    return path


@pytest.mark.parametrize("name", ["e.parquet", "e.csv"])
def test_rows_are_found_by_identifier_and_those_without_counted(tmp_path, caplog, name):
    with caplog.at_level(logging.WARNING):
        found = read_embedding(written(tmp_path, name), IDS, name="mine", id_column="place")
    assert_array_equal(found.of(["c", "a"]), [[2, 2.5], [0, 2.5]])
    assert np.isnan(found.of(["d"])).all()
    assert "embedding mine: 2 dimensions; 1 of 4 places have no row or a gap in it" in caplog.text
    assert "count as the mean of those of training: d" in caplog.text


def test_a_row_with_a_gap_is_no_row(tmp_path, caplog):
    path = written(tmp_path, e_0=np.arange(4.0), e_1=[1.0, np.nan, 3.0, 4.0])
    found = read_embedding(path, IDS, name="mine", id_column="place")
    assert np.isnan(found.of(["b"])).all()
    assert "2 of 4 places have no row or a gap in it" in caplog.text


def test_patterns_say_which_columns_are_dimensions(tmp_path):
    path = written(tmp_path, income=[9, 9, 9, 9])
    found = read_embedding(path, IDS, name="mine", id_column="place", columns=["e_*"])
    assert found.matrix.shape == (4, 2)


@pytest.mark.parametrize(
    ("columns", "options", "message"),
    [
        ({}, {"id_column": "cell"}, "has no column 'cell'; there are place, e_0, e_1; say in `id`"),
        ({"place": ["a", "a", "b", "c"]}, {}, "1 places stand twice: a; keep one each"),
        ({"place": ["7", "8", "9", "a"]}, {}, "rows for 1 of 4 places; its place begins with 7, 8"),
        ({}, {"columns": ["e_0", "A*"]}, r"no column 'A\*'; there are e_0, e_1"),
        (
            {"e_0": list("abcd"), "e_1": list("abcd")},
            {},
            "no column of numbers; there are e_0, e_1",
        ),
        ({"e_1": ["1", "2", "cloud", "4"]}, {"columns": ["e_*"]}, "e_1 hold more than numbers"),
        ({"e_1": [1, 2, np.inf, 4]}, {}, "1 rows hold infinite numbers"),
    ],
)
def test_tables_that_say_nothing_of_these_places_are_refused(tmp_path, columns, options, message):
    path = written(tmp_path, **columns)
    with pytest.raises(InputError, match=message):
        read_embedding(path, IDS, **({"name": "mine", "id_column": "place"} | options))
