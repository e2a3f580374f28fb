"""Where planted classes rank by their ratios, and how often H0 and H1 are rejected, all cities."""

import pandas as pd

from incomelens.cells.urban_classes import use_land_use_list
from incomelens.common.jobs import job
from incomelens.common.names import MAIN
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

with job(snakemake.log[0], threads=snakemake.params.threads):
    use_land_use_list(snakemake.params.classes)
    params, given = snakemake.params, snakemake.input
    trained = [tuple(pair) for pair in params.trained]
    worlds = pd.DataFrame(params.worlds)
    planted = planted_classes(read_table(given.planted), worlds)
    occluded = [(city, MAIN) for city in worlds["city"]]
    ratios = pd.concat(
        planted_ratios(dict(zip(places, map(read_table, paths), strict=True)), planted, worlds)
        for places, paths in ((trained, given.ratios), (occluded, given.occlusions))
    )
    ranks = rank_table(ratios)
    hits = hit_rates(
        ranks, n_resamples=params.n_resamples, seed=job_seed(params.seed, snakemake.rule)
    )
    write_table(ratios, snakemake.output.ratios)
    write_table(ranks, snakemake.output.ranks)
    write_table(hits, snakemake.output.hits)
    write_table(decision_rates(ratios), snakemake.output.decisions)
    pairs = dict(zip(trained, map(read_table, given.coactivations), strict=True))
    write_table(pair_rates(pairs, worlds), snakemake.output.pairs)
