"""Readings of the aerial paper, and departures from it."""

from incomelens.common.jobs import job
from incomelens.paper.deviations import deviations_exhibit, read_deviations

with job(snakemake.log[0], threads=snakemake.threads):
    table = deviations_exhibit(read_deviations(snakemake.input.deviations), paper="aerial").table
    table.write(snakemake.output.csv, snakemake.output.md, snakemake.output.tex)
