"""What districts show: names that say what is missing, scaling that looks at training alone."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from incomelens.common.errors import InputError
from incomelens.siamese.cross_validation import covered_rows
from incomelens.siamese.inputs.images import DistrictImages
from incomelens.siamese.models.embeddings import embed_images, embedder
from incomelens.siamese.models.inner_folds import inner_folds
from incomelens.siamese.models.modalities import Frozen, mean_embeddings, price_vectors
from incomelens.siamese.models.scaling import branch_scaling
from incomelens.siamese.names import baseline, check_modalities, suffixed

from .worlds import image_store, price_table, world


def test_a_name_says_what_a_model_lacks():
    assert suffixed("mixed_siamese_like", ["prices", "satellite", "street_view"]) == (
        "mixed_siamese_like"
    )
    assert suffixed("mixed_siamese_like", ["satellite"]) == "mixed_siamese_like-noHP-noSV"


def test_unknown_models_and_modalities_are_named():
    with pytest.raises(InputError, match="'siamese' is unknown; known are mixed_siamese_like,"):
        baseline("siamese")
    with pytest.raises(InputError, match="'radar' is unknown; known are prices, satellite"):
        check_modalities(["prices", "radar"])
    with pytest.raises(InputError, match=r"no modality, .* at least one of siamese\.prices"):
        check_modalities([])


def test_prices_keep_their_district_and_flag_what_was_filled_in():
    made = world(n=30)
    table = price_table(made)
    geoids = made.sample.table["geoid"]
    vectors = price_vectors(table.sample(frac=1.0, random_state=0), geoids)
    assert_allclose(vectors[:, :6], made.shown.arrays["prices"])
    assert_allclose(vectors[:, 6], np.log1p(np.arange(30)))
    assert_allclose(vectors[:, 7], np.arange(30) % 7 == 0)


def test_a_district_without_known_prices_has_none():
    made = world(n=12)
    table = price_table(made)
    table.loc[3, "price_2"] = np.nan
    vectors = price_vectors(table.drop(index=5), made.sample.table["geoid"])
    missing = np.isnan(vectors)
    assert np.flatnonzero(missing.all(axis=1)).tolist() == [3, 5]
    assert missing.any(axis=1).sum() == 2


def test_price_tables_that_break_the_contract_are_refused():
    made = world(n=12)
    table, geoids = price_table(made), made.sample.table["geoid"]
    with pytest.raises(InputError, match="lacks the column n_sales"):
        price_vectors(table.drop(columns="n_sales"), geoids)
    with pytest.raises(InputError, match=r"lacks the column price_\*"):
        price_vectors(table[["geoid", "n_sales", "prices_filled"]], geoids)
    with pytest.raises(InputError, match="district 00001 stands twice"):
        price_vectors(pd.concat([table, table.iloc[[1]]]), geoids)


def test_a_district_is_the_mean_of_its_images_and_missing_without_any():
    table = pd.DataFrame(
        {"geoid": ["b", "a", "b"], "image_id": list("xyz"), "e0000": [1, 5, 3], "e0001": [0, 7, 4]}
    )
    found = mean_embeddings(table, pd.Series(["a", "b", "c"]))
    assert_allclose(found, [[5, 7], [2, 2], [np.nan, np.nan]])
    table["e0001"] = [0, np.inf, 4]
    with pytest.raises(InputError, match="not finite for image y"):
        mean_embeddings(table, pd.Series(["a"]))


def test_models_cover_the_districts_that_have_every_modality():
    made = world(n=20)
    made.shown.arrays["satellite"][:4] = np.nan
    made.shown.arrays["street_view"][3:6] = np.nan
    assert covered_rows(made.shown, ["prices"]).tolist() == list(range(20))
    assert covered_rows(made.shown, ["prices", "satellite", "street_view"]).tolist() == (
        list(range(6, 20))
    )
    assert len(covered_rows(made.shown, ["satellite"], keeps_all=True)) == 20
    made.shown.arrays["satellite"][:15] = np.nan
    with pytest.raises(InputError, match=r"5 of 20 districts have all of satellite; 10 are"):
        covered_rows(made.shown, ["satellite"])
    with pytest.raises(InputError, match="no data of radar; the study has prices, satellite"):
        covered_rows(made.shown, ["radar"])


@given(st.integers(0, 1000), st.floats(1e-3, 1e6), st.floats(-1e3, 1e3))
def test_scaled_inputs_do_not_depend_on_units(seed, unit, shift):
    values = np.random.default_rng(seed).normal(size=(20, 3))
    plain = branch_scaling({"prices": values}, flags_missing=False).scaled({"prices": values})
    other = {"prices": unit * (values + shift)}
    scaled = branch_scaling(other, flags_missing=False).scaled(other)
    assert_allclose(scaled["prices"], plain["prices"], atol=1e-3)


def test_a_district_without_a_modality_lies_at_the_mean_and_is_flagged():
    values = np.random.default_rng(0).normal(size=(20, 3))
    values[4] = np.nan
    arrays = {"satellite": values}
    scaled = branch_scaling(arrays, flags_missing=True, image_components=2).scaled(arrays)
    assert scaled["satellite"].shape == (20, 3)
    assert scaled["satellite"][4].tolist() == [0, 0, 1]
    assert scaled["satellite"][:, 2].sum() == 1
    with pytest.raises(InputError, match="1 districts without satellite reached a model"):
        branch_scaling(arrays, flags_missing=False).scaled(arrays)
    with pytest.raises(InputError, match="1 training districts have satellite, 2 are needed"):
        branch_scaling({"satellite": values[3:5]}, flags_missing=True)


def test_constant_and_far_off_inputs_do_no_harm():
    values = np.column_stack([np.full(10, 7.0), np.arange(10.0)])
    scaling = branch_scaling({"prices": values}, flags_missing=False)
    found = scaling.scaled({"prices": np.array([[7.0, 4.5], [7.0, 1e9]])})["prices"]
    assert found.tolist() == [[0, 0], [0, 5]]


def test_embeddings_are_reduced_under_one_scale():
    rng = np.random.default_rng(0)
    values = rng.normal(size=(50, 2)) * [10.0, 0.1] @ rng.normal(size=(2, 30))
    found = branch_scaling({"satellite": values}, flags_missing=False, image_components=5)
    scaled = found.scaled({"satellite": values})["satellite"]
    assert scaled.shape == (50, 5)
    assert scaled[:, 0].std() > 20 * scaled[:, 1].std()
    assert (scaled[:, 2:].std(axis=0) < 1e-6).all()


@pytest.mark.parametrize("scheme", ["random", "block", "area"])
def test_inner_folds_keep_together_what_outer_folds_keep_together(scheme):
    sample = world(n=60, n_folds=4).sample
    training = np.flatnonzero(sample.fold != 0)
    fold = inner_folds(sample, training, scheme=scheme, n_folds=3, rng=np.random.default_rng(0))
    assert set(fold) == {0, 1, 2}
    assert np.bincount(fold).min() >= 10
    together = {"block": sample.block, "area": sample.fold}.get(scheme)
    if together is not None:
        assert pd.Series(fold).groupby(together[training]).nunique().eq(1).all()


def test_one_area_left_is_parted_by_its_blocks_and_one_block_not_at_all():
    sample = world(n=60, n_folds=2).sample
    training = np.flatnonzero(sample.fold == 1)
    rng = np.random.default_rng(0)
    assert len(set(inner_folds(sample, training, scheme="area", n_folds=3, rng=rng))) == 3
    sample.block[:] = 0
    with pytest.raises(InputError, match=r"lie in one block, .* use more blocks"):
        inner_folds(sample, training, scheme="area", n_folds=3, rng=rng)


EMBEDDING = {"weights": "none", "scaling": "half", "batch_size": 4}


def test_every_image_is_embedded_once_whatever_the_batch(tmp_path):
    image_store(tmp_path / "i.zarr", ["b", "a", "a", "c", "b"])
    images = DistrictImages(tmp_path / "i.zarr")
    once = embed_images(images, backbone="test_efficientnet", **EMBEDDING)
    again = embed_images(images, backbone="test_efficientnet", **(EMBEDDING | {"batch_size": 2}))
    assert once["geoid"].tolist() == ["b", "a", "a", "c", "b"]
    assert once["image_id"].tolist() == ["i0", "i1", "i2", "i3", "i4"]
    vectors = once.filter(like="e0").to_numpy()
    assert vectors.dtype == np.float32
    assert_allclose(again.filter(like="e0").to_numpy(), vectors, atol=1e-5)
    assert np.ptp(vectors, axis=0).max() > 1e-3


def test_a_store_without_images_gives_an_empty_table(tmp_path):
    image_store(tmp_path / "i.zarr", [])
    found = embed_images(
        DistrictImages(tmp_path / "i.zarr"), backbone="test_efficientnet", **EMBEDDING
    )
    assert len(found) == 0
    assert "e0000" in found
    assert np.isnan(mean_embeddings(found, pd.Series(["a"]))).all()


def test_stores_that_break_the_contract_are_refused(tmp_path):
    with pytest.raises(InputError, match="there is no such store of images"):
        DistrictImages(tmp_path / "nowhere.zarr")
    bare_store = xr.Dataset({"image": (("image", "y", "x", "band"), np.zeros((1, 2, 2, 3)))})
    bare_store.to_zarr(tmp_path / "bare.zarr", consolidated=False)
    with pytest.raises(InputError, match="lacks geoid, image_id; expected"):
        DistrictImages(tmp_path / "bare.zarr")
    text = np.array(["a"], dtype=object)
    named = bare_store.assign_coords(geoid=("image", text), image_id=("image", text))
    named.to_zarr(tmp_path / "float.zarr", consolidated=False)
    with pytest.raises(InputError, match=r"image is float64 over .* expected uint8"):
        DistrictImages(tmp_path / "float.zarr")


def test_an_unknown_backbone_is_named_with_its_neighbours():
    with pytest.raises(InputError, match=r"no model 'retina'; timm\.list_models\(\) lists them"):
        embedder("retina", "none")
    with pytest.raises(InputError, match="no model 'efficientnet_b99'; near it are"):
        embedder("efficientnet_b99", "none")


def test_frozen_arrays_follow_a_subset():
    shown = Frozen({"prices": np.arange(10.0)[:, None]}).subset(np.array([2, 5]))
    assert shown.of(np.array([0]))["prices"].tolist() == [[2], [5]]
