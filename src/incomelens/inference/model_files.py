"""A trained network as two files that any tool can open: safetensors and JSON."""

import dataclasses
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import safetensors.torch

from incomelens.common.errors import DamagedFileError, InputError
from incomelens.common.files import whole_file
from incomelens.inference.checkpoint import cpu_state
from incomelens.inference.inputs import check_scaling
from incomelens.inference.network import Architecture, IncomeNetwork, build_network
from incomelens.inference.weights import read_state, sha256_of

WEIGHTS_FILE = "weights.safetensors"
SETTINGS_FILE = "model.json"


@dataclass(frozen=True)
class TrainedModel:
    """A network and how its images were made.

    Attributes
    ----------
    network : IncomeNetwork
        In evaluation mode, on the CPU.
    scaling : str
        See :func:`incomelens.inference.inputs.scale_images`.
    tile_px : int
        Side of the tiles it was trained on.
    """

    network: IncomeNetwork
    scaling: str
    tile_px: int


def save_model(
    folder: str | Path, network: IncomeNetwork, *, scaling: str, tile_px: int
) -> tuple[Path, Path]:
    """Write ``weights.safetensors`` and ``model.json``; return their paths.

    The JSON is written last and carries the digest of the weights: two files that do not belong
    together are refused by :func:`load_model`.
    """
    check_scaling(scaling)
    weights_path, settings_path = Path(folder) / WEIGHTS_FILE, Path(folder) / SETTINGS_FILE
    weights = safetensors.torch.save(cpu_state(network))
    facts = {
        **dataclasses.asdict(network.architecture),
        "classes": list(range(1, network.architecture.n_classes + 1)),
        "scaling": scaling,
        "colours": "RGB",
        "tile_px": tile_px,
        "weights_sha256": hashlib.sha256(weights).hexdigest(),
    }
    try:
        with whole_file(weights_path) as beside:
            beside.write_bytes(weights)
        with whole_file(settings_path) as beside:
            beside.write_text(json.dumps(facts, indent=2) + "\n")
    except OSError as error:
        raise InputError(
            f"{folder}: the model could not be written ({error.strerror or error}); make room or "
            "choose another place"
        ) from None
    return weights_path, settings_path


def load_model(folder: str | Path) -> TrainedModel:
    """Read what :func:`save_model` wrote.

    Raises
    ------
    InputError
        If a file is missing, damaged, or of another model.
    """
    path = Path(folder) / SETTINGS_FILE
    try:
        facts = json.loads(path.read_text())
        architecture = Architecture(
            **{field.name: facts[field.name] for field in dataclasses.fields(Architecture)}
        )
        scaling, tile_px, digest = facts["scaling"], facts["tile_px"], facts["weights_sha256"]
    except FileNotFoundError:
        raise InputError(f"{path}: there is no trained model; train it first") from None
    except (ValueError, KeyError, TypeError) as error:
        raise DamagedFileError(path, f"not the description of a model: {error}") from None
    check_scaling(scaling)
    weights_path = Path(folder) / WEIGHTS_FILE
    if weights_path.is_file() and sha256_of(weights_path) != digest:
        raise DamagedFileError(weights_path, f"not the file that {path} was written with")
    network = build_network(**dataclasses.asdict(architecture), weights="none")
    try:
        network.load_state_dict(read_state(weights_path))
    except RuntimeError as error:
        raise InputError(f"{weights_path}: does not fit {path} ({error})") from None
    return TrainedModel(network.eval(), scaling, tile_px)
