"""Everything that is missing is told at once, with what to do, before anything runs."""

import shutil
from dataclasses import replace

import pytest

from incomelens.common.errors import InputError
from incomelens.sources.fetching.origins import Places
from incomelens.sources.fetching.preflight import preflight
from incomelens.sources.fetching.registry import Secret

KEY = Secret("SURVEY_KEY", "key", required=True, page="https://survey.org/key")


@pytest.fixture
def file(raw):
    return replace(raw, address="https://survey.org/table.csv", about_mb=2)


@pytest.fixture
def look(tmp_path):
    """Preflight of some files in an empty folder."""

    def look(*files, mirror=None, demo=False, environment=None, **more):
        places = Places(mirror and str(mirror), str(tmp_path / "manual"), demo)
        results = tmp_path / "results"
        return preflight(
            files, places=places, results=results, environment=environment or {}, **more
        )

    return look


def put(folder):
    (folder / "survey").mkdir(parents=True)
    (folder / "survey" / "table.csv").write_bytes(b"12345")


def states(report):
    return [row.state for row in report.rows]


def test_a_file_of_the_provider_is_to_be_downloaded(look, file):
    report = look(file, results_mb=1)
    assert states(report) == ["to download"]
    assert report.needed == 3_000_000
    assert list(report.problems) == []
    report.raise_if_missing()
    assert "to download  survey/table.csv  2.0 MB  https://survey.org/table.csv" in report.text()
    assert "disk: 3.0 MB needed at" in report.text()


def test_what_is_there_needs_nothing_more(look, file, tmp_path):
    put(tmp_path / "results" / "sources")
    report = look(replace(file, address=None, manual="click", secret=KEY))
    assert (states(report), report.needed, list(report.problems)) == (["there"], 0, [])


def test_mirror_and_hand_are_told_apart(look, file, tmp_path):
    put(tmp_path / "mirror")
    put(tmp_path / "manual")
    assert states(look(file, mirror=tmp_path / "mirror")) == ["from the mirror"]
    assert states(look(file)) == ["put by hand"]
    assert look(file).needed == 5


def test_a_mirror_that_lacks_a_file(look, file, tmp_path):
    report = look(file, mirror=tmp_path / "mirror")
    assert states(report) == ["MISSING"]
    with pytest.raises(InputError, match=r"1\. survey/table\.csv: the mirror has no file"):
        report.raise_if_missing()


def test_a_mirror_with_an_address_is_not_asked_and_shows_no_password(look, file):
    report = look(file, mirror="https://me:hush@mirror.org/raw")
    assert [row.place for row in report.rows] == ["https://mirror.org/raw/survey/table.csv"]


def test_the_mirror_that_a_study_makes_need_not_be_there_yet(look, file, tmp_path):
    report = look(replace(file, secret=KEY), mirror=tmp_path / "demo", demo=True)
    assert (states(report), report.needed) == (["made by the study"], 0)
    report.raise_if_missing()


def test_everything_missing_is_told_at_once_and_each_key_once(look, file, tmp_path):
    manual = replace(file, name="b.7z", address=None, manual="choose the year")
    asked = [replace(file, name=name, secret=KEY) for name in ("c.json", "d.json")]
    own = tmp_path / "own.gpkg"
    report = look(file, manual, *asked, own_files=[own], results_mb=1e12)
    assert len(report.problems) == 4
    with pytest.raises(
        InputError,
        match=r"(?s)4 to mend before the study can run:\n"
        r"  1\. survey/b\.7z: only a person .* choose the year \(https://survey\.org/get\) and put "
        r"it at \S*manual/survey/b\.7z\n"
        r"  2\. \S*own\.gpkg: there is no such file.*`data_dir`.*\n"
        r"  3\. survey: the provider asks for a key .*SURVEY_KEY; get one at .*\n"
        r"  4\. \S*results: the study needs \S+ GB and .* make room",
    ):
        report.raise_if_missing()


def test_keys_are_mentioned_but_never_shown(look, file):
    required, optional = replace(file, secret=KEY), replace(KEY, required=False)
    report = look(required, environment={"SURVEY_KEY": "s3cret"})
    assert list(report.notes) == ["the key SURVEY_KEY is set"]
    assert "s3cret" not in report.text() + repr(report)
    report = look(replace(file, secret=optional))
    assert list(report.problems) == []
    assert "optional: the provider asks for a key" in report.text()


def test_files_of_unknown_size_are_counted_as_such(look, file):
    report = look(replace(file, about_mb=None))
    assert "1 file(s) of unknown size are not counted" in report.text()


def test_disk_is_that_of_the_folder_that_will_be_made(look, file, tmp_path):
    free = look(file).free
    assert free == pytest.approx(shutil.disk_usage(tmp_path).free, rel=0.01)


def test_the_list_is_the_same_whatever_the_disk_has_free(look, file):
    report = look(file)
    fuller = replace(report, free=report.free // 2)
    assert fuller.text() == report.text()
    assert fuller.room() != report.room()


def test_own_files_that_are_there(look, tmp_path):
    (tmp_path / "own.csv").write_text("a")
    assert states(look(own_files=[tmp_path / "own.csv"])) == ["there"]


def test_an_own_folder_is_there_and_a_note_is_told(look, tmp_path):
    (tmp_path / "views").mkdir()
    report = look(own_files=[tmp_path / "views"], notes=["no street view"])
    assert states(report) == ["there"]
    assert "note: no street view" in report.text()
    report.raise_if_missing()


def test_what_lies_beside_an_image_and_not_in_the_registry_is_noted(look, file, tmp_path):
    photo = replace(file, name="a.tif")
    folder = tmp_path / "manual" / "survey"
    folder.mkdir(parents=True)
    for name in ("a.tif", "a.tif.msk", "A.TFW", "b.tfw"):
        (folder / name).touch()
    (note,) = look(photo).notes
    assert note.startswith(f"a.tif.msk, A.TFW beside images in {folder} will not be read; add")
    assert (
        list(look(photo, replace(file, name="a.tif.msk"), replace(file, name="A.TFW")).notes) == []
    )
