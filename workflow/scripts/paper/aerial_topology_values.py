"""Coactivation and co-appearance gains of all cities beside the preprint's values."""

from incomelens.common.jobs import job
from incomelens.common.tables import read_table
from incomelens.paper.reference import read_reference
from incomelens.paper.topology_values import values_published

with job(snakemake.log[0], threads=snakemake.threads):
    names = snakemake.params.names
    table = values_published(
        dict(zip(names, map(read_table, snakemake.input.gains), strict=True)),
        dict(zip(snakemake.params.schemes, map(read_table, snakemake.input.h1), strict=True)),
        read_reference(snakemake.input.reference).part("aerial", "figure_6_preprint"),
        names=names,
    )
    table.write(snakemake.output.csv, snakemake.output.md, snakemake.output.tex)
