"""Reading images and land use by cell."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import zarr
from numpy.typing import NDArray

from incomelens.common.errors import DamagedFileError, InputError, listed
from incomelens.common.tables import read_table
from incomelens.tiles.index import array_of, open_shard, shard_number


class Tiles:
    """The kept tiles of a city, read by cell id in any order.

    Reading is safe from several threads. Shards are opened on first use, so that an object may be
    handed to worker processes.

    Attributes
    ----------
    cell_ids : list of str
        Kept cells, in the order of the index.
    tile_px : int
        Pixels on each side of a tile.
    """

    def __init__(self, index: pd.DataFrame, shards: Sequence[str | Path], *, threads: int) -> None:
        kept = index.loc[index["kept"]]
        self.cell_ids: list[str] = kept["cell_id"].tolist()
        self._place = dict(
            zip(self.cell_ids, zip(kept["shard"], kept["row"], strict=True), strict=True)
        )
        self._paths = {shard_number(path): Path(path) for path in shards}
        missing = sorted(set(kept["shard"]) - set(self._paths))
        if missing:
            raise InputError(
                f"tiles: the index points to shards {listed(missing)}, which were not given; "
                "pass every shard of the city"
            )
        self._arrays: dict[tuple[int, str], zarr.Array] = {}
        self._threads = threads
        self.tile_px = self._common_size(sorted(set(kept["shard"])) or sorted(self._paths))

    def __getstate__(self) -> dict[str, object]:
        return {**self.__dict__, "_arrays": {}}

    def __len__(self) -> int:
        return len(self.cell_ids)

    def read_images(self, cell_ids: Sequence[str] | NDArray[np.str_]) -> NDArray[np.uint8]:
        """Images of cells, shape (n, tile_px, tile_px, 3): RGB, north up, west left.

        Raises
        ------
        InputError
            If a cell was not kept.
        """
        return self._read(cell_ids, "image", (self.tile_px, self.tile_px, 3))

    def read_land_use(self, cell_ids: Sequence[str]) -> NDArray[np.uint8]:
        """Urban class of every pixel, shape (n, tile_px, tile_px); otherwise as the images.

        Values are those of :mod:`incomelens.cells.urban_classes`.
        """
        return self._read(cell_ids, "land_use", (self.tile_px, self.tile_px))

    def bounds(self, cell_id: str) -> tuple[float, float, float, float]:
        """West, south, east, north of a tile, metres of the CRS of the cells."""
        shard, row = self._known([cell_id])[0]
        group = open_shard(self._paths[shard])
        west, south = (
            float(np.asarray(array_of(group, name)[row])) for name in ("easting", "northing")
        )
        side: Any = array_of(group, "side")[row] if "side" in group else group.attrs["cell_side_m"]
        return west, south, west + float(side), south + float(side)

    def _known(self, cell_ids: Sequence[str] | NDArray[np.str_]) -> list[tuple[int, int]]:
        """Shard and row of cells, all of which were kept."""
        unknown = [cell for cell in cell_ids if cell not in self._place]
        if unknown:
            raise InputError(
                f"tiles: cells {listed(unknown)} were not kept; ask for cells of `cell_ids`, the "
                "index says why others were dropped"
            )
        return [self._place[cell] for cell in cell_ids]

    def _read(
        self, cell_ids: Sequence[str] | NDArray[np.str_], variable: str, shape: tuple[int, ...]
    ) -> NDArray[np.uint8]:
        places = self._known(cell_ids)
        out = np.empty((len(cell_ids), *shape), dtype=np.uint8)

        def fill(at: int) -> None:
            shard, row = places[at]
            array = self._array(shard, variable)
            try:
                out[at] = array[row]
            except (OSError, RuntimeError, ValueError) as error:
                raise DamagedFileError(self._paths[shard], error) from None

        if self._threads == 1 or len(cell_ids) < 2:
            for at in range(len(cell_ids)):
                fill(at)
        else:
            with ThreadPoolExecutor(self._threads) as pool:
                list(pool.map(fill, range(len(cell_ids))))
        return out

    def _array(self, shard: int, variable: str) -> zarr.Array:
        key = (shard, variable)
        if key not in self._arrays:  # two threads may both open it: harmless
            self._arrays[key] = array_of(open_shard(self._paths[shard]), variable)
        return self._arrays[key]

    def _common_size(self, shards: Sequence[int]) -> int:
        sizes = {self._array(shard, "land_use").shape[1] for shard in shards}
        if len(sizes) != 1:
            raise InputError(
                f"tiles: shards of {listed(sorted(sizes))} pixels a side cannot be read as one; "
                "cut all shards of the city with one tiles.tile_px"
            )
        return int(sizes.pop())


def open_tiles(
    index: pd.DataFrame | str | Path, shards: Sequence[str | Path], *, threads: int = 1
) -> Tiles:
    """Open the kept tiles of a city.

    Parameters
    ----------
    index : DataFrame or path
        As :func:`~incomelens.tiles.index.build_index` makes it, or its file.
    shards : sequence of path
        The city's Zarr groups, in any order.
    threads : int
        Tiles read and decompressed at a time.
    """
    table = index if isinstance(index, pd.DataFrame) else read_table(index)
    return Tiles(table, shards, threads=threads)
