"""Speed of the district GP against scikit-learn and GPy: same data, same run, same optimum.

Fits the five random folds of one task in the modes `optimised` and `ard`, on one thread as a job
of the workflow does, and prints wall and processor seconds and the log marginal likelihoods; on a
busy machine compare processor seconds. Without --table it draws a synthetic city of 2,095
districts; with it, the real one is used:

    python benchmarks/bench_gp.py --table <folder>/nyc_tract_acs_2015_2019.gpkg

scikit-learn's ARD takes some ten minutes; --folds 1 shortens everything.
"""

import argparse
import platform
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray
from record import Row, add_record, keep
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


PEERS: dict[str, Callable[[Array, Array, str], Found]] = {
    "incomelens": ours,
    "GPy": gpy,
    "scikit-learn": scikit_learn,
}


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


def main() -> None:
    """Time every peer on every fold and print one row a mode and peer."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--table", type=Path)
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--modes", nargs="+", default=["optimised", "ard"])
    parser.add_argument("--peers", nargs="+", default=list(PEERS), choices=list(PEERS))
    parser.add_argument("--threads", type=int, default=1)
    add_record(parser)
    options = parser.parse_args()
    inputs, label = task(options.table)
    folds = list(KFold(5, shuffle=True, random_state=0).split(inputs))[: options.folds]
    print(f"{platform.processor() or platform.machine()}, {options.threads} threads")
    print(f"{len(folds)} folds of {len(inputs)} districts, {inputs.shape[1]} inputs\n")
    heads = f"{'wall s':>8} {'× ours':>7} {'cpu s':>8} {'× ours':>7}"
    print(f"{'mode':10} {'peer':13} {heads}  log marginal likelihoods")
    rows = []
    for mode in options.modes:
        own, peers = None, {}
        for name in options.peers:
            wall, processor, values = 0.0, 0.0, []
            for training, _ in folds:
                x, y = inputs[training], label[training]
                x, y = (x - x.mean(0)) / x.std(0), (y - y.mean()) / y.std()
                with threadpool_limits(options.threads), warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    started = time.perf_counter(), time.process_time()
                    found = PEERS[name](x, y, mode)
                    wall += time.perf_counter() - started[0]
                    processor += time.process_time() - started[1]
                likelihood = MarginalLikelihood(x, y, np.zeros(len(y)))
                values.append(likelihood.value_and_gradient(*found)[0])
            own = own or (wall, processor)
            print(
                f"{mode:10} {name:13} {wall:8.1f} {wall / own[0]:7.1f} "
                f"{processor:8.1f} {processor / own[1]:7.1f}  "
                + " ".join(f"{value:.2f}" for value in values),
                flush=True,
            )
            peers[name] = processor
        if "incomelens" in peers:
            what = f"{len(folds)} fits of {len(inputs):,} districts, `{mode}`"
            rows.append(Row(what, peers.pop("incomelens"), "s", peers))
    keep(
        rows,
        options.record,
        "gp",
        script=__file__,
        title="Fits of the Gaussian process to the same optimum",
        packages=("scikit-learn", "GPy"),
    )


if __name__ == "__main__":
    main()
