"""What a district shows: prices, mean embeddings of its images, its place."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from incomelens.common.errors import InputError, listed
from incomelens.ssig.features import SPATIAL, Sample

PLACE = "place"


def price_vectors(prices: pd.DataFrame, geoids: pd.Series) -> NDArray[np.float64]:
    """Price vectors of districts: the columns ``price_*``, log(1 + sales), and whether filled in.

    Parameters
    ----------
    prices : DataFrame
        ``geoid``, ``price_*``, ``n_sales``, ``prices_filled``.
    geoids : Series

    Returns
    -------
    array of shape (n, columns)
        NaN all along the row of a district whose prices are not all known.
    """
    columns = [name for name in prices.columns if name.startswith("price_")]
    missing = [name for name in ("geoid", "n_sales", "prices_filled") if name not in prices]
    if missing or not columns:
        lacking = ", ".join(missing or ["price_*"])
        raise InputError(f"prices: lacks the column {lacking}; make the table again")
    if prices["geoid"].duplicated().any():
        twice = listed(prices.loc[prices["geoid"].duplicated(), "geoid"])
        raise InputError(f"prices: district {twice} stands twice; expected one row a district")
    by_district = prices.set_index("geoid").reindex(geoids)
    values = np.column_stack(
        [
            by_district[columns].to_numpy(dtype=np.float64),
            np.log1p(by_district["n_sales"].to_numpy(dtype=np.float64)),
            by_district["prices_filled"].to_numpy(dtype=np.float64),
        ]
    )
    return np.where(np.isfinite(values).all(axis=1, keepdims=True), values, np.nan)


def mean_embeddings(embeddings: pd.DataFrame, geoids: pd.Series) -> NDArray[np.float32]:
    """Mean embedding of every district's images, shape (n, width); NaN where it has none."""
    vectors = embeddings.drop(columns=["geoid", "image_id"])
    if not np.isfinite(vectors.to_numpy()).all():
        bad = ~np.isfinite(vectors.to_numpy()).all(axis=1)
        raise InputError(
            f"embeddings: not finite for image {listed(embeddings['image_id'][bad])}; "
            "check the backbone's weights"
        )
    means = vectors.groupby(embeddings["geoid"].to_numpy()).mean()
    return means.reindex(geoids).to_numpy(dtype=np.float32)


class Shown(Protocol):
    """What the districts of a sample show."""

    def has(self, modality: str) -> NDArray[np.bool_]:
        """Whether a district has a modality, shape (n,)."""

    def of(self, training: NDArray[np.int64]) -> Mapping[str, NDArray]:
        """Arrays of all districts, one a modality, for models that learn from `training`."""

    def subset(self, rows: NDArray[np.int64]) -> "Shown":
        """What the districts of these rows show."""


@dataclass(frozen=True)
class Frozen:
    """What districts show where backbones learn nothing: the same for every training fold.

    Attributes
    ----------
    arrays : mapping
        For every modality an array of shape (n, width), rows as in the sample; NaN all along the
        row of a district without it.
    """

    arrays: Mapping[str, NDArray]

    def has(self, modality: str) -> NDArray[np.bool_]:
        """Whether a district has a modality, shape (n,)."""
        if modality not in self.arrays:
            raise InputError(f"siamese: no data of {modality}; the study has {listed(self.arrays)}")
        return np.all(np.isfinite(self.arrays[modality]), axis=1)

    def of(self, training: NDArray[np.int64]) -> Mapping[str, NDArray]:
        """Arrays of all districts, one a modality; the training districts do not matter."""
        return self.arrays

    def subset(self, rows: NDArray[np.int64]) -> "Frozen":
        """What the districts of these rows show."""
        return Frozen({name: values[rows] for name, values in self.arrays.items()})


def place_of(sample: Sample) -> NDArray[np.float64]:
    """Latitude and longitude of the districts, shape (n, 2), degrees."""
    return sample.inputs(SPATIAL)
