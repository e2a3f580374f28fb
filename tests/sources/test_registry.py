"""The registry in use is sound; a mistake in one is told by name."""

import copy
import re
from urllib.parse import urlsplit

import pytest
import yaml

from incomelens.common.errors import InputError
from incomelens.sources.fetching.registry import load_registry

ENTRY = {
    "title": "A survey",
    "provider": "An office",
    "page": "https://survey.org/get",
    "licence": "CC0",
    "citation": "Office (2019). A survey.",
    "time_frame": "2019",
    "used_for": "Incomes",
    "files": {
        "a.csv": {
            "address": "https://survey.org/a.csv",
            "format": "csv",
            "sha256": None,
            "bytes": None,
        }
    },
}


@pytest.fixture(scope="module")
def root(request):
    return request.config.rootpath


@pytest.fixture(scope="module")
def schema(root):
    return root / "workflow/schemas/sources.schema.yaml"


@pytest.fixture(scope="module")
def registry(root, schema):
    return load_registry(root / "config/sources.yaml", schema=schema)


@pytest.fixture
def load(tmp_path, schema):
    """Load a registry of one entry, changed by a function."""

    def load(change=lambda entry: None, name="survey"):
        entry = copy.deepcopy(ENTRY)
        change(entry)
        (tmp_path / "sources.yaml").write_text(yaml.safe_dump({name: entry}))
        return load_registry(tmp_path / "sources.yaml", schema=schema)

    return load


def test_the_sources_of_the_district_study_are_there(registry):
    codes = ("B19301", "B19013", "B15003", "B23025", "B01001", "B02001")
    tables = {f"{code}.json" for code in codes}
    for source in ("acs5_2019_tract", "acs5_2019_zcta"):
        assert {file.name for file in registry.source(source).files} == tables
    assert registry.file("cb_2018_tract", "cb_2018_36_tract_500k.zip").bytes == 1_736_065


def test_addresses_are_requests_as_they_are_sent(registry):
    for file in registry.files(source.id for source in registry):
        if file.address:
            assert re.fullmatch(r"[A-Za-z0-9%&()*,./:=?_-]+", file.address)
            assert urlsplit(file.address).scheme == "https"


def test_a_census_table_is_asked_for_with_its_margins(registry):
    """A group brings estimates (E) and margins (M) of every cell of a table."""
    for level in ("tract", "zcta"):
        for file in registry.source(f"acs5_2019_{level}").files:
            assert f"get=group({file.name.removesuffix('.json')})&for=" in file.address


def test_a_small_registry_loads(load):
    file = load().file("survey", "a.csv")
    assert (file.label, file.page, file.likely_bytes) == (
        "survey/a.csv",
        "https://survey.org/get",
        None,
    )


def many(name="a-{state}.csv", address="https://survey.org/{state}", **each):
    """Change of the entry: its file stands for many."""

    def change(entry):
        file = entry["files"].pop("a.csv")
        entry["files"][name] = {**file, "address": address}
        entry["each"] = each or {"state": ["06", "36"]}

    return change


def test_an_entry_stands_for_a_file_of_each_value(load):
    files = load(many()).source("survey").files
    assert [(file.name, file.address) for file in files] == [
        ("a-06.csv", "https://survey.org/06"),
        ("a-36.csv", "https://survey.org/36"),
    ]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (many(year=["2019"]), r"a-\{state\}\.csv has \{state\} in its name, .* it has year"),
        (many(address="https://survey.org"), r"stands for many, all of one address; put \{state\}"),
        (many(state=[6]), r"survey\.each\.state"),
    ],
)
def test_files_alike_that_cannot_be_told_apart_are_refused(load, change, message):
    with pytest.raises(InputError, match=message):
        load(change)


