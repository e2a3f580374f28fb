"""Every claim: a world in which it holds, one in which it does not, one that cannot tell."""

import pandas as pd
import pytest

from incomelens.paper.claim_list import CLAIMS
from incomelens.paper.claims import FAILS, HOLDS, OPEN, Case, Claim
from incomelens.paper.evidence import Study
from incomelens.paper.names import SOCIOECONOMIC, SPATIAL, TASKS
from incomelens.paper.ssig.table_5 import read_thresholds

from .worlds import HOUSEHOLD, PER_CAPITA, paper_world

LAST = TASKS[-1]
OF_ID = {claim.id: claim for claim in CLAIMS}


def score(model, r2, tasks=TASKS):
    def change(world):
        world.r2 |= {(task, model): r2 for task in tasks}

    return change


def effect(variable, tasks=(LAST,), *, mean=None, direction=None):
    def change(world):
        for task in tasks:
            old = world.effects[task][variable]
            new = (old[0] if mean is None else mean, old[1] if direction is None else direction)
            world.effects[task][variable] = new

    return change


def tasks_of(income):
    return [task for task in TASKS if task[1] == income]


def group_total(world):
    world.totals[LAST, SPATIAL] = 0.7


def clear_postgraduate_at_tracts(world):
    world.p_values["tract", "postgraduate"] = 0.01


BROKEN = {
    "1": score("mixed_siamese_like", 0.9, [LAST]),
    "1r": score("mixed_siamese_like_gp", 0.9, [LAST]),
    "2a": score("socioeconomic", 0.9, TASKS[:2]),
    "2b": score("spatial", 0.9),
    "3": score("spatial", 0.8),
    "4": group_total,
    "5a": effect("white", mean=0.5),
    "5b": effect("white", mean=0.2),
    "5c": effect("postgraduate", direction=0.2),
    "5d": effect("bachelor", direction=-0.9),
    "6a": effect("white", direction=0.29),
    "6b": effect("male", tasks_of(HOUSEHOLD)[:1], direction=0.0),
    "6c": effect("male", mean=0.17),
    "7a": effect("population_density", direction=0.5),
    "7b": effect("unemployment", direction=-0.2),
    "7c": effect("population_density", TASKS[:2], mean=0.4),
    "7d": effect("unemployment", TASKS[:2], mean=0.001),
    "8a": effect("age_under_18", TASKS, direction=-0.5),
    "8b": effect("age_65_plus", TASKS, direction=0.5),
    "9a": effect("bachelor", mean=0.215),
    "9b": effect("postgraduate", [("zip", PER_CAPITA)], mean=0.27),
    "9c": effect("white", mean=0.1),
    "9d": effect("male", tasks_of(PER_CAPITA), mean=0.06),
    "9e": effect("bachelor", mean=0.23),
    "9f": effect("postgraduate", mean=0.31),
    "9g": clear_postgraduate_at_tracts,
    "9h": effect("white", mean=0.11),
    "10": effect("white", mean=0.19),
}


@pytest.fixture
def judge(reference):
    def judged(claim_id, world, scheme="random"):
        study = Study(
            *world.tables, read_thresholds(reference), world.mode, scheme, world.baselines
        )
        return OF_ID[claim_id].judge(study)

    return judged


def test_every_claim_has_an_id_of_its_own_and_a_case_against_it():
    assert list(BROKEN) == [claim.id for claim in CLAIMS]


@pytest.mark.parametrize("claim_id", BROKEN)
def test_claim_holds_in_the_world_of_the_paper(judge, claim_id):
    verdict = judge(claim_id, paper_world())
    assert verdict.verdict == HOLDS
    assert verdict.n_for > 0
    assert verdict.n_against == verdict.n_missing == 0


@pytest.mark.parametrize("claim_id", BROKEN)
def test_claim_does_not_hold_once_its_case_is_turned_around(judge, claim_id):
    world = paper_world()
    BROKEN[claim_id](world)
    verdict = judge(claim_id, world)
    assert verdict.verdict == FAILS
    assert verdict.n_against > 0


@pytest.mark.parametrize("claim_id", BROKEN)
def test_claim_that_needs_zip_areas_is_open_without_them(judge, claim_id):
    world = paper_world()
    world.tasks = tasks_of_level("tract")
    verdict = judge(claim_id, world)
    if claim_id == "9g":  # about tracts alone
        assert verdict.verdict == HOLDS
        return
    assert verdict.verdict == OPEN
    assert "Missing: " in verdict.evidence


def tasks_of_level(level):
    return [task for task in TASKS if task[0] == level]


def test_missing_baselines_are_named_once(judge):
    world = paper_world()
    world.r2 = {key: r2 for key, r2 in world.r2.items() if "siamese" not in key[1]}
    verdict = judge("1", world)
    assert verdict.verdict == OPEN
    evidence = verdict.evidence
    assert evidence.startswith("Missing: scores of GP-Mixed-Siamese-like-Double-Ridge, scores of")
    assert evidence.endswith("scores of Mixed-Siamese-like (all four tasks).")


