"""The one rule of all ledgers: what a case says, and what claims make of their cases."""

from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from incomelens.folds.resampling import Interval
from incomelens.paper.claims.claim import (
    CONTRADICTED,
    OPEN,
    SUPPORTED,
    Case,
    Claim,
    Question,
    Verdict,
    agreed,
    difference,
    one_of,
    possible_ranks,
    settled,
    within,
)
from incomelens.paper.claims.ledger import Ledger

numbers = st.floats(-10, 10)
intervals = st.tuples(numbers, numbers).map(lambda ends: Interval(min(ends), max(ends)))
margins = st.tuples(st.floats(0, 5), st.floats(0, 5))
verdicts = st.lists(st.sampled_from(Verdict), max_size=12)
rules = st.booleans().map(lambda most: partial(settled, most=most))


def wider(interval, margin):
    return Interval(interval.low - margin[0], interval.high + margin[1])


def only_opens(before, after):
    return after in (before, OPEN)


@pytest.mark.parametrize(
    ("counts", "every", "most"),
    [
        ((0, 0, 0), OPEN, OPEN),
        ((2, 0, 0), SUPPORTED, SUPPORTED),
        ((2, 0, 1), OPEN, SUPPORTED),
        ((2, 1, 0), CONTRADICTED, SUPPORTED),
        ((1, 1, 0), CONTRADICTED, CONTRADICTED),
        ((1, 1, 1), CONTRADICTED, OPEN),
        ((3, 1, 2), CONTRADICTED, OPEN),
        ((0, 0, 2), OPEN, OPEN),
    ],
)
def test_verdict_is_one_that_open_cases_cannot_turn(counts, every, most):
    cases = [v for v, n in zip(Verdict, counts, strict=True) for _ in range(n)]
    assert settled(cases) == every
    assert settled(cases, most=True) == most


@given(cases=verdicts, rule=rules)
def test_open_cases_never_turn_a_verdict_around(cases, rule):
    for outcome in (SUPPORTED, CONTRADICTED):
        known = [outcome if one is OPEN else one for one in cases]
        assert only_opens(rule(known), rule(cases))


@given(cases=verdicts, rule=rules, n=st.integers(1, 5))
def test_adding_open_cases_never_makes_a_contradicted_claim_supported(cases, rule, n):
    assert only_opens(rule(cases), rule([*cases, *[OPEN] * n]))


@given(cases=verdicts, rule=rules, data=st.data())
def test_order_of_cases_does_not_matter(cases, rule, data):
    assert rule(data.draw(st.permutations(cases))) == rule(cases)


@given(cases=verdicts, rule=rules, data=st.data())
def test_opening_cases_only_opens_the_claim(cases, rule, data):
    opened = [data.draw(st.sampled_from([one, OPEN])) for one in cases]
    assert only_opens(rule(cases), rule(opened))


@given(interval=intervals, ends=st.tuples(numbers, numbers).map(sorted), margin=margins)
def test_widening_an_interval_only_opens_a_range(interval, ends, margin):
    assert only_opens(within(interval, *ends), within(wider(interval, margin), *ends))


@given(own=intervals, others=st.lists(intervals, max_size=9), margin=margins, ranks=st.data())
def test_widening_intervals_only_opens_a_rank(own, others, margin, ranks):
    claimed = ranks.draw(st.sets(st.integers(1, 10), min_size=1))
    before = one_of(possible_ranks(own, others), claimed)
    wide = possible_ranks(wider(own, margin), [wider(one, margin) for one in others])
    assert only_opens(before, one_of(wide, claimed))


@given(values=st.lists(numbers, min_size=1, max_size=9, unique=True))
def test_rank_without_uncertainty_is_the_rank(values):
    exact = [Interval(value, value) for value in values]
    assert list(possible_ranks(exact[0], exact[1:])) == [1 + sum(v > values[0] for v in values)]


@given(one=intervals, other=intervals)
def test_difference_lies_above_zero_only_where_both_intervals_lie_apart(one, other):
    verdict = within(difference(one, other), low=0)
    assert (verdict is SUPPORTED) == (one.low > other.high)
    assert within(difference(other, one), low=0) is verdict.opposite


def test_range_is_supported_only_by_an_interval_inside_it():
    """None of six estimates lay in the range, and an interval that met it was called support."""
    in_range = partial(within, low=0.65, high=0.71)
    assert in_range(Interval(0.66, 0.70)) is SUPPORTED
    assert in_range(Interval(0.60, 0.66)) is OPEN
    assert in_range(Interval(0.50, 0.90)) is OPEN
    assert in_range(Interval(0.72, 0.90)) is CONTRADICTED
    assert in_range(Interval(np.nan, np.nan)) is OPEN


