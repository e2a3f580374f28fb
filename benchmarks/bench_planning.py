"""How long Snakemake plans a study of hundreds of cities, and what it takes beside running jobs.

    python benchmarks/bench_planning.py             785 cities, one scheme, one network
    python benchmarks/bench_planning.py --schemes 2 --networks 4 --cities 200
    python benchmarks/bench_planning.py --cities 70 --schedule --seconds 1 --cores 8

The study is invented: an entry of the registry and a city for each (those of the Urban Atlas, five
folds), and nothing to download. What is timed is `snakemake --dry-run` as a user calls it, start of
Python included: processor seconds (user + system), the wall time and the number of jobs.

With `--schedule` all of it is run, in a copy of the workflow whose rules have everything of their
own but the script: a shell makes empty outputs and sleeps for the time that a job is to take. What
is counted are the processor seconds of Snakemake itself, without those of the shells. Words that
this file does not know (`--scheduler ilp`) go to Snakemake.
"""

import argparse
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import psutil
import yaml
from record import Row, add_record, keep

ROOT = Path(__file__).resolve().parents[1]
NETWORKS = ("softmax", "resnet50", "vgg16")
SCRIPT = """script:
        "../scripts/{params.script}.py"
"""
EMPTY = """shell:
        "for file in {{output}}; do case $file in *.zarr|*/orthophotos) mkdir -p $file;; "
        "*) : > $file;; esac; done; sleep {seconds}"
"""


@dataclass(frozen=True)
class Size:
    """How much there is to plan."""

    cities: int
    folds: int
    schemes: int
    networks: int
    shards: int


def source(title: str, file: str, form: str) -> dict[str, object]:
    """An entry of the registry with one file, which a person would have to place."""
    entry = {"manual": "invented", "format": form, "sha256": None, "bytes": None, "about_mb": 1}
    told = ("provider", "page", "licence", "citation", "time_frame", "used_for")
    return {
        "title": title,
        **dict.fromkeys(told, "invented"),
        "page": "https://citation-file-format.github.io",
        "files": {file: entry},
    }


def registry(size: Size) -> dict[str, object]:
    """Incomes for all cities together; land use and orthophotos of each."""
    entries = {"planned_income": source("Incomes", "Filosofi2015_carreaux_200m_csv.zip", "zip")}
    for number in range(size.cities):
        name = f"C{number:03d}"
        entries[f"planned_land_use_{number}"] = source(name, f"{name}_use.zip", "zip")
        entries[f"planned_imagery_{number}"] = source(name, f"{name}_ortho.7z.001", "7z")
    return entries


def study(size: Size, registry_file: Path) -> dict[str, object]:
    """The overlay: cities only, with a district study as small as can be."""
    city = {
        f"city{number}": {
            "name": f"City {number}",
            "income": {"reader": "filosofi", "source": "planned_income"},
            "land_use": {
                "reader": "urban_atlas",
                "source": f"planned_land_use_{number}",
                "city": f"City {number}",
            },
            "imagery": {"reader": "ign", "sources": [f"planned_imagery_{number}"]},
            "shards": size.shards,
        }
        for number in range(size.cities)
    }
    folds = {"schemes": ["random", "block"][: size.schemes], "n_folds": size.folds}
    return {
        "study": "planning",
        "sources": ["config/sources.yaml", str(registry_file)],
        "cities": list(city),
        "city": city,
        "folds": {"cities": folds},
        "inference": {
            "compare": list(NETWORKS[: size.networks - 1]),
            # every model on every city would be 616,000 pairs
            "transfer_cities": list(city)[:5],
        },
    }


