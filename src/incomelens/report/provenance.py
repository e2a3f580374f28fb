"""Versions, configuration, code, seed, sources and costs of one study, as one JSON file.

It says when and how long, and on which machine: what tables that are compared between runs must
not say. It describes the moment in which it is written, after the last result of the study.
"""

import hashlib
import json
import os
import platform
import shutil
import subprocess
from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

import pandas as pd

from incomelens.common.errors import InputError
from incomelens.common.files import whole_file

# What decides about the results: the graph, its scripts and captions, the package.
CODE = ("Snakefile", "workflow", "src")
CODE_ENDINGS = (".py", ".smk", ".yaml", ".rst", ".html", ".css", ".js")
# Snakemake's names, and ours with their units. Memory is the resident set in MiB; a job that ends
# before the first look at it has none (NA).
MEASURED = {"s": "wall_s", "cpu_time": "processor_s", "max_rss": "peak_memory_mib"}
SEED_RULE = (
    "every job derives its own 32-bit seed: the first four bytes, big-endian, of the SHA-256 of "
    "the study’s seed and the job’s names (its rule, city, fold, ...), joined by U+001F"
)


def provenance(
    *,
    config: Mapping,
    jobs: pd.DataFrame,
    manifest: pd.DataFrame,
    root: str | Path,
    now: datetime | None = None,
) -> dict[str, object]:
    """Tell how a study came about.

    Parameters
    ----------
    config : mapping
        The study's configuration, as resolved.
    jobs : DataFrame
        From :func:`job_costs`.
    manifest : DataFrame
        `sources/manifest.csv`.
    root : path
        The checkout.
    now : datetime, optional
        With a time zone; the clock's where it is left out.

    Returns
    -------
    dict
        Ready for JSON.
    """
    written = (now or datetime.now(UTC)).astimezone(UTC)
    return {
        "study": config["study"],
        "written": written.isoformat(timespec="seconds"),
        "code": {"sha256": tree_digest(root), **git_state(root)},
        "software": software(),
        "machine": machine(),
        "seeds": {"study": config["seed"], "jobs": SEED_RULE},
        "sources": _records(manifest),
        "costs": {
            "total": _total(jobs),
            "stages": _records(costs_by(jobs, ["stage"])),
            "rules": _records(costs_by(jobs, ["stage", "rule"])),
        },
        "configuration": config,
    }


def write_provenance(content: Mapping, path: str | Path) -> None:
    """Write what :func:`provenance` tells, whole or not at all."""
    with whole_file(path) as beside:
        text = json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False)
        beside.write_text(text + "\n", encoding="utf-8")


def tree_digest(root: str | Path, names: Iterable[str] = CODE) -> str:
    """Digest of all code below `root`: paths and contents, in the order of the paths."""
    root = Path(root)
    digest = hashlib.sha256()
    for path in sorted(file for name in names for file in _files(root / name)):
        digest.update(path.relative_to(root).as_posix().encode() + b"\0")
        digest.update(path.read_bytes() + b"\0")
    return digest.hexdigest()


def _files(place: Path) -> list[Path]:
    if place.is_file():
        return [place]
    return [path for path in place.rglob("*") if path.suffix in CODE_ENDINGS and path.is_file()]


def git_state(root: str | Path) -> dict[str, object]:
    """Commit of a checkout, and whether anything tracked was changed since; None where unknown.

    Unknown are a folder that is no checkout of its own and a machine without git.
    """
    unknown = {"commit": None, "changed_since_commit": None}
    if not (Path(root) / ".git").exists():  # also a file, in a worktree
        return unknown
    commit = _git(root, "rev-parse", "HEAD")
    changes = _git(root, "status", "--porcelain", "--untracked-files=no")
    if commit is None or changes is None:
        return unknown
    return {"commit": commit, "changed_since_commit": changes != ""}


