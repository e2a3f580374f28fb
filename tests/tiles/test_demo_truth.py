"""From a provider's delivery to tiles, held to the world that the delivery was made from."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal
from pyproj import Transformer
from scipy.ndimage import map_coordinates

from incomelens.cells.build import build_cells
from incomelens.cells.land_use import merge_land_use
from incomelens.cells.urban_classes import EXCLUDED, land_use_list
from incomelens.demo.cities.city import make_city
from incomelens.demo.cities.mirror import city_contents
from incomelens.demo.mirror import write_mirror
from incomelens.sources.readers.filosofi import read_filosofi
from incomelens.sources.readers.land_use import read_polygons
from incomelens.sources.readers.orthophotos import extract_orthophotos, list_orthophotos
from incomelens.sources.readers.urban_atlas import read_urban_atlas
from incomelens.tiles.class_shares import class_shares
from incomelens.tiles.index import build_index
from incomelens.tiles.land_use import LandUseMap
from incomelens.tiles.plan import needed_orthophotos, plan_shards
from incomelens.tiles.shards import cut_shard
from incomelens.tiles.store import open_tiles

CODE_VALUES = land_use_list().code_values
NAMES = land_use_list().names

pytestmark = pytest.mark.slow

TILE_PX = 200  # one metre, as in the picture


class Cut:
    """A synthetic city, and what readers, cells and tiles made of its deliveries."""

    def __init__(self, folder):
        self.city = make_city("Essai", index=3, seed=5, cells_wide=6, cells_high=5)
        contents = city_contents([self.city])
        files = {source: folder / source / name for source, name in contents}
        parts = [folder / source / name for source, name in contents if "ortho" in source]
        write_mirror(contents, [*files.values(), *parts])
        grid = read_filosofi(files["synthetic_filosofi_2015"])
        delivery = read_urban_atlas(files["synthetic_urban_atlas_2012"], city="Essai")
        self.delivery = delivery.polygons
        self.cells = build_cells(grid, delivery.boundary, exclude_imputed=False)
        bounds = tuple(self.cells.total_bounds)
        self.land_use = merge_land_use(delivery.polygons, bounds=bounds).polygons
        listing = list_orthophotos(parts, reader="ign")
        needed = needed_orthophotos(self.cells, listing)
        self.plan = plan_shards(self.cells, needed, n_shards=2)
        images = extract_orthophotos(needed, folder / "images")
        self.shards = [folder / f"{number}.zarr" for number in range(2)]
        for number, out in enumerate(self.shards):
            rows = self.plan[self.plan["shard"] == number]
            cut_shard(
                rows,
                self.cells,
                images,
                folder / "images",
                self.land_use,
                tile_px=TILE_PX,
                out=out,
            )
        self.index = build_index(self.cells, self.plan, self.shards, max_void_share=0.01)
        self.tiles = open_tiles(self.index, self.shards)

    def drawn(self, cell_id):
        """The picture at the ground of every pixel of a cell, by exact coordinates."""
        west, _, _, north = self.cells.set_index("cell_id").geometry[cell_id].bounds
        steps = (np.arange(TILE_PX) + 0.5) * 200 / TILE_PX
        easting, northing = np.meshgrid(west + steps, north - steps)
        to_picture = Transformer.from_crs(3035, 2154, always_xy=True)
        x, y = to_picture.transform(easting.ravel(), northing.ravel())
        column, row = self.city.frame.pixels(np.column_stack([x, y])).T
        sampled = [
            map_coordinates(
                self.city.picture[..., band].astype(float), [row - 0.5, column - 0.5], order=1
            )
            for band in range(3)
        ]
        return np.stack(sampled, axis=-1).reshape(TILE_PX, TILE_PX, 3)


@pytest.fixture(scope="module")
def cut(tmp_path_factory):
    return Cut(tmp_path_factory.mktemp("truth"))


def shift_px(image, reference):
    """Pixels, down and right, by which an image is displaced: least squares on the slopes."""
    grey, wanted = image.mean(axis=-1), reference.mean(axis=-1)
    down, right = np.gradient(wanted)
    slopes = np.column_stack([down.ravel(), right.ravel(), np.ones(wanted.size)])
    return -np.linalg.lstsq(slopes, (grey - wanted).ravel(), rcond=None)[0][:2]


def test_every_tile_shows_its_own_ground_to_a_twentieth_of_a_pixel(cut):
    images = cut.tiles.read_images(cut.tiles.cell_ids)
    shifts = [
        shift_px(image.astype(float), cut.drawn(cell))
        for cell, image in zip(cut.tiles.cell_ids, images, strict=True)
    ]
    assert len(shifts) > 20
    assert np.abs(shifts).max() < 0.05
    # The measure itself sees a displacement where there is one.
    moved = np.roll(images[0].astype(float), 1, axis=0)
    assert shift_px(moved, cut.drawn(cut.tiles.cell_ids[0]))[0] > 0.3


def exact_shares(cells, land_use):
    """Share of every class in the area of each cell, which rasters come near."""
    pieces = cells[["cell_id", "geometry"]].overlay(land_use[["value", "geometry"]])
    names = {**dict(enumerate(NAMES, start=1)), EXCLUDED: "excluded"}
    areas = pieces.assign(area=pieces.area, name=pieces["value"].map(names)).pivot_table(
        index="cell_id", columns="name", values="area", aggfunc="sum", fill_value=0.0
    )
    shares = areas.div(cells.set_index("cell_id").area, axis="index")
    shares = shares.reindex(columns=list(names.values()), fill_value=0.0)
    return shares.assign(unknown=1 - shares.sum(axis=1))


def test_class_shares_of_tiles_equal_the_exact_overlay(cut):
    counted = class_shares(cut.tiles).pivot_table(
        index="cell_id", columns="urban_class", values="area_share"
    )
    kept = cut.cells[cut.cells["cell_id"].isin(cut.tiles.cell_ids)]
    exact = exact_shares(kept, cut.land_use).loc[counted.index]
    counted = counted.reindex(columns=exact.columns).fillna(0.0)
    np.testing.assert_allclose(counted.sum(axis=1), 1.0)
    assert (counted - exact).abs().to_numpy().max() < 0.005


def test_class_totals_of_the_city_are_those_it_was_planned_with(cut):
    land = cut.city.plan.land
    value = land["code"].map(CODE_VALUES).to_numpy()
    core = cut.cells.union_all()
    planned = land.geometry.intersection(core).area.groupby(value).sum()
    shares = exact_shares(cut.cells, cut.land_use)
    found = pd.Series(
        {number: 40_000 * shares[name].sum() for number, name in enumerate(NAMES, start=1)}
    )
    planned = planned.drop(255, errors="ignore").reindex(found.index).fillna(0.0)
    np.testing.assert_allclose(found, planned, rtol=1e-6, atol=1.0)


def test_cells_without_imagery_are_dropped_with_their_reason_and_the_rest_is_built(cut):
    reasons = cut.index.set_index("cell_id")["drop_reason"].dropna()
    assert set(reasons) == {"void_imagery", "no_imagery"}
    assert cut.index["kept"].sum() == len(cut.cells) - len(reasons)
    hamlet = cut.city.plan.hamlet
    assert reasons[f"CRS3035RES200mN{hamlet[1]:.0f}E{hamlet[0]:.0f}"] == "no_imagery"


def test_the_same_polygons_read_as_any_layer_burn_the_same_tiles(cut, tmp_path):
    cut.delivery.to_file(tmp_path / "land.gpkg", layer="land")
    cells = cut.cells.geometry
    told = {"column": "code", "identifier": "identifier", "layer": "land"}
    again = read_polygons(tmp_path / "land.gpkg", cells, **told)
    merged = merge_land_use(again, bounds=tuple(cells.total_bounds)).polygons
    before, after = LandUseMap(cut.land_use), LandUseMap(merged)
    for cell in cells:
        burnt = (land.burn(cell.bounds, tile_px=TILE_PX) for land in (before, after))
        assert_array_equal(*burnt)
