"""Posterior SD of the Shapley values of one level and income, for a sample of districts."""

from incomelens.common.jobs import job
from incomelens.common.tables import read_table, write_table
from incomelens.shapley.runs import Settings, sampled_sd
from incomelens.shapley.tables import uncertainty_table
from incomelens.shapley.task import load_tasks

params = snakemake.params

with job(snakemake.log[0], threads=params.threads):
    settings = Settings(
        tolerance=params.tolerance, threads=params.threads, memory_mb=params.memory_mb
    )
    tasks = load_tasks(
        snakemake.input.arrays,
        snakemake.input.descriptions,
        params.tasks,
        districts=list(map(read_table, snakemake.input.districts)),
        incomes=params.incomes,
        background=params.background,
        seed=params.seed,
    )
    files = zip(tasks, snakemake.input.values, snakemake.output.uncertainty, strict=True)
    for task, values, output in files:
        rows = task.sample(params.districts, seed=params.seed)
        sd = sampled_sd(task, rows, settings)
        write_table(uncertainty_table(read_table(values), task.ids[rows], sd), output)
