"""Gaussian processes that scikit-learn, GPyTorch and GPy have fitted.

Each library keeps the weights, the kernel and the scaling of the label in places of its own. What
is read here is held to the library's own predictions: a model of which something was missed is
refused, not explained.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from incomelens.common.errors import InputError, listed
from incomelens.shapley.inputs import GaussianProcessMean, Part, SumMean, checked_matrix
from incomelens.shapley.library_kernels import Kernel, terms_of

# Fitted models of the libraries, whose classes are not imported.
Model = Any
# scikit-learn's that transform every column on its own, so that players stay columns.
COLUMNWISE = (
    "MaxAbsScaler",
    "MinMaxScaler",
    "PowerTransformer",
    "QuantileTransformer",
    "RobustScaler",
    "StandardScaler",
)
_N_COMPARED = 200
# Largest difference from the library's own predictions, in SD of the label.
_ALIKE = {"float64": 1e-6, "float32": 1e-2}


@dataclass(frozen=True)
class LibraryMean:
    """Posterior mean of a library's Gaussian process, as the engine takes it.

    Attributes
    ----------
    mean : SumMean
        In SD units of the label, of prepared inputs.
    offset, scale : float
        A prediction in the label's unit is ``offset + scale * mean.predict(prepare(inputs))``.
    prepare : callable
        From inputs as the model takes them to those that its kernel reads, column by column.
    names : tuple of str
        Of the columns that it was fitted to, where it knows them.
    """

    mean: SumMean
    offset: float
    scale: float
    prepare: Callable[[ArrayLike], NDArray[np.float64]]
    names: tuple[str, ...] = ()

    def predict(self, inputs: ArrayLike) -> NDArray[np.float64]:
        """Predictions in the label's unit, shape (n,), for inputs of shape (n, n_columns)."""
        return self.offset + self.scale * self.mean.predict(self.prepare(inputs))


def read_gp(model: Model) -> LibraryMean:
    """Posterior mean of a fitted Gaussian process of another library.

    Parameters
    ----------
    model : fitted model with one output, Gaussian noise and exact inference
        ``GaussianProcessRegressor`` of scikit-learn, also behind scalers in a ``Pipeline``;
        ``ExactGP`` of GPyTorch with a constant or no mean, best in float64; ``GPRegression`` of
        GPy. Kernels: :func:`incomelens.shapley.library_kernels.terms_of`.

    Returns
    -------
    LibraryMean

    Raises
    ------
    InputError
        If model or kernel are not covered, or the predictions differ from the library's.
    """
    homes = {kind.__module__.split(".")[0] for kind in type(model).__mro__}
    for library, read in (("sklearn", _scikit_learn), ("gpytorch", _gpytorch), ("GPy", _gpy)):
        if library in homes:
            return read(model)
    raise InputError(
        f"model {type(model).__name__} is not covered; expected a fitted GaussianProcessRegressor "
        "(scikit-learn, also at the end of a Pipeline), ExactGP (GPyTorch) or GPRegression (GPy)"
    )


def _scikit_learn(model: Model) -> LibraryMean:
    steps = [step for _, step in getattr(model, "steps", [("", model)])]
    *before, gp = (step for step in steps if step not in (None, "passthrough"))
    if not hasattr(gp, "X_train_") or not hasattr(gp, "alpha_"):
        raise InputError(
            f"model {type(gp).__name__}: no fitted GaussianProcessRegressor; call fit first"
        )
    mixing = [type(step).__name__ for step in before if type(step).__name__ not in COLUMNWISE]
    if mixing:
        raise InputError(
            f"pipeline: {listed(mixing)} before the Gaussian process may mix columns, whose values "
            f"are then nobody's (known: {', '.join(COLUMNWISE)}); explain the last step on its own"
        )

    def named(step: Model, inputs: ArrayLike) -> ArrayLike:
        """Give inputs the names that a step was fitted with, without which it warns."""
        names = getattr(step, "feature_names_in_", None)
        if names is None:
            return inputs
        import pandas as pd  # such a step was fitted to a table of it

        return pd.DataFrame(np.asarray(inputs), columns=names)

    def prepare(inputs: ArrayLike) -> NDArray[np.float64]:
        inputs = checked_matrix("inputs", inputs)
        for step in before:
            inputs = np.asarray(step.transform(named(step, inputs)))
        return inputs

    gp_mean = _checked(
        "GaussianProcessRegressor",
        train_inputs=np.asarray(gp.X_train_, dtype=np.float64),
        alpha=_one_output(gp.alpha_),
        labels=_one_output(gp.y_train_),
        kernel=gp.kernel_,
        offset=float(np.ravel(gp._y_train_mean)[0]),
        scale=float(np.ravel(gp._y_train_std)[0]),
        predict=lambda inputs: gp.predict(named(gp, inputs)),
        prepare=prepare,
    )
    return replace(gp_mean, names=tuple(getattr([*before, gp][0], "feature_names_in_", ())))


