"""What follows from the study `validation`, judged by code."""

from incomelens.common.jobs import job
from incomelens.common.tables import read_table
from incomelens.paper.trust_findings import findings_table

with job(snakemake.log[0], threads=snakemake.threads):
    given = {name: read_table(path) for name, path in snakemake.input.items()}
    table = findings_table(given)
    table.write(snakemake.output.csv, snakemake.output.md, snakemake.output.tex)
