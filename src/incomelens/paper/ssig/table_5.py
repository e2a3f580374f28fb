"""Table 5 of the district paper: which variables weigh more for one income than for the other."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields

import pandas as pd

from incomelens.common.errors import InputError
from incomelens.paper.exhibit import Exhibit
from incomelens.paper.names import INCOMES, LEVELS, MODES, READINGS, TEN, VARIABLES
from incomelens.paper.reference import Reference
from incomelens.paper.table import EMPTY_SLOT, Table, in_print_order, number, rows

SMALLEST_P = 0.001
ORDERS = {"mode": MODES, "variable": TEN}


@dataclass(frozen=True)
class Thresholds:
    """Limits of the paper's filter, `difference` and `key_variable` in SD units of the label."""

    difference: float
    key_variable: float
    p_value: float


@dataclass(frozen=True)
class Comparison:
    """Mean absolute SHAP values of one variable for both incomes, in SD units of each, and a P.

    NaN where unknown.
    """

    per_capita: float
    median_household: float
    p_value: float

    @property
    def difference(self) -> float:
        """Per-capita minus median household income."""
        return self.per_capita - self.median_household


UNKNOWN = Comparison(float("nan"), float("nan"), float("nan"))


@dataclass(frozen=True)
class Conditions:
    """The paper's filter on one variable: which condition is met, None where it cannot be told."""

    same_direction: bool | None
    difference: bool | None
    significant: bool | None
    key_variable: bool | None

    @property
    def passes(self) -> bool | None:
        """Whether all four are met; None where a level or a number is missing."""
        met = asdict(self).values()
        return None if None in met else all(met)


# What the letters below Table 5 mean.
CONDITIONS = {
    "same_direction": ("a", "same direction of the difference at both levels"),
    "difference": ("b", "difference of at least {difference:g} at both levels"),
    "significant": ("c", "P below {p_value:g} at one level or both"),
    "key_variable": ("d", "at least {key_variable:g} in one of the four columns"),
}


def read_thresholds(reference: Reference) -> Thresholds:
    """Take the filter's limits from the reference; an empty one is refused."""
    limits = {
        limit.name: reference.part("ssig", "thresholds", limit.name) for limit in fields(Thresholds)
    }
    for name, value in limits.items():
        if value is None:
            raise InputError(
                f"{reference.path}: ssig.thresholds.{name} is null; Table 5's filter needs it, "
                "and the paper's text states it"
            )
    return Thresholds(**limits)


def conditions(levels: Mapping[str, Comparison], thresholds: Thresholds) -> Conditions:
    """Apply the paper's filter to one variable: deviations `table_5_filter`, `table_5_thresholds`.

    With a level missing nothing can be told.
    """
    by_level = [levels[level] for level in LEVELS if level in levels]
    differences = [compared.difference for compared in by_level]
    if len(by_level) < len(LEVELS) or pd.isna(differences).any():
        return Conditions(None, None, None, None)
    p_values = [compared.p_value for compared in by_level]
    largest = max(max(compared.per_capita, compared.median_household) for compared in by_level)
    significant = any(p < thresholds.p_value for p in p_values)
    return Conditions(
        same_direction=all(d > 0 for d in differences) or all(d < 0 for d in differences),
        difference=min(map(abs, differences)) >= thresholds.difference,
        # A missing P leaves the question open unless the other level answers it.
        significant=None if pd.isna(p_values).any() and not significant else significant,
        key_variable=largest >= thresholds.key_variable,
    )


def comparisons(table: pd.DataFrame) -> dict[tuple[str, str], dict[str, Comparison]]:
    """Our comparisons by mode and variable, then by level, with Welch's P."""
    by_variable: dict[tuple[str, str], dict[str, Comparison]] = {}
    for row in rows(table):
        comparison = Comparison(row.mean_abs_per_capita, row.mean_abs_median_household, row.p_welch)
        by_variable.setdefault((row.mode, row.variable), {})[row.level] = comparison
    return by_variable


def printed_comparisons(reference: Reference) -> dict[str, dict[str, Comparison]]:
    """The paper's comparisons by variable and level, NaN where a slot is empty."""
    return {
        variable: {
            level: Comparison(*(number(cells[key]) for key in (*INCOMES, "p_value")))
            for level, cells in levels.items()
        }
        for variable, levels in reference.part("ssig", "table_5").items()
    }


