"""The network of one city, scheme and fold: trained without the fold, kept at its best epoch."""

from pathlib import Path

from incomelens.common.finished_parts import FinishedParts
from incomelens.common.jobs import job
from incomelens.common.seeds import job_seed
from incomelens.common.tables import read_table, write_table
from incomelens.inference.frozen_views import read_views
from incomelens.inference.history import history_table
from incomelens.inference.settings import TrainingSettings
from incomelens.inference.training import train_fold_model
from incomelens.tiles.store import open_tiles

with job(snakemake.log[0], threads=snakemake.params.threads):
    names = snakemake.wildcards
    folder = Path(snakemake.output.weights).parent
    result = train_fold_model(
        open_tiles(snakemake.input.index, snakemake.input.shards),
        read_table(snakemake.input.folds),
        fold=int(names.fold),
        scheme=names.scheme,
        buffer_cells=snakemake.params.buffer_cells,
        network=snakemake.params.network,
        settings=TrainingSettings(**snakemake.params.training),
        seed=job_seed(snakemake.params.seed, names.city, names.scheme, names.network, names.fold),
        folder=folder,
        views=read_views(views) if (views := snakemake.input.get("views")) else None,
    )
    write_table(history_table(result.history), snakemake.output.history)
    FinishedParts(folder / "checkpoint").discard()
