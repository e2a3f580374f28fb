"""The papers' printed values: every slot is there, none is filled by accident, misuse is told."""

import copy

import pytest
import yaml

from incomelens.common.errors import InputError
from incomelens.common.yaml_files import SCHEMAS, read_yaml
from incomelens.paper.names import BASELINES, LEVELS, TEN
from incomelens.paper.reference import read_reference


@pytest.fixture
def slots(reference):
    return copy.deepcopy(dict(reference.slots))


@pytest.fixture
def read(tmp_path):
    def read_slots(slots):
        path = tmp_path / "paper_reference.yaml"
        path.write_text(yaml.safe_dump(slots, sort_keys=False), encoding="utf-8")
        return read_reference(path)

    return read_slots


def leaves(part):
    if not isinstance(part, dict):
        return [part]
    return [leaf for inside in part.values() for leaf in leaves(inside)]


@pytest.mark.parametrize("table", ["table_1", "table_3", "table_4", "table_5"])
def test_values_that_nobody_has_typed_are_null(reference, table):
    assert set(leaves(reference.part("ssig", table))) == {None}


def test_numbers_of_districts_are_those_of_the_text(reference):
    assert leaves(reference.part("ssig", "n_districts")) == [2117, 2095, 180, 179]


def test_typed_value_is_read_back(read, slots):
    slots["ssig"]["table_3"]["zip"]["per_capita_income"]["ssig"]["r2"] = 0.5
    keys = ("ssig", "table_3", "zip", "per_capita_income", "ssig", "r2")
    assert read(slots).printed(*keys) == 0.5


def test_missing_slot_says_to_write_null(read, slots):
    del slots["ssig"]["table_1"]["tract"]["per_capita_income"]["gini"]
    with pytest.raises(
        InputError, match=r"table_1\.tract\.per_capita_income: 'gini' is missing; .* write null"
    ):
        read(slots)


def test_misspelt_slot_is_told_with_the_nearest_name(read, slots):
    slots["ssig"]["table_1"]["tract"]["per_capita_incom"] = {}
    with pytest.raises(InputError, match=r"per_capita_incom' .*did you mean 'per_capita_income'\?"):
        read(slots)


@pytest.mark.parametrize("value", ["0.81", True, [0.81]])
def test_value_that_is_no_number_is_named(read, slots, value):
    slots["ssig"]["table_1"]["tract"]["per_capita_income"]["gini"] = value
    with pytest.raises(InputError, match=r"gini holds .*; expected a number as printed, or null"):
        read(slots)


def test_error_without_unit_asks_for_it(read, slots):
    slots["ssig"]["table_4"]["tract"]["per_capita_income"]["spatial"]["mae"] = 1.0
    with pytest.raises(InputError, match=r"mae holds 1\.0; expected null as long as"):
        read(slots)


def test_unknown_error_unit_is_refused(read, slots):
    slots["ssig"]["error_unit"] = "eur"
    with pytest.raises(InputError, match="error_unit holds 'eur'; expected usd or sd, or null"):
        read(slots)


def test_table_that_is_no_mapping_is_named(read, slots):
    slots["ssig"]["table_1"] = None
    with pytest.raises(InputError, match=r"ssig\.table_1 holds None; expected a mapping"):
        read(slots)


def test_slot_typed_twice_is_refused(tmp_path):
    path = tmp_path / "paper_reference.yaml"
    path.write_text("ssig: {}\nssig: {}", encoding="utf-8")
    with pytest.raises(InputError, match="key 'ssig' stands twice"):
        read_reference(path)


def test_the_schema_knows_the_models_and_variables_that_are_printed():
    slots = read_yaml(SCHEMAS / "paper_reference.schema.yaml")["properties"]["ssig"]["properties"]
    models = slots["table_3"]["additionalProperties"]["additionalProperties"]["required"]
    assert models == ["ssig", *BASELINES]
    defined = read_yaml(SCHEMAS / "paper_reference.schema.yaml")["$defs"]
    assert defined["variables"]["required"] == TEN
    assert defined["levels"]["required"] == list(LEVELS)


def test_broken_yaml_names_the_file(tmp_path):
    path = tmp_path / "paper_reference.yaml"
    path.write_text("a: [", encoding="utf-8")
    with pytest.raises(InputError, match=r"paper_reference\.yaml: not readable as YAML"):
        read_reference(path)
