"""How far shap.KernelExplainer is from the exact values: all tasks, a few districts of each."""

import pandas as pd

from incomelens.common.jobs import job
from incomelens.common.seeds import job_seed
from incomelens.common.tables import read_table, write_table
from incomelens.shapley.comparisons import values_by_explainer
from incomelens.shapley.runs import Settings
from incomelens.shapley.tables import explainer_table
from incomelens.shapley.task import load_tasks

params = snakemake.params

with job(snakemake.log[0], threads=params.threads):
    settings = Settings(
        tolerance=params.tolerance,
        seed=job_seed(params.seed, snakemake.rule),
        threads=params.threads,
        memory_mb=params.memory_mb,
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
    tables = [
        explainer_table(
            values_by_explainer(task, task.sample(params.districts, seed=params.seed), settings),
            names=task.names,
        )
        for task in tasks
    ]
    write_table(pd.concat(tables, ignore_index=True), snakemake.output.comparison)
