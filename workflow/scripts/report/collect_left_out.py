"""What was left out, filled or looks odd in every stage, as one table."""

from incomelens.common.jobs import job
from incomelens.common.left_out import collect_left_out
from incomelens.common.tables import write_table

with job(snakemake.log[0], threads=1):
    write_table(collect_left_out(snakemake.input.tables), snakemake.output.left_out)
