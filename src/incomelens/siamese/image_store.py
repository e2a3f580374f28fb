"""Images of one modality on disk: one Zarr group that xarray opens, written as a stream."""

import os
import shutil
from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import pandas as pd
import zarr
from numpy.typing import NDArray
from zarr.codecs import TransposeCodec, ZstdCodec

from incomelens.tiles.shard_file import consolidate

# Chunks of one image are packed into files of about this size before compression.
FILE_BYTES = 64_000_000
MOST_PACKED = 1024
ALWAYS = {
    "geoid": "district that the image belongs to",
    "image_id": "name of the image",
}


class ImageWriter(AbstractContextManager):
    """Writes images of districts whole or not at all, holding few of them at a time.

    The same images in the same order give the same bytes.

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
        self._out = Path(out)
        self._beside = self._out.with_name(f".{self._out.stem}.{os.getpid()}.part.zarr")
        self._labels = {**ALWAYS, **labels}
        self._about = {"Conventions": "CF-1.11", "title": title, **(about or {})}
        packed = min(MOST_PACKED, max(1, FILE_BYTES // (3 * px**2)))
        self._buffer = np.empty((packed, px, px, 3), dtype=np.uint8)
        self._rows: list[Mapping[str, object]] = []
        self._flushed = 0

    def __enter__(self) -> Self:
        shutil.rmtree(self._beside, ignore_errors=True)
        self._beside.parent.mkdir(parents=True, exist_ok=True)
        self._group = zarr.create_group(self._beside, zarr_format=3, attributes=self._about)
        packed, *one = self._buffer.shape
        self._images = self._group.create_array(
            "image",
            shape=(0, *one),
            chunks=(1, *one),
            shards=(packed, *one),
            dtype="uint8",
            filters=[TransposeCodec(order=(0, 3, 1, 2))],
            compressors=ZstdCodec(level=1),
            dimension_names=("image", "y", "x", "band"),
            attributes={
                "long_name": "red, green, blue; first row on top",
                "units": "1",
                "coordinates": " ".join(self._labels),
            },
        )
        return self

    def add(self, image: NDArray[np.uint8], **labels: object) -> None:
        """Append an image (px, px, 3) and what is known of it, one value a label."""
        self._buffer[len(self._rows) - self._flushed] = image
        self._rows.append({name: labels[name] for name in self._labels})
        if len(self._rows) - self._flushed == len(self._buffer):
            self._flush()

    def table(self) -> pd.DataFrame:
        """What is known of every image so far, one row each."""
        return pd.DataFrame(self._rows, columns=list(self._labels))

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if kind is None:
                self._flush()
                self._write_labels()
                consolidate(self._beside)
                shutil.rmtree(self._out, ignore_errors=True)
                self._beside.rename(self._out)
        finally:
            shutil.rmtree(self._beside, ignore_errors=True)

    def _flush(self) -> None:
        start, end = self._flushed, len(self._rows)
        if end == start:
            return
        self._images.resize((end, *self._images.shape[1:]))
        self._images[start:end] = self._buffer[: end - start]
        self._flushed = end

    def _write_labels(self) -> None:
        table = self.table()
        for name, meaning in self._labels.items():
            numeric = len(table) > 0 and pd.api.types.is_numeric_dtype(table[name])
            self._write(name, table[name].tolist(), "image", float if numeric else str, meaning)
        self._write("band", ["red", "green", "blue"], "band", str, "colour")

    def _write(self, name: str, values: list, dimension: str, dtype: type, meaning: str) -> None:
        data = np.array(values, dtype=object if dtype is str else dtype)
        array = self._group.create_array(
            name,
            shape=data.shape,
            chunks=(max(1, len(data)),),
            dtype=dtype,
            compressors=ZstdCodec(level=1),
            dimension_names=(dimension,),
            attributes={"long_name": meaning},
        )
        if len(data):
            array[:] = data
