"""Who lives in the synthetic city and what they earn: a known function of who and where.

Smooth fields over the city decide who lives where. Incomes depend on education most, then on race,
sex, density and unemployment, not on age, and on a smooth field of location; the survey adds an
error of known size.
"""

import math

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from incomelens.demo.districts.outlines import COUNTIES, RADIUS, centroid_points
from incomelens.demo.smooth_field import smooth_field

TRACT_POPULATION = 3500
EMPTY_SHARE = 0.02  # parks: no people
HIDDEN_SHARE = 0.015  # few households: no median published
CENTRES = {
    "bachelor": 0.22,
    "postgraduate": 0.15,
    "unemployment": 0.065,
    "population_density": math.log(2500.0),
    "male": 0.48,
    "black": 0.22,
    "asian": 0.14,
    "white": 0.45,
    "age_65_plus": 0.14,
    "age_under_18": 0.21,
}
SCALES = {
    "bachelor": 0.09,
    "postgraduate": 0.09,
    "unemployment": 0.025,
    "population_density": 0.7,
    "male": 0.02,
    "black": 0.18,
    "asian": 0.12,
    "white": 0.22,
    "age_65_plus": 0.04,
    "age_under_18": 0.04,
}
EFFECTS = {
    "per_capita_income": {
        "postgraduate": 0.26,
        "bachelor": 0.18,
        "white": 0.08,
        "male": 0.03,
        "population_density": -0.05,
        "unemployment": -0.05,
    },
    "median_household_income": {
        "postgraduate": 0.18,
        "bachelor": 0.14,
        "white": 0.11,
        "male": 0.05,
        "population_density": -0.06,
        "unemployment": -0.06,
    },
}
COUNTED = (
    "population",
    *(f"{sex}_{age}" for sex in ("male", "female") for age in ("under_18", "18_to_64", "65_plus")),
    *("male", "age_under_18", "age_65_plus", "adults_25", "bachelor", "postgraduate"),
    *("labour_force", "unemployed", "white", "black", "asian"),
)
"""Columns of numbers of people, which add up from tracts to ZCTAs."""

LEVELS = {"per_capita_income": 32_000.0, "median_household_income": 62_000.0}
LOCATION_EFFECT = 0.10
UNEXPLAINED = 0.06
SURVEY_ERROR = 0.07  # relative standard error of a tract of TRACT_POPULATION people
TOP_CODE = 250_001


def expected_income(variables: pd.DataFrame, location: NDArray, income: str) -> NDArray:
    r"""Give the income that the city's known function expects, in US dollars.

    .. math:: y = L \exp\Big(\sum_j \beta_j (x_j - c_j) / s_j + \beta_0 f\Big)

    with `LEVELS`, `EFFECTS`, `CENTRES`, `SCALES`, `LOCATION_EFFECT` of this module; density
    enters as its logarithm, and a variable without an effect does not enter.

    Parameters
    ----------
    variables : DataFrame
        The paper's ten variables.
    location : array of shape (n,)
        Smooth field f over the city, with mean 0 and variance 1.
    income : str
        ``per_capita_income`` or ``median_household_income``.
    """
    variables = variables.assign(
        population_density=np.log(variables["population_density"].clip(lower=1.0))
    )
    exponent = LOCATION_EFFECT * np.asarray(location)
    for name, effect in EFFECTS[income].items():
        exponent = exponent + effect * ((variables[name] - CENTRES[name]) / SCALES[name]).to_numpy()
    return LEVELS[income] * np.exp(exponent)


def shares_of(people: pd.DataFrame, land_km2: NDArray) -> pd.DataFrame:
    """Compute the paper's ten variables from numbers of people; 0 where nobody is counted."""
    counted = {
        "bachelor": ("bachelor", "adults_25"),
        "postgraduate": ("postgraduate", "adults_25"),
        "unemployment": ("unemployed", "labour_force"),
        "age_65_plus": ("age_65_plus", "population"),
        "age_under_18": ("age_under_18", "population"),
        "male": ("male", "population"),
        "black": ("black", "population"),
        "asian": ("asian", "population"),
        "white": ("white", "population"),
    }
    shares = {
        name: people[part] / np.maximum(people[whole], 1) for name, (part, whole) in counted.items()
    }
    return pd.DataFrame({**shares, "population_density": people["population"] / land_km2})


