"""A study as an RO-Crate names what it was made of, and nothing that is not there."""

import json

import pytest

from incomelens.report.provenance import provenance
from incomelens.report.ro_crate import METADATA, ro_crate, write_ro_crate

from .small_study import config, jobs, sources

RESULTS = ["report.html", "provenance.json", "paper/ssig/fig1.png"]


@pytest.fixture
def crate(tmp_path):
    (tmp_path / "report.html").write_text("<p>All of it</p>")
    told = provenance(config=config(), jobs=jobs(), manifest=sources(), root=tmp_path)
    crate = ro_crate(told, workflow="incomelens.smk", results=RESULTS, folder=tmp_path)
    write_ro_crate(crate, tmp_path / METADATA)
    return json.loads((tmp_path / METADATA).read_text())


def entities(crate):
    return {entity["@id"]: entity for entity in crate["@graph"]}


def references(value):
    """All identifiers that a value points to."""
    if isinstance(value, dict):
        return {value["@id"]} if set(value) == {"@id"} else references(list(value.values()))
    if isinstance(value, list):
        return {one for part in value for one in references(part)}
    return set()


def test_every_reference_leads_to_an_entity_or_to_an_address(crate):
    known = entities(crate)
    assert len(known) == len(crate["@graph"])
    lost = {one for one in references(crate["@graph"]) if one not in known}
    assert all(one.startswith(("https://", "http://schema.org/")) for one in lost)


def test_the_run_used_the_sources_and_made_the_results(crate):
    known = entities(crate)
    run = known["#run"]
    used = [known[one["@id"]] for one in run["object"]]
    assert {one["sha256"] for one in used if "sha256" in one} == set(sources()["sha256"])
    assert {one["name"] for one in used if one["@type"] == "PropertyValue"} == set(config())
    assert [one["@id"] for one in run["result"]] == RESULTS
    assert run["instrument"] == known["./"]["mainEntity"] == {"@id": "incomelens.smk"}


def test_the_folder_holds_the_workflow_and_the_results(crate):
    parts = [one["@id"] for one in entities(crate)["./"]["hasPart"]]
    assert parts == ["incomelens.smk", *RESULTS]
    page = entities(crate)["report.html"]
    assert page["encodingFormat"] == "text/html"
    assert page["contentSize"] == "16"
