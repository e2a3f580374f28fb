"""Every qualitative claim of the district paper, with the rule that decides it.

A claim is decided by cases: a task, a score in a task, a level. :data:`CLAIMS` says what the paper
claims, in our words, and which cases speak for it; :mod:`incomelens.paper.ledger` lays it out.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

from incomelens.paper.evidence import Effect, Study, Task
from incomelens.paper.names import (
    BASELINES,
    CLEAR_DIRECTION,
    LEVELS,
    MODELS,
    SCORES,
    SOCIOECONOMIC,
    SPATIAL,
    TASKS,
    VARIABLES,
    direction_sign,
    task_name,
)
from incomelens.paper.reference import TEN
from incomelens.paper.table_5 import CONDITIONS, Comparison, conditions, p_text

HOLDS = "holds"
FAILS = "does not hold"
OPEN = "not evaluable"

# The four scores of Tables 3 and 4, and whether more of it is better.
PAPER_SCORES = {"r2": True, "cod": True, "rmse_usd": False, "mae_usd": False}
HOUSEHOLD_TASKS = [task for task in TASKS if task[1] == "median_household_income"]
# The variables that the paper's filter selects.
SELECTED = ("bachelor", "postgraduate", "white")
# Ranks of ten that count as moderate: neither the two strongest nor the two weakest.
MODERATE_RANKS = range(3, 9)


@dataclass(frozen=True)
class Case:
    """One place where a claim can be seen to hold or not.

    Parameters
    ----------
    name : str
        Where: a task, a level; empty where the figures say it.
    speaks_for : bool or None
        None where it cannot be judged.
    figures : str
        The numbers that decide it; what is missing where it cannot be judged.
    is_told : bool
        Whether it is told where it speaks for the claim; other cases always are.
    """

    name: str
    speaks_for: bool | None
    figures: str
    is_told: bool = True


@dataclass(frozen=True)
class Verdict:
    """What became of a claim in one study, mode and scheme of folds."""

    verdict: str
    n_for: int
    n_against: int
    n_missing: int
    evidence: str


@dataclass(frozen=True)
class Claim:
    """One claim.

    Parameters
    ----------
    id : str
        Number, as in the list of claims of the paper, with a letter for its parts.
    says : str
        What the paper claims, in our words.
    where : str
        Where it stands in the paper.
    rule : str
        When it holds.
    cases : callable
        The cases that a study offers.
    needs_every : bool
        Whether every case must speak for it, or more than half.
    under_folds : bool
        Whether it is about scores, which depend on the scheme of folds.
    """

    id: str
    says: str
    where: str
    rule: str
    cases: Callable[[Study], list[Case]]
    needs_every: bool = True
    under_folds: bool = False

    def judge(self, study: Study) -> Verdict:
        """Decide the claim; a single missing case leaves it open."""
        cases = self.cases(study)
        n_for = sum(case.speaks_for is True for case in cases)
        n_missing = sum(case.speaks_for is None for case in cases)
        n_against = len(cases) - n_for - n_missing
        if n_missing:
            verdict = OPEN
        elif n_for == len(cases) or (not self.needs_every and n_for > len(cases) / 2):
            verdict = HOLDS
        else:
            verdict = FAILS
        return Verdict(verdict, n_for, n_against, n_missing, _told(cases))


def _told(cases: Sequence[Case]) -> str:
    """Put the cases into sentences: for, against, missing."""
    if len(cases) == 1 and cases[0].speaks_for is not None:
        return f"{_case(cases[0])}."
    parts = []
    for speaks_for, words in ((True, "For it"), (False, "Against it")):
        found = [case for case in cases if case.speaks_for is speaks_for]
        told = [_case(case) for case in found if case.is_told or not speaks_for]
        if found:
            figures = f": {'; '.join(told)}" if told else ""
            parts.append(f"{words}, {len(found)} of {len(cases)}{figures}.")
    missing = _missing([case for case in cases if case.speaks_for is None])
    return " ".join([*parts, f"Missing: {missing}."] if missing else parts)


def _case(case: Case) -> str:
    return f"{case.figures} ({case.name})" if case.name else case.figures


def _missing(cases: Sequence[Case]) -> str:
    """Say what is missing, and where unless it is missing everywhere."""
    places: dict[str, list[str]] = {}
    for case in cases:
        where = places.setdefault(case.figures, [])
        if case.name not in where:
            where.append(case.name)
    whats: dict[str, list[str]] = {}
    for what, where in places.items():
        everywhere = where == [task_name(*task) for task in TASKS]
        whats.setdefault("all four tasks" if everywhere else "; ".join(where), []).append(what)
    return "; ".join(f"{', '.join(what)} ({where})" for where, what in whats.items())


# ---------------------------------------------------------------- scores


def better_scores(model: str, others: Sequence[str]) -> Callable[[Study], list[Case]]:
    """Give cases task × score × other model: the model's mean of folds is the better one."""

    def cases(study: Study) -> list[Case]:
        return [
            _better(study, task, model, other, metric)
            for other in others
            for task in TASKS
            for metric in PAPER_SCORES
        ]

    return cases


