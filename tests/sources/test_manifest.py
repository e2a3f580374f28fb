"""The manifest says of every file where it came from and under which licence."""

from incomelens.common.contracts import check_written
from incomelens.sources.fetching.manifest import manifest_table
from incomelens.sources.fetching.records import Retrieval, read_record, write_record
from incomelens.sources.fetching.registry import Registry, Source, invented

RECORD = Retrieval(
    source="survey",
    file="b.csv",
    origin="provider",
    address="https://survey.org/b.csv",
    sha256="0" * 64,
    checksum="first use",
    bytes=3,
    retrieved="2026-01-01",
)
SOURCE = Source(
    id="survey",
    title="A survey",
    provider="An office",
    page="https://survey.org",
    licence="CC0",
    citation="Office (2019). A survey.",
    time_frame="2019",
    used_for="Incomes",
    files=(),
)
REGISTRY = Registry("sources.yaml", {"survey": SOURCE})


def test_a_record_survives_its_file(tmp_path):
    write_record(RECORD, tmp_path / "b.csv.origin.json")
    assert read_record(tmp_path / "b.csv.origin.json") == RECORD


def test_rows_are_sorted_and_carry_the_licence():
    other = Retrieval(**{**vars(RECORD), "file": "a.csv"})
    table = manifest_table([RECORD, other], REGISTRY)
    check_written(table, "results/small/sources/manifest.csv")
    assert list(table["file"]) == ["a.csv", "b.csv"]
    assert set(table["licence"]) == {"CC0"}


def test_what_the_workflow_invented_is_not_the_providers():
    made = Retrieval(**{**vars(RECORD), "origin": "demo"})
    row = manifest_table([made], REGISTRY).iloc[0]
    assert row["provider"] == "IncomeLens (synthetic)"
    assert (row["licence"], row["time_frame"]) == ("MIT", "2019 (invented)")
    assert "Office" not in row["citation"]
    assert "A survey, An office" in invented(SOURCE).title
    assert invented(invented(SOURCE)) == invented(SOURCE)


def test_a_study_without_sources_has_an_empty_manifest():
    table = manifest_table([], REGISTRY)
    check_written(table, "results/small/sources/manifest.csv")
    assert table.empty
