"""Maps of one city's network beside those of other networks, and of itself as it forgets."""

from typing import Any

from incomelens.attribution.probes import mirror_table, models_by_network, network_similarity
from incomelens.cells.urban_classes import use_land_use_list
from incomelens.common.jobs import job
from incomelens.common.seeds import job_seed
from incomelens.common.tables import read_table, write_table
from incomelens.tiles.store import open_tiles

with job(snakemake.log[0], threads=snakemake.params.threads):
    use_land_use_list(snakemake.params.classes)
    names = snakemake.wildcards
    tables = (
        models_by_network(snakemake.params.networks, snakemake.input.weights),
        open_tiles(snakemake.input.index, snakemake.input.shards),
        read_table(snakemake.input.folds),
    )
    settings: dict[str, Any] = {
        "n_tiles": snakemake.params.n_tiles,
        "postprocess": snakemake.params.postprocess,
        "seed": job_seed(snakemake.params.seed, snakemake.rule, names.city, names.scheme),
    }
    write_table(network_similarity(*tables, **settings), snakemake.output.similarity)
    write_table(mirror_table(*tables, **settings), snakemake.output.mirror)
