"""Supplementary Table 1: every network and baseline, in every city, under every scheme."""

from incomelens.common.jobs import job
from incomelens.common.tables import read_table
from incomelens.paper.inference_models import models_table
from incomelens.paper.inference_names import model_labels

with job(snakemake.log[0], threads=snakemake.threads):
    table = models_table(
        [*map(read_table, snakemake.input.summary)],
        [*map(read_table, snakemake.input.comparisons)],
        snakemake.params.places,
        names=snakemake.params.names,
        labels=model_labels(snakemake.params.networks),
    )
    table.write(snakemake.output.csv, snakemake.output.md, snakemake.output.tex)
