"""Activation ratios, by tile and on average, and coactivations of one city and scheme."""

from incomelens.cells.urban_classes import use_land_use_list
from incomelens.common.jobs import job
from incomelens.common.seeds import job_seed
from incomelens.common.tables import read_table, write_table
from incomelens.topology.pair_tables import coactivation_table
from incomelens.topology.tables import activation_ratio_table, tile_ratio_table

with job(snakemake.log[0], threads=snakemake.params.threads):
    use_land_use_list(snakemake.params.classes)
    settings = snakemake.params.settings
    tables = [
        read_table(path)
        for path in (
            snakemake.input.attribution,
            snakemake.input.pairings,
            snakemake.input.predictions,
            snakemake.input.folds,
        )
    ]
    drawn = {
        "n_resamples": settings["resamples"],
        "n_draws": settings["draws"],
        "most_draws": settings["most_draws"],
        "n_cities": snakemake.params.n_cities,
        "seed": job_seed(snakemake.params.seed, snakemake.rule, *snakemake.wildcards),
        "least_tiles": settings["least_tiles"],
    }
    attribution, _, *others = tables
    ratios = activation_ratio_table(*tables, minimum_share=settings["minimum_share"], **drawn)
    write_table(ratios, snakemake.output.ratios)
    write_table(tile_ratio_table(attribution), snakemake.output.tiles)
    write_table(coactivation_table(attribution, *others, **drawn), snakemake.output.coactivation)
