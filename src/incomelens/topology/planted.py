"""Whether maps find the classes whose look was made to tell income: ranks, rates, intervals.

In a synthetic city some urban classes are *planted*: their texture follows the affluence that
incomes were made from; the texture of the others follows something else (`demo.cities.people`). A
network that predicts those incomes must look at planted classes. Whether it looks at all of them,
and at nothing beside, no truth says; so a map is asked for what follows from the truth alone: do
planted classes rank above the others by their activation ratio?
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from statsmodels.stats.proportion import proportion_confint

from incomelens.cells.urban_classes import land_use_list
from incomelens.common.errors import InputError, listed
from incomelens.common.names import SHUFFLED
from incomelens.common.seeds import job_rng
from incomelens.folds.resampling import Interval, percentile_interval
from incomelens.topology.hypotheses import LEVEL, average_ranks
from incomelens.topology.reliance import beyond_shuffled, is_relied_on

WORLD = ["role", "style", "coast"]
UNIT = ["city", *WORLD, "network", "method", "ses"]
BY = ["role", "style", "network", "method", "ses"]
BOTH = "both"  # SES groups, or styles with a signal, taken together
NOTHING = "none"  # the style without a signal; inland
COAST = "coast"  # cities of either style with a signal that lie on one


def planted_classes(planted: pd.DataFrame, worlds: pd.DataFrame) -> pd.DataFrame:
    """Translate codes of the Urban Atlas into urban classes.

    Parameters
    ----------
    planted : DataFrame
        `demo/planted.csv`: ``city`` (its name), ``style``, ``code``.
    worlds : DataFrame
        ``city`` (its id), ``name``, ``role``, ``style``, ``coast`` of every synthetic city.

    Returns
    -------
    DataFrame
        ``city`` (its id), ``urban_class``; none of a city without a signal.

    Raises
    ------
    InputError
        If nothing is planted in another city.
    """
    told = planted.astype({"code": str})
    signal = worlds["style"] != NOTHING
    cities = worlds[signal].set_index("city")["name"]
    missing = sorted(set(cities) - set(told["city"]))
    if missing:
        raise InputError(
            f"planted classes: nothing is planted in {listed(missing)}; name synthetic cities of "
            "demo.cities"
        )
    parts = [told[told["city"] == name].assign(city=city) for city, name in cities.items()]
    table = pd.concat(parts, ignore_index=True)
    classes = land_use_list()
    table["urban_class"] = [classes.names[classes.code_values[code] - 1] for code in table["code"]]
    return table[["city", "urban_class"]].drop_duplicates(ignore_index=True)


def planted_ratios(
    ratios: Mapping[tuple[str, str], pd.DataFrame], planted: pd.DataFrame, worlds: pd.DataFrame
) -> pd.DataFrame:
    """Put the ratios of all cities and networks below each other, and say what was planted.

    Parameters
    ----------
    ratios : mapping
        By city and network, :func:`incomelens.topology.tables.activation_ratio_table`.
    planted : DataFrame
        Of :func:`planted_classes`.
    worlds : DataFrame
        As for :func:`planted_classes`.

    Returns
    -------
    DataFrame
        Table ``topology/planted_ratios.csv``.
    """
    parts = [table.assign(city=city, network=network) for (city, network), table in ratios.items()]
    table = pd.concat(parts, ignore_index=True)
    table = table[table["p_value"].notna()]
    table = table.merge(worlds[["city", *WORLD]], on="city")
    marked = planted.assign(planted=True)
    table = table.merge(marked, how="left", on=["city", "urban_class"])
    table["planted"] = table["planted"].eq(True)
    rejected = table["q_value"] <= LEVEL
    over = table["effect_size"] > 0
    table["decision"] = np.select([rejected & over, rejected], ["over", "under"], "none")
    knows_nothing = table["network"] == SHUFFLED
    beyond = beyond_shuffled(table, table[knows_nothing])
    table["beyond_shuffled"] = np.where(knows_nothing, np.nan, beyond)
    # A method that was not tried on that network has a control of its own (occlusion).
    tried = knows_nothing.groupby([table["city"], table["method"]]).transform("any")
    table["relied_on"] = is_relied_on(table["decision"].eq("over"), table["beyond_shuffled"], tried)
    columns = ["urban_class", "planted", "n", "ratio", "expected_ratio", "log_error"]
    tests = ["effect_size", "p_value", "q_value", "decision", "beyond_shuffled", "relied_on"]
    return table[[*UNIT, *columns, *tests]]


def rank_table(ratios: pd.DataFrame) -> pd.DataFrame:
    """Where planted classes rank in every city, by network, method and SES.

    Parameters
    ----------
    ratios : DataFrame
        ``ratio`` and ``planted`` of every class that counts, by :data:`UNIT`: of maps, and of
        occlusion.

    Returns
    -------
    DataFrame
        Table ``topology/planted_ranks.csv``, one row a unit with planted and other classes.
    """
    rows = []
    for unit, table in ratios.groupby(UNIT, sort=False, observed=True):
        n, k = len(table), int(table["planted"].sum())
        if not 0 < k < n:
            continue
        ordered = table.sort_values(["ratio", "urban_class"], ascending=[False, True])
        rows.append(
            dict(zip(UNIT, unit, strict=True))
            | {
                "n_classes": n,
                "n_planted": k,
                "hit": bool(ordered["planted"].iloc[0]),
                "chance": k / n,
                "share_first": ordered["planted"].iloc[:k].mean(),
                "area": roc_area(table["ratio"].to_numpy(), table["planted"].to_numpy()),
                "best": ordered["urban_class"].iloc[0],
            }
        )
    return pd.DataFrame(rows)


def roc_area(value: NDArray[np.float64], planted: NDArray[np.bool_]) -> float:
    """Probability that a planted class has the larger value of two, equals counting half.

    Examples
    --------
    >>> float(roc_area(np.array([3.0, 2.0, 1.0]), np.array([True, False, False])))
    1.0
    """
    n, k = len(value), int(planted.sum())
    ranks = average_ranks(value)
    return float((ranks[planted].sum() - k * (k + 1) / 2) / (k * (n - k)))


def hit_rates(ranks: pd.DataFrame, *, n_resamples: int, seed: int) -> pd.DataFrame:
    """Hit rates with their chance, over cities.

    Parameters
    ----------
    ranks : DataFrame
        Of :func:`rank_table`.
    n_resamples : int
        Of cities, behind the intervals of the mean area.
    seed : int

    Returns
    -------
    DataFrame
        Table ``topology/planted_hits.csv``: Wilson's intervals of hit rates, by resampling cities
        those of the mean area.
    """
    rows = []
    for name, table in _marginals(ranks):
        hits, n = int(table["hit"].sum()), len(table)
        low, high = proportion_confint(hits, n, LEVEL, method="wilson")
        if name["ses"] == BOTH:
            low = high = np.nan
        rng = job_rng(seed, *name.values())
        by_city = table.groupby("city", sort=True)["area"].mean().to_numpy()
        area = _mean_interval(by_city, n_resamples, rng)
        rows.append(
            name
            | {
                "n_cities": len(by_city),
                "n": n,
                "hits": hits,
                "hit_rate": hits / n,
                "ci_low": low,
                "ci_high": high,
                "chance": table["chance"].mean(),
                "share_first": table["share_first"].mean(),
                "area": by_city.mean(),
            }
            | area.columns("area_ci")
        )
    return pd.DataFrame(rows)


def decision_rates(ratios: pd.DataFrame) -> pd.DataFrame:
    """How often H0 is rejected for planted and for other classes.

    Parameters
    ----------
    ratios : DataFrame
        Of :func:`planted_ratios`.

    Returns
    -------
    DataFrame
        Table ``topology/planted_h0.csv``.
    """
    rows = []
    for name, table in _marginals(ratios):
        for planted, part in table.groupby("planted", sort=False):
            rows.append(
                name
                | {
                    "planted": planted,
                    "n_tests": len(part),
                    "over": part["decision"].eq("over").mean(),
                    "under": part["decision"].eq("under").mean(),
                    "relied_on": part["relied_on"].mean(),
                }
                | _share_of_cities("cities_over", part["decision"].eq("over"), part["city"])
                | _share_of_cities("cities_relied_on", part["relied_on"], part["city"])
            )
    return pd.DataFrame(rows)


def pair_rates(pairs: Mapping[tuple[str, str], pd.DataFrame], worlds: pd.DataFrame) -> pd.DataFrame:
    """How often H1 is rejected where no interaction was planted.

    Parameters
    ----------
    pairs : mapping
        By city and network, :func:`incomelens.topology.pair_tables.coactivation_table`.
    worlds : DataFrame
        As for :func:`planted_classes`.

    Returns
    -------
    DataFrame
        Table ``topology/planted_h1.csv``.
    """
    parts = [table.assign(city=city, network=network) for (city, network), table in pairs.items()]
    table = pd.concat(parts, ignore_index=True)
    table = table[table["p_value"].notna()].merge(worlds[["city", *WORLD]], on="city")
    above = {"plain": table["coactivation"] > 1, "adjusted": table["effect_size"] > 0}
    q_value = {"plain": table["plain_q_value"], "adjusted": table["q_value"]}
    rows = []
    for measure in above:
        rejected = q_value[measure] <= LEVEL
        judged = table.assign(over=rejected & above[measure], under=rejected & ~above[measure])
        for name, part in _marginals(judged):
            rows.append(
                name
                | {
                    "measure": measure,
                    "n_tests": len(part),
                    "over": part["over"].mean(),
                    "under": part["under"].mean(),
                }
                | _share_of_cities("cities_rejected", part["over"] | part["under"], part["city"])
            )
    return pd.DataFrame(rows)


def _marginals(table: pd.DataFrame) -> list[tuple[dict[str, str], pd.DataFrame]]:
    """Rows by role, style, network, method and SES, and with styles and SES groups together."""
    signal = table[table["style"] != NOTHING]
    coast = signal[signal["coast"] != NOTHING]
    parts = [table, signal.assign(style=BOTH), coast.assign(style=COAST)]
    stacked = pd.concat(parts, ignore_index=True)
    stacked = pd.concat([stacked, stacked.assign(ses=BOTH)], ignore_index=True)
    groups = stacked.groupby(BY, sort=False, observed=True)
    return [(dict(zip(BY, name, strict=True)), part) for name, part in groups]


def _share_of_cities(name: str, called: pd.Series, city: pd.Series) -> dict[str, float]:
    """Share of the cities with one called so, and Wilson's interval."""
    wrong = called.groupby(city).any()
    low, high = proportion_confint(wrong.sum(), len(wrong), LEVEL, method="wilson")
    ends = {f"{name}_ci_low": low, f"{name}_ci_high": high}
    return {"n_cities": len(wrong), name: wrong.mean()} | ends


def _mean_interval(
    values: NDArray[np.float64], n_resamples: int, rng: np.random.Generator
) -> Interval:
    """Percentile interval of a mean over cities; missing below two."""
    if len(values) < 2:
        return Interval(np.nan, np.nan)
    drawn = values[rng.integers(len(values), size=(n_resamples, len(values)))].mean(axis=1)
    return percentile_interval(drawn, level=1 - LEVEL)
