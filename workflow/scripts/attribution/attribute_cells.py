"""Saliency of every kept cell, summed over urban classes, by a model that did not see it."""

from pathlib import Path

from incomelens.attribution.models import lowest_loss
from incomelens.attribution.run import attribution_parts
from incomelens.attribution.table import write_parts
from incomelens.cells.urban_classes import use_land_use_list
from incomelens.common.finished_parts import FinishedParts
from incomelens.common.jobs import job
from incomelens.common.tables import read_table
from incomelens.tiles.points import open_points
from incomelens.tiles.store import open_tiles

with job(snakemake.log[0], threads=snakemake.params.threads):
    use_land_use_list(snakemake.params.classes)
    output = Path(snakemake.output.sums)
    checkpoint = output.with_name(f"{output.stem}-checkpoint")
    histories = dict(enumerate(map(read_table, snakemake.input.histories)))
    given = snakemake.input
    tiles = open_tiles(given.index, given.shards)
    parts = attribution_parts(
        dict(enumerate(Path(weights).parent for weights in given.weights)),
        tiles,
        read_table(snakemake.input.folds),
        read_table(snakemake.input.predictions),
        best_fold=lowest_loss(histories) if histories else None,
        checkpoint_dir=checkpoint,
        points=open_points(
            given.get("points"),
            given.get("cells"),
            tile_px=tiles.tile_px,
            side_m=snakemake.params.side_m,
        ),
        **snakemake.params.settings,
    )
    write_parts(parts, dict(snakemake.output.items()))
    FinishedParts(checkpoint).discard()
