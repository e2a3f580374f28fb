"""Cells of every city: kept, imputed, and dropped for which reason."""

from incomelens.common.jobs import job
from incomelens.common.tables import read_table
from incomelens.paper.aerial_samples import dropped_cells

with job(snakemake.log[0], threads=snakemake.threads):
    names = snakemake.params.names.values()
    table = dropped_cells(
        dict(zip(names, map(read_table, snakemake.input.cells), strict=True)),
        dict(zip(names, map(read_table, snakemake.input.index), strict=True)),
    )
    table.write(snakemake.output.csv, snakemake.output.md, snakemake.output.tex)
