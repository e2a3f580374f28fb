"""The aerial ledger: clear cases decide, unclear ones leave a claim open, methods must agree."""

from functools import cache

import numpy as np
import pytest

from incomelens.paper.claims.aerial import CLAIMS, exhibit
from incomelens.paper.claims.claim import CONTRADICTED, OPEN, SUPPORTED

from .inference_world import evaluations
from .topology_world import topology

PAPER = {"paris": "Paris", "lyon": "Lyon"}
NETWORKS = {
    "main": {"backbone": "efficientnet_b0"},
    "resnet50": {"backbone": "resnet50"},
    "softmax": {"backbone": "efficientnet_b0"},
}


@cache
def scored():
    return {
        scheme: (one.summary, one.classes, one.comparisons)
        for scheme, one in evaluations(0).items()
    }


@pytest.fixture
def study():
    """Tables of two cities named as the paper's, to change at will; one scheme."""
    h0, h1, probabilities, gains = topology()
    renamed = {"city": {"aubervieux": "paris", "valmorin": "lyon"}}
    cities = dict(zip(PAPER, ("aubervieux", "valmorin"), strict=True))
    return {
        "h0": {"random": h0["random"].replace(renamed)},
        "h1": {"random": h1["random"].replace(renamed)},
        "probabilities": {city: probabilities[own].copy() for city, own in cities.items()},
        "gains": {city: gains[own].copy() for city, own in cities.items()},
        "summary": {(city, "random"): scored()["random"][0] for city in PAPER},
        "classes": {(city, "random"): scored()["random"][1] for city in PAPER},
        "comparisons": {(city, "random"): scored()["random"][2] for city in PAPER},
    }


def made(study, names=PAPER, reliance=None):
    tables = {kind: list(parts.values()) for kind, parts in study.items()}
    places, schemes = list(study["summary"]), list(study["h0"])
    settings = {"names": names, "schemes": schemes, "places": places, "networks": NETWORKS}
    return exhibit(**tables, reliance=reliance, **settings)


def judged(study, claim_id, *, method="guided", measure=None, names=PAPER, reliance=None):
    """What a claim comes to by one method, or by all."""
    table = made(study, names, reliance).table.numbers
    table = table[(table["id"] == claim_id) & table["method"].isin([method, "none"])]
    if measure:
        table = table[table["measure"] == measure]
    assert len(table) == 1
    return table.iloc[0]


def decide(table, decision, column="decision", **labels):
    """Write a decision on the rows with these labels."""
    rows = np.logical_and.reduce([table[name].isin(values) for name, values in labels.items()])
    assert rows.any()
    table.loc[rows, column] = decision


RESIDENTIAL = ["continuous", "dense", "medium", "low", "very_low"]


@pytest.mark.parametrize("ses", ["low", "high"])
def test_residential_claim_follows_most_of_the_decisions_of_its_ses(study, ses):
    claim = {"low": "3a", "high": "3b"}[ses]
    table = study["h0"]["random"]
    decide(table, "not rejected", urban_class=RESIDENTIAL)
    assert judged(study, claim)["verdict"] == OPEN
    decide(table, "over-activated", urban_class=RESIDENTIAL[:3], ses=[ses])
    found = judged(study, claim)
    assert (found["verdict"], found["n_supported"], found["n_open"]) == (SUPPORTED, 6, 4)
    decide(table, "under-activated", urban_class=RESIDENTIAL[:3], ses=[ses])
    assert judged(study, claim)["verdict"] == CONTRADICTED


def test_roads_are_over_activated_for_low_ses_as_planted(study):
    found = judged(study, "4c")
    assert (found["verdict"], found["n_supported"]) == (SUPPORTED, 2)
    assert "Other roads, Paris, low: " in found["evidence"]
    decide(study["h0"]["random"], "under-activated", urban_class=["roads"], city=["lyon"])
    assert judged(study, "4c")["verdict"] == CONTRADICTED


def test_over_activation_that_shuffled_labels_have_too_supports_nothing(study):
    place = ["city", "method", "ses", "urban_class"]
    reliance = study["h0"]["random"][place].assign(relied_on=True)
    assert judged(study, "4c", reliance=reliance)["verdict"] == SUPPORTED
    decide(reliance, False, "relied_on", urban_class=["roads"], city=["paris"])
    found = judged(study, "4c", reliance=reliance)
    assert (found["verdict"], found["n_supported"], found["n_open"]) == (OPEN, 1, 1)
    assert "not beyond shuffled labels" in found["evidence"]


