"""The list of deviations: complete and cited entries, switches that exist, readable misuse."""

import re
from pathlib import Path

import pytest
import yaml

from incomelens.common.errors import InputError
from incomelens.paper.deviations import deviations_exhibit, read_deviations

ROOT = Path(__file__).parents[2]
LIST = ROOT / "config" / "deviations.yaml"
ENTRY = {
    "id": "a",
    "paper": "district",
    "where": "Table 1",
    "paper_says": "one thing",
    "we_do": "another",
    "why": "because",
    "switch": None,
}


@pytest.fixture
def read(tmp_path):
    def read_entries(*entries, **options):
        path = tmp_path / "deviations.yaml"
        path.write_text(yaml.safe_dump(list(entries), sort_keys=False), encoding="utf-8")
        return read_deviations(path, **options)

    return read_entries


def merged(below, above):
    """Overlay a study on the default configuration, as Snakemake does."""
    return below | {
        key: merged(below[key], value)
        if isinstance(below.get(key), dict) and isinstance(value, dict)
        else value
        for key, value in above.items()
    }


def test_every_switch_of_our_list_is_a_key_of_the_configuration():
    default, nyc = (
        yaml.safe_load((ROOT / "config" / f"{name}.yaml").read_text("utf-8"))
        for name in ("config", "nyc")
    )
    found = read_deviations(LIST, config=merged(default, nyc))
    assert len(deviations_exhibit(found, paper="district").table.numbers) >= 15


CITATION = re.compile(r"\b[Dd]eviations? ((?:`\w+`(?:, | and )?)+)")
"""In prose, comments and docstrings alike: deviation `one`, deviations `one` and `two`."""


def texts(*folders):
    for folder in folders:
        for path in (ROOT / folder).rglob("*.*"):
            if path.suffix in {".py", ".smk", ".yaml", ".md", ".rst"}:
                yield re.sub(r"\n\s*(?:# )?", " ", path.read_text(encoding="utf-8"))


def cited(*folders):
    """Ids that the texts of these folders cite."""
    citations = (ids for text in texts(*folders) for ids in CITATION.findall(text))
    return {one for ids in citations for one in re.findall(r"`(\w+)`", ids)}


def test_every_deviation_that_is_cited_is_in_the_list():
    known = {deviation.id for deviation in read_deviations(LIST)}
    assert cited("src", "workflow", "config", "docs") <= known


def test_every_deviation_of_the_list_is_cited_where_it_is_made():
    known = {deviation.id for deviation in read_deviations(LIST)}
    assert known <= cited("src", "workflow", "config")


def test_nothing_cites_a_document_outside_of_the_repository():
    of_it = re.compile(r"\brulings? \d", re.IGNORECASE)
    assert not any(of_it.search(text) for text in texts("src", "workflow", "config", "docs"))


def test_entry_is_read_as_it_stands(read):
    (deviation,) = read(ENTRY)
    assert deviation.we_do == "another"
    assert deviation.switch is None


def test_table_keeps_to_one_paper_and_the_order_of_the_file(read):
    entries = [ENTRY, ENTRY | {"id": "b", "paper": "aerial"}, ENTRY | {"id": "c"}]
    assert deviations_exhibit(read(*entries), paper="district").table.numbers["id"].tolist() == [
        "a",
        "c",
    ]


def test_missing_and_unknown_fields_are_named(read):
    entry = {key: value for key, value in ENTRY.items() if key != "why"} | {"reason": "x"}
    with pytest.raises(
        InputError, match=r"entry 1 \(a\): unknown key 'reason'; .*entry 1 \(a\): 'why' is missing"
    ):
        read(entry)


@pytest.mark.parametrize("value", ["", "  ", None, 3])
def test_empty_field_is_named(read, value):
    with pytest.raises(InputError, match=r"entry 1 \(a\): why holds .*; expected a line of text"):
        read(ENTRY | {"why": value})


def test_unknown_paper_is_refused(read):
    with pytest.raises(InputError, match="paper holds 'other'; expected aerial or district"):
        read(ENTRY | {"paper": "other"})


def test_repeated_id_is_refused(read):
    with pytest.raises(InputError, match="the id 'a' stands twice"):
        read(ENTRY, ENTRY)


def test_switch_that_the_configuration_lacks_is_named(read):
    with pytest.raises(InputError, match=r"a: the configuration has no key 'ssig\.mode'"):
        read(ENTRY | {"switch": "ssig.mode"}, config={"ssig": {"modes": []}})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: 1", "expected a list of entries"),
        ("- just text", "entry 1 holds 'just text'; expected a mapping with the keys id"),
        ("- [", "not readable as YAML"),
    ],
)
def test_file_of_another_shape_is_refused(tmp_path, text, message):
    path = tmp_path / "deviations.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=message):
        read_deviations(path)
