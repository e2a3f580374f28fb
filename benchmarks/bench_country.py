"""The process by inducing points against the exact one: how far apart, and what each costs.

    python benchmarks/bench_country.py --table <folder>/nyc_tract_acs_2015_2019.gpkg
    python benchmarks/bench_country.py --sizes 2000 8000 20000 72000

With a table: five random folds of its districts by both, then Shapley values of some districts by
both, of per-capita income. With sizes: of a drawn country of as many tracts one fold of five,
fitted and predicted, and Shapley values of a few tracts; each in a process of its own, whose peak
memory it is. Beside it the exact process, and Vecchia's approximation of GPBoost in the mode
`optimised`; what takes longer than --peer-seconds is ended and told.
"""

import argparse
from collections.abc import Mapping
from functools import partial
from itertools import product
from pathlib import Path

import geopandas as gpd
import numpy as np
from bench_gp import NYC_INPUTS
from numpy.typing import NDArray
from processes import in_own_process, peak_gb, timed
from record import Row, add_record, installed, keep
from scipy.special import expit
from scipy.stats import spearmanr
from sklearn.metrics import r2_score
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
Process = FittedGP | FittedSum
FEATURES = feature_names("ssig")
EXACT = Approximation(exact_districts=10**9)
BACKGROUND = 100
N_FOLDS = 5
OURS, EXACTLY, VECCHIA = "ours", "exact", "GPBoost, Vecchia"
NEIGHBOURS = 20
# Districts that a peer is asked for: what the memory holds, and one takes minutes for.
MOST = {EXACTLY: {"optimised": 8000, "additive": 2000}, VECCHIA: {"optimised": 10**6}}
# What is measured of a size, wall and processor time: of five folds one, of all districts some.
FOLDS_WALL, FOLDS_PROCESSOR = "five folds, wall", "five folds, processor"
SHAPLEY_WALL, SHAPLEY_PROCESSOR = "Shapley values of all, wall", "Shapley values of all, processor"
MEMORY = "most memory"
LOST = "1 − r² of a held-out fold"


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


def explained(process: Process, inputs: Array, rows: NDArray[np.int64], threads: int = 1) -> Array:
    """Shapley values of some districts, SD of the label, against rows of all."""
    names = {"level": "tract", "income": "per_capita_income", "mode": process.mode}
    background = random_background(inputs, BACKGROUND, seed=0)
    task = task_of(process, names=names, background=background)
    return shapley_values(task.model, task.points[rows], task.background, threads=threads).values


def fold_scores(inputs: Array, income: Array, mode: str, sizes: Approximation) -> Array:
    """r² and coverage of 90 % intervals, means of five folds."""
    scores = []
    for training, held_out in KFold(N_FOLDS, shuffle=True, random_state=0).split(inputs):
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
            explained(fitted(inputs, income, mode, each), inputs, sample, options.threads)
            for each in (EXACT, sizes)
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


def costs(options: argparse.Namespace) -> None:
    """Print and keep what each process costs, one mode and number of districts after the other."""
    rows, peers, ended = [], [EXACTLY] + [VECCHIA] * installed("gpboost"), set()
    title = (
        "Cost of the process by inducing points (five folds by one of them, Shapley values of all "
        f"districts by those of {options.explained})"
    )
    for mode, n in product(options.modes, sorted(options.sizes)):
        found = {OURS: in_own_process(cost, OURS, mode, n, options)}
        for name in peers:
            if (name, mode) in ended or n > MOST[name].get(mode, 0):
                print(f"{name}, `{mode}`, {n:,} districts: left out", flush=True)
                continue
            try:
                limit = options.peer_seconds
                found[name] = in_own_process(cost, name, mode, n, options, seconds=limit)
            except (TimeoutError, RuntimeError) as problem:
                print(f"{name}, `{mode}`, {n:,} districts: {problem}", flush=True)
                ended.add((name, mode))
        rows += rows_of(found, mode, n)
        packages = ("scikit-learn", "numba", "gpboost")
        keep(
            rows, options.record, "country_costs", script=__file__, title=title,
            clock=f"{options.threads} threads", packages=packages,
        )  # fmt: skip


