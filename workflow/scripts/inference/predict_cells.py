"""Income class of every kept cell of a city, predicted by the model that did not see it."""

from pathlib import Path

from incomelens.common.jobs import job
from incomelens.common.tables import read_table, write_table
from incomelens.inference.predict import predict_held_out
from incomelens.tiles.store import open_tiles

with job(snakemake.log[0], threads=snakemake.params.threads):
    predictions = predict_held_out(
        [Path(weights).parent for weights in snakemake.input.weights],
        open_tiles(snakemake.input.index, snakemake.input.shards),
        read_table(snakemake.input.folds),
        batch_size=snakemake.params.batch_size,
    )
    write_table(predictions, snakemake.output.predictions)
