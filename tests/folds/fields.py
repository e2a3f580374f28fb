"""Incomes of districts that are alike over a known distance."""

import numpy as np
import pandas as pd
from scipy.spatial.distance import cdist

from incomelens.folds.buffer import places_on_earth


def smooth_incomes(n: int, *, range_km: float, seed: int) -> pd.DataFrame:
    """Districts of a city of 40 km with an exponential covariance of practical range `range_km`."""
    rng = np.random.default_rng(seed)
    longitude, latitude = rng.uniform(-74.2, -73.7, n), rng.uniform(40.5, 40.9, n)
    place = places_on_earth(longitude, latitude)
    covariance = np.exp(-3 * cdist(place, place) / range_km) + 1e-9 * np.eye(n)
    income = 6e4 + 2e4 * np.linalg.cholesky(covariance) @ rng.normal(size=n)
    return pd.DataFrame(
        {
            "geoid": [f"{number:05d}" for number in range(n)],
            "longitude": longitude,
            "latitude": latitude,
            "per_capita_income": income,
            "median_household_income": income,
        }
    )
