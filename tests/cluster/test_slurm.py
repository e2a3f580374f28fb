"""The tiny study on a Slurm of two nodes, with a job that is killed and a node that goes away."""

import os
import re
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from ..workflow.checkout import Checkout

pytestmark = pytest.mark.cluster

KILLED = "train_network"  # takes some time, on a GPU and so on node2
# Whichever is first seen on node1: one alone may be on node2, or over before it is seen. Little
# waits for them.
DISPLACED = (
    "explain_income",
    "measure_shapley_uncertainty",
    "measure_shapley_interactions",
    "compare_backgrounds",
    "compare_explainers",
)
PATIENCE = 1800  # seconds, for the whole run on a busy machine
# The profile is kind to a scheduler that many people use; nobody else uses this one.
IMPATIENT = {
    "--slurm-init-seconds-before-status-checks": "1",
    "--seconds-between-status-checks": "1",
}


@dataclass
class ClusterRun:
    """What happened: Slurm's own account of its jobs, and the log of Snakemake."""

    checkout: Checkout
    status: int = -1
    log: str = ""
    killed: str | None = None
    displaced: str | None = None
    jobs: dict[str, dict[str, str]] = field(default_factory=dict)

    def jobs_of(self, rule: str) -> list[dict[str, str]]:
        """Slurm's jobs whose name tells this rule."""
        return [job for job in self.jobs.values() if rule in job["Comment"]]

    def logs_of(self, number: str) -> str:
        """What a Slurm job wrote, with the Snakemake inside it."""
        folder = self.checkout.folder / ".snakemake/slurm_logs"
        return "\n".join(path.read_text() for path in folder.rglob(f"{number}.log"))


def slurms_jobs() -> dict[str, dict[str, str]]:
    """All jobs that Slurm knows by number, those that ended too; fields by Slurm's names."""
    told = subprocess.run(
        ["scontrol", "show", "job", "--oneliner"], capture_output=True, text=True, check=True
    ).stdout
    found = {}
    for line in told.splitlines():
        fields = dict(re.findall(r"(\S+?)=(\S*)", line))
        if "Comment" in fields:
            found[fields["JobId"]] = fields
    return found


def control(*arguments: str) -> None:
    subprocess.run(arguments, check=True, capture_output=True)


def status_command() -> list[str]:
    """Where the ends of jobs are looked up: without accounting, in the queue."""
    told = subprocess.run(
        ["scontrol", "show", "config"], capture_output=True, text=True, check=True
    )
    accounts = "accounting_storage/slurmdbd" in told.stdout
    return [] if accounts else ["--slurm-status-command", "squeue"]


def processes_of(number: str) -> dict[int, str]:
    """Processes of a job of Slurm's, with their command lines."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if f"SLURM_JOB_ID={number}".encode() in (folder / "environ").read_bytes().split(b"\0"):
                found[int(folder.name)] = (folder / "cmdline").read_text()
        except OSError:
            continue
    return found


def script_of(rule: str, number: str) -> int | None:
    """Process in which a rule's script runs, as this job of Slurm's; None while there is none."""
    for process, words in processes_of(number).items():
        if f".{rule}.py" in words and "snakemake/scripts" in words:
            return process
    return None


def take_away(node: str) -> None:
    """Have a node go, with all that runs there, and come back a little later."""
    lost = [number for number, job in slurms_jobs().items() if job["NodeList"] == node]
    control("scontrol", "update", f"nodename={node}", "state=down", "reason=test")
    for process in [process for number in lost for process in processes_of(number)]:
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)
    time.sleep(5)
    # Slurm may have taken the node back by itself meanwhile, and then refuses.
    back = ["scontrol", "update", f"nodename={node}", "state=resume"]
    subprocess.run(back, check=False, capture_output=True)


def disturb(run: ClusterRun) -> None:
    """Kill the first training, and take node1 away under a job; each once."""
    running = {
        number: job
        for number, job in slurms_jobs().items()
        if job["JobState"] == "RUNNING" and number not in run.jobs
    }
    for number, job in running.items():
        if run.killed is None and KILLED in job["Comment"]:
            process = script_of(KILLED, number)
            if process is not None:
                os.kill(process, signal.SIGKILL)
                run.killed = number
        for rule in DISPLACED:
            on_node1 = rule in job["Comment"] and job["NodeList"] == "node1"
            if run.displaced is None and on_node1 and script_of(rule, number):
                run.displaced = number
                take_away("node1")


@pytest.fixture(scope="module")
def run(slurm, kept, tmp_path_factory) -> ClusterRun:
    """The study through the profile `slurm`, disturbed twice."""
    run = ClusterRun(Checkout(tmp_path_factory.mktemp("on_slurm")), jobs=slurms_jobs())
    command = [sys.executable, "-m", "snakemake", "--profile", "workflow/profiles/slurm"]
    command += [word for pair in IMPATIENT.items() for word in pair] + status_command()
    command += ["--slurm-keep-successful-logs", "--configfile", "config/tiny.yaml"]
    log, started = kept / "snakemake.log", time.monotonic()
    with log.open("w") as out:
        process = subprocess.Popen(
            command,
            cwd=run.checkout.folder,
            env=run.checkout.environment(),
            stdout=out,
            stderr=subprocess.STDOUT,
        )
        try:
            while process.poll() is None and time.monotonic() < started + PATIENCE:
                disturb(run)
                time.sleep(0.5)
        finally:
            end(process)
    before = run.jobs
    run.status, run.log = process.wait(), log.read_text()
    run.jobs = {number: job for number, job in slurms_jobs().items() if number not in before}
    keep_for_readers(run, kept, time.monotonic() - started)
    return run


def end(process: subprocess.Popen) -> None:
    """End Snakemake where it still runs, and its jobs with it."""
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            process.kill()


def keep_for_readers(run: ClusterRun, kept: Path, seconds: float) -> None:
    """Write what Slurm says of its jobs, and of both tries of the one that was killed."""
    columns = ("JobId", "JobState", "NodeList", "MinMemoryNode", "RunTime", "Comment")
    lines = ["\t".join(job.get(column, "") for column in columns) for job in run.jobs.values()]
    (kept / "jobs.tsv").write_text("\n".join(["\t".join(columns), *lines, f"{seconds:.0f} s"]))
    tries = tries_of(run, run.killed)
    told = [
        f"== try {number}: Slurm job {job['JobId']}, {job['JobState']}, {job['MinMemoryNode']}, "
        f"{job['TimeLimit']}, {job['Comment']}\n{run.logs_of(job['JobId'])}"
        for number, job in enumerate(tries, start=1)
    ]
    (kept / "killed_job.log").write_text("\n".join(told))


def tries_of(run: ClusterRun, number: str | None) -> list[dict[str, str]]:
    """Slurm's jobs for what this job was for, in the order in which they were sent."""
    name = run.jobs[number]["Comment"] if number in run.jobs else None
    tries = [job for job in run.jobs.values() if job["Comment"] == name]
    return sorted(tries, key=lambda job: int(job["JobId"]))


