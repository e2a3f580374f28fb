"""A job imports what it uses: a small study would else spend a third of its time on imports.

Scripts of a kind are imported one after the other in one process, the lightest kind first.
"""

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).resolve().parents[2] / "workflow/scripts"

FETCHING = ("sources/fetch_source", "sources/check_sources")
TABLES = (
    "districts/measure_inequality",
    "inference/calibrate_sets",
    "inference/evaluate_predictions",
    "siamese/score_baselines",
    "ssig/calibrate_intervals",
    "ssig/measure_coverage",
    "ssig/measure_decisions",
    "ssig/summarise_fold_seeds",
    "topology/judge_hypotheses",
    "topology/judge_reliance",
    "topology/measure_activation",
    "topology/measure_appearance",
    "attribution/summarise_probes",
    "paper/exhibit",
)
NETWORKS = (
    "inference/train_network",
    "inference/predict_cells",
    "inference/extract_features",
    "attribution/attribute_cells",
    "attribution/keep_maps",
    "attribution/occlude_classes",
    "siamese/embed_images",
)
SHAPLEY = (
    "shapley/explain_income",
    "shapley/measure_shapley_uncertainty",
    "shapley/measure_global_effects",
)
FITS = ("ssig/fit_gp", "ssig/cross_validate_gps")

# What a kind does without, dearest first.
NO_NETWORKS = {"torch", "sklearn", "scipy.stats", "statsmodels", "numba", "matplotlib", "zarr"}
NO_CATALOGUE = {"torch._dynamo", "timm", "torchvision", "captum", "gpytorch", "sklearn", "esda"}
NO_CATALOGUE |= {"scipy.stats", "matplotlib", "numba"}
CHAINS = {
    "networks": (
        (FETCHING, {"numpy", "pandas", "pyarrow", *NO_NETWORKS}),
        (TABLES, {"geopandas", "PIL", *NO_NETWORKS}),
        (FITS, {"geopandas", "zarr", *NO_CATALOGUE}),
        (NETWORKS, NO_CATALOGUE),
    ),
    "shapley": ((SHAPLEY, {"torch", "shap", "gpytorch", "matplotlib", "geopandas"}),),
}


def imports_of(script: str) -> str:
    """The import statements of a script, which itself runs in a job alone."""
    text = (SCRIPTS / f"{script}.py").read_text(encoding="utf-8")
    found = [one for one in ast.parse(text).body if isinstance(one, ast.Import | ast.ImportFrom)]
    return "\n".join(map(ast.unparse, found))


def loaded_too_much(chain) -> dict[str, list[str]]:
    """Packages that a script brought although its kind does without, by script."""
    lines = ["import json, sys", "told = {}"]
    for scripts, unwanted in chain:
        for script in scripts:
            lines += [
                imports_of(script),
                f"told[{script!r}] = sorted({unwanted} & set(sys.modules))",
            ]
    lines.append("print(json.dumps(told))")
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", "\n".join(lines)],
        capture_output=True,
        text=True,
        check=True,
    )
    return {script: found for script, found in json.loads(done.stdout).items() if found}


@pytest.mark.slow
@pytest.mark.parametrize("chain", CHAINS)
def test_a_job_imports_no_package_that_it_does_not_use(chain):
    assert loaded_too_much(CHAINS[chain]) == {}