def _better(study: Study, task: Task, model: str, other: str, metric: str) -> Case:
    absent = [name for name in (model, other) if (task, name, metric) not in study.scores]
    if absent:
        names = " and ".join(MODELS[name] for name in absent)
        return Case(task_name(*task), None, f"scores of {names}")
    own, its = (study.scores[task, name, metric] for name in (model, other))
    decimals = SCORES[metric].decimals
    return Case(
        task_name(*task),
        own > its if PAPER_SCORES[metric] else own < its,
        f"{SCORES[metric].heading} {_number(own, decimals)} against {_number(its, decimals)}",
        is_told=metric == "r2",
    )


# ---------------------------------------------------------------- Shapley values


def _for_tasks(
    tasks: Sequence[Task], judged: Callable[[dict[str, Effect]], tuple[bool, str]]
) -> Callable[[Study], list[Case]]:
    """Judge the ten effects of every task."""

    def cases(study: Study) -> list[Case]:
        return [
            Case(task_name(*task), *judged(study.effects[task]))
            if task in study.effects
            else Case(task_name(*task), None, "Shapley values")
            for task in tasks
        ]

    return cases


def _rank(effects: dict[str, Effect], variable: str) -> int:
    """Rank among the ten, 1 for the largest; equals share the better rank."""
    own = effects[variable].mean_abs
    return 1 + sum(effect.mean_abs > own for effect in effects.values())


def _named(effects: dict[str, Effect], variables: Sequence[str]) -> str:
    return ", ".join(f"{VARIABLES[name].paper} {effects[name].mean_abs:.3f}" for name in variables)


def has_rank(variable: str, ranks: Sequence[int]) -> Callable[[Study], list[Case]]:
    """Give a case a task: the variable's rank among the ten is one of `ranks`."""

    def judged(effects: dict[str, Effect]) -> tuple[bool, str]:
        rank = _rank(effects, variable)
        strongest = sorted(TEN, key=lambda name: -effects[name].mean_abs)[:3]
        shown = dict.fromkeys([*strongest, variable])
        return rank in ranks, f"rank {rank}: {_named(effects, list(shown))}"

    return _for_tasks(TASKS, judged)


def has_sign(
    variable: str, sign: str, tasks: Sequence[Task] = TASKS
) -> Callable[[Study], list[Case]]:
    """Give a case a task: the direction of the variable is clear and has this sign."""

    def judged(effects: dict[str, Effect]) -> tuple[bool, str]:
        direction = effects[variable].direction
        return direction_sign(direction) == sign, f"rank correlation {_signed(direction)}"

    return _for_tasks(tasks, judged)


def outweighs(variable: str, other: str) -> Callable[[Study], list[Case]]:
    """Give a case a task: the mean absolute value of one variable is the larger one."""

    def judged(effects: dict[str, Effect]) -> tuple[bool, str]:
        larger = effects[variable].mean_abs > effects[other].mean_abs
        return larger, _named(effects, [variable, other])

    return _for_tasks(TASKS, judged)


