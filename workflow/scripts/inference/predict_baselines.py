"""Out-of-fold predictions of the baselines, under the same folds as the network."""

import pandas as pd

from incomelens.common.jobs import job
from incomelens.common.tables import read_table, write_table
from incomelens.inference.baselines import given_embeddings, predict_out_of_fold
from incomelens.inference.random_features import RandomFeatures
from incomelens.tiles.store import open_tiles

with job(snakemake.log[0], threads=snakemake.params.threads):
    folds = read_table(snakemake.input.folds)
    embeddings = given_embeddings(
        folds["cell_id"],
        features=snakemake.input.features,
        tables=dict(zip(snakemake.params.embeddings, snakemake.input.embeddings, strict=True)),
        settings=snakemake.params.embeddings,
    )
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
