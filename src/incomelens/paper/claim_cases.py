"""Cases that speak for or against a claim of the district paper, found in a study's outputs."""

from collections.abc import Callable, Sequence
from dataclasses import asdict

from incomelens.paper.claims import Case
from incomelens.paper.evidence import Effect, Study, Task
from incomelens.paper.names import (
    BASELINES,
    LEVELS,
    MODELS,
    SCORES,
    TASKS,
    VARIABLES,
    built_name,
    direction_sign,
    task_name,
)
from incomelens.paper.reference import TEN
from incomelens.paper.ssig.table_5 import CONDITIONS, Comparison, conditions, p_text

# The four scores of Tables 3 and 4, and whether more of it is better.
PAPER_SCORES = {"r2": True, "cod": True, "rmse_usd": False, "mae_usd": False}
HOUSEHOLD_TASKS = [task for task in TASKS if task[1] == "median_household_income"]
# The variables that the paper's filter selects.
SELECTED = ("bachelor", "postgraduate", "white")
# Ranks of ten that count as moderate: neither the two strongest nor the two weakest.
MODERATE_RANKS = range(3, 9)


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


def better_than_baselines(*, complete: bool) -> Callable[[Study], list[Case]]:
    """Give cases task × score × baseline, on the districts that all models cover.

    Parameters
    ----------
    complete : bool
        Whether only models with all three modalities count, as the paper's have.
    """

    def cases(study: Study) -> list[Case]:
        return [
            _better_than(study, task, other, metric, complete)
            for other in BASELINES
            for task in TASKS
            for metric in PAPER_SCORES
        ]

    return cases


def _better_than(study: Study, task: Task, other: str, metric: str, complete: bool) -> Case:
    own, its = (study.common_scores.get((task, name, metric)) for name in ("ssig", other))
    if own is None or its is None:
        return Case(task_name(*task), None, f"scores of {MODELS[other]}")
    if complete and its.built_as != other:
        return Case(task_name(*task), None, f"scores of {MODELS[other]} with all modalities")
    decimals = SCORES[metric].decimals
    figures = (
        f"{SCORES[metric].heading} {_number(own.value, decimals)} against "
        f"{_number(its.value, decimals)} of {built_name(its.built_as)}"
    )
    is_better = own.value > its.value if PAPER_SCORES[metric] else own.value < its.value
    return Case(task_name(*task), is_better, figures, is_told=metric == "r2")


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
