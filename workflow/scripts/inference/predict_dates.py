"""All cells of a city on images of every date, predicted by the models of every date."""

from pathlib import Path

import pandas as pd

from incomelens.common.jobs import job
from incomelens.common.tables import read_table, write_table
from incomelens.inference.predict import predict_elsewhere
from incomelens.tiles.store import open_tiles

with job(snakemake.log[0], threads=snakemake.params.threads):
    dates = snakemake.params.dates
    tables = {}
    for (tested_on, entry), index in zip(dates.items(), snakemake.input.indices, strict=True):
        own = [shard for shard in snakemake.input.shards if Path(shard).parent.name == entry]
        tiles = open_tiles(read_table(index), own)
        for trained_on, trained in dates.items():
            folders = [Path(weights).parent for weights in snakemake.input.weights]
            tables[trained_on, tested_on] = predict_elsewhere(
                [folder for folder in folders if folder.parents[2].name == trained],
                tiles,
                tiles.cell_ids,
                batch_size=snakemake.params.batch_size,
            )
    predictions = pd.concat(tables, names=["trained_on", "tested_on"])
    write_table(predictions.reset_index(["trained_on", "tested_on"]), snakemake.output.predictions)
