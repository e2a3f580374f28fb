"""Models that SSIG should be compared with, under the same folds and with the same twelve inputs.

Linear and log-linear regression are the field's traditional models (paper, introduction); ridge,
random forest and gradient boosting are what a reader would try today, untuned; the mean and
copy-the-neighbours show what is had for nothing. Embeddings of other encoders, such as those of
satellites, take the place of the twelve inputs and go through ridge alone.

Gradient boosting is scikit-learn's, at its defaults but for the smallest leaf: 20 districts are
most of a small training set, so that no tree splits and every prediction is the mean. The leaf is a
twentieth of the training districts between :data:`LEAST_LEAF` and the default, a rule set before
any score was seen; from 400 training districts on it is the default itself.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from sklearn.compose import TransformedTargetRegressor
from sklearn.dummy import DummyRegressor
from sklearn.ensemble import HistGradientBoostingRegressor, RandomForestRegressor
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, RidgeCV
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from incomelens.common.errors import InputError
from incomelens.ssig.features import SOCIOECONOMIC, SPATIAL

Regressor = object  # anything with scikit-learn's fit and predict
LEAST_LEAF, DEFAULT_LEAF = 3, 20  # districts in a leaf of gradient boosting
DISTRICTS_PER_LEAF = 20
N_NEIGHBOURS = 8
PLACES = [len(SOCIOECONOMIC) + number for number in range(len(SPATIAL))]


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
    "gradient_boosting": lambda seed: GradientBoosting(random_state=seed),
    "copy_neighbours": _copy_neighbours,
}
