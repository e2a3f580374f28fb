"""Tables of the papers say the same in every form."""

import re
import shutil
import subprocess
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest

from incomelens.common.errors import InputError
from incomelens.paper.exhibit import Exhibit
from incomelens.paper.table import Estimate, Table, Verdict, in_print_order

FORMS = ("csv", "json", "md", "tex", "html")


def laid(shown, **options):
    return Table(**{"numbers": shown, "shown": shown, "caption": "Table 9. A caption."} | options)


@pytest.fixture
def publish(tmp_path):
    """Write a table; give the text of its Markdown and LaTeX."""

    def write(shown, **options):
        paths = {form: tmp_path / f"table.{form}" for form in FORMS}
        Exhibit(laid(shown, **options)).write(paths)
        return paths["md"].read_text("utf-8"), paths["tex"].read_text("utf-8")

    return write


def cells(markdown):
    """Cells of a Markdown table, row by row, without its rule."""
    lines = [line for line in markdown.splitlines() if line.startswith("|")]
    rows = [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]
    return [rows[0], *rows[2:]]


def test_numbers_are_rounded_grouped_and_stand_to_the_right(publish):
    table = pd.DataFrame({"Model": ["a", "b"], "r²": [0.82949, -0.2], "N": [2117, 95]})
    markdown, _ = publish(table, decimals={"r²": 2})
    assert cells(markdown) == [["Model", "r²", "N"], ["a", "0.83", "2,117"], ["b", "−0.20", "95"]]
    assert re.search(r"\| -+ \| -+: \| -+: \|", markdown)


def test_number_rounded_to_zero_has_no_minus(publish):
    markdown, _ = publish(pd.DataFrame({"x": [-0.0001, -0.4]}))
    assert [row[0] for row in cells(markdown)[1:]] == ["0.000", "−0.400"]


@pytest.mark.parametrize("missing", [None, np.nan, pd.NA, Estimate(np.nan, 0.0, 1.0)])
def test_missing_cell_is_a_dash(publish, missing):
    markdown, latex = publish(pd.DataFrame({"x": pd.Series([missing, 1.0], dtype=object)}))
    assert cells(markdown)[1] == ["–"]
    assert "-- \\\\" in latex


def test_column_without_any_number_still_stands_to_the_right(publish):
    markdown, _ = publish(pd.DataFrame({"Paper": [np.nan, np.nan]}))
    assert re.search(r"\| -+: \|", markdown)


def test_estimate_shows_its_interval(publish):
    table = pd.DataFrame({"RMSE (USD)": [Estimate(18026.4, 17000.0, 19000.6)]})
    markdown, latex = publish(table, decimals={"RMSE (USD)": 0})
    assert cells(markdown)[1] == ["18,026 (17,000 to 19,001)"]
    assert "18,026 (17,000 to 19,001)" in latex


def test_estimate_with_one_missing_limit_shows_the_value_alone(publish):
    markdown, _ = publish(pd.DataFrame({"x": [Estimate(1.0, np.nan, 2.0)]}))
    assert cells(markdown)[1] == ["1.000"]


def test_csv_holds_full_precision_and_the_longer_table_where_one_is_given(publish, tmp_path):
    publish(pd.DataFrame({"x": [1 / 3]}))
    assert pd.read_csv(tmp_path / "table.csv")["x"].iloc[0] == pytest.approx(1 / 3, abs=1e-10)
    publish(pd.DataFrame({"x": ["0.33"]}), numbers=pd.DataFrame({"long": [1 / 3]}))
    assert list(pd.read_csv(tmp_path / "table.csv")) == ["long"]


def test_markdown_cells_cannot_break_the_table(publish):
    markdown, _ = publish(pd.DataFrame({"a|b": ["one\ntwo", "x | y"]}))
    assert cells(markdown) == [[r"a\|b"], ["one two"], [r"x \| y"]]


def test_markdown_columns_are_as_wide_as_their_longest_cell(publish):
    markdown, _ = publish(pd.DataFrame({"a": ["x", "longer"], "b": [1.0, 1000.0]}))
    lines = [line for line in markdown.splitlines() if line.startswith("|")]
    assert len({len(line) for line in lines}) == 1


