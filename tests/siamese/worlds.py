"""Districts whose income is known to sit in a modality."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr

from incomelens.siamese.models.modalities import Frozen
from incomelens.ssig.features import Sample

WIDTH = {"prices": 6, "satellite": 24, "street_view": 24}


@dataclass
class World:
    """Districts with an income, and what they show of it."""

    sample: Sample
    shown: Frozen


def world(
    signal=("prices", "satellite", "street_view"), *, n=120, n_folds=3, noise=0.3, seed=0
) -> World:
    """Make districts whose income shows in the modalities `signal`, the others being noise."""
    rng = np.random.default_rng(seed)
    latent = rng.normal(size=n)
    arrays = {}
    for name, width in WIDTH.items():
        values = rng.normal(size=(n, width))
        if name in signal:
            values[:, : width // 2] += 2.0 * latent[:, None]
        arrays[name] = values.astype(np.float32)
    income = 50_000 + 15_000 * (latent + noise * rng.normal(size=n))
    number = rng.permutation(n)
    table = pd.DataFrame(
        {
            "geoid": [f"{k:05d}" for k in range(n)],
            "longitude": rng.uniform(-74, -73.8, n),
            "latitude": rng.uniform(40.6, 40.8, n),
        }
    )
    sample = Sample(
        table=table,
        income=income,
        known_noise=np.zeros(n),
        fold=number % n_folds,
        block=number % (4 * n_folds),
    )
    return World(sample, Frozen(arrays))


def price_table(world: World) -> pd.DataFrame:
    """Write the world's prices as the table that the stage reads."""
    values = world.shown.arrays["prices"]
    columns = {f"price_{k}": values[:, k].astype(float) for k in range(values.shape[1])}
    return pd.DataFrame(
        {
            "geoid": world.sample.table["geoid"],
            **columns,
            "n_sales": np.arange(len(values)),
            "prices_filled": np.arange(len(values)) % 7 == 0,
        }
    )


def image_store(path, geoids, *, seed=0, px=32, brightness=None) -> None:
    """Write a store of one image a district, whose brightness may show something."""
    rng = np.random.default_rng(seed)
    images = rng.integers(0, 120, (len(geoids), px, px, 3))
    if brightness is not None:
        images = images + np.asarray(brightness)[:, None, None, None]
    xr.Dataset(
        {"image": (("image", "y", "x", "band"), images.clip(0, 255).astype(np.uint8))},
        coords={
            "geoid": ("image", np.array(geoids, dtype=object)),
            "image_id": ("image", np.array([f"i{k}" for k in range(len(geoids))], dtype=object)),
        },
    ).to_zarr(path, mode="w", consolidated=False)
