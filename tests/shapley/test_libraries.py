"""Gaussian processes of other libraries: read as they predict, explained by the definition."""

# ruff: noqa: PD011 - `values` of shap, not of pandas
import gpytorch
import numpy as np
import pandas as pd
import pytest
import torch
from numpy.testing import assert_allclose
from sklearn.decomposition import PCA
from sklearn.gaussian_process import GaussianProcessClassifier, GaussianProcessRegressor, kernels
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import QuantileTransformer, StandardScaler

from incomelens.common.errors import InputError
from incomelens.shapley.background import kmeans_background
from incomelens.shapley.libraries import explain_gp
from incomelens.shapley.library_models import read_gp

RNG = np.random.default_rng(7)
X = RNG.normal([3.0, 0.0, -2.0], [1.0, 2.0, 0.5], size=(50, 3))
Y = 100 + 20 * np.sin(X[:, 0]) + 5 * X[:, 1] * X[:, 2] + RNG.normal(size=50)

SCIKIT_LEARN = {
    "matern": 2.0 * kernels.Matern([1.0, 2.0, 0.5], nu=1.5) + kernels.WhiteKernel(0.1),
    "smooth": kernels.Matern(1.3, nu=np.inf) + kernels.WhiteKernel(0.1),
    "sum": kernels.ConstantKernel(3.0)
    * (kernels.RBF(1.5) + 0.5 * kernels.RationalQuadratic(2.0, alpha=0.8))
    + kernels.WhiteKernel(0.2),
    "linear": 0.3 * kernels.DotProduct(sigma_0=2.0) + kernels.Matern(nu=2.5) + 4.0,
}


def by_definition(predict, point, background, brute_force, n_players=3):
    """Values of the interventional game of the library's own predictions."""

    def game(coalition):
        mixed = background.copy()
        mixed[:, list(coalition)] = point[list(coalition)]
        return float(predict(mixed).mean())

    return brute_force["values"](game, n_players)


@pytest.fixture(scope="module", params=SCIKIT_LEARN)
def scikit_learn(request):
    kernel = SCIKIT_LEARN[request.param]
    gp = GaussianProcessRegressor(kernel, alpha=0.05, optimizer=None, normalize_y=True)
    return gp.fit(X, Y)


def test_scikit_learn_is_explained_by_the_definition(scikit_learn, brute_force):
    told = explain_gp(scikit_learn, X[:2], X[40:], tolerance=1e-9)
    for point, values in zip(X, told.values, strict=False):
        expected = by_definition(scikit_learn.predict, point, X[40:], brute_force)
        assert_allclose(values, expected, rtol=0, atol=1e-7)
    total = told.values.sum(axis=1) + told.base_values
    assert_allclose(total, scikit_learn.predict(X[:2]), rtol=1e-10)


def test_scaled_inputs_are_explained_in_their_own_units(brute_force):
    table = pd.DataFrame(X, columns=["age", "income", "density"])
    pipeline = make_pipeline(
        QuantileTransformer(n_quantiles=20),
        StandardScaler(),
        GaussianProcessRegressor(kernels.Matern(nu=1.5), alpha=0.1, optimizer=None),
    ).fit(table, Y)
    told = explain_gp(pipeline, table[:1], kmeans_background(table, 5, seed=0), tolerance=1e-9)
    assert told.feature_names == list(table)
    assert_allclose(told.data, X[:1])
    assert_allclose(told.values.sum() + told.base_values, pipeline.predict(table[:1]), rtol=1e-8)
    told = explain_gp(pipeline, table[:1], table[40:], tolerance=1e-9)

    def predict(inputs):
        return pipeline.predict(pd.DataFrame(inputs, columns=list(table)))

    expected = by_definition(predict, X[0], X[40:], brute_force)
    assert_allclose(told.values[0], expected, rtol=0, atol=1e-6)


def test_columns_that_play_as_one_get_one_value():
    gp = GaussianProcessRegressor(kernels.RBF(2.0), alpha=0.1, optimizer=None).fit(X, Y)
    told = explain_gp(gp, X[:2], X[40:], groups={"place": ["x1", "x2"]})
    assert told.feature_names == ["x0", "place"]
    assert told.values.shape == told.data.shape == (2, 2)
    assert_allclose(told.values.sum(axis=1) + told.base_values, gp.predict(X[:2]), rtol=1e-6)


class Exact(gpytorch.models.ExactGP):
    def __init__(self, covariance, mean=None, dtype=torch.float64):
        likelihood = gpytorch.likelihoods.GaussianLikelihood()
        super().__init__(torch.tensor(X, dtype=dtype), torch.tensor(Y, dtype=dtype), likelihood)
        self.mean_module = mean or gpytorch.means.ConstantMean()
        self.covar_module = covariance
        self.to(dtype)
        self.likelihood.noise = 0.1
        if mean is None:
            self.mean_module.constant.data.fill_(90.0)

    def forward(self, inputs):
        mean, covariance = self.mean_module(inputs), self.covar_module(inputs)
        return gpytorch.distributions.MultivariateNormal(mean, covariance)


def gpytorch_kernels():
    scale, k = gpytorch.kernels.ScaleKernel, gpytorch.kernels
    return {
        "matern": scale(k.MaternKernel(1.5, ard_num_dims=3)),
        "sum": scale(k.RBFKernel(active_dims=(0, 2))) + k.RQKernel() + k.LinearKernel(),
        "nested": scale(scale(k.MaternKernel(2.5, active_dims=(1, 2))) + k.MaternKernel(0.5)),
    }


