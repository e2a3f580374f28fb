"""The tiny study from end to end: what it makes, what it reruns, what it repeats."""

import shutil
import subprocess

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import xarray as xr

pytestmark = pytest.mark.workflow


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


def test_the_inputs_of_the_baselines_hold_their_contract(tiny):
    results = tiny.folder / "results/tiny"
    geoids = gpd.read_parquet(results / "districts/tract.parquet")["geoid"].tolist()
    prices = pd.read_parquet(results / "siamese/prices-tract.parquet")
    assert prices["geoid"].tolist() == geoids
    assert prices["n_sales"].dtype.kind == "i"
    assert prices["prices_filled"].dtype == bool
    vector = prices[[name for name in prices if name.startswith("price_")]]
    assert vector.shape[1] == 14
    assert np.isfinite(vector.to_numpy()).all()
    for modality in ("satellite", "street_view"):
        images = xr.open_zarr(results / f"siamese/images-{modality}-tract.zarr")
        counts = pd.read_csv(results / f"siamese/images-{modality}-tract.csv", dtype={"geoid": str})
        assert images["image"].dims == ("image", "y", "x", "band")
        assert images["image"].dtype == np.uint8
        assert counts["geoid"].tolist() == geoids
        assert counts["n_images"].sum() == images.sizes["image"]
        assert set(images["geoid"].to_numpy().tolist()) <= set(geoids)


def test_the_contracts_of_the_aerial_study_hold(tiny):
    results, city = tiny.folder / "results/tiny", "aubervieux"
    cells = gpd.read_parquet(results / f"cells/{city}.parquet")
    assert cells.crs == 3035
    assert (cells.area == 40_000).all()
    index = pd.read_parquet(results / f"tiles/{city}/index.parquet")
    assert index["cell_id"].tolist() == cells["cell_id"].tolist()
    assert index["kept"].eq(index["drop_reason"].isna()).all()
    shard = xr.open_zarr(results / f"tiles/{city}/0.zarr")
    assert shard["image"].dims == ("cell", "y", "x", "band")
    assert set(shard["cell_id"].values) >= set(index.loc[index["kept"], "cell_id"])
    folds = pd.read_parquet(results / f"folds/{city}-random.parquet")
    kept = set(index.loc[index["kept"], "cell_id"])
    assert set(folds["cell_id"]) == kept
    predictions = gpd.read_parquet(results / f"inference/{city}/random/predictions.parquet")
    assert set(predictions["cell_id"]) == kept
    probabilities = predictions[[f"prob_{k}" for k in range(1, 6)]]
    np.testing.assert_allclose(probabilities.sum(axis=1), 1.0)
    both = predictions.merge(folds, on="cell_id", suffixes=("", "_held_out"))
    assert (both["fold"] == both["fold_held_out"]).all()
    assert (both["observed"] == both["income_class"]).all()
    metrics = pd.read_csv(results / f"inference/{city}/random/metrics.csv")
    features = ("mean_colour", "random_features", "frozen_ridge")
    assert {"main", "majority", "copy_neighbours", *features} == set(metrics["model"])


def test_the_contracts_of_attribution_and_topology_hold(tiny):
    results = tiny.folder / "results/tiny"
    sums = pd.read_parquet(results / "attribution/aubervieux/random.parquet")
    identity = ["cell_id", "method", "target", "urban_class", "transform"]
    assert not sums.duplicated(identity).any()
    assert set(sums["method"]) == {"guided", "gradient", "gradcam"}
    assert set(sums["target"]) == {"low", "high"}
    assert set(sums["transform"]) == set(range(8))
    assert (sums["activation_sum"] >= 0).all()
    tiles = sums[sums["transform"] == 0].groupby(["cell_id", "method", "target"], observed=True)
    np.testing.assert_allclose(tiles["area_share"].sum(), 1.0)
    h0 = pd.read_csv(results / "topology/h0-random.csv")
    assert {"city", "method", "ses", "urban_class", "n", "ratio", "ci_low", "ci_high"} <= set(h0)
    assert {"p_value", "q_value", "effect_size", "decision", "joint_p_value"} <= set(h0)
    h1 = pd.read_csv(results / "topology/h1-random.csv")
    assert {"neighbour_class", "expected_no_interaction", "coactivation_adjusted"} <= set(h1)
    assert h0["p_value"].dropna().between(0, 1).all()


def test_every_table_and_figure_exists_in_all_its_forms(tiny):
    paper = tiny.folder / "results/tiny/paper/ssig"
    for number in ("1", "2", "3", "4", "_s1", "_s2"):
        for ending in ("csv", "md", "tex"):
            assert (paper / f"table{number}.{ending}").stat().st_size > 0
    aerial = paper.with_name("aerial")
    for name in ("table1", "sample_sizes", "dropped_cells", "models", "fig2_scores", "deviations"):
        for ending in ("csv", "md", "tex"):
            assert (aerial / f"{name}.{ending}").stat().st_size > 0
    figures = [paper / name for name in ("fig1", "income_tract_median_household_income")]
    figures += [aerial / name for name in ("fig1", "fig2", "fig3_aubervieux", "overfitting")]
    for figure in figures:
        assert figure.with_suffix(".pdf").read_bytes().startswith(b"%PDF")
        assert figure.with_suffix(".png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="no pdflatex on this machine")
def test_the_latex_of_every_table_compiles(tiny, tmp_path):
    tables = sorted((tiny.folder / "results/tiny/paper").rglob("*.tex"))
    packages = r"\usepackage[T1]{fontenc}\usepackage{array,booktabs,longtable}"
    inputs = [rf"\input{{{path}}}" for path in tables]
    page = [r"\documentclass{article}", packages, r"\begin{document}", *inputs, r"\end{document}"]
    (tmp_path / "all.tex").write_text("\n".join(page), encoding="utf-8")
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "all.tex"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:]


def test_a_second_run_has_nothing_to_do(tiny):
    done = tiny.snakemake("--cores", "2")
    assert "Nothing to be done" in done.stdout + done.stderr


@pytest.mark.whole_run
def test_one_core_in_another_folder_gives_the_same_files(tiny, fresh):
    fresh.snakemake("--cores", "1")
    first, second = tiny.compared(), fresh.compared()
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
        (
            "tiles/warp.py",
            "\nEDITED = True\n",
            {"cut_tiles", "index_tiles", "assign_city_folds", "train_network"},
            {"build_cells", "plan_tiles", "make_demo_cities", "assign_district_folds"},
        ),
        (
            "inference/metrics.py",
            "\nEDITED = True\n",
            {"evaluate_predictions"},
            {"train_network", "predict_cells", "cut_tiles"},
        ),
        ("districts/not_used.py", "# a comment in a module that nothing imports\n", set(), set()),
    ],
)
def test_editing_a_module_reruns_the_rules_that_use_it(finished, module, edit, expected, untouched):
    with (finished.folder / "src/incomelens" / module).open("a") as file:
        file.write(edit)
    rerun = finished.rules_to_run()
    assert expected <= rerun
    assert not untouched & rerun
    if not expected:
        assert rerun == set()
