"""What each scheme of folds leaks of labels that several cells share."""

from incomelens.common.jobs import job
from incomelens.common.tables import read_table, write_table
from incomelens.folds.leakage import leakage_table

with job(snakemake.log[0], threads=snakemake.params.threads):
    tables = map(read_table, snakemake.input.folds)
    leakage = leakage_table(
        dict(zip(snakemake.params.schemes, tables, strict=True)),
        buffer_cells=snakemake.params.buffer_cells,
    )
    write_table(leakage, snakemake.output.leakage)
