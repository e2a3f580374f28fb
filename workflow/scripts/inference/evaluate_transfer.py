"""Scores of every city's models on every city's cells."""

from incomelens.common.jobs import job
from incomelens.common.seeds import job_seed
from incomelens.common.tables import read_table, write_table
from incomelens.inference.transfer import transfer_table

with job(snakemake.log[0], threads=snakemake.params.threads):
    cities = snakemake.params.cities
    own = dict(zip(cities, map(read_table, snakemake.input.own), strict=True))
    elsewhere = dict(zip(cities, map(read_table, snakemake.input.elsewhere), strict=True))
    table = transfer_table(
        {(city, city): own[city] for city in cities}
        | {
            (trained_on, tested_on): predictions.drop(columns="tested_on")
            for trained_on, tables in elsewhere.items()
            for tested_on, predictions in tables.groupby("tested_on")
        },
        dict(zip(cities, map(read_table, snakemake.input.folds), strict=True)),
        seed=job_seed(snakemake.params.seed, snakemake.rule),
        n_resamples=snakemake.params.n_resamples,
    )
    write_table(table, snakemake.output.transfer)