def draw_people(tracts: gpd.GeoDataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Draw whole numbers of people, by what the paper's ten variables need."""
    points = centroid_points(tracts)
    wealth, origin, age, family = (
        smooth_field(points, wavelength=length * RADIUS, rng=rng) for length in (1.6, 1.2, 1.0, 0.8)
    )
    rough = rng.normal(size=(6, len(tracts)))
    population = np.round(TRACT_POPULATION * np.exp(0.35 * rough[0])).astype(int)
    population[rng.choice(len(tracts), math.ceil(EMPTY_SHARE * len(tracts)), replace=False)] = 0

    under_18 = np.clip(0.21 + 0.03 * family + 0.02 * rough[1], 0.05, 0.4)
    from_65 = np.clip(0.14 + 0.03 * age + 0.02 * rough[2], 0.03, 0.4)
    ages = np.column_stack([under_18, 1 - under_18 - from_65, from_65])
    male = np.clip(0.48 + 0.01 * wealth + 0.018 * rough[3], 0.35, 0.65)
    sexes = np.column_stack([male, 1 - male])
    by_sex_and_age = _drawn(population, sexes[:, :, None] * ages[:, None, :], rng)

    races = _shares_from_scores(
        *(0.9 + 0.7 * wealth + 0.5 * origin, 0.2 - 0.6 * wealth - 0.9 * origin),
        *(-0.3 + 0.1 * wealth + 0.8 * family, np.full(len(tracts), -0.5)),
    )
    by_race = _drawn(population, races, rng)

    adults_25 = np.round(0.88 * by_sex_and_age[:, :, 1:].sum(axis=(1, 2))).astype(int)
    schooling = _shares_from_scores(
        np.zeros(len(tracts)),
        -1.1 + 0.45 * wealth + 0.15 * rough[4],
        -1.6 + 0.75 * wealth + 0.15 * rough[5],
    )
    by_degree = _drawn(adults_25, schooling, rng)
    labour_force = np.round(0.75 * adults_25).astype(int)
    jobless = np.clip(0.065 - 0.015 * wealth + 0.015 * rng.normal(size=len(tracts)), 0.01, 0.25)
    return pd.DataFrame(
        {
            "population": population,
            **{
                f"{sex}_{group}": by_sex_and_age[:, i, j]
                for i, sex in enumerate(("male", "female"))
                for j, group in enumerate(("under_18", "18_to_64", "65_plus"))
            },
            "male": by_sex_and_age[:, 0].sum(axis=1),
            "age_under_18": by_sex_and_age[:, :, 0].sum(axis=1),
            "age_65_plus": by_sex_and_age[:, :, 2].sum(axis=1),
            "adults_25": adults_25,
            "bachelor": by_degree[:, 1],
            "postgraduate": by_degree[:, 2],
            "labour_force": labour_force,
            "unemployed": rng.binomial(labour_force, jobless),
            "white": by_race[:, 0],
            "black": by_race[:, 1],
            "asian": by_race[:, 2],
        },
        index=tracts.index,
    )


def _shares_from_scores(*scores: NDArray) -> NDArray:
    """Shares that add up to 1 in every row and grow with the score of their column."""
    weights = np.exp(np.column_stack(scores))
    return weights / weights.sum(axis=1, keepdims=True)


def _drawn(totals: NDArray, probabilities: NDArray, rng: np.random.Generator) -> NDArray:
    """Whole numbers that add up to each total, drawn with the probabilities of its row."""
    flat = probabilities.reshape(len(totals), -1)
    return rng.multinomial(totals, flat).reshape(probabilities.shape)


def draw_incomes(tracts: gpd.GeoDataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Draw incomes as the survey reports them (NaN: suppressed), their margins, their truth.

    ``expected_*`` is the known function, ``true_*`` what a survey without error would find.
    """
    points = centroid_points(tracts)
    location = smooth_field(points, wavelength=1.5 * RADIUS, rng=rng)
    variables = shares_of(tracts, tracts.geometry.area.to_numpy() / 1e6)
    empty = tracts["population"].to_numpy() == 0
    incomes = pd.DataFrame({"location_field": location}, index=tracts.index)
    for income in EFFECTS:
        expected = expected_income(variables, location, income)
        true = expected * np.exp(UNEXPLAINED * rng.normal(size=len(tracts)))
        people = np.maximum(tracts["population"].to_numpy(), 1)
        error = SURVEY_ERROR * true * np.minimum(np.sqrt(TRACT_POPULATION / people), 3.0)
        reported = np.round(np.maximum(rng.normal(true, error), 2500.0))
        incomes[f"expected_{income}"] = np.where(empty, np.nan, expected)
        incomes[f"true_{income}"] = np.where(empty, np.nan, true)
        incomes[income] = np.where(empty, np.nan, reported)
        incomes[f"{income}_moe"] = np.where(empty, np.nan, np.round(1.645 * error))
    _hide_medians(incomes, inside=tracts["county"] != max(COUNTIES), rng=rng)
    return incomes


def _hide_medians(incomes: pd.DataFrame, *, inside: pd.Series, rng: np.random.Generator) -> None:
    """Suppress some medians, and top-code those over 250,000 and the city's highest anyway."""
    name = "median_household_income"
    with_median = incomes[name].dropna().index
    hidden = rng.choice(with_median, math.ceil(HIDDEN_SHARE * len(with_median)), replace=False)
    incomes.loc[hidden, [name, f"{name}_moe"]] = np.nan
    top_code(
        incomes, (incomes[name] >= TOP_CODE) | (incomes.index == incomes[name][inside].idxmax())
    )


def top_code(incomes: pd.DataFrame, chosen: pd.Series) -> None:
    """Write the chosen medians as the Census Bureau writes 250,000+, in place."""
    name = "median_household_income"
    incomes.loc[chosen, [name, f"{name}_moe"]] = (TOP_CODE, np.nan)
