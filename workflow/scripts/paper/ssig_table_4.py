"""Table 4: the ablation, ours beside the paper's."""

from incomelens.common.jobs import job
from incomelens.common.tables import read_table
from incomelens.paper.reference import read_reference
from incomelens.paper.validation_tables import table_4

with job(snakemake.log[0], threads=snakemake.threads):
    table = table_4(
        read_table(snakemake.input.summary),
        read_reference(snakemake.input.reference),
        levels=snakemake.params.levels,
    )
    table.write(snakemake.output.csv, snakemake.output.md, snakemake.output.tex)
