r"""Homes of the synthetic districts: how well each modality tells the income of a district.

Each modality draws from a signal of its own, one number a tract:

.. math:: s_m = \rho_m z + \sqrt{1 - \rho_m^2}\\, e_m

with z the standardised logarithm of the true median household income, e_m standard normal noise
that is independent from tract to tract, and rho_m the strength of the modality in the
configuration. So with strength 0 nothing of that modality tells income, its location included.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from incomelens.common.names import MODALITIES
from incomelens.common.seeds import job_rng
from incomelens.demo.districts.city import DistrictCity


def draw_signals(city: DistrictCity, *, strength: Mapping[str, float], seed: int) -> pd.DataFrame:
    """Draw the signal of every modality, one row a tract.

    Parameters
    ----------
    city : DistrictCity
    strength : mapping
        Modality to the correlation of its signal with the logarithm of income, 0 to 1.
    seed : int

    Returns
    -------
    DataFrame
        Indexed as the tracts: ``z`` (0 where nobody lives) and one column a modality.
    """
    income = np.log(city.tracts["true_median_household_income"])
    z = ((income - income.mean()) / income.std(ddof=0)).fillna(0.0)
    signals = pd.DataFrame({"z": z})
    for modality in MODALITIES:
        rho = strength[modality]
        noise = job_rng(seed, "signal", modality).normal(size=len(z))
        signals[modality] = rho * z + np.sqrt(1 - rho**2) * noise
    return signals
