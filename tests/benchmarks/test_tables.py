"""Tables of speed: made from what benchmarks kept, and marked where code has changed since."""

import json
import sys
from pathlib import Path

import pytest

from incomelens.common.errors import InputError

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "benchmarks"))

import record  # noqa: E402 - once its folder is known
import tables  # noqa: E402

KEPT = {
    "title": "Tiles",
    "command": "python benchmarks/bench_tiles.py --km 5",
    "clock": "processor seconds",
    "measured": "2026-11-30T08:00:00+00:00",
    "machine": {"processor": "AMD EPYC", "processors": 2, "gpu": None, "load": 0.1},
    "versions": {"python": "3.11.7", "numpy": "2.4"},
    "code": {"commit": "0123456789", "changed_since_commit": False, "digest": "old"},
    "rows": [
        {"what": "573 cells", "ours": 103.0, "unit": "s", "peers": {"released": 320.0, "limit": 69}}
    ],
}
HEAD = (
    "**Tiles.** `python benchmarks/bench_tiles.py --km 5`, processor seconds: AMD EPYC with "
    "2 processors, load 0.1; python 3.11.7, numpy 2.4; 2026-11-30, commit 0123456."
)
ROW = "| 573 cells | 103 s | released 320 s (3.1×), limit 69 s (0.67×) |"


def test_the_document_has_the_tables_that_the_measurements_make():
    """If it fails: python benchmarks/tables.py. A mark of older code may be behind."""
    document = tables.DOCUMENT.read_text(encoding="utf-8")
    made = tables.without_marks(tables.tables())
    assert tables.without_marks(tables.taken(document)) == made


def test_a_table_says_what_was_run_where_when_and_on_which_code():
    lines = tables.table(KEPT).splitlines()
    assert lines[0] == HEAD + tables.OLDER
    assert lines[-1] == ROW


def test_a_table_is_marked_only_where_code_has_changed_that_it_times():
    digest = record.timed_code(ROOT / "benchmarks/bench_tiles.py")
    current = KEPT | {"code": KEPT["code"] | {"digest": digest}}
    assert tables.table(current).splitlines()[0] == HEAD
    assert tables.without_marks(tables.table(KEPT)) == tables.table(current)


def test_code_counts_that_is_timed_in_a_module_beside_the_benchmark(tmp_path):
    """And so do imports of that module's own; of what is shared with others nothing does."""
    script, beside = tmp_path / "bench_x.py", tmp_path / "plain.py"
    script.write_text("import json\nimport plain\n")
    beside.write_text("import plain\n")
    without = record.timed_code(script)
    beside.write_text("from incomelens.ssig.terms import Term\nimport plain\n")
    assert record.timed_code(script) != without
    script.write_text("import json\nimport record\n")
    (tmp_path / "record.py").write_text("from incomelens.ssig.terms import Term\n")
    alone = record.timed_code(script)
    (tmp_path / "record.py").unlink()
    assert record.timed_code(script) == alone


def test_a_benchmark_that_is_gone_was_measured_on_older_code(tmp_path):
    assert tables.OLDER in tables.table(KEPT, root=tmp_path)


def test_a_working_tree_with_changes_is_told():
    changed = KEPT | {"code": {"commit": None, "changed_since_commit": True, "digest": "old"}}
    assert "commit unknown, changed." in tables.table(changed)


def test_what_is_kept_is_what_tables_are_made_from(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["x.py", "--table", "/home/me/a.gpkg", "--record", "out"])
    rows = [record.Row("a fit", 2.0, "s", {"peer": 8.0})]
    script = ROOT / "benchmarks/bench_gp.py"
    record.keep(rows, tmp_path, "gp", script=script, title="Fits", packages=("scikit-learn", "no"))
    made = tables.tables(tmp_path)
    assert made.startswith("**Fits.** `python benchmarks/bench_gp.py --table a.gpkg`")
    assert made.endswith("| a fit | 2.0 s | peer 8.0 s (4.0×) |")
    assert tables.OLDER not in made
    told = json.loads((tmp_path / "gp.json").read_text())
    assert {"python", "numpy", "scikit-learn"} <= set(told["versions"])
    assert "no" not in told["versions"]


def test_nothing_is_kept_where_no_folder_is_named(tmp_path):
    record.keep([], None, "gp", script="bench_gp.py", title="Fits")
    assert tables.tables(tmp_path) == tables.NOTHING


def test_a_file_that_is_no_measurement_is_told(tmp_path):
    (tmp_path / "gp.json").write_text('{"rows": [{"what": "a fit"}]}')
    with pytest.raises(InputError, match=r"gp\.json: not a measurement .*by its benchmark"):
        tables.tables(tmp_path)


def test_tables_replace_what_stands_in_their_place_and_nothing_else():
    document = f"before\n{tables.BEGIN}\nold\n{tables.END}\nafter\n"
    put = tables.put(document, "new")
    assert put == f"before\n{tables.BEGIN}\n\nnew\n\n{tables.END}\nafter\n"
    assert tables.taken(put) == "new"
    assert tables.put(put, "new") == put


@pytest.mark.parametrize("document", ["", "{b}{b}{e}", "{b}"])
def test_a_document_without_the_place_is_told(document):
    with pytest.raises(InputError, match="expected once each the lines"):
        tables.put(document.format(b=tables.BEGIN, e=tables.END), "new")
