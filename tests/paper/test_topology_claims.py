"""The aerial ledger: clear cases decide, unclear ones leave a claim open, H1 twice."""

from functools import cache

import numpy as np
import pandas as pd
import pytest

from incomelens.common.errors import InputError
from incomelens.paper.claims import FAILS, HOLDS, Case
from incomelens.paper.topology_claim_list import CLAIMS
from incomelens.paper.topology_claims import OPEN, outcome, settled, told
from incomelens.paper.topology_ledger import aerial_claims_table, aerial_ledger

from .inference_world import evaluations
from .topology_world import topology

PAPER = {"paris": "Paris", "lyon": "Lyon"}
BY_ID = {claim.id: claim for claim in CLAIMS}


@cache
def summaries():
    return {scheme: one.summary for scheme, one in evaluations(0).items()}


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
        "summary": {(city, "random"): summaries()["random"] for city in PAPER},
    }


def judged(study, claim_id, *, measure=None, names=PAPER, scheme="random"):
    table = aerial_ledger(**study, names=names, claims=[BY_ID[claim_id]])
    table = table[table["method"].isin(["guided", "none"])]
    table = table[table["scheme"].isin([scheme, "none"])]
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
    assert (found["verdict"], found["n_for"], found["n_missing"]) == (HOLDS, 6, 4)
    decide(table, "under-activated", urban_class=RESIDENTIAL[:3], ses=[ses])
    assert judged(study, claim)["verdict"] == FAILS


def test_roads_are_over_activated_for_low_ses_as_planted(study):
    found = judged(study, "4c")
    assert (found["verdict"], found["n_for"]) == (HOLDS, 2)
    assert "Other roads, Paris, low: x = " in found["evidence"]
    decide(study["h0"]["random"], "under-activated", urban_class=["roads"], city=["lyon"])
    assert judged(study, "4c")["verdict"] == FAILS


def test_claims_on_named_cities_ask_these_alone(study):
    table = study["h0"]["random"]
    low, high = (table["ses"] == ses for ses in ("low", "high"))
    table.loc[low, "ratio"], table.loc[high, "ratio"] = 2.0, 1.0
    assert judged(study, "3c")["verdict"] == FAILS  # Lyon: more for high
    assert judged(study, "3d")["verdict"] == HOLDS  # Paris: more for low
    assert judged(study, "3d")["n_for"] == 1
    assert judged(study, "4b")["n_missing"] + judged(study, "4b")["n_against"] == 2


def test_claims_on_cities_that_the_study_lacks_are_open():
    h0, h1, probabilities, gains = topology()
    summary = {(city, "random"): summaries()["random"] for city in probabilities}
    names = {city: city.title() for city in probabilities}
    table = aerial_ledger(h0, h1, probabilities, gains, summary, names=names)
    told_open = table[table["id"].isin(["3c", "3d", "4b", "7d"])]
    assert set(told_open["verdict"]) == {OPEN}
    assert set(told_open["evidence"]) == {"No city of this study is concerned."}


def test_hypotheses_are_rejected_by_their_joint_tests(study):
    assert judged(study, "2")["verdict"] == HOLDS
    study["h0"]["random"]["joint_decision"] = "not rejected"
    assert judged(study, "2")["verdict"] == OPEN
    table = study["h1"]["random"]
    table["joint_decision"] = "rejected"
    assert judged(study, "6", measure="adjusted")["verdict"] == HOLDS
    assert judged(study, "6", measure="plain")["verdict"] == OPEN
    decide(table, "under-coactivated", "plain_decision", urban_class=["dense"],
           neighbour_class=["roads"])  # fmt: skip
    assert judged(study, "6", measure="plain")["verdict"] == HOLDS


def test_pairs_are_judged_on_each_measure_apart(study):
    pair = {"urban_class": ["continuous"], "neighbour_class": ["natural", "water"]}
    table = study["h1"]["random"]
    decide(table, "over-coactivated", "plain_decision", **pair)
    decide(table, "under-coactivated", "decision", **pair)
    assert judged(study, "7b", measure="plain")["verdict"] == HOLDS
    assert judged(study, "7b", measure="adjusted")["verdict"] == FAILS
    ledger = aerial_ledger(**study, names=PAPER)
    notes = aerial_claims_table(ledger).notes
    survival = next(note for note in notes if note.startswith("Claims about pairs, random folds"))
    assert "on plain c 3 (6, 7a, 7b) of 6 hold; of these, on adjusted c, none" in survival


def test_city_that_the_paper_excepts_is_not_asked(study):
    names = {"marseille": "Marseille", "lyon": "Lyon"}
    for key in ("h0", "h1"):
        study[key]["random"] = study[key]["random"].replace({"city": {"paris": "marseille"}})
    for key in ("probabilities", "gains"):
        study[key]["marseille"] = study[key].pop("paris")
    pair = {"urban_class": ["continuous"], "neighbour_class": ["natural", "water"]}
    table = study["h1"]["random"]
    decide(table, "over-coactivated", **pair)
    decide(table, "under-coactivated", **pair, city=["marseille"], ses=["low"])
    found = judged(study, "7b", measure="adjusted", names=names)
    assert (found["verdict"], found["n_for"]) == (HOLDS, 6)


