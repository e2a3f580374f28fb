"""Scores of one task under spatial blocks of many sizes and seeds."""

from incomelens.common.jobs import job
from incomelens.common.seeds import job_seed
from incomelens.common.tables import read_table, write_table
from incomelens.ssig.fold_seeds import score_fold_seeds
from incomelens.ssig.inducing import Approximation

task = snakemake.wildcards

with job(snakemake.log[0], threads=snakemake.params.threads):
    scores = score_fold_seeds(
        read_table(snakemake.input.districts),
        income=task.income,
        **snakemake.params.fold_seeds,
        n_folds=snakemake.params.n_folds,
        buffer_km=snakemake.params.buffer_km,
        starts=snakemake.params.starts,
        known_noise=snakemake.params.known_noise,
        approximation=Approximation(**snakemake.params.approximation),
        seed=job_seed(snakemake.params.seed, snakemake.rule, task.level, task.income),
    )
    write_table(scores.assign(level=task.level, income=task.income), snakemake.output.scores)
