"""Weights fit, or say why not; nothing but tensors is ever read."""

import pickle
import shutil

import pytest
import safetensors.torch
import timm
import torch
from sklearn.datasets import load_sample_image
from torch.nn import functional

from incomelens.common.errors import InputError
from incomelens.inference import weights as subject
from incomelens.inference.inputs import scale_images
from incomelens.inference.network import build_network

TINY = "test_efficientnet"


@pytest.fixture
def full_state():
    """State of a tiny network with its own classifier, as published files hold it."""
    torch.manual_seed(7)
    return timm.create_model(TINY, pretrained=False).state_dict()


def written(path, state):
    if path.suffix == ".safetensors":
        safetensors.torch.save_file(state, path)
    else:
        torch.save(state, path)
    return path


@pytest.mark.parametrize("name", ["a.safetensors", "a.pth", "a.bin"])
def test_a_local_file_fills_the_backbone_without_its_classifier(tmp_path, full_state, name):
    network = build_network(TINY, weights=written(tmp_path / name, full_state))
    own = network.backbone.state_dict()
    assert set(full_state) - set(own) == {"classifier.weight", "classifier.bias"}
    assert all(torch.equal(own[key], full_state[key]) for key in own)


def test_a_state_inside_a_training_scripts_dictionary_is_found(tmp_path, full_state):
    wrapped = {"state_dict": {f"module.{key}": value for key, value in full_state.items()}}
    network = build_network(TINY, weights=written(tmp_path / "a.pth", wrapped))
    assert torch.equal(network.backbone.conv_stem.weight, full_state["conv_stem.weight"])


def test_missing_and_foreign_tensors_are_named(tmp_path, full_state):
    del full_state["bn2.weight"]
    full_state["bn9.weight"] = torch.ones(1)
    path = written(tmp_path / "a.safetensors", full_state)
    message = r"a\.safetensors: not weights of this backbone: it lacks bn2\.weight and has besides"
    with pytest.raises(InputError, match=message):
        build_network(TINY, weights=path)


def test_weights_of_another_shape_are_named(tmp_path, full_state):
    full_state["bn2.weight"] = torch.ones(3)
    path = written(tmp_path / "a.safetensors", full_state)
    with pytest.raises(InputError, match=r"bn2\.weight is \(3,\) instead of \(256,\)"):
        build_network(TINY, weights=path)


def test_weights_that_are_not_numbers_are_named(tmp_path, full_state):
    full_state["bn2.weight"][5] = float("nan")
    path = written(tmp_path / "a.safetensors", full_state)
    with pytest.raises(InputError, match=r"numbers that are not finite in bn2\.weight"):
        build_network(TINY, weights=path)


@pytest.mark.parametrize("name", ["a.safetensors", "a.pth"])
@pytest.mark.parametrize("keep", [0, 0.5, 0.999])
def test_a_truncated_file_is_damaged(tmp_path, full_state, name, keep):
    path = written(tmp_path / name, full_state)
    path.write_bytes(path.read_bytes()[: int(keep * path.stat().st_size)])
    with pytest.raises(InputError, match=rf"{name}: cannot be read as weights .*; bring it anew"):
        build_network(TINY, weights=path)


class _Bomb:
    def __reduce__(self):
        return (print, ("unpickled",))


@pytest.mark.parametrize("write", [torch.save, lambda bomb, path: path.write_bytes(bomb)])
def test_a_pickle_of_more_than_tensors_is_never_run(tmp_path, capsys, write):
    path = tmp_path / "a.pth"
    write(_Bomb() if write is torch.save else pickle.dumps(_Bomb(), protocol=2), path)
    with pytest.raises(InputError, match=r"a pickle of more than tensors, which is never run"):
        build_network(TINY, weights=path)
    assert "unpickled" not in capsys.readouterr().out


def test_a_file_that_is_no_state_is_refused(tmp_path):
    path = written(tmp_path / "a.pth", {"epoch": 3})
    with pytest.raises(InputError, match=r"holds no named tensors; expected a state dictionary"):
        build_network(TINY, weights=path)