def test_caption_stands_above_and_notes_below(publish):
    markdown, latex = publish(pd.DataFrame({"x": [1.0]}), notes=("First.", "Second."))
    for text in (markdown, latex):
        places = [text.index(part) for part in ("A caption.", "1.000", "First.", "Second.")]
        assert places == sorted(places)


def test_block_stands_once_in_markdown_and_heads_its_rows_in_latex(publish):
    table = pd.DataFrame({"Task": ["Tract", "Tract", "ZIP"], "Model": ["a", "b", "a"]})
    markdown, latex = publish(table, blocks="Task")
    assert [row[0] for row in cells(markdown)] == ["Task", "Tract", "", "ZIP"]
    assert re.findall(r"\\multicolumn\{1\}\{@\{\}l\}\{\\textit\{(\w+)\}\}", latex) == [
        "Tract",
        "ZIP",
    ]
    assert "Task" not in latex


def test_headings_with_a_common_beginning_share_a_spanner_in_latex(publish):
    table = pd.DataFrame({"Model": ["a"], "r²: random": [0.8], "r²: block": [0.7], "N": [3]})
    _, latex = publish(table)
    assert r"\multicolumn{2}{c}{r\textsuperscript{2}}" in latex
    assert r"\cmidrule(lr){2-3}" in latex


def test_latex_escapes_what_it_would_take_for_commands(publish):
    table = pd.DataFrame({"50 % & more_": ["a_b #1 {x} ~ ^ \\", "≥25 − 3 ± 1 σ²"]})
    _, latex = publish(table)
    assert r"50 \% \& more\_" in latex
    assert (
        r"a\_\allowbreak{}b \#1 \{x\} \textasciitilde{} \textasciicircum{} \textbackslash{}"
        in latex
    )
    assert r"$\geq$25 $-$ 3 $\pm$ 1 $\sigma$\textsuperscript{2}" in latex


def test_latex_rows_have_one_cell_a_column_and_braces_close(publish):
    table = pd.DataFrame({"Task": ["A", "B"], "a": ["x", "y"], "r²: one": [1.0, 2.0], "n": [1, 2]})
    _, latex = publish(table, blocks="Task", notes=("A {note}.",))
    rows = [line for line in latex.splitlines() if line.endswith(r"\\") and "&" in line]
    assert {len(re.split(r"(?<!\\)&", row)) for row in rows} == {3}
    bare = re.sub(r"\\[{}]", "", latex)
    assert bare.count("{") == bare.count("}")
    assert latex.count(r"\begin") == latex.count(r"\end{longtable}") + latex.count(r"\endgroup")


def test_long_text_becomes_a_paragraph_column(publish):
    _, latex = publish(pd.DataFrame({"short": ["a"], "long": ["word " * 30]}))
    assert re.search(
        r"begin\{longtable\}\{@\{\}l>\{\\raggedright\\arraybackslash\}p\{0\.\d+", latex
    )


def test_character_without_latex_form_is_named(publish):
    with pytest.raises(InputError, match=r"'☃' \(U\+2603\) has no LaTeX form"):
        publish(pd.DataFrame({"x": ["☃"]}))


def test_refused_table_leaves_no_file_at_all(publish, tmp_path):
    with pytest.raises(InputError):
        publish(pd.DataFrame({"x": ["☃"]}))
    assert not list(tmp_path.iterdir())


class Cells(HTMLParser):
    """Text of every cell of an HTML table, row by row, and its attributes."""

    def __init__(self, html):
        super().__init__()
        self.rows, self.attributes = [], []
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            self.rows[-1].append("")
            self.attributes.append(dict(attributes))
        elif tag == "span":
            self.attributes[-1] |= dict(attributes)

    def handle_data(self, text):
        if self.rows and text.strip():
            self.rows[-1][-1] += text


def test_every_form_has_the_same_cells():
    shown = pd.DataFrame({"Task": ["A", "A", "B"], "x": [Estimate(1.0, 0.5, 2.0), 0.1234, np.nan]})
    forms = laid(shown, blocks="Task").forms()
    assert Cells(forms["html"]).rows == cells(forms["md"])
    assert all(row[1].replace("–", "--") in forms["tex"] for row in cells(forms["md"]))


def test_html_cannot_be_broken_by_a_cell():
    html = laid(pd.DataFrame({"a < b": ["<script>", "x & y"]})).forms()["html"]
    assert "<script>" not in html
    assert Cells(html).rows == [["a < b"], ["<script>"], ["x & y"]]