def has_no_common_sign(variable: str) -> Callable[[Study], list[Case]]:
    """Give one case: the variable does not have one clear sign in all four tasks."""

    def cases(study: Study) -> list[Case]:
        missing = [task_name(*task) for task in TASKS if task not in study.effects]
        if missing:
            return [Case(name, None, "Shapley values") for name in missing]
        directions = {task: study.effects[task][variable].direction for task in TASKS}
        figures = "; ".join(
            f"{_signed(value)} ({task_name(*task)})" for task, value in directions.items()
        )
        is_common = {direction_sign(value) for value in directions.values()} in ({"+"}, {"−"})
        return [Case("", not is_common, f"Rank correlations {figures}")]

    return cases


def group_outweighs(group: str, other: str) -> Callable[[Study], list[Case]]:
    """Give a case a task: the mean absolute sum of one group's values is the larger one."""

    def cases(study: Study) -> list[Case]:
        found = []
        for task in TASKS:
            totals = [study.totals.get((task, name)) for name in (group, other)]
            if None in totals:
                found.append(Case(task_name(*task), None, "Shapley values of groups"))
                continue
            figures = f"{group} {totals[0]:.3f}, {other} {totals[1]:.3f}"
            found.append(Case(task_name(*task), totals[0] > totals[1], figures))
        return found

    return cases


# ---------------------------------------------------------------- Table 5


def passes_filter(variable: str) -> Callable[[Study], list[Case]]:
    """Give one case: the variable passes the filter of Table 5."""

    def cases(study: Study) -> list[Case]:
        levels = study.income_effects.get(variable, {})
        found = conditions(levels, study.thresholds)
        if found.passes is None:
            return _missing_levels(levels)
        failed = ", ".join(CONDITIONS[name][1] for name in found.failed)
        failed = failed.format(**asdict(study.thresholds))
        differences = ", ".join(f"{LEVELS[name]} {_difference(levels[name])}" for name in LEVELS)
        figures = f"Difference {differences}" + (f"; not met: {failed}" if failed else "")
        return [Case("", found.passes, figures)]

    return cases


def only_selected_pass(study: Study) -> list[Case]:
    """Give a case a variable that the paper does not select: it does not pass the filter."""
    found = []
    for variable in TEN:
        if variable in SELECTED:
            continue
        passes = conditions(study.income_effects.get(variable, {}), study.thresholds).passes
        name = VARIABLES[variable].paper
        if passes is None:
            found.append(Case(name, None, "a comparison of both incomes at both levels"))
        else:
            figures = "passes" if passes else "does not pass"
            found.append(Case(name, not passes, figures, is_told=False))
    return found


def more_sensitive(
    income: str, variable: str, levels: Sequence[str] = tuple(LEVELS)
) -> Callable[[Study], list[Case]]:
    """Give a case a level: the variable's mean absolute value is larger for this income."""

    def is_larger(one: Comparison) -> bool:
        return one.difference > 0 if income == "per_capita_income" else one.difference < 0

    return _for_levels(variable, levels, is_larger)


def lacks_pattern_at_tracts(variable: str) -> Callable[[Study], list[Case]]:
    """Give one case: at tracts the difference is not clearly in favour of per-capita income."""

    def cases(study: Study) -> list[Case]:
        limit = study.thresholds.p_value
        judge = _for_levels(
            variable, ["tract"], lambda one: not (one.difference > 0 and one.p_value < limit)
        )
        return judge(study)

    return cases


def _for_levels(
    variable: str, levels: Sequence[str], judged: Callable[[Comparison], bool]
) -> Callable[[Study], list[Case]]:
    def cases(study: Study) -> list[Case]:
        found = study.income_effects.get(variable, {})
        known = {level: one for level, one in found.items() if one.difference == one.difference}
        return [
            Case(LEVELS[level], judged(known[level]), _difference(known[level]))
            if level in known
            else Case(LEVELS[level], None, "a comparison of both incomes")
            for level in levels
        ]

    return cases


def _missing_levels(levels: dict[str, Comparison]) -> list[Case]:
    missing = [name for name in LEVELS if name not in levels] or list(LEVELS)
    return [Case(LEVELS[name], None, "a comparison of both incomes") for name in missing]


def _difference(one: Comparison) -> str:
    p_value = f"P = {p_text(one.p_value)}".replace("= <", "< ").replace("= nan", "unknown")
    return (
        f"{_signed(one.difference, 3)} "
        f"({one.per_capita:.3f} per-capita, {one.median_household:.3f} household; {p_value})"
    )


