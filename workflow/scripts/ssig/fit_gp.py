"""The Gaussian process of one task and mode, fitted to all districts with an income."""

from incomelens.common.jobs import job
from incomelens.common.seeds import job_rng
from incomelens.common.tables import read_table
from incomelens.ssig.features import feature_names, income_sample
from incomelens.ssig.fit import fit_gp
from incomelens.ssig.inducing import Approximation
from incomelens.ssig.storage import save_gp

task = snakemake.wildcards

with job(snakemake.log[0], threads=snakemake.params.threads):
    sample = income_sample(
        read_table(snakemake.input.districts),
        read_table(snakemake.input.folds),
        income=task.income,
        known_noise=snakemake.params.known_noise,
    )
    features = feature_names("ssig")
    fitted = fit_gp(
        sample.inputs(features),
        sample.income,
        mode=task.mode,
        features=features,
        ids=tuple(sample.table["geoid"]),
        known_noise=sample.known_noise,
        starts=snakemake.params.starts,
        approximation=Approximation(**snakemake.params.approximation),
        rng=job_rng(snakemake.params.seed, snakemake.rule, task.level, task.income, task.mode),
    )
    save_gp(fitted, arrays=snakemake.output.arrays, description=snakemake.output.description)
