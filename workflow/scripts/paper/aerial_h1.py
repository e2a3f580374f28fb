"""H1 by city, SES and ordered pair of urban classes, on plain and adjusted coactivation."""

from incomelens.common.jobs import job
from incomelens.common.tables import read_table
from incomelens.paper.reference import read_reference
from incomelens.paper.topology_hypotheses import h1_published

with job(snakemake.log[0], threads=snakemake.threads):
    tables = dict(zip(snakemake.params.schemes, map(read_table, snakemake.input.h1), strict=True))
    preprint = read_reference(snakemake.input.reference).part("aerial", "figure_6_preprint")
    table = h1_published(tables, preprint, names=snakemake.params.names)
    table.write(snakemake.output.csv, snakemake.output.md, snakemake.output.tex)
