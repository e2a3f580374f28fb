"""Files appear whole or not at all."""

import pytest

from incomelens.common.files import set_aside, whole_file


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path):
    target = tmp_path / "table.csv"
    target.write_text("old")

    def write_half():
        with whole_file(target) as beside:
            beside.write_text("half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        write_half()
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_a_finished_write_replaces_the_file_and_makes_its_folder(tmp_path):
    target = tmp_path / "new" / "figure.pdf"
    with whole_file(target) as beside:
        assert beside.suffix == ".pdf"
        beside.write_text("whole")
    assert target.read_text() == "whole"
    assert list(target.parent.iterdir()) == [target]


def test_what_a_killed_process_left_beside_is_removed_by_the_next(tmp_path):
    leftover, folder = tmp_path / ".table.123.part.csv", tmp_path / ".table.7.part.csv"
    leftover.write_text("half")
    folder.mkdir()
    others = [tmp_path / name for name in (".table.1.55.part.csv", ".tables.5.part.csv", "x.part")]
    for other in others:
        other.write_text("not of this file")
    with whole_file(tmp_path / "table.csv") as beside:
        beside.write_text("whole")
    assert set(tmp_path.iterdir()) == {tmp_path / "table.csv", *others}


def test_what_is_set_aside_replaces_what_was_set_aside_before(tmp_path):
    for content in ("first", "second"):
        shard = tmp_path / "0.zarr"
        shard.mkdir()
        (shard / "zarr.json").write_text(content)
        aside = set_aside(shard)
    assert [path.name for path in tmp_path.iterdir()] == ["0.zarr.damaged"]
    assert (aside / "zarr.json").read_text() == "second"
