"""Where planted classes rank by their ratios, and how often H0 and H1 are rejected, all cities."""

from incomelens.common.jobs import job
from incomelens.common.seeds import job_seed
from incomelens.common.tables import read_table, write_table
from incomelens.topology.planted import (
    decision_rates,
    hit_rates,
    pair_rates,
    planted_classes,
    planted_ratios,
    rank_table,
)
from incomelens.topology.relied_on import occlusion_ratios

with job(snakemake.log[0], threads=snakemake.params.threads):
    params, given = snakemake.params, snakemake.input
    trained = [tuple(pair) for pair in params.trained]
    planted = planted_classes(read_table(given.planted), params.cities)
    ratios = planted_ratios(dict(zip(trained, map(read_table, given.ratios), strict=True)), planted)
    relied_on = occlusion_ratios(
        dict(zip(params.cities, map(read_table, given.occlusions), strict=True)),
        dict(zip(params.cities, map(read_table, given.predictions), strict=True)),
        dict(zip(params.cities, map(read_table, given.folds), strict=True)),
        planted,
        least_tiles=params.least_tiles,
    )
    ranks = rank_table([ratios, relied_on])
    hits = hit_rates(
        ranks, n_resamples=params.n_resamples, seed=job_seed(params.seed, snakemake.rule)
    )
    write_table(ratios, snakemake.output.ratios)
    write_table(ranks, snakemake.output.ranks)
    write_table(hits, snakemake.output.hits)
    write_table(decision_rates(ratios), snakemake.output.decisions)
    pairs = dict(zip(trained, map(read_table, given.coactivations), strict=True))
    write_table(pair_rates(pairs, planted), snakemake.output.pairs)
