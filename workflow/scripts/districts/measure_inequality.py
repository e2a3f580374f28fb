"""Inequality of income between districts, every level and income (Table 1)."""

from incomelens.common.jobs import job
from incomelens.common.seeds import job_seed
from incomelens.common.tables import read_table, write_table
from incomelens.districts.inequality_table import inequality_table

with job(snakemake.log[0], threads=snakemake.params.threads):
    tables = map(read_table, snakemake.input.districts)
    inequality = inequality_table(
        dict(zip(snakemake.params.levels, tables, strict=True)),
        incomes=snakemake.params.incomes,
        n_resamples=snakemake.params.n_resamples,
        seed=job_seed(snakemake.params.seed, snakemake.rule),
    )
    write_table(inequality, snakemake.output.inequality)
