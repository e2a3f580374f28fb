"""How long Snakemake plans a study of hundreds of cities: those of the Urban Atlas, five folds.

    python benchmarks/bench_planning.py             785 cities, one scheme, one network
    python benchmarks/bench_planning.py --schemes 2 --networks 4 --cities 200

The study is invented: an entry of the registry and a city for each, and nothing to download. What
is timed is `snakemake --dry-run` as a user calls it, start of Python included. Prints the processor
seconds (user + system), the wall time and the number of jobs.
"""

import argparse
import re
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import yaml
from record import Row, add_record, keep

ROOT = Path(__file__).resolve().parents[1]
NETWORKS = ("softmax", "resnet50", "vgg16")


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


def main() -> None:
    """Write the study, plan it, say how long it took."""
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
    add_record(parser)
    arguments = vars(parser.parse_args())
    target, folder_of_record = arguments.pop("target"), arguments.pop("record")
    size = Size(**arguments)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "sources.yaml").write_text(yaml.safe_dump(registry(size)))
        (folder / "study.yaml").write_text(yaml.safe_dump(study(size, folder / "sources.yaml")))
        seconds, wall, jobs = plan(folder / "study.yaml", target)
    print(
        f"{size}: {jobs} jobs of `{target}` planned in {seconds:.1f} processor seconds, "
        f"{wall:.1f} s in all"
    )
    what = f"{jobs:,} jobs of {size.cities} cities, planned"
    keep(
        [Row(what, seconds, "s")],
        folder_of_record,
        "planning",
        script=__file__,
        title="Planning of a study of many cities",
        packages=("snakemake",),
    )


if __name__ == "__main__":
    main()
