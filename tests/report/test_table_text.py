"""A published table comes back from its Markdown as it was written."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from incomelens.common.errors import InputError
from incomelens.paper.table import Table
from incomelens.report.table_text import read_published_markdown

words = st.text(
    st.characters(codec="ascii", categories=("L", "N", "P", "S")), min_size=1, max_size=12
).filter(lambda text: "\\" not in text and set(text) - {"|"})


@given(
    names=st.lists(words, min_size=1, max_size=4, unique=True),
    cells=st.lists(words, min_size=8, max_size=8),
    notes=st.lists(words, max_size=2),
)
def test_headings_cells_and_notes_survive(tmp_path_factory, names, cells, notes):
    folder = tmp_path_factory.mktemp("table")
    columns = {name: [cells[i], cells[i + 4]] for i, name in enumerate(names)}
    path, shown = folder / "t.md", pd.DataFrame(columns)
    forms = Table(shown, shown, caption="A caption.", notes=tuple(notes)).forms()
    path.write_text(forms["md"], encoding="utf-8")
    table = read_published_markdown(path)
    assert table.headings == tuple(names)
    assert table.rows == tuple(zip(*columns.values(), strict=True))
    assert table.caption == "A caption."
    assert list(table.notes) == notes


def test_numbers_stand_to_the_right(tmp_path):
    path, shown = tmp_path / "t.md", pd.DataFrame({"City": ["Aube"], "N": [3]})
    path.write_text(Table(shown, shown, caption="C.").forms()["md"], encoding="utf-8")
    assert read_published_markdown(path).right == (False, True)


@pytest.mark.parametrize("text", ["", "Only words.\n", "Caption.\n\n| one line |\n"])
def test_a_file_without_a_table_is_named(tmp_path, text):
    path = tmp_path / "t.md"
    path.write_text(text)
    with pytest.raises(InputError, match=r"t\.md: no table between pipes.*paper\.table"):
        read_published_markdown(path)


def test_a_row_of_another_length_is_named(tmp_path):
    path = tmp_path / "t.md"
    path.write_text("C.\n\n| a | b |\n| - | - |\n| only one |\n")
    with pytest.raises(InputError, match=r"1 cells under 2 headings \(only one\)"):
        read_published_markdown(path)
