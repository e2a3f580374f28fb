"""Files appear whole or not at all."""

import pytest

from incomelens.common.files import whole_file


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
