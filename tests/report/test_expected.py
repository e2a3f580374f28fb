"""A study is compared with its expected numbers, and says which differ."""

import json
from pathlib import Path

import pandas as pd
import pytest

from incomelens.common.contracts import contract_of
from incomelens.common.errors import InputError
from incomelens.report.expected import compare, main, take

DEMO = Path(__file__).parents[2] / "docs/expected/demo.json"


@pytest.fixture
def study(tmp_path):
    """A study with one table of two rows."""
    table = pd.DataFrame({"city": ["a", "b"], "fold": [0, 1], "r2": [0.5, 0.25]})
    (tmp_path / "inference").mkdir()
    table.to_csv(tmp_path / "inference/scores.csv", index=False)
    return tmp_path


def listed(folder, **changes):
    """A list of one number, the r2 of city b."""
    number = {
        "means": "r² of b",
        "table": "inference/scores.csv",
        "where": {"city": "b", "fold": 1},
        "column": "r2",
        "value": 0.2501,
        "tolerance": 0.001,
    }
    path = folder / "expected.json"
    path.write_text(json.dumps({"study": "s", "numbers": [number | changes]}))
    return path


@pytest.mark.parametrize(
    ("value", "judgement", "status"),
    [(0.2501, "as expected", 0), (0.26, "differs", 1), (None, "no expected value yet", 0)],
)
def test_a_number_is_judged_by_its_tolerance(study, capsys, value, judgement, status):
    path = listed(study, value=value)
    assert [number.judgement for number in compare(study, path)] == [judgement]
    assert main([str(study), str(path)]) == status
    said = capsys.readouterr().out
    assert "0.250" in said
    assert judgement in said
    assert ("1 of 1 numbers differ" in said) == bool(status)


def test_numbers_of_a_study_can_be_taken_as_the_expected_ones(study):
    path = listed(study, value=7.0)
    take(study, path)
    (number,) = compare(study, path)
    assert number.expected == number.found == 0.25
    assert number.judgement == "as expected"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"table": "ssig/none.csv"}, "ssig/none.csv is not there: run the whole study first"),
        ({"column": "rmse"}, "has no column 'rmse'"),
        ({"where": {"city": "c"}}, "has 0 rows of city c instead of one"),
        ({"where": {"colour": "x"}}, "has no column 'colour'"),
        ({"extra": 1}, "a number has the keys .*extra.*; it needs column, means"),
    ],
)
def test_what_cannot_be_found_is_told(study, capsys, changes, message):
    path = listed(study, **changes)
    with pytest.raises(InputError, match=message):
        compare(study, path)
    assert main([str(study), str(path)]) == 1
    assert "Traceback" not in capsys.readouterr().err


def test_the_demo_asks_for_columns_that_its_tables_have():
    numbers = json.loads(DEMO.read_text())["numbers"]
    assert len(numbers) == 5
    for number in numbers:
        contract = contract_of(f"results/demo/{number['table']}")
        known = {column.name for column in contract.columns}
        assert {*number["where"], number["column"]} <= known, number["table"]
