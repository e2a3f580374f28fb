"""Questions that claims of the district paper put to a study, and the cases that answer them."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from math import inf, nan

import pandas as pd

from incomelens.folds.comparison import fold_difference
from incomelens.folds.resampling import Interval
from incomelens.paper.claims.claim import (
    CONTRADICTED,
    NO_INTERVAL,
    OPEN,
    SUPPORTED,
    Case,
    Question,
    Verdict,
    cell,
    difference,
    ends,
    one_of,
    possible_ranks,
    settled,
    with_interval,
    within,
)
from incomelens.paper.names import (
    BASELINES,
    CLEAR_DIRECTION,
    GP_MODELS,
    LEVELS,
    MODELS,
    SCORES,
    TASKS,
    TEN,
    VARIABLES,
    built_name,
    task_name,
)
from incomelens.paper.ssig.table_5 import Thresholds
from incomelens.paper.table import Row, keyed

Task = tuple[str, str]
Effects = Mapping[str, Row]
# The four scores of Tables 3 and 4, and where a difference is an advantage.
ABOVE, BELOW = (0, inf), (-inf, 0)
PAPER_SCORES = {"r2": ABOVE, "cod": ABOVE, "rmse_usd": BELOW, "mae_usd": BELOW}
HOUSEHOLD_TASKS = [task for task in TASKS if task[1] == "median_household_income"]
# The variables that the paper's filter selects.
SELECTED = ("bachelor", "postgraduate", "white")
# Ranks of ten that count as moderate: neither the two strongest nor the two weakest.
MODERATE_RANKS = range(3, 9)
OF_FOLDS, OF_VALUES = ("mode", "scheme"), ("mode",)
BLOCKS = "95 % interval (spatial blocks)"
APART = "The 95 % intervals (spatial blocks) of both mean absolute {} lie apart, the first higher"
NO_VALUES = "no Shapley values"


@dataclass(frozen=True)
class Study:
    """Tables of one study, read in one mode of the Gaussian process and under one scheme of folds.

    Parameters
    ----------
    scores, baselines : DataFrame
        `ssig/scores.csv` and `siamese/scores.csv`: a row a fold.
    groups, variables, comparison : DataFrame
        `shapley/groups.csv`, `shapley/variables.csv` and `shapley/income_comparison.csv`.
    thresholds : Thresholds
        Of Table 5's filter.
    mode, scheme : str
    """

    scores: pd.DataFrame
    groups: pd.DataFrame
    variables: pd.DataFrame
    comparison: pd.DataFrame
    thresholds: Thresholds
    mode: str
    scheme: str
    baselines: pd.DataFrame

    def folds_of(self, table: pd.DataFrame) -> dict[tuple[Task, str], pd.DataFrame]:
        """Scores of the main variant by task and model, a row a fold; on common districts."""
        table = table[table["sample"] == "common"] if "sample" in table else table
        has_mode = (table["mode"] == self.mode) | ~table["model"].isin(list(GP_MODELS))
        chosen = has_mode & (table["scheme"] == self.scheme) & (table["variant"] == "main")
        parts = table[chosen].groupby(["level", "income", "model"], sort=False)
        return {((level, income), model): part for (level, income, model), part in parts}

    def of_mode(self, table: pd.DataFrame, *columns: str) -> dict[tuple, Row]:
        """Rows of this mode by these columns."""
        return keyed(table[table["mode"] == self.mode], *columns)

    @cached_property
    def effects(self) -> dict[Task, Effects]:
        """Rows of the ten variables by task, tasks with all ten only."""
        table = self.variables[self.variables["game"] == "twelve"].dropna(subset="mean_abs")
        rows_by_task = self.of_mode(table, "level", "income", "variable")
        effects = {task: {name: rows_by_task.get((*task, name)) for name in TEN} for task in TASKS}
        return {task: rows for task, rows in effects.items() if None not in rows.values()}


# ---------------------------------------------------------------- scores


def better(model: str, others: Sequence[str]) -> Question[Study]:
    """Ask by task, score and other model whether the model predicts better."""

    def cases(study: Study) -> Iterator[Case]:
        with_baselines = set(others) <= set(BASELINES)
        folds = study.folds_of(study.baselines if with_baselines else study.scores)
        for other in others:
            for task in TASKS:
                names = [name for t, name in folds if t == task and name.split("-")[0] == other]
                if not names or (task, model) not in folds:
                    absent = f"no scores of {MODELS[model if names else other]}"
                    yield from (Case(task_name(*task), absent) for _ in PAPER_SCORES)
                    continue
                pair = (folds[task, name].set_index("fold") for name in (model, names[0]))
                yield from _better(task, *pair, built=names[0], complete=names[0] == other)

    return Question(
        "The 95 % interval of the mean difference over folds (corrected resampled t test) lies on "
        "the better side of 0 (four tasks; r², CoD, RMSE, MAE)",
        cases,
        OF_FOLDS,
    )


def _better(
    task: Task, ours: pd.DataFrame, its: pd.DataFrame, *, built: str, complete: bool
) -> Iterator[Case]:
    for metric, side in PAPER_SCORES.items():
        mean, interval, p_value = fold_difference(ours[metric], its[metric].reindex(ours.index))
        decimals = SCORES[metric].decimals
        figures = (
            f"{SCORES[metric].heading} {ours[metric].mean():,.{decimals}f} against "
            f"{its[metric].mean():,.{decimals}f} of {built_name(built)}, difference "
            f"{with_interval(mean, interval, decimals, sign='+')}"
        ).replace("-0", "−0")
        if complete:
            yield Case(task_name(*task), figures, within(interval, *side), p_value)
        else:
            yield Case(task_name(*task), f"{figures}; that model lacks a modality of the paper's")


# ---------------------------------------------------------------- Shapley values


def _of_tasks(
    rule: str, judge: Callable[[Effects], tuple[str, Verdict]], tasks: Sequence[Task] = TASKS
) -> Question[Study]:
    """Judge the ten effects of every task."""

    def cases(study: Study) -> Iterator[Case]:
        for task in tasks:
            effects = study.effects.get(task)
            yield Case(task_name(*task), *(judge(effects) if effects else (NO_VALUES,)))

    return Question(rule, cases, OF_VALUES)


def has_rank(variable: str, ranks: Sequence[int]) -> Question[Study]:
    """Ask by task whether the variable's rank among the ten is one of these."""

    def judge(effects: Effects) -> tuple[str, Verdict]:
        others = [ends(effects[name]) for name in TEN if name != variable]
        possible = possible_ranks(ends(effects[variable]), others)
        strongest = sorted(TEN, key=lambda name: -effects[name].mean_abs)[:2]
        weights = _weights(effects, *dict.fromkeys([*strongest, variable]))
        return f"rank {possible[0]} to {possible[-1]}: {weights}", one_of(possible, ranks)

    claimed = " to ".join(map(str, dict.fromkeys((ranks[0], ranks[-1]))))
    rule = f"The {BLOCKS} of each mean absolute value allows no rank among the ten but {claimed}"
    return _of_tasks(rule, judge)


