"""Images of one modality on disk, as one Zarr group."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from incomelens.tiles.group_file import COLOUR_PLANES, GroupWriter, PixelRows, packed_together

ALWAYS = {
    "geoid": "district that the image belongs to",
    "image_id": "name of the image",
}


class ImageWriter(GroupWriter):
    """Writes images of districts, holding few of them at a time.

    Parameters
    ----------
    out : path
        Folder of the group; what was there is replaced once everything is written.
    px : int
        Pixels on each side.
    title : str
        What the images are, for a reader of the file.
    labels : mapping
        Further facts of an image, such as ``date``: name to what it is (with its unit).
    about : mapping, optional
        More attributes of the group, such as the licence.
    """

    def __init__(
        self,
        out: str | Path,
        *,
        px: int,
        title: str,
        labels: Mapping[str, str],
        about: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(out, {"title": title, **(about or {})})
        self._px = px
        self._labels = {**ALWAYS, **labels}
        self._rows: list[Mapping[str, object]] = []

    def _begin(self) -> None:
        self._images = PixelRows(
            self._group,
            "image",
            (self._px, self._px, 3),
            packed_together(self._px),
            dimensions=("image", "y", "x", "band"),
            attributes={
                "long_name": "red, green, blue; first row on top",
                "units": "1",
                "coordinates": " ".join(self._labels),
            },
            filters=COLOUR_PLANES,
        )

    def add(self, image: NDArray[np.uint8], **labels: object) -> None:
        """Append an image (px, px, 3) and what is known of it, one value a label."""
        self._rows.append({name: labels[name] for name in self._labels})
        self._images.append(image)

    def table(self) -> pd.DataFrame:
        """What is known of every image so far, one row each."""
        return pd.DataFrame(self._rows, columns=list(self._labels))

    def _finish(self) -> None:
        self._images.flush()
        table = self.table()
        for name, meaning in self._labels.items():
            numeric = len(table) > 0 and pd.api.types.is_numeric_dtype(table[name])
            dtype = float if numeric else str
            self._label(name, table[name], "image", dtype=dtype, long_name=meaning)
        self._label("band", ["red", "green", "blue"], "band", dtype=str, long_name="colour")
