"""Contracts of tables: writers keep them, readers miss no column, the page tells them all."""

import re
from pathlib import Path

import pandas as pd
import pytest

from incomelens.common.contracts import (
    ContractError,
    columns,
    contract_of,
    contracts,
    documentation,
)
from incomelens.common.errors import InputError
from incomelens.common.tables import read_table, write_table

ROOT = Path(__file__).parents[2]
PLACE = "results/tiny/topology/lyon/probabilities.csv"
TABLE = pd.DataFrame(
    {"ses": ["low"], "urban_class": ["dense"], "n": [3], "probability": [0.5]}
    | {name: [float("nan")] for name in ("ci_low", "ci_high", "block_ci_low", "block_ci_high")}
)


def test_a_table_that_keeps_its_contract_is_written_and_read(tmp_path):
    write_table(TABLE, tmp_path / PLACE)
    assert list(read_table(tmp_path / PLACE)) == columns("topology/{city}/probabilities.csv")


@pytest.mark.parametrize(
    ("table", "fault"),
    [
        (TABLE.drop(columns="n"), "lacks the column n"),
        (TABLE.assign(extra=1), "has the column extra, which is not declared"),
        (TABLE[TABLE.columns[::-1]], "has its columns in another order: block_ci_high, block_ci"),
        (TABLE.assign(n=3.0), "has float64 in the column n, declared integer"),
        (TABLE.assign(probability="half"), "in the column probability, declared number"),
        (TABLE.assign(ses=None), "lacks values in the column ses, which is declared complete"),
    ],
)
def test_a_broken_contract_is_told_with_table_and_column_and_nothing_is_written(
    tmp_path, table, fault
):
    with pytest.raises(ContractError, match=rf"probabilities\.csv: the table .*{fault}.*declares"):
        write_table(table, tmp_path / PLACE)
    assert not (tmp_path / PLACE).exists()


def test_a_table_that_lacks_a_column_is_refused_by_name(tmp_path):
    (tmp_path / PLACE).parent.mkdir(parents=True)
    (tmp_path / PLACE).write_text("ses,urban_class\nlow,dense\n")
    with pytest.raises(InputError, match=r"lacks the column n, .*it has ses, urban_class"):
        read_table(tmp_path / PLACE)


def test_an_empty_table_and_one_elsewhere_are_free_of_types(tmp_path):
    write_table(TABLE.iloc[:0].astype(object), tmp_path / PLACE)
    write_table(TABLE.assign(n="many"), tmp_path / "results/tiny/paper/probabilities.csv")
    write_table(TABLE.assign(n="many"), tmp_path / "probabilities.csv")


def test_the_most_literal_place_decides():
    place = "results/tiny/attribution/lyon/random-main-curves.parquet"
    assert "share" in contract_of(place).names


def test_the_page_is_made_from_the_contracts():
    told = (ROOT / "docs/tables.md").read_text(encoding="utf-8")
    assert told == documentation(), "run: python -m incomelens.common.contracts > docs/tables.md"


def test_no_meaning_is_left_without_a_table():
    text = (ROOT / "src/incomelens/common/contracts.yaml").read_text(encoding="utf-8")
    shared = text.partition("\ntables:\n")[0]
    named = {column.name for contract in contracts() for column in contract.columns}
    assert set(re.findall(r"^    ([\w{}]+):", shared, flags=re.MULTILINE)) <= named


def test_every_table_that_a_rule_writes_has_a_contract():
    rules = "\n".join(
        file.read_text(encoding="utf-8") for file in (ROOT / "workflow").rglob("*.smk")
    )
    places = re.findall(r'(?<!f)"<results>/(?!paper/)([^"]+\.(?:csv|parquet))"', rules)
    assert len(places) > 20
    for place in {re.sub(r"\{+\w+\}+", "x", place) for place in places}:
        assert contract_of(f"results/tiny/{place}"), place
