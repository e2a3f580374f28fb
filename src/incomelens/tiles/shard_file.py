"""A shard on disk: images and land use of census cells, as one Zarr group."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pyproj import CRS

from incomelens.cells.urban_classes import EXCLUDED, UNKNOWN, land_use_list
from incomelens.tiles.group_file import (
    COLOUR_PLANES,
    GroupWriter,
    PixelRows,
    packed_together,
    pixel_files,
)
from incomelens.tiles.warp import Warped

GRID_MAPPING = "spatial_ref"
PER_CELL = "cell_id easting northing"


class ShardWriter(GroupWriter):
    """Writes one shard, holding few cells at a time.

    The group has the dimension `cell` for cells with an image, and `dropped` for those without:
    their ids, void shares and reasons are all that is known of them.

    Parameters
    ----------
    out : path
        Folder of the group; what was there is replaced once everything is written.
    tile_px : int
    side : float or None
        Side of all tiles of the city, metres; None where each has its own.
    crs : CRS
        Of the cells.
    """

    def __init__(self, out: str | Path, *, tile_px: int, side: float | None, crs: CRS) -> None:
        self._tile_px, self._side, self._crs = tile_px, side, CRS(crs)
        about = {
            "title": "Aerial images and land use of census cells",
            "tile_px": tile_px,
            **({} if side is None else {"cell_side_m": side}),
            "crs": self._crs.to_string(),
        }
        super().__init__(out, about)
        self._kept: list[tuple[str, float, float, float, float, int]] = []
        self._dropped: list[tuple[str, float, str]] = []
        self._order: list[tuple[str, int, float, str | None]] = []

    def _begin(self) -> None:
        px, packed = self._tile_px, packed_together(self._tile_px)
        flags = {"unknown": UNKNOWN, **land_use_list().value_of, "excluded": EXCLUDED}
        per_cell = PER_CELL if self._side is not None else f"{PER_CELL} side"
        placed = {"grid_mapping": GRID_MAPPING, "coordinates": per_cell}
        self._images = PixelRows(
            self._group,
            "image",
            (px, px, 3),
            packed,
            dimensions=("cell", "y", "x", "band"),
            attributes={
                "long_name": "aerial image; red, green, blue; 0 where void",
                "units": "1",
                **placed,
            },
            filters=COLOUR_PLANES,
        )
        self._land_use = PixelRows(
            self._group,
            "land_use",
            (px, px),
            packed,
            dimensions=("cell", "y", "x"),
            attributes={
                "long_name": "urban class of the land-use polygon at the pixel's centre",
                "flag_values": list(flags.values()),
                "flag_meanings": " ".join(flags),
                **placed,
            },
        )

    def add(
        self,
        cell_id: str,
        tile: Warped,
        land_use: NDArray[np.uint8],
        bounds: tuple[float, float, float, float],
    ) -> None:
        """Append a cell: its image, land use (px, px), the bounds of its tile, metres."""
        west, south, east, _ = bounds
        self._order.append((cell_id, len(self._kept), tile.void_share, None))
        self._kept.append((cell_id, west, south, east - west, tile.void_share, tile.level))
        self._images.append(tile.image)
        self._land_use.append(land_use)

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

    def _finish(self) -> None:
        self._images.flush()
        self._land_use.flush()
        self._write_labels()
        self._group.attrs["pixel_files"] = pixel_files(self._beside)

    def _write_labels(self) -> None:
        """Coordinates of the cells, of the pixels inside a cell, and the dropped cells."""
        columns = zip(*self._kept, strict=True) if self._kept else [[]] * 6
        ids, eastings, northings, sides, void, levels = columns
        corner: dict[str, Any] = {"units": "m", "grid_mapping": GRID_MAPPING}
        self._label("cell_id", ids, "cell", dtype=str, long_name="id of the census cell")
        self._label("easting", eastings, "cell", long_name="western edge of the cell", **corner)
        self._label("northing", northings, "cell", long_name="southern edge of the cell", **corner)
        if self._side is None:
            self._label("side", sides, "cell", long_name="side of the tile", **corner)
        share: dict[str, Any] = {
            "units": "1",
            "long_name": "share of the cell's area without imagery",
        }
        self._label("void_share", void, "cell", **share)
        if any(levels):  # native pixels all over go without saying
            told = "how often halved the imagery was that was decoded; 0: native pixels"
            self._label("level", levels, "cell", dtype=np.uint8, units="1", long_name=told)
        gone, gone_void, reasons = zip(*self._dropped, strict=True) if self._dropped else [[]] * 3
        self._label("dropped_cell_id", gone, "dropped", dtype=str, long_name="cells without image")
        self._label("dropped_void_share", gone_void, "dropped", **share)
        self._label("drop_reason", reasons, "dropped", dtype=str, long_name="why there is no image")
        pixel = (self._side or 1.0) / self._tile_px
        centres = (np.arange(self._tile_px) + 0.5) * pixel
        inside: dict[str, Any] = {
            "units": "m",
            "long_name": "centre of the pixel, from the cell's corner",
        }
        if self._side is None:
            inside |= {"units": "1", "long_name": f"{inside['long_name']}, in sides of the tile"}
        self._label("x", centres, "x", **inside)
        self._label("y", centres[::-1], "y", **inside)
        self._label("band", ["red", "green", "blue"], "band", dtype=str)
        mapping = self._group.create_array(GRID_MAPPING, shape=(), dtype="int32")
        mapping[...] = 0
        # CF's own attributes for those who read CF, WKT for those who read WKT (GDAL, rioxarray).
        mapping.attrs.update({**self._crs.to_cf(), "spatial_ref": self._crs.to_wkt()})
