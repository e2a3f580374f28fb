"""Street views of districts, from a folder and from a provider on this machine."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import xarray as xr
from PIL import Image
from shapely import box

from incomelens.common.errors import InputError
from incomelens.siamese.inputs.street_view_sources import collect_street_views

from .street_view_server import Provider, running

KEY = "s3cretkey"
ENVIRONMENT = {"GOOGLE_STREET_VIEW_API_KEY": KEY}


@pytest.fixture
def districts():
    """Three squares of 0.01 degrees in a row, west to east."""
    return gpd.GeoDataFrame(
        {"geoid": ["a", "b", "c"]},
        geometry=[box(10 + 0.01 * n, 50, 10.01 + 0.01 * n, 50.01) for n in range(3)],
        crs=4326,
    )


@pytest.fixture
def folder(tmp_path):
    """Write images of one colour each, and the table of their places."""
    root = tmp_path / "views"
    root.mkdir()

    def write(places):
        rows = []
        for number, place in enumerate(places):
            name = f"{number}.png"
            Image.new("RGB", (12, 9), (number, 0, 0)).save(root / name)
            if place is not None:
                rows.append((name, *place))
        table = pd.DataFrame(rows, columns=["file", "longitude", "latitude"])
        table.to_csv(root / "places.csv", index=False)
        return root

    return write


def collect(
    districts, tmp_path, files=(), seed=1, environment=ENVIRONMENT, level="tract", **changes
):
    usual = {
        "reader": "folder",
        "px": 8,
        "images": 2,
        "radius_m": 60,
        "dates": ["2018-01", "2020-12"],
        "per_second": 5000.0,
        "most_images": None,
        "accept_partial": False,
        "cache": str(tmp_path / "cache"),
    }
    out = tmp_path / "images.zarr"
    counts, _ = collect_street_views(
        districts,
        files,
        settings=usual | changes,
        level=level,
        seed=seed,
        environment=environment,
        out=out,
    )
    return counts.set_index("geoid"), xr.open_zarr(out).load()


def test_photographs_of_a_folder_go_to_the_districts_they_lie_in(districts, folder, tmp_path):
    root = folder([(10.005, 50.005), (10.021, 50.002), (10.022, 50.003)])
    counts, images = collect(districts, tmp_path, [root])
    assert counts["n_images"].tolist() == [1, 0, 2]
    assert images["geoid"].to_numpy().tolist() == ["a", "c", "c"]
    assert images["image_id"].to_numpy().tolist() == ["0.png", "1.png", "2.png"]
    assert images["image"].shape == (3, 8, 8, 3)
    assert images["image"].to_numpy()[:, 0, 0, 0].tolist() == [0, 1, 2]
    assert images["longitude"].to_numpy().tolist() == [10.005, 10.021, 10.022]


def test_what_is_left_out_of_a_folder_is_counted(districts, folder, tmp_path, caplog):
    caplog.set_level("INFO")
    root = folder([*[(10.005, 50.005 + n / 1e4) for n in range(5)], (10.015, 50.0), (60, 5), None])
    (root / "0.png").write_bytes(b"broken")
    (root / "gone.png").unlink(missing_ok=True)
    table = pd.read_csv(root / "places.csv")
    table.loc[len(table)] = ["gone.png", 10.0, 50.0]
    table.to_csv(root / "places.csv", index=False)
    counts, images = collect(districts, tmp_path, [root], images=4, seed=3)
    assert counts["n_images"].sum() == len(images["image_id"])
    assert counts.loc["a", ["n_images", "unreadable", "beyond_the_limit"]].sum() == 5
    assert counts.loc["a", "beyond_the_limit"] == 1
    assert "1 outside every district, 1 without coordinates, 1 named and not there" in caplog.text


def test_an_unreadable_photograph_costs_itself_alone(districts, folder, tmp_path, caplog):
    root = folder([(10.005, 50.005), (10.006, 50.005)])
    (root / "1.png").write_bytes(b"broken")
    counts, images = collect(districts, tmp_path, [root])
    assert counts.loc["a", ["n_images", "unreadable"]].tolist() == [1, 1]
    assert images["image_id"].to_numpy().tolist() == ["0.png"]
    assert "an image of district a is left out: 1.png: not readable as an image" in caplog.text


def test_the_seed_chooses_among_more_photographs_than_a_district_may_have(
    districts, folder, tmp_path
):
    root = folder([(10.005, 50.001 + n / 1e4) for n in range(40)])

    def chosen(seed):
        _, images = collect(districts, tmp_path, [root], seed=seed, images=5)
        return images["image_id"].to_numpy().tolist()

    assert chosen(1) == chosen(1)
    assert chosen(1) != chosen(2)
    assert len(chosen(1)) == 5


def test_a_folder_of_another_city_is_refused(districts, folder, tmp_path):
    with pytest.raises(
        InputError, match=r"none of 1 photographs meets any of 3 districts: .* apart"
    ):
        collect(districts, tmp_path, [folder([(60, 5)])])
    assert not (tmp_path / "images.zarr").exists()


@pytest.fixture
def provider():
    with running(Provider()) as provider:
        yield provider


def from_google(districts, tmp_path, provider, **changes):
    return collect(districts, tmp_path, reader="google", address=provider.address, **changes)


def test_each_district_gets_new_panoramas_that_lie_in_it(districts, tmp_path, provider):
    # Few panoramas, so that points share one, and many lie in the next district.
    provider.step, provider.shift = 0.0025, 0.003
    counts, images = from_google(districts, tmp_path, provider, images=8)
    assert counts["n_images"].tolist() == [8, 8, 8]
    place = pd.DataFrame({name: images[name].to_numpy() for name in ("longitude", "latitude")})
    assert not place.duplicated().any()
    west = {"a": 10.0, "b": 10.01, "c": 10.02}
    for geoid, longitude in zip(images["geoid"].to_numpy(), place["longitude"], strict=True):
        assert west[geoid] - 1e-9 <= longitude <= west[geoid] + 0.01 + 1e-9
    assert set(images["date"].to_numpy().tolist()) == {"2019-05"}
    heading = images["heading"].to_numpy()
    assert len(np.unique(heading)) > 6
    assert images["image"].to_numpy()[:, 4, 4, 0] == pytest.approx(heading % 256, abs=3)
    assert "not for redistribution" in images.attrs["terms"]


def test_a_second_run_asks_for_nothing(districts, tmp_path, provider):
    _, first = from_google(districts, tmp_path, provider)
    n = len(provider.requests)
    _, second = from_google(districts, tmp_path, provider)
    assert len(provider.requests) == n
    assert first.identical(second)


def test_a_quota_error_says_how_to_go_on_and_the_next_run_does(districts, tmp_path, provider):
    provider.quota = 3
    with pytest.raises(
        InputError,
        match=r"the quota is used up \(the provider answers 429\); 3 images are missing, 3 are "
        r"kept in \S*cache\. Run the same command again once .*accept_partial to true",
    ):
        from_google(districts, tmp_path, provider)
    assert not (tmp_path / "images.zarr").exists()
    # One request was refused, none was sent after it.
    assert provider.n_images == 4
    assert provider.requests[-1] == "/"
    provider.quota = 1000
    counts, _ = from_google(districts, tmp_path, provider)
    assert counts["n_images"].tolist() == [2, 2, 2]
    assert provider.n_images == 4 + 3


def test_a_part_is_accepted_where_the_study_says_so_and_counted(
    districts, tmp_path, provider, caplog
):
    provider.quota = 3
    counts, _ = from_google(districts, tmp_path, provider, accept_partial=True)
    assert counts["n_images"].tolist() == [2, 1, 0]
    assert counts["quota"].tolist() == [0, 1, 2]
    assert "the study goes on with the 3 that are there" in caplog.text


def test_a_run_may_be_bounded_by_the_user(districts, tmp_path, provider):
    with pytest.raises(InputError, match=r"this run may ask for 2 images \(most_images\)"):
        from_google(districts, tmp_path, provider, most_images=2)
    assert provider.n_images == 2


def test_districts_without_panorama_or_of_another_time_are_counted(districts, tmp_path, provider):
    provider.nothing_west_of = 10.011
    counts, _ = from_google(districts, tmp_path, provider)
    assert counts["no_panorama"].tolist() == [2, 0, 0]
    provider.date = "2022-01"
    with pytest.raises(InputError, match=r"left out: .* other date"):
        from_google(districts, tmp_path, provider, cache=str(tmp_path / "other"))


def test_without_a_key_the_provider_is_not_asked(districts, tmp_path, provider):
    with pytest.raises(InputError, match=r"the environment has no GOOGLE_STREET_VIEW_API_KEY"):
        from_google(districts, tmp_path, provider, environment={})
    assert provider.requests == []


def test_the_key_is_in_no_file(districts, tmp_path, provider, caplog):
    caplog.set_level("DEBUG")
    from_google(districts, tmp_path, provider)
    assert KEY not in caplog.text
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(files) > 10
    assert not [path for path in files if KEY.encode() in path.read_bytes()]


def test_images_of_no_district_are_counted_for_the_level(districts, folder, tmp_path):
    root = folder([(10.005, 50.005), (60, 5), None])
    usual = {"reader": "folder", "px": 8, "images": 2}
    _, left_out = collect_street_views(
        districts,
        [root],
        settings=usual,
        level="tract",
        seed=1,
        environment={},
        out=tmp_path / "images.zarr",
    )
    counts = {one.reason: (one.what, one.n, one.total) for one in left_out if one.n}
    assert counts == {
        "outside_districts": ("street views", 1, 3),
        "no_coordinates": ("street views", 1, 3),
        "no_street_views": ("districts", 2, 3),
    }
