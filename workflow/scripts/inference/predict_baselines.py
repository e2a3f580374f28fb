"""Out-of-fold predictions of the baselines, under the same folds as the network."""

import pandas as pd

from incomelens.common.jobs import job
from incomelens.common.tables import read_table, write_table
from incomelens.inference.baselines import predict_out_of_fold
from incomelens.inference.frozen_features import read_features
from incomelens.inference.random_features import RandomFeatures
from incomelens.sources.readers.embedding_tables import read_embeddings
from incomelens.tiles.store import open_tiles

with job(snakemake.log[0], threads=snakemake.params.threads):
    folds = read_table(snakemake.input.folds)
    cell_ids = folds["cell_id"]
    embeddings = read_embeddings(
        cell_ids, tables=snakemake.input.embeddings, settings=snakemake.params.embeddings
    ) | read_features(snakemake.input.features, cell_ids)
    tiles = open_tiles(snakemake.input.index, snakemake.input.shards)
    predictions = {
        model: predict_out_of_fold(
            model,
            folds,
            scheme=snakemake.wildcards.scheme,
            seed=snakemake.params.seed,
            buffer_cells=snakemake.params.buffer_cells,
            tiles=tiles,
            settings=RandomFeatures(**snakemake.params.random_features),
            embedding=embeddings.get(model),
        )
        for model in dict.fromkeys([*snakemake.params.models, *embeddings])
    }
    table = pd.concat(predictions, names=["model"]).reset_index("model")
    write_table(table, snakemake.output.predictions)