def test_a_missing_file_lists_the_other_sources(tmp_path):
    with pytest.raises(InputError, match=r"there is no such weights file; .* timm, lite0_package"):
        build_network(TINY, weights=tmp_path / "none.pth")


def test_another_kind_of_file_is_refused(tmp_path):
    (tmp_path / "a.h5").touch()
    with pytest.raises(InputError, match=r"a\.h5: weights end in \.safetensors, \.pth"):
        build_network(TINY, weights=tmp_path / "a.h5")


def test_without_a_network_the_command_that_fetches_beforehand_is_told(tmp_path, monkeypatch):
    import huggingface_hub.constants

    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path))
    message = r"python -c \"import timm; timm\.create_model\('efficientnet_b0', pretrained=True\)\""
    with pytest.raises(InputError, match=message):
        build_network("efficientnet_b0", weights="timm")


def test_a_backbone_without_published_weights_says_so():
    with pytest.raises(InputError, match=r"no published weights for test_vit_relpos"):
        subject.load_weights(
            timm.create_model("test_vit_relpos", pretrained=False), "test_vit_relpos", "timm"
        )


def test_the_package_fills_lite0_tensor_by_tensor():
    network = build_network("tf_efficientnet_lite0", weights="lite0_package")
    given = subject.read_state(subject.lite0_file())
    own = network.backbone.state_dict()
    assert torch.equal(own["conv_stem.weight"], given["_conv_stem.weight"])
    assert torch.equal(own["blocks.0.0.conv_dw.weight"], given["_blocks.0._depthwise_conv.weight"])
    assert torch.equal(own["bn2.running_var"], given["_bn1.running_var"])
    assert len(own) == len(given) - 2


@pytest.mark.parametrize(("picture", "imagenet_class"), [("flower.jpg", 985), ("china.jpg", 442)])
def test_the_packages_network_names_a_daisy_and_a_bell_cote(picture, imagenet_class):
    network = build_network("tf_efficientnet_lite0", weights="lite0_package", pool="average").eval()
    *_, weight, bias = subject.read_state(subject.lite0_file()).values()
    image = scale_images(torch.from_numpy(load_sample_image(picture).copy())[None], "half")
    image = functional.interpolate(image, size=(224, 224), mode="bilinear", antialias=True)
    with torch.inference_mode():
        features = network.pool(network.feature_maps(image))
    assert (features @ weight.T + bias).argmax().item() == imagenet_class


def test_the_package_fills_b0_but_for_squeeze_and_excite():
    network = build_network("tf_efficientnet_b0", weights="lite0_package")
    given = build_network("tf_efficientnet_lite0", weights="lite0_package").backbone.state_dict()
    own = network.backbone.state_dict()
    assert all(torch.equal(own[name], tensor) for name, tensor in given.items())
    assert {name.split(".")[3] for name in set(own) - set(given)} == {"se"}


def test_the_package_fits_its_backbone_and_b0_alone():
    with pytest.raises(InputError, match=r"backbones tf_efficientnet_lite0 and .*_b0, not test_e"):
        build_network(TINY, weights="lite0_package")


def test_another_file_under_the_packages_name_is_refused(tmp_path):
    path = tmp_path / subject.LITE0_FILE
    shutil.copy(subject.lite0_file(), path)
    with path.open("r+b") as file:
        file.seek(1000)
        file.write(b"\0")
    with pytest.raises(
        InputError, match=r"damaged, or not the expected file \(sha256 [0-9a-f]{64}"
    ):
        subject.check_sha256(path, subject.LITE0_SHA256)


def test_without_the_package_its_installation_is_told(monkeypatch):
    monkeypatch.setattr(subject, "LITE0_DISTRIBUTION", "no-such-package-here")
    with pytest.raises(InputError, match=r"`python -m pip install no-such-package-here==0\.1\.0`"):
        subject.lite0_file()
