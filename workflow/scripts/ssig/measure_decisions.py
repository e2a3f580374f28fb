"""Recall of the poorest fifth, shrinkage and errors at both ends, of every model and task."""

import pandas as pd

from incomelens.common.jobs import job
from incomelens.common.tables import read_table, write_table
from incomelens.ssig.decisions import measure_decisions

with job(snakemake.log[0], threads=snakemake.params.threads):
    decisions = measure_decisions(
        pd.concat(map(read_table, snakemake.input.predictions), ignore_index=True),
        resamples=snakemake.params.resamples,
        seed=snakemake.params.seed,
    )
    write_table(decisions, snakemake.output.decisions)
