"""Kernels of scikit-learn, GPyTorch and GPy, read as sums of terms that games are known of.

The libraries are not imported: a kernel is known by the name of its class, which has to be the
library's own, since a class derived from it may compute something else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from math import isinf, sqrt
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from incomelens.common.errors import InputError
from incomelens.shapley.mixture import StationaryKernel

# scikit-learn's, GPyTorch's and GPy's objects, whose classes are not imported.
Kernel = Any
Columns = tuple[int, ...]
RBF = StationaryKernel("rbf")


class Term(NamedTuple):
    """One term of a kernel.

    Attributes
    ----------
    variance : float
        Value of a stationary or constant term at distance zero; factor of a linear one.
    columns : tuple of int
        Columns of the inputs that it reads; none for a constant.
    kernel : StationaryKernel or None
        None for a linear or constant term.
    scale : array of shape (n_columns,)
        Lengthscales of a stationary term; variances of a linear term's slopes.
    """

    variance: float
    columns: Columns
    kernel: StationaryKernel | None
    scale: NDArray[np.float64]


def terms_of(kernel: Kernel, n_columns: int) -> list[Term]:
    """Terms of a fitted kernel that have a part in predictions: white noise has none.

    Parameters
    ----------
    kernel : kernel of scikit-learn, GPyTorch or GPy
        Matérn, RBF, rational quadratic, exponential (GPy), linear, constant and white, over any
        columns; their sums; and their products with constants.
    n_columns : int
        Of the inputs.

    Returns
    -------
    list of Term

    Raises
    ------
    InputError
        If it holds any other kernel.
    """
    library = type(kernel).__module__.split(".")[0]
    readers = {"sklearn": _scikit_learn, "gpytorch": _gpytorch, "GPy": _gpy}
    return list(readers.get(library, _unknown)(kernel, tuple(range(n_columns)), 1.0))


def _unknown(kernel: Kernel, *_: object) -> Iterator[Term]:
    raise InputError(
        f"kernel {type(kernel).__name__} of {type(kernel).__module__} is not covered (known: "
        "Matérn, RBF, rational quadratic, linear, constant and white noise of scikit-learn, "
        "GPyTorch and GPy, their sums, and their products with constants); explain this model "
        "with shap.KernelExplainer instead"
    )


def _stationary(
    kernel: StationaryKernel, variance: float, columns: Columns, lengthscale: ArrayLike
) -> Term:
    scale = np.ravel(np.asarray(lengthscale, dtype=np.float64))
    return Term(variance, columns, kernel, np.broadcast_to(scale, (len(columns),)))


def _linear(variance: float, columns: Columns, slopes: ArrayLike = 1.0) -> Term:
    scale = np.ravel(np.asarray(slopes, dtype=np.float64))
    return Term(variance, columns, None, np.broadcast_to(scale, (len(columns),)))


def _constant(variance: float) -> Term:
    return Term(variance, (), None, np.empty(0))


def _matern(nu: float) -> StationaryKernel:
    return RBF if isinf(nu) else StationaryKernel("matern", nu)


def _product(
    kernel: Kernel,
    factors: Sequence[Kernel],
    read: Callable[..., Iterator[Term]],
    columns: Columns,
    variance: float,
) -> Iterator[Term]:
    """Terms of the one factor that is no constant, times the constants."""
    by_factor = [list(read(factor, columns, 1.0)) for factor in factors]
    constant = [len(terms) == 1 and not terms[0].columns for terms in by_factor]
    others = [
        terms for terms, is_constant in zip(by_factor, constant, strict=True) if not is_constant
    ]
    if len(others) > 1:
        yield from _unknown(kernel)
    for terms, is_constant in zip(by_factor, constant, strict=True):
        variance *= terms[0].variance if is_constant else 1.0
    for term in others[0] if others else [_constant(1.0)]:
        yield term._replace(variance=term.variance * variance)


def _scikit_learn(kernel: Kernel, columns: Columns, variance: float) -> Iterator[Term]:
    name = type(kernel).__name__
    if name == "Sum":
        for part in (kernel.k1, kernel.k2):
            yield from _scikit_learn(part, columns, variance)
    elif name == "Product":
        yield from _product(kernel, (kernel.k1, kernel.k2), _scikit_learn, columns, variance)
    elif name == "ConstantKernel":
        yield _constant(variance * kernel.constant_value)
    elif name == "DotProduct":
        yield _constant(variance * kernel.sigma_0**2)
        yield _linear(variance, columns)
    elif name == "RBF":
        yield _stationary(RBF, variance, columns, kernel.length_scale)
    elif name == "Matern":
        yield _stationary(_matern(kernel.nu), variance, columns, kernel.length_scale)
    elif name == "RationalQuadratic":
        family = StationaryKernel("rational_quadratic", kernel.alpha)
        yield _stationary(family, variance, columns, kernel.length_scale)
    elif name != "WhiteKernel":
        yield from _unknown(kernel)


def _gpytorch(
    kernel: Kernel, columns: Columns, variance: float, *, has_chosen: bool = False
) -> Iterator[Term]:
    if not type(kernel).__module__.startswith("gpytorch."):
        yield from _unknown(kernel)
    is_leaf = not any(kernel.children()) or kernel.has_lengthscale
    if is_leaf and len(kernel.batch_shape):
        raise InputError(
            f"kernel {type(kernel).__name__}: a batch of shape {tuple(kernel.batch_shape)} is many "
            "models; explain one of them at a time"
        )
    name = type(kernel).__name__
    if kernel.active_dims is not None and not has_chosen:
        columns = tuple(columns[place] for place in kernel.active_dims.tolist())
    if name == "AdditiveKernel":
        for part in kernel.kernels:
            yield from _gpytorch(part, columns, variance)
    elif name == "ProductKernel":
        yield from _product(kernel, list(kernel.kernels), _gpytorch, columns, variance)
    elif name == "ScaleKernel":
        # It has taken over the columns of what it scales, which does not choose them again.
        scaled = variance * kernel.outputscale.item()
        yield from _gpytorch(kernel.base_kernel, columns, scaled, has_chosen=True)
    elif name == "ConstantKernel":
        yield _constant(variance * kernel.constant.item())
    elif name == "LinearKernel":
        yield _linear(variance, columns, kernel.variance.detach().cpu())
    elif name in ("RBFKernel", "MaternKernel", "RQKernel"):
        if name == "RQKernel":
            family = StationaryKernel("rational_quadratic", kernel.alpha.item())
        else:
            family = RBF if name == "RBFKernel" else _matern(kernel.nu)
        yield _stationary(family, variance, columns, kernel.lengthscale.detach().cpu())
    else:
        yield from _unknown(kernel)


_GPY_MATERN = {"Exponential": 0.5, "OU": 0.5, "Matern32": 1.5, "Matern52": 2.5}


def _gpy(kernel: Kernel, columns: Columns, variance: float) -> Iterator[Term]:
    if not type(kernel).__module__.startswith("GPy."):
        yield from _unknown(kernel)
    name = type(kernel).__name__
    # The parts of a sum count the columns of the whole, and so does the sum itself.
    own = tuple(columns[place] for place in kernel.active_dims)
    if name == "Add":
        for part in kernel.parts:
            yield from _gpy(part, columns, variance)
    elif name == "Prod":
        yield from _product(kernel, kernel.parts, _gpy, columns, variance)
    elif name == "Bias":
        yield _constant(variance * float(kernel.variance[0]))
    elif name == "Linear":
        yield _linear(variance, own, kernel.variances.values)
    elif name == "RBF" or name in _GPY_MATERN:
        family = RBF if name == "RBF" else _matern(_GPY_MATERN[name])
        yield _stationary(
            family, variance * float(kernel.variance[0]), own, kernel.lengthscale.values
        )
    elif name == "RatQuad":
        # GPy's is (1 + r²/2)^-α, without the division by α.
        power = float(kernel.power[0])
        family = StationaryKernel("rational_quadratic", power)
        scale = np.asarray(kernel.lengthscale.values) / sqrt(power)
        yield _stationary(family, variance * float(kernel.variance[0]), own, scale)
    elif name != "White":
        yield from _unknown(kernel)
