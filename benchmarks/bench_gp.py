"""Speed of the district GP against scikit-learn, GPy and GPBoost: same data, run and optimum.

Fits random folds of one task in the modes `optimised` and `ard`, on one thread as a job of the
workflow does, each way in a process of its own, and prints wall and processor seconds and the log
marginal likelihoods; on a busy machine compare processor seconds. Without --table it draws a
synthetic city of 2,095 districts; with it, the real one is used:

    python benchmarks/bench_gp.py --table <folder>/nyc_tract_acs_2015_2019.gpkg

Peers take a minute or two for each fold of `ard`, hence one fold of it by default. A peer that
needs longer than --peer-seconds is ended, one that is not installed left out; both are told.
"""

import argparse
import platform
import warnings
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray
from processes import in_own_process, timed
from record import Row, add_record, installed, keep
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import ConstantKernel, Matern, WhiteKernel
from sklearn.model_selection import KFold
from threadpoolctl import threadpool_limits

from incomelens.ssig.fit import fit_gp
from incomelens.ssig.likelihood import MarginalLikelihood

Array = NDArray[np.float64]
# What a peer found: its hyperparameters, judged by one and the same likelihood.
Found = tuple[Array, float, float]
NYC_INPUTS = [
    "share_25plus_bachelor_only", "share_25plus_postgraduate", "unemployment_rate",
    "share_65plus", "share_under18", "population_density_per_km2", "share_male", "share_black",
    "share_asian", "share_white", "centroid_lat", "centroid_lon",
]  # fmt: skip


def ours(inputs: Array, label: Array, mode: str) -> Found:
    """Fit with this package; it z-scores again, which changes nothing."""
    fitted = fit_gp(
        inputs,
        label,
        mode=mode,
        features=tuple(map(str, range(inputs.shape[1]))),
        ids=tuple(map(str, range(len(label)))),
        rng=np.random.default_rng(0),
    )
    return fitted.lengthscale, fitted.outputscale, fitted.noise


def scikit_learn(inputs: Array, label: Array, mode: str) -> Found:
    """Fit with scikit-learn: one start, its default optimiser, float64."""
    start = np.ones(inputs.shape[1]) if mode == "ard" else 1.0
    kernel = ConstantKernel(1.0) * Matern(start, (1e-3, 1e4), nu=1.5) + WhiteKernel(1.0)
    fitted = GaussianProcessRegressor(kernel, alpha=1e-10).fit(inputs, label).kernel_
    return (
        np.atleast_1d(fitted.k1.k2.length_scale),
        fitted.k1.k1.constant_value,
        fitted.k2.noise_level,
    )


def gpy(inputs: Array, label: Array, mode: str) -> Found:
    """Fit with GPy: one start, its default optimiser, float64."""
    import GPy

    kernel = GPy.kern.Matern32(inputs.shape[1], ARD=mode == "ard")
    model = GPy.models.GPRegression(inputs, label[:, None], kernel)
    model.optimize()
    noise = float(model.Gaussian_noise.variance[0])
    return np.array(kernel.lengthscale), float(kernel.variance[0]), noise


def by_gpboost(inputs: Array, label: Array, mode: str) -> Found:
    """Fit with GPBoost: one start, its default optimiser, no approximation."""
    import gpboost

    model = gpboost.GPModel(
        gp_coords=inputs,
        cov_function="matern_ard" if mode == "ard" else "matern",
        cov_fct_shape=1.5,
        num_parallel_threads=1,
    )
    model.fit(y=label)
    noise, variance, *lengthscale = model.get_cov_pars().to_numpy()[0]
    return np.array(lengthscale), float(variance), float(noise)


PEERS: dict[str, Callable[[Array, Array, str], Found]] = {
    "incomelens": ours,
    "GPy": gpy,
    "scikit-learn": scikit_learn,
    "GPBoost": by_gpboost,
}
PACKAGES = {"GPy": "GPy", "GPBoost": "gpboost"}
"""Of peers that may be missing."""


