"""What is fitted on learned features: random forest, Gaussian process, double ridge."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from sklearn.decomposition import PCA
from sklearn.ensemble import RandomForestRegressor
from sklearn.linear_model import RidgeCV
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from incomelens.ssig.additive import FittedSum
from incomelens.ssig.fit import fit_gp
from incomelens.ssig.gp import FittedGP
from incomelens.ssig.inducing import Approximation

ALPHAS = np.logspace(-2, 5, 15)
# Components below this share of the variance are rounding: a z-score would blow them up.
LEAST_VARIANCE = 1e-4


@dataclass(frozen=True)
class FinalSettings:
    """Settings of the final stages.

    Attributes
    ----------
    place_as_columns : bool
        Whether latitude and longitude join the features of the forest and of the feature GP.
    trees : int
    components : int
        Principal components of z that the GP reads, at most.
    gp_mode : str
        One of :data:`incomelens.ssig.fit.MODES`.
    gp_starts : int
    approximation : Approximation
        The study's, of Gaussian processes of many districts.
    """

    place_as_columns: bool = True
    trees: int = 200
    components: int = 32
    gp_mode: str = "optimised"
    gp_starts: int = 2
    approximation: Approximation = field(default_factory=Approximation)


def ridge() -> Pipeline:
    """Ridge regression on z-scored columns; its penalty by generalised cross-validation."""
    return make_pipeline(StandardScaler(), RidgeCV(alphas=ALPHAS))


def forest(trees: int, seed: int) -> RandomForestRegressor:
    """Random forest that tries a third of the columns at a split."""
    return RandomForestRegressor(
        trees, max_features=1 / 3, min_samples_leaf=2, random_state=seed, n_jobs=1
    )


def fit_matern(
    inputs: NDArray[np.float64],
    label: NDArray[np.float64],
    settings: FinalSettings,
    *,
    rng: np.random.Generator,
) -> FittedGP | FittedSum:
    """Fit SSIG's Matérn-3/2 process to other inputs, shape (n, d)."""
    return fit_gp(
        inputs,
        label,
        mode=settings.gp_mode,
        features=tuple(f"input {k}" for k in range(inputs.shape[1])),
        ids=tuple(map(str, range(len(label)))),
        starts=settings.gp_starts,
        approximation=settings.approximation,
        rng=rng,
    )


def components(features: NDArray[np.float64], most: int) -> PCA:
    """Principal components of training features, those that hold any variance."""
    fitted = PCA(min(most, *features.shape), svd_solver="full").fit(features)
    n_kept = max(1, int((fitted.explained_variance_ratio_ >= LEAST_VARIANCE).sum()))
    return PCA(n_kept, svd_solver="full").fit(features)


@dataclass(frozen=True)
class FirstStage:
    """Ridges on learned features, fitted to some training districts.

    Attributes
    ----------
    joint : Pipeline
        Reads all features and the pair model's prediction.
    per_branch : mapping
        One ridge a branch, on its features alone.
    """

    joint: Pipeline
    per_branch: Mapping[str, Pipeline]

    def columns(
        self, branches: Mapping[str, NDArray[np.float64]], by_pairs: NDArray[np.float64]
    ) -> dict[str, NDArray[np.float64]]:
        """Predictions of the ridges for districts with these features, shape (n,) each."""
        joint = np.column_stack([*branches.values(), by_pairs])
        ridges = {f"ridge_{name}": self.per_branch[name].predict(z) for name, z in branches.items()}
        return {"ridge": self.joint.predict(joint), **ridges}


def fit_first_stage(
    branches: Mapping[str, NDArray[np.float64]],
    by_pairs: NDArray[np.float64],
    label: NDArray[np.float64],
) -> FirstStage:
    """Fit the ridges to features (n, width) a branch and predictions by pairs (n,)."""
    return FirstStage(
        joint=ridge().fit(np.column_stack([*branches.values(), by_pairs]), label),
        per_branch={name: ridge().fit(values, label) for name, values in branches.items()},
    )
