"""Table 5: SHAP values of both incomes and the paper's filter, ours beside the paper's."""

from incomelens.common.jobs import job
from incomelens.common.tables import read_table
from incomelens.paper.reference import read_reference
from incomelens.paper.table_5 import table_5

with job(snakemake.log[0], threads=snakemake.threads):
    table = table_5(
        read_table(snakemake.input.comparison),
        read_reference(snakemake.input.reference),
        levels=snakemake.params.levels,
    )
    table.write(snakemake.output.csv, snakemake.output.md, snakemake.output.tex)
