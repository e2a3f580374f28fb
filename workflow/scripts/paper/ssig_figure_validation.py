"""Scores of every model under random folds, spatial blocks and unseen areas."""

from incomelens.common.jobs import job
from incomelens.common.tables import read_table, write_table
from incomelens.paper.style import save_figure
from incomelens.paper.validation_figures import validation_figure, validation_table

with job(snakemake.log[0], threads=snakemake.threads):
    table = validation_table(read_table(snakemake.input.summary), metric=snakemake.params.metric)
    write_table(table, snakemake.output.table)
    figure = validation_figure(table, levels=snakemake.params.levels)
    save_figure(figure, snakemake.output.pdf, snakemake.output.png)
