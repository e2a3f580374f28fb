"""What a change of date costs, and what a change of place costs, in every city of several dates."""

import pandas as pd

from incomelens.common.jobs import job
from incomelens.common.seeds import job_seed
from incomelens.common.tables import read_table, write_table
from incomelens.inference.dates import dates_table

with job(snakemake.log[0], threads=snakemake.params.threads):
    keys = ["trained_on", "tested_on"]
    tables = {
        city: dates_table(
            {pair: own.drop(columns=keys) for pair, own in read_table(path).groupby(keys)},
            read_table(folds),
            seed=job_seed(snakemake.params.seed, snakemake.rule, city),
            n_resamples=snakemake.params.n_resamples,
        )
        for city, path, folds in zip(
            snakemake.params.cities,
            snakemake.input.predictions,
            snakemake.input.folds,
            strict=True,
        )
    }
    write_table(pd.concat(tables, names=["city"]).reset_index("city"), snakemake.output.dates)