def has_sign(variable: str, side: tuple, tasks: Sequence[Task] = TASKS) -> Question[Study]:
    """Ask by task whether more of the variable goes with a higher or lower income."""

    def judge(effects: Effects) -> tuple[str, Verdict]:
        return _direction(effects[variable]), within(_towards(effects[variable]), *side)

    return _of_tasks(
        f"The {BLOCKS} of the rank correlation of the variable with its own Shapley values lies "
        f"{'above' if side == ABOVE else 'below'} 0",
        judge,
        tasks,
    )


def outweighs(variable: str, other: str) -> Question[Study]:
    """Ask by task whether the mean absolute value of one variable is larger."""

    def judge(effects: Effects) -> tuple[str, Verdict]:
        apart = difference(ends(effects[variable]), ends(effects[other]))
        return _weights(effects, variable, other), within(apart, *ABOVE)

    return _of_tasks(APART.format("values"), judge)


def group_outweighs(group: str, other: str) -> Question[Study]:
    """Ask by task whether the mean absolute sum of one group's values is larger."""

    def cases(study: Study) -> Iterator[Case]:
        sums = study.of_mode(study.groups.dropna(subset="mean_abs"), "level", "income", "group")
        for task in TASKS:
            pair = [sums[place] for name in (group, other) if (place := (*task, name)) in sums]
            if len(pair) < 2:
                yield Case(task_name(*task), f"{NO_VALUES} of groups")
                continue
            figures = (f"{row.group} {cell(row, 'mean_abs', 3)}" for row in pair)
            apart = difference(*map(ends, pair))
            yield Case(task_name(*task), ", ".join(figures), within(apart, *ABOVE))

    return Question(APART.format("sums"), cases, OF_VALUES)


def has_no_common_sign(variable: str) -> Question[Study]:
    """Ask once whether the four tasks do not share one clear sign."""

    def cases(study: Study) -> Iterator[Case]:
        known = {task: effects[variable] for task, effects in study.effects.items()}
        if len(known) < len(TASKS):
            yield from (Case(task_name(*task), NO_VALUES) for task in TASKS if task not in known)
            return
        common = [
            settled([within(_towards(row), *side) for row in known.values()])
            for side in ((CLEAR_DIRECTION, inf), (-inf, -CLEAR_DIRECTION))
        ]
        figures = (f"{_direction(row)} ({task_name(*task)})" for task, row in known.items())
        yield Case("", ", ".join(figures), _either(common).opposite)

    return Question(
        f"The {BLOCKS} of the rank correlation of the variable with its own Shapley values lies "
        f"below {CLEAR_DIRECTION:g} in some task, and above −{CLEAR_DIRECTION:g} in some task",
        cases,
        OF_VALUES,
    )


