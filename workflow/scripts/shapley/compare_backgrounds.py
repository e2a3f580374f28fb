"""How far the ranking of variables owes to the background: all tasks, a sample of districts."""

import pandas as pd

from incomelens.common.jobs import job
from incomelens.common.tables import read_table, write_table
from incomelens.shapley.comparisons import values_by_background
from incomelens.shapley.runs import Settings
from incomelens.shapley.tables import background_table
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
    tables = [
        background_table(
            values_by_background(
                task,
                task.sample(params.districts, seed=params.seed),
                settings,
                n_random=params.backgrounds,
                size=params.explained["background"]["size"],
                seed=params.seed,
            ),
            task=task,
        )
        for task in tasks
    ]
    write_table(pd.concat(tables, ignore_index=True), snakemake.output.sensitivity)
