"""Readings of the aerial paper, and departures from it."""

from incomelens.common.jobs import job
from incomelens.paper.deviations import read_deviations
from incomelens.paper.ssig_tables import deviations_table

with job(snakemake.log[0], threads=snakemake.threads):
    table = deviations_table(read_deviations(snakemake.input.deviations), paper="aerial")
    table.write(snakemake.output.csv, snakemake.output.md, snakemake.output.tex)
