"""A fitted Gaussian process on disk: arrays as safetensors, everything readable as JSON.

The two files are enough to predict elsewhere, without this package: JSON holds names, scaling and
hyperparameters, safetensors the z-scored training districts and the weights of the posterior mean
f(x) = Σ weights_i k(x, training_inputs_i).
"""

import json
from pathlib import Path

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file, save

from incomelens.common.errors import DamagedFileError, InputError
from incomelens.common.files import whole_file
from incomelens.ssig.gp import FittedGP
from incomelens.ssig.scaling import Scaling

FORMAT = "incomelens-gp-1"


def save_gp(fitted: FittedGP, *, arrays: str | Path, description: str | Path) -> None:
    """Write a fitted GP as `arrays` (safetensors) and `description` (JSON)."""
    tensors = {
        "training_inputs": fitted.training_inputs,
        "training_label": fitted.training_label,
        "known_noise": fitted.known_noise,
        "weights": fitted.weights(),
    }
    text = {
        "format": FORMAT,
        "kernel": "outputscale * (1 + sqrt(3) r) * exp(-sqrt(3) r), r in lengthscales",
        "mode": fitted.mode,
        "features": fitted.features,
        "input_mean": fitted.input_scaling.mean.tolist(),
        "input_sd": fitted.input_scaling.sd.tolist(),
        "label_mean_usd": float(fitted.label_scaling.mean[0]),
        "label_sd_usd": float(fitted.label_scaling.sd[0]),
        "lengthscale": fitted.lengthscale.tolist(),
        "outputscale": fitted.outputscale,
        "noise": fitted.noise,
        "log_marginal_likelihood": fitted.log_marginal_likelihood,
        "n_evaluations": fitted.n_evaluations,
        "converged": fitted.converged,
        "training_ids": fitted.training_ids,
    }
    with whole_file(arrays) as beside:
        beside.write_bytes(save({key: np.ascontiguousarray(a) for key, a in tensors.items()}))
    with whole_file(description) as beside:
        beside.write_text(json.dumps(text, indent=1) + "\n", encoding="utf-8")


def load_gp(*, arrays: str | Path, description: str | Path) -> FittedGP:
    """Read what :func:`save_gp` wrote.

    Raises
    ------
    InputError
        If the description is of another format, or a file is damaged.
    """
    try:
        text = json.loads(Path(description).read_text(encoding="utf-8"))
    except ValueError as error:
        raise DamagedFileError(description, error) from None
    if text.get("format") != FORMAT:
        raise InputError(
            f"{description}: format is {text.get('format')!r}, expected {FORMAT!r}; "
            "make it again with the rule fit_gp"
        )
    try:
        tensors = load_file(arrays)
    except SafetensorError as error:
        raise DamagedFileError(arrays, error) from None
    return FittedGP(
        features=tuple(text["features"]),
        mode=text["mode"],
        input_scaling=Scaling(np.array(text["input_mean"]), np.array(text["input_sd"])),
        label_scaling=Scaling(np.array([text["label_mean_usd"]]), np.array([text["label_sd_usd"]])),
        lengthscale=np.array(text["lengthscale"]),
        outputscale=text["outputscale"],
        noise=text["noise"],
        training_inputs=tensors["training_inputs"],
        training_label=tensors["training_label"],
        known_noise=tensors["known_noise"],
        training_ids=tuple(text["training_ids"]),
        log_marginal_likelihood=text["log_marginal_likelihood"],
        n_evaluations=text["n_evaluations"],
        converged=text["converged"],
    )
