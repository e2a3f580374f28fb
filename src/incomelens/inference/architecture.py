"""What a network consists of, read from the module itself: blocks, shapes, parameters."""

from collections import Counter
from collections.abc import Callable, Generator
from contextlib import contextmanager
from types import FunctionType
from typing import Any

import pandas as pd
import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from incomelens.inference.network import IncomeNetwork

INPUT, BACKBONE, POOL, HEAD = "input", "backbone", "pooling", "head"


def describe_network(network: IncomeNetwork, tile_px: int) -> pd.DataFrame:
    """List the blocks of a network in the order in which an image passes through them.

    Shapes are measured: one black image is sent through the network, on its device. A backbone is
    listed by its children, and those that timm's ``feature_info`` looks into by theirs. Layers
    without a window (normalisation, activation) belong to the block before them; layers that no
    image passes through are left out.

    Parameters
    ----------
    network : IncomeNetwork
        Left as it was, weights, mode and all.
    tile_px : int
        Side of a tile in pixels.

    Returns
    -------
    DataFrame
        ``part`` (`input`, `backbone`, `pooling`, `head`), ``block`` (its name in the network),
        ``kind`` (its layers), ``kernel_px`` (largest side of a convolution or pooling window;
        missing where there is none), ``channels``, ``rows``, ``columns`` (of the output; missing
        rows and columns: a vector), ``n_parameters`` (together: all that an image meets).

    Raises
    ------
    InputError
        If tiles of this size are too small for the network.

    Notes
    -----
    Levy Abitbol & Karsai (2020), Supplementary Fig. 1.
    """
    blocks = {**backbone_blocks(network.backbone), "dense": network.head.dense}
    image = torch.zeros(1, 3, tile_px, tile_px, device=next(network.parameters()).device)
    was_training = network.training
    try:
        with torch.inference_mode(), _output_shapes(blocks) as shapes:
            maps = network.eval().feature_maps(image)
            with _Calls() as calls:
                features = network.pool(maps)
            classes = network.head(features)
    finally:
        network.train(was_training)
    rows = [_row(INPUT, "tile", "image", None, image.shape, 0)]
    dense_shape = shapes.pop("dense")
    for name, shape in shapes.items():
        block = blocks[name]
        merges = rows[-1]["part"] == BACKBONE and _is_pointwise(block)
        rows[-1:] = [_joined(rows[-1], name, block)] if merges else [
            rows[-1],
            _row(BACKBONE, name, _kind(block), _kernel(block), shape, _n_parameters(block)),
        ]  # fmt: skip
    rows += [
        _row(POOL, name, _pool_kind(name), window, shape, 0) for name, window, shape in calls.found
    ]
    n_dense = _n_parameters(network.head.dense)
    n_head = _n_parameters(network.head) - n_dense
    rows += [
        _row(HEAD, "dense", _kind(network.head.dense), None, dense_shape, n_dense),
        _row(HEAD, "head", _kind(network.head), None, classes.shape, n_head),
    ]
    numbers = ["kernel_px", "channels", "rows", "columns", "n_parameters"]
    return pd.DataFrame(rows).astype(dict.fromkeys(numbers, "Int64"))


def backbone_blocks(backbone: nn.Module) -> dict[str, nn.Module]:
    """Children of a backbone; of a child that holds several of timm's stages, its children."""
    staged = {info["module"] for info in _feature_info(backbone)}
    blocks: dict[str, nn.Module] = {}
    for name, child in backbone.named_children():
        if any(stage.startswith(f"{name}.") for stage in staged):
            blocks |= {f"{name}.{inner}": block for inner, block in child.named_children()}
        else:
            blocks[name] = child
    return blocks


def _feature_info(backbone: nn.Module) -> list[dict]:
    info = getattr(backbone, "feature_info", [])
    return list(getattr(info, "info", info))


@contextmanager
def _output_shapes(blocks: dict[str, nn.Module]) -> Generator[dict[str, torch.Size]]:
    """Shapes that blocks gave, in the order in which they were first called."""
    shapes: dict[str, torch.Size] = {}

    def watch(name: str) -> Callable:
        def hook(module: nn.Module, inputs: object, output: Tensor) -> None:
            shapes.setdefault(name, output.shape)

        return hook

    handles = [block.register_forward_hook(watch(name)) for name, block in blocks.items()]
    try:
        yield shapes
    finally:
        for handle in handles:
            handle.remove()


class _Calls(TorchFunctionMode):
    """Functions without a module that change a tensor's size: name, window and shape they gave."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, int | None, torch.Size]] = []

    def __torch_function__(
        self, function: FunctionType, types: object, args: tuple = (), kwargs: dict | None = None
    ) -> object:
        """Note a call and let it through."""
        result = function(*args, **(kwargs or {}))
        tensors = args and isinstance(args[0], Tensor) and isinstance(result, Tensor)
        if tensors and result.shape != args[0].shape:
            sizes = [*args[1:2], (kwargs or {}).get("kernel_size")]
            window = next((size for size in sizes if isinstance(size, int)), None)
            self.found.append((function.__name__, window, result.shape))
        return result


def _row(
    part: str, block: str, kind: str, kernel: int | None, shape: torch.Size, n_parameters: int
) -> dict[str, object]:
    channels, *sides = shape[1:]
    rows, columns = sides or (None, None)
    return {
        "part": part,
        "block": block,
        "kind": kind,
        "kernel_px": kernel,
        "channels": channels,
        "rows": rows,
        "columns": columns,
        "n_parameters": n_parameters,
    }


def _joined(row: dict[str, Any], name: str, block: nn.Module) -> dict[str, object]:
    """Row of a block with the normalisation or activation that follows it."""
    kind = f"{row['kind']}, {_kind(block)}"
    n_parameters = row["n_parameters"] + _n_parameters(block)
    return row | {"block": f"{row['block']}, {name}", "kind": kind, "n_parameters": n_parameters}


def _is_pointwise(block: nn.Module) -> bool:
    """Whether a block has no window: normalisation or activation alone."""
    return not any(hasattr(module, "kernel_size") for module in block.modules())


def _kind(block: nn.Module) -> str:
    """Class of a block; of a chain, its members counted."""
    if not isinstance(block, nn.Sequential):
        return type(block).__name__
    counts = Counter(type(member).__name__ for member in block)
    return ", ".join(f"{n} × {name}" if n > 1 else name for name, n in counts.items())


def _pool_kind(function: str) -> str:
    return {"max_pool2d": "maximum of windows", "mean": "average of the map"}.get(
        function, function
    )


def _kernel(block: nn.Module) -> int | None:
    windows: list[Any] = [
        module.kernel_size for module in block.modules() if hasattr(module, "kernel_size")
    ]
    sides = [max(size) if isinstance(size, tuple) else size for size in windows]
    return max(sides, default=None)


def _n_parameters(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())
