"""A shard on disk: one Zarr group that xarray opens, written as a stream."""

import shutil
import warnings
from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import pandas as pd
import zarr
from numpy.typing import NDArray
from pyproj import CRS
from zarr.codecs import TransposeCodec, ZstdCodec

from incomelens.cells.urban_classes import EXCLUDED, UNKNOWN, VALUES
from incomelens.common.files import beside_of, discard_leftovers

# Chunks of one cell are packed into files of about this size before compression, so that a city is
# some thousand files and not hundreds of thousands; it is also what a job holds in memory.
FILE_BYTES = 64_000_000
MOST_PACKED = 1024
PACKING = ZstdCodec(level=1, checksum=True)  # so that a damaged file is told, not shown
FLAGS = {"unknown": UNKNOWN, **VALUES, "excluded": EXCLUDED}
GRID_MAPPING = "spatial_ref"
PER_CELL = "cell_id easting northing"


def pixel_files(shard: str | Path) -> dict[str, int]:
    """Files that hold images and land use, by their path below the shard, with their bytes."""
    shard = Path(shard)
    return {
        str(file.relative_to(shard)): file.stat().st_size
        for array in ("image", "land_use")
        for file in sorted((shard / array / "c").rglob("*"))
        if file.is_file()
    }


class ShardWriter(AbstractContextManager):
    """Writes one shard whole or not at all, holding few cells at a time.

    The group has the dimension `cell` for cells with an image, and `dropped` for those without:
    their ids, void shares and reasons are all that is known of them. The same cells in the same
    order give the same bytes.

    Parameters
    ----------
    out : path
        Folder of the group; what was there is replaced once everything is written.
    tile_px : int
    side : float
        Side of a cell, metres.
    crs : CRS
        Of the cells.
    """

    def __init__(self, out: str | Path, *, tile_px: int, side: float, crs: CRS) -> None:
        self._out = Path(out)
        self._beside = beside_of(self._out)
        self._tile_px, self._side, self._crs = tile_px, side, CRS(crs)
        packed = min(MOST_PACKED, max(1, FILE_BYTES // (3 * tile_px**2)))
        self._images = np.empty((packed, tile_px, tile_px, 3), dtype=np.uint8)
        self._land_use = np.empty((packed, tile_px, tile_px), dtype=np.uint8)
        self._kept: list[tuple[str, float, float, float]] = []
        self._dropped: list[tuple[str, float, str]] = []
        self._order: list[tuple[str, int, float, str | None]] = []
        self._flushed = 0

    def __enter__(self) -> Self:
        discard_leftovers(self._out)
        self._beside.parent.mkdir(parents=True, exist_ok=True)
        self._group = zarr.create_group(self._beside, zarr_format=3, attributes=self._about())
        n, px = len(self._images), self._tile_px
        self._image_array = self._group.create_array(
            "image",
            shape=(0, px, px, 3),
            chunks=(1, px, px, 3),
            shards=(n, px, px, 3),
            dtype="uint8",
            # Colour planes one after the other are a tenth smaller than pixel by pixel.
            filters=[TransposeCodec(order=(0, 3, 1, 2))],
            compressors=PACKING,
            dimension_names=("cell", "y", "x", "band"),
            attributes={
                "long_name": "aerial image; red, green, blue; 0 where void",
                "units": "1",
                "grid_mapping": GRID_MAPPING,
                "coordinates": PER_CELL,
            },
        )
        self._land_use_array = self._group.create_array(
            "land_use",
            shape=(0, px, px),
            chunks=(1, px, px),
            shards=(n, px, px),
            dtype="uint8",
            compressors=PACKING,
            dimension_names=("cell", "y", "x"),
            attributes={
                "long_name": "urban class of the land-use polygon at the pixel's centre",
                "flag_values": list(FLAGS.values()),
                "flag_meanings": " ".join(FLAGS),
                "grid_mapping": GRID_MAPPING,
                "coordinates": PER_CELL,
            },
        )
        return self

    def add(
        self,
        cell_id: str,
        image: NDArray[np.uint8],
        land_use: NDArray[np.uint8],
        corner: tuple[float, float],
        void_share: float,
    ) -> None:
        """Append a cell: image (px, px, 3), land use (px, px), its lower-left corner, metres."""
        row = len(self._kept)
        self._images[row - self._flushed] = image
        self._land_use[row - self._flushed] = land_use
        self._kept.append((cell_id, *corner, void_share))
        self._order.append((cell_id, row, void_share, None))
        if len(self._kept) - self._flushed == len(self._images):
            self._flush()

    def drop(self, cell_id: str, reason: str, void_share: float) -> None:
        """Note a cell that has no image, and why."""
        self._dropped.append((cell_id, void_share, reason))
        self._order.append((cell_id, -1, void_share, reason))

    def index(self) -> pd.DataFrame:
        """Cells in the order they came: ``cell_id``, ``row``, ``void_share``, ``drop_reason``."""
        table = pd.DataFrame(self._order, columns=["cell_id", "row", "void_share", "drop_reason"])
        return table.astype(
            {"cell_id": "str", "row": "int64", "void_share": "float64", "drop_reason": "str"}
        )

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
                self._group.attrs["pixel_files"] = pixel_files(self._beside)
                consolidate(self._beside)
                shutil.rmtree(self._out, ignore_errors=True)
                self._beside.rename(self._out)
        finally:
            shutil.rmtree(self._beside, ignore_errors=True)

    def _flush(self) -> None:
        start, end = self._flushed, len(self._kept)
        if end == start:
            return
        for array, buffer in (
            (self._image_array, self._images),
            (self._land_use_array, self._land_use),
        ):
            array.resize((end, *array.shape[1:]))
            array[start:end] = buffer[: end - start]
        self._flushed = end

    def _about(self) -> dict[str, object]:
        return {
            "Conventions": "CF-1.11",
            "title": "Aerial images and land use of census cells",
            "tile_px": self._tile_px,
            "cell_side_m": self._side,
            "crs": self._crs.to_string(),
        }

    def _write_labels(self) -> None:
        """Coordinates of the cells, of the pixels inside a cell, and the dropped cells."""
        ids, eastings, northings, void = zip(*self._kept, strict=True) if self._kept else [[]] * 4
        corner = {"units": "m", "grid_mapping": GRID_MAPPING}
        self._label("cell_id", ids, "cell", dtype=str, long_name="id of the census cell")
        self._label("easting", eastings, "cell", long_name="western edge of the cell", **corner)
        self._label("northing", northings, "cell", long_name="southern edge of the cell", **corner)
        share = {"units": "1", "long_name": "share of the cell's area without imagery"}
        self._label("void_share", void, "cell", **share)
        gone, gone_void, reasons = zip(*self._dropped, strict=True) if self._dropped else [[]] * 3
        self._label("dropped_cell_id", gone, "dropped", dtype=str, long_name="cells without image")
        self._label("dropped_void_share", gone_void, "dropped", **share)
        self._label("drop_reason", reasons, "dropped", dtype=str, long_name="why there is no image")
        pixel = self._side / self._tile_px
        centres = (np.arange(self._tile_px) + 0.5) * pixel
        inside = {"units": "m", "long_name": "centre of the pixel, from the cell's corner"}
        self._label("x", centres, "x", **inside)
        self._label("y", centres[::-1], "y", **inside)
        self._label("band", ["red", "green", "blue"], "band", dtype=str)
        mapping = self._group.create_array(GRID_MAPPING, shape=(), dtype="int32")
        mapping[...] = 0
        # CF's own attributes for those who read CF, WKT for those who read WKT (GDAL, rioxarray).
        mapping.attrs.update({**self._crs.to_cf(), "spatial_ref": self._crs.to_wkt()})

    def _label(
        self, name: str, values: object, dimension: str, *, dtype: type = float, **attributes: str
    ) -> None:
        data = np.array(list(values), dtype=object if dtype is str else dtype)  # type: ignore[call-overload]
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


def consolidate(group: str | Path) -> None:
    """One file with all metadata, which xarray looks for first."""
    with warnings.catch_warnings():
        # Zarr 3 does not specify it yet; readers that do not know it read the single files.
        warnings.filterwarnings("ignore", message="Consolidated metadata is currently not part")
        zarr.consolidate_metadata(group)
