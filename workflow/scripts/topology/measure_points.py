"""Activation on the discs around annotated points of one city and scheme, tested."""

from incomelens.common.jobs import job
from incomelens.common.seeds import job_seed
from incomelens.common.tables import read_table, write_table
from incomelens.topology.points import point_ratio_table

with job(snakemake.log[0], threads=snakemake.params.threads):
    given, settings = snakemake.input, snakemake.params.settings
    tables = map(read_table, (given.attribution, given.pairings, given.predictions, given.folds))
    ratios = point_ratio_table(
        *tables,
        n_resamples=settings["resamples"],
        n_draws=settings["draws"],
        most_draws=settings["most_draws"],
        minimum_share=settings["minimum_share"],
        least_tiles=settings["least_tiles"],
        n_cities=snakemake.params.n_cities,
        seed=job_seed(snakemake.params.seed, snakemake.rule, *snakemake.wildcards),
    )
    write_table(ratios, snakemake.output.ratios)