def exhibit(
    comparison: pd.DataFrame, reference: Reference, *, levels: Mapping[str, str] = LEVELS
) -> Exhibit:
    """Mean absolute SHAP values of the ten variables for both incomes, and the paper's filter.

    Parameters
    ----------
    comparison : DataFrame
        `shapley/income_comparison.csv`: one row a level, mode and variable, in SD units.
    """
    thresholds = read_thresholds(reference)
    ours = comparisons(comparison[comparison["variable"].isin(TEN)])
    printed = printed_comparisons(reference)
    lines = {variable: {"paper": printed[variable]} for variable in TEN}
    for mode in MODES:
        for variable in TEN:
            if (mode, variable) in ours:
                lines[variable][mode] = ours[mode, variable]
    modes = list(dict.fromkeys(mode for by_mode in lines.values() for mode in by_mode))[1:]
    shown_modes = [mode for mode in modes if mode in READINGS] or modes
    table = Table(
        numbers=_numbers(comparison, printed, thresholds, levels),
        shown=pd.DataFrame(
            {
                "Variable": VARIABLES[variable].paper if values == "paper" else "",
                "Values": "paper" if values == "paper" else f"ours, {MODES[values]}",
                **_cells(by_level, {**LEVELS, **levels}),
                "Filter": _outcome(conditions(by_level, thresholds)),
            }
            for variable, by_mode in lines.items()
            for values, by_level in by_mode.items()
            if values == "paper" or values in shown_modes
        ),
        caption="Table 5. Average absolute SHAP values of individual socio-economic variables.",
        notes=(
            "Means over districts in SD units of each income. P: Welch's test of the absolute "
            "values, which takes districts as independent. The paired test on the districts with "
            "both incomes, and 95 % intervals of the difference by resampling spatial blocks, "
            "stand in the CSV.",
            "The paper's filter: "
            + "; ".join(
                f"({letter}) {text.format(**asdict(thresholds))}"
                for letter, text in CONDITIONS.values()
            )
            + ". A letter in the last column is a condition that is not met; a dash, that a level "
            "or a number is missing. The limits are in SD units, in which the modes differ.",
            *(_passed(mode, lines, thresholds) for mode in shown_modes),
            EMPTY_SLOT,
        ),
        whose="Values",
    )
    return Exhibit(table)


def _cells(by_level: Mapping[str, Comparison], levels: Mapping[str, str]) -> dict[str, float | str]:
    cells: dict[str, float | str] = {}
    for level, heading in levels.items():
        compared = by_level.get(level, UNKNOWN)
        cells |= {
            f"{heading}: per-capita": compared.per_capita,
            f"{heading}: household": compared.median_household,
            f"{heading}: P": p_text(compared.p_value),
        }
    return cells


def p_text(p_value: float) -> str | float:
    """Show a P as it is printed, NaN as it is.

    Examples
    --------
    >>> p_text(0.0000002), p_text(0.0123)
    ('<0.001', '0.012')
    """
    if pd.isna(p_value):
        return float("nan")
    return f"<{SMALLEST_P:g}" if p_value < SMALLEST_P else f"{p_value:.3f}"


def _outcome(met: Conditions) -> str | float:
    if met.passes is None:
        return float("nan")
    if met.passes:
        return "passes"
    failed = [CONDITIONS[name][0] for name, is_met in asdict(met).items() if is_met is False]
    return f"fails {', '.join(failed)}"


def _passed(
    mode: str, lines: Mapping[str, Mapping[str, Mapping[str, Comparison]]], thresholds: Thresholds
) -> str:
    outcomes = {
        variable: conditions(by_mode[mode], thresholds).passes
        for variable, by_mode in lines.items()
        if mode in by_mode
    }
    if None in outcomes.values():
        return f"The filter cannot be applied to ours, {MODES[mode]}: it needs both levels."
    names = [VARIABLES[variable].paper for variable, passes in outcomes.items() if passes]
    return f"Variables that pass it in ours, {MODES[mode]}: {', '.join(names) or 'none'}."


def _numbers(
    comparison: pd.DataFrame,
    printed: Mapping[str, Mapping[str, Comparison]],
    thresholds: Thresholds,
    levels: Mapping[str, str],
) -> pd.DataFrame:
    """One row a mode, variable and level: ours, the paper's, and every condition of the filter."""
    ours = comparisons(comparison)
    comparison = comparison[comparison["variable"].isin(TEN)].drop(columns="n_common")
    orders = {**ORDERS, "level": levels}
    lines = []
    for row in rows(in_print_order(comparison, **orders)):
        paper = printed[row.variable].get(row.level, UNKNOWN)
        lines.append(
            {name: getattr(row, name) for name in comparison}
            | {
                "paper_per_capita": paper.per_capita,
                "paper_median_household": paper.median_household,
                "paper_p_value": paper.p_value,
            }
            | _condition_columns(conditions(ours[row.mode, row.variable], thresholds), "")
            | _condition_columns(conditions(printed[row.variable], thresholds), "paper_")
        )
    return pd.DataFrame(lines).rename(columns={name: f"{name}_sd" for name in SD_COLUMNS})


SD_COLUMNS = [
    "mean_abs_per_capita", "mean_abs_median_household", "difference", "ci_low", "ci_high",
    "paper_per_capita", "paper_median_household",
]  # fmt: skip


def _condition_columns(outcome: Conditions, prefix: str) -> dict[str, bool | str | None]:
    met = {f"{prefix}meets_{name}": value for name, value in asdict(outcome).items()}
    return {**met, f"{prefix}passes": outcome.passes}