def plan(overlay: Path, target: str) -> tuple[float, float, int]:
    """Dry-run; return processor seconds, wall seconds and jobs."""
    command = [sys.executable, "-m", "snakemake", target, "--dry-run", "--quiet", "rules"]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.perf_counter()
    done = subprocess.run(  # noqa: S603 - our own words
        [*command, "--configfile", str(overlay)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    wall = time.perf_counter() - started
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        raise SystemExit(done.stdout[-3000:] + done.stderr[-3000:])
    seconds = sum(getattr(after, name) - getattr(before, name) for name in ("ru_utime", "ru_stime"))
    jobs = re.search(r"^total\s+(\d+)$", done.stdout + done.stderr, re.MULTILINE)
    return seconds, wall, int(jobs[1])


@dataclass(frozen=True)
class Scheduled:
    """What Snakemake itself took of a run: processor seconds before its first job and after."""

    jobs: int
    planning_s: float
    scheduling_s: float
    wall_s: float

    @property
    def ms_a_job(self) -> float:
        """Processor time of Snakemake for each job, once they run."""
        return 1000 * self.scheduling_s / self.jobs


def schedule(
    overlay: Path, target: str, *, cores: int, seconds: float, more: list[str]
) -> Scheduled:
    """Run jobs that do nothing for so many seconds each."""
    checkout = overlay.parent / "checkout"
    for part in ("workflow", "config", "profiles", "envs"):
        shutil.copytree(ROOT / part, checkout / part)
    shutil.copy(ROOT / "Snakefile", checkout)
    rules = checkout / "workflow/rules/base.smk"
    text = rules.read_text()
    if SCRIPT not in text:
        raise SystemExit(f"{rules} says otherwise how rules run than this benchmark knows")
    rules.write_text(text.replace(SCRIPT, EMPTY.format(seconds=seconds)))
    command = [sys.executable, "-m", "snakemake", target, "--cores", str(cores)]
    told = ["--quiet", "rules", "reason", "host", "--configfile", str(overlay), *more]
    with (overlay.parent / "log").open("w") as log:
        process = psutil.Popen([*command, *told], cwd=checkout, stdout=log, stderr=log)
        return _watched(process, checkout / "results/planning", overlay.parent / "log")


def _watched(process: psutil.Popen, results: Path, log: Path) -> Scheduled:
    planned, spent, started = None, 0.0, time.perf_counter()
    while process.poll() is None:
        try:
            times = process.cpu_times()
        except psutil.Error:  # it has just ended
            continue
        spent = times.user + times.system
        if planned is None and any(results.glob("benchmarks/*/*/*.tsv")):
            planned, started = spent, time.perf_counter()
        time.sleep(0.1)
    if process.returncode or planned is None:
        raise SystemExit(log.read_text()[-3000:])
    jobs = sum(1 for _ in results.glob("benchmarks/**/*.tsv"))
    return Scheduled(jobs, planned, spent - planned, time.perf_counter() - started)


def main() -> None:
    """Write the study, plan or run it, say how long it took."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    for name, default in {
        "cities": 785,
        "folds": 5,
        "schemes": 1,
        "networks": 1,
        "shards": 1,
    }.items():
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--target", default="aerial")
    parser.add_argument("--schedule", action="store_true", help="run jobs that do nothing")
    parser.add_argument("--seconds", type=float, default=1.0, help="that each of them takes")
    parser.add_argument("--cores", type=int, default=8)
    add_record(parser)
    arguments, more = parser.parse_known_args()
    size = Size(**{name: getattr(arguments, name) for name in Size.__annotations__})
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "sources.yaml").write_text(yaml.safe_dump(registry(size)))
        (folder / "study.yaml").write_text(yaml.safe_dump(study(size, folder / "sources.yaml")))
        if arguments.schedule:
            row = _scheduled(size, folder / "study.yaml", arguments, more)
        else:
            row = _planned(size, folder / "study.yaml", arguments.target)
    keep(
        [row],
        arguments.record,
        "scheduling" if arguments.schedule else "planning",
        script=__file__,
        title="Planning and scheduling of a study of many cities",
        packages=("snakemake",),
    )


def _planned(size: Size, overlay: Path, target: str) -> Row:
    seconds, wall, jobs = plan(overlay, target)
    print(
        f"{size}: {jobs} jobs of `{target}` planned in {seconds:.1f} processor seconds, "
        f"{wall:.1f} s in all"
    )
    return Row(f"{jobs:,} jobs of {size.cities} cities, planned", seconds, "s")


def _scheduled(size: Size, overlay: Path, told: argparse.Namespace, more: list[str]) -> Row:
    run = schedule(overlay, told.target, cores=told.cores, seconds=told.seconds, more=more)
    print(
        f"{size}: {run.jobs} jobs of {told.seconds:g} s on {told.cores} cores: planned in "
        f"{run.planning_s:.1f} processor seconds, then {run.ms_a_job:.1f} ms a job, "
        f"{100 * run.scheduling_s / run.wall_s:.1f} % of a core for {run.wall_s:.0f} s"
    )
    what = f"each of {run.jobs:,} jobs of {told.seconds:g} s, scheduled on {told.cores} cores"
    return Row(what, run.ms_a_job, "ms")


if __name__ == "__main__":
    main()
