"""What archives, catalogues and installers read of this project agrees."""

import json
import re
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


PROJECT = tomllib.loads(read("pyproject.toml"))["project"]
CITATION = yaml.safe_load(read("CITATION.cff"))
CODEMETA = json.loads(read("codemeta.json"))
ZENODO = json.loads(read(".zenodo.json"))


@pytest.mark.parametrize(
    "told", [CITATION, CODEMETA, ZENODO], ids=["citation", "codemeta", "zenodo"]
)
def test_every_file_tells_the_same_version(told):
    assert told["version"] == PROJECT["version"]


def test_the_changelog_opens_with_the_version():
    headings = re.findall(r"^## (\S+)", read("CHANGELOG.md"), re.MULTILINE)
    assert headings[0] == PROJECT["version"]
    assert headings == sorted(headings, reverse=True)


def test_every_file_tells_the_same_licence():
    assert PROJECT["license"] == CITATION["license"] == ZENODO["license"] == "MIT"
    assert CODEMETA["license"].endswith("/MIT")
    assert read("LICENSES/MIT.txt") == read("LICENSE")


def test_archive_and_catalogue_describe_the_project_in_the_same_words():
    assert CODEMETA["description"] == ZENODO["description"]
    assert CODEMETA["keywords"] == ZENODO["keywords"] == CITATION["keywords"]


def test_what_the_environment_is_made_with_is_pinned():
    """`make env` brings uv by the hash in the lock; bars are drawn by a plugin of Snakemake."""
    lock = read("envs/requirements.lock")
    for package in ("uv", "snakemake-logger-plugin-rich"):
        assert re.search(rf"^{package}==\S+ \\\n    --hash=sha256:", lock, re.MULTILINE), package


def test_no_lock_names_where_packages_come_from():
    for lock in (ROOT / "envs").glob("*.lock"):
        assert "://" not in lock.read_text(encoding="utf-8"), lock.name


def test_both_papers_have_their_doi_wherever_they_are_named():
    own = re.findall(r"^@article\{(?:levy|bai).*?doi\s+= \{(.+?)\}", read("paper.bib"), re.M | re.S)
    assert len(own) == 2
    assert [one["doi"] for one in CITATION["references"]] == own
    assert [one["identifier"] for one in ZENODO["related_identifiers"]] == own
    papers = CODEMETA["referencePublication"]
    assert [one["identifier"].removeprefix("https://doi.org/") for one in papers] == own


def test_every_command_and_file_that_the_checklist_points_to_is_there():
    page, goals = read("docs/checklist.md"), re.findall(r"^([a-z-]+):", read("Makefile"), re.M)
    assert set(re.findall(r"`make ([a-z-]+)`", page)) <= set(goals)
    named = re.findall(r"`([\w./-]+(?:/|\.(?:md|json|ya?ml|toml|bib)|/Snakefile))`", page)
    assert named
    # A study's own record lies in its results.
    assert [name for name in named if not (ROOT / name).exists()] == ["provenance.json"]
    assert "`write_ro_crate`" in read("docs/figures.md")


def test_the_paper_cites_what_its_list_of_references_holds():
    cited = set(re.findall(r"@([a-z]+\d{4})", read("paper.md")))
    assert cited == set(re.findall(r"^@\w+\{(\w+),", read("paper.bib"), re.MULTILINE))


def test_reforms_are_answered_and_the_checklist_is_whole():
    items = re.findall(r"^\| (\d[a-h]) \|", read("docs/reforms.md"), re.MULTILINE)
    # Kapoor et al. 2024, Table 1: how far the letters of each of the eight modules go.
    last = dict(enumerate("cegcfccb", start=1))
    assert items == [
        f"{module}{letter}" for module in last for letter in "abcdefg" if letter <= last[module]
    ]
    rows = re.findall(r"^\| (\d+) \|", read("docs/checklist.md"), re.MULTILINE)
    assert [int(row) for row in rows] == list(range(1, 23))
