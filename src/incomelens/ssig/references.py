"""Models that SSIG should be compared with, under the same folds and with the same twelve inputs.

Linear and log-linear regression are the field's traditional models (paper, introduction); ridge,
random forest and gradient boosting are what a reader would try today, untuned; extremely randomised
trees and tuned boosting, both of the log income, are what is hard to beat with a table;
geographically weighted regression is the field's own model of place; the mean and
copy-the-neighbours show what is had for nothing. Embeddings of other encoders, such as those of
satellites, take the place of the twelve inputs and go through ridge alone.

Gradient boosting is scikit-learn's, at its defaults but for the smallest leaf: 20 districts are
most of a small training set, so that no tree splits and every prediction is the mean. The leaf is a
twentieth of the training districts between :data:`LEAST_LEAF` and the default, a rule set before
any score was seen; from 400 training districts on it is the default itself.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.compose import TransformedTargetRegressor
from sklearn.dummy import DummyRegressor
from sklearn.ensemble import (
    ExtraTreesRegressor,
    HistGradientBoostingRegressor,
    RandomForestRegressor,
)
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, RidgeCV
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from incomelens.common.errors import InputError
from incomelens.ssig.gwr import GeographicallyWeightedRegression
from incomelens.ssig.inner_blocks import PLACES, inner_spatial_folds

Regressor = Any  # anything with scikit-learn's fit and predict
LEAST_LEAF, DEFAULT_LEAF = 3, 20  # districts in a leaf of gradient boosting
DISTRICTS_PER_LEAF = 20
LEAVES = (4, 8, 16)  # of a tree, that tuned boosting chooses among
MOST_TREES, LEARNING_RATE = 300, 0.06
N_NEIGHBOURS = 8


def embedding_ridge() -> Regressor:
    """Return unfitted ridge on an embedding, its penalty chosen inside the training districts.

    A district without a row is one of mean numbers.
    """
    return TransformedTargetRegressor(
        make_pipeline(
            SimpleImputer(keep_empty_features=True),
            StandardScaler(),
            RidgeCV(alphas=np.logspace(-1, 5, 13)),
        ),
        transformer=StandardScaler(),
    )


def reference_model(name: str, *, seed: int) -> Regressor:
    """Return an unfitted reference model; its inputs are those of ``feature_names("ssig")``.

    Parameters
    ----------
    name : str
        One of :data:`REFERENCES`.
    seed : int
        Of the forests and the boosting.
    """
    if name not in REFERENCES:
        raise InputError(f"ssig.references: {name!r} is unknown; known are {', '.join(REFERENCES)}")
    return REFERENCES[name](seed)


class LogLinearRegression(LinearRegression):
    """Linear regression of the log income, brought back to dollars by Duan's (1983) smearing.

    exp(E[log y]) underestimates E[y]; the mean of the exponentiated training residuals corrects it
    without assuming normal residuals.
    """

    def fit(self, X: NDArray[np.float64], y: NDArray[np.float64]) -> "LogLinearRegression":
        """Fit to incomes `y` in USD, all positive."""
        if np.any(y <= 0):
            raise InputError("log_linear: an income is zero or negative; leave the model out")
        super().fit(X, np.log(y))
        self.smearing_ = float(np.mean(np.exp(np.log(y) - super().predict(X))))
        return self

    def predict(self, X: NDArray[np.float64]) -> NDArray[np.float64]:
        """Predict incomes in USD."""
        return self.smearing_ * np.exp(super().predict(X))


class CopiedNeighbours(KNeighborsRegressor):
    """Mean income of the nearest districts, which have to be there."""

    def fit(self, X: NDArray[np.float64], y: NDArray[np.float64]) -> "CopiedNeighbours":
        """Fit to incomes `y` in USD, at least as many as there are neighbours to copy."""
        if len(y) < self.n_neighbors:
            raise InputError(
                f"copy_neighbours: {len(y)} training districts, and it copies the nearest "
                f"{self.n_neighbors}; take fewer folds or blocks, or leave it out of "
                "ssig.references"
            )
        return super().fit(X, y)


class GradientBoosting(HistGradientBoostingRegressor):
    """Gradient boosting whose smallest leaf follows the number of training districts."""

    def fit(self, X: NDArray[np.float64], y: NDArray[np.float64]) -> "GradientBoosting":
        """Fit to incomes `y` in USD."""
        self.set_params(min_samples_leaf=smallest_leaf(len(y)))
        return super().fit(X, y)


class TunedBoosting(RegressorMixin, BaseEstimator):
    """Gradient boosting of the log income; size and number of trees by inner spatial folds.

    By :mod:`incomelens.ssig.inner_blocks`. Predictions are medians.
    """

    def __init__(self, random_state: int = 0) -> None:
        self.random_state = random_state

    def fit(self, X: NDArray[np.float64], y: NDArray[np.float64]) -> "TunedBoosting":
        """Fit to incomes `y` in USD, all positive."""
        if np.any(y <= 0):
            raise InputError("tuned_boosting: an income is zero or negative; leave the model out")
        label, fold = np.log(y), inner_spatial_folds(X, self.random_state)
        errors = {leaves: np.zeros(MOST_TREES) for leaves in LEAVES}
        for leaves, error in errors.items():
            for number in np.unique(fold):
                own = fold == number
                fitted = self._boosted(leaves, MOST_TREES).fit(X[~own], label[~own])
                steps = np.array(list(fitted.staged_predict(X[own])))
                error[: len(steps)] += ((steps - label[own]) ** 2).sum(axis=1)
        self.leaves_ = min(LEAVES, key=lambda leaves: errors[leaves].min())
        self.trees_ = int(errors[self.leaves_].argmin()) + 1
        self.model_ = self._boosted(self.leaves_, self.trees_).fit(X, label)
        return self

    def predict(self, X: NDArray[np.float64]) -> NDArray[np.float64]:
        """Predict incomes in USD."""
        return np.exp(self.model_.predict(X))

    def _boosted(self, leaves: int, trees: int) -> GradientBoosting:
        return GradientBoosting(
            learning_rate=LEARNING_RATE,
            max_iter=trees,
            max_leaf_nodes=leaves,
            early_stopping=False,
            random_state=self.random_state,
        )


def smallest_leaf(n_training: int) -> int:
    """Districts in the smallest leaf of gradient boosting.

    Examples
    --------
    >>> [smallest_leaf(n) for n in (31, 142, 1_676)]
    [3, 7, 20]
    """
    return int(np.clip(n_training // DISTRICTS_PER_LEAF, LEAST_LEAF, DEFAULT_LEAF))


def _radians(inputs: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.radians(inputs[:, PLACES])


def _copy_neighbours(seed: int) -> Regressor:
    return make_pipeline(
        FunctionTransformer(_radians), CopiedNeighbours(N_NEIGHBOURS, metric="haversine")
    )


def _extra_trees(seed: int) -> Regressor:
    return TransformedTargetRegressor(
        ExtraTreesRegressor(300, random_state=seed), func=np.log, inverse_func=np.exp
    )


def _ridge(seed: int) -> Regressor:
    ridge = RidgeCV(alphas=np.logspace(-3, 3, 13))
    return TransformedTargetRegressor(
        make_pipeline(StandardScaler(), ridge), transformer=StandardScaler()
    )


REFERENCES: dict[str, Callable[[int], Regressor]] = {
    "mean": lambda seed: DummyRegressor(),
    "linear": lambda seed: LinearRegression(),
    "log_linear": lambda seed: LogLinearRegression(),
    "ridge": _ridge,
    "random_forest": lambda seed: RandomForestRegressor(300, random_state=seed),
    "extra_trees": _extra_trees,
    "gradient_boosting": lambda seed: GradientBoosting(random_state=seed),
    "tuned_boosting": lambda seed: TunedBoosting(random_state=seed),
    "gwr": lambda seed: GeographicallyWeightedRegression(random_state=seed),
    "copy_neighbours": _copy_neighbours,
}
