"""Distances of held-out districts and of the map's places to what is learnt from."""

from incomelens.common.jobs import job
from incomelens.common.tables import read_table, write_table
from incomelens.folds.distances import distance_tables

with job(snakemake.log[0], threads=snakemake.params.threads):
    folds = map(read_table, snakemake.input.folds)
    distances, matches = distance_tables(
        read_table(snakemake.input.districts),
        dict(zip(snakemake.params.schemes, folds, strict=True)),
    )
    write_table(distances, snakemake.output.distances)
    write_table(matches, snakemake.output.matches)
