"""Scores of all models from their out-of-fold predictions, with intervals and diagnostics."""

import pandas as pd

from incomelens.common.jobs import job
from incomelens.common.tables import read_table, write_table
from incomelens.ssig.diagnostics import errors_by_group, residual_moran
from incomelens.ssig.scores import score_folds, summarise

with job(snakemake.log[0], threads=snakemake.params.threads):
    predictions = pd.concat(map(read_table, snakemake.input.predictions), ignore_index=True)
    tables = map(read_table, snakemake.input.districts)
    districts = pd.concat(dict(zip(snakemake.params.levels, tables, strict=True)), names=["level"])
    districts = districts.reset_index("level")
    write_table(score_folds(predictions), snakemake.output.scores)
    summary = summarise(
        predictions, resamples=snakemake.params.resamples, seed=snakemake.params.seed
    )
    write_table(summary, snakemake.output.summary)
    write_table(residual_moran(predictions, districts), snakemake.output.residual_moran)
    write_table(errors_by_group(predictions, districts), snakemake.output.errors_by_group)
