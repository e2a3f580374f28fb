"""Table 1: between-district inequality, ours beside the paper's."""

from incomelens.common.jobs import job
from incomelens.common.tables import read_table
from incomelens.paper.reference import read_reference
from incomelens.paper.ssig_tables import table_1

with job(snakemake.log[0], threads=snakemake.threads):
    table = table_1(
        read_table(snakemake.input.inequality),
        read_reference(snakemake.input.reference),
        levels=snakemake.params.levels,
    )
    table.write(snakemake.output.csv, snakemake.output.md, snakemake.output.tex)
