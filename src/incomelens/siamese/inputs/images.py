"""Images of districts: a store of one modality and level, read in batches."""

from pathlib import Path

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from incomelens.common.errors import InputError

DIMENSIONS = ("image", "y", "x", "band")


class DistrictImages:
    """Images of one modality and level.

    Attributes
    ----------
    geoid, image_id : arrays of shape (n_images,), text
        The district that an image belongs to, and its own name.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        if not self.path.exists():
            raise InputError(f"{path}: there is no such store of images")
        self._store = xr.open_zarr(self.path, chunks=None, consolidated=False)
        _check(self._store, self.path)
        # Stores keep text of any length, which arrays of text do not turn into by themselves.
        self.geoid: NDArray = np.array(self._store["geoid"].to_numpy().tolist(), dtype=str)
        self.image_id: NDArray = np.array(self._store["image_id"].to_numpy().tolist(), dtype=str)

    def __len__(self) -> int:
        return len(self.geoid)

    def read(self, rows: slice | NDArray[np.int64]) -> NDArray[np.uint8]:
        """Images at these places of the store, shape (n, pixels, pixels, 3), RGB."""
        return self._store["image"].isel(image=rows).to_numpy()


def _check(store: xr.Dataset, path: Path) -> None:
    missing = [name for name in ("image", "geoid", "image_id") if name not in store.variables]
    if missing:
        raise InputError(
            f"{path}: lacks {', '.join(missing)}; expected the variable image with the "
            "coordinates geoid and image_id"
        )
    image = store["image"]
    if image.dims != DIMENSIONS or image.dtype != np.uint8 or image.sizes["band"] != 3:
        raise InputError(
            f"{path}: image is {image.dtype} over {dict(image.sizes)}; expected uint8 over "
            f"{', '.join(DIMENSIONS)} with 3 bands"
        )
