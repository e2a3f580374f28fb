"""Supplementary Fig. 6: scores under random folds and spatial blocks, and losses of training."""

from incomelens.common.jobs import job
from incomelens.common.tables import read_table, write_table
from incomelens.paper.draw.style import save_figure
from incomelens.paper.inference_names import model_labels
from incomelens.paper.inference_overfitting import (
    histories_table,
    overfitting_figure,
    overfitting_table,
)

with job(snakemake.log[0], threads=snakemake.threads):
    params = snakemake.params
    scores = overfitting_table([*map(read_table, snakemake.input.summary)], params.places)
    histories = histories_table([*map(read_table, snakemake.input.histories)], params.folds)
    write_table(scores, snakemake.output.table)
    write_table(histories, snakemake.output.histories)
    labels = model_labels(params.networks)
    figure = overfitting_figure(scores, histories, names=params.names, labels=labels)
    save_figure(figure, snakemake.output.pdf, snakemake.output.png)
