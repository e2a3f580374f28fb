"""Which columns of the districts' table a model reads."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from incomelens.common.errors import InputError, listed
from incomelens.districts.columns import VARIABLES
from incomelens.districts.inequality import MOE_PER_STANDARD_ERROR
from incomelens.folds.buffer import places_on_earth

SOCIOECONOMIC = VARIABLES  # the ten of Table 2
SPATIAL = ("latitude", "longitude")


def feature_names(model: str, variant: str = "main") -> tuple[str, ...]:
    """Names of a model's inputs.

    Parameters
    ----------
    model : {"ssig", "socioeconomic", "spatial"}
        The whole model and the two of the ablation study (Table 4).
    variant : str
        `bachelor_or_above` reads the paper's first variable as "a bachelor's degree or more"
        instead of "a bachelor's degree and no more"; other variants change no input.
    """
    columns = {
        "ssig": SOCIOECONOMIC + SPATIAL,
        "socioeconomic": SOCIOECONOMIC,
        "spatial": SPATIAL,
    }
    if model not in columns:
        raise InputError(f"ssig.models: {model!r} is unknown; known are {', '.join(columns)}")
    first = "bachelor_or_above" if variant == "bachelor_or_above" else "bachelor"
    return tuple(first if name == "bachelor" else name for name in columns[model])


@dataclass(frozen=True)
class Sample:
    """Districts of one task, ready for any model.

    Attributes
    ----------
    table : DataFrame
        Districts with an income, of the variant.
    income : array of shape (n,)
        USD a year.
    known_noise : array of shape (n,)
        Variance of the income by its margin of error, USD²; 0 where there is none.
    fold, block : arrays of shape (n,)
    buffer_km : float
        Districts closer than that to a held-out one are not learnt from.
    """

    table: pd.DataFrame
    income: NDArray[np.float64]
    known_noise: NDArray[np.float64]
    fold: NDArray[np.int64]
    block: NDArray[np.int64]
    buffer_km: float = 0.0

    @property
    def place(self) -> NDArray[np.float64]:
        """Where the districts lie, km, shape (n, 3)."""
        degrees = self.table[["longitude", "latitude"]].to_numpy(dtype=np.float64)
        return places_on_earth(*degrees.T)

    def inputs(self, features: tuple[str, ...]) -> NDArray[np.float64]:
        """Inputs in their own units, shape (n, len(features))."""
        return self.table[list(features)].to_numpy(dtype=np.float64)


def income_sample(
    districts: pd.DataFrame,
    folds: pd.DataFrame,
    *,
    income: str,
    variant: str = "main",
    known_noise: bool = False,
) -> Sample:
    """Districts that have the income, in the variant's sample, with their folds.

    Those at the top code stay in the variant `main` (deviation `top_code`); `known_noise` takes the
    margins of error along (deviation `margins_of_error`).

    Raises
    ------
    InputError
        If a district with an income has no fold, or an input is missing or not finite.
    """
    kept = districts[income].notna()
    if variant == "without_topcoded":
        kept &= ~districts["median_household_income_topcoded"].astype(bool)
    table = pd.DataFrame(districts.loc[kept].drop(columns="geometry", errors="ignore"))
    table = table.merge(folds, on="geoid", how="left", validate="one_to_one")
    if table["fold"].isna().any():
        names = listed(table.loc[table["fold"].isna(), "geoid"])
        raise InputError(f"folds: no fold for district {names}; rebuild the folds of this level")
    for name in (*SOCIOECONOMIC, "bachelor_or_above", *SPATIAL):
        bad = ~np.isfinite(table[name].to_numpy(dtype=np.float64))
        if bad.any():
            raise InputError(
                f"districts: {name} is missing or not a number for {listed(table['geoid'][bad])}; "
                "every district with an income needs all inputs"
            )
    noise = np.zeros(len(table))
    if known_noise:
        noise = (table[f"{income}_moe"].to_numpy(dtype=np.float64) / MOE_PER_STANDARD_ERROR) ** 2
    return Sample(
        table=table,
        income=table[income].to_numpy(dtype=np.float64),
        known_noise=np.nan_to_num(noise),
        fold=table["fold"].to_numpy(dtype=np.int64),
        block=table["block"].to_numpy(dtype=np.int64),
        buffer_km=float(table["buffer_km"].iloc[0]) if "buffer_km" in table else 0.0,
    )
