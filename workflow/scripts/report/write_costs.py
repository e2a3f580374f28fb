"""What the jobs of this study cost, by rule and size."""

from incomelens.common.jobs import job
from incomelens.report.costs.counts import counts_of
from incomelens.report.costs.measured import measure, newest, write_costs
from incomelens.report.costs.planned import planned_jobs
from incomelens.report.provenance import git_state, machine

with job(snakemake.log[0]) as log:
    params = snakemake.params
    results = f"results/{params.config['study']}"
    jobs = planned_jobs(
        params.targets, snakefile=params.snakefile, config=params.configured, everything=True
    )
    on = machine()
    costs = measure(
        jobs,
        f"{results}/benchmarks",
        config=params.config,
        counts=counts_of(params.config, results),
        gpu=on["gpu"],
    )
    log.info("%d of %d jobs were run", sum(cost.n_jobs for cost in costs), len(jobs))
    write_costs(
        costs,
        snakemake.output.costs,
        study=params.config["study"],
        measured=newest(f"{results}/benchmarks").isoformat(timespec="seconds"),
        code=git_state(params.root),
        machine=on,
    )
