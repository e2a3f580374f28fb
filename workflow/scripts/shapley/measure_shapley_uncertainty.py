"""Posterior SD of the Shapley values of one level and income, for a sample of districts."""

from incomelens.common.jobs import job
from incomelens.common.tables import read_table, write_table
from incomelens.shapley.runs import Settings, sampled_sd
from incomelens.shapley.tables import uncertainty_table
from incomelens.shapley.task import load_tasks

files, params = snakemake.input, snakemake.params

with job(snakemake.log[0], threads=params.threads):
    settings = Settings(**params.computed, threads=params.threads)
    tasks = load_tasks(
        files.arrays,
        files.descriptions,
        params.tasks,
        districts=list(map(read_table, files.districts)),
        **params.explained,
    )
    tables = zip(tasks, files.values, snakemake.output.uncertainty, strict=True)
    for task, values, output in tables:
        rows = task.sample(params.districts, seed=params.seed)
        sd = sampled_sd(task, rows, settings)
        write_table(uncertainty_table(read_table(values), task.ids[rows], sd), output)