@given(found=st.lists(st.sampled_from(Verdict), min_size=1, max_size=3))
def test_methods_decide_only_together(found):
    assert agreed(found) == (found[0] if len(set(found)) == 1 else OPEN)


# ---------------------------------------------------------------- ledgers


def claim(cases, *, under=(), most=False, claim_id="1"):
    return Claim(claim_id, "So it is.", "Here", Question("So", lambda _: cases, under), most=most)


def judged(*claims, settings=((),), by=()):
    return Ledger.judged(claims, dict.fromkeys(settings), by=by)


tested = st.tuples(st.sampled_from(Verdict), st.floats(1e-6, 1) | st.just(np.nan))


def cases_of(found):
    return [Case(f"case {k}", "x", *one) for k, one in enumerate(found)]


@given(found=st.lists(tested, min_size=1, max_size=12))
def test_every_p_value_of_the_ledger_counts_in_its_q(found):
    cases = judged(claim(cases_of(found))).cases
    decided = cases[cases["verdict"] != OPEN]
    assert (decided["q_value"].isna() | (decided["q_value"] <= 0.05)).all()
    assert (cases["q_value"].dropna() >= cases["p_value"].dropna() - 1e-12).all()


@given(found=st.lists(tested, min_size=1, max_size=9), most=st.booleans(), p=st.floats(0.06, 1))
def test_a_further_case_that_rejects_nothing_never_supports_what_was_contradicted(found, most, p):
    before = judged(claim(cases_of(found), most=most)).claims["verdict"].iloc[0]
    more = judged(claim(cases_of([*found, (OPEN, p)]), most=most)).claims["verdict"].iloc[0]
    assert (before, more) != (CONTRADICTED, SUPPORTED)


def test_one_small_p_among_many_cases_does_not_decide():
    """One of 80 cells had called a whole claim wrong."""
    cells = [Case(f"{k}", "x", OPEN, 0.5) for k in range(79)]
    one = Case("r² 0.912 against 0.929 of 39 districts", "x", CONTRADICTED, 0.04)
    assert judged(claim([*cells, one])).claims["verdict"].iloc[0] == OPEN
    clear = Case("clear", "x", CONTRADICTED, 0.0001)
    assert judged(claim([*cells, clear])).claims["verdict"].iloc[0] == CONTRADICTED


def test_a_claim_on_maps_needs_every_method():
    settings = [("random", "guided", "none"), ("random", "gradcam", "none")]
    by = ("scheme", "method", "measure")
    asked = iter([[Case("a", "1", SUPPORTED)], [Case("a", "2", OPEN)]])
    question = Question("So", lambda _: next(asked), ("scheme", "method"))
    table = Ledger.judged(
        [Claim("1", "So.", "Here", question)], dict.fromkeys(settings), by=by
    ).claims.set_index("method")
    assert table["verdict"].to_dict() == {"guided": SUPPORTED, "gradcam": OPEN, "all": OPEN}
    assert table.loc["all", "evidence"].startswith(
        "guided Grad-CAM supported (1 / 0 / 0), Grad-CAM open (0 / 0 / 1)."
    )


def test_what_does_not_depend_on_the_folds_is_asked_once():
    settings = [("random",), ("block",)]
    both = claim([Case("a", "1", SUPPORTED)], under=("scheme",), claim_id="2")
    table = judged(claim([Case("a", "1")]), both, settings=settings, by=("scheme",)).claims
    assert table[["id", "scheme"]].to_numpy().tolist() == [
        ["1", "none"],
        ["2", "random"],
        ["2", "block"],
    ]


def test_evidence_stays_short_however_many_cases_there_are():
    """Evidence of one claim had run to 10,000 characters."""
    cases = [Case(f"place {k}", "0.5 (0.4 to 0.6)", list(Verdict)[k % 3]) for k in range(300)]
    modes = {"literal": "l = 1", "optimised": "fitted"}
    settings = [(mode, scheme) for mode in modes for scheme in ("random", "block")]
    ledger = judged(
        claim(cases, under=("mode", "scheme"), most=True), settings=settings, by=("mode", "scheme")
    )
    exhibit = ledger.exhibit(
        caption="Claims.", notes=("Note.",), columns={"mode": modes}, schemes={"random": "random"}
    )
    note = exhibit.table.evidence[0]
    assert len(note) < 1500
    assert (
        "100 supported: place 0: 0.5 (0.4 to 0.6); place 3: 0.5 (0.4 to 0.6); and 98 more." in note
    )
    assert len(exhibit.more["cases"]) == 4 * 300
    row = exhibit.table.shown.iloc[0]
    assert (row["l = 1"].words, row["l = 1"].says, row["Cases"]) == (
        "open",
        "open",
        "100 / 100 / 100",
    )
