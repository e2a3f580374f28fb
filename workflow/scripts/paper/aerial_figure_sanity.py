"""Similarity of maps as a network forgets, and curves of deletion and insertion."""

from incomelens.common.jobs import job
from incomelens.common.tables import read_table, write_table
from incomelens.paper.draw.style import save_figure
from incomelens.paper.trust_sanity_figure import sanity_figure

with job(snakemake.log[0], threads=snakemake.threads):
    similarity, curves = map(read_table, (snakemake.input.similarity, snakemake.input.curves))
    write_table(curves, snakemake.output.curves)
    figure = sanity_figure(similarity, curves)
    save_figure(figure, snakemake.output.pdf, snakemake.output.png)
