"""The study `validation`, cut down to three cities: every rule once, from end to end."""

import pandas as pd
import pytest
import yaml

pytestmark = [pytest.mark.workflow, pytest.mark.whole_run]

CITIES = ("residential_01", "green_coast_01", "silent_01")
CHECKS = (
    "methods", "networks", "planted", "decisions", "sanity", "curves", "stability", "mirror",
    "findings",
)  # fmt: skip


def small(study):
    """The study of `config/validation.yaml` with three cities of 40 cells, hardly trained."""
    cities = study["demo"]["cities"]
    study |= {"study": "small", "mirror": "results/small/demo/mirror", "cities": list(CITIES)}
    study["demo"]["cities"] = {
        city: cities[city] | {"cells_wide": 8, "cells_high": 6} for city in CITIES
    }
    study["city"] = {city: study["city"][city] for city in CITIES}
    study["tiles"]["tile_px"] = 64
    study["attribution"] = {"methods": ["guided", "gradient", "gradcam"]}
    study["inference"]["training"] |= {"epochs": 1, "samples_per_epoch": 20}
    study["topology"] |= {"resamples": 100, "draws": 99, "least_tiles": 3}
    study["validation"] |= {"tune": list(CITIES[:1]), "judge": list(CITIES[1:])}
    study["validation"] |= {"networks": ["softmax", "shuffled"], "probes": list(CITIES[:2])}
    study["validation"] |= {"tiles": 4, "steps": 4, "patches": 8}
    return study


@pytest.fixture(scope="module")
def results(once):
    return once("validation", run_small).folder / "results/small"


def run_small(checkout):
    study = yaml.safe_load((checkout.folder / "config/validation.yaml").read_text())
    (checkout.folder / "config/small.yaml").write_text(yaml.safe_dump(small(study)))
    checkout.snakemake("validation", "--cores", "2", study="small")


def test_every_table_and_figure_exists_in_all_its_forms(results):
    paper = results / "paper/aerial"
    for check in CHECKS:
        for ending in ("csv", "md", "tex"):
            assert (paper / f"validation_{check}.{ending}").stat().st_size > 0
    for figure in ("planted", "sanity"):
        assert (paper / f"validation_{figure}.pdf").read_bytes().startswith(b"%PDF")
        assert (paper / f"validation_{figure}.png").read_bytes().startswith(b"\x89PNG")


def test_planted_classes_are_those_of_the_style(results):
    ratios = pd.read_csv(results / "topology/planted_ratios.csv")
    planted = ratios[ratios["planted"]].groupby("style")["urban_class"].agg(set)
    assert planted["infrastructure_green"] <= {"commercial_industrial", "green_urban", "leisure"}
    assert planted["residential"] & {"continuous", "dense", "medium", "low", "very_low"}
    assert set(ratios["network"]) == {"main", "softmax", "shuffled"}


def test_trained_and_shuffled_networks_differ_in_all_cities(results):
    for city in CITIES:
        folders = [results / f"inference/{city}/random/{name}/0" for name in ("main", "shuffled")]
        first, second = ((folder / "weights.safetensors").read_bytes() for folder in folders)
        assert first != second


def test_the_mirror_property_of_trained_networks_is_exact_behind_one_logit(results):
    mirror = pd.read_csv(results / "attribution/mirror.csv").set_index(["network", "quantity"])
    assert mirror.loc[("main", "plain_gradient"), "cosine_mean"] == pytest.approx(-1, abs=1e-4)
    assert mirror.loc[("softmax", "plain_gradient"), "cosine_mean"] > -0.9999
