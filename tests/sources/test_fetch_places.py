"""Files from a mirror, or put by hand, before any provider is asked."""

from pathlib import Path

import pytest

from incomelens.common.errors import InputError
from incomelens.sources.fetching.origins import Places

from .answers import BODY, NEW, SHA256, remains


def test_a_mirror_folder_goes_before_all_others(fetch, web, tmp_path):
    put(tmp_path / "mirror", BODY)
    put(tmp_path / "manual", NEW)
    places = Places(mirror=str(tmp_path / "mirror"), manual_dir=str(tmp_path / "manual"))
    assert fetch(places, sha256=SHA256).origin == "mirror"
    assert web.requests == []


def put(folder: Path, body: bytes) -> None:
    (folder / "survey").mkdir(parents=True)
    (folder / "survey" / "table.csv").write_bytes(body)


def test_a_mirror_that_lacks_the_file_says_where_it_should_be(fetch, tmp_path, out):
    places = Places(mirror=str(tmp_path / "mirror"), manual_dir="manual")
    with pytest.raises(
        InputError,
        match=r"mirror has no file .*/mirror/survey/table\.csv; put .* or unset `mirror`",
    ):
        fetch(places)
    assert remains(out) == []


def test_a_bad_copy_in_a_mirror_is_refused(fetch, tmp_path, out):
    put(tmp_path / "mirror", NEW)
    places = Places(mirror=str(tmp_path / "mirror"), manual_dir="manual")
    with pytest.raises(InputError, match=r"checksum differs.*the copy at .*/mirror/survey/table"):
        fetch(places, sha256=SHA256)
    assert remains(out) == []


def test_a_file_put_by_hand_goes_before_the_provider(fetch, web, tmp_path):
    put(tmp_path / "manual", BODY)
    assert fetch(sha256=SHA256).origin == "manual"
    assert web.requests == []


def test_a_file_for_people_says_what_to_click_and_where_to_put_it(fetch, out):
    with pytest.raises(
        InputError,
        match=r"only a person can fetch this file; choose 2015 and press Download "
        r"\(https://survey\.org/get\) and put it at .*/manual/survey/table\.csv",
    ):
        fetch(address=None, manual="choose 2015 and press Download.")
    assert remains(out) == []


def test_a_file_for_people_may_stand_beside_a_mirror(fetch, tmp_path):
    put(tmp_path / "manual", BODY)
    places = Places(mirror=str(tmp_path / "mirror"), manual_dir=str(tmp_path / "manual"))
    assert fetch(places, address=None, manual="click").origin == "manual"


def test_a_synthetic_file_is_not_held_to_the_real_ones_checksum(fetch, tmp_path):
    put(tmp_path / "mirror", NEW)
    places = Places(mirror=str(tmp_path / "mirror"), manual_dir="manual", demo=True)
    retrieval = fetch(places, sha256=SHA256, bytes=1)
    assert (retrieval.origin, retrieval.checksum) == ("demo", "synthetic")
