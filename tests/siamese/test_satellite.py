"""Squares of ground inside a district, and their images."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely
import xarray as xr
from rasterio.transform import from_origin
from shapely import Point, box

from incomelens.common.errors import InputError
from incomelens.siamese.inputs.satellite import choose_squares, cut_squares, orthophotos_of

UTM = "EPSG:32631"
WEST, SOUTH = 500_000.0, 5_000_000.0


def districts_of(shapes, crs=UTM):
    geoids = [f"{number:02d}" for number in range(len(shapes))]
    return gpd.GeoDataFrame({"geoid": geoids}, geometry=list(shapes), crs=crs).to_crs(4326)


def square(column, row, side=1000.0):
    west, south = WEST + column * side, SOUTH + row * side
    return box(west, south, west + side, south + side)


@pytest.fixture
def districts():
    """Four squares of 1 km, 2 x 2."""
    return districts_of([square(c, r) for r in (0, 1) for c in (0, 1)])


def choose(districts, side_m=200.0, n_images=3, seed=1, level="tract"):
    return choose_squares(districts, level=level, side_m=side_m, n_images=n_images, seed=seed)


def test_squares_lie_inside_their_district_and_hardly_overlap(districts):
    squares = choose(districts)
    assert squares["geoid"].value_counts().tolist() == [3] * 4
    assert squares.crs == UTM
    assert squares.geometry.area.to_numpy() == pytest.approx(40_000.0)
    assert (squares["inside_share"] >= 0.98).all()
    whole = districts.to_crs(UTM).set_index("geoid").geometry
    inside = squares.geometry.intersection(whole.loc[squares["geoid"]].reset_index(drop=True))
    assert inside.area.to_numpy() / 40_000 == pytest.approx(squares["inside_share"], abs=1e-5)
    for _, of in squares.groupby("geoid"):
        shapes = of.geometry.to_numpy()
        overlaps = shapely.area(shapely.intersection(shapes[:, None], shapes[None]))
        assert (overlaps[~np.eye(3, dtype=bool)] <= 0.25 * 40_000 + 1e-6).all()


def test_the_seed_decides_and_other_districts_do_not(districts):
    squares = choose(districts)
    assert squares.equals(choose(districts))
    assert not squares.geometry.equals(choose(districts, seed=2).geometry)
    alone = choose(districts.iloc[[2]])
    of = squares[squares["geoid"] == "02"]
    assert alone["image_id"].tolist() == of["image_id"].tolist() == ["02-1", "02-2", "02-3"]
    assert alone.geometry.to_numpy().tolist() == of.geometry.to_numpy().tolist()


def test_districts_of_one_shape_get_squares_of_their_own(districts):
    centre = choose(districts).geometry.centroid
    within = np.column_stack([centre.x % 1000, centre.y % 1000]).round(3)
    assert len(np.unique(within, axis=0)) == len(within)


@pytest.mark.parametrize("shape", [square(0, 0, 100.0), Point(WEST, SOUTH), box(0, 0, 1e-6, 1e-6)])
def test_a_small_district_has_fewer_squares_yet_one(shape):
    here = shapely.transform(shape, lambda xy: xy + ([WEST, SOUTH] if xy.max() < 1 else 0))
    squares = choose(districts_of([square(0, 0), here]))
    assert (squares["geoid"] == "01").sum() == 1


def test_a_crescent_gets_the_squares_that_lie_most_inside():
    ring = Point(WEST, SOUTH).buffer(1000) - Point(WEST, SOUTH).buffer(850)
    squares = choose(districts_of([ring]), n_images=2)
    shares = squares["inside_share"].tolist()
    assert shares == sorted(shares, reverse=True)
    assert min(shares) > 0.5


@pytest.fixture
def imagery(tmp_path):
    """Write an image of the ground: red grows eastwards, green northwards, 10 m a pixel."""

    def write(
        crs=UTM, name="one", pixel=10.0, west=WEST - 100, north=SOUTH + 2100, n=220, scale=1.0
    ):
        rows, cols = np.mgrid[:n, :n]
        ground_east = (cols + 0.5) * pixel / scale
        ground_north = 2200 - (rows + 0.5) * pixel / scale
        image = np.stack([ground_east / 10, ground_north / 10, np.full((n, n), 90)]).round()
        with rasterio.open(
            tmp_path / f"{name}.tif",
            "w",
            driver="GTiff",
            width=n,
            height=n,
            count=3,
            dtype="uint8",
            crs=crs,
            transform=from_origin(west, north, pixel, pixel),
        ) as raster:
            raster.write(image.astype(np.uint8))
        extent = box(west, north - n * pixel, west + n * pixel, north)
        return gpd.GeoDataFrame(
            {"name": [name], "path": [f"{name}.tif"]}, geometry=[extent], crs=crs
        )

    return write


def cut(squares, orthophotos, tmp_path, districts, **changes):
    settings = {"px": 32, "max_void_share": 0.05} | changes
    counts, _ = cut_squares(
        squares,
        orthophotos,
        tmp_path,
        geoids=districts["geoid"].tolist(),
        out=tmp_path / "images.zarr",
        **settings,
    )
    return counts, xr.open_zarr(tmp_path / "images.zarr")


def test_every_image_shows_its_own_ground(districts, imagery, tmp_path):
    squares = choose(districts)
    counts, images = cut(squares, imagery(), tmp_path, districts)
    assert counts["n_images"].tolist() == [3] * 4
    assert images["image"].dims == ("image", "y", "x", "band")
    assert images["image"].shape == (12, 32, 32, 3)
    assert images["image"].dtype == np.uint8
    assert sorted(images["image_id"].to_numpy().tolist()) == sorted(squares["image_id"])
    middle = squares.set_index("image_id").geometry.centroid
    for at, name in enumerate(images["image_id"].to_numpy().tolist()):
        one = images["image"][at].to_numpy().astype(float)
        assert images["geoid"].to_numpy()[at] == name[:2]
        assert one[..., 0].mean() == pytest.approx((middle[name].x - WEST + 100) / 10, abs=0.7)
        assert one[..., 1].mean() == pytest.approx((middle[name].y - SOUTH + 100) / 10, abs=0.7)
        # North is up and west is left: green falls along y, red grows along x.
        assert one[0, :, 1].mean() > one[-1, :, 1].mean()
        assert one[:, 0, 0].mean() < one[:, -1, 0].mean()


def test_imagery_in_feet_of_another_system_shows_the_same_ground(districts, imagery, tmp_path):
    """New York's orthophotos are in US feet; here a plane of feet with the same origin."""
    feet = rasterio.crs.CRS.from_string(
        "+proj=tmerc +lat_0=0 +lon_0=3 +k=0.9996 +x_0=500000.0000101600 +y_0=0 +ellps=WGS84 "
        "+units=us-ft +no_defs"
    )
    foot = 1200 / 3937
    squares = choose(districts)
    in_feet = imagery(
        crs=feet,
        name="feet",
        pixel=10 / foot,
        west=(WEST - 100) / foot,
        north=(SOUTH + 2100) / foot,
        scale=1 / foot,
    )
    _, expected = cut(squares, imagery(), tmp_path, districts)
    expected = expected.load().sortby("image_id")
    _, found = cut(squares, in_feet, tmp_path, districts)
    found = found.load().sortby("image_id")
    apart = found["image"].to_numpy().astype(int) - expected["image"].to_numpy()
    assert np.abs(apart).max() <= 1


