"""From a raster of land cover to the shares of tiles, in classes that are not the paper's."""

import numpy as np
import pandas as pd
import pytest
import rasterio
from pyproj import Transformer
from rasterio import Affine

from incomelens.cells.land_use import merge_land_use
from incomelens.sources.readers.land_use import open_land_use
from incomelens.tiles.class_shares import class_shares, unknown_land
from incomelens.tiles.index import build_index
from incomelens.tiles.plan import plan_shards
from incomelens.tiles.shards import cut_shard
from incomelens.tiles.store import open_tiles

from .ground import CORNER_E, CORNER_N, census_cells, footprints, gentle, write_orthophoto

PIXEL = 1 / 12_000  # WorldCover's, degrees
CELLS = census_cells(2, 2)


@pytest.fixture
def cover(tmp_path):
    """Trees west of the middle of the cells and houses east of it; no data in the north-east."""
    west, south, east, north = CELLS.to_crs(4326).total_bounds
    place = Affine(PIXEL, 0, west - 0.001, 0, -PIXEL, north + 0.001)
    shape = int((north - south + 0.002) / PIXEL), int((east - west + 0.002) / PIXEL)
    column, row = np.meshgrid(np.arange(shape[1]) + 0.5, np.arange(shape[0]) + 0.5)
    x, y = Transformer.from_crs(4326, CELLS.crs, always_xy=True).transform(*(place * (column, row)))
    middle_x, middle_y = CELLS.union_all().centroid.coords[0]
    codes = np.where(x < middle_x, 10, np.where(y > middle_y, 0, 50)).astype(np.uint8)
    form = {"driver": "GTiff", "count": 1, "dtype": "uint8", "nodata": 0, "crs": 4326}
    with rasterio.open(
        tmp_path / "cover.tif", "w", height=shape[0], width=shape[1], transform=place, **form
    ) as file:
        file.write(codes, 1)
    return tmp_path / "cover.tif"


def test_shares_of_tiles_are_those_of_a_raster_in_degrees(land_use_of, cover, tmp_path, caplog):
    land_use_of("config/land_use/esa_worldcover_2021.yaml")
    delivery = open_land_use([cover], reader="raster")
    land_use = merge_land_use(delivery.near(CELLS.geometry)).polygons
    write_orthophoto(
        tmp_path / "whole.tif", gentle, west=CORNER_E, north=CORNER_N + 900, width=900, height=900
    )
    photos = footprints(tmp_path, ["whole"])
    plan = plan_shards(CELLS, photos, n_shards=1)
    out = tmp_path / "0.zarr"
    cut_shard(plan, CELLS, photos, tmp_path, land_use, tile_px=64, out=out)
    index = build_index(CELLS, plan, [out], max_void_share=0.01)
    shares = class_shares(open_tiles(index, [out]))
    wide = pd.pivot_table(shares, "area_share", "cell_id", "urban_class", fill_value=0.0)
    wide = wide.loc[CELLS["cell_id"]]
    # South-west, south-east, north-west, north-east; an edge may run through the pixels beside it.
    assert wide["tree_cover"].tolist() == pytest.approx([1, 0, 1, 0], abs=0.05)
    assert wide["built_up"].tolist() == pytest.approx([0, 1, 0, 0], abs=0.05)
    (finding,) = unknown_land(shares, CELLS["cell_id"].tolist())
    assert (finding.n, finding.total, finding.example) == (1, 4, CELLS["cell_id"][3])
    assert "25 % of the land of all tiles is of no known use, and 1 of 4 tiles" in finding.message
