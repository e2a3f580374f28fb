"""90 % sets of income classes of the networks of a city and scheme, and what they hold."""

from incomelens.common.jobs import job
from incomelens.common.seeds import job_seed
from incomelens.common.tables import read_table, write_table
from incomelens.inference.prediction_sets import calibrate_sets
from incomelens.inference.set_coverage import coverage_of_sets

with job(snakemake.log[0], threads=snakemake.params.threads):
    folds = read_table(snakemake.input.folds)
    networks = dict(
        zip(snakemake.params.networks, map(read_table, snakemake.input.networks), strict=True)
    )
    sets = calibrate_sets(networks, folds)
    coverage = coverage_of_sets(
        sets,
        folds,
        seed=job_seed(snakemake.params.seed, snakemake.rule, *snakemake.wildcards),
        n_resamples=snakemake.params.n_resamples,
    )
    write_table(sets, snakemake.output.sets)
    write_table(coverage, snakemake.output.coverage)
