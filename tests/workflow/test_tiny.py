"""The tiny study from end to end: what it makes, what it reruns, what it repeats."""

import geopandas as gpd
import pandas as pd
import pytest

pytestmark = pytest.mark.workflow

# Files that say when and how long: not compared between runs.
DATED = ("logs", "benchmarks", "manifest.csv", ".origin.json")


def compared(checkout) -> dict[str, bytes]:
    """All results of the tiny study that two runs must share to the byte."""
    results = checkout.folder / "results" / "tiny"
    return {
        str(path.relative_to(results)): path.read_bytes()
        for path in sorted(results.rglob("*"))
        if path.is_file() and not any(word in str(path.relative_to(results)) for word in DATED)
    }


def test_the_contracts_hold(tiny):
    results = tiny.folder / "results/tiny"
    districts = gpd.read_parquet(results / "districts/tract.parquet")
    assert districts.crs == 4326
    assert len(districts) == 80
    scores = pd.read_csv(results / "ssig/scores.csv")
    task = ["level", "income", "model", "mode", "variant", "scheme", "fold"]
    assert not scores.duplicated(task).any()
    assert set(scores["level"]) == {"tract"}
    assert {"r2", "cod", "rmse_usd", "mae_usd", "coverage_90", "n"} <= set(scores.columns)
    best = scores[(scores["model"] == "ssig") & (scores["mode"] == "optimised")]
    assert best["r2"].mean() > 0.4  # the synthetic incomes follow from the variables


def test_every_table_and_figure_exists_in_all_its_forms(tiny):
    paper = tiny.folder / "results/tiny/paper/ssig"
    for number in ("1", "2", "3", "4", "_s1", "_s2"):
        for ending in ("csv", "md", "tex"):
            assert (paper / f"table{number}.{ending}").stat().st_size > 0
    for name in ("fig1", "income_tract_per_capita_income", "income_tract_median_household_income"):
        assert (paper / f"{name}.pdf").read_bytes().startswith(b"%PDF")
        assert (paper / f"{name}.png").read_bytes().startswith(b"\x89PNG")


def test_a_second_run_has_nothing_to_do(tiny):
    done = tiny.snakemake("--cores", "2")
    assert "Nothing to be done" in done.stdout + done.stderr


def test_one_core_in_another_folder_gives_the_same_files(tiny, fresh):
    fresh.snakemake("--cores", "1")
    first, second = compared(tiny), compared(fresh)
    assert first.keys() == second.keys()
    assert [name for name in first if first[name] != second[name]] == []


@pytest.mark.parametrize(
    ("module", "edit", "expected", "untouched"),
    [
        (
            "ssig/references.py",
            "\nEDITED = True\n",
            {"cross_validate_references", "score_models"},
            {"cross_validate_gps", "build_districts", "fit_gp", "assign_district_folds"},
        ),
        (
            "folds/districts.py",
            "\nEDITED = True\n",
            {"assign_district_folds", "cross_validate_gps", "score_models"},
            {"build_districts", "measure_inequality", "make_demo_mirror"},
        ),
        ("districts/not_used.py", "# a comment in a module that nothing imports\n", set(), set()),
    ],
)
def test_editing_a_module_reruns_the_rules_that_use_it(tiny, module, edit, expected, untouched):
    path = tiny.folder / "src/incomelens" / module
    before = path.read_text() if path.exists() else None
    try:
        path.write_text((before or "") + edit)
        rerun = tiny.rules_to_run()
    finally:
        path.unlink()
        if before is not None:
            path.write_text(before)
    assert expected <= rerun
    assert not untouched & rerun
    if not expected:
        assert rerun == set()
