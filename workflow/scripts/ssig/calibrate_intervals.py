"""Conformal 90 % intervals of every model of a task, and of its districts."""

import pandas as pd

from incomelens.common.jobs import job
from incomelens.common.tables import read_table, write_table
from incomelens.ssig.conformal import calibrate_intervals

task = snakemake.wildcards

with job(snakemake.log[0], threads=snakemake.params.threads):
    intervals = calibrate_intervals(
        pd.concat(map(read_table, snakemake.input.predictions), ignore_index=True),
        read_table(snakemake.input.districts),
    )
    intervals = intervals.assign(level=task.level, income=task.income, scheme=task.scheme)
    write_table(intervals, snakemake.output.intervals)
