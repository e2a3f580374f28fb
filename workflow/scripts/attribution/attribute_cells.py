"""Saliency of every kept cell, summed over urban classes, by a model that did not see it."""

from pathlib import Path

from incomelens.attribution.models import lowest_loss
from incomelens.attribution.run import attribution_parts
from incomelens.attribution.table import write_parts
from incomelens.cells.urban_classes import use_land_use_list
from incomelens.common.finished_parts import FinishedParts
from incomelens.common.jobs import job
from incomelens.common.tables import read_table
from incomelens.tiles.store import open_tiles

with job(snakemake.log[0], threads=snakemake.params.threads):
    use_land_use_list(snakemake.params.classes)
    output = Path(snakemake.output.sums)
    checkpoint = output.with_name(f"{output.stem}-checkpoint")
    histories = dict(enumerate(map(read_table, snakemake.input.histories)))
    parts = attribution_parts(
        dict(enumerate(Path(weights).parent for weights in snakemake.input.weights)),
        open_tiles(snakemake.input.index, snakemake.input.shards),
        read_table(snakemake.input.folds),
        read_table(snakemake.input.predictions),
        best_fold=lowest_loss(histories) if histories else None,
        checkpoint_dir=checkpoint,
        **snakemake.params.settings,
    )
    write_parts(parts, dict(snakemake.output.items()))
    FinishedParts(checkpoint).discard()