def _either(verdicts: Iterable[Verdict]) -> Verdict:
    """Verdict on a claim that one of these makes true."""
    return settled([verdict.opposite for verdict in verdicts]).opposite


# ---------------------------------------------------------------- Table 5


def more_sensitive(
    side: tuple, variable: str, levels: Sequence[str] = tuple(LEVELS)
) -> Question[Study]:
    """Ask by level whether the variable weighs more for per-capita income, or less."""

    def cases(study: Study) -> Iterator[Case]:
        for level in levels:
            yield _compared(study, variable, level, side)

    return Question(
        f"The {BLOCKS} of the difference of mean absolute values lies on the claimed side of 0, "
        "and the paper's own test (Welch) has q ≤ 0.05",
        cases,
        OF_VALUES,
    )


def lacks_pattern(variable: str, level: str) -> Question[Study]:
    """Ask once whether the variable weighs no more for per-capita income at this level."""

    def cases(study: Study) -> Iterator[Case]:
        # A clear difference above 0 is the pattern; its absence is one too small for the filter.
        case = _compared(study, variable, level, ABOVE)
        small = _compared(study, variable, level, (-inf, study.thresholds.difference))
        if small.verdict is SUPPORTED:
            yield replace(small, p_value=nan)
        else:
            yield replace(case, verdict=CONTRADICTED if case.verdict is SUPPORTED else OPEN)

    rule = f"The {BLOCKS} of the difference lies below the least difference of the paper's filter"
    return Question(rule, cases, OF_VALUES)


def _compared(study: Study, variable: str, level: str, side: tuple[float, float]) -> Case:
    by_variable = study.of_mode(study.comparison.dropna(subset="difference"), "variable", "level")
    row = by_variable.get((variable, level))
    if row is None:
        return Case(LEVELS[level], "no comparison of both incomes")
    interval = ends(row, "ci")
    figures = f"{with_interval(row.difference, interval, 3, sign='+')}, P = {row.p_welch:.2g}"
    return Case(LEVELS[level], figures, within(interval, *side), row.p_welch)


def passes_filter(variables: Sequence[str], *, passes: bool = True) -> Question[Study]:
    """Ask by variable whether it passes the filter of Table 5, or whether it does not."""

    def cases(study: Study) -> Iterator[Case]:
        for name in variables:
            case = _filtered(study, name)
            yield case if passes else replace(case, verdict=case.verdict.opposite)

    met = "all four conditions of Table 5's filter are" if passes else "a condition of it is not"
    return Question(f"By each {BLOCKS} {met} met", cases, OF_VALUES)


def _filtered(study: Study, variable: str) -> Case:
    name, limits = VARIABLES[variable].paper, study.thresholds
    sides = ((limits.difference, inf), (-inf, -limits.difference))
    alike = [[_compared(study, variable, level, side) for level in LEVELS] for side in sides]
    p_values = [case.p_value for case in alike[0]]
    effects_by_task = [study.effects.get(task) for task in TASKS]
    weights = [ends(effects[variable]) if effects else NO_INTERVAL for effects in effects_by_task]
    conditions = {
        "differences alike and large enough": _either(
            settled([case.verdict for case in of_side]) for of_side in alike
        ),
        # A test that does not reject leaves it open.
        "P small enough": SUPPORTED if any(p < limits.p_value for p in p_values) else OPEN,
        "value large enough": _either(
            within(weight, low=limits.key_variable) for weight in weights
        ),
    }
    verdict = settled(list(conditions.values()))
    figures = [
        *(f"{case.name} {case.figures}" for case in alike[0]),
        *(f"{what} {met}" for what, met in conditions.items()),
    ]
    return Case(name, "; ".join(figures), verdict, min(p_values) if verdict is SUPPORTED else nan)


# ---------------------------------------------------------------- numbers


def _towards(row: Row) -> Interval:
    return ends(row, "direction_ci")


def _direction(row: Row) -> str:
    return f"rank correlation {with_interval(row.direction, _towards(row))}"


def _weights(effects: Effects, *names: str) -> str:
    return ", ".join(
        f"{VARIABLES[name].paper} {cell(effects[name], 'mean_abs', 3)}" for name in names
    )