# GPyTorch takes the root of a linear kernel's matrix, which has the rank of its columns.
@pytest.mark.filterwarnings("ignore:A not p.d., added jitter")
@pytest.mark.parametrize("name", ["matern", "sum", "nested"])
def test_gpytorch_is_explained_by_the_definition(name, brute_force):
    model = Exact(gpytorch_kernels()[name])
    tolerance = 1e-6 if name == "nested" else 1e-9
    told = explain_gp(model, X[:1], X[40:], tolerance=tolerance)
    assert model.training  # as it was
    model.eval()

    def predict(inputs):
        with torch.no_grad(), gpytorch.settings.fast_computations(False, False, False):
            return model(torch.tensor(inputs)).mean.numpy()

    expected = by_definition(predict, X[0], X[40:], brute_force)
    assert_allclose(told.values[0], expected, rtol=0, atol=100 * tolerance)


def test_gpytorch_in_single_precision_is_read_to_its_own_precision():
    gp = read_gp(
        Exact(gpytorch.kernels.ScaleKernel(gpytorch.kernels.RBFKernel()), dtype=torch.float32)
    )
    double = read_gp(Exact(gpytorch.kernels.ScaleKernel(gpytorch.kernels.RBFKernel())))
    assert_allclose(gp.predict(X), double.predict(X), atol=0.01 * Y.std())


def test_gpy_is_explained_by_the_definition(brute_force):
    kern = pytest.importorskip("GPy", reason="GPy is not installed (envs/bench.in)").kern
    from GPy.models import GPRegression

    kernel = kern.RatQuad(3, 2.0, 1.5, power=0.7) + kern.Matern32(
        2, active_dims=[0, 2]
    ) * kern.Bias(3, 0.5)
    kernel += kern.Linear(1, active_dims=[1]) + kern.White(3, 0.1)
    model = GPRegression(X, Y[:, None], kernel, normalizer=True)
    told = explain_gp(model, X[:1], X[40:], tolerance=1e-9)
    expected = by_definition(
        lambda inputs: model.predict_noiseless(inputs)[0][:, 0], X[0], X[40:], brute_force
    )
    assert_allclose(told.values[0], expected, rtol=0, atol=1e-7)


def fitted(kernel):
    return GaussianProcessRegressor(kernel, alpha=10.0, optimizer=None).fit(X, Y)


class Louder(gpytorch.kernels.RBFKernel):
    def forward(self, *args, **kwargs):
        return 2 * super().forward(*args, **kwargs)


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (lambda: LinearRegression().fit(X, Y), "no fitted GaussianProcessRegressor"),
        (lambda: GaussianProcessRegressor(), "no fitted GaussianProcessRegressor; call fit first"),
        (lambda: GaussianProcessClassifier().fit(X, Y > 100), "no fitted GaussianProcessRegressor"),
        (lambda: object(), "model object is not covered; expected a fitted"),
        (lambda: fitted(kernels.ExpSineSquared()), "kernel ExpSineSquared of .* is not covered"),
        (lambda: fitted(kernels.RBF(1) * kernels.RBF(2)), "kernel Product of .* is not covered"),
        (lambda: fitted(kernels.RBF(1) ** 2), "kernel Exponentiation of .* is not covered"),
        (lambda: fitted(kernels.DotProduct()), "its kernel has no stationary term"),
        (lambda: fitted(kernels.Matern(nu=0.3)), "shape 0.3 is outside 0.5 to 20"),
        (
            lambda: GaussianProcessRegressor(kernels.RBF()).fit(X, np.column_stack([Y, -Y])),
            r"outputs of shape \(50, 2\) are several models",
        ),
        (
            lambda: make_pipeline(PCA(2), fitted(kernels.RBF())).fit(X, Y),
            "pipeline: PCA before the Gaussian process may mix columns",
        ),
        (lambda: Exact(Louder()), "kernel Louder of .* is not covered"),
        (
            lambda: Exact(gpytorch.kernels.RBFKernel(), gpytorch.means.LinearMean(3)),
            "mean_module is LinearMean; expected a ConstantMean or ZeroMean",
        ),
        (
            lambda: Exact(gpytorch.kernels.RBFKernel(batch_shape=torch.Size([2]))),
            "shape|batch",
        ),
    ],
)
@pytest.mark.filterwarnings("ignore:.*converge:sklearn.exceptions.ConvergenceWarning")
@pytest.mark.filterwarnings("ignore:The optimal value found:sklearn.exceptions.ConvergenceWarning")
def test_models_that_are_not_covered_are_refused(model, message):
    with pytest.raises(InputError, match=message):
        read_gp(model())


def test_a_model_whose_predictions_are_not_its_kernels_is_refused():
    class Shifted(GaussianProcessRegressor):
        def predict(self, inputs):
            return super().predict(inputs) + inputs[:, 0]

    gp = Shifted(kernels.RBF(), alpha=0.1, optimizer=None).fit(X, Y)
    with pytest.raises(InputError, match=r"predicts otherwise than itself, by up to .* SD"):
        read_gp(gp)


def test_columns_in_another_order_are_refused():
    table = pd.DataFrame(X, columns=["a", "b", "c"])
    gp = GaussianProcessRegressor(kernels.RBF(), alpha=0.1, optimizer=None).fit(table, Y)
    with pytest.raises(InputError, match="columns b, a, c instead of a, b, c"):
        explain_gp(gp, table[["b", "a", "c"]], table)