def test_the_study_finishes(run):
    assert run.status == 0, run.log[-5000:]


def test_its_results_are_those_of_one_machine(run, locally):
    first, second = locally.compared(), run.checkout.compared()
    assert first.keys() == second.keys()
    assert [name for name in first if first[name] != second[name]] == []


def test_the_killed_job_is_sent_again_with_twice_the_memory_and_time(run):
    assert run.killed is not None
    first, second = tries_of(run, run.killed)
    assert first["JobId"] == run.killed
    assert first["JobState"] == "FAILED"
    assert second["JobState"] == "COMPLETED"
    assert megabytes(second) == 2 * megabytes(first)
    assert minutes(second) == 2 * minutes(first)
    assert f"mem_mb={megabytes(second)}" in run.logs_of(second["JobId"])
    assert "Trying to restart" in run.log


def test_a_job_whose_node_went_away_is_sent_again_to_another(run):
    assert run.displaced is not None
    first, second = tries_of(run, run.displaced)
    assert (first["JobState"], first["NodeList"]) == ("NODE_FAIL", "node1")
    assert second["JobState"] == "COMPLETED"


def test_jobs_that_want_a_gpu_are_where_the_gpus_are_and_no_others_there(run):
    for job in run.jobs.values():
        assert job["Partition"] == ("gpu" if "gres/gpu" in job["TRES"] else "cpu")
    assert {job["NodeList"] for job in run.jobs_of("train_network")} == {"node2"}


def test_small_jobs_go_together_and_downloads_stay_at_home(run):
    steps = int(re.search(r"^total\s+(\d+)$", run.log, re.MULTILINE)[1])
    assert len(run.jobs) < steps / 2
    assert run.jobs_of("rule_paper_")
    assert not run.jobs_of("fetch_source")


def test_the_generic_profile_drives_it_as_well(slurm, locally, tmp_path):
    """The same cluster, as any scheduler: by scripts that send, look after and end jobs."""
    target = "results/tiny/folds/tract-random.parquet"
    checkout = Checkout(tmp_path / "generic")
    profile = ("--profile", "workflow/profiles/generic", "--seconds-between-status-checks", "1")
    done = checkout.snakemake(target, *profile)
    assert "with external jobid" in done.stdout + done.stderr
    assert (checkout.folder / target).read_bytes() == (locally.folder / target).read_bytes()


def megabytes(job: dict[str, str]) -> int:
    size, unit = re.fullmatch(r"([\d.]+)([MG])", job["MinMemoryNode"]).groups()
    return round(float(size) * {"M": 1, "G": 1024}[unit])


def minutes(job: dict[str, str]) -> int:
    days, hours, rest = re.fullmatch(r"(?:(\d+)-)?(\d+):(\d+):00", job["TimeLimit"]).groups()
    return (int(days or 0) * 24 + int(hours)) * 60 + int(rest)
