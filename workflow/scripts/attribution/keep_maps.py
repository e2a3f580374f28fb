"""Full maps of the tile that Fig. 4 shows."""

from pathlib import Path

from incomelens.attribution.kept_maps import figure_cells, write_kept_maps
from incomelens.attribution.models import lowest_loss
from incomelens.attribution.run import keep_maps
from incomelens.cells.urban_classes import use_land_use_list
from incomelens.common.jobs import job
from incomelens.common.tables import read_table
from incomelens.tiles.store import open_tiles

with job(snakemake.log[0], threads=snakemake.params.threads):
    use_land_use_list(snakemake.params.classes)
    cells = figure_cells(
        *map(
            read_table,
            (snakemake.input.predictions, snakemake.input.shares, snakemake.input.sums),
        )
    )
    histories = dict(enumerate(map(read_table, snakemake.input.histories)))
    kept = keep_maps(
        dict(enumerate(Path(weights).parent for weights in snakemake.input.weights)),
        open_tiles(snakemake.input.index, snakemake.input.shards),
        read_table(snakemake.input.folds),
        cells,
        best_fold=lowest_loss(histories) if histories else None,
        **snakemake.params.settings,
    )
    write_kept_maps(kept, snakemake.output.maps)
