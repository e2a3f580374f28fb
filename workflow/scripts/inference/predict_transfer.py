"""The cells of every other city, predicted by one city's models."""

from pathlib import Path

import pandas as pd

from incomelens.common.jobs import job
from incomelens.common.tables import read_table, write_table
from incomelens.inference.predict import predict_elsewhere
from incomelens.tiles.store import open_tiles

with job(snakemake.log[0], threads=snakemake.params.threads):
    tables = []
    for city, path in zip(snakemake.params.cities, snakemake.input.indices, strict=True):
        if city == snakemake.wildcards.city:
            continue
        own = [shard for shard in snakemake.input.shards if Path(shard).parent.name == city]
        tiles = open_tiles(read_table(path), own)
        predicted = predict_elsewhere(
            [Path(weights).parent for weights in snakemake.input.weights],
            tiles,
            tiles.cell_ids,
            batch_size=snakemake.params.batch_size,
        )
        tables.append(predicted.assign(tested_on=city))
    write_table(pd.concat(tables), snakemake.output.predictions)
