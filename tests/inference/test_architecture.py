"""The list of a network's blocks: measured shapes, every parameter once, nothing left behind."""

import pandas as pd
import pytest
import torch

from incomelens.common.errors import InputError
from incomelens.inference.architecture import describe_network
from incomelens.inference.network import build_network


@pytest.fixture(scope="module")
def lite0():
    return build_network("tf_efficientnet_lite0", weights="none")


@pytest.fixture(scope="module")
def table(lite0):
    return describe_network(lite0, 64)


def shape(table, block):
    (row,) = table[table["block"] == block].itertuples()
    return row.channels, row.rows, row.columns


def test_shapes_are_those_of_the_efficientnet_paper(table):
    assert shape(table, "tile") == (3, 64, 64)
    assert shape(table, "conv_stem, bn1") == (32, 32, 32)
    sides = [(16, 32), (24, 16), (40, 8), (80, 4), (112, 4), (192, 2), (320, 2)]
    assert [shape(table, f"blocks.{k}")[:2] for k in range(7)] == sides
    assert shape(table, "conv_head, bn2") == (1280, 2, 2)


def test_pooling_and_head_are_measured_too(table):
    end = table[table["part"].isin(["pooling", "head"])]
    assert end["block"].tolist() == ["max_pool2d", "mean", "dense", "head"]
    assert end["channels"].tolist() == [1280, 1280, 1, 5]
    assert end["rows"].tolist()[:1] == [1]
    assert end["kernel_px"].tolist()[:1] == [2]
    assert end["rows"].isna().tolist() == [False, True, True, True]
    assert end["n_parameters"].tolist() == [0, 0, 1281, 0]


def test_average_pool_alone_has_no_maximum():
    network = build_network("tf_efficientnet_lite0", weights="none", pool="average")
    table = describe_network(network, 64)
    assert table.loc[table["part"] == "pooling", "block"].tolist() == ["mean"]


@pytest.mark.parametrize("name", ["tf_efficientnet_lite0", "resnet10t"])
@pytest.mark.parametrize("head", ["binomial", "ordinal"])
def test_every_parameter_is_counted_once(name, head):
    network = build_network(name, weights="none", head=head)
    expected = sum(parameter.numel() for parameter in network.parameters())
    assert describe_network(network, 64)["n_parameters"].sum() == expected


def test_layers_that_no_image_meets_are_left_out():
    network = build_network("mobilenetv3_small_050", weights="none")  # its conv_head is behind
    assert not describe_network(network, 64)["block"].str.contains("conv_head").any()


def test_stages_of_a_resnet_stay_whole():
    network = build_network("resnet10t", weights="none", pool="average")
    table = describe_network(network, 64)
    assert "layer4" in set(table["block"])
    assert table["kernel_px"].dropna().max() == 3


def test_rectangles_are_not_confused_with_squares(lite0):
    tables = [describe_network(lite0, px) for px in (64, 128)]
    rows = [table.loc[table["block"] == "blocks.6", "rows"].item() for table in tables]
    assert rows == [2, 4]


def test_network_is_left_as_it_was(lite0):
    lite0.train()
    before = {name: value.clone() for name, value in lite0.state_dict().items()}
    describe_network(lite0, 64)
    assert lite0.training
    assert not any(module._forward_hooks for module in lite0.modules())
    assert all(torch.equal(value, before[name]) for name, value in lite0.state_dict().items())


def test_hooks_are_gone_after_a_failure(lite0):
    with pytest.raises(InputError, match="use larger tiles"):
        describe_network(lite0, 32)
    assert not any(module._forward_hooks for module in lite0.modules())


def test_numbers_are_whole_or_missing(table):
    assert all(table[name].dtype == pd.Int64Dtype() for name in ("kernel_px", "rows", "channels"))
