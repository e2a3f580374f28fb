"""Images on disk: what goes in comes out, whole or not at all."""

import numpy as np
import pytest
import xarray as xr

from incomelens.siamese.inputs.image_store import ImageWriter


def writer(path, px=4):
    return ImageWriter(path, px=px, title="t", labels={"score": "a number"}, about={"x": 1})


def test_xarray_reads_what_was_written_in_order(tmp_path, monkeypatch):
    monkeypatch.setattr("incomelens.tiles.group_file.FILE_BYTES", 3 * 4**2 * 3)
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (8, 4, 4, 3), dtype=np.uint8)
    with writer(tmp_path / "a.zarr") as store:
        for number, image in enumerate(images):
            store.add(image, geoid="007", image_id=f"i{number}", score=number / 2)
    found = xr.open_zarr(tmp_path / "a.zarr")
    assert found["image"].dims == ("image", "y", "x", "band")
    assert found["image"].encoding["shards"] == (3, 4, 4, 3)
    assert (found["image"].to_numpy() == images).all()
    assert found["geoid"].to_numpy().tolist() == ["007"] * 8
    assert found["image_id"].to_numpy().tolist() == [f"i{n}" for n in range(8)]
    assert found["score"].to_numpy().tolist() == [n / 2 for n in range(8)]
    assert {"geoid", "image_id", "score"} <= set(found.coords)
    assert found.attrs["x"] == 1


def test_a_failure_leaves_the_older_group_and_nothing_else(tmp_path):
    with writer(tmp_path / "a.zarr") as store:
        store.add(np.ones((4, 4, 3), np.uint8), geoid="a", image_id="1", score=0.0)

    def fail():
        with writer(tmp_path / "a.zarr") as again:
            again.add(np.zeros((4, 4, 3), np.uint8), geoid="b", image_id="2", score=0.0)
            raise RuntimeError("killed")

    with pytest.raises(RuntimeError, match="killed"):
        fail()
    assert [path.name for path in tmp_path.iterdir()] == ["a.zarr"]
    assert xr.open_zarr(tmp_path / "a.zarr")["geoid"].to_numpy().tolist() == ["a"]
