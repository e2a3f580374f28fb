"""Ratios of planted classes in every synthetic city, and hit rates by method."""

from incomelens.common.jobs import job
from incomelens.common.tables import read_table, write_table
from incomelens.paper.draw.style import save_figure
from incomelens.paper.trust_planted_figure import planted_figure

with job(snakemake.log[0], threads=snakemake.threads):
    given = {name: read_table(path) for name, path in snakemake.input.items()}
    write_table(given["ratios"], snakemake.output.table)
    save_figure(planted_figure(**given), snakemake.output.pdf, snakemake.output.png)