def test_models_that_lack_a_modality_decide_their_own_claim_alone(judge):
    world = paper_world()
    world.lacking = "-noSAT-noSV"
    whole, restricted = judge("1", world), judge("1r", world)
    assert whole.verdict == OPEN
    assert "scores of Mixed-Siamese-like with all modalities (all four tasks)" in whole.evidence
    assert restricted.verdict == HOLDS
    assert "r² 0.820 against 0.700 of Mixed-Siamese-like-noSAT-noSV" in restricted.evidence


def test_another_reading_of_a_baseline_does_not_decide_the_claim(judge, reference):
    world = paper_world()
    reading = world.baselines.query("model == 'gp_mixed_siamese_like_double_ridge'")
    reading = reading.assign(variant="ridge_per_modality", mean_of_folds=0.99)
    for tables in ([world.baselines, reading], [reading, world.baselines]):
        study = Study(
            *world.tables, read_thresholds(reference), "optimised", "random", pd.concat(tables)
        )
        assert OF_ID["1"].judge(study).verdict == HOLDS


@pytest.mark.parametrize(("beaten_tasks", "verdict"), [(1, HOLDS), (2, FAILS), (3, FAILS)])
def test_most_cases_are_more_than_half_of_the_sixteen(judge, beaten_tasks, verdict):
    world = paper_world()
    score("spatial", 0.95, TASKS[:beaten_tasks])(world)
    found = judge("2b", world)
    assert found.verdict == verdict
    assert found.n_for == 16 - 4 * beaten_tasks


def test_lower_errors_are_better(judge):
    """r² of the world decides errors too: all four scores of a task speak alike."""
    world = paper_world()
    score("socioeconomic", 0.9, [LAST])(world)
    verdict = judge("2a", world)
    assert (verdict.n_for, verdict.n_against) == (12, 4)
    assert "RMSE (USD) 3,600 against 2,000 (ZIP, median household income)" in verdict.evidence


def test_equal_scores_are_not_better(judge):
    world = paper_world()
    score("spatial", 0.82)(world)
    assert judge("2b", world).n_for == 0


def test_scores_are_those_of_the_scheme_asked_for(judge):
    world = paper_world()
    world.schemes = ("random",)
    assert judge("3", world, "block").verdict == OPEN


def test_figures_stand_in_the_sentence(judge):
    world = paper_world()
    effect("white", mean=0.2)(world)
    evidence = judge("5b", world).evidence
    assert evidence.startswith("For it, 3 of 4: rank 2: ≥25PGD 0.300, ≥25UDG 0.220, White 0.120")
    assert "Against it, 1 of 4: rank 3: ≥25PGD 0.280, White 0.200, ≥25UDG 0.180" in evidence


def test_equal_importance_shares_the_better_rank(judge):
    world = paper_world()
    effect("white", TASKS, mean=0.22)(world)
    effect("bachelor", TASKS, mean=0.22)(world)
    assert judge("5b", world).verdict == HOLDS


def test_one_clear_sign_in_three_of_four_tasks_is_still_ambiguous(judge):
    world = paper_world()
    effect("age_under_18", TASKS[:3], direction=-0.9)(world)
    assert judge("8a", world).verdict == HOLDS


def test_direction_that_is_undefined_is_no_sign(judge):
    world = paper_world()
    effect("white", direction=float("nan"))(world)
    verdict = judge("6a", world)
    assert verdict.verdict == FAILS
    assert "undefined" in verdict.evidence


def test_filter_names_the_condition_that_fails(judge):
    world = paper_world()
    effect("bachelor", mean=0.215)(world)
    assert judge("9a", world).evidence.endswith(
        "not met: difference of at least 0.01 at both levels."
    )


def test_a_variable_too_many_is_named(judge):
    world = paper_world()
    BROKEN["9d"](world)
    assert judge("9d", world).evidence == "For it, 6 of 7. Against it, 1 of 7: passes (Male)."


def test_group_without_values_is_missing(judge):
    world = paper_world()
    world.totals[LAST, SOCIOECONOMIC] = float("nan")
    verdict = judge("4", world)
    assert verdict.verdict == OPEN
    assert "Shapley values of groups (ZIP, median household income)" in verdict.evidence


@pytest.mark.parametrize(
    ("cases", "needs_every", "verdict"),
    [
        ([True, True], True, HOLDS),
        ([True, False], True, FAILS),
        ([True, False], False, FAILS),
        ([True, True, False], False, HOLDS),
        ([True, True, None], False, OPEN),
        ([False, None], True, OPEN),
    ],
)
def test_verdict_counts_cases(cases, needs_every, verdict):
    found = [Case(str(place), case, "x") for place, case in enumerate(cases)]
    claim = Claim("0", "a", "b", "c", lambda _: found, needs_every=needs_every)
    assert claim.judge(None).verdict == verdict
