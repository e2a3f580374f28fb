"""Durations and memory of every job, read from the files that Snakemake measured them into."""

import re
from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from incomelens.common.errors import InputError

# Snakemake's names, and ours with their units. Memory is the resident set in MiB; a job that ends
# before the first look at it has none (NA).
MEASURED = {"s": "wall_s", "cpu_time": "processor_s", "max_rss": "peak_memory_mib"}


def job_costs(folder: str | Path, patterns: Mapping[str, str]) -> pd.DataFrame:
    """One row a job of the study that left a benchmark file.

    Parameters
    ----------
    folder : path
        Where the study's benchmark files lie, one folder a stage.
    patterns : mapping
        By rule, a regular expression of the paths that its jobs write to. A file that matches none
        is of an older configuration and is left out.

    Returns
    -------
    DataFrame
        ``stage``, ``rule``, ``job`` (the path below the stage, without its ending), ``wall_s``,
        ``processor_s``, ``peak_memory_mib``; sorted by path.

    Raises
    ------
    InputError
        If a file lacks one of Snakemake's columns.
    """
    folder = Path(folder)
    makers = {rule: re.compile(pattern) for rule, pattern in patterns.items()}
    found = [_costs(path, folder, makers) for path in sorted(folder.rglob("*.tsv"))]
    columns = ["stage", "rule", "job", *MEASURED.values()]
    return pd.DataFrame([row for row in found if row is not None], columns=columns)


def _costs(
    path: Path, folder: Path, makers: Mapping[str, re.Pattern[str]]
) -> dict[str, object] | None:
    rule = next((name for name, made in makers.items() if made.match(path.as_posix())), None)
    if rule is None:
        return None
    table = pd.read_csv(path, sep="\t")
    missing = [column for column in MEASURED if column not in table]
    if missing:
        raise InputError(
            f"{path}: lacks the column {', '.join(missing)}; expected a benchmark file of "
            "Snakemake: delete it and run the rule that made it once more"
        )
    # More than one row where a rule repeats its job: the last is the one whose output stands.
    last = table.iloc[-1]
    place = path.relative_to(folder)
    return {
        "stage": place.parts[0],
        "rule": rule,
        "job": place.relative_to(place.parts[0]).with_suffix("").as_posix(),
        **{ours: float(last[theirs]) for theirs, ours in MEASURED.items()},
    }


def costs_by(jobs: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Sum up jobs by stage, or by stage and rule, in the order in which they first stand.

    Returns
    -------
    DataFrame
        The keys, ``n_jobs``, ``wall_s`` and ``processor_s`` (sums), ``longest_s`` (one job's wall
        time), ``peak_memory_mib`` (the largest of one job, missing where no job was measured).
    """
    return (
        jobs.groupby(keys, sort=False)
        .agg(
            n_jobs=("job", "size"),
            wall_s=("wall_s", "sum"),
            processor_s=("processor_s", "sum"),
            longest_s=("wall_s", "max"),
            peak_memory_mib=("peak_memory_mib", "max"),
        )
        .reset_index()
    )
