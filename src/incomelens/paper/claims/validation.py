"""What follows from the study `validation`: statements about the maps, and how each is judged."""

from collections.abc import Callable, Iterable, Mapping

import pandas as pd

from incomelens.folds.resampling import Interval
from incomelens.paper.aerial.names import MAIN, METHODS
from incomelens.paper.claims.claim import (
    NO_INTERVAL,
    Case,
    Claim,
    Question,
    difference,
    settled,
    within,
)
from incomelens.paper.claims.ledger import RULE, Ledger, verdict_cell
from incomelens.paper.exhibit import Exhibit
from incomelens.paper.table import Row, Table, rows
from incomelens.paper.validation.names import (
    ALL_METHODS,
    BOTH,
    COAST,
    GRADIENTS,
    JUDGE,
    NETWORKS,
    NOTHING,
    OCCLUSION,
    SHUFFLED,
    STYLES,
    TURNED,
    against_label,
)

# Of rank correlations: ratios that come out again with less say little about a class.
ALIKE = 0.5
LEAST_R = 0.3
LEAST_CITIES = 5  # behind an interval over cities
# From six values on, lowest and highest are a 95 % interval of the median: 1 − 2 / 2⁶ = 0.97.
LEAST_VALUES = 6
EXACT = 0.99
RARE = 0.05
Given = Mapping[str, pd.DataFrame]


def _of(rule: str, cases: Callable[[Given], Iterable[Case]]) -> Question[Given]:
    return Question(rule, lambda given: list(cases(given)), ())


def _ends(row: Row, prefix: str = "", *, n: float, least: int = LEAST_CITIES) -> Interval:
    """Ends of an interval, or of a range; none where too few values are behind it."""
    low, high = getattr(row, f"{prefix}low"), getattr(row, f"{prefix}high")
    return Interval(low, high) if n >= least else NO_INTERVAL


def _range(row: Row, n: float) -> Interval:
    return _ends(row, n=n, least=LEAST_VALUES)


def _reaches(low: float, high: float, *, knows: bool) -> Callable[[Given], Iterable[Case]]:
    """Give a case a network and style: how well it predicts, where there is anything to know."""

    def cases(given: Given) -> Iterable[Case]:
        table = given["summary"]
        ignorant = (table["network"] == SHUFFLED) | (table["style"] == NOTHING)
        wanted = (table["metric"] == "pearson_r_expected") & (ignorant != knows)
        for row in rows(table[wanted]):
            figures = f"r {row.mean:.2f} ({row.low:.2f} to {row.high:.2f}) in {row.n_cities} cities"
            name = f"{NETWORKS.get(row.network, row.network)}, {STYLES[row.style]}"
            yield Case(name, figures, within(_range(row, row.n_cities), low, high))

    return cases


def _ranks(network: str, *, trial: bool = False) -> Callable[[Given], Iterable[Case]]:
    """Give a case a method and style: planted classes have the larger ratios."""

    def cases(given: Given) -> Iterable[Case]:
        table = given["hits"]
        table = table[(table["network"] == network) & (table["ses"] == BOTH)]
        table = table[~_twice(table)]
        for row in rows(table[(table["method"] == OCCLUSION) == trial]):
            name = f"{ALL_METHODS[row.method]}, {NETWORKS[network]}, {STYLES[row.style]}"
            figures = (
                f"area {row.area:.2f} ({row.area_ci_low:.2f} to {row.area_ci_high:.2f}); a planted "
                f"class first in {row.hits} of {row.n} (by chance {row.chance:.2f})"
            )
            yield Case(name, figures, within(_ends(row, "area_ci_", n=row.n_cities), low=0.5))

    return cases


def _twice(table: pd.DataFrame) -> pd.Series:
    """Rows of both styles, where there is but one: the same twice."""
    single = set(table["style"]) - {BOTH, COAST, NOTHING}
    return (table["style"] == BOTH) & (len(single) == 1)