def test_the_tables_of_the_country_are_a_file_a_state(root, schema):
    registry = load_registry(root / "config/sources_usa.yaml", schema=schema)
    states = yaml.safe_load((root / "config/usa.yaml").read_text())["districts"]["us_tract"]
    names = {file.name for file in registry.source(states["tables"]).files}
    tables = ("B19301", "B19013", "B15003", "B23025", "B01001", "B02001")
    assert names == {f"{table}-{state}.json" for table in tables for state in states["areas"]}
    assert len(states["areas"]) == 51
    for file in registry.source(states["tables"]).files:
        table, state = file.name.removesuffix(".json").split("-")
        assert f"get=group({table})&for=tract:*&in=state:{state}&in=county:*" in file.address


def test_the_rough_size_serves_where_the_exact_one_is_unknown(load):
    registry = load(lambda entry: entry["files"]["a.csv"].update(about_mb=1.5))
    assert registry.file("survey", "a.csv").likely_bytes == 1_500_000


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda entry: entry.update(license="CC0"),
            r"survey: unknown key 'license' \(did you mean 'licence'\?\); known are title",
        ),
        (
            lambda entry: entry["files"]["a.csv"].update(adress="https://survey.org"),
            r"survey\.files\.a\.csv: unknown key 'adress' \(did you mean 'address'\?\)",
        ),
        (lambda entry: entry.pop("licence"), r"survey: 'licence' is missing; expected a mapping"),
        (
            lambda entry: entry["files"]["a.csv"].update(manual="click"),
            r"survey\.files\.a\.csv: needs either `address` or `manual`, and not both",
        ),
        (
            lambda entry: entry["files"]["a.csv"].pop("address"),
            r"survey\.files\.a\.csv: needs either `address` or `manual`, and not both",
        ),
        (
            lambda entry: entry["files"]["a.csv"].update(format="rar"),
            r"survey\.files\.a\.csv\.format: 'rar' is not one of json, zip",
        ),
        (
            lambda entry: entry["files"]["a.csv"].update(sha256="abc"),
            r"survey\.files\.a\.csv\.sha256: 'abc' does not look like",
        ),
        (
            lambda entry: entry["files"]["a.csv"].update(bytes="3 MB"),
            r"survey\.files\.a\.csv\.bytes holds '3 MB'; expected a whole number, or null",
        ),
        (lambda entry: entry.update(files={}), r"survey\.files: .*(non-empty|enough properties)"),
        (
            lambda entry: entry["files"].update({"../b": entry["files"]["a.csv"]}),
            r"survey\.files: '\.\./b' does not look like",
        ),
        (
            lambda entry: entry.update(secret={"environment": "KEY", "parameter": "key"}),
            r"survey\.secret: 'required' is missing; expected a mapping",
        ),
        (
            lambda entry: entry.update(page="survey.org"),
            r"survey\.page: 'survey\.org' does not look like",
        ),
    ],
)
def test_a_mistake_is_told_by_name(load, change, message):
    with pytest.raises(InputError, match=r"sources\.yaml: " + message):
        load(change)


def test_an_odd_source_id_is_refused(load):
    with pytest.raises(InputError, match=r"'My Survey' does not look like"):
        load(name="My Survey")


def test_several_mistakes_are_told_together(load):
    with pytest.raises(InputError, match=r"survey\.title holds 1; .*; survey\.used_for "):
        load(lambda entry: entry.update(title=1, used_for=2))


def test_a_key_may_stand_once(tmp_path, schema):
    text = yaml.safe_dump({"survey": ENTRY})
    (tmp_path / "sources.yaml").write_text(text + text)
    with pytest.raises(InputError, match=r"sources\.yaml: not readable .*'survey' stands twice"):
        load_registry(tmp_path / "sources.yaml", schema=schema)