def test_spanners_of_html_span_the_columns_below():
    shown = pd.DataFrame([[1, 2, 3, 4]], columns=["N", "r: a", "r: b", "s: a"])
    found = Cells(laid(shown).forms()["html"])
    assert found.rows[:2] == [["N", "r", "s: a"], ["A", "B"]]
    spans = [(one.get("colspan"), one.get("rowspan")) for one in found.attributes[:3]]
    assert spans == [(None, "2"), ("2", None), (None, "2")]


def test_evidence_stands_below_its_row_on_a_page_and_among_the_notes_elsewhere():
    shown = pd.DataFrame({"No.": ["1", "2"], "Claim": ["a", "b"]})
    forms = laid(shown, evidence={1: "So & so."}, notes=("First.",)).forms()
    row = '<tr class="evidence"><td></td><td colspan="1"><details><summary>Why</summary>'
    assert f"<td>b</td></tr>\n{row}<p>So &amp; so.</p></details></td></tr>" in forms["html"]
    assert forms["html"].count("So &amp; so.") == 1
    assert forms["md"].endswith("First.\n\n2. So & so.\n")
    assert r"\noindent 2. So \& so.\par" in forms["tex"]


def test_many_notes_are_folded_on_a_page():
    few, many = (
        laid(pd.DataFrame({"x": [1.0]}), notes=("A <note>.",) * n).forms()["html"] for n in (3, 4)
    )
    assert few.count("<p>A &lt;note&gt;.</p>") == 3
    assert "<details>" not in few
    assert "<p>A &lt;note&gt;.</p>\n<details><summary>3 more notes</summary>" in many


def test_a_long_table_of_a_page_is_reached_by_keyboard_and_has_a_name():
    html = laid(pd.DataFrame({"x": [1.0]}), caption='A "b".').forms()["html"]
    assert html.startswith('<div class="scroll" tabindex="0" role="region" aria-label="Table: A &q')


def test_a_verdict_is_its_words_and_tells_a_page_what_it_says():
    table = laid(pd.DataFrame({"Claim": ["a"], "Held": [Verdict("does not hold", "no")]}))
    forms = table.forms()
    assert cells(forms["md"])[1] == ["a", "does not hold"]
    assert Cells(forms["html"]).attributes[-1]["class"] == "verdict no"
    assert [column["holds"] for column in table.meaning()["columns"]] == ["text", "verdicts"]


def test_meaning_tells_what_the_paper_prints_and_in_which_unit():
    shown = pd.DataFrame({"Whose": ["paper", "ours"], "m": [1.0, 2.0], "ours: m": [1.0, 2.0]})
    meaning = laid(shown, whose="Whose", printed=["m"], units={"m": "USD"}, notes=("A.",)).meaning()
    assert meaning["printed_rows"] == [0]
    assert [column["printed"] for column in meaning["columns"]] == [False, True, False]
    assert [column["unit"] for column in meaning["columns"]] == [None, "USD", None]
    assert (meaning["caption"], meaning["notes"]) == ("Table 9. A caption.", ["A."])


def test_rows_stand_in_the_order_of_names_and_equal_ones_as_before():
    table = pd.DataFrame({"model": ["b", "a", "b"], "n": [1, 2, 3]}, index=[7, 7, 7])
    assert in_print_order(table, model=["a", "b"])["n"].tolist() == [2, 1, 3]


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="no pdflatex on this machine")
def test_latex_compiles(tmp_path):
    shown = pd.DataFrame(
        {"Task": ["≥25 − 3 ± 1 σ²", "≤ é ° §"], "a_b": ["c.d_e " * 12, "x"], "r²: one": [0.1, 0.2]}
        | {"r²: two": [Estimate(1.0, 0.5, 2.0), np.nan]}
    )
    body = laid(shown, blocks="Task", notes=("A note — 5 %.",)).forms()["tex"]
    packages = r"\usepackage[T1]{fontenc}\usepackage{array,booktabs,longtable}"
    page = rf"\documentclass{{article}}{packages}\begin{{document}}{body}\end{{document}}"
    (tmp_path / "page.tex").write_text(page, encoding="utf-8")
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "page.tex"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:]
