"""Homes of the synthetic districts: the signal is where it was put, and nowhere else."""

import io
import zipfile

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import xarray as xr

from incomelens.common.names import MODALITIES
from incomelens.demo.districts.city import simulate_city
from incomelens.demo.districts.homes import draw_signals
from incomelens.demo.districts.homes_mirror import homes_contents
from incomelens.siamese.inputs.locate import locate_sales
from incomelens.siamese.inputs.prices import district_prices, sales_by_district
from incomelens.siamese.inputs.sales import home_sales
from incomelens.siamese.inputs.satellite import choose_squares, cut_squares
from incomelens.siamese.inputs.street_view_sources import collect_street_views
from incomelens.sources.readers.dof_sales import read_dof_sales
from incomelens.sources.readers.orthophotos import extract_orthophotos, list_orthophotos
from incomelens.sources.readers.tax_lots import read_tax_lots

FULL = dict.fromkeys(MODALITIES, 1.0)
GREEN = ([0.0, 1.0, 0.0], [0.5, 0.0, 0.5])


@pytest.fixture(scope="module")
def city():
    return simulate_city(n_tracts=80, n_zctas=20, seed=1)


@pytest.fixture(scope="module")
def contents(city):
    signals = draw_signals(city, strength=FULL, seed=5)
    return {key: make() for key, make in homes_contents(city, signals, seed=5).items()}


@pytest.fixture(scope="module")
def folder(contents, tmp_path_factory):
    root = tmp_path_factory.mktemp("homes")
    for (source, file), content in contents.items():
        (root / source).mkdir(exist_ok=True)
        (root / source / file).write_bytes(content)
    return root


@pytest.fixture(scope="module")
def districts(city):
    tracts = city.tracts[city.tracts["county"] != "99009"].to_crs(4326)
    centre = city.tracts.centroid.to_crs(4326)[tracts.index]
    return gpd.GeoDataFrame(
        {"geoid": tracts.index, "longitude": centre.x.to_numpy(), "latitude": centre.y.to_numpy()},
        geometry=tracts.geometry.to_numpy(),
        crs=4326,
    )


@pytest.mark.parametrize("modality", MODALITIES)
def test_a_signal_tells_income_as_strongly_as_asked(modality):
    big = simulate_city(n_tracts=600, n_zctas=40, seed=2)
    strength = dict.fromkeys(MODALITIES, 0.0) | {modality: 0.6}
    signals = draw_signals(big, strength=strength, seed=1)
    for name in MODALITIES:
        assert signals["z"].corr(signals[name]) == pytest.approx(strength[name], abs=0.12)
    assert signals[modality].std() == pytest.approx(1.0, abs=0.1)


@pytest.mark.slow
def test_every_file_is_the_same_to_the_byte_on_a_second_run(city, contents):
    signals = draw_signals(city, strength=FULL, seed=5)
    again = {key: make() for key, make in homes_contents(city, signals, seed=5).items()}
    assert again == contents


@pytest.mark.slow
def test_prices_follow_the_signal_through_workbooks_and_lots(city, districts, folder):
    sales = read_dof_sales(sorted((folder / "dof_sales_2019").glob("*.xlsx")))
    located = locate_sales(sales, read_tax_lots(list((folder / "pluto_19v2").iterdir())))
    assert (located["location_match"] != "none").all()
    homes, left_out = home_sales(located, least_price=10_000, outlier_mads=4.0)
    assert all(one.n for one in left_out)  # each kind of trouble is there
    inside, _ = sales_by_district(homes, districts, level="tract")
    prices = district_prices(districts, inside, least_sales=5).set_index("geoid")
    own = prices[prices["n_sales"] >= 5]
    z = draw_signals(city, strength=FULL, seed=5)["z"]
    assert own["price_log_median"].corr(z) > 0.9
    assert (prices["n_sales"] == 0).any()


def greenness(images):
    mean = images.reshape(len(images), -1, 3).mean(axis=1)
    return mean @ GREEN[0] / (mean @ GREEN[1])


def opened(path):
    store = xr.open_zarr(path)
    return store["image"].to_numpy(), store["geoid"].to_numpy().tolist()


@pytest.mark.slow
def test_images_from_above_follow_the_signal(city, districts, folder, tmp_path):
    files = sorted((folder / "synthetic_satellite").iterdir())
    listing = list_orthophotos(files, reader="geotiff")
    squares = choose_squares(districts, level="tract", side_m=640, n_images=2, seed=1)
    found = extract_orthophotos(listing, tmp_path / "photos")
    counts, _ = cut_squares(
        squares,
        found,
        tmp_path / "photos",
        geoids=districts["geoid"].tolist(),
        px=64,
        max_void_share=0.05,
        out=tmp_path / "a.zarr",
    )
    assert (counts["n_images"] == 2).all()
    images, geoids = opened(tmp_path / "a.zarr")
    z = draw_signals(city, strength=FULL, seed=5)["z"]
    green = pd.Series(greenness(images)).groupby(geoids).mean()
    assert green.corr(z[green.index]) > 0.9


@pytest.mark.slow
def test_street_views_follow_the_signal_and_hold_trouble(city, districts, folder, tmp_path, caplog):
    caplog.set_level("INFO")
    settings = {"reader": "folder", "px": 64, "images": 2}
    counts, _ = collect_street_views(
        districts,
        [folder / "synthetic_street_views" / "synthetic_street_views.zip"],
        settings=settings,
        level="tract",
        seed=1,
        environment={},
        out=tmp_path / "a.zarr",
    )
    assert counts["unreadable"].sum() == 1
    assert "1 without coordinates" in caplog.text
    images, geoids = opened(tmp_path / "a.zarr")
    z = draw_signals(city, strength=FULL, seed=5)["z"]
    green = pd.Series(greenness(images)).groupby(geoids).mean()
    assert green.corr(z[green.index]) > 0.6
    assert (counts.set_index("geoid")["n_images"] == 0).sum() == (
        city.tracts.loc[districts["geoid"], "population"] == 0
    ).sum()


def test_a_view_may_have_its_place_in_its_tags_alone(contents):
    packed = contents["synthetic_street_views", "synthetic_street_views.zip"]
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        table = pd.read_csv(archive.open("coordinates.csv"))
        images = [name for name in archive.namelist() if name.endswith(".jpg")]
    assert set(images) - set(table["file"]) == {"views/00000.jpg", "views/nowhere.jpg"}


def test_strength_zero_leaves_nothing_of_income_in_the_pictures(city):
    none = draw_signals(city, strength=dict.fromkeys(MODALITIES, 0.0), seed=5)
    full = draw_signals(city, strength=FULL, seed=5)
    for modality in MODALITIES:
        assert abs(none[modality].corr(none["z"])) < 0.25
        assert np.allclose(full[modality], full["z"])
