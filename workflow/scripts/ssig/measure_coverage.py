"""Coverage of the intervals of all tasks, over all and by group of districts."""

import pandas as pd

from incomelens.common.jobs import job
from incomelens.common.tables import read_table, write_table
from incomelens.ssig.coverage import coverage_by_group

with job(snakemake.log[0], threads=snakemake.params.threads):
    tables = map(read_table, snakemake.input.districts)
    districts = pd.concat(dict(zip(snakemake.params.levels, tables, strict=True)), names=["level"])
    coverage = coverage_by_group(
        pd.concat(map(read_table, snakemake.input.intervals), ignore_index=True),
        districts.reset_index("level"),
        pd.concat(map(read_table, snakemake.input.applicability), ignore_index=True),
    )
    write_table(coverage, snakemake.output.coverage)
