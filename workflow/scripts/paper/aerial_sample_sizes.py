"""Supplementary Tables 2 and 3: tiles with each urban class, by income class."""

from incomelens.common.jobs import job
from incomelens.common.tables import read_table
from incomelens.paper.aerial_samples import sample_sizes

with job(snakemake.log[0], threads=snakemake.threads):
    names = snakemake.params.names.values()
    table = sample_sizes(
        dict(zip(names, map(read_table, snakemake.input.shares), strict=True)),
        dict(zip(names, map(read_table, snakemake.input.predictions), strict=True)),
    )
    table.write(snakemake.output.csv, snakemake.output.md, snakemake.output.tex)
