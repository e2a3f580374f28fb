"""H0 by city, SES and urban class."""

from incomelens.common.jobs import job
from incomelens.common.tables import read_table
from incomelens.paper.topology_hypotheses import h0_published

with job(snakemake.log[0], threads=snakemake.threads):
    tables = dict(zip(snakemake.params.schemes, map(read_table, snakemake.input.h0), strict=True))
    table = h0_published(tables, names=snakemake.params.names)
    table.write(snakemake.output.csv, snakemake.output.md, snakemake.output.tex)