def _relies_falsely(style: str) -> Callable[[Given], Iterable[Case]]:
    """Give a case a method: few cities have a class relied on that was not planted."""

    def cases(given: Given) -> Iterable[Case]:
        table = given["decisions"]
        wanted = (table["network"] == MAIN) & (table["ses"] == BOTH) & (table["style"] == style)
        for row in rows(table[wanted & ~table["planted"]]):
            figures = (
                f"{row.relied_on:.1%} of {row.n_tests} tests; one or more in "
                f"{row.cities_relied_on:.0%} of {row.n_cities} cities"
            )
            verdict = within(_ends(row, "cities_relied_on_ci_", n=row.n_cities), high=RARE)
            yield Case(f"{ALL_METHODS[row.method]}, {STYLES[style]}", figures, verdict)

    return cases


def _calls_few(network: str) -> Callable[[Given], Iterable[Case]]:
    """Give a case a method: few cities have a class called over-activated that should not be.

    Nothing was planted for a network that knows nothing of income.
    """

    def cases(given: Given) -> Iterable[Case]:
        table = given["decisions"]
        table = table[(table["ses"] == BOTH) & (table["style"] == BOTH)]
        for method, part in table[table["network"] == network].groupby("method", sort=False):
            found = {row.planted: row for row in rows(part)}
            if set(found) != {True, False}:
                continue
            wrong = [found[False]] if network == MAIN else [found[False], found[True]]
            ends = [_ends(one, "cities_over_ci_", n=one.n_cities) for one in wrong]
            planted, other = found[True], found[False]
            figures = (
                f"over-activated: planted {planted.over:.0%}, others {other.over:.0%} of tests; "
                f"under-activated: {planted.under:.0%}, {other.under:.0%}; others over-activated "
                f"in {other.cities_over:.0%} of {other.n_cities} cities"
            )
            verdict = settled([within(one, high=RARE) for one in ends])
            yield Case(f"{ALL_METHODS[method]}, {NETWORKS[network]}", figures, verdict)

    return cases


def _calls_few_pairs(given: Given) -> Iterable[Case]:
    """Give a case a method and measure: few cities have a coactivated pair."""
    h1 = given["pairs"]
    chosen = h1[(h1["ses"] == BOTH) & (h1["style"] == BOTH) & (h1["network"] == MAIN)]
    for row in rows(chosen):
        figures = (
            f"{row.over + row.under:.1%} of {row.n_tests} tests; one or more in "
            f"{row.cities_rejected:.0%} of {row.n_cities} cities"
        )
        verdict = within(_ends(row, "cities_rejected_ci_", n=row.n_cities), high=RARE)
        yield Case(f"{METHODS[row.method]}, {row.measure} coactivation", figures, verdict)


def _similarities(given: Given) -> Iterable[tuple[str, pd.DataFrame]]:
    table = given["similarity"]
    ranks = table[table["measure"] == "spearman"]
    for method, part in ranks.groupby("method", sort=False):
        yield {**METHODS, **GRADIENTS}[method], part