def _number(value: float, decimals: int) -> str:
    return f"{value:,.{decimals}f}".replace("-", "−")


def _signed(value: float, decimals: int = 2) -> str:
    return f"{value:+.{decimals}f}".replace("-", "−").replace("+nan", "undefined")


# ---------------------------------------------------------------- the paper's claims

EVERY_TASK = "in each of the four tasks"
MOST_CELLS = (
    "The mean of folds is better in more than half of the sixteen cells "
    "(four tasks; r², CoD, RMSE, MAE)."
)
POSITIVE = (
    f"Rank correlation of the variable with its own Shapley values at least {CLEAR_DIRECTION:g} "
    f"{EVERY_TASK}."
)
NEGATIVE = POSITIVE.replace("at least ", "at most −")
MODERATE = (
    f"Rank {MODERATE_RANKS.start} to {MODERATE_RANKS.stop - 1} of the ten (neither the two "
    "strongest nor the two weakest) in more than half of the four tasks."
)
FILTER = "All four conditions of Table 5's filter are met."
AMBIGUOUS = (
    f"The four tasks do not share one clear sign (rank correlation beyond ±{CLEAR_DIRECTION:g})."
)

CLAIMS = (
    Claim(
        "1",
        "SSIG predicts better than each of the five image-and-price models.",
        "Results, Model performance; Table 3; Discussions, paragraph 2",
        "The mean of folds is better for each of the five models, four tasks and four scores.",
        better_scores("ssig", list(BASELINES)),
        under_folds=True,
    ),
    Claim(
        "2a",
        "In most cases SSIG predicts better than a Gaussian process of the ten variables alone.",
        "Results, Ablation study; Table 4",
        MOST_CELLS,
        better_scores("ssig", ["socioeconomic"]),
        needs_every=False,
        under_folds=True,
    ),
    Claim(
        "2b",
        "In most cases SSIG predicts better than a Gaussian process of the location alone.",
        "Results, Ablation study; Table 4",
        MOST_CELLS,
        better_scores("ssig", ["spatial"]),
        needs_every=False,
        under_folds=True,
    ),
    Claim(
        "3",
        "In most cases the ten variables alone predict better than the location alone.",
        "Discussions, paragraph 3; Table 4",
        MOST_CELLS,
        better_scores("socioeconomic", ["spatial"]),
        needs_every=False,
        under_folds=True,
    ),
    Claim(
        "4",
        "Together, the socio-economic variables contribute more than the location.",
        "Discussions, paragraph 3; Figs. 2a to 5a",
        f"The mean absolute sum of the group's Shapley values is larger {EVERY_TASK}.",
        group_outweighs(SOCIOECONOMIC, SPATIAL),
    ),
    Claim(
        "5a",
        "The share of adults with a postgraduate degree is the most important variable.",
        "Discussions, paragraph 4; Figs. 2b to 5b; Table 5",
        f"Rank 1 of the ten by mean absolute Shapley value {EVERY_TASK}.",
        has_rank("postgraduate", [1]),
    ),
    Claim(
        "5b",
        "The share of adults with a bachelor's degree is the second most important variable.",
        "Discussions, paragraph 4; Figs. 2b to 5b; Table 5",
        f"Rank 2 of the ten by mean absolute Shapley value {EVERY_TASK}.",
        has_rank("bachelor", [2]),
    ),
    Claim(
        "5c",
        "More adults with a postgraduate degree go with a higher income.",
        "Discussions, paragraph 4; Figs. 2c to 5c",
        POSITIVE,
        has_sign("postgraduate", "+"),
    ),
    Claim(
        "5d",
        "More adults with a bachelor's degree go with a higher income.",
        "Discussions, paragraph 4; Figs. 2c to 5c",
        POSITIVE,
        has_sign("bachelor", "+"),
    ),
    Claim(
        "6a",
        "A larger White share goes with a higher income.",
        "Discussions, paragraph 5; Figs. 2c to 5c",
        POSITIVE,
        has_sign("white", "+"),
    ),
    Claim(
        "6b",
        "A larger share of males goes with a higher median household income.",
        "Discussions, paragraph 5; Figs. 3c and 5c",
        POSITIVE.replace(EVERY_TASK, "at both levels, for median household income"),
        has_sign("male", "+", HOUSEHOLD_TASKS),
    ),
    Claim(
        "6c",
        "The White share contributes more than the share of males.",
        "Discussions, paragraph 5; Table 5",
        f"The mean absolute Shapley value is larger {EVERY_TASK}.",
        outweighs("white", "male"),
    ),
    Claim(
        "7a",
        "A higher population density goes with a lower income.",
        "Discussions, paragraph 6; Figs. 2c to 5c",
        NEGATIVE,
        has_sign("population_density", "−"),
    ),
    Claim(
        "7b",
        "A higher unemployment rate goes with a lower income.",
        "Discussions, paragraph 6; Figs. 2c to 5c",
        NEGATIVE,
        has_sign("unemployment", "−"),
    ),
    Claim(
        "7c",
        "In general, population density contributes moderately.",
        "Discussions, paragraph 6; Figs. 2b to 5b",
        MODERATE,
        has_rank("population_density", MODERATE_RANKS),
        needs_every=False,
    ),
    Claim(
        "7d",
        "In general, the unemployment rate contributes moderately.",
        "Discussions, paragraph 6; Figs. 2b to 5b",
        MODERATE,
        has_rank("unemployment", MODERATE_RANKS),
        needs_every=False,
    ),
    Claim(
        "8a",
        "The effect of the share younger than 18 is ambiguous.",
        "Discussions, paragraph 7; Figs. 2c to 5c",
        AMBIGUOUS,
        has_no_common_sign("age_under_18"),
    ),
    Claim(
        "8b",
        "The effect of the share aged 65 or above is ambiguous.",
        "Discussions, paragraph 7; Figs. 2c to 5c",
        AMBIGUOUS,
        has_no_common_sign("age_65_plus"),
    ),
    Claim(
        "9a",
        "The share with a bachelor's degree passes the filter of Table 5.",
        "Discussions, paragraph 8; Table 5",
        FILTER,
        passes_filter("bachelor"),
    ),
    Claim(
        "9b",
        "The share with a postgraduate degree passes the filter of Table 5.",
        "Discussions, paragraph 8; Table 5",
        FILTER,
        passes_filter("postgraduate"),
    ),
    Claim(
        "9c",
        "The White share passes the filter of Table 5.",
        "Discussions, paragraph 8; Table 5",
        FILTER,
        passes_filter("white"),
    ),
    Claim(
        "9d",
        "No other variable passes the filter of Table 5.",
        "Discussions, paragraph 8; Table 5",
        "Each of the seven other variables misses a condition of the filter.",
        only_selected_pass,
    ),
    Claim(
        "9e",
        "Per-capita income is more sensitive to the share with a bachelor's degree than median "
        "household income.",
        "Discussions, paragraph 8; Table 5",
        "The mean absolute Shapley value is larger for per-capita income at both levels.",
        more_sensitive("per_capita_income", "bachelor"),
    ),
    Claim(
        "9f",
        "At ZIP areas, per-capita income is more sensitive to the share with a postgraduate "
        "degree than median household income.",
        "Discussions, paragraph 8; Table 5",
        "The mean absolute Shapley value is larger for per-capita income at ZIP areas.",
        more_sensitive("per_capita_income", "postgraduate", ["zip"]),
    ),
    Claim(
        "9g",
        "At tracts, the postgraduate degree does not show the pattern of the bachelor's degree "
        "(implied where the text trusts ZIP areas more).",
        "Discussions, paragraph 8; Table 5",
        "At tracts the difference is not positive, or its P is not below the filter's limit.",
        lacks_pattern_at_tracts("postgraduate"),
    ),
    Claim(
        "9h",
        "Median household income is more sensitive to the White share than per-capita income.",
        "Discussions, paragraph 8; Table 5",
        "The mean absolute Shapley value is larger for median household income at both levels.",
        more_sensitive("median_household_income", "white"),
    ),
    Claim(
        "10",
        "The share with a bachelor's degree has a stronger effect than the White share.",
        "Discussions, paragraph 8; Figs. 2c to 5c",
        f"The mean absolute Shapley value is larger {EVERY_TASK}; how much is left open.",
        outweighs("bachelor", "white"),
    ),
)
