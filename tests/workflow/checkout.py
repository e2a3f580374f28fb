"""A checkout in a folder of its own, and Snakemake in it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
COPIED = ("profiles", "workflow", "config", "envs", "src", "Snakefile")

# Files that say when and how long: not compared between runs.
DATED = (
    "logs",
    "benchmarks",
    "manifest.csv",
    ".origin.json",
    "provenance.json",
    "report.html",
    "tensorboard",
)


class Checkout:
    """A checkout in a folder of its own, and Snakemake in it; the one there, if there is one."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.results = folder / "results" / "tiny"
        if (folder / "Snakefile").exists():
            return
        folder.mkdir(exist_ok=True)
        for name in COPIED:
            source, target = ROOT / name, folder / name
            if source.is_dir():
                shutil.copytree(source, target)  # with what `make env` compiled
            else:
                shutil.copy(source, target)

    def copy_run(self, other: "Checkout") -> None:
        """Take over what another checkout has run: results, and what Snakemake knows of them."""
        for name in ("results", ".snakemake"):
            shutil.copytree(other.folder / name, self.folder / name, symlinks=True)

    def command(self, *arguments: str, study: str = "tiny") -> list[str]:
        """The words that run Snakemake on a study."""
        words = [sys.executable, "-m", "snakemake", *arguments]
        return words if study == "paper" else [*words, "--configfile", f"config/{study}.yaml"]

    def start(self, *arguments: str, log: Path | None = None) -> subprocess.Popen:
        """Begin to run the tiny study, and do not wait; what it says goes to `log`."""
        with (log or Path(os.devnull)).open("w") as said:
            return subprocess.Popen(
                self.command(*arguments),
                cwd=self.folder,
                env=self.environment(),
                stdout=said,
                stderr=subprocess.STDOUT,
            )

    def snakemake(
        self, *arguments: str, study: str = "tiny", expect: int | None = 0
    ) -> subprocess.CompletedProcess:
        """Run Snakemake on a study; `expect` is its exit status, None for any."""
        done = subprocess.run(
            self.command(*arguments, study=study),
            cwd=self.folder,
            env=self.environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        if expect is not None:
            assert done.returncode == expect, done.stdout[-5000:] + done.stderr[-5000:]
        return done

    def environment(self) -> dict[str, str]:
        """The modules of this copy, not of the checkout that is installed; no key of a provider."""
        keys = ("CENSUS_API_KEY", "GOOGLE_STREET_VIEW_API_KEY")
        kept = {key: value for key, value in os.environ.items() if key not in keys}
        return {**kept, "PYTHONPATH": str(self.folder / "src")}

    def jobs_to_run(self, *targets: str, study: str = "tiny") -> list[str]:
        """Names of the rules of all jobs that a dry run would run."""
        output = self.snakemake(*targets, "--dry-run", "--quiet", "host", study=study).stdout
        jobs = [line for line in output.split("\n") if line.startswith(("rule ", "localrule "))]
        return [job.split()[1].rstrip(":") for job in jobs]

    def rules_to_run(self, *targets: str, study: str = "tiny") -> set[str]:
        """Names of the rules that a dry run would run."""
        return set(self.jobs_to_run(*targets, study=study))

    def compared(self) -> dict[str, bytes]:
        """All results of the tiny study that two runs must share to the byte."""
        names = {path: str(path.relative_to(self.results)) for path in self._files()}
        return {
            name: path.read_bytes()
            for path, name in names.items()
            if not any(word in name for word in DATED)
        }

    def _files(self) -> list[Path]:
        return sorted(path for path in self.results.rglob("*") if path.is_file())
