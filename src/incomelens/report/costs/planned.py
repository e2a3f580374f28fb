"""The jobs that Snakemake would run, from its own dry run.

A dry run alone knows what is asked for and what of it is left to do. It tells a job in lines, and
how many there are in a table: what is read here is held against that table.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import Any

from incomelens.common.errors import InputError

JOB = re.compile(r"^(?:local)?rule (\w+):$", re.MULTILINE)
TOLD = re.compile(r"^    (\w+): (.*)$", re.MULTILINE)
TABLE = re.compile(r"^job +count\n[- ]+\n(.*?)^total +\d+$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Job:
    """One job of a plan.

    Attributes
    ----------
    stage, rule : str
        As the folders of its benchmark file name them.
    benchmark : str
        Path of that file, below the folder of all benchmark files.
    wildcards : mapping
        What it is of: city, level, network, mode, ...
    gpu : bool
        Whether it asks for a GPU.
    outputs : sequence of str
        Paths of what it makes.
    """

    stage: str
    rule: str
    benchmark: str
    wildcards: Mapping[str, str] = field(default_factory=dict)
    gpu: bool = False
    outputs: Sequence[str] = ()


def planned_jobs(
    targets: Sequence[str], *, snakefile: str | Path, config: Mapping[str, Any], everything: bool
) -> list[Job]:
    """Ask Snakemake which jobs it would run here.

    Parameters
    ----------
    targets : sequence of str
        Rules or files.
    snakefile : path
    config : mapping
        The whole configuration, as it stood before the Snakefile read it.
    everything : bool
        Also the jobs whose results are there.

    Raises
    ------
    InputError
        If it cannot plan, with what it says; or if its words cannot be read.
    """
    with tempfile.TemporaryDirectory() as folder:
        overlay = Path(folder) / "config.json"
        overlay.write_text(json.dumps(config), encoding="utf-8")
        words = [sys.executable, "-m", "snakemake", "--dry-run", "--snakefile", str(snakefile)]
        words += ["--workflow-profile", "none", "--rerun-incomplete", "--nocolor"]
        words += ["--forceall"] * everything
        done = subprocess.run(  # noqa: S603 - our own words, targets from the configuration
            [*words, "--configfile", str(overlay), "--", *targets],
            capture_output=True,
            text=True,
            check=False,
            env={key: value for key, value in os.environ.items() if key != "SNAKEMAKE_PROFILE"},
        )
    if done.returncode:
        said = (done.stdout + done.stderr).strip().splitlines()
        raise InputError(
            f"{', '.join(targets)} cannot be planned (snakemake --dry-run): {' '.join(said[-3:])}"
        )
    return read_plan(done.stdout)


def read_plan(said: str) -> list[Job]:
    """Take the jobs from what a dry run says; those without a benchmark file cost nothing.

    Raises
    ------
    InputError
        If they are others than its own table counts.
    """
    parts = JOB.split(said)
    names, told = parts[1::2], parts[2::2]
    table = TABLE.search(said)
    counted = dict(line.rsplit(maxsplit=1) for line in table[1].splitlines()) if table else {}
    read = {rule: str(number) for rule, number in Counter(names).items()}
    if read != counted:
        raise InputError(
            "the dry run of Snakemake reads otherwise than expected: its table counts "
            f"{sum(map(int, counted.values()))} jobs, its lines tell {len(names)}; this version "
            "of Snakemake writes them in another form (envs/requirements.lock has the one we know)"
        )
    jobs = (_job(dict(TOLD.findall(lines.split("\n[", maxsplit=1)[0]))) for lines in told)
    return [job for job in jobs if job is not None]


def _job(told: Mapping[str, str]) -> Job | None:
    if "benchmark" not in told:
        return None
    path = PurePath(told["benchmark"])
    below = PurePath(*path.parts[path.parts.index("benchmarks") + 1 :])
    stage, rule = below.with_suffix("").parts[:2]
    return Job(
        stage,
        rule,
        str(below),
        _pairs(told.get("wildcards", "")),
        _pairs(told.get("resources", "")).get("gpu", "0") != "0",
        told.get("output", "").split(", "),
    )


def _pairs(text: str) -> dict[str, str]:
    return dict(pair.split("=", maxsplit=1) for pair in text.split(", ") if "=" in pair)
