"""A Zarr group that xarray opens, written as a stream, whole or not at all."""

import shutil
import warnings
from abc import abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import zarr
from numpy.typing import NDArray
from zarr.codecs import TransposeCodec, ZstdCodec

from incomelens.common.files import beside_of, discard_leftovers

# Chunks of one image are packed into files of about this size before compression, so that a city is
# some thousand files and not hundreds of thousands; it is also what a job holds in memory.
FILE_BYTES = 64_000_000
MOST_PACKED = 1024
PACKING = ZstdCodec(level=1, checksum=True)  # so that a damaged file is told, not shown
# Colour planes one after the other are a tenth smaller than pixel by pixel.
COLOUR_PLANES = (TransposeCodec(order=(0, 3, 1, 2)),)


def packed_together(px: int) -> int:
    """How many images of `px` pixels on each side go into one file."""
    return min(MOST_PACKED, max(1, FILE_BYTES // (3 * px**2)))


def pixel_files(shard: str | Path) -> dict[str, int]:
    """Files that hold images and land use, by their path below the shard, with their bytes."""
    shard = Path(shard)
    return {
        str(file.relative_to(shard)): file.stat().st_size
        for array in ("image", "land_use")
        for file in sorted((shard / array / "c").rglob("*"))
        if file.is_file()
    }


class PixelRows:
    """An array of the group that grows along its first dimension, one row of pixels at a time.

    Parameters
    ----------
    group : zarr.Group
    name : str
    row_shape : tuple of int
    packed : int
        Rows of one file, and held in memory.
    dimensions : sequence of str
    attributes : mapping
    filters : sequence of zarr codecs
    """

    def __init__(
        self,
        group: zarr.Group,
        name: str,
        row_shape: tuple[int, ...],
        packed: int,
        *,
        dimensions: Sequence[str],
        attributes: Mapping[str, Any],
        filters: Sequence[TransposeCodec] = (),
    ) -> None:
        self._buffer = np.empty((packed, *row_shape), dtype=np.uint8)
        self._held = 0
        self._array = group.create_array(
            name,
            shape=(0, *row_shape),
            chunks=(1, *row_shape),
            shards=(packed, *row_shape),
            dtype="uint8",
            filters=list(filters),
            compressors=PACKING,
            dimension_names=dimensions,
            attributes=dict(attributes),
        )

    def append(self, row: NDArray[np.uint8]) -> None:
        """Add a row; a full file is written."""
        self._buffer[self._held] = row
        self._held += 1
        if self._held == len(self._buffer):
            self.flush()

    def flush(self) -> None:
        """Write the rows held so far."""
        start = self._array.shape[0]
        if self._held:
            rows = self._buffer[: self._held]
            self._array.resize((start + self._held, *self._array.shape[1:]))
            # Zarr leaves out rows of zeros, and looks for them slower than it packs the others.
            none_empty = all(row.any() for row in rows)
            self._array.with_config({"write_empty_chunks": none_empty})[start:] = rows
            self._held = 0


class GroupWriter(AbstractContextManager):
    """Writes a group beside its place, and moves it there once the block has ended well.

    The same rows in the same order give the same bytes.

    Parameters
    ----------
    out : path
        Folder of the group; what was there is replaced once everything is written.
    about : mapping
        Attributes of the group.
    """

    def __init__(self, out: str | Path, about: Mapping[str, object]) -> None:
        self._out = Path(out)
        self._beside = beside_of(self._out)
        self._about = {"Conventions": "CF-1.11", **about}
        self._group: zarr.Group

    def __enter__(self) -> Self:
        discard_leftovers(self._out)
        self._beside.parent.mkdir(parents=True, exist_ok=True)
        self._group = zarr.create_group(self._beside, zarr_format=3, attributes=self._about)
        self._begin()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if kind is None:
                self._finish()
                _consolidate(self._beside)
                shutil.rmtree(self._out, ignore_errors=True)
                self._beside.rename(self._out)
        finally:
            shutil.rmtree(self._beside, ignore_errors=True)

    @abstractmethod
    def _begin(self) -> None:
        """Create the arrays of pixels."""

    @abstractmethod
    def _finish(self) -> None:
        """Flush them, and label their rows."""

    def _label(
        self,
        name: str,
        values: Iterable,
        dimension: str,
        *,
        dtype: type = float,
        **attributes: Any,
    ) -> None:
        data = np.array(list(values), dtype=object if dtype is str else dtype)
        array = self._group.create_array(
            name,
            shape=data.shape,
            chunks=(max(1, len(data)),),
            dtype=dtype,
            compressors=ZstdCodec(level=1),
            dimension_names=(dimension,),
            attributes=attributes,
        )
        if len(data):
            array[:] = data


def _consolidate(group: Path) -> None:
    """One file with all metadata, which xarray looks for first."""
    with warnings.catch_warnings():
        # Zarr 3 does not specify it yet; readers that do not know it read the single files.
        warnings.filterwarnings("ignore", message="Consolidated metadata is currently not part")
        zarr.consolidate_metadata(group)