def _forgets(given: Given) -> Iterable[Case]:
    """Give a case a method: nothing is left of the maps once all layers are made anew."""
    for name, ranks in _similarities(given):
        steps = ranks[ranks["kind"] == "cascade"].sort_values("step")
        if steps.empty:
            continue
        turned = list(ranks.loc[ranks["against"] == TURNED, "mean"])
        last = next(rows(steps.tail(1)))
        # After the head, half of the parts, and all of them.
        chosen = steps.iloc[[0, len(steps) // 2, len(steps) - 1]]
        told = (f"{against_label(row.against)} {row.mean:.2f}" for row in rows(chosen))
        figures = f"{', '.join(told)}; turned by half {', '.join(f'{one:.2f}' for one in turned)}"
        verdict = within(_range(last, last.n_units), high=max([0.1, *turned]))
        yield Case(name, figures, verdict)


def _learns(given: Given) -> Iterable[Case]:
    """Give a case a method: maps are more like those of another seed than of shuffled labels."""
    for name, ranks in _similarities(given):
        others = {row.against: row for row in rows(ranks[ranks["kind"] == "network"])}
        if not {"again", SHUFFLED} <= set(others):
            continue
        pair = (others["again"], others[SHUFFLED])
        told = (f"{one.mean:.2f} ({one.low:.2f} to {one.high:.2f})" for one in pair)
        figures = "another seed {}, shuffled labels {}".format(*told)
        apart = difference(*(_range(one, one.n_units) for one in pair))
        yield Case(name, figures, within(apart, low=0.1))


def _orders(chance: str) -> Callable[[Given], Iterable[Case]]:
    """Give a case a method: deletion and insertion by the map beat this other order."""

    def cases(given: Given) -> Iterable[Case]:
        areas = given["areas"]
        for method, name in METHODS.items():
            found = {row.mode: row for row in rows(areas[areas["order"] == method])}
            if set(found) != {"deletion", "insertion"}:
                continue
            ends = {mode: _ends(row, f"{chance}_ci_", n=row.n) for mode, row in found.items()}
            verdict = settled([within(ends["deletion"], high=0), within(ends["insertion"], low=0)])
            told = (f"{mode} {getattr(found[mode], chance):+.3f}" for mode in sorted(found))
            yield Case(name, f"{', '.join(told)} ({found['deletion'].n} tiles)", verdict)

    return cases


def _comes_again(given: Given) -> Iterable[Case]:
    """Give a case a method and other network, or two methods: classes come in the same order."""
    for row in rows(given["stability"]):
        if row.between == "ses" or row.network not in (MAIN, "again", "softmax"):
            continue
        if row.between == "folds" and row.network != MAIN:
            continue
        figures = f"median {row.median:.2f} ({row.low:.2f} to {row.high:.2f}), n = {row.n}"
        if row.between == "methods":
            name = f"{METHODS[row.a]} – {METHODS[row.b]}"
        else:
            between = "two folds" if row.between == "folds" else NETWORKS[row.b]
            name = f"{METHODS[row.method]}, {between}"
        yield Case(name, figures, within(_range(row, row.n), low=ALIKE))


def _mirrors(quantities: tuple[str, ...], sign: int) -> Callable[[Given], Iterable[Case]]:
    """Give a case a quantity and head: low and high have one map, or one with two signs."""

    def cases(given: Given) -> Iterable[Case]:
        table = given["mirror"]
        wanted = table["quantity"].isin(quantities) & table["network"].isin([MAIN, "softmax"])
        for row in rows(table[wanted].rename(columns={"cosine_min": "low", "cosine_max": "high"})):
            figures = f"cosine {row.cosine_mean:+.3f} ({row.low:+.3f} to {row.high:+.3f})"
            ends = _range(row, row.n)
            verdict = within(ends, low=EXACT) if sign > 0 else within(ends, high=-EXACT)
            name = f"{row.quantity.replace('_', ' ')}, {row.head} head"
            yield Case(name, f"{figures}, {row.n} tiles", verdict)

    return cases


AREA = "95 % interval of the area under ROC above 0.5"
FEW = "95 % interval of the share of cities at most 5 %"
BETTER = "95 % intervals of both differences of area on the right side of 0"
# fmt: off
CLAIMS = (
    Claim("1", "The network predicts incomes out of fold.", "Networks",
          _of(f"Every city's r above {LEAST_R:g}", _reaches(LEAST_R, 1.01, knows=True))),
    Claim("2", "A network predicts nothing from shuffled labels, or where no look tells income.",
          "Networks", _of(f"Every city's r within {LEAST_R / 2:g} of 0",
                          _reaches(-LEAST_R / 2, LEAST_R / 2, knows=False))),
    Claim("3", "Activation ratios rank planted classes above the others.", "Planted classes",
          _of(AREA, _ranks(MAIN))),
    Claim("4", "The network relies on planted classes more than on the others.", "Planted classes",
          _of(AREA, _ranks(MAIN, trial=True))),
    Claim("5", "Ratios rank planted classes above the others where nothing was learned of income.",
          "Planted classes", _of(AREA, _ranks(SHUFFLED))),
    Claim("6", "No city has a class called over-activated that was not planted.", "H0",
          _of(FEW, _calls_few(MAIN))),
    Claim("7", "No class is called over-activated for a network that knows nothing of income.",
          "H0", _of(FEW, _calls_few(SHUFFLED))),
    Claim("8", "No class is relied on that was not planted: over-activated, and more so than by a "
          "network that knows nothing.", "Reliance", _of(FEW, _relies_falsely(BOTH))),
    Claim("9", "No class is relied on that was not planted, where land has a direction: a coast.",
          "Reliance", _of(FEW, _relies_falsely(COAST))),
    Claim("10", "No class is relied on where no look tells income.", "Reliance",
          _of(FEW, _relies_falsely(NOTHING))),
    Claim("11", "No city has a pair called coactivated, where no interaction was drawn.", "H1",
          _of(FEW, _calls_few_pairs)),
    Claim("12", "Maps lose their likeness when the whole network is made anew.", "Sanity",
          _of("Rank correlation at most that of the map turned by half, or 0.1, in every city",
              _forgets)),
    Claim("13", "Maps depend on what was learned: another seed gives more likeness than shuffled "
          "labels.", "Sanity",
          _of("Rank correlation larger by 0.1 or more in every city", _learns)),
    Claim("14", "The map orders patches better than random patches.", "Deletion, insertion",
          _of(BETTER, _orders("over_random"))),
    Claim("15", "The map orders patches better than the map turned.", "Deletion, insertion",
          _of(BETTER, _orders("over_turned"))),
    Claim("16", "Classes come out in about the same order again.", "Stability",
          _of(f"Every rank correlation at least {ALIKE:g}", _comes_again)),
    Claim("17", "Low and high are explained by the same map, with one sign or the other.", "Mirror",
          _of(f"Cosine below −{EXACT:g} in every tile", _mirrors(("plain_gradient", "cam"), -1))),
    Claim("18", "Low and high have nearly the same guided gradient.", "Mirror",
          _of(f"Cosine above {EXACT:g} in every tile", _mirrors(("guided_gradient",), 1))),
)
# fmt: on


def exhibit(
    summary: pd.DataFrame,
    hits: pd.DataFrame,
    decisions: pd.DataFrame,
    pairs: pd.DataFrame,
    similarity: pd.DataFrame,
    areas: pd.DataFrame,
    stability: pd.DataFrame,
    mirror: pd.DataFrame,
) -> Exhibit:
    """Judge every statement for each method, network or style; parameters as the tables' own.

    Cities that something was chosen on are left out.
    """
    given = {
        "summary": summary, "hits": hits, "decisions": decisions, "pairs": pairs,
        "similarity": similarity, "areas": areas, "stability": stability, "mirror": mirror,
    }  # fmt: skip
    given = {
        name: table[table["role"] == JUDGE] if "role" in table else table
        for name, table in given.items()
    }
    ledger = Ledger.judged(CLAIMS, {(): given}, by=())
    claims = {claim.id: claim for claim in CLAIMS}
    numbers = pd.DataFrame(
        {
            "check": claims[case.id].where,
            "says": claims[case.id].says,
            "rule": claims[case.id].asks.rule,
            "about": case.case,
            "verdict": case.verdict,
            "evidence": case.figures,
        }
        for case in rows(ledger.cases)
    )
    table = Table(
        numbers=numbers,
        shown=pd.DataFrame(
            {
                "Check": numbers["check"],
                "Statement": numbers["says"],
                "About": numbers["about"],
                "Verdict": numbers["verdict"].map(verdict_cell),
                "Numbers": numbers["evidence"].str.replace(r"-(?=\d)", "−", regex=True),
                "Supported, if": numbers["rule"] + ".",
            }
        ),
        caption="What the maps can be trusted with, on synthetic cities.",
        notes=(
            "Judged by code from the other tables of this study. It says what these small networks "
            "do on made-up pictures in which some classes tell income by their texture; a method "
            "that fails here has failed where the answer was known. Of cities that nothing was "
            "chosen on. Where cities or tiles are "
            f"counted, their lowest and highest value are the interval, from {LEAST_VALUES} on.",
            RULE,
        ),
        blocks="Check",
    )
    return Exhibit(table)
