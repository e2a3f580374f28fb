"""A training kept on disk after every epoch, so that a killed one goes on where it stopped."""

import dataclasses
import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import safetensors
import safetensors.torch
import torch
from safetensors import SafetensorError
from torch import Tensor

from incomelens.common.finished_parts import FinishedParts
from incomelens.inference.history import EpochRecord

logger = logging.getLogger(__name__)

CHECKPOINT_FILE = "training.safetensors"
State = dict[str, Tensor]


@dataclass(frozen=True)
class Checkpoint:
    """All that a training needs to go on.

    Attributes
    ----------
    network, best : dict of tensors
        State of the network now and at the lowest validation loss.
    optimiser : dict of tensors
        See :func:`optimiser_tensors`.
    history : sequence of EpochRecord
    """

    network: State
    best: State
    optimiser: State
    history: Sequence[EpochRecord]


def cpu_state(module: torch.nn.Module) -> State:
    """Copy a module's state to the CPU, in the layout that safetensors holds."""
    return {
        key: tensor.detach().to("cpu", copy=True).contiguous()
        for key, tensor in module.state_dict().items()
    }


def optimiser_tensors(optimiser: torch.optim.Optimizer) -> State:
    """Moments and steps of an optimiser by parameter number and name, such as ``3.exp_avg``."""
    return {
        f"{number}.{name}": value.detach().to("cpu", copy=True).contiguous()
        for number, slots in optimiser.state_dict()["state"].items()
        for name, value in slots.items()
    }


def restore_optimiser(optimiser: torch.optim.Optimizer, tensors: Mapping[str, Tensor]) -> None:
    """Put back what :func:`optimiser_tensors` took; rates stay as they are."""
    parameters = [parameter for group in optimiser.param_groups for parameter in group["params"]]
    slots: dict[int, State] = {}
    for key, value in tensors.items():
        number, name = key.split(".", maxsplit=1)
        parameter = parameters[int(number)]
        if value.shape == parameter.shape:
            # Fused Adam walks through memory: moments must lie as their parameter does.
            value = torch.empty_like(parameter, dtype=value.dtype).copy_(value)
        slots.setdefault(int(number), {})[name] = value
    optimiser.load_state_dict({**optimiser.state_dict(), "state": slots})


def save_checkpoint(folder: str | Path, checkpoint: Checkpoint, *, digest: str) -> None:
    """Write a checkpoint over the last one; errors as of :class:`FinishedParts`."""
    tensors = {
        f"{part}/{key}": tensor
        for part in ("network", "best", "optimiser")
        for key, tensor in getattr(checkpoint, part).items()
    }
    history = [dataclasses.asdict(record) for record in checkpoint.history]
    metadata = {"digest": digest, "history": json.dumps(history)}
    content = safetensors.torch.save(tensors, metadata)
    # Through Python's own file: its error tells a full disk by name.
    FinishedParts(folder).save(CHECKPOINT_FILE, lambda beside: beside.write_bytes(content))


def load_checkpoint(folder: str | Path, *, digest: str) -> Checkpoint | None:
    """Read the checkpoint of the training with this digest; None where there is none.

    One that is damaged or belongs to other settings or inputs is left aside, with a line in the
    log.
    """
    kept = FinishedParts(folder).load(CHECKPOINT_FILE, _read, own=(SafetensorError,))
    if kept is None:
        return None
    metadata, tensors = kept
    if metadata.get("digest") != digest:
        logger.info("%s: inputs or settings have changed; training starts anew", folder)
        return None
    parts: dict[str, State] = {"network": {}, "best": {}, "optimiser": {}}
    for key, tensor in tensors.items():
        part, name = key.split("/", maxsplit=1)
        parts[part][name] = tensor
    history = [EpochRecord(**record) for record in json.loads(metadata["history"])]
    return Checkpoint(**parts, history=history)


def _read(path: Path) -> tuple[dict[str, str], State]:
    with safetensors.safe_open(path, "pt") as file:
        return file.metadata() or {}, {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
