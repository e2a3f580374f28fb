"""The claims ledger: a row for every claim, mode and scheme, laid out so that none is lost."""

import pandas as pd
import pytest

from incomelens.common.errors import InputError
from incomelens.paper.claim_list import CLAIMS
from incomelens.paper.claims import FAILS, HOLDS, OPEN
from incomelens.paper.ledger import claims_table, ledger

from .worlds import paper_world


@pytest.fixture
def two_modes():
    """All claims hold with everything fitted; with l = 1 the location beats everything else."""
    fitted, literal = paper_world(), paper_world()
    literal.mode = "literal"
    literal.r2 |= {key: 0.95 for key in literal.r2 if key[1] == "spatial"}
    pairs = zip(fitted.tables, literal.tables, strict=True)
    return [pd.concat(pair, ignore_index=True).drop_duplicates() for pair in pairs]


@pytest.fixture
def baselines():
    """SSIG beats them in either mode."""
    literal = paper_world()
    literal.mode = "literal"
    both = pd.concat([paper_world().baselines, literal.baselines], ignore_index=True)
    return both.drop_duplicates()


def test_score_claims_are_judged_under_every_scheme_and_others_once(two_modes, reference):
    judged = ledger(*two_modes, reference)
    n_scores = sum(claim.under_folds for claim in CLAIMS)
    counted = judged.groupby("scheme").size()
    assert counted.to_dict() == {
        "none": 2 * (len(CLAIMS) - n_scores),
        "random": 2 * n_scores,
        "block": 2 * n_scores,
    }


def test_modes_are_judged_apart(two_modes, reference, baselines):
    judged = ledger(*two_modes, reference, baselines=baselines).set_index(["id", "mode", "scheme"])[
        "verdict"
    ]
    assert judged["2b", "literal", "random"] == FAILS
    assert judged["2b", "optimised", "random"] == HOLDS
    assert (judged.xs("optimised", level="mode") == HOLDS).all()


def test_study_without_anything_leaves_every_claim_open(two_modes, reference):
    judged = ledger(*(table.iloc[:0] for table in two_modes), reference)
    assert set(judged["verdict"]) == {OPEN}
    assert set(judged["mode"]) == {"literal", "optimised"}
    claims_table(judged)


def test_layout_shows_every_verdict_beside_its_mode(two_modes, reference):
    judged = ledger(*two_modes, reference)
    shown = claims_table(judged).shown
    row = shown[shown["No."] == "2b"].iloc[0]
    assert row["l = 1, nothing fitted"] == FAILS
    assert row["all fitted"] == HOLDS
    assert row["Folds"] == "random"
    assert len(shown) == len(judged) / 2


def test_notes_count_the_verdicts_and_tell_the_evidence(two_modes, reference, baselines):
    notes = claims_table(ledger(*two_modes, reference, baselines=baselines)).notes
    n = len(CLAIMS)
    assert f"With all fitted, of {n} claims (scores: random folds) {n} hold, 0 do not" in notes[2]
    (of_claim,) = [note for note in notes if note.startswith("5a.")]
    assert "Holds if: rank 1 of the ten" in of_claim
    assert "With l = 1, nothing fitted; all fitted: holds. For it, 4 of 4" in of_claim


def test_ledger_is_printed_in_three_forms(tmp_path, two_modes, reference):
    paths = [tmp_path / f"claims.{form}" for form in ("csv", "md", "tex")]
    claims_table(ledger(*two_modes, reference)).write(*paths)
    assert all(path.stat().st_size > 5000 for path in paths)


def test_table_without_a_column_is_named(two_modes, reference):
    summary, groups, variables, comparison = two_modes
    with pytest.raises(InputError, match=r"shapley/variables\.csv: lacks the column direction"):
        ledger(summary, groups, variables.drop(columns="direction"), comparison, reference)
    with pytest.raises(InputError, match="comparison of incomes: lacks the column p_welch"):
        ledger(summary, groups, variables, comparison.drop(columns="p_welch"), reference)
