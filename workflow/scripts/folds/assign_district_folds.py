"""Fold of every district under one scheme of cross-validation."""

from incomelens.common.jobs import job
from incomelens.common.seeds import job_seed
from incomelens.common.tables import read_table, write_table
from incomelens.folds.districts import district_folds

with job(snakemake.log[0], threads=snakemake.params.threads):
    folds = district_folds(
        read_table(snakemake.input.districts),
        scheme=snakemake.wildcards.scheme,
        n_folds=snakemake.params.n_folds,
        n_blocks=snakemake.params.n_blocks,
        buffer_km=snakemake.params.buffer_km,
        knndm_places=snakemake.params.knndm_places,
        seed=job_seed(snakemake.params.seed, snakemake.rule, snakemake.wildcards.level),
    )
    write_table(folds, snakemake.output.folds)