def rows_of(found: Mapping[str, Mapping[str, float]], mode: str, n: int) -> list[Row]:
    """Rows of one size: each number of ours beside those that others have."""
    rows = []
    for what, ours in found[OURS].items():
        others = {name: each[what] for name, each in found.items() if what in each}
        unit = {MEMORY: "GB", LOST: ""}.get(what, "s")
        rows.append(Row(f"`{mode}`, {what}", others.pop(OURS), unit, others, districts=n))
        print(f"{n:,} districts, {what}: {ours:.2f} {unit}, {others}", flush=True)
    return rows


def cost(name: str, mode: str, n: int, options: argparse.Namespace) -> dict[str, float]:
    """What one process takes for a country, inside a process of its own."""
    inputs, income = drawn(n)
    training, held_out = next(KFold(N_FOLDS, shuffle=True, random_state=0).split(inputs))
    learnt, judged = (inputs[training], income[training]), inputs[held_out]
    found = {}
    with threadpool_limits(options.threads):
        if name == VECCHIA:
            vecchia(*drawn(200), inputs[:1], options.threads)  # imports
            *spent, guess = timed(partial(vecchia, *learnt, judged, options.threads))
        else:
            ours(*drawn(200), inputs[:1], mode, EXACT)  # imports
            learnt_on = options.learnt_on or 4000
            sizes = EXACT if name == EXACTLY else Approximation(0, options.points, learnt_on)
            *spent, (process, guess) = timed(partial(ours, *learnt, judged, mode, sizes))
            found = explaining(process, inputs, options)
    folds = dict(zip((FOLDS_WALL, FOLDS_PROCESSOR), N_FOLDS * np.array(spent), strict=True))
    found |= {MEMORY: peak_gb(), LOST: 1 - r2_score(income[held_out], guess)}
    return {what: float(value) for what, value in (folds | found).items()}


def ours(
    inputs: Array, income: Array, judged: Array, mode: str, sizes: Approximation
) -> tuple[Process, Array]:
    """Fit a fold and predict what it holds out."""
    process = fitted(inputs, income, mode, sizes)
    return process, predict_income(process, judged).mean


def vecchia(inputs: Array, income: Array, judged: Array, threads: int) -> Array:
    """The same by GPBoost: Matérn 3/2, one lengthscale, each district given some before it."""
    import gpboost

    centre, scale = inputs.mean(axis=0), inputs.std(axis=0)
    model = gpboost.GPModel(
        gp_coords=(inputs - centre) / scale,
        cov_function="matern",
        cov_fct_shape=1.5,
        gp_approx="vecchia",
        num_neighbors=NEIGHBOURS,
        num_parallel_threads=threads,
        seed=0,
    )
    model.fit(y=(income - income.mean()) / income.std())
    told = model.predict(gp_coords_pred=(judged - centre) / scale, predict_var=True)
    return income.mean() + income.std() * told["mu"]


def explaining(process: Process, inputs: Array, options: argparse.Namespace) -> dict[str, float]:
    """Seconds for Shapley values of all districts, from those of some."""
    few = np.arange(options.explained)
    explain = partial(explained, process, inputs, threads=options.threads)
    explain(few[:1])  # compiles
    each = np.array(timed(partial(explain, few))[:2]) / len(few)
    return dict(zip((SHAPLEY_WALL, SHAPLEY_PROCESSOR), len(inputs) * each, strict=True))


def main() -> None:
    """Run the parts that were asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--table", type=Path)
    parser.add_argument("--sizes", type=int, nargs="*", default=[])
    parser.add_argument("--peer-seconds", type=float, default=300.0, help="a size and mode")
    parser.add_argument("--modes", nargs="+", default=["optimised", "additive"])
    parser.add_argument("--points", type=int, default=1024)
    parser.add_argument("--learnt-on", type=int, help="districts; all of a table by default")
    parser.add_argument("--districts", type=int, default=100, help="of a table, to be explained")
    parser.add_argument("--explained", type=int, default=64, help="of a drawn country")
    parser.add_argument("--threads", type=int, default=2)
    add_record(parser)
    options = parser.parse_args()
    if options.sizes:
        costs(options)
    if options.table is not None:
        with threadpool_limits(options.threads):
            rows = compare(options)
        title = "How far the process by inducing points is from the exact one"
        keep(rows, options.record, "country", script=__file__, title=title, clock="differences")


if __name__ == "__main__":
    main()
