"""Features of the main network's backbone as it comes, of every tile of a city."""

import numpy as np

from incomelens.common.jobs import job
from incomelens.common.tables import write_table
from incomelens.inference.frozen_features import FrozenFeatures, frozen_features
from incomelens.tiles.store import open_tiles

with job(snakemake.log[0], threads=snakemake.params.threads):
    tiles = open_tiles(snakemake.input.index, snakemake.input.shards)
    features = frozen_features(
        tiles,
        np.sort(np.asarray(tiles.cell_ids, dtype=str)),
        settings=FrozenFeatures(**snakemake.params.settings),
        seed=snakemake.params.seed,
    )
    write_table(features.table(), snakemake.output.features)
