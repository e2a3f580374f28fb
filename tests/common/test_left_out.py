"""Counts of what was left out: one form, whatever stage they come from."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from incomelens.common.contracts import columns
from incomelens.common.errors import InputError
from incomelens.common.left_out import (
    Finding,
    collect_left_out,
    drop_counts,
    left_out_table,
)
from incomelens.common.tables import write_table


def test_findings_are_rows_and_those_that_count_nothing_are_none():
    findings = [
        Finding.of(["0012", "0013"], what="districts", reason="no_income", total=9),
        Finding("districts", "overlap", 0, 9, "kept", message="never told"),
    ]
    table = left_out_table(findings, stage="districts", of="tract")
    assert table.columns.tolist() == columns("left_out.csv")
    assert table.to_numpy().tolist() == [
        ["districts", "tract", "districts", "no_income", "left_out", 2, 9, "0012"]
    ]


def test_a_finding_with_a_message_is_a_warning(caplog):
    left_out_table([Finding("cells", "odd", 1, 2, message="it is odd")], stage="cells", of="lyon")
    assert [record.message for record in caplog.records] == ["lyon: it is odd"]
    assert caplog.records[0].levelname == "WARNING"


@given(st.lists(st.sampled_from([None, "void", "imputed", "no_income"]), max_size=30))
def test_every_dropped_one_is_counted_under_one_reason(reasons):
    ids = pd.Series([f"{at}" for at in range(len(reasons))], dtype="str")
    found = drop_counts(pd.Series(reasons, dtype="str"), ids, what="cells")
    assert sum(one.n for one in found) == sum(reason is not None for reason in reasons)
    assert all(reasons[int(one.example)] == one.reason for one in found)


def test_tables_of_all_stages_are_joined_and_keep_their_zeros(tmp_path):
    for name, findings in (
        ("a", [Finding.of(["007"], what="districts", reason="no_income", total=3)]),
        ("b", []),
        ("c", [Finding("sales", "outlier", 2, 5)]),
    ):
        table = left_out_table(findings, stage="districts", of="12")
        write_table(table, tmp_path / f"{name}.csv")
    joined = collect_left_out([tmp_path / f"{name}.csv" for name in "abc"])
    assert joined["example"].tolist() == ["007", ""]
    assert joined["of"].tolist() == ["12", "12"]
    assert joined["n"].tolist() == [1, 2]


def test_a_study_that_left_nothing_out_has_a_table_without_rows():
    assert collect_left_out([]).columns.tolist() == columns("left_out.csv")


def test_a_table_of_another_form_is_named(tmp_path):
    write_table(pd.DataFrame({"reason": ["a"], "n_sales": [1]}), tmp_path / "old.csv")
    with pytest.raises(InputError, match=r"old\.csv: no column stage, of, what, treated, n"):
        collect_left_out([tmp_path / "old.csv"])
