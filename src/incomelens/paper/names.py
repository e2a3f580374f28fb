"""What districts, variables, models, folds and scores are called in print, and in which order."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from incomelens.common.names import EMBEDDING

SOCIOECONOMIC = "socio-economic"
SPATIAL = "spatial"

# The paper's two; a study may have others, see `level_names`.
LEVELS = {"tract": "Tract", "zip": "ZIP"}
INCOMES = {
    "per_capita_income": "per-capita income",
    "median_household_income": "median household income",
}
INCOME_UNITS = {
    "per_capita_income": "USD a year per person",
    "median_household_income": "USD a year per household",
}
# The four things that the paper predicts, in the order of its Figs. 2-5.
TASKS = [(level, income) for level in LEVELS for income in INCOMES]


@dataclass(frozen=True)
class Variable:
    """One of the twelve inputs: its name in the paper and in words, and how to show it."""

    paper: str
    words: str
    group: str
    unit: str
    census: str

    @property
    def is_share(self) -> bool:
        """Whether the value is a share of 0..1, shown in per cent."""
        return self.unit == "%"


VARIABLES = {
    "bachelor": Variable(
        "≥25UDG", "Adults with a bachelor's degree", SOCIOECONOMIC, "%", "B15003_022 / B15003_001"
    ),
    "postgraduate": Variable(
        "≥25PGD",
        "Adults with a postgraduate degree",
        SOCIOECONOMIC,
        "%",
        "(B15003_023 + _024 + _025) / B15003_001",
    ),
    "unemployment": Variable(
        "Un-employ", "Unemployment rate", SOCIOECONOMIC, "%", "B23025_005 / B23025_003"
    ),
    "age_65_plus": Variable(
        "≥65",
        "Aged 65 or above",
        SOCIOECONOMIC,
        "%",
        "(B01001_020 to _025 + _044 to _049) / B01001_001",
    ),
    "age_under_18": Variable(
        "<18",
        "Younger than 18",
        SOCIOECONOMIC,
        "%",
        "(B01001_003 to _006 + _027 to _030) / B01001_001",
    ),
    "population_density": Variable(
        "Pop-density", "Population density", SOCIOECONOMIC, "per km²", "B01001_001 / land area"
    ),
    "male": Variable("Male", "Male", SOCIOECONOMIC, "%", "B01001_002 / B01001_001"),
    "black": Variable(
        "Black or African",
        "Black or African American",
        SOCIOECONOMIC,
        "%",
        "B02001_003 / B02001_001",
    ),
    "asian": Variable("Asian", "Asian", SOCIOECONOMIC, "%", "B02001_005 / B02001_001"),
    "white": Variable("White", "White", SOCIOECONOMIC, "%", "B02001_002 / B02001_001"),
    "longitude": Variable(
        "Longitude", "Longitude of the centroid", SPATIAL, "°", "centroid of the boundary"
    ),
    "latitude": Variable(
        "Latitude", "Latitude of the centroid", SPATIAL, "°", "centroid of the boundary"
    ),
}
# All but the place: the paper's ten.
TEN = [name for name, variable in VARIABLES.items() if variable.group != SPATIAL]

# The Gaussian process with its three sets of inputs: the paper's Table 4.
GP_MODELS = {
    "ssig": "SSIG",
    "socioeconomic": "Socio-economic-Information-GP",
    "spatial": "Spatial-Information-GP",
}
# Where a line is short.
SHORT_NAMES = {"socioeconomic": "Socio-economic GP", "spatial": "Spatial GP"}
# The five models that Table 3 compares SSIG with.
BASELINES = {
    "gp_mixed_siamese_like_double_ridge": "GP-Mixed-Siamese-like-Double-Ridge",
    "mixed_siamese_like_gp": "Mixed-Siamese-like-GP",
    "mixed_siamese_like_random_forest": "Mixed-Siamese-like-Random-Forest",
    "mixed_spatial_siamese_like": "Mixed-Spatial-Siamese-like",
    "mixed_siamese_like": "Mixed-Siamese-like",
}
# What a suffix of their names says that they lack, and their readings.
LACKING = {"noHP": "house prices", "noSAT": "satellite images", "noSV": "street views"}
BASELINE_VARIANTS = {"main": "", "ridge_per_modality": "one first ridge a modality"}
MODALITIES = {"prices": "House prices", "satellite": "Satellite", "street_view": "Street view"}
REFERENCES = {
    "tuned_boosting": "Gradient boosting, tuned",
    "gradient_boosting": "Gradient boosting",
    "extra_trees": "Extremely randomised trees",
    "random_forest": "Random forest",
    "ridge": "Ridge regression",
    "gwr": "Geographically weighted regression",
    "log_linear": "Log-linear regression",
    "linear": "Linear regression",
    "copy_neighbours": "Copy the neighbours",
    "mean": "Mean of the training districts",
}
MODELS = {**GP_MODELS, **BASELINES, **REFERENCES}

# What is optimised of lengthscale l, signal variance and noise; the last is a model of ours.
MODES = {
    "literal": "l = 1, nothing fitted",
    "fixed_lengthscale": "l = 1, rest fitted",
    "optimised": "all fitted",
    "ard": "one l per input",
    "additive": "sum of kernels, log income",
}
# The two readings that conclusions on Shapley values are drawn for.
READINGS = ("literal", "optimised")
SCHEMES = {
    "random": "random",
    "block": "spatial blocks",
    "area": "unseen area",
    "knndm": "matched distances",
}
# What a map is for, as folds are matched to it.
PLACES = {
    "between": "any place in the city",
    "without_income": "districts without an income",
    "area": "a whole area (borough) without data",
}
# Intervals around predictions, and the groups of districts in which they are to hold.
INTERVALS = {
    "model": "the process’s own",
    "split": "conformal, one width",
    "normalised": "conformal, local error",
    "geographic": "conformal, by distance",
    "label_conditional": "conformal, by fifths of income",
}
GROUPINGS = {
    "all": "all districts",
    "area": "area",
    "income_fifth": "income",
    "predicted_fifth": "predicted income",
    "density_fifth": "density",
    "applicability": "area of applicability",
}

# Of cities alone.
WHOLE_UNITS = {"group": "unseen units"}


def folds_name(scheme: str) -> str:
    """Name the folds of a scheme where the word folds does not stand beside.

    Examples
    --------
    >>> folds_name("random"), folds_name("block")
    ('random folds', 'spatial blocks')
    """
    return "random folds" if scheme == "random" else (SCHEMES | WHOLE_UNITS).get(scheme, scheme)


@dataclass(frozen=True)
class Score:
    """A score of cross-validation: its name, its decimals in print, its unit if it has one."""

    name: str
    decimals: int
    unit: str | None = None

    @property
    def heading(self) -> str:
        """Its name with the unit."""
        return self.name if self.unit is None else f"{self.name} ({self.unit})"


SCORES = {
    "r2": Score("r²", 3),
    "cod": Score("CoD", 3),
    "rmse_usd": Score("RMSE", 0, "USD"),
    "mae_usd": Score("MAE", 0, "USD"),
    "rmse_sd": Score("RMSE", 3, "SD"),
    "mae_sd": Score("MAE", 3, "SD"),
    "coverage_50": Score("coverage of 50 % intervals", 2),
    "coverage_90": Score("coverage of 90 % intervals", 2),
    "width_50_usd": Score("width of 50 % intervals", 0, "USD"),
    "width_90_usd": Score("width of 90 % intervals", 0, "USD"),
}

# From this rank correlation of a variable with its own Shapley values on, its sign is clear:
# deviation `direction_of_effect`.
CLEAR_DIRECTION = 0.3


def direction_sign(direction: float) -> str:
    """Show a direction as +, − or, where it is not clear or there is none, ±.

    Examples
    --------
    >>> direction_sign(0.8), direction_sign(-0.8), direction_sign(0.1)
    ('+', '−', '±')
    """
    if not abs(direction) >= CLEAR_DIRECTION:  # NaN too
        return "±"
    return "+" if direction > 0 else "−"


def level_names(districts: Mapping[str, Any]) -> dict[str, str]:
    """Names of a study's levels in print, in the order of print: the paper's two first.

    Parameters
    ----------
    districts : mapping
        Section `districts` of the configuration; a level's `name` goes before its key.

    Examples
    --------
    >>> level_names({"levels": ["block_group", "zip"], "block_group": {}, "zip": {}})
    {'zip': 'ZIP', 'block_group': 'Block group'}
    >>> level_names({"levels": ["iris"], "iris": {"name": "IRIS"}})
    {'iris': 'IRIS'}
    """
    order = [level for level in LEVELS if level in districts["levels"]]
    order += [level for level in districts["levels"] if level not in LEVELS]
    in_words = {level: LEVELS.get(level, level.replace("_", " ").capitalize()) for level in order}
    return {level: districts.get(level, {}).get("name", word) for level, word in in_words.items()}


def figure_tasks(levels: Iterable[str], incomes: Sequence[str]) -> dict[int, tuple[str, str]]:
    """Number of each figure that explains a task, from Fig. 2 on.

    The paper's Figs. 2-5 keep their numbers, whichever of its tasks a study has; a study with a
    level of its own numbers its tasks one after the other.

    Parameters
    ----------
    levels : iterable of str
        Of the study, in the order of print.
    incomes : sequence of str
        Of the study.

    Examples
    --------
    >>> figure_tasks(["zip"], ["per_capita_income"])[4]
    ('zip', 'per_capita_income')
    >>> figure_tasks(["commune"], ["median_household_income"])
    {2: ('commune', 'median_household_income')}
    """
    levels = list(levels)
    tasks = [(level, income) for level in levels for income in INCOMES if income in incomes]
    return dict(enumerate(TASKS if set(levels) <= set(LEVELS) else tasks, start=2))


def task_name(level: str, income: str, levels: Mapping[str, str] = LEVELS) -> str:
    """Name a task; `levels` are the study's, by :func:`level_names`.

    Examples
    --------
    >>> task_name("zip", "per_capita_income")
    'ZIP, per-capita income'
    """
    return f"{levels[level]}, {INCOMES[income]}"


def built_name(built_as: str) -> str:
    """Name a baseline with what it lacks.

    Examples
    --------
    >>> built_name("mixed_siamese_like_gp-noSV")
    'Mixed-Siamese-like-GP-noSV'
    """
    model, *lacking = built_as.split("-")
    return "-".join([MODELS[model], *lacking])


def embedding_names(models: Iterable[str]) -> dict[str, str]:
    """Names in print of those models that are ridge on an embedding of others.

    Examples
    --------
    >>> embedding_names(["ridge", "embedding_alpha_earth"])
    {'embedding_alpha_earth': 'Embedding alpha earth, ridge'}
    """
    own = [model for model in dict.fromkeys(models) if model.startswith(EMBEDDING)]
    words = {model: model.removeprefix(EMBEDDING).replace("_", " ") for model in own}
    return {model: f"Embedding {name}, ridge" for model, name in words.items()}


def model_name(model: str, mode: str | None = None, *, names: Mapping[str, str] = MODELS) -> str:
    """Name a model; a Gaussian process also by what of it was fitted.

    Examples
    --------
    >>> model_name("ssig", "optimised")
    'SSIG (all fitted)'
    >>> model_name("ridge", "reference")
    'Ridge regression'
    """
    return f"{names[model]} ({MODES[mode]})" if mode in MODES else names[model]
