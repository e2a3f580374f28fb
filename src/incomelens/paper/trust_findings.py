"""What follows from the study `validation`: statements about the maps, each judged by code."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import pandas as pd

from incomelens.paper.aerial.names import MAIN, METHODS
from incomelens.paper.table import Table, rows
from incomelens.paper.validation.names import (
    ALL_METHODS,
    BOTH,
    GRADIENTS,
    NETWORKS,
    OCCLUSION,
    SHUFFLED,
    STYLES,
    TURNED,
    against_label,
)

YES, NO, OPEN = "yes", "no", "open"
# Of rank correlations: ratios that come out again with less say little about a class.
ALIKE = 0.5
LEAST_R = 0.3
LEAST_CITIES = 5  # behind an interval over cities
EXACT = 0.99
Given = Mapping[str, pd.DataFrame]


@dataclass(frozen=True)
class Finding:
    """One judged statement.

    Parameters
    ----------
    check : str
        Which check it rests on.
    says : str
    rule : str
        When the answer is yes.
    about : str
        Method, network or style.
    answer : {"yes", "no", "open"}
    evidence : str
        The numbers.
    """

    check: str
    says: str
    rule: str
    about: str
    answer: str
    evidence: str


def findings(given: Given) -> list[Finding]:
    """Judge every statement.

    Parameters
    ----------
    given : mapping
        The tables of :data:`incomelens.paper.trust_tables.TABLES` by the names they ask for.
    """
    return [one for judge in JUDGES for one in judge(given)]


def findings_table(given: Given) -> Table:
    """Lay out the statements with their answers; parameters as :func:`findings`."""
    found = findings(given)
    numbers = pd.DataFrame([one.__dict__ for one in found])
    shown = pd.DataFrame(
        {
            "Check": [one.check for one in found],
            "Statement": [one.says for one in found],
            "About": [one.about for one in found],
            "Answer": [one.answer for one in found],
            "Numbers": [re.sub(r"-(?=\d)", "−", one.evidence) for one in found],
            "Yes, if": [one.rule for one in found],
        }
    )
    return Table(
        numbers=numbers,
        shown=shown,
        caption="What the maps can be trusted with, on synthetic cities.",
        notes=(
            "Judged by code from the other tables of this study. It says what these small networks "
            "do on made-up pictures in which some classes tell income by their texture; a method "
            "that fails here has failed where the answer was known.",
        ),
        blocks="Check",
    )


def _networks(given: Given) -> Iterator[Finding]:
    summary = given["summary"]
    r = summary[summary["metric"] == "pearson_r_expected"]
    for row in rows(r[r["network"].isin([MAIN, SHUFFLED])]):
        learns = row.network == MAIN
        yield Finding(
            "Networks",
            "The network predicts incomes out of fold."
            if learns
            else "A network trained on shuffled labels predicts nothing.",
            f"Every city's r above {LEAST_R:g}."
            if learns
            else f"The mean r within {LEAST_R / 2:g} of 0.",
            f"{NETWORKS[row.network]}, {STYLES[row.style]}",
            _answer(row.low > LEAST_R if learns else abs(row.mean) < LEAST_R / 2),
            f"r {row.mean:.2f} ({row.low:.2f} to {row.high:.2f}) in {row.n_cities} cities",
        )


def _planted(given: Given) -> Iterator[Finding]:
    hits = given["hits"]
    for network in (MAIN, SHUFFLED):
        of_network = hits[(hits["network"] == network) & (hits["ses"] == BOTH)]
        for row in rows(of_network):
            if row.style == BOTH and len(of_network["style"].unique()) == 2:
                continue  # one style: the same twice
            known = pd.notna(row.area_ci_low) and row.n_cities >= LEAST_CITIES
            yield Finding(
                "Planted classes",
                _ranking(network, row.method),
                f"95 % interval of the area under ROC above 0.5, {LEAST_CITIES} cities or more.",
                f"{ALL_METHODS[row.method]}, {NETWORKS[network]}, {STYLES[row.style]}",
                _answer(row.area_ci_low > 0.5) if known else OPEN,
                f"area {row.area:.2f} ({row.area_ci_low:.2f} to {row.area_ci_high:.2f}); a planted "
                f"class first in {row.hits} of {row.n} (by chance {row.chance:.2f})",
            )


def _ranking(network: str, method: str) -> str:
    if network == SHUFFLED:
        return "Ratios rank planted classes above the others where nothing was learned of income."
    if method == OCCLUSION:
        return "The network relies on planted classes more than on the others."
    return "Activation ratios rank planted classes above the others."


def _decisions(given: Given) -> Iterator[Finding]:
    h0 = given["decisions"]
    chosen = h0[(h0["ses"] == BOTH) & (h0["style"] == BOTH)]
    for network in (MAIN, SHUFFLED):
        of_network = chosen[chosen["network"] == network]
        for method, table in of_network.groupby("method", sort=False):
            share = {row.planted: row for row in rows(table)}
            if set(share) != {True, False}:
                continue
            yield Finding(
                "H0",
                "No city has a class called over-activated that was not planted."
                if network == MAIN
                else "H0 is not rejected for a network that knows nothing of income.",
                "In at most 5 % of the cities."
                if network == MAIN
                else "At most 5 % of the tests, whichever class.",
                f"{METHODS[method]}, {NETWORKS[network]}",
                _answer(
                    share[False].cities_over <= 0.05
                    if network == MAIN
                    else max(one.over + one.under for one in share.values()) <= 0.05
                ),
                f"over-activated: planted {share[True].over:.0%}, others {share[False].over:.0%} "
                f"of tests; under-activated: {share[True].under:.0%}, {share[False].under:.0%}; "
                f"others over-activated in {share[False].cities_over:.0%} of "
                f"{share[False].n_cities} cities",
            )


def _pairs(given: Given) -> Iterator[Finding]:
    h1 = given["pairs"]
    chosen = h1[(h1["ses"] == BOTH) & (h1["style"] == BOTH) & (h1["network"] == MAIN)]
    for row in rows(chosen):
        yield Finding(
            "H1",
            "No city has a pair called coactivated, where no interaction was drawn.",
            "In at most 5 % of the cities.",
            f"{METHODS[row.method]}, {row.measure} coactivation",
            _answer(row.cities_rejected <= 0.05),
            f"{row.over + row.under:.1%} of {row.n_tests} tests; one or more in "
            f"{row.cities_rejected:.0%} of {row.n_cities} cities",
        )


def _sanity(given: Given) -> Iterator[Finding]:
    table = given["similarity"]
    ranks = table[table["measure"] == "spearman"]
    turned = ranks[ranks["against"] == TURNED].set_index("method")
    for method in dict.fromkeys(ranks["method"]):
        steps = ranks[(ranks["method"] == method) & (ranks["kind"] == "cascade")]
        steps = steps.sort_values("step")
        if steps.empty:
            continue
        last, floor = steps.iloc[-1], turned["mean"].get(method, float("nan"))
        yield Finding(
            "Sanity",
            "Maps lose their likeness when the whole network is made anew.",
            "Mean rank correlation at most that of the map turned by half, or 0.1.",
            {**METHODS, **GRADIENTS}[method],
            _answer(last["mean"] <= max(floor, 0.1)),
            f"{_steps(steps)}; turned by half {floor:.2f}",
        )
        yield from _labels(ranks[ranks["method"] == method], method)


def _labels(ranks: pd.DataFrame, method: str) -> Iterator[Finding]:
    others = ranks[ranks["kind"] == "network"].set_index("against")
    if not {"again", SHUFFLED} <= set(others.index):
        return
    again, shuffled = others.loc["again"], others.loc[SHUFFLED]
    yield Finding(
        "Sanity",
        "Maps depend on what was learned: another seed gives more likeness than shuffled labels.",
        "Mean rank correlation larger by 0.1 or more.",
        {**METHODS, **GRADIENTS}[method],
        _answer(again["mean"] - shuffled["mean"] >= 0.1),
        f"another seed {again['mean']:.2f} ({again['low']:.2f} to {again['high']:.2f}), shuffled "
        f"labels {shuffled['mean']:.2f} ({shuffled['low']:.2f} to {shuffled['high']:.2f})",
    )


def _curves(given: Given) -> Iterator[Finding]:
    areas = given["areas"]
    for method in METHODS:
        found = {row.mode: row for row in rows(areas[areas["order"] == method])}
        if set(found) != {"deletion", "insertion"}:
            continue
        deletion, insertion = found["deletion"], found["insertion"]
        for chance, label in (("over_random", "random patches"), ("over_turned", "the map turned")):
            high = getattr(deletion, f"{chance}_ci_high")
            low = getattr(insertion, f"{chance}_ci_low")
            yield Finding(
                "Deletion, insertion",
                f"The map orders patches better than {label}.",
                "95 % intervals of both differences of area on the right side of 0.",
                METHODS[method],
                _answer(high < 0 and low > 0),
                f"deletion {getattr(deletion, chance):+.3f}, insertion "
                f"{getattr(insertion, chance):+.3f} ({deletion.n} tiles)",
            )


def _stability(given: Given) -> Iterator[Finding]:
    for row in rows(given["stability"]):
        if row.between == "ses" or row.network not in (MAIN, "again", "softmax"):
            continue
        if row.between == "folds" and row.network != MAIN:
            continue
        yield Finding(
            "Stability",
            "Classes come out in about the same order again.",
            f"Median rank correlation of at least {ALIKE:g}.",
            _about(row),
            _answer(row.median >= ALIKE),
            f"median {row.median:.2f} ({row.low:.2f} to {row.high:.2f}), n = {row.n}",
        )


def _mirror(given: Given) -> Iterator[Finding]:
    for row in rows(given["mirror"]):
        expected = {"plain_gradient": -1, "cam": -1, "guided_gradient": 1}.get(row.quantity)
        if expected is None or row.network not in (MAIN, "softmax"):
            continue
        yield Finding(
            "Mirror",
            "Low and high are explained by the same map, with one sign or the other."
            if expected < 0
            else "Low and high have nearly the same guided gradient.",
            f"Mean cosine {'below −' if expected < 0 else 'above '}{EXACT:g}.",
            f"{row.quantity.replace('_', ' ')}, {row.head} head",
            _answer(expected * row.cosine_mean > EXACT),
            f"cosine {row.cosine_mean:+.3f} ({row.cosine_min:+.3f} to {row.cosine_max:+.3f}), "
            f"{row.n} tiles",
        )


JUDGES: tuple[Callable[[Given], Iterator[Finding]], ...] = (
    _networks, _planted, _decisions, _pairs, _sanity, _curves, _stability, _mirror,
)  # fmt: skip


def _answer(is_so: object) -> str:
    return YES if is_so else NO


def _steps(steps: pd.DataFrame) -> str:
    """Similarity after the head, half of the parts, and all of them."""
    chosen = steps.iloc[[0, len(steps) // 2, len(steps) - 1]]
    return ", ".join(f"{against_label(row.against)} {row.mean:.2f}" for row in rows(chosen))


def _about(row: object) -> str:
    if row.between == "methods":  # type: ignore[attr-defined]
        return f"{METHODS[row.a]} – {METHODS[row.b]}"  # type: ignore[attr-defined]
    between = "two folds" if row.between == "folds" else NETWORKS[row.b]  # type: ignore[attr-defined]
    return f"{METHODS[row.method]}, {between}"  # type: ignore[attr-defined]
