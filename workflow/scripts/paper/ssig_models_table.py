"""All models of the study under all schemes of folds."""

from incomelens.common.jobs import job
from incomelens.common.tables import read_table
from incomelens.paper.validation_tables import models_table

with job(snakemake.log[0], threads=snakemake.threads):
    table = models_table(read_table(snakemake.input.summary), levels=snakemake.params.levels)
    table.write(snakemake.output.csv, snakemake.output.md, snakemake.output.tex)
