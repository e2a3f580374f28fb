"""Predictions are distributions, in order, and the same from a file."""

import json

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose

from incomelens.common.errors import DamagedFileError, InputError
from incomelens.inference.inputs import scale_images
from incomelens.inference.model_files import load_model, save_model
from incomelens.inference.network import build_network
from incomelens.inference.predict import predict

CPU = torch.device("cpu")
CELLS = [f"cell{number}" for number in range(7)]


class FakeTiles:
    def read_images(self, cell_ids):
        images = [
            np.random.default_rng(CELLS.index(cell_id)).integers(0, 256, (64, 64, 3))
            for cell_id in cell_ids
        ]
        return np.stack(images).astype(np.uint8)


def tiny(**options):
    network = build_network(**{"backbone": "test_efficientnet", "weights": "none"} | options)
    torch.nn.init.normal_(network.head.dense.weight, std=0.5, generator=torch.manual_seed(1))
    return network


def predictions(network, cells=CELLS, **options):
    return predict(network, FakeTiles(), cells, **{"scaling": "half", "device": CPU} | options)


@pytest.mark.parametrize("head", ["binomial", "softmax", "ordinal"])
def test_columns_agree_with_each_other(head):
    table = predictions(tiny(head=head))
    probabilities = table[[f"prob_{k}" for k in range(1, 6)]].to_numpy()
    assert table["cell_id"].tolist() == CELLS
    assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-12)
    assert_allclose(table["expected_class"], probabilities @ np.arange(1, 6))
    assert_allclose(table["p"], (table["expected_class"] - 1) / 4)
    assert (table["predicted"] == probabilities.argmax(axis=1) + 1).all()


def test_binomial_predictions_by_hand():
    network = tiny()
    torch.nn.init.zeros_(network.head.dense.weight)
    torch.nn.init.constant_(network.head.dense.bias, np.log(3))  # p = 3/4
    row = predictions(network).iloc[0]
    expected = np.array([1, 12, 54, 108, 81]) / 256
    assert_allclose(row.filter(like="prob_").to_numpy(float), expected, rtol=1e-6)
    assert (row["predicted"], round(row["expected_class"], 6)) == (4, 4.0)


def test_rows_follow_their_cells_whatever_the_batches():
    network = tiny()
    whole = predictions(network, batch_size=7).set_index("cell_id")
    shuffled = ["cell3", "cell0", "cell6", "cell1"]
    parts = predictions(network, shuffled, batch_size=3).set_index("cell_id")
    assert whole["p"].nunique() == 7
    assert_allclose(parts, whole.loc[shuffled], rtol=1e-4)


def test_a_prediction_is_the_networks_own_in_evaluation_mode():
    network = tiny().train()
    p = predictions(network)["p"]
    images = scale_images(torch.from_numpy(FakeTiles().read_images(CELLS)), "half")
    assert not network.training
    with torch.inference_mode():
        own = network.head.p(network.pool(network.feature_maps(images)))
    assert_allclose(p, own, rtol=1e-4)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="PyTorch sees no CUDA device")
def test_cuda_predicts_as_the_cpu_up_to_its_precision():
    network = tiny()
    on_cpu = predictions(network)["p"]
    assert_allclose(predictions(network, device=torch.device("cuda"))["p"], on_cpu, atol=0.02)


def test_no_cells_give_an_empty_table_with_all_columns():
    table = predictions(tiny(), [])
    assert len(table) == 0
    assert list(table.columns) == list(predictions(tiny(), CELLS[:1]).columns)


def test_a_prediction_that_is_no_number_names_the_cell():
    network = tiny()
    torch.nn.init.constant_(network.head.dense.bias, float("nan"))
    with pytest.raises(InputError, match=r"not a number for 7 of 7 cells, the first cell0"):
        predictions(network)


@pytest.mark.parametrize("head", ["binomial", "softmax", "ordinal"])
def test_a_saved_model_predicts_the_same(tmp_path, head):
    network = tiny(head=head, pool="average", n_classes=4)
    save_model(tmp_path, network, scaling="half", tile_px=64)
    model = load_model(tmp_path)
    assert (model.scaling, model.tile_px) == ("half", 64)
    assert model.network.architecture == network.architecture
    assert not model.network.training
    assert predictions(model.network).equals(predictions(network))


def test_the_description_of_a_model_is_plain_json(tmp_path):
    _, path = save_model(tmp_path, tiny(), scaling="half", tile_px=64)
    told = json.loads(path.read_text())
    assert told["backbone"] == "test_efficientnet"
    assert told["classes"] == [1, 2, 3, 4, 5]


def test_a_damaged_or_foreign_model_is_refused(tmp_path):
    weights, settings = save_model(tmp_path, tiny(), scaling="half", tile_px=64)
    whole = weights.read_bytes()
    weights.write_bytes(whole[:-1] + b"\1")
    with pytest.raises(DamagedFileError, match=r"weights\.safetensors: .*\(not the file that"):
        load_model(tmp_path)
    weights.write_bytes(whole)
    settings.write_text(settings.read_text().replace('"binomial"', '"softmax"'))
    with pytest.raises(InputError, match=r"weights\.safetensors: does not fit .*model\.json"):
        load_model(tmp_path)
    settings.write_text("{}")
    with pytest.raises(DamagedFileError, match=r"model\.json: .*not the description of a model"):
        load_model(tmp_path)
    settings.unlink()
    with pytest.raises(InputError, match=r"there is no trained model; train it first"):
        load_model(tmp_path)
