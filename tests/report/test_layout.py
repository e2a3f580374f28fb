"""Tables on the page: spanners, verdicts, evidence, and what is folded away."""

from incomelens.paper.exhibit import Exhibit
from incomelens.report.layout import page_table
from incomelens.report.table_text import TableText
from incomelens.report.tallies import tallies

from .small_study import TABLE_FORMS, a_ledger


def text(headings, rows=(), notes=(), right=None):
    right = right or (False,) * len(headings)
    return TableText("Caption.", tuple(headings), tuple(right), tuple(rows), tuple(notes))


def ledger(tmp_path):
    from incomelens.report.table_text import read_published_markdown

    Exhibit(a_ledger()).write({form: tmp_path / f"claims.{form}" for form in TABLE_FORMS})
    return page_table(read_published_markdown(tmp_path / "claims.md"))


def test_headings_that_begin_alike_stand_under_one_spanner():
    head = page_table(text(["City", "r: ours", "r: paper", "Note: alone"])).head
    assert [(one.text, one.columns, one.rows) for one in head[0]] == [
        ("City", 1, 2), ("r", 2, 1), ("Note: alone", 1, 2),
    ]  # fmt: skip
    assert [one.text for one in head[1]] == ["Ours", "Paper"]


def test_two_spanners_side_by_side_stay_apart():
    head = page_table(text(["a: x", "a: y", "b: x", "b: y"])).head
    assert [(one.text, one.columns) for one in head[0]] == [("a", 2), ("b", 2)]
    assert sum(one.columns for one in head[0]) == len(head[1]) == 4


def test_without_spanners_there_is_one_line_of_headings():
    assert len(page_table(text(["City", "r"])).head) == 1


def test_a_claims_evidence_stands_with_its_claim(tmp_path):
    table = ledger(tmp_path)
    assert table.is_ledger
    assert not table.beside_paper
    assert table.rows[0].evidence == "Where. Holds if: so."
    assert table.rows[1].evidence == ""
    assert table.notes == ("In our own words.",)


def test_a_note_that_begins_like_a_number_stays_a_note_elsewhere():
    table = page_table(text(["City"], [("Aube",)], ["2015. A year."]))
    assert table.notes == ("2015. A year.",)
    assert not table.is_ledger


def test_claims_are_counted_once_under_the_papers_folds(tmp_path):
    (one,) = tallies(ledger(tmp_path))
    assert (one.reading, one.yes, one.no, one.open, one.n) == ("Verdict", 1, 1, 1, 3)


def test_tables_with_values_of_a_paper_are_known_by_headings_or_rows():
    assert page_table(text(["r: ours", "r: paper"])).beside_paper
    assert page_table(text(["Ours", "Preprint"])).beside_paper
    assert page_table(text(["Values", "r"], [("ours", "1"), ("paper", "2")])).beside_paper
    assert not page_table(text(["City", "r"], [("newspaper", "1")])).beside_paper


def test_many_notes_are_folded_away():
    assert not page_table(text(["a"], notes=["n"] * 3)).folded
    assert page_table(text(["a"], notes=["n"] * 4)).folded