def test_several_files_make_one_registry(tmp_path, schema):
    for name in ("one", "two"):
        (tmp_path / f"{name}.yaml").write_text(yaml.safe_dump({f"survey_{name}": ENTRY}))
    paths = [tmp_path / "one.yaml", tmp_path / "two.yaml"]
    registry = load_registry(paths, schema=schema)
    assert list(registry.sources) == ["survey_one", "survey_two"]
    assert load_registry(paths[1:]).file("survey_two", "a.csv").label == "survey_two/a.csv"
    with pytest.raises(InputError, match=r"one\.yaml \+ .*two\.yaml: there is no source 'three'"):
        registry.source("three")


def test_a_source_may_stand_in_one_file_only(tmp_path, schema):
    for name in ("one", "two"):
        (tmp_path / f"{name}.yaml").write_text(yaml.safe_dump({"survey": ENTRY}))
    with pytest.raises(InputError, match=r"two\.yaml: source 'survey' is in .*one\.yaml already"):
        load_registry([tmp_path / "one.yaml", tmp_path / "two.yaml"], schema=schema)


def test_a_mistake_in_the_second_file_is_told_with_its_path(tmp_path, schema):
    (tmp_path / "one.yaml").write_text(yaml.safe_dump({"survey": ENTRY}))
    (tmp_path / "two.yaml").write_text(yaml.safe_dump({"other": ENTRY | {"title": 1}}))
    with pytest.raises(InputError, match=r"two\.yaml: other\.title holds 1; expected text"):
        load_registry([tmp_path / "one.yaml", tmp_path / "two.yaml"], schema=schema)


def test_the_registry_of_the_demo_is_sound_and_needs_no_network(root, schema):
    registry = load_registry(
        [root / "config/sources.yaml", root / "config/sources_demo.yaml"], schema=schema
    )
    synthetic = [source for source in registry if source.id.startswith("synthetic_")]
    assert len(synthetic) == 7
    for source in synthetic:
        assert source.licence == "MIT"
        assert all(file.manual and file.address is None for file in source.files)


def test_the_sources_of_the_aerial_study_are_there(registry):
    for year in (2015, 2017, 2019, 2021):
        (file,) = registry.source(f"filosofi_{year}").files
        assert "www.insee.fr" in file.page
        assert file.manual
        assert "Licence Ouverte" in registry.source(f"filosofi_{year}").licence
    for city in ("paris", "lyon", "marseille", "nice", "lille"):
        (file,) = registry.source(f"urban_atlas_2012_{city}").files
        assert city.upper() in file.name
        assert "Copernicus" in registry.source(f"urban_atlas_2012_{city}").licence


@pytest.mark.parametrize(
    ("department", "year", "parts"),
    [
        *((code, 2014, 0) for code in ("075", "092", "093", "094")),
        *(("069", 2017, 4), ("013", 2017, 7), ("006", 2017, 5), ("059", 2015, 7)),
    ],
)
def test_a_department_of_imagery_has_its_parts_in_order(registry, department, year, parts):
    files = registry.source(f"orthohr_d{department}_{year}").files
    whole = f"ORTHOHR_1-0_RVB-0M20_JP2-E080_LAMB93_D{department}_{year}-01-01"
    ends = [f".7z.{number:03d}" for number in range(1, parts + 1)] or [".7z"]
    assert [file.name for file in files] == [whole + end for end in ends]
    assert [file.format for file in files] == (
        ["7z_first"] + ["7z_part"] * (parts - 1) if parts else ["7z"]
    )
    for file in files:
        assert file.address == (
            f"https://data.geopf.fr/telechargement/download/BDORTHO/{whole}/{file.name}"
        )


def test_no_registry(tmp_path):
    with pytest.raises(InputError, match=r"none\.yaml: there is no such file; see `sources`"):
        load_registry(tmp_path / "none.yaml")


def test_an_unknown_source_or_file_is_refused_with_those_that_there_are(load):
    with pytest.raises(InputError, match=r"no source 'surwey' \(did you mean 'survey'\?\)"):
        load().source("surwey")
    with pytest.raises(InputError, match=r"survey has no file 'b\.csv'.*; it has a\.csv"):
        load().file("survey", "b.csv")
