"""Codes, names and dates that YAML reads as something else."""

from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator

from incomelens.common.configuration import check_texts
from incomelens.common.errors import InputError

ROOT = Path(__file__).resolve().parents[2]
SCHEMA = yaml.safe_load((ROOT / "workflow/schemas/config.schema.yaml").read_text())


def overlaid(text):
    """The default configuration with some keys replaced, as Snakemake merges them."""

    def merge(below, above):
        for key, value in above.items():
            if isinstance(value, dict) and isinstance(below.get(key), dict):
                merge(below[key], value)
            else:
                below[key] = value
        return below

    default = yaml.safe_load((ROOT / "config/config.yaml").read_text())
    return merge(default, yaml.safe_load(text))


@pytest.mark.parametrize("study", ["config", "demo", "tiny", "nyc", "socal", "validation"])
def test_the_studies_of_this_repository_pass(study):
    check_texts(overlaid((ROOT / f"config/{study}.yaml").read_text()), SCHEMA)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        # What YAML 1.1 makes of 06037 is octal; 09001 has a nine and stays text.
        (
            "districts: {tract: {areas: {06037: Los Angeles}}}",
            r"districts\.tract\.areas has the key 3103 \(a number\).*the code in quotes.*\"06037\"",
        ),
        ("districts: {tract: {areas: {36005: Bronx}}}", r"has the key 36005.*quotes: \"36005\""),
        ('districts: {tract: {areas: {"36005": no}}}', r"areas\.36005 is false .*in quotes"),
        ("cities: [nice, no]", r"cities\.1 is false \(true or false\); YAML reads yes, no"),
        ("city: {on: {name: Onville}}", r"city has the key true \(true or false\)"),
        ("city: {paris: {land_use: {city: 75056}}}", r"city\.paris\.land_use\.city is 75056"),
        ("study: 2019-01-01", r"study is 2019-01-01 \(a date\)"),
        ("districts: {tract: {columns: {geoid: 12}}}", r"tract\.columns\.geoid is 12 \(a number"),
        ("districts: {tract: {columns: {male: 12}}}", r"tract\.columns\.male is 12 \(a number"),
        ("siamese: {street_view: {dates: [2018-01-01, null]}}", r"dates\.0 is 2018-01-01 \(a date"),
        ("districts: {tract: {table: 1.0e+3}}", r"tract\.table is 1000\.0 \(a number\)"),
    ],
)
def test_what_yaml_does_not_read_as_text_is_refused_by_its_place(text, message):
    with pytest.raises(InputError, match=message):
        check_texts(overlaid(text), SCHEMA)


def test_keys_are_looked_at_in_lists_and_at_any_depth():
    with pytest.raises(InputError, match=r"a\.1\.b has the key 7 "):
        check_texts({"a": [{}, {"b": {7: "x"}}]}, {})


def test_numbers_where_numbers_belong_pass():
    check_texts({"n": 3}, {"properties": {"n": {"type": ["integer", "null"]}}})


def city_with(income):
    imagery = {"reader": "geotiff", "sources": ["photos"]}
    land_use = {"reader": "polygons", "table": "land.gpkg", "column": "code"}
    own = {"name": "Own", "income": income, "land_use": land_use, "imagery": imagery, "shards": 1}
    return overlaid("{}") | {"cities": ["own"], "city": {"own": own}}


CELLS = {
    "reader": "cells",
    "table": "units.gpkg",
    "columns": {"cell_id": "id", "income": "median"},
    "label": {"kind": "median", "unit": "USD"},
}


def without(*keys, **changes):
    return {key: CELLS[key] for key in CELLS if key not in keys} | changes


@pytest.mark.parametrize(
    ("income", "right"),
    [
        (CELLS, True),
        (without("table", source="units"), True),
        (without(crs="EPSG:4326", project_to="EPSG:32636", buffer_m=2000), True),
        (without(label={"kind": "share", "unit": "poor", "year": 2016}), True),
        (without("table"), False),
        (without(source="units"), False),
        (without("label"), False),
        (without("columns"), False),
        (without(label={"kind": "mode", "unit": "USD"}), False),
        (without(side_m=0), False),
        ({"reader": "filosofi", "source": "filosofi_2015"}, True),
        ({"reader": "filosofi", "source": "filosofi_2015", "side_m": 100}, False),
        ({"reader": "table", "source": "grid", "columns": {"cell_id": "id"}}, True),
        ({"reader": "table", "source": "grid", "columns": {"cell_id": "id"}, "crs": "x"}, False),
    ],
)
def test_readers_of_incomes_take_settings_of_their_own(income, right):
    assert Draft202012Validator(SCHEMA).is_valid(city_with(income)) == right
