"""Backbones by their names in timm."""

from pathlib import Path
from typing import Any

from torch import nn

from incomelens.common.errors import InputError, listed
from incomelens.inference import lite0
from incomelens.inference.weights import load_weights

# A module that has timm's `forward_features` and `num_features` besides, which none of PyTorch has.
Backbone = Any


def build_backbone(
    name: str, *, weights: str | Path, pooled: bool, setting: str = "backbone"
) -> Backbone:
    """Build a backbone without its classifier, on the CPU.

    Parameters
    ----------
    name : str
        Any model of timm.
    weights : str or path
        `timm`, `lite0_package`, `none` or a file (see
        :func:`incomelens.inference.weights.load_weights`).
    pooled : bool
        Whether it gives a vector an image, by its own pooling, or only its maps are asked for.
    setting : str
        Where the name stands in the configuration, for the message.

    Raises
    ------
    InputError
        If timm has no such model, or the weights do not fit.
    """
    # timm's weights go into timm's model, which knows where they lie.
    if name == lite0.NAME and str(weights) != "timm":
        model: nn.Module = lite0.Lite0()
    else:
        model = _of_timm(name, pooled=pooled, setting=setting)
    load_weights(model, name, weights)
    return model


def _of_timm(name: str, *, pooled: bool, setting: str) -> nn.Module:
    import timm  # here alone: it takes longer to import than a small network to train

    if not timm.is_model(name):
        near = timm.list_models(f"*{name.split('_')[0]}*")
        hint = f"near it are {listed(near)}" if near else "timm.list_models() lists them"
        raise InputError(f"{setting}: timm has no model {name!r}; {hint}")
    options: dict[str, Any] = {} if pooled else {"global_pool": ""}
    return timm.create_model(name, pretrained=False, num_classes=0, **options)