def test_residential_pairs_hold_where_decided_ones_are_not_over(study):
    table = study["h1"]["random"]
    assert judged(study, "7e", measure="plain")["verdict"] == OPEN
    pair = {"urban_class": ["dense"], "neighbour_class": ["continuous"]}
    decide(table, "under-coactivated", "plain_decision", **pair)
    assert judged(study, "7e", measure="plain")["verdict"] == HOLDS
    decide(table, "over-coactivated", "plain_decision", **pair)
    assert judged(study, "7e", measure="plain")["verdict"] == FAILS
    pair = {"urban_class": ["dense"], "neighbour_class": ["roads"]}
    decide(table, "over-coactivated", **pair)
    assert judged(study, "7e", measure="adjusted")["verdict"] == OPEN
    assert judged(study, "7a", measure="adjusted")["verdict"] == HOLDS


def test_probabilities_decide_where_their_intervals_lie_apart(study):
    ends = {"low": (0.5, 0.6), "high": (0.2, 0.3)}
    for table in study["probabilities"].values():
        for ses, (low, high) in ends.items():
            rows = table["ses"] == ses
            table.loc[rows, ["block_ci_low", "block_ci_high"]] = low, high
            table.loc[rows, "n"] = 50
    verdicts = {claim: judged(study, claim)["verdict"] for claim in ("5a", "5b", "5c", "5d")}
    assert verdicts == {"5a": FAILS, "5b": HOLDS, "5c": HOLDS, "5d": FAILS}
    for table in study["probabilities"].values():
        table["block_ci_high"] = 0.55
    assert judged(study, "5b")["verdict"] == OPEN
    for table in study["probabilities"].values():
        table["n"] = 9
    assert "too few tiles, n = 9" in judged(study, "5b")["evidence"]


def test_gains_decide_where_their_interval_leaves_out_one(study):
    for table in study["gains"].values():
        table[["gain", "block_ci_low", "block_ci_high"]] = 1.5, 1.2, 1.9
    assert judged(study, "8a")["verdict"] == HOLDS
    for table in study["gains"].values():
        table.loc[table["ses"] == "high", ["block_ci_low", "block_ci_high"]] = 0.2, 0.9
    assert judged(study, "8b")["verdict"] == FAILS
    for table in study["gains"].values():
        table["gain"] = np.nan
    assert judged(study, "8b")["verdict"] == OPEN


def test_scores_meet_the_range_of_the_paper_or_do_not(study):
    def with_interval(low, high):
        table = summaries()["random"].copy()
        table[["value", "block_ci_low", "block_ci_high"]] = (low + high) / 2, low, high
        study["summary"] = {(city, "random"): table for city in PAPER}
        return judged(study, "1a")["verdict"]

    assert with_interval(0.60, 0.66) == HOLDS
    assert with_interval(0.70, 0.90) == HOLDS
    assert with_interval(0.72, 0.90) == FAILS
    assert with_interval(0.10, 0.60) == FAILS
    assert with_interval(np.nan, np.nan) == OPEN


@pytest.mark.parametrize(
    ("counts", "every", "most"),
    [
        ((0, 0, 0), OPEN, OPEN),
        ((2, 0, 0), HOLDS, HOLDS),
        ((2, 0, 1), OPEN, HOLDS),
        ((2, 1, 0), FAILS, HOLDS),
        ((1, 1, 0), FAILS, FAILS),
        ((1, 1, 1), FAILS, OPEN),
        ((0, 0, 2), OPEN, OPEN),
    ],
)
def test_verdict_is_one_that_open_cases_cannot_turn(counts, every, most):
    assert settled(*counts, needs_every=True) == every
    assert settled(*counts, needs_every=False) == most


def test_decisions_speak_for_their_direction_only():
    assert outcome("over-activated", "over") is True
    assert outcome("under-activated", "over") is False
    assert outcome("under-activated", "under") is True
    for undecided in ("not rejected", "too few tiles", "not observed"):
        assert outcome(undecided, "over") is None


def test_evidence_names_a_few_cases_and_counts_the_others():
    cases = [Case(f"place {k}", True, "1") for k in range(8)] + [Case("there", None, "2")]
    assert told(cases).startswith("For it, 8 of 9: place 0: 1; place 1: 1;")
    assert told(cases).endswith("and 2 more. Open, 1 of 9: there: 2.")


def test_table_prints_the_main_method_and_every_scheme(study, tmp_path):
    for key, place in (("h0", 0), ("h1", 1)):
        renamed = {"city": {"aubervieux": "paris", "valmorin": "lyon"}}
        study[key]["block"] = topology()[place]["block"].replace(renamed)
    study["summary"] |= {(city, "block"): summaries()["block"] for city in PAPER}
    ledger = aerial_ledger(**study, names=PAPER)
    assert set(ledger["method"]) == {"guided", "gradcam", "none"}
    table = aerial_claims_table(ledger)
    table.write(*(tmp_path / f"claims.{ending}" for ending in ("csv", "md", "tex")))
    about = pd.Series({claim.id: claim.about for claim in CLAIMS})
    assert len(table.shown) == 2 * (about != "land").sum() + (about == "land").sum()
    on_adjusted = table.shown["On adjusted c"].notna().sum()
    assert on_adjusted == 2 * (about == "pairs").sum()
    for claim in CLAIMS:
        assert any(note.startswith(f"{claim.id}. ") for note in table.notes)
    assert "nan" not in (tmp_path / "claims.md").read_text().replace("tenant", "")


def test_numbers_of_claims_are_unique_and_their_words_end_in_a_stop():
    assert len(BY_ID) == len(CLAIMS)
    for claim in CLAIMS:
        assert claim.says.endswith(".")
        assert claim.rule.endswith((".", ")."))


def test_table_without_a_column_is_refused(study):
    study["gains"]["lyon"] = study["gains"]["lyon"].drop(columns="gain")
    with pytest.raises(InputError, match="lyon, gains: lacks the column gain"):
        aerial_ledger(**study, names=PAPER)
