"""The process by inducing points against the exact one: how far apart, and what each costs.

    python benchmarks/bench_country.py --table <folder>/nyc_tract_acs_2015_2019.gpkg
    python benchmarks/bench_country.py --sizes 2000 8000 20000 72000 --exact-until 8000

With a table: five random folds of its districts by both, then Shapley values of some districts by
both, of per-capita income. With sizes: one fit of a drawn country of as many tracts, and Shapley
values of a few of them; on a busy machine compare processor seconds.
"""

import argparse
import resource
import time
from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import TypeVar

import geopandas as gpd
import numpy as np
from bench_gp import NYC_INPUTS
from numpy.typing import NDArray
from record import Row, add_record, keep
from scipy.special import expit
from scipy.stats import spearmanr
from sklearn.model_selection import KFold
from threadpoolctl import threadpool_limits

from incomelens.shapley.background import random_background
from incomelens.shapley.task import task_of
from incomelens.shapley.values import shapley_values
from incomelens.ssig.additive import FittedSum
from incomelens.ssig.features import feature_names
from incomelens.ssig.fit import fit_gp
from incomelens.ssig.gp import FittedGP
from incomelens.ssig.inducing import Approximation
from incomelens.ssig.prediction import predict_income
from incomelens.ssig.scores import metrics

Array = NDArray[np.float64]
T = TypeVar("T")
Process = FittedGP | FittedSum
FEATURES = feature_names("ssig")
EXACT = Approximation(exact_districts=10**9)
BACKGROUND = 100


def real(table: Path) -> tuple[Array, Array]:
    """Inputs and per-capita income of the districts that have both."""
    districts = gpd.read_file(table).dropna(subset=[*NYC_INPUTS, "per_capita_income"])
    return districts[NYC_INPUTS].to_numpy(float), districts["per_capita_income"].to_numpy(float)


