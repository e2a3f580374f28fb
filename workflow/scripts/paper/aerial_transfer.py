"""Scores of every city's networks on every city's cells."""

from incomelens.common.jobs import job
from incomelens.common.tables import read_table
from incomelens.paper.draw.style import save_figure
from incomelens.paper.inference_transfer import transfer_figure, transfer_matrix

with job(snakemake.log[0], threads=snakemake.threads):
    transfer, names = read_table(snakemake.input.transfer), snakemake.params.names
    figure = transfer_figure(transfer, names=names)
    save_figure(figure, snakemake.output.pdf, snakemake.output.png)
    table = transfer_matrix(transfer, names=names, scheme=snakemake.params.scheme)
    table.write(snakemake.output.csv, snakemake.output.md, snakemake.output.tex)