def _git(root: str | Path, *arguments: str) -> str | None:
    try:
        done = subprocess.run(  # noqa: S603 - fixed arguments
            ["git", "-C", str(root), *arguments],  # noqa: S607 - git is where the user has it
            capture_output=True,
            text=True,
            check=False,
        )
    except FileNotFoundError:
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def software() -> dict[str, object]:
    """Versions of Python and of every installed package, by name."""
    packages = {
        distribution.metadata["Name"]: distribution.version
        for distribution in metadata.distributions()
        if distribution.metadata["Name"]
    }
    return {
        "python": platform.python_version(),
        "implementation": platform.python_implementation(),
        "packages": dict(sorted(packages.items(), key=lambda item: item[0].lower())),
    }


def machine() -> dict[str, Any]:
    """System, processor and memory on which the results were gathered, without the host's name."""
    pages, page = os.sysconf("SC_PHYS_PAGES"), os.sysconf("SC_PAGE_SIZE")
    return {
        "system": platform.platform(),
        "architecture": platform.machine(),
        "processor": _processor(),
        "processors": os.cpu_count(),
        "memory_gib": round(pages * page / 2**30, 1),
        "gpu": _gpu(),
    }


def _processor() -> str:
    """Name of the processor; its architecture where the system does not tell."""
    told = Path("/proc/cpuinfo")
    lines = told.read_text(encoding="utf-8").splitlines() if told.exists() else []
    names = (line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())


def _gpu() -> str | None:
    """Name of the first GPU of NVIDIA, without a library that takes seconds to import."""
    if shutil.which("nvidia-smi") is None:
        return None
    told = subprocess.run(
        ["nvidia-smi", "--query-gpu=name", "--format=csv,noheader"],  # noqa: S607
        capture_output=True,
        text=True,
        check=False,
    )
    return told.stdout.splitlines()[0].strip() if told.returncode == 0 and told.stdout else None


def job_costs(folder: str | Path, *, others: Collection[str]) -> pd.DataFrame:
    """One row a job of the study that left a benchmark file, ``<stage>/<rule>[/<job>].tsv``.

    Parameters
    ----------
    folder : path
        Where the study's benchmark files lie.
    others : collection of str
        Cities, levels and the like that the study does not have (any more): a job with such a name,
        between hyphens or slashes, is of an older configuration and left out, as are the jobs of
        the stage `report`, yet to run.

    Returns
    -------
    DataFrame
        ``stage``, ``rule``, ``job``, ``wall_s``, ``processor_s``, ``peak_memory_mib``; sorted by
        path.

    Raises
    ------
    InputError
        If a file lacks one of Snakemake's columns.
    """
    folder = Path(folder)
    jobs = []
    for path in sorted(folder.rglob("*.tsv")):
        stage, rule, *job = path.relative_to(folder).with_suffix("").parts
        if stage != "report" and not set("-".join(job).split("-")) & set(others):
            jobs.append({"stage": stage, "rule": rule, "job": "/".join(job)} | measured_job(path))
    return pd.DataFrame(jobs, columns=["stage", "rule", "job", *MEASURED.values()])


def measured_job(path: Path) -> dict[str, float]:
    """Wall and processor seconds and peak memory (MiB) of one job, from its benchmark file.

    Raises
    ------
    InputError
        If it lacks one of Snakemake's columns.
    """
    table = pd.read_csv(path, sep="\t")
    missing = [column for column in MEASURED if column not in table]
    if missing:
        raise InputError(
            f"{path}: lacks the column {', '.join(missing)}; expected a benchmark file of "
            "Snakemake: delete it and run the rule that made it once more"
        )
    # More than one row where a rule repeats its job: the last is the one whose output stands.
    last = table.iloc[-1]
    return {ours: float(last[theirs]) for theirs, ours in MEASURED.items()}


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


def _total(jobs: pd.DataFrame) -> dict[str, object]:
    peak = jobs["peak_memory_mib"].max()
    return {
        "n_jobs": len(jobs),
        "wall_s": round(float(jobs["wall_s"].sum()), 2),
        "processor_s": round(float(jobs["processor_s"].sum()), 2),
        "peak_memory_mib": None if pd.isna(peak) else float(peak),
    }


def _records(table: pd.DataFrame) -> list[dict[str, object]]:
    """Rows of a table as JSON has them: null for what is missing, numbers to the hundredth."""
    return json.loads(table.to_json(orient="records", double_precision=2))