def task(table: Path | None) -> tuple[Array, Array]:
    """Z-scored inputs and label."""
    if table is None:
        rng = np.random.default_rng(0)
        inputs = rng.normal(size=(2095, 12))
        label = np.sin(inputs[:, :4]).sum(1) + 0.5 * inputs[:, 4] + 0.4 * rng.normal(size=2095)
    else:
        districts = gpd.read_file(table)
        districts = districts[districts["median_household_income"].notna()]
        inputs = districts[NYC_INPUTS].to_numpy(float)
        label = districts["median_household_income"].to_numpy(float)
    return (inputs - inputs.mean(0)) / inputs.std(0), (label - label.mean()) / label.std()


def training_parts(inputs: Array, label: Array) -> list[tuple[Array, Array]]:
    """Inputs and label of the districts of each of five folds that a model learns from."""
    parts = []
    for training, _ in KFold(5, shuffle=True, random_state=0).split(inputs):
        x, y = inputs[training], label[training]
        parts.append(((x - x.mean(0)) / x.std(0), (y - y.mean()) / y.std()))
    return parts


def fitted(name: str, mode: str, parts: Sequence[tuple[Array, Array]]) -> Array:
    """Wall and processor seconds of all fits, and the log marginal likelihood of each."""
    spent, values = np.zeros(2), []
    with threadpool_limits(1), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        PEERS[name](parts[0][0][:50], parts[0][1][:50], mode)  # imports
        for x, y in parts:
            *took, found = timed(partial(PEERS[name], x, y, mode))
            spent += took
            likelihood = MarginalLikelihood(x, y, np.zeros(len(y)))
            values.append(likelihood.value_and_gradient(*found)[0])
    return np.array([*spent, *values])


def compare(
    mode: str, parts: Sequence[tuple[Array, Array]], peers: Sequence[str], most: float
) -> dict[str, float]:
    """Print one peer after the other; give the processor seconds of those that ended."""
    own, found = None, {}
    for name in peers:
        limit = None if name == "incomelens" else most
        try:
            wall, processor, *values = in_own_process(fitted, name, mode, parts, seconds=limit)
        except (TimeoutError, RuntimeError) as problem:
            print(f"{mode:10} {name:13} {problem}", flush=True)
            continue
        own = own or (wall, processor)
        print(
            f"{mode:10} {name:13} {wall:8.1f} {wall / own[0]:7.1f} "
            f"{processor:8.1f} {processor / own[1]:7.1f}  "
            + " ".join(f"{value:.2f}" for value in values),
            flush=True,
        )
        found[name] = float(processor)
    return found


def main() -> None:
    """Time every peer on every fold and print one row a mode and peer."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--table", type=Path)
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--ard-folds", type=int, default=1, help="of the mode `ard`")
    parser.add_argument("--modes", nargs="+", default=["optimised", "ard"])
    parser.add_argument("--peers", nargs="+", default=list(PEERS), choices=list(PEERS))
    parser.add_argument("--peer-seconds", type=float, default=300.0, help="a mode")
    add_record(parser)
    options = parser.parse_args()
    inputs, label = task(options.table)
    peers = [one for one in options.peers if one not in PACKAGES or installed(PACKAGES[one])]
    print(f"{platform.processor() or platform.machine()}, one thread")
    print(f"folds of {len(inputs)} districts, {inputs.shape[1]} inputs\n")
    heads = f"{'wall s':>8} {'× ours':>7} {'cpu s':>8} {'× ours':>7}"
    print(f"{'mode':10} {'peer':13} {heads}  log marginal likelihoods")
    rows = []
    for mode in options.modes:
        n_folds = options.ard_folds if mode == "ard" else options.folds
        parts = training_parts(inputs, label)[:n_folds]
        found = compare(mode, parts, peers, options.peer_seconds)
        if "incomelens" in found:
            what = (
                f"{len(parts)} fit{'s' * (len(parts) > 1)} of {len(inputs):,} districts, `{mode}`"
            )
            rows.append(Row(what, found.pop("incomelens"), "s", found))
            keep(
                rows,
                options.record,
                "gp",
                script=__file__,
                title="Fits of the Gaussian process to the same optimum",
                packages=("scikit-learn", "GPy", "gpboost"),
            )


if __name__ == "__main__":
    main()
