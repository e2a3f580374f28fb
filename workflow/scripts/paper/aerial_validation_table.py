"""One table of the study `validation`."""

from incomelens.common.jobs import job
from incomelens.common.tables import read_table
from incomelens.paper.trust_tables import trust_table

with job(snakemake.log[0], threads=snakemake.threads):
    given = {name: read_table(path) for name, path in snakemake.input.items()}
    table = trust_table(snakemake.wildcards.check, given)
    table.write(snakemake.output.csv, snakemake.output.md, snakemake.output.tex)