def test_claims_on_named_cities_ask_these_alone(study):
    table = study["h0"]["random"]
    for ses, low, high in (("low", 1.8, 2.2), ("high", 0.9, 1.1)):
        chosen = table["ses"] == ses
        table.loc[chosen, ["block_ci_low", "block_ci_high"]] = low, high
    table["n"] = 50
    assert judged(study, "3c")["verdict"] == CONTRADICTED  # Lyon: more for high
    assert judged(study, "3d")["verdict"] == SUPPORTED  # Paris: more for low
    assert judged(study, "3d")["n_supported"] == 5
    assert judged(study, "4b")["n_open"] + judged(study, "4b")["n_contradicted"] == 2
    table["block_ci_high"] = 2.2
    assert judged(study, "3d")["verdict"] == OPEN


def test_claims_on_cities_that_the_study_lacks_are_open():
    h0, h1, probabilities, gains = topology()
    names = {city: city.title() for city in probabilities}
    of_places = (
        {(city, scheme): scored()[scheme][k] for city in names for scheme in h0} for k in range(3)
    )
    kinds = ("h0", "h1", "probabilities", "gains", "summary", "classes", "comparisons")
    tables = (h0, h1, probabilities, gains, *of_places)
    table = made(dict(zip(kinds, tables, strict=True)), names).table.numbers
    told_open = table[table["id"].isin(["1d", "3c", "3d", "4b", "7d"])]
    assert set(told_open["verdict"]) == {OPEN}
    assert told_open["evidence"].str.endswith("No case in this study.").all()


def test_hypotheses_are_rejected_by_their_joint_tests(study):
    assert judged(study, "2")["verdict"] == SUPPORTED
    study["h0"]["random"]["joint_decision"] = "not rejected"
    assert judged(study, "2")["verdict"] == OPEN
    table = study["h1"]["random"]
    table["joint_decision"], table["joint_p_value"] = "rejected", 0.01
    assert judged(study, "6", measure="adjusted")["verdict"] == SUPPORTED
    assert judged(study, "6", measure="plain")["verdict"] == OPEN
    decide(table, "under-coactivated", "plain_decision", urban_class=["dense"],
           neighbour_class=["roads"])  # fmt: skip
    assert judged(study, "6", measure="plain")["verdict"] == SUPPORTED


def test_what_one_method_rejects_alone_is_open(study):
    """H0 had been called rejected by guided maps, while Grad-CAM rejected it in no city."""
    assert judged(study, "2", method="all")["verdict"] == SUPPORTED
    decide(study["h0"]["random"], "not rejected", "joint_decision", method=["gradcam"])
    found = judged(study, "2", method="all")
    assert found["verdict"] == OPEN
    assert "guided Grad-CAM supported (2 / 0 / 0), Grad-CAM open (0 / 0 / 2)" in found["evidence"]


def test_pairs_are_judged_on_each_measure_apart(study):
    pair = {"urban_class": ["continuous"], "neighbour_class": ["natural", "water"]}
    table = study["h1"]["random"]
    decide(table, "over-coactivated", "plain_decision", **pair)
    decide(table, "under-coactivated", "decision", **pair)
    assert judged(study, "7b", measure="plain", method="all")["verdict"] == SUPPORTED
    assert judged(study, "7b", measure="adjusted", method="all")["verdict"] == CONTRADICTED
    shown = made(study).table.shown.set_index("No.").loc["7b"]
    assert (shown["Verdict"].says, shown["On adjusted c"].says) == ("yes", "no")
    assert shown["Cases, On adjusted c"] == "0 / 16 / 0"


