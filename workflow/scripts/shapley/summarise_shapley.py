"""What predicts income: groups and variables of all tasks, and Table 5's comparison of incomes."""

import json
from pathlib import Path

from incomelens.common.jobs import job
from incomelens.common.tables import read_table, write_table
from incomelens.shapley.summaries import (
    explained_task,
    groups_table,
    income_comparison_table,
    variables_table,
)

files, params = snakemake.input, snakemake.params

with job(snakemake.log[0], threads=params.threads):
    districts = dict(zip(params.levels, map(read_table, files.districts), strict=True))
    folds = dict(zip(params.levels, map(read_table, files.folds), strict=True))
    tasks = [
        explained_task(
            read_table(values),
            districts[names["level"]],
            folds[names["level"]],
            names=names,
            description=json.loads(Path(description).read_text(encoding="utf-8")),
        )
        for values, description, names in zip(
            files.values, files.descriptions, params.tasks, strict=True
        )
    ]
    draws = {"resamples": params.resamples, "seed": params.seed}
    write_table(groups_table(tasks, **draws), snakemake.output.groups)
    write_table(variables_table(tasks, **draws), snakemake.output.variables)
    write_table(income_comparison_table(tasks, **draws), snakemake.output.income_comparison)
