"""What the jobs of a finished study cost, by rule and size, and the files that keep it.

Snakemake looks at a job every half second for a quarter of a minute and then every half minute; the
processor time after its last look it never sees. A job is taken to have gone on at the same rate.
"""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd

from incomelens.common.errors import InputError, damage_told
from incomelens.common.files import whole_file
from incomelens.report.costs.counts import Counts
from incomelens.report.costs.planned import Job
from incomelens.report.costs.sizes import Size, size_of
from incomelens.report.provenance import measured_job

SHORT_S, LOOKS, LONG_S = 0.5, 30, 30.0
"""Seconds between the first looks, how many these are, seconds between the others."""
MEBIBYTE = 2**20


@dataclass(frozen=True)
class Cost:
    """What jobs of one rule and size cost.

    Attributes
    ----------
    stage, rule : str
    size : Size
    n_jobs : int
    processor_s, wall_s, disk_mib : float
        Of one of them, the mean.
    peak_memory_mib : float or None
        The largest; None where no look fell into a job.
    gpu : bool
        Whether they ran on a GPU.
    """

    stage: str
    rule: str
    size: Size
    n_jobs: int
    processor_s: float
    wall_s: float
    peak_memory_mib: float | None
    disk_mib: float
    gpu: bool = False


def whole_processor_s(processor_s: float, wall_s: float) -> float:
    """Processor seconds of a whole job from those up to Snakemake's last look.

    Examples
    --------
    >>> whole_processor_s(40.0, 60.0)  # seen up to second 45
    53.333333333333336
    """
    early = SHORT_S * LOOKS
    if wall_s < early:
        seen = SHORT_S * math.floor(wall_s / SHORT_S)
    else:
        seen = early + LONG_S * math.floor((wall_s - early) / LONG_S)
    if seen == 0 or math.isnan(processor_s):
        return wall_s  # over before a look: one thread, at most so long
    return processor_s * wall_s / seen


def measure(
    jobs: Sequence[Job],
    benchmarks: str | Path,
    *,
    config: Mapping[str, Any],
    counts: Counts,
    gpu: str | None = None,
) -> list[Cost]:
    """Take down what the jobs of a study cost.

    Parameters
    ----------
    jobs : sequence of Job
        All of it, be they run or not.
    benchmarks : path
        Folder of the study's benchmark files.
    config, counts
        See :func:`incomelens.report.costs.sizes.size_of`.
    gpu : str, optional
        Name of the GPU that the jobs which asked for one had.

    Returns
    -------
    list of Cost
        Of the jobs that have a benchmark file, in the order of the plan.

    Raises
    ------
    InputError
        If none has one, or a file lacks one of Snakemake's columns.
    """
    rows = []
    for job in jobs:
        path = Path(benchmarks) / job.benchmark
        if path.is_file():
            size = size_of(job, config, counts)
            key = (job.stage, job.rule, size.kind, *size.quantities.items(), job.gpu)
            rows.append({"key": key, "job": job, "size": size, **_measured(path, job)})
    if not rows:
        raise InputError(
            f"{benchmarks}: no benchmark file of any of the {len(jobs)} jobs that are asked for "
            "(`targets`); run the study first"
        )
    return [_cost(group, gpu) for _, group in pd.DataFrame(rows).groupby("key", sort=False)]


def _measured(path: Path, job: Job) -> dict[str, float]:
    told = measured_job(path)
    told["processor_s"] = whole_processor_s(told["processor_s"], told["wall_s"])
    return told | {"disk": sum(_bytes(Path(output)) for output in job.outputs)}


def _bytes(place: Path) -> int:
    files = place.rglob("*") if place.is_dir() else [place]
    return sum(file.stat().st_size for file in files if file.is_file())


def _cost(group: pd.DataFrame, gpu: str | None) -> Cost:
    job, peak = group["job"].iloc[0], group["peak_memory_mib"].max()
    return Cost(
        job.stage,
        job.rule,
        group["size"].iloc[0],
        len(group),
        round(float(group["processor_s"].mean()), 3),
        round(float(group["wall_s"].mean()), 3),
        None if pd.isna(peak) else float(peak),
        round(float(group["disk"].mean()) / MEBIBYTE, 4),
        bool(job.gpu and gpu),
    )


def newest(benchmarks: str | Path) -> datetime:
    """When the last job of a study ended."""
    times = [path.stat().st_mtime for path in Path(benchmarks).rglob("*.tsv")]
    return datetime.fromtimestamp(max(times), UTC)


def write_costs(costs: Sequence[Cost], path: str | Path, **told: object) -> None:
    """Write costs as JSON, one a line, below what is told of the run."""
    head = json.dumps(told, indent=1, ensure_ascii=False)[1:-2]
    lines = ",\n  ".join(json.dumps(asdict(cost), ensure_ascii=False) for cost in costs)
    with whole_file(path) as beside:
        beside.write_text(f'{{{head},\n "jobs": [\n  {lines}\n ]\n}}\n', encoding="utf-8")


@dataclass(frozen=True)
class Measured:
    """Costs of one study, and what is told of the run."""

    study: str
    told: Mapping[str, Any]
    costs: Sequence[Cost]


def read_costs(folder: str | Path) -> list[Measured]:
    """Read what studies cost; the files of a folder, by name.

    Raises
    ------
    InputError
        If a file is none that :func:`write_costs` wrote.
    """
    return [_read(path) for path in sorted(Path(folder).glob("*.json"))]


def _read(path: Path) -> Measured:
    with damage_told(
        lambda problem: (
            f"{path}: not the costs of a study ({problem}); write it anew by "
            "`snakemake write_costs`"
        )
    ):
        told = json.loads(path.read_text(encoding="utf-8"))
        costs = [Cost(**row | {"size": Size(**row["size"])}) for row in told.pop("jobs")]
        # Sizes that lack what costs grow with today are of another version.
        _ = [cost.size.product(name) for cost in costs for name in ("processor", "memory", "disk")]
        return Measured(told["study"], told, costs)