def test_city_that_the_paper_excepts_is_not_asked(study):
    names = {"lyon": "Lyon", "marseille": "Marseille"}
    for key in ("h0", "h1"):
        study[key]["random"] = study[key]["random"].replace({"city": {"paris": "marseille"}})
    for key in ("probabilities", "gains"):
        study[key]["marseille"] = study[key].pop("paris")
    for key in ("summary", "classes", "comparisons"):
        study[key]["marseille", "random"] = study[key].pop(("paris", "random"))
    pair = {"urban_class": ["continuous"], "neighbour_class": ["natural", "water"]}
    table = study["h1"]["random"]
    decide(table, "over-coactivated", **pair)
    decide(table, "under-coactivated", **pair, city=["marseille"], ses=["low"])
    found = judged(study, "7b", measure="adjusted", names=names)
    assert (found["verdict"], found["n_supported"]) == (SUPPORTED, 6)


def test_pairs_that_are_not_decided_leave_the_claim_open(study):
    table = study["h1"]["random"]
    assert judged(study, "7e", measure="plain")["verdict"] == OPEN
    pairs = {"urban_class": RESIDENTIAL, "neighbour_class": RESIDENTIAL}
    decide(table, "under-coactivated", "plain_decision", **pairs)
    assert judged(study, "7e", measure="plain")["verdict"] == SUPPORTED
    decide(table, "over-coactivated", "plain_decision", **pairs)
    assert judged(study, "7e", measure="plain")["verdict"] == CONTRADICTED
    pair = {"urban_class": ["dense"], "neighbour_class": ["roads"]}
    decide(table, "over-coactivated", **pair)
    assert judged(study, "7a", measure="adjusted")["verdict"] == OPEN  # one class of many
    decide(table, "over-coactivated", urban_class=["continuous", "dense"])
    assert judged(study, "7a", measure="adjusted")["verdict"] == SUPPORTED


def test_probabilities_decide_where_their_intervals_lie_apart(study):
    ends = {"low": (0.5, 0.6), "high": (0.2, 0.3)}
    for table in study["probabilities"].values():
        for ses, (low, high) in ends.items():
            rows = table["ses"] == ses
            table.loc[rows, ["block_ci_low", "block_ci_high"]] = low, high
            table.loc[rows, "n"] = 50
    verdicts = {claim: judged(study, claim)["verdict"] for claim in ("5a", "5b", "5c", "5d")}
    assert verdicts == {"5a": CONTRADICTED, "5b": SUPPORTED, "5c": SUPPORTED, "5d": CONTRADICTED}
    for table in study["probabilities"].values():
        table["block_ci_high"] = 0.55
    assert judged(study, "5b")["verdict"] == OPEN
    for table in study["probabilities"].values():
        table["n"] = 9
    assert "too few tiles, n = 9" in judged(study, "5b")["evidence"]


def test_gains_decide_where_their_interval_leaves_out_one(study):
    for table in study["gains"].values():
        table[["gain", "block_ci_low", "block_ci_high"]] = 1.5, 1.2, 1.9
    assert judged(study, "8a")["verdict"] == SUPPORTED
    for table in study["gains"].values():
        table.loc[table["ses"] == "high", ["block_ci_low", "block_ci_high"]] = 0.2, 0.9
    assert judged(study, "8b")["verdict"] == CONTRADICTED
    for table in study["gains"].values():
        table[["gain", "block_ci_low", "block_ci_high"]] = np.nan
    assert judged(study, "8b")["verdict"] == OPEN


def test_homes_beside_nature_are_less_often_poor_where_the_gain_lies_below_one(study):
    for table in study["gains"].values():
        table[["gain", "block_ci_low", "block_ci_high"]] = 0.5, 0.3, 0.8
    assert judged(study, "8c")["verdict"] == SUPPORTED
    for table in study["gains"].values():
        table["block_ci_high"] = 1.2
    assert judged(study, "8c")["verdict"] == OPEN


def test_scores_lie_in_the_range_of_the_paper_with_their_whole_interval(study):
    def with_interval(low, high):
        table = scored()["random"][0].copy()
        table[["value", "block_ci_low", "block_ci_high"]] = (low + high) / 2, low, high
        study["summary"] = {(city, "random"): table for city in PAPER}
        return judged(study, "1a")["verdict"]

    assert with_interval(0.66, 0.70) == SUPPORTED
    assert with_interval(0.60, 0.66) == OPEN  # had been called support
    assert with_interval(0.72, 0.90) == CONTRADICTED
    assert with_interval(0.10, 0.60) == CONTRADICTED
    assert with_interval(np.nan, np.nan) == OPEN


