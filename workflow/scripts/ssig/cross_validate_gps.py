"""Out-of-fold predictions of the Gaussian processes for one task and scheme (Tables 3 and 4)."""

from incomelens.common.jobs import job
from incomelens.common.seeds import job_seed
from incomelens.common.tables import read_table, write_table
from incomelens.ssig.gp_folds import cross_validate_gps
from incomelens.ssig.inducing import Approximation

task = snakemake.wildcards

with job(snakemake.log[0], threads=snakemake.params.threads):
    predictions = cross_validate_gps(
        read_table(snakemake.input.districts),
        read_table(snakemake.input.folds),
        income=task.income,
        models=snakemake.params.models,
        modes=snakemake.params.modes,
        variants=snakemake.params.variants,
        starts=snakemake.params.starts,
        known_noise=snakemake.params.known_noise,
        approximation=Approximation(**snakemake.params.approximation),
        seed=job_seed(snakemake.params.seed, snakemake.rule, task.level, task.income, task.scheme),
    )
    predictions = predictions.assign(level=task.level, income=task.income, scheme=task.scheme)
    write_table(predictions, snakemake.output.predictions)
