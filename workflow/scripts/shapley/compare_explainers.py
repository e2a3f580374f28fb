"""How far shap.KernelExplainer is from the exact values: all tasks, a few districts of each."""

import pandas as pd

from incomelens.common.jobs import job
from incomelens.common.seeds import job_seed
from incomelens.common.tables import read_table, write_table
from incomelens.shapley.comparisons import values_by_explainer
from incomelens.shapley.runs import Settings
from incomelens.shapley.tables import explainer_table
from incomelens.shapley.task import load_tasks

files, params = snakemake.input, snakemake.params

with job(snakemake.log[0], threads=params.threads):
    settings = Settings(
        **params.computed, threads=params.threads, seed=job_seed(params.seed, snakemake.rule)
    )
    tasks = load_tasks(
        files.arrays,
        files.descriptions,
        params.tasks,
        districts=list(map(read_table, files.districts)),
        **params.explained,
    )
    tables = [
        explainer_table(
            values_by_explainer(task, task.sample(params.districts, seed=params.seed), settings),
            task=task,
        )
        for task in tasks
    ]
    write_table(pd.concat(tables, ignore_index=True), snakemake.output.comparison)