def test_images_left_out_are_counted_by_reason(districts, imagery, tmp_path, caplog):
    caplog.set_level("INFO")
    half = imagery(n=160, north=SOUTH + 2100)  # the southern 500 m and the eastern 500 m are void
    counts, images = cut(choose(districts, n_images=4), half, tmp_path, districts)
    assert counts.columns.tolist() == [
        *("geoid", "n_images", "no_imagery", "unreadable_imagery", "void")
    ]
    assert counts.drop(columns="geoid").sum(axis=1).tolist() == [4] * 4
    assert counts.set_index("geoid").loc["02", "n_images"] == 4
    assert counts["no_imagery"].sum() > 0
    assert counts["void"].sum() > 0
    assert len(images["image_id"]) == counts["n_images"].sum()
    assert "left out: " in caplog.text


def test_an_unreadable_image_costs_its_squares_alone(districts, imagery, tmp_path, caplog):
    good = imagery(name="good")
    bad = imagery(name="bad", n=110, west=WEST - 100, north=SOUTH + 2100)
    data = bytearray((tmp_path / "bad.tif").read_bytes())
    (tmp_path / "bad.tif").write_bytes(data[:2000])
    both = pd.concat([bad, good.assign(name="z_good")], ignore_index=True)
    counts, _ = cut(choose(districts), gpd.GeoDataFrame(both, crs=UTM), tmp_path, districts)
    assert counts["unreadable_imagery"].tolist() == [0, 0, 3, 0]
    assert counts["n_images"].tolist() == [3, 3, 0, 3]
    assert "an image is left out: bad: " in caplog.text


def test_imagery_of_another_place_is_refused_before_and_while_cutting(districts, imagery, tmp_path):
    elsewhere = imagery(west=WEST + 90_000)
    squares = choose(districts)
    told = r"none of 12 squares in districts meets any of 1 orthophotos: .* longitude .*, ortho"
    with pytest.raises(InputError, match=told):
        orthophotos_of([squares], elsewhere, max_void_share=0.05)
    with pytest.raises(InputError, match=r"satellite: none of the 4 districts has an image"):
        cut(squares, elsewhere, tmp_path, districts)
    assert not (tmp_path / "images.zarr").exists()
    assert not list(tmp_path.glob(".*part*"))


def test_only_the_imagery_that_some_level_needs_is_unpacked(districts, imagery):
    both = pd.concat([imagery(), imagery(name="far", west=WEST + 90_000)], ignore_index=True)
    squares = [choose(districts), choose(districts.iloc[:1], level="zip")]
    needed = orthophotos_of(squares, both, max_void_share=0.05)
    assert needed["name"].tolist() == ["one"]


def test_the_same_images_give_the_same_bytes(districts, imagery, tmp_path):
    def written():
        cut(choose(districts), imagery(), tmp_path, districts)
        files = sorted((tmp_path / "images.zarr").rglob("*"))
        return {str(one): one.read_bytes() for one in files if one.is_file()}

    assert written() == written()
