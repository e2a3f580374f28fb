"""Folds of a city for the cells that imagery of another date shows too."""

from incomelens.common.jobs import job
from incomelens.common.tables import read_table, write_table
from incomelens.folds.kept import folds_of_date

with job(snakemake.log[0], threads=snakemake.params.threads):
    folds = folds_of_date(read_table(snakemake.input.folds), read_table(snakemake.input.index))
    write_table(folds, snakemake.output.folds)
