"""Two studies side by side: every differing cell is told, and nothing else."""

import base64
import io
import json

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from incomelens.common.errors import InputError
from incomelens.paper.table import Table
from incomelens.report.against import comparison_page, main
from incomelens.report.differences import differences, setting_differences

from .small_study import exhibit


def scores(r=(0.5, 0.7), rmse=("100", "90"), models=("ssig", "gwr")):
    return pd.DataFrame({"model": models, "r": [str(one) for one in r], "rmse": rmse})


def test_differing_cells_are_told_with_their_difference():
    found = differences(scores(), scores(r=(0.5, 0.75)))
    assert found.n_cells == 6
    (cell,) = found.cells.itertuples(index=False)
    assert (cell.row, cell.column, cell.one, cell.other) == (1, "r", "0.7", "0.75")
    assert cell.difference == pytest.approx(-0.05)


def test_the_same_number_written_otherwise_is_no_difference():
    assert differences(scores(rmse=("100", "90")), scores(rmse=("100.0", "9e1"))).none


def test_a_text_or_a_gap_that_differs_is_told_without_a_number():
    found = differences(scores(models=("ssig", "")), scores(models=("ssig", "gwr")))
    assert found.cells["difference"].isna().tolist() == [True]
    found = differences(scores(rmse=("", "90")), scores(rmse=("100", "90")))
    assert found.cells[["one", "other"]].to_numpy().tolist() == [["", "100"]]


def test_rows_and_columns_of_one_only_are_counted_and_the_rest_joined():
    longer = pd.concat([scores(models=("trees", "ssig")), scores(models=("gwr", "gwr"))])
    found = differences(longer.assign(mae="1"), scores(r=(0.7, 0.5)))
    assert found.lone_columns == (("mae",), ())
    assert found.lone_rows == (2, 0)
    assert found.keys["model"].tolist() == ["ssig", "gwr"]
    # ssig has r 0.7 in both, gwr 0.5; rmse is 90 beside 100, and 100 beside 90.
    assert found.cells[["row", "column"]].to_numpy().tolist() == [[0, "rmse"], [1, "rmse"]]


@settings(max_examples=30, deadline=None)
@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=8))
def test_a_table_does_not_differ_from_itself(values):
    table = pd.DataFrame({"name": [f"n{i % 3}" for i in range(len(values))], "v": map(str, values)})
    assert differences(table, table).none


def test_settings_that_differ_are_named_with_their_path():
    one = {"seed": 1, "ssig": {"modes": ["ard"], "starts": 3}}
    other = {"seed": 1, "ssig": {"modes": ["ard"], "starts": 5}, "threads": 2}
    assert setting_differences(one, other) == [
        ("ssig.starts", "3", "5"),
        ("threads", "not there", "2"),
    ]


def study(folder, r, *, extra=()):
    shown = pd.DataFrame({"City": ["Aube", "Brie"], "r": [0.5, r]})
    exhibit(
        folder / "paper/aerial", "scores", kind="table", table=Table(shown, shown, caption="S.")
    )
    for name in ("fig2", *extra):
        exhibit(folder / "paper/aerial", name)
    told = {
        "configuration": {"study": folder.name, "seed": 1},
        "code": {"commit": "abc", "sha256": "0"},
        "software": {"python": "3.11", "packages": {"numpy": "2"}},
    }
    (folder / "provenance.json").write_text(json.dumps(told))
    return folder


def test_the_page_tells_what_differs_and_what_only_one_has(tmp_path, capsys):
    one, other = study(tmp_path / "one", 0.7), study(tmp_path / "other", 0.6, extra=("fig9",))
    assert main([str(one), str(other)]) == 0
    assert "against-other.html" in capsys.readouterr().out
    html = (one / "against-other.html").read_text(encoding="utf-8")
    assert "1 of 4 cells differ" in html
    assert "+0.1" in html
    assert "Aerial study: Fig2" in html
    assert "Aerial study: Fig9: only other" in html
    assert "setting.study" in html
    address = html.split('href="data:text/csv;base64,')[1].split('"')[0]
    table = pd.read_csv(io.BytesIO(base64.b64decode(address)))
    assert table[["exhibit", "column", "one", "other"]].to_numpy().tolist() == [
        ["aerial-scores", "r", 0.7, 0.6]
    ]


def test_two_runs_of_one_study_are_called_runs(tmp_path):
    one, other = study(tmp_path / "a/demo", 0.7), study(tmp_path / "b/demo", 0.7)
    html = comparison_page(one, other)
    assert "<h1>this run beside the other run</h1>" in html
    assert "Nothing: all numbers that both have are the same." in html
    assert "Settings, code and packages are the same." in html


def test_an_exhibit_without_numbers_is_the_same_in_both_and_a_lost_table_is_told(tmp_path):
    one, other = study(tmp_path / "one", 0.7), study(tmp_path / "other", 0.7)
    for folder in (one, other):
        (folder / "paper/aerial/fig2.csv").write_text("\n")
    assert "<li>Aerial study: Fig2</li>" in comparison_page(one, other)
    (other / "paper/aerial/fig2.csv").unlink()
    with pytest.raises(InputError, match=r"fig2\.csv: cannot be read .*; run its study again"):
        comparison_page(one, other)


def test_a_folder_without_results_is_refused(tmp_path, capsys):
    one = study(tmp_path / "one", 0.7)
    with pytest.raises(InputError, match=r"nowhere: no table or figure lies in .*nowhere/paper"):
        comparison_page(one, tmp_path / "nowhere")
    assert main([str(one), str(tmp_path / "nowhere")]) == 1
    assert "expected the results of a finished study" in capsys.readouterr().err
