"""A fitted Gaussian process on disk: arrays as safetensors, everything readable as JSON.

The two files are enough to predict elsewhere, without this package: JSON holds names, scaling and
hyperparameters, safetensors the z-scored training districts and the weights of the posterior mean
f(x) = Σ weights_i k(x, training_inputs_i). A sum of kernels has a format of its own. A process that
rests on inducing points says so (`process`): its weights belong to `inducing_inputs`, and its
posterior variance is k(x, x) − k(x, inducing_inputs) precision k(inducing_inputs, x).
"""

import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load_file, save

from incomelens.common.errors import DamagedFileError, InputError
from incomelens.common.files import whole_file
from incomelens.common.names import PROCESS
from incomelens.ssig.additive import FittedSum
from incomelens.ssig.gp import FittedGP
from incomelens.ssig.inducing import Inducing
from incomelens.ssig.scaling import Scaling
from incomelens.ssig.terms import Term

FORMAT = "incomelens-gp-1"
SUM_FORMAT = "incomelens-sum-gp-1"
MATERN = "outputscale * (1 + sqrt(3) r) * exp(-sqrt(3) r), r in lengthscales"


def save_gp(fitted: FittedGP | FittedSum, *, arrays: str | Path, description: str | Path) -> None:
    """Write a fitted GP as `arrays` (safetensors) and `description` (JSON)."""
    tensors = {
        "training_inputs": fitted.training_inputs,
        "training_label": fitted.training_label,
        "known_noise": fitted.known_noise,
        "weights": fitted.weights(),
    }
    text = _description_of_sum(fitted) if isinstance(fitted, FittedSum) else _description(fitted)
    text |= {
        "noise": fitted.noise,
        "log_marginal_likelihood": fitted.log_marginal_likelihood,
        "n_evaluations": fitted.n_evaluations,
        "converged": fitted.converged,
        "training_ids": fitted.training_ids,
    }
    if fitted.inducing is not None:
        tensors["inducing_inputs"] = fitted.inducing.points
        tensors["precision"] = fitted.inducing.precision
        text |= {PROCESS: fitted.process, "learnt_on": fitted.inducing.learnt_on}
    with whole_file(arrays) as beside:
        beside.write_bytes(save({key: np.ascontiguousarray(a) for key, a in tensors.items()}))
    with whole_file(description) as beside:
        beside.write_text(json.dumps(text, indent=1) + "\n", encoding="utf-8")


def _description(fitted: FittedGP) -> dict[str, object]:
    return {
        "format": FORMAT,
        "kernel": MATERN,
        "mode": fitted.mode,
        "features": fitted.features,
        "input_mean": fitted.input_scaling.mean.tolist(),
        "input_sd": fitted.input_scaling.sd.tolist(),
        "label_mean_usd": float(fitted.label_scaling.mean[0]),
        "label_sd_usd": float(fitted.label_scaling.sd[0]),
        "lengthscale": fitted.lengthscale.tolist(),
        "outputscale": fitted.outputscale,
    }


def _description_of_sum(fitted: FittedSum) -> dict[str, object]:
    return {
        "format": SUM_FORMAT,
        "kernel": f"sum of terms; matern: {MATERN}; linear: outputscale * sum of products",
        "mode": fitted.mode,
        "features": fitted.features,
        "inputs": "shares as arcsin(sqrt(share)), population_density as log(1 + density), degrees "
        "as they are; then (input - input_mean) / input_sd",
        "input_mean": fitted.input_scaling.mean.tolist(),
        "input_sd": fitted.input_scaling.sd.tolist(),
        "label": "log(income in USD)",
        "label_mean_log": float(fitted.label_scaling.mean[0]),
        "label_sd_log": float(fitted.label_scaling.sd[0]),
        "label_sd_usd": fitted.label_sd_usd,
        "terms": [
            {
                "name": term.name,
                "kind": term.kind,
                "columns": term.columns,
                "outputscale": term.variance,
                "lengthscale": term.lengthscale.tolist(),
            }
            for term in fitted.terms
        ],
    }


def load_gp(*, arrays: str | Path, description: str | Path) -> FittedGP | FittedSum:
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
    if text.get("format") not in (FORMAT, SUM_FORMAT):
        raise InputError(
            f"{description}: format is {text.get('format')!r}, expected {FORMAT!r} or "
            f"{SUM_FORMAT!r}; make it again with the rule fit_gp"
        )
    try:
        tensors = load_file(arrays)
    except SafetensorError as error:
        raise DamagedFileError(arrays, error) from None
    shared = {
        "features": tuple(text["features"]),
        "input_scaling": Scaling(np.array(text["input_mean"]), np.array(text["input_sd"])),
        "noise": text["noise"],
        "training_inputs": tensors["training_inputs"],
        "training_label": tensors["training_label"],
        "known_noise": tensors["known_noise"],
        "training_ids": tuple(text["training_ids"]),
        "log_marginal_likelihood": text["log_marginal_likelihood"],
        "n_evaluations": text["n_evaluations"],
        "converged": text["converged"],
        "inducing": _inducing(text, tensors),
    }
    if text["format"] == SUM_FORMAT:
        return FittedSum(
            label_scaling=_label_scaling(text, "log"),
            label_sd_usd=text["label_sd_usd"],
            terms=tuple(map(_term, text["terms"])),
            **shared,
        )
    return FittedGP(
        mode=text["mode"],
        label_scaling=_label_scaling(text, "usd"),
        lengthscale=np.array(text["lengthscale"]),
        outputscale=text["outputscale"],
        **shared,
    )


def _inducing(text: dict, tensors: dict[str, NDArray[np.float64]]) -> Inducing | None:
    if "learnt_on" not in text:
        return None
    return Inducing(
        points=tensors["inducing_inputs"],
        weights=tensors["weights"],
        precision=tensors["precision"],
        learnt_on=text["learnt_on"],
    )


def _label_scaling(text: dict, unit: str) -> Scaling:
    return Scaling(np.array([text[f"label_mean_{unit}"]]), np.array([text[f"label_sd_{unit}"]]))


def _term(text: dict) -> Term:
    return Term(
        name=text["name"],
        kind=text["kind"],
        columns=tuple(text["columns"]),
        variance=text["outputscale"],
        lengthscale=np.array(text["lengthscale"]),
    )
