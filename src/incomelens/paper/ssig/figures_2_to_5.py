"""Figs. 2-5 of the district paper: what predicts income, and where it is earned."""

from collections.abc import Mapping

import geopandas as gpd
import pandas as pd

from incomelens.common.errors import InputError, listed
from incomelens.paper.exhibit import Exhibit
from incomelens.paper.names import LEVELS, SOCIOECONOMIC, SPATIAL, TEN, VARIABLES
from incomelens.paper.ssig.shapley_panels import WHISKER, ShapleyTables, shapley_figure

# The game in which latitude and longitude are two players.
GAME = "twelve"


def exhibit(
    districts: gpd.GeoDataFrame | None,
    groups: pd.DataFrame,
    variables: pd.DataFrame,
    shap: pd.DataFrame | None,
    *,
    number: int,
    level: str,
    income: str,
    mode: str,
    colours: str,
    levels: Mapping[str, str] = LEVELS,
) -> Exhibit:
    """Draw what predicts one income at one level.

    Parameters
    ----------
    districts, shap : DataFrame or None
        `districts/{level}.parquet` and `shapley/{level}-{income}-{mode}.parquet`; None where the
        study lacks them: the rule of a figure stands in every study.
    groups, variables : DataFrame
        `shapley/groups.csv` and `shapley/variables.csv`, of all levels, incomes and modes.
    number : int
        Of the figure.
    colours : str
        Of the dots: `colour_blind_safe` or `paper`.

    Raises
    ------
    InputError
        If the study lacks this level, income or mode.
    """
    if districts is None or shap is None:
        raise InputError(
            f"Fig. {number} shows level {level}, income {income}, mode {mode}, and this study "
            "lacks one of them; see districts.levels, districts.incomes and the modes of the "
            "Shapley values in the configuration, or leave the figure out"
        )
    task = {"level": level, "income": income}
    tables = shapley_tables(districts, groups, variables, shap, **task, mode=mode)
    return Exhibit(
        shapley_figure_table(tables, districts, income=income, mode=mode),
        shapley_figure(districts, tables, **task, colours=colours, levels=levels),
    )


def shapley_tables(
    districts: gpd.GeoDataFrame,
    groups: pd.DataFrame,
    variables: pd.DataFrame,
    values: pd.DataFrame,
    *,
    level: str,
    income: str,
    mode: str,
) -> ShapleyTables:
    """Cut the tables of the stage `shapley`, see `exhibit`, to one figure and its ten variables."""
    keys = {"level": level, "income": income, "mode": mode}
    groups = _rows_of(groups, keys, "shapley/groups.csv")
    variables = _rows_of(variables, {**keys, "game": GAME}, "shapley/variables.csv")
    variables = variables[variables["variable"].isin(TEN)]
    if sorted(groups["group"]) != [SOCIOECONOMIC, SPATIAL]:
        raise InputError(
            f"shapley/groups.csv: the groups are {listed(groups['group'])}; expected "
            f"{SOCIOECONOMIC} and {SPATIAL}, one row each"
        )
    without = sorted(set(values["geoid"]) - set(districts["geoid"]))
    if without:
        raise InputError(
            f"SHAP values: the districts {listed(without)} are not in the table of districts; "
            "both must come from the same run"
        )
    inputs = districts.set_index("geoid").loc[values["geoid"], TEN].to_numpy(dtype=float)
    long = values.melt("geoid", TEN, "variable", "shap")
    return ShapleyTables(groups, variables, long.assign(value=inputs.ravel("F")))


def _rows_of(table: pd.DataFrame, keys: dict[str, str], name: str) -> pd.DataFrame:
    chosen = table[(table[list(keys)] == pd.Series(keys)).all(axis=1)]
    if chosen.empty:
        asked = ", ".join(f"{key} {value}" for key, value in keys.items())
        raise InputError(f"{name}: no rows for {asked}; compute these Shapley values first")
    return chosen.reset_index(drop=True)


def shapley_figure_table(
    tables: ShapleyTables, districts: pd.DataFrame, *, income: str, mode: str
) -> pd.DataFrame:
    """List what the figure shows, long: panel, name, district, the numbers and their units."""
    units = {name: "share of 1" if v.is_share else v.unit for name, v in VARIABLES.items()}
    in_sd = ["mean_abs", *WHISKER, "shap"]
    parts = [
        tables.groups.rename(columns={"group": "name"}).assign(panel="a"),
        tables.variables.rename(columns={"variable": "name"}).assign(panel="b"),
        tables.dots.rename(columns={"variable": "name"}).assign(
            panel="c", value_unit=tables.dots["variable"].map(units)
        ),
        pd.DataFrame(
            {"panel": "d", "name": income, "geoid": districts["geoid"]}
            | {"value": districts[income], "value_unit": "USD"}
        ),
    ]
    columns = ["panel", "name", "geoid", "mean_abs", *WHISKER, "direction", "shap"]
    parts = [part.reindex(columns=[*columns, "value", "value_unit"]) for part in parts]
    table = pd.concat([part.dropna(axis="columns", how="all") for part in parts])
    table = table.reindex(columns=parts[0].columns).reset_index(drop=True)
    table.insert(0, "mode", mode)
    return table.rename(columns={name: f"{name}_sd" for name in in_sd})
