"""Where a model has seen the like: dissimilarity index and area of applicability.

Meyer & Pebesma 2021, Methods Ecol. Evol. 12:1620. How far a held-out district lies from the nearest
training district in the space of the inputs, each scaled and weighted by what it is worth to a
model, in units of the mean distance between training districts. Beyond what cross-validation inside
the training districts has met, their scores say nothing of the prediction.
"""

import logging

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.spatial import cKDTree
from scipy.spatial.distance import pdist
from sklearn.ensemble import ExtraTreesRegressor

from incomelens.common.seeds import job_rng, job_seed
from incomelens.folds.buffer import outside_buffer
from incomelens.ssig.features import Sample, feature_names
from incomelens.ssig.out_of_fold import splits
from incomelens.ssig.scaling import scaling_of

logger = logging.getLogger(__name__)

TREES = 100  # of the forest whose importances weight the inputs
MOST_PAIRED = 5_000  # districts behind the mean distance; of more, a random part
Values = NDArray[np.float64]


def measure_applicability(sample: Sample, *, seed: int) -> pd.DataFrame:
    """Dissimilarity of every district to what is learnt from while it is held out.

    Inputs are the twelve of SSIG; their weights are importances (decrease of the variance) in
    extremely randomised trees of the training districts, so that all models of a task share one
    area.

    Returns
    -------
    DataFrame
        Table ``ssig/applicability/{level}-{income}-{scheme}.parquet``, but for the task's names.
    """
    features = feature_names("ssig")
    inputs, parts = sample.inputs(features), []
    for fold, training, held_out in splits(sample):
        forest = ExtraTreesRegressor(TREES, random_state=job_seed(seed, "importance", fold))
        weights = forest.fit(inputs[training], sample.income[training]).feature_importances_
        scaled = scaling_of(inputs[training], features).scaled(inputs) * weights
        known = scaled[training]
        unit = mean_distance(known, rng=job_rng(seed, "pairs", fold))
        own = dissimilarity_within(
            known, sample.fold[training], sample.place[training], buffer_km=sample.buffer_km
        )
        threshold = upper_whisker(own / unit)
        index = cKDTree(known).query(scaled[held_out])[0] / unit
        parts.append(
            pd.DataFrame(
                {
                    "geoid": sample.table["geoid"].to_numpy()[held_out],
                    "fold": fold,
                    "dissimilarity": index,
                    "threshold": threshold,
                    "applicable": index <= threshold,
                }
            )
        )
        logger.info(
            "fold %d: %d of %d held-out districts outside the area of applicability (index above "
            "%.3f)", fold, np.count_nonzero(index > threshold), len(index), threshold,
        )  # fmt: skip
    return pd.concat(parts, ignore_index=True)


def dissimilarity_within(
    inputs: Values, fold: NDArray[np.int64], place: Values, *, buffer_km: float = 0.0
) -> Values:
    """Distance of every training district to the nearest of another fold, outside the buffer.

    Of a single fold, or where a buffer leaves nothing, to the nearest other district.

    Parameters
    ----------
    inputs : array of shape (n, d)
        Scaled and weighted.
    fold : array of shape (n,)
    place : array of shape (n, 3)
        Kilometres.
    buffer_km : float

    Returns
    -------
    array of shape (n,)
    """
    distance = cKDTree(inputs).query(inputs, k=2)[0][:, 1]
    for number in np.unique(fold):
        others, own = (np.flatnonzero((fold == number) == same) for same in (False, True))
        others = outside_buffer(place, others, own, buffer_km=buffer_km)
        if len(others):
            distance[own] = cKDTree(inputs[others]).query(inputs[own])[0]
    return distance


def mean_distance(inputs: Values, *, rng: np.random.Generator) -> float:
    """Mean distance of all pairs of rows, or of those of :data:`MOST_PAIRED` random ones."""
    if len(inputs) > MOST_PAIRED:
        inputs = inputs[rng.choice(len(inputs), MOST_PAIRED, replace=False)]
    return float(pdist(inputs).mean())


def upper_whisker(values: Values) -> float:
    """Largest value within 1.5 interquartile ranges of the upper quartile, as CAST takes it.

    Quartiles are Tukey's hinges, medians of the halves, each with the middle value of an odd
    number of values, as in R's `boxplot.stats`.

    Examples
    --------
    >>> upper_whisker(np.array([1.0, 2.0, 3.0, 4.0, 100.0]))
    4.0
    """
    ordered = np.sort(values)
    half = (len(ordered) + 1) // 2
    low, high = np.median(ordered[:half]), np.median(ordered[-half:])
    return float(ordered[ordered <= high + 1.5 * (high - low)].max())