def drawn(n: int, seed: int = 0) -> tuple[Array, Array]:
    """A country of n tracts in some cities: shares, density and place as a census has them."""
    rng = np.random.default_rng(seed)
    n_cities = max(n // 400, 1)
    centre = rng.uniform([26, -122], [48, -70], size=(n_cities, 2))
    city = rng.integers(n_cities, size=n)
    away = rng.normal(size=(n, 2)) * rng.lognormal(-2.0, 0.7, size=(n, 1))
    place = centre[city] + away
    # What makes a tract: its city, waves over the city's ground, and itself.
    waves = np.sin(away @ rng.normal(size=(2, 8)) * 12 + city[:, None])
    made = 0.5 * rng.normal(size=(n_cities, 8))[city] + 0.7 * waves + 0.6 * rng.normal(size=(n, 8))
    shares = expit(made @ rng.normal(scale=0.5, size=(8, 9)) - 1.2)
    density = np.exp(8 - 3 * np.linalg.norm(away, axis=1) + 0.7 * rng.normal(size=n))
    inputs = np.column_stack([shares[:, :5], density, shares[:, 5:], place])
    log_income = 10.2 + 1.5 * shares[:, 1] + 0.8 * shares[:, 0] * shares[:, 8] + 0.1 * made[:, 0]
    return inputs, np.exp(log_income + 0.12 * rng.normal(size=n))


def fitted(inputs: Array, income: Array, mode: str, sizes: Approximation) -> Process:
    """Fit one process, as a job of the workflow does, from one start."""
    return fit_gp(
        inputs,
        income,
        mode=mode,
        features=FEATURES,
        ids=tuple(map(str, range(len(income)))),
        starts=1,
        approximation=sizes,
        rng=np.random.default_rng(0),
    )


def explained(process: Process, inputs: Array, rows: NDArray[np.int64]) -> Array:
    """Shapley values of some districts, SD of the label, against rows of all."""
    names = {"level": "tract", "income": "per_capita_income", "mode": process.mode}
    background = random_background(inputs, BACKGROUND, seed=0)
    task = task_of(process, names=names, background=background)
    return shapley_values(task.model, task.points[rows], task.background).values


def processor_seconds(run: Callable[..., T], *arguments: object) -> tuple[T, float]:
    """What a function gives, and what it takes."""
    started = time.process_time()
    return run(*arguments), time.process_time() - started


def fold_scores(inputs: Array, income: Array, mode: str, sizes: Approximation) -> Array:
    """r² and coverage of 90 % intervals, means of five folds."""
    scores = []
    for training, held_out in KFold(5, shuffle=True, random_state=0).split(inputs):
        process = fitted(inputs[training], income[training], mode, sizes)
        guess = predict_income(process, inputs[held_out])
        label_sd = np.full(len(held_out), process.label_sd_usd)
        found = metrics(income[held_out], guess.mean, guess.sd, label_sd, guess.log_sd)
        scores.append([found["r2"][0], found["coverage_90"][0]])
    return np.mean(scores, axis=0)


def compare(options: argparse.Namespace) -> list[Row]:
    """How far the approximate process is from the exact one on real districts."""
    inputs, income = real(options.table)
    learnt_on = options.learnt_on or len(income)
    sizes = Approximation(0, options.points, learnt_on)
    sample = np.sort(np.random.default_rng(1).permutation(len(income))[: options.districts])
    which = f"{options.points:,} points, learnt on {'all' if not options.learnt_on else learnt_on}"
    rows = []
    for mode in options.modes:
        (r2, coverage), (own_r2, own_coverage) = (
            fold_scores(inputs, income, mode, each) for each in (EXACT, sizes)
        )
        exact, own = (
            explained(fitted(inputs, income, mode, each), inputs, sample) for each in (EXACT, sizes)
        )
        ranks = spearmanr(exact.ravel(), own.ravel()).statistic
        least = min(spearmanr(*pair).statistic for pair in zip(exact.T, own.T, strict=True))
        print(
            f"{mode:10} {which}: r² {own_r2:.4f} (exact {r2:.4f}), coverage {own_coverage:.4f} "
            f"({coverage:.4f}), Shapley ranks {ranks:.4f}, worst variable {least:.4f}",
            flush=True,
        )
        told = f"`{mode}`, {len(income):,} districts, {which}"
        rows += [
            Row(f"r² away from the exact process's {r2:.3f}: {told}", abs(own_r2 - r2), ""),
            Row(
                f"90 % coverage away from {coverage:.3f}: {told}", abs(own_coverage - coverage), ""
            ),
            Row(f"rank correlation of Shapley values, less than 1 by: {told}", 1 - ranks, ""),
        ]
    return rows


def costs(options: argparse.Namespace) -> list[Row]:
    """Processor seconds of a fit and of a district's Shapley values, by number of districts."""
    rows = []
    sizes = Approximation(0, options.points, options.learnt_on or 4000)
    for n, mode in product(options.sizes, options.modes):
        peers = {"ours": sizes} | ({"exact": EXACT} if n <= options.exact_until else {})
        found = {name: cost(*drawn(n), mode, each, options) for name, each in peers.items()}
        for place, what in enumerate(("fit", "Shapley values of a district")):
            seconds = {name: each[place] for name, each in found.items()}
            rows.append(
                Row(f"{what}, `{mode}`, {n:,} districts", seconds.pop("ours"), "s", seconds)
            )
            print(f"{rows[-1].what}: {rows[-1].ours:.3f} s, {rows[-1].peers}", flush=True)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
        print(f"most memory so far {peak:.1f} GB", flush=True)
    return rows


def cost(
    inputs: Array, income: Array, mode: str, sizes: Approximation, options: argparse.Namespace
) -> tuple[float, float]:
    """Seconds of a fit, and of one more district's Shapley values."""
    process, of_fit = processor_seconds(fitted, inputs, income, mode, sizes)
    few = np.arange(options.explained)
    explained(process, inputs, few[:1])  # compiles
    _, of_one = processor_seconds(explained, process, inputs, few[:1])
    _, of_few = processor_seconds(explained, process, inputs, few)
    return of_fit, (of_few - of_one) / (len(few) - 1)


def main() -> None:
    """Run the parts that were asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--table", type=Path)
    parser.add_argument("--sizes", type=int, nargs="*", default=[])
    parser.add_argument("--exact-until", type=int, default=8000)
    parser.add_argument("--modes", nargs="+", default=["optimised", "additive"])
    parser.add_argument("--points", type=int, default=1024)
    parser.add_argument("--learnt-on", type=int, help="districts; all of a table by default")
    parser.add_argument("--districts", type=int, default=100, help="of a table, to be explained")
    parser.add_argument("--explained", type=int, default=33, help="of a drawn country")
    parser.add_argument("--threads", type=int, default=1)
    add_record(parser)
    options = parser.parse_args()
    with threadpool_limits(options.threads):
        if options.table is not None:
            title = "How far the process by inducing points is from the exact one"
            keep(compare(options), options.record, "country", script=__file__, title=title)
        if options.sizes:
            title = "Cost of the process by inducing points"
            keep(costs(options), options.record, "country_costs", script=__file__, title=title)


if __name__ == "__main__":
    main()