def test_the_hardest_class_is_the_one_whose_recall_lies_below_all_others(study):
    def with_recall(by_class):
        table = scored()["random"][1].copy()
        table["recall"] = table["income_class"].map(by_class)
        table["block_ci_low"], table["block_ci_high"] = (
            table["recall"] - 0.04,
            table["recall"] + 0.04,
        )
        study["classes"] = {(city, "random"): table for city in PAPER}
        return judged(study, "1d")["verdict"]

    assert with_recall({1: 0.8, 2: 0.5, 3: 0.4, 4: 0.2, 5: 0.8}) == SUPPORTED
    assert with_recall({1: 0.8, 2: 0.5, 3: 0.4, 4: 0.35, 5: 0.8}) == OPEN
    assert with_recall({1: 0.8, 2: 0.5, 3: 0.2, 4: 0.35, 5: 0.8}) == CONTRADICTED


def test_efficientnet_is_compared_with_classical_networks_alone(study):
    assert judged(study, "1e")["evidence"] == "1 open: this study compares no VGG or ResNet."
    table = scored()["random"][2].replace({"against": {"softmax": "resnet50"}})
    better = np.where(table["metric"] == "mae", -0.2, 0.2)
    table = table.assign(value=better, block_ci_low=better - 0.1, block_ci_high=better + 0.1)
    study["comparisons"] = {(city, "random"): table for city in PAPER}
    found = judged(study, "1e")
    assert (found["verdict"], found["n_supported"]) == (SUPPORTED, 8)
    assert "resnet50, Paris: Acc, difference +0.20 (+0.10 to +0.30)" in found["evidence"]


@pytest.mark.parametrize(("order", "verdict"), [(-1, SUPPORTED), (1, CONTRADICTED), (0, OPEN)])
def test_networks_disregard_the_land_where_their_order_of_classes_is_another(study, order, verdict):
    names = study["h0"]["random"]["urban_class"].unique()
    place = dict(zip(names, np.linspace(0, 1, len(names)), strict=True))
    alike = dict(zip(names, np.roll(np.arange(len(names)), 2), strict=True))  # ρ = 0.4
    table = study["h0"]["random"]
    table["ratio"] = table["urban_class"].map(place) if order else table["urban_class"].map(alike)
    table["n"] = 50
    for probabilities in study["probabilities"].values():
        probabilities["probability"] = (order or 1) * probabilities["urban_class"].map(place)
        probabilities["n"] = 50
    assert judged(study, "9", method="all")["verdict"] == verdict


def test_table_prints_what_all_methods_say_under_every_scheme(study, tmp_path):
    for key, place in (("h0", 0), ("h1", 1)):
        renamed = {"city": {"aubervieux": "paris", "valmorin": "lyon"}}
        study[key]["block"] = topology()[place]["block"].replace(renamed)
    for k, kind in enumerate(("summary", "classes", "comparisons")):
        study[kind] |= {(city, "block"): scored()["block"][k] for city in PAPER}
    ledger = made(study)
    table = ledger.table
    assert set(table.numbers["method"]) == {"guided", "gradcam", "all", "none"}
    files = {form: tmp_path / f"claims.{form}" for form in ("csv", "md", "tex", "html", "json")}
    ledger.write(files | {"cases": tmp_path / "claims_cases.csv"})
    under = [claim.asks.under for claim in CLAIMS]
    assert len(table.shown) == len(CLAIMS) + sum("scheme" in one for one in under)
    on_adjusted = table.shown["On adjusted c"].notna().sum()
    assert on_adjusted == 2 * sum("measure" in one for one in under)
    told = {table.shown["No."][place]: text for place, text in table.evidence.items()}
    assert set(told) == {claim.id for claim in CLAIMS}
    assert max(map(len, told.values())) < 3000
    assert "nan" not in (tmp_path / "claims.md").read_text().replace("tenant", "")


def test_numbers_of_claims_are_unique_and_their_words_end_in_a_stop():
    assert len({claim.id for claim in CLAIMS}) == len(CLAIMS)
    for claim in CLAIMS:
        assert claim.says.endswith(".")
        assert claim.rule.endswith("of the cases.")