def _gpytorch(model: Model) -> LibraryMean:
    import torch
    from gpytorch import settings

    mean = getattr(model, "mean_module", None)
    if type(mean).__name__ not in ("ConstantMean", "ZeroMean"):
        raise InputError(
            f"model {type(model).__name__}: mean_module is {type(mean).__name__}; expected a "
            "ConstantMean or ZeroMean, whose values are zero"
        )
    (train_inputs,) = model.train_inputs
    was_training = model.training
    model.eval()

    @torch.no_grad()
    def predict(inputs: NDArray[np.float64]) -> NDArray[np.float64]:
        with settings.fast_computations(False, False, False):  # exact, whatever their number
            return model(torch.as_tensor(inputs).to(train_inputs)).mean.double().cpu().numpy()

    try:
        with torch.no_grad():
            prior = model.forward(train_inputs)
            covariance = model.likelihood(prior, train_inputs).covariance_matrix.double()
            residual = (model.train_targets - prior.mean).detach().double()
            factor = torch.linalg.cholesky(covariance)
            alpha = torch.cholesky_solve(residual[..., None], factor)[..., 0]
        return _checked(
            type(model).__name__,
            train_inputs=train_inputs.double().cpu().numpy(),
            alpha=_one_output(alpha.cpu().numpy()),
            labels=_one_output(model.train_targets.double().cpu().numpy()),
            kernel=model.covar_module,
            offset=prior.mean[0].item(),
            scale=1.0,
            predict=predict,
            precision=str(train_inputs.dtype).removeprefix("torch."),
        )
    finally:
        model.train(was_training)


def _gpy(model: Model) -> LibraryMean:
    if getattr(model, "mean_function", None) is not None:
        raise InputError("model of GPy: it has a mean function; expected none")
    if not hasattr(getattr(model, "posterior", None), "woodbury_vector"):
        raise InputError("model of GPy: no exact posterior; expected a GPRegression")
    scaling = model.normalizer
    return _checked(
        type(model).__name__,
        train_inputs=np.asarray(model.X, dtype=np.float64),
        alpha=_one_output(np.asarray(model.posterior.woodbury_vector)),
        labels=_one_output(np.asarray(model.Y_normalized)),
        kernel=model.kern,
        offset=0.0 if scaling is None else float(scaling.mean[0]),
        scale=1.0 if scaling is None else float(scaling.std[0]),
        predict=lambda inputs: model.predict_noiseless(inputs)[0][:, 0],
    )


def _checked(
    name: str,
    *,
    train_inputs: NDArray[np.float64],
    alpha: NDArray[np.float64],
    labels: NDArray[np.float64],
    kernel: Kernel,
    offset: float,
    scale: float,
    predict: Callable[[NDArray[np.float64]], NDArray[np.float64]],
    prepare: Callable[[ArrayLike], NDArray[np.float64]] = lambda inputs: checked_matrix(
        "inputs", inputs
    ),
    precision: str = "float64",
) -> LibraryMean:
    """Put together what was read, and hold it to the library's own predictions."""
    # In SD units, so that a tolerance means the same whatever the label's unit.
    spread = float(labels.std()) or 1.0
    mean, constant = _sum_mean(name, kernel, train_inputs, alpha / spread)
    gp = LibraryMean(mean, offset + scale * spread * constant, scale * spread, prepare)
    # Between training points, where white noise has no part.
    between = (train_inputs[1:] + train_inputs[:-1])[:_N_COMPARED] / 2
    if len(between):
        ours = gp.offset + gp.scale * mean.predict(between)
        difference = float(np.abs(ours - predict(between)).max()) / gp.scale
        if not difference <= _ALIKE.get(precision, _ALIKE["float64"]):
            raise InputError(
                f"model {name}: what was read of it predicts otherwise than itself, by up to "
                f"{difference:.1e} SD of the label; fit it in float64, and without parts that are "
                "neither kernel, constant mean nor Gaussian noise"
            )
    return gp


def _sum_mean(
    name: str, kernel: Kernel, train_inputs: NDArray[np.float64], alpha: NDArray[np.float64]
) -> tuple[SumMean, float]:
    """Posterior mean of all terms but constants, and what these add to every prediction."""
    parts, constant = [], 0.0
    linear = np.zeros(train_inputs.shape[1])
    for term in terms_of(kernel, train_inputs.shape[1]):
        columns = list(term.columns)
        if term.kernel is not None:
            of_term = GaussianProcessMean(
                train_inputs[:, columns], alpha, term.kernel, term.scale, term.variance
            )
            parts.append(Part(of_term, term.columns))
        elif columns:
            linear[columns] += term.variance * term.scale
        else:
            constant += term.variance * float(alpha.sum())
    if not parts:
        raise InputError(
            f"model {name}: its kernel has no stationary term; a linear model's values are slope "
            "times distance from the background's mean (shap.LinearExplainer)"
        )
    return SumMean(train_inputs, alpha, tuple(parts), linear), constant


def _one_output(values: ArrayLike) -> NDArray[np.float64]:
    vector = np.asarray(values, dtype=np.float64)
    if vector.ndim == 2 and vector.shape[1] == 1:
        vector = vector[:, 0]
    if vector.ndim != 1:
        raise InputError(
            f"model: outputs of shape {vector.shape} are several models; explain one at a time"
        )
    return vector
